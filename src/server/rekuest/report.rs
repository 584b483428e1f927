//! What agents say about their tasks.

use super::super::clock;
use super::super::store::Result;
use super::super::store::rekuest::outbox;
use super::super::store::rekuest::tasks::{self, TaskRow};
use super::feed::News;
use super::work::{Rekuest, Said, is_terminal};

/// Characters of a message that are kept.
const LONGEST_MESSAGE: usize = 30_000;

/// A report of an agent.
#[derive(Debug, Clone)]
pub struct Report {
    /// About which task.
    pub task: i64,
    /// What it says; one of the kinds of task events.
    pub kind: &'static str,
    /// For people.
    pub message: Option<String>,
    /// 0 to 100, by convention.
    pub progress: Option<i64>,
    /// JSON of a result.
    pub returns: Option<String>,
    /// Of a log line.
    pub level: Option<&'static str>,
}

/// What became of a report.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// It counts.
    Recorded(Box<TaskRow>),
    /// The task has ended already; the first end stands.
    Ended,
    /// The agent has no such task.
    Unknown,
}

impl Report {
    /// Whether it may come without end, and need not be kept.
    pub fn is_chatter(&self) -> bool {
        matches!(self.kind, "PROGRESS" | "LOG" | "YIELD")
    }

    fn into_said(self) -> Said {
        let message = self.message.map(|message| cut(&message));
        Said { kind: self.kind, message, progress: self.progress, returns: self.returns, level: self.level }
    }
}

/// Cuts a text that is too long at a character, and says so.
fn cut(text: &str) -> String {
    if text.char_indices().nth(LONGEST_MESSAGE).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(LONGEST_MESSAGE - 2).collect();
    format!("{kept} …")
}

impl Rekuest {
    /// Records a report of an agent, and tells it on.
    pub async fn report(&self, agent_id: i64, report: Report) -> Result<Outcome> {
        let rekuest = self.clone();
        let (outcome, news) = self
            .store
            .write(move |transaction| {
                let Some(task) = tasks::of_agent(transaction, agent_id, report.task)? else {
                    return Ok((Outcome::Unknown, None));
                };
                outbox::confirm_assignment(transaction, task.id)?;
                if task.is_done && !report.is_chatter() {
                    return Ok((Outcome::Ended, None));
                }
                let news = if task.ephemeral && report.is_chatter() {
                    rekuest.chatter(&task, report)
                } else {
                    if is_terminal(report.kind) {
                        outbox::drop_task(transaction, task.id)?;
                    }
                    rekuest.write_event(transaction, &task, report.into_said())?
                };
                let task = match &news {
                    News::Event { task, .. } => task.clone(),
                    _ => task,
                };
                Ok((Outcome::Recorded(Box::new(task)), Some(news)))
            })
            .await?;
        self.tell_all(news);
        Ok(outcome)
    }

    /// Tells on what an ephemeral task says; nothing of it is kept.
    pub fn report_unkept(&self, task: &TaskRow, report: Report) {
        let news = self.chatter(task, report);
        self.feed.tell(news);
    }

    fn chatter(&self, task: &TaskRow, report: Report) -> News {
        let event = report.into_said().into_row(self.next_event(), task, clock::now());
        News::Event { task: task.clone(), event }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_is_too_long_is_cut_at_a_character() {
        let long = "é".repeat(LONGEST_MESSAGE + 5);
        let short = cut(&long);
        assert_eq!(short.chars().count(), LONGEST_MESSAGE);
        assert!(short.ends_with('…'));
        assert_eq!(cut(&"é".repeat(LONGEST_MESSAGE)), "é".repeat(LONGEST_MESSAGE));
    }
}
