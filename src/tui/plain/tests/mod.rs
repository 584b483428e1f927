//! What is said, what a line does, and what it must never do.

mod everywhere;
mod kept;
mod reach;
mod saying;
mod scenario;
mod trouble;

use super::{Plain, SIZE};
use crate::domain::Moment;
use crate::tui::app::{App, Motion, Page, Tongue};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::testing::Driver;
use crate::tui::theme::{Colours, GlyphSet, Theme};

/// The program in lines, with what it printed.
pub struct Lines {
    pub driver: Driver,
    pub plain: Plain,
    printed: Vec<String>,
}

impl Lines {
    /// As it starts.
    pub fn new() -> Self {
        let theme = Theme::new(Colours::Mono, GlyphSet::Words);
        let mut driver = Driver::themed(SIZE.0, SIZE.1, &theme);
        (driver.app.motion, driver.app.tongue) = (Motion::Still, Tongue::Words);
        let mut lines = Self { driver, plain: Plain::default(), printed: Vec::new() };
        lines.look();
        lines
    }

    /// Connected, and everything has arrived.
    pub fn full() -> Self {
        Self::new().with(Driver::connected).with(Driver::with_everything)
    }

    /// Something happens to the program.
    pub fn with(mut self, change: impl FnOnce(Driver) -> Driver) -> Self {
        self.driver = change(self.driver);
        self.look();
        self
    }

    /// A message arrives.
    pub fn send(mut self, message: Message) -> Self {
        self.plain.hear(&message);
        self.with(|driver| driver.send(message))
    }

    /// A line is typed.
    pub fn say(mut self, line: &str) -> Self {
        let now = self.driver.now;
        self.driver.effects.extend(self.driver.app.update(Message::Time(now)));
        let effects = self.plain.take(&mut self.driver.app, line);
        for effect in &effects {
            if let Effect::Copy(text) = effect {
                self.plain.hand_out(text);
            }
        }
        self.driver.effects.extend(effects);
        self.look();
        self
    }

    /// Time passes.
    pub fn wait(self, milliseconds: i64) -> Self {
        self.with(|driver| driver.wait(milliseconds))
    }

    /// What was printed since the last time.
    pub fn told(&mut self) -> String {
        std::mem::take(&mut self.printed).join("\n")
    }

    /// The same, for a chain of calls.
    pub fn quietly(mut self) -> Self {
        self.printed.clear();
        self
    }

    fn look(&mut self) {
        self.plain.watch(&self.driver.app);
        self.printed.extend(self.plain.look(&self.driver.app));
        self.driver.app.painted();
        self.driver.app.written(self.driver.now);
    }
}

/// Where one is, and what was asked for, whichever way somebody came there.
pub fn outcome(app: &App, effects: &[Effect]) -> String {
    let mut words = vec![app.screen.name().to_owned()];
    words.push(match app.pages.last() {
        None => "list".into(),
        Some(Page::App(page)) => format!("{} {:?}", page.app, page.tab),
        Some(Page::Thing(target, _)) => target.key(),
        Some(Page::Log(log)) => format!("log of {}", log.pod),
        Some(Page::Everywhere(_)) => "pods of all servers".into(),
    });
    let overlay = app.overlay.as_ref().map(|overlay| format!("{overlay:?}"));
    words.extend(overlay.and_then(|text| text.split(['(', ' ']).next().map(str::to_owned)));
    words.extend(app.typing.map(|typing| format!("typing {typing:?}")));
    let list = app.front();
    if list.is_filtered() {
        words.push(format!("filter {}", list.filter.value()));
    }
    if app.grace.is_some() {
        words.push("grace".into());
    }
    words.extend(list.marks.iter().map(|mark| format!("marked {mark}")));
    words.extend(effects.iter().map(|effect| match effect {
        Effect::Install { flavour, engine, .. } => format!("INSTALL {flavour} on {}", engine.name),
        Effect::Act { verb, pod, .. } => format!("{verb:?} {pod}").to_uppercase(),
        Effect::Log { pod, .. } => format!("READ log of {pod}"),
        Effect::Fetching(flavour, engine) => format!("WEIGH {flavour} on {}", engine.name),
        Effect::Copy(text) => format!("COPY {text}"),
        other => format!("{other:?}"),
    }));
    words.join(", ")
}

/// A moment a while after the tests begin.
pub fn later(seconds: i64) -> Moment {
    Moment(crate::tui::testing::NOW.0 + seconds * 1_000)
}
