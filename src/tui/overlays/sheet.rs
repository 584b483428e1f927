//! The install sheet: the plan before it happens, with every reason, and the command that does the same.

use super::dialog::is_too_early;
use super::{Overlay, moved};
use crate::compat::{self, Candidate, Need, NoPlan, Outlook, Plan, Verdict, Wish};
use crate::domain::shell::word as quoted;
use crate::domain::{AppIdentifier, EngineId, Failure, Fetching, Moment, NodeId, Pod, Release, Remote, Standing};
use crate::tui::action::Action;
use crate::tui::app::{App, Refused, Target};
use crate::tui::effect::Effect;

/// The buttons, in their order.
pub const BUTTONS: [&str; 4] = ["Install", "Change (⟨change⟩)", "Copy command (⟨copy-command⟩)", "Cancel (⟨back⟩)"];
/// The same where there is little room.
pub const SHORT: [&str; 4] = ["Install", "Change", "Copy ⟨copy-command⟩", "Cancel"];

/// How far the person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reads the plan.
    Plan,
    /// Chooses another engine or flavour; the chosen row.
    Choosing(usize),
    /// Was told that nobody can tell whether it runs, and is asked once more.
    Sure,
}

/// Whether a release may be installed, as far as the server has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent<'a> {
    /// The server wants no approval.
    NotNeeded,
    /// It has not answered yet.
    Asking,
    /// It could not be asked.
    Unknown(&'a Failure),
    /// It may, in words.
    Given(&'static str),
    /// It may not, and why.
    Refused(&'static str),
}

/// The sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// What.
    pub app: AppIdentifier,
    /// Which version.
    pub version: String,
    /// The flavour that was chosen by hand.
    pub flavour: Option<String>,
    /// The engine that was chosen by hand.
    pub engine: Option<EngineId>,
    /// The node that is wanted, where it is not the app: the flavour was chosen because it provides it.
    pub node: Option<NodeId>,
    /// The focused button.
    pub button: usize,
    /// How far.
    pub stage: Stage,
    /// Lines that are scrolled away.
    pub top: usize,
    /// The row that somebody went to, to have it explained; Enter still means the button.
    pub row: Option<usize>,
    /// Keys count from here on.
    pub ready: Moment,
}

impl Sheet {
    /// A sheet that opens now.
    pub fn new(app: AppIdentifier, version: String, now: Moment) -> Self {
        // Nothing is destroyed by an install, so that the first key may count at once.
        Self {
            app,
            version,
            flavour: None,
            engine: None,
            node: None,
            button: 0,
            stage: Stage::Plan,
            top: 0,
            row: None,
            ready: now,
        }
    }

    /// Opens the choice.
    pub fn choose(&mut self, app: &App) {
        let at = match (self.plan(app), self.release(app)) {
            (Some(Ok(plan)), Some(release)) => Self::choices(release, app).iter().position(|candidate| {
                candidate.flavour.id == plan.best.flavour.id && candidate.engine.id == plan.best.engine.id
            }),
            _ => None,
        };
        self.stage = Stage::Choosing(at.unwrap_or(0));
    }

    /// The release.
    pub fn release<'a>(&self, app: &'a App) -> Option<&'a Release> {
        app.data.app(&self.app)?.release(&self.version)
    }

    /// The plan, or why there is none; `None` when the release is gone.
    pub fn plan<'a>(&self, app: &'a App) -> Option<Result<Plan<'a>, NoPlan>> {
        let release = self.release(app)?;
        let wish = Wish { flavour: self.flavour.as_deref(), engine: self.engine.as_ref().map(EngineId::as_str) };
        Some(compat::plan(release, app.data.engines(), wish))
    }

    /// What the installation would find.
    pub fn outlook(app: &App, best: &Candidate<'_>) -> Outlook {
        let failed: Option<Fetching>;
        let told = match app.fetching(best) {
            Remote::Ready(told) => told.as_ref(),
            Remote::Failed { failure, .. } => {
                failed = Some(Fetching::Unknown(failure.why.clone()));
                failed.as_ref()
            }
            Remote::Absent | Remote::Loading { .. } => None,
        };
        compat::outlook(best, app.data.pods(), app.data.tasks(), told)
    }

    /// The first pod that does the same already: of the app, or of whatever provides the node that is wanted.
    pub fn already<'a>(&self, app: &'a App) -> Option<&'a Pod> {
        let provider = self.node.as_ref().and_then(|node| app.provider(node));
        provider.or_else(|| self.running(app).next())
    }

    /// Pods of the same release that run beside that one.
    pub fn also<'a>(&self, app: &'a App) -> Vec<&'a Pod> {
        let first = self.already(app).map(|pod| &pod.id);
        self.running(app).filter(|pod| Some(&pod.id) != first).collect()
    }

    /// One that nobody can confirm is not offered.
    fn running<'a>(&self, app: &'a App) -> impl Iterator<Item = &'a Pod> + use<'a> {
        let all = compat::already(&self.app, &self.version, app.data.pods(), app.data.engines());
        all.into_iter().filter(|pod| !app.is_ghost(pod))
    }

    /// What the app needs of the server and the account.
    pub fn needs(&self, app: &App, best: &Candidate<'_>) -> Vec<Need> {
        self.release(app)
            .map_or_else(Vec::new, |release| compat::needs(release, Some(best.flavour), &app.session.offered))
    }

    /// Whether it may fail to start, as far as is known.
    fn is_doubtful(&self, app: &App, best: &Candidate<'_>) -> bool {
        best.judgement.verdict == Verdict::Maybe || self.needs(app, best).iter().any(Need::is_against)
    }

    /// Whether it asks once more; what has become known since may have answered that.
    pub fn is_unsure(&self, app: &App) -> bool {
        let plan = self.plan(app).and_then(Result::ok);
        self.stage == Stage::Sure && plan.is_some_and(|plan| self.is_doubtful(app, &plan.best))
    }

    /// All flavours on all engines, best first.
    pub fn choices<'a>(release: &'a Release, app: &'a App) -> Vec<Candidate<'a>> {
        compat::rank(release, app.data.engines())
    }

    /// What is known of whether the release may be installed on an engine.
    pub fn consent<'a>(&self, app: &'a App, engine: &EngineId) -> Consent<'a> {
        let Some(release) = self.release(app) else { return Consent::NotNeeded };
        let approvals = match app.data.approvals.get(&release.id) {
            Some(Ok(Some(approvals))) => approvals,
            Some(Err(failure)) => return Consent::Unknown(failure),
            None if app.is_live() => return Consent::Asking,
            None | Some(Ok(None)) => return Consent::NotNeeded,
        };
        let standing = approvals.standing(engine);
        let word = approvals.words(engine);
        if standing == Standing::Approved { Consent::Given(word) } else { Consent::Refused(word) }
    }

    /// Whether there is anything that could be installed.
    pub fn is_possible(&self, app: &App) -> bool {
        matches!(self.plan(app), Some(Ok(_)))
    }

    /// Whether it is still being asked.
    pub fn is_asking(&self, app: &App) -> bool {
        let plan = self.plan(app).and_then(Result::ok);
        plan.is_some_and(|plan| matches!(self.consent(app, &plan.best.engine.id), Consent::Asking))
    }

    /// The command that does the same.
    pub fn command(&self, app: &App) -> String {
        match self.plan(app) {
            Some(Ok(plan)) => self.command_for(&plan.best),
            _ => self.plain_command(),
        }
    }

    fn plain_command(&self) -> String {
        format!("kab install {}", quoted(&format!("{}@{}", self.app, self.version)))
    }

    /// The command that installs it in that flavour on that engine.
    fn command_for(&self, choice: &Candidate<'_>) -> String {
        let mut command = self.plain_command();
        for (option, value) in [("engine", &choice.engine.name), ("flavour", &choice.flavour.name)] {
            command.extend([" --", option, " ", quoted(value).as_str()]);
        }
        command
    }
}

impl App {
    /// Opens a sheet, and asks what it has to say about approvals.
    pub(in crate::tui) fn open_sheet(&mut self, sheet: Sheet) -> Vec<Effect> {
        let release = sheet.release(self).map(|release| release.id.clone());
        self.forget_fetching();
        self.overlay = Some(Overlay::Sheet(sheet));
        match release {
            // Asked each time: somebody may have approved it since.
            Some(release) if self.is_live() => vec![Effect::Approvals(release)],
            _ => Vec::new(),
        }
    }

    /// The sheet stays open, as it cannot be said yet whether the release may be installed, or is known that it may not.
    fn keep_asking(&mut self, sheet: Sheet, failure: Option<Failure>, asks: bool) -> Vec<Effect> {
        let release = sheet.release(self).filter(|_| asks).map(|release| release.id.clone());
        match failure {
            Some(failure) => self.notes.fail(self.now, failure),
            None => self.notes.say(self.now, "Still asking whether it is approved; ⟨confirm⟩ again in a moment"),
        }
        self.overlay = Some(Overlay::Sheet(sheet));
        release.map(Effect::Approvals).into_iter().collect()
    }

    /// Signs in from the sheet, which comes back afterwards, whichever way that ends.
    fn sign_in_over(&mut self, sheet: Sheet) -> Vec<Effect> {
        if !self.is_live() {
            self.refused = Some(Refused::Install(sheet.clone()));
        }
        let effects = self.open_sign_in();
        match &mut self.overlay {
            Some(Overlay::SignIn(dialog)) => dialog.sheet = Some(Box::new(sheet)),
            other => *other = Some(Overlay::Sheet(sheet)),
        }
        effects
    }

    pub(super) fn act_in_sheet(&mut self, action: Action, mut sheet: Sheet) -> Vec<Effect> {
        let effects = match (sheet.stage, action) {
            // The error in the message line was answered in the sheet, and so are its keys.
            (_, Action::Back) if self.notes.dismiss().is_some() => Vec::new(),
            (Stage::Choosing(_), _) => return self.act_in_choice(action, sheet),
            (Stage::Sure, Action::Back | Action::Close) => {
                sheet.stage = Stage::Plan;
                Vec::new()
            }
            (Stage::Plan, Action::Back | Action::Close) => return Vec::new(),
            (_, Action::NextButton) if sheet.is_possible(self) => {
                sheet.button = (sheet.button + 1) % BUTTONS.len();
                Vec::new()
            }
            (_, Action::Move(step)) => {
                self.step_in_plan(&mut sheet, step);
                Vec::new()
            }
            (_, Action::Change) => {
                sheet.choose(self);
                Vec::new()
            }
            (_, Action::Use) => {
                if let Some(pod) = sheet.already(self).map(|pod| pod.id.clone()) {
                    return self.open_target(Target::Pod(pod));
                }
                self.notes.say(self.now, "No pod of it runs that could be used");
                Vec::new()
            }
            (_, Action::Refresh) => {
                self.ask_fetching_again(&sheet);
                Vec::new()
            }
            (_, Action::CopyCommand) => vec![Effect::Copy(sheet.command(self))],
            (_, Action::Copy) => self.copy_error().unwrap_or_else(|| vec![Effect::Copy(sheet.command(self))]),
            (_, Action::SignIn) => return self.sign_in_over(sheet),
            (_, Action::Explain) => {
                self.overlay = Some(self.explained(sheet));
                return Vec::new();
            }
            // Where nothing can be installed there is one button, which closes.
            (_, Action::Confirm) if !sheet.is_possible(self) => return Vec::new(),
            (_, Action::Confirm) => match sheet.button {
                0 => return self.confirm_install(sheet),
                1 => {
                    sheet.choose(self);
                    Vec::new()
                }
                2 => vec![Effect::Copy(sheet.command(self))],
                _ => return Vec::new(),
            },
            _ => Vec::new(),
        };
        self.overlay = Some(Overlay::Sheet(sheet));
        effects
    }

    fn act_in_choice(&mut self, action: Action, mut sheet: Sheet) -> Vec<Effect> {
        let Stage::Choosing(cursor) = sheet.stage else { return Vec::new() };
        let Some(release) = sheet.release(self) else { return Vec::new() };
        let choices = Sheet::choices(release, self);
        let mut effects = Vec::new();
        match action {
            Action::Move(step) => sheet.stage = Stage::Choosing(moved(cursor, step, choices.len())),
            Action::Back | Action::Close => sheet.stage = Stage::Plan,
            Action::Confirm => match choices.get(cursor) {
                Some(choice) if choice.judgement.verdict == Verdict::No => {
                    let why = choice.judgement.reasons.first();
                    let why = why.map_or_else(String::new, |reason| reason.sentence(&choice.engine.name));
                    let text = format!("{} cannot run on {}: {why}", choice.flavour.name, choice.engine.name);
                    self.notes.say(self.now, text);
                }
                Some(choice) if !choice.engine.is_online() => {
                    let text = format!("{} is offline; nothing can be installed there now", choice.engine.name);
                    self.notes.say(self.now, text);
                }
                Some(choice) => {
                    sheet.flavour = Some(choice.flavour.name.clone());
                    sheet.engine = Some(choice.engine.id.clone());
                    sheet.node = None;
                    sheet.stage = Stage::Plan;
                    sheet.button = 0;
                }
                None => {}
            },
            Action::Explain => {
                self.overlay = Some(self.explained(sheet));
                return Vec::new();
            }
            Action::CopyCommand => {
                let command = choices.get(cursor).map(|choice| sheet.command_for(choice));
                effects.extend(command.map(Effect::Copy));
            }
            _ => {}
        }
        self.overlay = Some(Overlay::Sheet(sheet));
        effects
    }

    fn confirm_install(&mut self, mut sheet: Sheet) -> Vec<Effect> {
        let name = self.data.app(&sheet.app).map_or("", |app| app.short_name()).to_owned();
        if let Some(failure) = self.barred(&format!("Could not install {name}")) {
            self.refuse(failure, Refused::Install(sheet.clone()));
            self.overlay = Some(Overlay::Sheet(sheet));
            return Vec::new();
        }
        let order = match sheet.plan(self) {
            Some(Ok(plan)) => {
                let what = format!("Could not install {name}");
                let (failure, asks) = match sheet.consent(self, &plan.best.engine.id) {
                    Consent::NotNeeded | Consent::Given(_) => (None, false),
                    Consent::Asking => (None, true),
                    Consent::Unknown(why) => {
                        (Some(Failure::new(what, format!("nobody can tell whether it is approved: {}", why.why))), true)
                    }
                    Consent::Refused(word) => {
                        (Some(Failure::new(what, word).hint("Approvals are given in Orkestrator.")), false)
                    }
                };
                let obstacle = Sheet::outlook(self, &plan.best).obstacle(plan.best.engine);
                let failure = failure.or_else(|| {
                    let (why, advice) = obstacle?;
                    Some(
                        Failure::new(format!("Could not install {name}"), why)
                            .hint(format!("{advice} ⟨change⟩ changes them.")),
                    )
                });
                if failure.is_some() || asks {
                    return self.keep_asking(sheet, failure, asks);
                }
                if sheet.is_doubtful(self, &plan.best) && sheet.stage != Stage::Sure {
                    sheet.stage = Stage::Sure;
                    sheet.ready = Moment(self.now.0 + 400);
                    self.overlay = Some(Overlay::Sheet(sheet));
                    return Vec::new();
                }
                (plan.best.flavour.id.clone(), plan.best.engine.clone())
            }
            // The sheet says why; its only button closes it.
            Some(Err(_)) | None => return Vec::new(),
        };
        if sheet.stage == Stage::Sure && is_too_early(&mut sheet.ready, self.now) {
            self.overlay = Some(Overlay::Sheet(sheet));
            return Vec::new();
        }
        let (flavour, engine) = order;
        let ticket = self.ticket();
        self.installing.insert(ticket, format!("{name} {} on {}", sheet.version, engine.name));
        self.wishes.insert(ticket, Refused::Install(sheet));
        self.notes.say(self.now, format!("Asking {} to install {name}", engine.name));
        vec![Effect::Install { ticket, flavour, engine: Box::new(engine) }]
    }
}
