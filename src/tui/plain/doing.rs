//! Does what a line means: the same actions reach the program that a full screen would send.

use super::answers::field;
use super::questions::{choices, number_of_buttons};
use super::words::{Said, first_row};
use super::{Plain, rows};
use crate::tui::action::{Action, Screen, Step};
use crate::tui::app::{App, Page, Tab, Target};
use crate::tui::effect::Effect;
use crate::tui::message::Message;
use crate::tui::overlays::{Overlay, Stage};

fn wish(app: &mut App, action: Action) -> Vec<Effect> {
    app.update(Message::Asked(action))
}

impl Plain {
    /// Does what a line asks for.
    pub(super) fn perform(&mut self, app: &mut App, said: Said) -> Vec<Effect> {
        match said {
            Said::Nothing => self.nothing(app),
            Said::Rows(rows) => {
                if let [one] = rows.as_slice() {
                    return self.open_number(app, *one);
                }
                self.complain("Several numbers need an action in front: stop 2 4, mark 2-5");
                Vec::new()
            }
            Said::Wish(action, rows) => self.wish_on(app, action, &rows),
            Said::Into(action, text) => {
                let mut effects = Self::leave_for(app, action);
                effects.extend(wish(app, action));
                match field(app) {
                    Some(field) => effects.extend(self.answer(app, field, &text)),
                    None => self.complain("There is nothing to type that into here"),
                }
                effects
            }
            Said::Palette(line) => {
                let mut effects = Self::leave(app);
                effects.extend(wish(app, Action::Palette));
                effects.extend(self.go_or_do(app, &line));
                effects
            }
            Said::Turn(name) => Self::turn(app, &name),
            Said::Choose(number) => {
                if let Some(at) = self.row(app, number) {
                    app.stand_on(at);
                    self.tell_chosen(app);
                }
                Vec::new()
            }
            Said::List => {
                self.forget();
                self.log = None;
                Vec::new()
            }
            Said::More => self.more(app),
            Said::Wait(seconds) => {
                self.wait_for(seconds.unwrap_or(600), app.now);
                Vec::new()
            }
            Said::Unknown(why) => {
                self.complain(&why);
                if matches!(app.overlay, Some(Overlay::Dialog(_) | Overlay::Sheet(_))) {
                    self.put_again();
                }
                Vec::new()
            }
        }
    }

    /// Where rows are things of several kinds, what a word means hangs on the row that it is said of: that one is gone to first.
    pub(super) fn stand_first(&mut self, app: &mut App, line: &str) {
        let is_mixed = match app.pages.last() {
            None => app.screen == Screen::Home,
            Some(Page::App(page)) => !page.tab.has_rows(),
            Some(page) => matches!(page, Page::Thing(..)),
        };
        let number = first_row(line).filter(|_| is_mixed && app.overlay.is_none());
        let key = number.and_then(|number| self.numbers.get(&number));
        if let Some(at) = key.and_then(|key| rows::keys(app).iter().position(|known| known == key)) {
            app.stand_on(at);
        }
    }

    /// Enter alone: what has the focus in a question, the pause of a log, the next part of what is long.
    fn nothing(&mut self, app: &mut App) -> Vec<Effect> {
        match (&app.overlay, app.pages.last()) {
            (Some(Overlay::Dialog(_) | Overlay::Sheet(_)), _) => wish(app, Action::Confirm),
            (None, Some(Page::Log(log))) if log.follows() => wish(app, Action::Follow),
            _ => self.more(app),
        }
    }

    fn more(&mut self, app: &mut App) -> Vec<Effect> {
        if self.print_rest() || app.overlay.is_some() {
            return Vec::new();
        }
        if !app.pages.is_empty() && !app.is_everywhere() {
            return wish(app, Action::Move(Step::PageDown));
        }
        // The chosen row goes along; where there is no other page it stays.
        let list = app.front();
        let next = list.top + app.front_rows();
        if next < list.rows.len() {
            app.stand_on(next);
        }
        Vec::new()
    }

    /// A number alone: the row is opened, the choice is made.
    fn open_number(&mut self, app: &mut App, number: usize) -> Vec<Effect> {
        match &app.overlay {
            Some(Overlay::Dialog(_)) => {
                self.ask_again("Please answer yes or no");
                return Vec::new();
            }
            Some(Overlay::Sheet(sheet)) if !matches!(sheet.stage, Stage::Choosing(_)) => {
                return self.push_button(app, number);
            }
            Some(_) => return self.choose_number(app, number, Action::Confirm),
            None => {}
        }
        if let Some(Page::Log(log)) = app.pages.last() {
            if log.is_choosing() {
                return Self::mute(app, number);
            }
            self.complain("Lines of a log have no numbers. next-error, /text and top move in it.");
            return Vec::new();
        }
        let Some(at) = self.row(app, number) else { return Vec::new() };
        app.stand_on(at);
        // Enter would end the time to think again; a number means its row and nothing else.
        match (app.grace.is_some(), app.target()) {
            (true, Some(target)) if app.pages.is_empty() => app.open_target(target),
            (true, _) => {
                self.complain("Something waits to be undone: undo, or open to have it done now");
                Vec::new()
            }
            (false, _) => wish(app, Action::Open),
        }
    }

    /// Moves to a choice, and does an action there.
    fn choose_number(&mut self, app: &mut App, number: usize, action: Action) -> Vec<Effect> {
        let now = choices(app);
        let same = number.checked_sub(1).is_some_and(|at| now.get(at).is_some() && now.get(at) == self.choices.get(at));
        if !same {
            let why = if number == 0 || number > now.len() {
                format!("There is no number {number}")
            } else {
                format!("Number {number} means something else by now; look again")
            };
            self.ask_again(&why);
            return Vec::new();
        }
        let mut effects = wish(app, Action::Move(Step::Top));
        for _ in 1..number {
            effects.extend(wish(app, Action::Move(Step::Down)));
        }
        effects.extend(wish(app, action));
        effects
    }

    fn push_button(&mut self, app: &mut App, number: usize) -> Vec<Effect> {
        let buttons = number_of_buttons(app);
        if number == 0 || number > buttons {
            self.ask_again(&format!("There is no number {number}"));
            return Vec::new();
        }
        let mut effects = Vec::new();
        for _ in 0..buttons {
            let Some(Overlay::Sheet(sheet)) = &app.overlay else { return effects };
            if sheet.button + 1 == number {
                break;
            }
            effects.extend(wish(app, Action::NextButton));
        }
        effects.extend(wish(app, Action::Confirm));
        effects
    }

    fn mute(app: &mut App, number: usize) -> Vec<Effect> {
        let count = match app.pages.last() {
            Some(Page::Log(log)) => log.spoken_streams().len(),
            _ => 0,
        };
        if number == 0 || number > count {
            app.notes.say(app.now, format!("There is no number {number}"));
            return Vec::new();
        }
        let mut effects = wish(app, Action::Move(Step::Top));
        for _ in 1..number {
            effects.extend(wish(app, Action::Move(Step::Down)));
        }
        effects.extend(wish(app, Action::Mark));
        effects
    }

    fn turn(app: &mut App, wanted: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for _ in Tab::ALL {
            let open = match app.pages.last() {
                Some(Page::App(page)) => page.tab.name(),
                Some(Page::Thing(_, at)) => at.part.name(),
                _ => break,
            };
            if open.to_lowercase() == wanted {
                break;
            }
            effects.extend(wish(app, Action::NextTab));
        }
        effects
    }

    /// An action on rows: on all of them at once where it takes marks, else on one after the other.
    fn wish_on(&mut self, app: &mut App, action: Action, numbers: &[usize]) -> Vec<Effect> {
        let mut effects = Self::leave_for(app, action);
        if numbers.is_empty() {
            effects.extend(self.do_it(app, action));
            return effects;
        }
        if app.overlay.is_some() {
            let Some(number) = numbers.first().copied().filter(|_| numbers.len() == 1) else {
                self.complain("One number at a time");
                return effects;
            };
            effects.extend(self.choose_number(app, number, action));
            return effects;
        }
        if let Some(Page::Log(log)) = app.pages.last()
            && log.is_choosing()
            && action == Action::Mark
        {
            effects.extend(numbers.iter().flat_map(|number| Self::mute(app, *number)));
            return effects;
        }
        if let (Action::Open, [number]) = (action, numbers) {
            effects.extend(self.open_number(app, *number));
            return effects;
        }
        let mut places = Vec::new();
        for number in numbers {
            let Some(at) = self.row(app, *number) else { return effects };
            places.push(at);
        }
        if app.pages.is_empty() && action != Action::Mark {
            // What was marked before is not meant by somebody who says numbers.
            let screen = app.screen;
            let keys = rows::keys(app);
            let list = app.list_mut(screen);
            (list.marks, list.range) = (std::collections::BTreeSet::new(), None);
            if takes_marks(app, action) && places.len() > 1 {
                let marks = places.iter().filter_map(|at| keys.get(*at).cloned()).collect();
                app.list_mut(screen).marks = marks;
                effects.extend(self.do_it(app, action));
                return effects;
            }
        }
        for (at, number) in places.into_iter().zip(numbers) {
            if app.overlay.is_some() {
                self.complain(&format!("Not done for {number} yet: answer this first"));
                break;
            }
            app.stand_on(at);
            effects.extend(self.do_it(app, action));
        }
        effects
    }

    fn do_it(&mut self, app: &mut App, action: Action) -> Vec<Effect> {
        let top = app.front().top;
        if action == Action::Repaint {
            self.forget();
        }
        let effects = wish(app, action);
        let moved = matches!(action, Action::Move(_)) && app.overlay.is_none() && app.front().top == top;
        if moved {
            self.tell_chosen(app);
        }
        effects
    }

    /// Leaves what is open, where an action belongs to the page below.
    fn leave_for(app: &mut App, action: Action) -> Vec<Effect> {
        let is_for_here = app.chain().iter().any(|place| {
            let mut lines = app.keys.lines(*place);
            lines.any(|line| line.binding.action == action)
        });
        if app.overlay.is_none() || is_for_here { Vec::new() } else { Self::leave(app) }
    }

    fn leave(app: &mut App) -> Vec<Effect> {
        let mut effects = Vec::new();
        for _ in 0..4 {
            if app.overlay.is_none() {
                break;
            }
            effects.extend(wish(app, Action::Back));
        }
        effects
    }

    /// Tells which row is chosen now.
    pub(super) fn tell_chosen(&mut self, app: &App) {
        let is_list = app.pages.is_empty() || app.is_everywhere();
        let at = if is_list { Some(app.front().cursor) } else { app.page_place() };
        let Some(at) = at else { return };
        let text = match app.pages.last() {
            Some(Page::App(page)) if page.tab.has_rows() => {
                rows::of_page(app, page).get(at).map(|(_, text)| text.clone())
            }
            Some(Page::App(_) | Page::Thing(..)) => {
                let told = app.page_told(super::place::COLUMNS);
                told.rows.get(at).map(|row| super::place::said(row, &told.lines))
            }
            _ => (at < app.front().rows.len()).then(|| rows::of_list(app, at)),
        };
        if let (Some(text), Some(key)) = (text, rows::keys(app).get(at)) {
            self.numbers.insert(at + 1, key.clone());
            self.say(format!("Chosen: {}. {text}", at + 1));
        }
    }

    /// The place of the row that had a number when it was printed, wherever it is by now.
    fn row(&mut self, app: &App, number: usize) -> Option<usize> {
        let keys = rows::keys(app);
        let Some(key) = self.numbers.get(&number) else {
            self.complain(&match keys.len() {
                0 => "There are no numbered rows here. list prints what there is.".to_owned(),
                _ => format!("No row was printed with the number {number}. list and more print rows."),
            });
            return None;
        };
        let at = keys.iter().position(|known| known == key);
        if at.is_none() {
            self.complain(&format!("What was number {number} is not there any more. list prints what is."));
        }
        at
    }
}

/// Whether an action is done to all marked rows at once.
fn takes_marks(app: &App, action: Action) -> bool {
    match app.screen {
        Screen::Apps => return matches!(action, Action::Install | Action::InstallWith | Action::Update),
        Screen::Nodes => return matches!(action, Action::Install | Action::InstallWith),
        Screen::Tasks => return matches!(action, Action::Cancel | Action::Again),
        _ => {}
    }
    matches!(action, Action::Pod(_) | Action::Logs | Action::Update | Action::Forget)
        && app.screen == Screen::Pods
        && app
            .list(app.screen)
            .current()
            .and_then(|row| app.row_target(app.screen, row))
            .is_some_and(|target| matches!(target, Target::Pod(_)))
}
