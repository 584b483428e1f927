//! Wishes about logs: opening, prompts, saving, handing on.

use std::sync::Arc;

use super::{App, Page, Typing};
use crate::domain::{Engine, Moment, Pod, PodId, PodStatus, TaskKind};
use crate::tui::action::{Action, Step};
use crate::tui::effect::{Effect, Over, Reader, Ticket};
use crate::tui::log::{LogEnd, LogView, OpensAt, Reach, Taken};
use crate::tui::message::Message;
use crate::tui::overlays::{Dialog, Intent, Menu, Overlay};
use crate::tui::view::counted;

/// Pods whose logs go into one stream at most.
const MOST: usize = 16;

impl App {
    /// The pods whose log is meant, or why there is none.
    pub(super) fn log_pods(&self) -> Result<Vec<PodId>, String> {
        let pods = self.meant_pods();
        match pods.len() {
            0 => Err("it has no pod".into()),
            count if count > MOST => Err(format!("{count} pods are marked, and one stream takes {MOST} at most")),
            _ => Ok(pods),
        }
    }

    pub(super) fn open_log(&mut self) -> Vec<Effect> {
        if let Some(id) = self.engine_to_hear() {
            return self.open_engine_log(id);
        }
        let ids = match self.log_pods() {
            Ok(ids) => ids,
            Err(why) => {
                self.notes.say(self.now, format!("No log: {why}"));
                return Vec::new();
            }
        };
        self.open_log_of(&ids)
    }

    /// Opens the log of these pods.
    pub(super) fn open_log_of(&mut self, ids: &[PodId]) -> Vec<Effect> {
        let pods: Vec<Pod> = ids.iter().filter_map(|id| self.data.pod(id)).cloned().collect();
        let Some(first) = pods.first() else {
            self.notes.say(self.now, "There is no pod whose log could be shown");
            return Vec::new();
        };
        let title = match pods.len() {
            1 => format!("{} on {}", first.name(), first.engine_name),
            count => format!("{count} pods"),
        };
        let opens_at = match first.status {
            PodStatus::Failed if pods.len() == 1 => OpensAt::FirstError,
            _ => OpensAt::End,
        };
        let members: Vec<_> = pods.iter().map(|pod| (self.ticket(), pod.id.clone(), pod.name())).collect();
        let is_live = self.is_live();
        let asked = |(ticket, pod, _): &(Ticket, PodId, String)| {
            // Whom nobody can ask has perhaps told something before.
            let kept = Effect::KeptLog { ticket: *ticket, pod: pod.clone() };
            if is_live { self.log_effect(*ticket, pod, Reach::default()) } else { Some(kept) }
        };
        let effects: Vec<Effect> = members.iter().filter_map(asked).collect();
        let areas = self.areas();
        let mut log = LogView::merged(members, title, (areas.width, areas.log_rows()))
            .opened_at(opens_at)
            .shown_in(self.log_manner)
            .written_by(self.template_for(&pods));
        log.gather(self.now);
        for effect in &effects {
            if let Effect::Log { ticket, engine: None, .. } | Effect::KeptLog { ticket, .. } = effect {
                log.wait_for_engine(*ticket);
            }
        }
        self.pages.push(Page::Log(Box::new(log)));
        effects
    }

    /// How the person wants lines of JSON of these pods' app to be written; several apps have no common way.
    fn template_for(&self, pods: &[Pod]) -> Option<Arc<str>> {
        let app = &pods.first()?.app;
        if pods.iter().any(|pod| pod.app != *app) {
            return None;
        }
        let names = [app.as_str(), app.as_str().rsplit('.').next()?, "*"];
        names.iter().find_map(|name| self.json_templates.get(*name)).cloned()
    }

    /// What is asked for one stream: of the engine where it can be asked, else of the server.
    pub(super) fn log_effect(&self, ticket: Ticket, pod: &PodId, reach: Reach) -> Option<Effect> {
        let pod = self.data.pod(pod)?;
        let reach = self.reach_of(pod, reach);
        let engine = self.data.engine(&pod.engine).filter(|engine| engine.is_online() && pod.status.is_alive());
        let engine = engine.map(|engine| Box::new(engine.clone()));
        Some(Effect::Log { ticket, pod: pod.id.clone(), engine, reach })
    }

    /// From when on lines are wanted, where that depends on the pod.
    fn reach_of(&self, pod: &Pod, reach: Reach) -> Reach {
        match reach {
            Reach::SinceStart => self.started(pod).map_or(Reach::All, Reach::Since),
            other => other,
        }
    }

    /// When a pod was started the last time, as far as that is known.
    fn started(&self, pod: &Pod) -> Option<Moment> {
        let starts = self.data.tasks().iter().filter(|task| {
            let is_start = matches!(task.kind, TaskKind::Start | TaskKind::Restart);
            is_start && task.acts_on("@kabinet/pod") == Some(pod.id.as_str())
        });
        starts.filter_map(|task| task.created_at).max().max(pod.created_at)
    }

    /// Goes on with an open log that ended when its pod stopped.
    pub(super) fn resume_log(&mut self, id: &PodId) -> Option<Effect> {
        let engine = self.data.engine(&self.data.pod(id)?.engine).filter(|engine| Engine::is_online(engine))?;
        let engine = Some(Box::new(engine.clone()));
        self.resume_from(id, engine)
    }

    /// The same, of the engine or of what the server stored.
    fn resume_from(&mut self, id: &PodId, engine: Option<Box<Engine>>) -> Option<Effect> {
        let ticket = self.ticket();
        let reach = self.pages.iter_mut().rev().find_map(|page| match page {
            Page::Log(log) => log.resume(id, ticket).then_some(log.reach),
            _ => None,
        })?;
        let reach = self.data.pod(id).map_or(reach, |pod| self.reach_of(pod, reach));
        Some(Effect::Log { ticket, pod: id.clone(), engine, reach })
    }

    /// Logs that were opened before their engine was known, or while it was away, are asked of it now. One that was kept from
    /// an earlier time is left alone while somebody reads further up in it: what is read now takes its place.
    pub(super) fn resume_logs(&mut self) -> Vec<Effect> {
        if !self.is_live() {
            return Vec::new();
        }
        let waiting = self.pages.iter().filter_map(|page| match page {
            Page::Log(log) if log.follows() || !log.is_kept() => Some((log.waiting_for_engines(), log.is_kept())),
            _ => None,
        });
        let waiting = waiting.flat_map(|(pods, is_kept)| pods.map(move |pod| (pod.clone(), is_kept)));
        let waiting: Vec<(PodId, bool)> = waiting.collect();
        let resume = |(pod, is_kept): (PodId, bool)| {
            let is_alive = self.data.pod(&pod).is_some_and(|pod| pod.status.is_alive());
            let asked = is_alive.then(|| self.resume_log(&pod)).flatten();
            // What the server stored is younger than what was kept here.
            asked.or_else(|| is_kept.then(|| self.resume_from(&pod, None)).flatten())
        };
        waiting.into_iter().filter_map(resume).collect()
    }

    /// The ends of the logs that are open, to be kept when they are left.
    pub fn log_ends(&self) -> Vec<LogEnd> {
        let logs = self.pages.iter().filter_map(|page| match page {
            Page::Log(log) => Some(log.ends(self.now)),
            _ => None,
        });
        logs.flatten().collect()
    }

    /// The same as an effect, where there is something to keep.
    pub(super) fn keep_ends(&self) -> Option<Effect> {
        let ends = self.log_ends();
        (!ends.is_empty()).then_some(Effect::KeepEnds(ends))
    }

    fn log(&mut self) -> Option<&mut LogView> {
        match self.pages.last_mut() {
            Some(Page::Log(log)) => Some(log),
            _ => None,
        }
    }

    pub(super) fn act_in_log(&mut self, action: Action) -> Vec<Effect> {
        let now = self.now;
        let Some(log) = self.log() else {
            match action {
                Action::NextMatch => self.look_on(Step::Down),
                Action::PreviousMatch => self.look_on(Step::Up),
                _ => {}
            }
            return Vec::new();
        };
        match action {
            Action::CopyScreen => return vec![Effect::Copy(log.visible_text())],
            Action::Save => {
                self.prompt = log.default_path(now).into();
                self.typing = Some(Typing::Save);
            }
            Action::Pipe => {
                self.prompt = String::new().into();
                self.typing = Some(Typing::Pipe);
            }
            Action::Pager => return vec![Effect::LendTerminal { held: Box::new(log.held()), to: Reader::Pager }],
            Action::Range => self.overlay = Some(Overlay::Menu(Menu::of_reaches(log.reach))),
            Action::Reach(reach) => return self.reach(reach),
            Action::OtherReach => {
                self.prompt = String::new().into();
                self.typing = Some(Typing::Reach);
            }
            _ => {
                let answer = log.act(action, now);
                self.log_manner = log.manner();
                if let Some(answer) = answer {
                    self.notes.say(now, answer);
                }
            }
        }
        Vec::new()
    }

    /// Asks for another part of the log.
    fn reach(&mut self, reach: Reach) -> Vec<Effect> {
        let Some(log) = self.log() else { return Vec::new() };
        let pods: Vec<PodId> = log.pods().map(|(_, pod)| pod.clone()).collect();
        let tickets: Vec<Ticket> = pods.iter().map(|_| self.ticket()).collect();
        let now = self.now;
        if let Some(log) = self.log() {
            log.begin_again(reach, &tickets);
            log.gather(now);
        }
        self.notes.say(now, reach.text());
        std::iter::once(Effect::StopLog).chain(self.log_effects(&tickets, &pods, reach)).collect()
    }

    /// Reads the log that is looked at once more, from the newest snapshot on.
    pub(super) fn read_log_again(&mut self) -> Vec<Effect> {
        let Some(log) = self.log() else { return Vec::new() };
        let reach = log.reach;
        if log.is_kept() {
            // What was kept is no beginning of what is read.
            return self.reach(reach);
        }
        let (old, pods): (Vec<Ticket>, Vec<PodId>) = log.pods().map(|(ticket, pod)| (ticket, pod.clone())).unzip();
        let tickets: Vec<Ticket> = pods.iter().map(|_| self.ticket()).collect();
        if let Some(log) = self.log() {
            log.read_again(&tickets);
        }
        self.notes.say(self.now, "Asked for the log again");
        old.into_iter().map(Effect::LeaveLog).chain(self.log_effects(&tickets, &pods, reach)).collect()
    }

    /// `y`: what is selected, else what is on the screen.
    pub(super) fn copy_log(&mut self) -> Vec<Effect> {
        let now = self.now;
        let Some(log) = self.log() else { return Vec::new() };
        match log.take_selection() {
            Some(Taken::Text(text)) => vec![Effect::Copy(text)],
            Some(Taken::Fetching(count)) => {
                self.notes.say(now, format!("Reading {} to be copied", counted(count, "older line")));
                Vec::new()
            }
            Some(Taken::TooMany(count)) => {
                let text = format!("{count} of these lines are only in the file, too many to copy: ⟨save⟩ saves them");
                self.notes.say(now, text);
                Vec::new()
            }
            None => vec![Effect::Copy(log.visible_text())],
        }
    }

    /// `/` and `&`.
    pub(super) fn start_typing(&mut self, action: Action) {
        let filters = if self.shows_list() { self.can_filter() } else { self.all_rows() > 0 };
        self.typing = match (self.log(), action) {
            (Some(log), Action::Only) => {
                log.begin_filter();
                self.prompt = String::new().into();
                Some(Typing::Only)
            }
            (Some(log), _) => {
                log.begin_search();
                self.prompt = String::new().into();
                Some(Typing::Find)
            }
            (None, Action::Filter) if filters => Some(Typing::Filter),
            (None, Action::Filter) => self.begin_look(),
            _ => None,
        };
    }

    pub(super) fn log_prompt_changed(&mut self, typing: Typing) {
        let text = self.prompt.value().to_owned();
        let Some(log) = self.log() else { return self.look_for(&text) };
        match typing {
            Typing::Find => log.find(&text),
            Typing::Only => log.show_only(&text),
            Typing::Filter | Typing::Save | Typing::Pipe | Typing::Reach => {}
        }
    }

    pub(super) fn log_prompt_given_up(&mut self, typing: Typing) {
        self.typing = None;
        let Some(log) = self.log() else { return self.end_look() };
        match typing {
            Typing::Find => log.give_up_search(),
            Typing::Only => {
                log.show_only("");
                log.accept();
            }
            Typing::Filter | Typing::Save | Typing::Pipe | Typing::Reach => {}
        }
    }

    pub(super) fn log_prompt_accepted(&mut self, typing: Typing) -> Vec<Effect> {
        self.typing = None;
        let now = self.now;
        let text = self.prompt.value().trim().to_owned();
        let Some(log) = self.log() else {
            self.look_for(&text);
            return Vec::new();
        };
        match typing {
            Typing::Only if text.is_empty() => log.show_all(),
            Typing::Find | Typing::Only => {
                log.accept();
                if let Some(text) = log.reading() {
                    self.notes.say(now, text);
                }
            }
            Typing::Save if !text.is_empty() => return self.save_log(text, Over::Ask),
            Typing::Reach if !text.is_empty() => {
                let zone = if log.shows_local_times() { self.zone.clone() } else { jiff::tz::TimeZone::UTC };
                match Reach::read(&text, (now, &zone)) {
                    Ok(reach) => return self.reach(reach),
                    Err(why) => self.notes.say(now, why),
                }
            }
            Typing::Pipe if !text.is_empty() => {
                return vec![Effect::LendTerminal { held: Box::new(log.held()), to: Reader::Command(text) }];
            }
            Typing::Filter | Typing::Save | Typing::Pipe | Typing::Reach => {}
        }
        Vec::new()
    }

    /// Saves what is held of the log.
    pub(in crate::tui) fn save_log(&mut self, path: String, over: Over) -> Vec<Effect> {
        let Some(log) = self.log() else { return Vec::new() };
        vec![Effect::SaveLog { held: Box::new(log.held()), path, over }]
    }

    /// What logs want of others.
    pub(super) fn log_wishes(&mut self) -> Vec<Effect> {
        let logs = self.pages.iter_mut().filter_map(|page| match page {
            Page::Log(log) => Some(log),
            _ => None,
        });
        logs.flat_map(|log| log.wishes()).collect()
    }

    /// Answers about what is kept of a log.
    pub(super) fn settle_log(&mut self, message: Message) {
        match message {
            Message::LogPage(id, lines) => {
                if let Some(log) = self.log_called(id) {
                    log.take_page(lines);
                }
            }
            Message::LogScanned(id, question, [shown, matches]) => {
                if let Some(log) = self.log_called(id) {
                    log.take_scan(question, shown, matches);
                }
            }
            Message::LogUnkept(id, why) if self.log_called(id).is_some_and(LogView::lose_the_file) => {
                self.notes.say(self.now, format!("Older lines of the log are dropped from now on: {why}"));
            }
            Message::LogDone(Ok(text)) => self.notes.say(self.now, text),
            Message::LogDone(Err(failure)) => self.notes.fail(self.now, failure),
            Message::LogFileThere(path) => {
                let lines = vec![
                    format!("{path} is there already."),
                    String::from("It would be replaced by what is held of the log."),
                ];
                let title = String::from("Replace the file?");
                let dialog = Dialog::new(title, lines, Intent::Replace(path), self.now);
                self.overlay = Some(Overlay::Dialog(dialog));
            }
            _ => {}
        }
    }

    fn log_called(&mut self, id: Ticket) -> Option<&mut LogView> {
        self.pages.iter_mut().find_map(|page| match page {
            Page::Log(log) if log.id == id => Some(&mut **log),
            _ => None,
        })
    }
}
