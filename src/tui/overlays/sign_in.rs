//! Signing in without a browser on this machine (`S`): a link and a code for any other device, and how long they last.

use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use super::{Overlay, Sheet, view::middle};
use crate::domain::{Failure, Moment};
use crate::tui::action::Action;
use crate::tui::app::{App, Connection};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::theme::Tone;
use crate::tui::widgets::pen::Pen;
use crate::tui::widgets::picture;
use crate::tui::widgets::prose::Prose;
use crate::tui::widgets::text::duration;

/// How far signing in is, as the one who does it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Something is being asked, in words: `asking lab.example.org`.
    Asking(String),
    /// A code is waiting to be approved.
    Code(Code),
    /// Still waiting, with a word about trouble on the way; empty: none.
    Waiting(String),
    /// It worked: who one is now.
    Granted(String),
    /// The server answers without encryption only; somebody has to say that this is all right.
    Insecure(String),
    /// It ended otherwise.
    Ended(Failure),
}

/// What has to be done on another device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The page where the code is typed.
    pub page: String,
    /// The same with the code in it already.
    pub link: String,
    /// The same at another address, for deployments that name the wrong one.
    pub other_link: Option<String>,
    /// The code.
    pub code: String,
    /// When it ends.
    pub expires_at: Option<Moment>,
}

/// The picture of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// Not shown.
    Hidden,
    /// Shown, for a camera.
    Shown,
}

/// The dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Which attempt.
    pub ticket: Ticket,
    /// How far it is; `None`: who one is.
    pub step: Option<Step>,
    /// The code, also while something else is said.
    pub code: Option<Code>,
    /// Whether the picture is shown.
    pub picture: Picture,
    /// The install sheet that it lies over, and that comes back when nothing comes of it.
    pub sheet: Option<Box<Sheet>>,
}

impl SignIn {
    /// Whether it has ended without a login, so that another code can be asked for.
    pub fn has_ended(&self) -> bool {
        matches!(self.step, Some(Step::Ended(_)))
    }
}

impl App {
    /// Opens the dialog: who one is, or the way in.
    pub(in crate::tui) fn open_sign_in(&mut self) -> Vec<Effect> {
        if matches!(self.connection, Connection::Offline) {
            self.notes.say(self.now, "kab was started with --offline");
            return Vec::new();
        }
        let ticket = self.ticket();
        if self.is_live() {
            let who = SignIn { ticket, step: None, code: None, picture: Picture::Hidden, sheet: None };
            self.overlay = Some(Overlay::SignIn(who));
            return Vec::new();
        }
        self.begin_sign_in(ticket, Effect::SignIn(ticket))
    }

    fn begin_sign_in(&mut self, ticket: Ticket, effect: Effect) -> Vec<Effect> {
        let asking = Step::Asking("asking the server".into());
        let dialog = SignIn { ticket, step: Some(asking), code: None, picture: Picture::Hidden, sheet: None };
        self.overlay = Some(Overlay::SignIn(dialog));
        vec![effect]
    }

    /// The same once more, over what it lay over.
    fn begin_sign_in_again(&mut self, ticket: Ticket, effect: Effect, sheet: Option<Box<Sheet>>) -> Vec<Effect> {
        let effects = self.begin_sign_in(ticket, effect);
        if let Some(Overlay::SignIn(dialog)) = &mut self.overlay {
            dialog.sheet = sheet;
        }
        effects
    }

    /// Signing in went on.
    pub(in crate::tui) fn take_step(&mut self, ticket: Ticket, step: Step) -> Vec<Effect> {
        let now = self.now;
        let Some(Overlay::SignIn(dialog)) = &mut self.overlay else { return Vec::new() };
        if dialog.ticket != ticket {
            return Vec::new();
        }
        if let Step::Code(code) = &step {
            dialog.code = Some(code.clone());
        }
        if let Step::Granted(who) = &step {
            self.notes.say(now, format!("Signed in as {who}"));
            self.overlay = None;
            return self.connect("signed in, connecting");
        }
        if matches!(step, Step::Ended(_)) {
            // A code that is over only misleads.
            (dialog.code, dialog.picture) = (None, Picture::Hidden);
        }
        dialog.step = Some(step);
        Vec::new()
    }

    pub(super) fn act_in_sign_in(&mut self, action: Action, mut dialog: SignIn) -> Vec<Effect> {
        let effects = match (action, &dialog.step) {
            // There is no picture of who one is, so that its key closes as it does elsewhere.
            (Action::Back | Action::Close | Action::Picture, None) => {
                self.overlay = dialog.sheet.map(|sheet| Overlay::Sheet(*sheet));
                return Vec::new();
            }
            (Action::Back | Action::Close, Some(_)) => {
                self.overlay = dialog.sheet.map(|sheet| Overlay::Sheet(*sheet));
                return vec![Effect::StopSignIn];
            }
            (Action::Picture, Some(Step::Ended(_))) => {
                self.overlay = dialog.sheet.map(|sheet| Overlay::Sheet(*sheet));
                return Vec::new();
            }
            (Action::Copy, Some(Step::Insecure(_))) => {
                let ticket = self.ticket();
                return self.begin_sign_in_again(ticket, Effect::SignInWithoutTls(ticket), dialog.sheet);
            }
            (Action::Copy, _) => dialog.code.iter().map(|code| Effect::Copy(code.code.clone())).collect(),
            (Action::CopyLink, _) => dialog.code.iter().map(|code| Effect::Copy(code.link.clone())).collect(),
            (Action::Picture, _) if dialog.code.is_some() => {
                dialog.picture = match dialog.picture {
                    Picture::Hidden => Picture::Shown,
                    Picture::Shown => Picture::Hidden,
                };
                Vec::new()
            }
            (Action::Confirm, Some(Step::Ended(_))) => {
                let ticket = self.ticket();
                return self.begin_sign_in_again(ticket, Effect::SignIn(ticket), dialog.sheet);
            }
            _ => Vec::new(),
        };
        self.overlay = Some(Overlay::SignIn(dialog));
        effects
    }

    /// Whether the dialog counts down.
    pub(in crate::tui) fn counts_down(&self) -> bool {
        matches!(&self.overlay, Some(Overlay::SignIn(SignIn { code: Some(code), step: Some(Step::Code(_) | Step::Waiting(_)), .. }))
            if code.expires_at.is_some())
    }
}

/// Draws the dialog; with the picture beside it, where one is wanted and there is room.
pub fn draw(app: &App, dialog: &SignIn, pen: &mut Pen<'_>, body: Rect) {
    let picture = match (&dialog.picture, &dialog.code) {
        (Picture::Shown, Some(code)) => picture::lines(&code.link, picture::Signs::of(&app.theme.glyphs)),
        _ => Vec::new(),
    };
    let side = u16::try_from(picture.first().map_or(0, |line| line.chars().count())).unwrap_or(u16::MAX);
    let rest = if side > 0 { body.width.saturating_sub(side + 3) } else { body.width };
    let fits = side == 0 || (rest >= 36 && picture.len() <= usize::from(body.height));
    let rest = if fits { rest } else { body.width };
    let width = 76.min(rest.saturating_sub(2));
    let mut lines = content(app, dialog, width.saturating_sub(4));
    if !fits {
        lines.push(Line::from(pen.say(Tone::Warn, " The terminal is too small for the picture.")));
    }
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX);
    let place = if app.session.url.is_empty() { app.session.context.clone() } else { bare(&app.session.url) };
    let title = if dialog.step.is_some() { format!("Sign in to {place}") } else { "Who I am".to_owned() };
    let inside = pen.boxed(middle(Rect { width: rest, ..body }, width, height), &title);
    pen.lines(inside, lines);
    pen.stand(inside);
    for address in dialog.code.iter().flat_map(|code| [Some(&code.page), code.other_link.as_ref()]).flatten() {
        for part in crate::tui::widgets::text::wrap(address, usize::from(width.saturating_sub(10))) {
            pen.link(inside, &part, address);
        }
    }
    if fits && side > 0 {
        let height = u16::try_from(picture.len()).unwrap_or(u16::MAX);
        let area = middle(Rect { x: body.x + rest, width: side + 2, ..body }, side, height);
        picture::draw(picture, pen, area);
    }
}

/// An address without what everybody knows.
fn bare(url: &str) -> String {
    url.trim_start_matches("https://").trim_end_matches('/').to_owned()
}

fn content(app: &App, dialog: &SignIn, width: u16) -> Vec<Line<'static>> {
    let mut page = Prose::new(app.theme, width);
    let Some(step) = &dialog.step else {
        who(app, &mut page);
        return page.lines;
    };
    if let Some(code) = &dialog.code {
        let large = |page: &Prose, text: &str| {
            Span::styled(text.to_owned(), page.theme.style(Tone::Primary).add_modifier(Modifier::BOLD))
        };
        page.gap();
        // Links are never cut: somebody has to type or mark them.
        let address = |page: &mut Prose, text: &str| {
            for part in crate::tui::widgets::text::wrap(text, page.width.saturating_sub(6)) {
                let line = vec![Span::raw("    "), large(page, &part)];
                page.lines.push(Line::from(line));
            }
        };
        page.paragraph(Tone::Secondary, "1. On any device open");
        address(&mut page, &code.page);
        if let Some(other) = &code.other_link {
            page.paragraph(Tone::Secondary, "   or, where that page is missing,");
            address(&mut page, other);
        }
        page.paragraph(Tone::Secondary, "2. Enter the code");
        let line = vec![Span::raw("    "), large(&page, &code.code)];
        page.lines.push(Line::from(line));
        page.lines.push(Line::default());
    }
    match step {
        Step::Asking(what) => page.paragraph(Tone::Secondary, &format!("{what} {}", app.theme.glyphs.ellipsis)),
        Step::Code(_) => page.paragraph(Tone::Secondary, &waiting(app, dialog, "")),
        Step::Waiting(trouble) => page.paragraph(Tone::Secondary, &waiting(app, dialog, trouble)),
        Step::Granted(who) => page.paragraph(Tone::Good, &format!("Signed in as {who}.")),
        Step::Insecure(url) => {
            page.paragraph(Tone::Warn, &format!("{url} answers without encryption only."));
            page.paragraph(
                Tone::Secondary,
                "Whoever is on the way could read what you send, and the token that lets you in.",
            );
            page.gap();
            page.paragraph(Tone::Primary, &app.prose("⟨copy⟩ goes on all the same, ⟨back⟩ does not."));
        }
        Step::Ended(failure) => {
            page.paragraph(Tone::Bad, &format!("{}.", failure.what));
            page.paragraph(Tone::Secondary, &failure.why);
            if !failure.hint.is_empty() {
                page.paragraph(Tone::Secondary, &failure.hint);
            }
            page.gap();
            page.paragraph(Tone::Secondary, &app.prose("⟨confirm⟩ asks for a new code."));
        }
    }
    page.lines
}

fn waiting(app: &App, dialog: &SignIn, trouble: &str) -> String {
    let left = dialog.code.as_ref().and_then(|code| code.expires_at).map(|at| app.now.seconds_until(at));
    let left = left.map_or_else(String::new, |seconds| format!("  {} left", duration(seconds)));
    let trouble = if trouble.is_empty() { String::new() } else { format!("   {trouble}") };
    format!("Waiting for your approval.{left}{trouble}")
}

fn who(app: &App, page: &mut Prose) {
    let session = &app.session;
    let said = |text: &str| if text.is_empty() { "unknown".to_owned() } else { text.to_owned() };
    page.named("context", &session.context);
    page.named("server", &said(&session.url));
    page.named("user", &said(&session.user));
    page.named("in", &said(&session.organisation));
    let may =
        session.read_only.as_ref().map_or_else(|| "read and change".to_owned(), |why| format!("read only ({why})"));
    page.told("may", Tone::Secondary, &may);
    page.gap();
    page.paragraph(Tone::Muted, &app.prose("kab logout signs out, ⟨servers⟩ goes to another server."));
}
