//! Everything that happens arrives here.

use crossterm::event::{KeyCode, KeyEvent};

use super::under::is_by_hand;
use super::{App, Connection, Page, Prefix, Retry};
use crate::domain::FailureKind;
use crate::tui::action::{Action, Screen};
use crate::tui::effect::{Effect, List};
use crate::tui::keymap::Key;
use crate::tui::layout::Room;
use crate::tui::message::Message;

impl App {
    /// Takes in what happened; returns what has to be done about it.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        if let Message::Key(event) = &message
            && let Some(keys) = Key::apart(event)
        {
            // Each of them counts on its own, as if they had come one after the other.
            return keys.into_iter().flat_map(|key| self.update(Message::Key(key))).collect();
        }
        let is_by_hand = is_by_hand(&message);
        self.forget_fitting();
        self.note_place(&message);
        self.doubt.note(&message);
        self.end_waiting(&message);
        self.follow_bulk(&message);
        let mut effects = self.take_in(message);
        effects.extend(self.settle_doubt());
        effects.extend(self.offer_again());
        self.settle_history();
        self.settle_side();
        effects.extend(self.log_wishes());
        effects.extend(self.about_wish());
        effects.extend(self.fetching_wish());
        effects.extend(self.settle_beside());
        effects.extend(self.settle_usage());
        self.begin_waiting(&effects);
        self.begin_bulk(&effects);
        self.settle_bulk();
        self.keep_fitting();
        self.settle_under(is_by_hand);
        effects
    }

    fn take_in(&mut self, mut message: Message) -> Vec<Effect> {
        if self.take_beside(&mut message) {
            return Vec::new();
        }
        match message {
            Message::Time(now) => self.pass_to(now),
            Message::Key(event) => self.key(event),
            Message::Letters(events) => self.letters(&events),
            Message::Asked(action) => self.wish(action),
            Message::Paste(text) => self.paste(&text),
            Message::Resize(columns, rows) => {
                self.resize((columns, rows));
                Vec::new()
            }
            Message::Resumed => vec![Effect::Repaint],
            Message::FocusGained | Message::FocusLost => self.look_up(&message),
            Message::Mouse(event) => {
                self.take_size();
                self.mouse_event(event)
            }
            Message::NotCopied { text, why } => vec![Effect::CopyOtherwise { text, why }],
            other => self.take_news(other),
        }
    }

    /// What comes from the server, or is about it.
    fn take_news(&mut self, message: Message) -> Vec<Effect> {
        self.find_signed_out(&message);
        match message {
            // What was on its way when somebody stopped connecting: whoever said it is not there any more.
            Message::Connecting(_) | Message::Connected(_) | Message::ConnectFailed(_) if self.has_stopped() => {
                Vec::new()
            }
            Message::Connecting(what) => self.now_connecting(what),
            Message::Connected(session) => {
                self.session = session;
                self.connection = Connection::Live;
                self.data.as_of = None;
                self.retry = Retry::default();
                self.data.doubt_what_is_said();
                let mut effects: Vec<Effect> = self.forget_usage().collect();
                effects.extend(self.fetch_all());
                self.end_absence();
                effects
            }
            Message::ConnectFailed(failure) => {
                // The page says it, or the line below what was kept; of what is tried again only the first is written down.
                if failure.kind != FailureKind::SignIn && self.retry.attempts == 0 {
                    self.notes.record_failure(self.now, failure.clone());
                }
                self.retry.after(&failure, self.now);
                self.connection = Connection::after(failure, self.now);
                self.refresh_home();
                self.open_kept()
            }
            Message::Lost(failure, retry_in) => {
                let retry_at = self.now.plus(retry_in);
                if failure.kind == FailureKind::SignIn {
                    self.sign_out(failure);
                    return Vec::new();
                }
                self.data.as_of.get_or_insert(self.now);
                self.begin_absence();
                if let Connection::Lost { retry_at: known, .. } = &mut self.connection {
                    *known = retry_at;
                } else if !matches!(self.connection, Connection::SignedOut { .. }) {
                    self.connection = Connection::Lost { since: self.now, failure, retry_at };
                }
                Vec::new()
            }
            Message::Regained => {
                let was_lost = !matches!(self.connection, Connection::Live);
                self.connection = Connection::Live;
                self.data.as_of = None;
                if was_lost {
                    self.data.doubt_what_is_said();
                    self.notes.say(self.now, "Connected again");
                    let effects = self.fetch_all();
                    self.end_absence();
                    return effects;
                }
                Vec::new()
            }
            Message::Cached(cached) => {
                self.take_cached(*cached);
                self.open_kept()
            }
            Message::Bookmarks(kept) => {
                self.take_bookmarks(&kept);
                Vec::new()
            }
            Message::Habits(habits) => {
                self.take_habits(*habits);
                Vec::new()
            }
            Message::LogPage(..)
            | Message::LogScanned(..)
            | Message::LogUnkept(..)
            | Message::LogDone(_)
            | Message::LogFileThere(_) => {
                self.settle_log(message);
                Vec::new()
            }
            Message::Measured(..)
            | Message::Unsure(_)
            | Message::Noted(_)
            | Message::Link(_)
            | Message::Delivers(..)
            | Message::Usage(..)
            | Message::UsageEnded(_) => self.take_surroundings(message),
            other => {
                let arrived = super::opening::arrived(&other);
                let mut effects = self.settle(other);
                if let Some(list) = arrived {
                    self.end_choice(list);
                }
                effects.extend(arrived.into_iter().flat_map(|list| self.open_wanted(list)));
                if let Some(list) = arrived {
                    self.compare(list);
                }
                effects
            }
        }
    }

    /// What is around the data: where the person looks, what was asked and what that cost, how the link is.
    fn take_surroundings(&mut self, message: Message) -> Vec<Effect> {
        match message {
            Message::Measured(requests, round_trip) => {
                self.net.take(requests, round_trip);
                self.net.pass_to(self.now);
            }
            Message::Noted(text) => self.notes.record(self.now, text),
            Message::Unsure(errand) => self.doubt(&errand),
            Message::Link(speed) => return self.take_speed(speed),
            Message::Delivers(lists, delivery) => self.take_delivery(&lists, delivery),
            Message::Usage(engine, readings) => self.take_usage(&engine, readings),
            Message::UsageEnded(engine) => self.end_usage(engine),
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn fetch_all(&mut self) -> Vec<Effect> {
        self.data.failing.clear();
        let lists: Vec<_> = List::ALL.into_iter().filter(|list| self.is_wanted_now(*list)).collect();
        let mut effects: Vec<_> = lists.into_iter().map(|list| self.fetch(list)).collect();
        effects.extend(self.open_task().map(Effect::FetchTask));
        effects
    }

    pub(in crate::tui) fn fetch(&mut self, list: List) -> Effect {
        let data = &mut self.data;
        match list {
            List::Apps => data.apps.start(),
            List::Nodes => data.nodes.start(),
            List::Engines => data.engines.start(),
            List::Pods => data.pods.start(),
            List::Tasks => data.tasks.start(),
            List::Repositories => data.repositories.start(),
        }
        Effect::Fetch(list)
    }

    pub(super) fn key(&mut self, event: KeyEvent) -> Vec<Effect> {
        let Some(key) = Key::of(&event) else { return Vec::new() };
        self.take_size();
        // On a screen that small nothing else can be seen, and it says so.
        if self.areas().room == Room::Tiny && event.code == KeyCode::Char('q') {
            return vec![Effect::Quit];
        }
        if let Some(effects) = self.type_key(event) {
            return effects;
        }
        let action = self.action_of(key);
        // A key that means nothing after g is taken back silently, as every editor does.
        let is_second = std::mem::take(&mut self.prefix) == Prefix::GoTo;
        match action {
            Some(action) => self.wish(action),
            None if self.overlay.is_none() && !is_second => self.custom_key(key),
            None => Vec::new(),
        }
    }

    /// Does what was asked for, on the page or in what lies over it.
    fn wish(&mut self, action: Action) -> Vec<Effect> {
        self.prefix = Prefix::None;
        if self.overlay.is_some() { self.act_in_overlay(action) } else { self.act(action) }
    }

    /// What a key asks for. While a server is looked for, the keys that end that come before all others.
    fn action_of(&self, key: Key) -> Option<Action> {
        let first = self.first_chain().and_then(|chain| self.keys.resolve(chain, key));
        first.or_else(|| self.keys.resolve(self.chain(), key))
    }

    /// Keeps cursors and pages within what there is, after a new size or new data.
    pub(super) fn settle_pages(&mut self) {
        for screen in Screen::ALL {
            let page = usize::from(self.areas().rows(screen));
            self.list_mut(screen).turn(page);
        }
        self.turn_everywhere();
        let rows = self.areas().log_rows();
        let columns = self.areas().width;
        if let Some(Page::Log(log)) = self.pages.last_mut() {
            log.resize(columns, rows);
        }
    }
}
