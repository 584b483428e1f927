//! A question before something that cannot be undone.
//!
//! Keys that were typed before the question could be read do not count: after it opens, and after each key that came
//! too early, there has to be a pause. So `D y y y` typed blindly on a slow link removes nothing.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use super::Overlay;
use crate::domain::{EngineId, FlavourId, Moment, PodId, PodStatus, PodVerb, TaskId};
use crate::tui::action::{Action, Step};
use crate::tui::app::{App, Typed, feed, words};
use crate::tui::effect::{Effect, Over, RepositoryErrand};

/// The pause, in milliseconds.
pub(super) const PAUSE: i64 = 400;

/// What happens on yes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Pods are removed.
    Remove(Farewell),
    /// Something else is asked of pods.
    Pods(PodVerb, Vec<PodId>),
    /// Pods are updated; whether the new release asks for more than the person has allowed before.
    Update(Vec<PodId>, Asks),
    /// Records of pods are deleted.
    Forget(Vec<PodId>),
    /// What a task did is asked for again.
    Again(TaskId),
    /// A task is cancelled.
    Cancel(TaskId),
    /// Tasks are cancelled.
    CancelAll(Vec<TaskId>),
    /// What tasks did is asked for again.
    AgainAll(Vec<TaskId>),
    /// Several apps are installed, each in a flavour on an engine.
    InstallAll(Vec<(FlavourId, EngineId)>),
    /// A task is interrupted.
    Interrupt(TaskId),
    /// A file is replaced by the log.
    Replace(String),
    /// A command line of the person's own is run.
    Run(String),
    /// Another server is gone to, and a pod is opened there.
    GoTo(String, PodId),
    /// Repositories are asked for something.
    Repositories(Vec<RepositoryErrand>),
}

/// What is to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Farewell {
    /// The pods, and how they were when the question was asked.
    pub seen: Vec<(PodId, PodStatus)>,
    /// What becomes of their logs.
    pub logs: Logs,
}

/// What becomes of the logs of pods that are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Logs {
    /// They are saved first.
    Saved,
    /// They go, too.
    Go,
}

/// What an update asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// Nothing that was not allowed before.
    NoMore,
    /// More; that needs the person's word.
    More,
}

/// The two buttons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Nothing happens.
    Cancel,
    /// It happens.
    Yes,
}

/// A question.
#[derive(Debug, Clone)]
pub struct Dialog {
    /// The question itself.
    pub title: String,
    /// What goes and what stays.
    pub lines: Vec<String>,
    /// What happens on yes.
    pub intent: Intent,
    /// The focused button.
    pub button: Button,
    /// Keys count from here on.
    pub ready: Moment,
    /// Whether the person can have read it.
    pub seen: Seen,
    /// What has to be typed before it happens; `None`: a key is enough.
    pub name: Option<Name>,
    /// Lines that are scrolled away.
    pub top: usize,
}

/// Something that has to be typed as it is.
#[derive(Debug, Clone)]
pub struct Name {
    /// What.
    pub wanted: String,
    /// What is typed.
    pub input: Input,
}

/// By what a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A key.
    Key,
    /// A name that has to be typed.
    Name,
}

impl Asked {
    /// By the name, where one is wanted.
    pub fn of<T>(name: Option<&T>) -> Self {
        if name.is_some() { Self::Name } else { Self::Key }
    }
}

/// How far a question is on its way to the person's eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is in no frame yet.
    Asked,
    /// Its frame is being written; a slow link takes its time.
    Painted,
    /// Its frame is out.
    Written,
}

impl Dialog {
    /// A question that opens now.
    pub fn new(title: String, lines: Vec<String>, intent: Intent, now: Moment) -> Self {
        Self {
            title,
            lines,
            intent,
            button: Button::Cancel,
            ready: Moment(now.0 + PAUSE),
            seen: Seen::Asked,
            name: None,
            top: 0,
        }
    }

    /// The same; where something is wanted, it happens only when that has been typed.
    #[must_use]
    pub fn by_name_if(self, wanted: Option<String>) -> Self {
        Self { name: wanted.map(|wanted| Name { wanted, input: Input::default() }), ..self }
    }

    /// What the yes button says.
    pub fn yes(&self) -> &'static str {
        match self.intent {
            Intent::Remove(_) => "Remove",
            Intent::Pods(verb, _) => words(verb).0,
            Intent::Update(_, Asks::NoMore) => "Update",
            Intent::Update(_, Asks::More) => "Allow and update",
            Intent::Again(_) | Intent::AgainAll(_) => "Run again",
            Intent::CancelAll(_) => "Cancel the tasks",
            Intent::InstallAll(_) => "Install",
            Intent::Forget(_) => "Forget",
            Intent::Cancel(_) => "Cancel the task",
            Intent::Interrupt(_) => "Interrupt",
            Intent::Replace(_) => "Replace",
            Intent::Run(_) => "Run",
            Intent::GoTo(..) => "Go there",
            Intent::Repositories(ref errands) => match errands.first() {
                Some(RepositoryErrand::Add(_)) => "Add it",
                Some(RepositoryErrand::Use { .. }) => "Take it from there",
                Some(RepositoryErrand::Scan(_)) | None => "Read again",
            },
        }
    }

    /// What the no button says.
    pub fn no(&self) -> &'static str {
        match self.intent {
            Intent::Remove(_)
            | Intent::Pods(..)
            | Intent::Update(..)
            | Intent::Again(_)
            | Intent::AgainAll(_)
            | Intent::InstallAll(_)
            | Intent::Forget(_)
            | Intent::Replace(_)
            | Intent::Run(_)
            | Intent::GoTo(..)
            | Intent::Repositories(_) => "Cancel",
            Intent::Cancel(_) => "Let it work",
            Intent::CancelAll(_) => "Let them work",
            Intent::Interrupt(_) => "Wait",
        }
    }
}

/// Whether a key came too early; if so, the pause begins anew.
pub(super) fn is_too_early(ready: &mut Moment, now: Moment) -> bool {
    let early = now < *ready;
    if early {
        *ready = Moment(now.0 + PAUSE).max(*ready);
    }
    early
}

impl App {
    /// A frame with everything in it is on its way to the terminal.
    pub fn painted(&mut self) {
        if let Some(Overlay::Dialog(dialog)) = &mut self.overlay
            && dialog.seen == Seen::Asked
        {
            // No key counts until it is out.
            (dialog.seen, dialog.ready) = (Seen::Painted, Moment(i64::MAX));
        }
    }

    /// That frame has been written.
    pub fn written(&mut self, now: Moment) {
        if let Some(Overlay::Dialog(dialog)) = &mut self.overlay
            && dialog.seen == Seen::Painted
        {
            (dialog.seen, dialog.ready) = (Seen::Written, Moment(now.0 + PAUSE));
        }
    }

    pub(super) fn act_in_dialog(&mut self, action: Action, mut dialog: Dialog) -> Vec<Effect> {
        let leaves = matches!(action, Action::Back | Action::Close | Action::No);
        if leaves {
            return Vec::new();
        }
        if let Action::Move(step) = action {
            self.scroll_dialog(&mut dialog, step);
            self.overlay = Some(Overlay::Dialog(dialog));
            return Vec::new();
        }
        if dialog.seen != Seen::Written || is_too_early(&mut dialog.ready, self.now) {
            self.overlay = Some(Overlay::Dialog(dialog));
            return Vec::new();
        }
        match action {
            Action::NextButton if dialog.name.is_none() => {
                dialog.button = match dialog.button {
                    Button::Cancel => Button::Yes,
                    Button::Yes => Button::Cancel,
                };
                self.overlay = Some(Overlay::Dialog(dialog));
                Vec::new()
            }
            Action::KeepLog | Action::NextButton => {
                let asked = Asked::of(dialog.name.as_ref());
                if let Intent::Remove(farewell) = &mut dialog.intent
                    && !self.log_folder.is_empty()
                {
                    let before = self.log_line(farewell, asked);
                    farewell.logs = if farewell.logs == Logs::Saved { Logs::Go } else { Logs::Saved };
                    let now = self.log_line(farewell, asked);
                    dialog.lines.iter_mut().filter(|line| **line == before).for_each(|line| line.clone_from(&now));
                }
                self.overlay = Some(Overlay::Dialog(dialog));
                Vec::new()
            }
            Action::Yes => self.intend(dialog.intent),
            Action::Confirm if dialog.button == Button::Yes => self.intend(dialog.intent),
            Action::Confirm => Vec::new(),
            _ => {
                self.overlay = Some(Overlay::Dialog(dialog));
                Vec::new()
            }
        }
    }

    fn scroll_dialog(&self, dialog: &mut Dialog, step: Step) {
        let most = super::view::dialog_rest(dialog, self.areas());
        dialog.top = crate::tui::app::stepped(dialog.top.min(most), step, 5, most);
    }

    /// A key for the name that has to be typed; `None`: none has to.
    pub(in crate::tui) fn type_in_dialog(&mut self, event: KeyEvent) -> Option<Vec<Effect>> {
        let now = self.now;
        let Some(Overlay::Dialog(dialog)) = &mut self.overlay else { return None };
        let name = dialog.name.as_mut()?;
        if event.code == KeyCode::Esc {
            self.overlay = None;
            return Some(Vec::new());
        }
        if dialog.seen != Seen::Written || is_too_early(&mut dialog.ready, now) {
            return Some(Vec::new());
        }
        match feed(&mut name.input, event) {
            Typed::Other => return None,
            Typed::Accepted if name.input.value().trim() == name.wanted => {
                let intent = dialog.intent.clone();
                self.overlay = None;
                return Some(self.intend(intent));
            }
            Typed::Accepted => {
                let text = format!("Nothing happens before {} is typed; Esc leaves", name.wanted);
                self.notes.say(now, text);
            }
            // The pause is against keys that were typed blindly; a name is not.
            Typed::Changed | Typed::GivenUp => dialog.ready = now,
            Typed::Moved(step) => {
                if let Some(Overlay::Dialog(mut dialog)) = self.overlay.take() {
                    self.scroll_dialog(&mut dialog, step);
                    self.overlay = Some(Overlay::Dialog(dialog));
                }
            }
        }
        Some(Vec::new())
    }

    fn intend(&mut self, intent: Intent) -> Vec<Effect> {
        match intent {
            Intent::Remove(farewell) => self.remove(&farewell),
            Intent::Pods(verb, pods) => self.act_on(verb, &pods),
            Intent::Update(pods, _) => self.begin_updates(&pods),
            Intent::Forget(pods) => self.forget(pods),
            Intent::Again(task) => self.run_again(&task),
            Intent::Cancel(task) => vec![Effect::Cancel(task)],
            Intent::CancelAll(tasks) => self.cancel_all(tasks),
            Intent::AgainAll(tasks) => self.run_all_again(&tasks),
            Intent::InstallAll(orders) => self.install_all(orders),
            Intent::Interrupt(task) => vec![Effect::Interrupt(task)],
            Intent::Replace(path) => self.save_log(path, Over::Replace),
            Intent::Run(line) => vec![Effect::Shell(line)],
            Intent::GoTo(context, pod) => self.go_to_pod(&context, &pod),
            Intent::Repositories(errands) => self.send_errands(errands),
        }
    }
}
