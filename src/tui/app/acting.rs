//! Wishes on the page. Those of overlays are in `overlays`.

use super::moving::Turn;
use super::{App, AppPage, Connection, Page, Prefix, Refused, Tab, Target};
use crate::compat;
use crate::domain::{Moment, TaskState};
use crate::tui::action::{Action, Screen};
use crate::tui::effect::Effect;
use crate::tui::list::Hidden;
use crate::tui::overlays::{Dialog, Facets, Help, Intent, Orders, Overlay, Palette, Reading, Sheet, Told};

/// Ctrl-c twice within this many milliseconds quits.
const TWICE: i64 = 2_000;
/// A task that has run this long is not cancelled without a question, in milliseconds.
const LONG: i64 = 60_000;

impl App {
    /// Does what was asked for.
    pub fn act(&mut self, action: Action) -> Vec<Effect> {
        let is_log = matches!(self.pages.last(), Some(Page::Log(_)));
        if !is_log && let Some(effects) = self.look(action) {
            return effects;
        }
        if let Some(why) = self.against_now(action) {
            self.notes.say(self.now, why);
            return Vec::new();
        }
        match action {
            Action::Go(screen) => return self.go(screen),
            Action::Previous => return self.go(self.previous),
            Action::HistoryBack => return self.travel(Turn::Previous),
            Action::HistoryForward => return self.travel(Turn::Next),
            Action::Prefix => (self.prefix, self.prefix_since) = (Prefix::GoTo, self.now),
            Action::Palette => return self.open_palette(),
            Action::Help => self.overlay = Some(Overlay::Help(Help::over(None))),
            Action::Messages => self.overlay = Some(Overlay::Messages(Reading::default())),
            Action::Costs => self.overlay = Some(Overlay::Messages(Reading { told: Told::Costs, top: 0 })),
            Action::AllPods => return self.open_everywhere(""),
            Action::Contexts => return self.open_contexts(),
            Action::SignIn => return self.open_sign_in(),
            Action::Refresh => return self.refresh(),
            Action::Repaint => return vec![Effect::Repaint],
            Action::Back => return self.back(),
            Action::Close => return self.close(),
            Action::Quit => return vec![Effect::Quit],
            Action::Interrupt => return self.interrupt(),
            Action::Move(step) => self.step(step),
            Action::Filter | Action::Only => self.start_typing(action),
            Action::Copy => return self.copy_error().unwrap_or_else(|| self.copy()),
            Action::Open => return self.open(),
            Action::Mark if is_log => return self.act_in_log(action),
            Action::Mark => self.mark(),
            Action::Bookmark => return self.bookmark(),
            Action::MarkAll => self.mark_all(),
            Action::MarkRange => self.mark_range(),
            Action::Hidden => self.turn_hidden(),
            Action::Menu => return self.open_menu(),
            Action::Explain => return self.open_details().unwrap_or_else(|| self.explain()),
            Action::StopConnecting => return self.stop_connecting().unwrap_or_default(),
            Action::Undo => return self.undo(),
            Action::Sort => self.open_orders(),
            Action::Reverse => self.turn_direction(),
            Action::Facets => self.open_facets(),
            Action::Install | Action::InstallWith => return self.plan_install(action),
            Action::PreviousTab => self.turn_tab(Turn::Previous),
            Action::NextTab => self.turn_tab(Turn::Next),
            Action::Pod(verb) => return self.ask_pods(verb),
            // An error in the message line comes before those of the log.
            Action::NextError => {
                return self.open_details().unwrap_or_else(|| self.act_in_log(action));
            }
            Action::Update => self.ask_update(),
            Action::Forget => self.ask_forget(),
            Action::Shell => return self.open_shell(),
            Action::Watch => return self.watch_last(),
            Action::Logs => return self.open_log(),
            Action::Cancel => return self.ask_cancel(),
            Action::Again => self.ask_again_for_task(),
            Action::NextMatch if self.shows_list() || self.all_rows() > 0 => self.step_to_match(Turn::Next),
            Action::PreviousMatch if self.shows_list() || self.all_rows() > 0 => self.step_to_match(Turn::Previous),
            Action::NextMatch
            | Action::PreviousMatch
            | Action::Follow
            | Action::Wrap
            | Action::Stamps
            | Action::Colours
            | Action::Objects
            | Action::Sources
            | Action::Context
            | Action::MarkLine
            | Action::ScrollLeft
            | Action::ScrollRight
            | Action::Select
            | Action::CopyScreen
            | Action::Save
            | Action::Pager
            | Action::Pipe
            | Action::Range
            | Action::Reach(_)
            | Action::OtherReach
            | Action::Side
            | Action::PreviousError => return self.act_in_log(action),
            Action::Confirm
            | Action::Yes
            | Action::No
            | Action::NextButton
            | Action::KeepLog
            | Action::Change
            | Action::CopyCommand
            | Action::CopyLink
            | Action::NextPane
            | Action::PreviousPane
            | Action::ZoomIn
            | Action::ZoomOut
            | Action::Widths
            | Action::Use
            | Action::Picture => {}
        }
        Vec::new()
    }

    fn open_palette(&mut self) -> Vec<Effect> {
        self.overlay = Some(Overlay::Palette(Palette::new(self)));
        vec![Effect::Contexts]
    }

    fn open_orders(&mut self) {
        if self.shows_list() && !self.front_orders().is_empty() {
            self.overlay = Some(Overlay::Orders(Orders::new(self)));
        }
    }

    fn open_facets(&mut self) {
        if self.can_filter() {
            self.overlay = Some(Overlay::Facets(Facets::new(self)));
        }
    }

    fn turn_direction(&mut self) {
        if self.front().is_by_relevance() {
            self.notes.say(self.now, "What fits best stands first; ⟨sort⟩ chooses another order");
            return;
        }
        let list = self.front_mut();
        list.direction = list.direction.turned();
        self.refill_front();
    }

    fn turn_hidden(&mut self) {
        let screen = self.screen;
        let list = self.list_mut(screen);
        list.shows_hidden = match list.shows_hidden {
            Hidden::Hidden => Hidden::Shown,
            Hidden::Shown => Hidden::Hidden,
        };
        self.refill(screen);
    }

    fn refresh(&mut self) -> Vec<Effect> {
        if matches!(self.pages.last(), Some(Page::Everywhere(_))) {
            return self.ask_everywhere_again();
        }
        if self.pages.is_empty() && self.list(self.screen).waiting > 0 {
            self.apply_changes();
            return Vec::new();
        }
        match self.connection {
            Connection::Live if matches!(self.pages.last(), Some(Page::Log(_))) => self.read_log_again(),
            Connection::Live => {
                self.data.sockets = None;
                self.ask_about_again();
                self.notes.say(self.now, "Asked the server again");
                self.fetch_all()
            }
            Connection::Connecting { .. } => Vec::new(),
            Connection::Lost { .. } | Connection::Failed { .. } | Connection::SignedOut { .. } => {
                self.connect("connecting again")
            }
            Connection::Offline => {
                self.notes.say(self.now, "kab was started with --offline");
                Vec::new()
            }
        }
    }

    pub(super) fn interrupt(&mut self) -> Vec<Effect> {
        if self.interrupted.is_some_and(|at| self.now.0 - at.0 < TWICE) {
            return vec![Effect::Quit];
        }
        self.interrupted = Some(self.now);
        if let Some(effects) = self.give_up().or_else(|| self.stop_connecting()) {
            return effects;
        }
        self.notes.say(self.now, "Ctrl-c again quits; tasks go on at the server");
        Vec::new()
    }

    /// `e`: the table of verdicts for what can be installed, the reason for everything else.
    fn explain(&mut self) -> Vec<Effect> {
        let target = self.target();
        if let Some(Page::App(page)) = self.pages.last_mut()
            && !matches!(target, Some(Target::Pod(_) | Target::Task(_)))
        {
            *page = AppPage::new(page.app.clone(), page.version.clone(), Tab::Compat);
            return Vec::new();
        }
        match target {
            Some(Target::Pod(id)) => {
                let Some(text) = self.about_state(&id) else { return Vec::new() };
                let room = usize::from(self.areas().width).saturating_sub(2);
                let target = Target::Pod(id);
                // What the message line does not hold stands on the pod's page, as a whole.
                if crate::tui::widgets::text::width(&self.prose(&text)) > room && !self.shows(&target) {
                    return self.open_target(target);
                }
                self.notes.say(self.now, text);
                Vec::new()
            }
            Some(target @ (Target::Task(_) | Target::Engine(_))) => {
                if self.shows(&target) {
                    if let Target::Task(id) = &target
                        && let Some(task) = self.data.task(id)
                    {
                        let why = crate::tui::screens::tasks::about_silence(self, task);
                        let text = why.unwrap_or_else(|| "All that is known stands on this page".into());
                        self.notes.say(self.now, text);
                    }
                    Vec::new()
                } else {
                    self.open_target(target)
                }
            }
            Some(Target::App(_) | Target::Node(_)) => {
                if let Some((app, version)) = self.to_install() {
                    self.pages.push(Page::App(AppPage::new(app, version, Tab::Compat)));
                }
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    fn plan_install(&mut self, action: Action) -> Vec<Effect> {
        let marked = self.marked();
        if !marked.is_empty() && matches!(self.screen, Screen::Apps | Screen::Nodes) {
            self.ask_install_all(&marked);
            return Vec::new();
        }
        let node = self.node_to_install();
        if let Some(pod) = node.as_ref().filter(|_| action == Action::Install).and_then(|node| self.provider(node)) {
            let text = format!(
                "Already available on {} - nothing to install; ⟨install-with⟩ installs all the same",
                pod.engine_name
            );
            self.notes.say(self.now, text);
            return Vec::new();
        }
        let Some((app, version)) = self.to_install() else {
            self.notes.say(self.now, "Nothing here can be installed; ⟨go-apps⟩ shows the apps");
            return Vec::new();
        };
        let mut sheet = Sheet::new(app, version, self.now);
        if let Some(node) = &node
            && let Some(best) = self.best_for(node)
        {
            let flavour = best.flavour.name.clone();
            sheet = Sheet::new(best.app, best.version, self.now);
            (sheet.flavour, sheet.node) = (Some(flavour), Some(node.clone()));
        }
        if action == Action::InstallWith {
            sheet.choose(self);
        }
        self.open_sheet(sheet)
    }

    /// Enter on a row of the table: install that flavour.
    pub(super) fn install_row(&mut self, page: &AppPage) -> Vec<Effect> {
        let Some(release) = self.release_of(page) else { return Vec::new() };
        let table = compat::table(release, self.data.engines());
        if let Some(row) = self.sifted().chosen().and_then(|row| table.rows.get(row)) {
            let mut sheet = Sheet::new(page.app.clone(), release.version.clone(), self.now);
            sheet.flavour = Some(row.name.clone());
            return self.open_sheet(sheet);
        }
        Vec::new()
    }

    fn ask_cancel(&mut self) -> Vec<Effect> {
        if self.meant_tasks().len() > 1 {
            self.ask_cancel_all();
            return Vec::new();
        }
        let task = self.meant_tasks().first().map(|task| (task.id.clone(), self.task_title(task)));
        if let Some((id, title)) = task
            && let Some(failure) = self.barred(&format!("Could not cancel: {title}"))
        {
            self.refuse(failure, Refused::Cancel(vec![id]));
            return Vec::new();
        }
        if let Some(why) = self.against(Action::Cancel) {
            self.notes.say(self.now, format!("Not possible: {why}"));
            return Vec::new();
        }
        let Some(task) = self.meant_tasks().into_iter().next() else { return Vec::new() };
        let (id, title) = (task.id.clone(), self.task_title(task));
        let age = task.created_at.map_or(0, |at| self.now.0 - at.0);
        if task.state == TaskState::Cancelling {
            let lines = vec![
                String::from("It was asked to end, and has not answered."),
                String::from(
                    "An interrupt is the last resort: some engines of older frameworks stop working altogether.",
                ),
                String::from("What it has done so far may stay."),
            ];
            let dialog = Dialog::new(format!("Interrupt: {title}?"), lines, Intent::Interrupt(id), self.now);
            self.overlay = Some(Overlay::Dialog(dialog));
            return Vec::new();
        }
        if age < LONG {
            return vec![Effect::Cancel(id)];
        }
        let lines = vec![
            format!("It has worked for {}.", crate::tui::widgets::text::duration(Moment(0).seconds_until(Moment(age)))),
            String::from("What it has done so far may stay; its record stays in the list."),
        ];
        let dialog = Dialog::new(format!("Cancel: {title}?"), lines, Intent::Cancel(id), self.now);
        self.overlay = Some(Overlay::Dialog(dialog));
        Vec::new()
    }

    /// `y`: the id of the chosen thing, or what is selected in the log.
    fn copy(&mut self) -> Vec<Effect> {
        let text = match self.pages.last() {
            Some(Page::Log(_)) => return self.copy_log(),
            Some(Page::App(page)) if page.tab == Tab::Compat => self.table_as_text(page),
            _ => {
                let Some(target) = self.target() else { return Vec::new() };
                return self.open_yank(&target);
            }
        };
        vec![Effect::Copy(text)]
    }

    /// The table of verdicts as text, to paste into a message.
    fn table_as_text(&self, page: &AppPage) -> String {
        use std::fmt::Write as _;
        let Some(release) = self.release_of(page) else { return String::new() };
        let table = compat::table(release, self.data.engines());
        let mut text = format!("{} {}: where it runs\n", page.app, release.version);
        for row in &table.rows {
            for cell in &row.cells {
                let engine = self.data.engine(&cell.engine).map_or("?", |engine| &engine.name);
                let facts = self.data.engine(&cell.engine).and_then(crate::domain::Engine::reported_at);
                let facts = facts.map_or_else(
                    || ", no facts".to_owned(),
                    |at| match crate::tui::widgets::text::age(at.seconds_until(self.now)).as_str() {
                        "now" => ", facts of now".into(),
                        age => format!(", facts {age} old"),
                    },
                );
                let offline = if cell.online { facts } else { format!("{facts} (offline)") };
                let numbers: Vec<String> = cell.notes.iter().map(usize::to_string).collect();
                let numbers = if numbers.is_empty() { String::new() } else { format!(" ({})", numbers.join(", ")) };
                let word = cell.judgement.verdict.word();
                _ = writeln!(text, "{:<12} {engine}: {word}{numbers}{offline}", row.name);
            }
        }
        for note in &table.notes {
            _ = writeln!(
                text,
                "({}) needs {}; {} reports {}; {}",
                note.number,
                note.needs,
                note.engines.join(", "),
                note.reports,
                self.prose(&note.advice)
            );
        }
        if let Some(wanted) = table.wanted() {
            _ = writeln!(text, "Ask whoever looks after it: {wanted}");
        }
        for need in compat::needs(release, None, &self.session.offered) {
            let what = if need.what == compat::What::Service { "service" } else { "permission" };
            _ = writeln!(text, "{what} {}", need.words());
        }
        text
    }
}
