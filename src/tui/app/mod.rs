//! The state of the terminal program, and how it changes. Pure: no clock, no files, no network.

mod about;
mod absence;
mod acting;
mod addresses;
mod again;
mod beside;
mod bookmarks;
mod bulk;
mod chain;
mod clock;
mod custom;
mod doubt;
mod engine_logs;
mod everywhere;
mod featured;
mod fetching;
mod front;
mod ghosts;
mod habits;
mod history;
mod home;
mod link;
mod lists;
mod logs;
mod looking;
mod looks;
mod matching;
mod mouse;
mod moving;
mod opening;
mod orders;
mod page;
mod parts;
mod pods;
mod presence;
mod providing;
mod refused;
mod replicas;
mod settle;
mod shells;
mod sifting;
mod sources;
mod tab;
mod target;
mod themes;
mod typing;
mod under;
mod undoing;
mod update;
mod updating;
mod usage;
mod waiting;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use tui_input::Input;

use super::action::Screen;
use super::custom::Custom;
use super::data::Data;
use super::document::Documents;
use super::effect::{Effect, Ticket};
use super::keymap::Keymap;
use super::list::ListView;
use super::log::Manner;
use super::message::Session;
use super::net::Net;
use super::notes::Notes;
use super::overlays::{Form, Overlay};
use super::theme::Theme;
use crate::domain::{AppIdentifier, Moment, PodId, PodVerb, TaskId};

pub use absence::Absence;
pub use addresses::destination;
pub use beside::Beside;
pub use bookmarks::Bookmarks;
pub use bulk::Bulk;
pub(in crate::tui) use custom::{Begun, field_for};
pub use everywhere::Everywhere;
pub use habits::{Habits, Left};
pub use home::{HomeRow, Section};
pub use link::{Connection, Retry};
pub use looking::places;
pub use looks::Looks;
pub use mouse::{Mouse, MouseState};
pub(in crate::tui) use moving::stepped;
pub use opening::{Destination, Wanted};
pub use orders::{Direction, Order};
pub use page::{AppPage, Page};
pub use parts::{Part, PartRow, Standing};
pub use pods::words;
pub use presence::Presence;
pub use refused::Refused;
pub use replicas::{Replicas, summary};
pub use settle::BELIEVES;
pub use sifting::{Sieve, Sifted};
pub use tab::Tab;
pub use target::Target;
pub use typing::Typing;
pub(in crate::tui) use typing::{Typed, feed, is_letter};
pub use undoing::Done;
pub use updating::Updates;
pub use usage::{Reading, Usage};
pub use waiting::{Errand, Waiting};

/// Something that will happen unless somebody undoes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grace {
    /// What.
    pub verb: PodVerb,
    /// To whom.
    pub pods: Vec<PodId>,
    /// Who was marked too and is left out, with the reason; empty: nobody.
    pub left_out: String,
    /// How many those are.
    pub spared: usize,
    /// When.
    pub due: Moment,
}

/// How prose names what can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tongue {
    /// By the keys that hold.
    #[default]
    Keys,
    /// By the words that are typed where there are no keys.
    Words,
}

/// Whether anything moves by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Motion {
    /// Countdowns count, spinners turn.
    #[default]
    Lively,
    /// Nothing does; the real cursor stands on the chosen row, for programs that read it aloud.
    Still,
}

/// The whole state.
#[derive(Debug)]
pub struct App {
    /// How it is drawn.
    pub theme: Theme,
    /// How it was drawn at the start, or is by settings that were written since: `:theme` leads back there.
    pub first_theme: Theme,
    /// Whether anything moves by itself.
    pub motion: Motion,
    /// How prose names what can be asked for.
    pub tongue: Tongue,
    /// Where the person's clock is.
    pub zone: jiff::tz::TimeZone,
    /// Which key asks for what.
    pub keys: Keymap,
    /// Actions of the person's own.
    pub custom: Vec<Custom>,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The present, as told by the last message.
    pub now: Moment,
    /// What the server told.
    pub data: Data,
    /// How far we are with the server.
    pub connection: Connection,
    /// Who and where we are.
    pub session: Session,
    /// The screen.
    pub screen: Screen,
    /// The screen before.
    pub previous: Screen,
    /// How the screen is looked at.
    pub looks: Looks,
    /// Whether the person looks at the terminal.
    pub presence: Presence,
    /// The mouse.
    pub mouse: MouseState,
    /// The lists, by screen.
    pub lists: [ListView; 6],
    /// How many things need attention, shown on the home screen or not.
    pub alerts: usize,
    /// Rows of the home screen.
    pub home: Vec<HomeRow>,
    /// Pages over the screen, the topmost last.
    pub pages: Vec<Page>,
    /// What lies over the page.
    pub overlay: Option<Overlay>,
    /// What is being typed.
    pub typing: Option<Typing>,
    /// What is being typed into the log's prompt.
    pub prompt: Input,
    /// Whether `g` was pressed.
    pub prefix: Prefix,
    /// When.
    pub prefix_since: Moment,
    /// What the program has to say.
    pub notes: Notes,
    /// What waits to be undone.
    pub grace: Option<Grace>,
    /// What was asked of pods and not confirmed yet.
    pub asked: HashMap<PodId, (PodVerb, Moment)>,
    /// Pods of which something was asked that is done; the next list of pods shows the outcome.
    pub confirmed: Vec<PodId>,
    /// What was asked to be installed and not answered yet: what for people.
    pub installing: HashMap<Ticket, String>,
    /// What of it can be offered again, if it is refused for want of a login.
    pub wishes: HashMap<Ticket, Refused>,
    /// The pod or task in the row under the cursor of a page, which its keys mean. Kept, as the rows are made from texts that
    /// name keys, and which keys count hangs on the row.
    pub pointed: Option<Target>,
    under: under::Under,
    doubt: doubt::Doubt,
    /// A form whose wish did not come through, with what was typed into it; the same form takes it up again.
    pub unsent: Option<Form>,
    /// Pods that stand in one row.
    pub replicas: Replicas,
    /// What was done last and can be undone.
    pub done: Option<Done>,
    /// What is looked for on the open page.
    pub look: looking::Look,
    /// What was typed into the palette and done, the last one last.
    pub typed_before: Vec<String>,
    /// Where logs of pods are saved before these are removed, as a person writes it; empty: nowhere.
    pub log_folder: String,
    /// The name of this machine; empty where it has none.
    pub host: String,
    /// The beginning of a command line that is this very program.
    pub program: String,
    /// The task that was asked for last.
    pub asked_last: Option<TaskId>,
    /// The tasks that were asked for here, or whose end was.
    pub begun: HashSet<TaskId>,
    /// Pods that are being updated.
    pub updates: Updates,
    /// Several things that were asked for together and have not ended.
    pub bulk: Option<Bulk>,
    /// The last ticket.
    pub tickets: Ticket,
    /// When Ctrl-c was pressed.
    pub interrupted: Option<Moment>,
    /// What is opened as soon as it is known, unless somebody went elsewhere in the meantime.
    pub open_at: Option<Destination>,
    /// The kind of text that was copied last.
    pub copied: Option<&'static str>,
    /// What was refused because nobody was signed in.
    pub refused: Option<Refused>,
    /// When a server that could not be reached is tried again.
    pub retry: Retry,
    /// Whether it was told how it was left.
    pub knows_habits: bool,
    /// Whether it was told what was kept of the server, also where that is nothing.
    pub knows_kept: bool,
    /// Whether the program was told where to be, so that it does not go on where it was left.
    pub is_placed: bool,
    /// What somebody wants to find again, in this context.
    pub bookmarks: Bookmarks,
    /// The places that somebody was at.
    pub(in crate::tui) history: history::History,
    /// The apps whose pages were opened, the last one first.
    pub opened: Vec<AppIdentifier>,
    /// How logs are shown.
    pub log_manner: Manner,
    /// What programs get of a thing.
    pub documents: Documents,
    /// How lines of JSON are written, by app.
    pub json_templates: BTreeMap<String, Arc<str>>,
    /// What is asked of the server, and what that costs.
    pub net: Net,
    /// What was asked for by hand and is not answered yet.
    pub waiting: Vec<Waiting>,
    /// The time without a connection, until everything was read anew.
    pub absence: Option<Absence>,
    /// Since when the person's attention is elsewhere.
    pub away_since: Option<Moment>,
    /// What pods use.
    pub usage: Usage,
}

/// Whether the next key is the second of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prefix {
    /// It is not.
    #[default]
    None,
    /// It comes after `g`.
    GoTo,
}

impl App {
    /// The program as it starts, and what it wants to have done first.
    pub fn new(theme: Theme, size: (u16, u16), now: Moment) -> (Self, Vec<Effect>) {
        let app = Self {
            theme,
            first_theme: theme,
            motion: Motion::default(),
            tongue: Tongue::default(),
            zone: jiff::tz::TimeZone::UTC,
            keys: Keymap::default(),
            custom: Vec::new(),
            size,
            now,
            data: Data::default(),
            connection: Connection::Connecting { since: now, what: String::from("looking for a server") },
            session: Session::default(),
            screen: Screen::Home,
            previous: Screen::Home,
            looks: Looks::default(),
            presence: Presence::default(),
            mouse: MouseState::default(),
            lists: std::array::from_fn(|_| ListView::default()),
            alerts: 0,
            home: Vec::new(),
            pages: Vec::new(),
            overlay: None,
            typing: None,
            prompt: Input::default(),
            prefix: Prefix::None,
            prefix_since: now,
            notes: Notes::default(),
            grace: None,
            asked: HashMap::new(),
            confirmed: Vec::new(),
            installing: HashMap::new(),
            wishes: HashMap::new(),
            unsent: None,
            pointed: None,
            under: under::Under::default(),
            doubt: doubt::Doubt::default(),
            replicas: Replicas::default(),
            done: None,
            look: looking::Look::default(),
            typed_before: Vec::new(),
            log_folder: String::new(),
            host: String::new(),
            program: String::from("kab"),
            asked_last: None,
            begun: HashSet::new(),
            updates: Updates::default(),
            bulk: None,
            tickets: Ticket(0),
            interrupted: None,
            open_at: None,
            copied: None,
            refused: None,
            retry: Retry::default(),
            knows_habits: false,
            knows_kept: false,
            is_placed: false,
            bookmarks: Bookmarks::default(),
            history: history::History::default(),
            opened: Vec::new(),
            log_manner: Manner::default(),
            documents: Documents::default(),
            json_templates: BTreeMap::new(),
            net: Net::default(),
            waiting: Vec::new(),
            absence: None,
            away_since: None,
            usage: Usage::default(),
        };
        (app, vec![Effect::Connect])
    }

    /// The list of a screen.
    pub fn list(&self, screen: Screen) -> &ListView {
        &self.lists[screen as usize]
    }

    /// The list of a screen, to change it.
    pub fn list_mut(&mut self, screen: Screen) -> &mut ListView {
        &mut self.lists[screen as usize]
    }

    /// The next ticket.
    pub fn ticket(&mut self) -> Ticket {
        self.tickets.0 += 1;
        self.tickets
    }

    /// Rows of a list that fit on the screen.
    pub fn page_rows(&self) -> usize {
        usize::from(self.areas().rows(self.screen))
    }
}
