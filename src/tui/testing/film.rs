//! The way from the catalogue to a log as one picture that moves, for the manual: searched, explained, installed,
//! followed, looked into.

use super::{Driver, fixtures};
use crate::domain::{Pod, PodStatus, Task, TaskEvent, TaskState};
use crate::tui::effect::{Effect, Ticket};
use crate::tui::message::{LogKind, Message};
use crate::tui::screenshot::to_film;
use ratatui::buffer::Buffer;

/// What has been shown, and the program.
struct Film {
    driver: Driver,
    scenes: Vec<(Buffer, u32)>,
}

impl Film {
    /// The screen as it is stays for so many milliseconds.
    fn shows(mut self, milliseconds: u32) -> Self {
        self.scenes.push((self.driver.buffer(), milliseconds));
        self
    }

    fn keys(mut self, keys: &str) -> Self {
        self.driver = self.driver.keys(keys);
        self
    }

    fn send(mut self, message: Message) -> Self {
        self.driver = self.driver.send(message);
        self
    }

    /// Letter by letter.
    fn types(mut self, text: &str) -> Self {
        for letter in text.chars() {
            self.driver = self.driver.text(&letter.to_string());
            self = self.shows(220);
        }
        self
    }

    /// The pull of the task goes on to this much of its largest layer.
    fn pulls(self, percent: u8, bytes: u64) -> Self {
        let mut pull = fixtures::pull();
        pull.layers[2].current = bytes;
        pull.layers[3].current = bytes / 3;
        let event = TaskEvent {
            id: format!("{}", 10 + u32::from(percent)).into(),
            message: Some(pull.to_message()),
            progress: Some(percent),
            at: self.driver.now,
            ..fixtures::events()[3].clone()
        };
        let mut film = self.send(Message::TaskHappened(Box::new(event)));
        film.driver = film.driver.wait(1_000);
        film
    }
}

fn task(state: TaskState) -> Task {
    let running = fixtures::tasks()[0].clone();
    Task { state, progress: None, message: None, created_at: Some(fixtures::ago(2_000)), ..running }
}

fn pod(status: PodStatus) -> Pod {
    let found = fixtures::pods().into_iter().find(|pod| pod.id.as_str() == "12").unwrap();
    Pod { status, created_at: Some(fixtures::ago(0)), ..found }
}

#[test]
fn from_the_catalogue_to_a_log() {
    let others = fixtures::pods().into_iter().filter(|pod| pod.id.as_str() != "12").collect();
    let earlier = fixtures::tasks().into_iter().filter(|task| task.state == TaskState::Done).collect();
    let driver = Driver::full(80, 24).send(Message::Pods(Ok(others))).send(Message::Tasks(Ok(earlier))).wait(7_000);
    let film = Film { driver, scenes: Vec::new() };

    let mut film = film
        .keys("2")
        .shows(1_600)
        .keys("/")
        .types("cell")
        .keys("enter")
        .shows(700)
        .keys("e")
        .shows(3_200)
        .keys("i")
        .shows(2_800)
        .keys("enter")
        .shows(700);
    let ticket = film.driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Install { ticket, .. } => Some(ticket),
        _ => None,
    });
    let ticket: Ticket = ticket.unwrap();
    film = film.send(Message::Installing(ticket, Ok(Box::new(task(TaskState::Running))))).shows(1_200).keys("6");
    for (percent, megabytes) in [(42, 320), (48, 350), (55, 390), (63, 430), (72, 470), (80, 508)] {
        film = film.pulls(percent, megabytes * 1_000_000).shows(450);
    }
    let done = Task { pod: Some("12".into()), ..task(TaskState::Done) };
    film = film
        .send(Message::TaskTold("101".into(), Ok((done, fixtures::events()))))
        .send(Message::PodChanged(Box::new(pod(PodStatus::Running))))
        .shows(1_400)
        .keys("4")
        .shows(1_400);
    while film.driver.app.target().is_none_or(|chosen| chosen.key() != "pod 12") {
        film = film.keys("j");
    }
    film = film.keys("l");
    let asked = film.driver.asked().into_iter().find_map(|effect| match effect {
        Effect::Log { ticket, .. } => Some(ticket),
        _ => None,
    });
    let mut lines = fixtures::log();
    for line in &mut lines {
        line.text = line.text.replace("stardist", "cellpose");
    }
    for part in lines.chunks(4).take(5) {
        film = film.send(Message::LogLines(asked.unwrap(), LogKind::Live, part.to_vec().into())).shows(500);
    }
    film = film.shows(2_000);
    super::kept("journey-80x24", &to_film(&film.scenes), &film.driver.screen());
}
