//! The yardstick: the least that a list in a terminal can be. It reads lines from a file, shows a page of them, moves a
//! cursor, and filters by substring. What kab costs is measured against it, in the same run.
//!
//! `cargo run --release --example hello-list -- FILE`; letters filter, Esc leaves.

use std::{error::Error, fs};

use crossterm::event::{self, Event, KeyCode, KeyEventKind};
use ratatui::{
    Frame,
    layout::{Constraint, Layout},
    style::{Style, Stylize as _},
    text::Line,
    widgets::Paragraph,
};

/// The state: all lines, those that match, and the cursor.
struct List {
    lines: Vec<String>,
    shown: Vec<usize>,
    typed: String,
    cursor: usize,
    page: usize,
}

impl List {
    fn filter(&mut self) {
        let matches = |at: &usize| self.lines[*at].contains(&self.typed);
        self.shown = (0..self.lines.len()).filter(matches).collect();
        self.cursor = 0;
    }

    fn draw(&mut self, frame: &mut Frame<'_>) {
        let [top, list] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(frame.area());
        self.page = usize::from(list.height).max(1);
        let count = format!("{}/{} > {}", self.shown.len(), self.lines.len(), self.typed);
        frame.render_widget(Line::from(count).bold(), top);
        // The page turns when the cursor leaves it, so that most keys change two rows.
        let first = self.cursor / self.page * self.page;
        let rows = self.shown.iter().enumerate().skip(first).take(self.page).map(|(at, line)| {
            let style = if at == self.cursor { Style::new().reversed() } else { Style::new() };
            Line::styled(self.lines[*line].as_str(), style)
        });
        frame.render_widget(Paragraph::new(rows.collect::<Vec<_>>()), list);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("a file with lines is needed")?;
    let lines = fs::read_to_string(path)?.lines().map(str::to_owned).collect();
    let mut list = List { lines, shown: Vec::new(), typed: String::new(), cursor: 0, page: 1 };
    list.filter();
    let mut terminal = ratatui::try_init()?;
    loop {
        terminal.draw(|frame| list.draw(frame))?;
        let Event::Key(key) = event::read()? else { continue };
        if key.kind == KeyEventKind::Release {
            continue;
        }
        match key.code {
            KeyCode::Esc => break,
            KeyCode::Down => list.cursor = (list.cursor + 1).min(list.shown.len().saturating_sub(1)),
            KeyCode::Up => list.cursor = list.cursor.saturating_sub(1),
            KeyCode::Backspace => {
                list.typed.pop();
                list.filter();
            }
            KeyCode::Char(letter) => {
                list.typed.push(letter);
                list.filter();
            }
            _ => {}
        }
    }
    ratatui::try_restore()?;
    Ok(())
}
