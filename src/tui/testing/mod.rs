//! Drives the program without terminal, clock and server: keys in, effects out, answers back, picture out.

mod absence;
mod again;
mod aloud;
mod app_page;
mod asking;
mod behaviour;
mod beside;
mod bookmarks;
mod bulk;
mod cancel;
mod columns;
mod document;
mod elsewhere;
mod engine_logs;
mod errors;
mod everywhere;
mod fetching;
mod fields;
mod film;
mod finding;
mod finding_ways;
pub mod fixtures;
mod habits;
mod history;
mod home;
mod installing;
mod keeping_logs;
mod keys;
mod looks;
mod matching;
mod net;
mod opening;
mod owning;
mod parts;
mod pictures;
mod podding;
mod reaching;
mod refusing;
mod remote;
mod removing;
mod saying;
mod sheet;
mod sifting;
mod sourcing;
mod states;
mod told;
mod updating;
mod using;
mod working;

pub use asking::form_of_an_offer;
pub use everywhere::answers as everywhere_answers;
pub use remote::cached;

use std::collections::BTreeMap;
use std::sync::Mutex;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::action::Screen;
use super::app::App;
use super::effect::Effect;
use super::message::{Message, Session};
use super::screenshot::{to_light_svg, to_svg};
use super::theme::Theme;
use super::view::view;
use crate::compat::Offered;
use crate::domain::{About, Moment};

/// When the tests take place.
pub const NOW: Moment = Moment(1_790_000_000_000);

/// The program under test, with what it asked for.
pub struct Driver {
    pub app: App,
    pub effects: Vec<Effect>,
    pub now: Moment,
}

impl Driver {
    /// The program as it starts.
    pub fn new(columns: u16, rows: u16) -> Self {
        Self::themed(columns, rows, &Theme::default())
    }

    /// The same in another look.
    pub fn themed(columns: u16, rows: u16, theme: &Theme) -> Self {
        let (mut app, effects) = App::new(*theme, (columns, rows), NOW);
        app.log_folder = "~/.local/state/kab/logs".into();
        app.documents = super::document::Documents(crate::cli::document_of);
        Self { app, effects, now: NOW }
    }

    /// Connected, and everything has arrived.
    pub fn full(columns: u16, rows: u16) -> Self {
        Self::new(columns, rows).connected().with_everything()
    }

    /// Signed in.
    pub fn connected(self) -> Self {
        self.send(Message::Connected(Session {
            context: "lab".into(),
            organisation: "biolab".into(),
            user: "ada".into(),
            url: "https://lab.example.org".into(),
            offered: Offered {
                services: ["kabinet", "lok", "rekuest"].map(str::to_owned).to_vec(),
                ..Offered::default()
            },
            ..Session::default()
        }))
    }

    /// All lists of the fixtures.
    pub fn with_everything(self) -> Self {
        self.send(Message::Engines(Ok(fixtures::engines())))
            .send(Message::Repositories(Ok(fixtures::repositories())))
            .send(Message::Apps(Ok(fixtures::apps())))
            .send(Message::Nodes(Ok(fixtures::nodes())))
            .send(Message::Pods(Ok(fixtures::pods())))
            .send(Message::Tasks(Ok(fixtures::tasks())))
            .without_approvals()
    }

    /// The server wants no approvals, and cannot tell what authors say.
    fn without_approvals(mut self) -> Self {
        let releases = self.app.data.apps().iter().flat_map(|app| &app.releases).map(|release| release.id.clone());
        let answers = releases.flat_map(|release| {
            [Message::Approvals(release.clone(), Ok(None)), Message::About(release, Ok(About::default()))]
        });
        let answers: Vec<_> = answers.collect();
        for answer in answers {
            self = self.send(answer);
        }
        self
    }

    /// Something happens.
    pub fn send(mut self, message: Message) -> Self {
        self.effects.extend(self.app.update(Message::Time(self.now)));
        self.effects.extend(self.app.update(message));
        self
    }

    /// Time passes, and what there is can be seen meanwhile.
    pub fn wait(mut self, milliseconds: i64) -> Self {
        self.app.painted();
        self.app.written(self.now);
        self.pass(milliseconds)
    }

    /// Time passes; nothing gets to the terminal.
    pub fn pass(mut self, milliseconds: i64) -> Self {
        self.now = Moment(self.now.0 + milliseconds);
        self.effects.extend(self.app.update(Message::Time(self.now)));
        self
    }

    /// Keys, between blanks: `2 / s e g enter`, `C-c`, `A-x`, `esc`, `space`.
    pub fn keys(mut self, keys: &str) -> Self {
        for key in keys.split_whitespace() {
            self = self.send(Message::Key(key_event(key)));
        }
        self
    }

    /// Letters, one after the other.
    pub fn text(mut self, text: &str) -> Self {
        for letter in text.chars() {
            self = self.send(Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)));
        }
        self
    }

    /// What was asked for since the last time, but for what pods use, which is asked whenever they are looked at.
    pub fn asked(&mut self) -> Vec<Effect> {
        let mut effects = self.asked_in_all();
        effects.retain(|effect| !matches!(effect, Effect::WatchUsage(_) | Effect::LeaveUsage(_)));
        effects
    }

    /// All that was asked for since the last time.
    pub fn asked_in_all(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// A task was asked for here.
    pub fn asked_here(mut self, task: &str) -> Self {
        self.app.begun.insert(task.into());
        self
    }

    /// What is on the screen.
    pub fn buffer(&self) -> Buffer {
        let areas = self.app.areas();
        let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width: areas.width, height: areas.height });
        view(&self.app, &mut buffer);
        buffer
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            for x in 0..buffer.area.width {
                line.push_str(buffer.cell((x, y)).map_or(" ", ratatui::buffer::Cell::symbol));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Compares the screen with the kept picture; `UPDATE_PICTURES=1` keeps a new one.
    pub fn picture(&self, name: &str) {
        kept(name, &to_svg(&self.buffer()), &self.screen());
    }

    /// The same on a light background.
    pub fn light_picture(&self, name: &str) {
        kept(name, &to_light_svg(&self.buffer()), &self.screen());
    }
}

/// Compares a picture with the one that is kept.
fn kept(name: &str, svg: &str, seen: &str) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots");
    let path = folder.join(format!("{name}.svg"));
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        // Two tests that keep different pictures under one name would take turns.
        static MADE: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
        let before = MADE.lock().unwrap().insert(name.to_owned(), svg.to_owned());
        assert!(before.is_none_or(|before| before == svg), "{name} is made twice, and not alike");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(&path, svg).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == svg,
        "{name} looks different now: look at it, and run the tests with UPDATE_PICTURES=1 if it is better\n{seen}"
    );
}

fn key_event(name: &str) -> KeyEvent {
    let (modifiers, name) = match name.strip_prefix("C-") {
        Some(rest) => (KeyModifiers::CONTROL, rest),
        None => match name.strip_prefix("A-") {
            Some(rest) => (KeyModifiers::ALT, rest),
            None => (KeyModifiers::NONE, name),
        },
    };
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "space" => KeyCode::Char(' '),
        "down" => KeyCode::Down,
        "up" => KeyCode::Up,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgdn" => KeyCode::PageDown,
        "pgup" => KeyCode::PageUp,
        "back" => KeyCode::Backspace,
        one if one.chars().count() == 1 => KeyCode::Char(one.chars().next().unwrap()),
        other => panic!("no key is called {other}"),
    };
    KeyEvent::new(code, modifiers)
}
