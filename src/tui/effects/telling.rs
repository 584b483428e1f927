//! Copies what the person asked to have copied, and says what happened; tells the end of a long task to somebody who looks
//! elsewhere. Programs that take their time work beside the loop.

use super::clipboard::{Copied, amount, by_terminal, save};
use super::native;
use super::notify::Notify;
use super::options::Title;
use super::pace::Urgency;
use super::perform::Outside;
use super::run::Loop;
use crate::tui::app::App;
use crate::tui::message::Message;

impl<O: Outside> Loop<O> {
    /// Copies a text in the way that the person wants.
    pub(super) fn copy(&mut self, app: &mut App, text: String) {
        let folder = self.options.runtime_dir.as_deref();
        let copied = self.options.clipboard.copy(&text, &self.options.front, folder);
        match copied {
            Copied::ByProgram(program) => {
                let inbox = self.performer.inbox.clone();
                tokio::spawn(async move {
                    let message = match native::give(&program, &text).await {
                        Ok(()) => Message::Copied(format!("Copied {} with {}", amount(&text), program.name())),
                        Err(why) => Message::NotCopied { text, why },
                    };
                    inbox.send(message).await.ok();
                });
            }
            Copied::ByTerminal(bytes, said) => self.copied(app, bytes, said),
            Copied::Not(said) => self.copied(app, Vec::new(), said),
        }
    }

    /// The desktop's program could not take a text: the terminal is asked, where the choice is kab's.
    pub(super) fn copy_otherwise(&mut self, app: &mut App, text: &str, why: &str) {
        let folder = self.options.runtime_dir.as_deref();
        if self.options.clipboard.way == super::clipboard::Way::Native {
            let said = save(why, text, folder);
            return self.copied(app, Vec::new(), said);
        }
        let (bytes, said) = match by_terminal(text, &self.options.front, folder) {
            Copied::ByTerminal(bytes, said) => (bytes, said),
            Copied::Not(said) => (Vec::new(), said),
            Copied::ByProgram(_) => return,
        };
        self.copied(app, bytes, format!("{why}. {said}"));
    }

    fn copied(&mut self, app: &mut App, bytes: Vec<u8>, said: String) {
        if !bytes.is_empty() {
            self.screen.terminal.write(bytes);
        }
        app.update(Message::Copied(said));
        self.screen.touch(Urgency::Now);
    }

    /// Calls the window by what goes on, where the person wants that.
    pub(super) fn entitle(&mut self, app: &App) {
        if self.options.title == Title::Shown && !self.screen.terminal.is_given_back() {
            self.screen.terminal.entitle(app.title(), &self.options.front);
        }
    }

    /// Tells somebody who looks elsewhere.
    pub(super) fn notify(&mut self, text: &str) {
        if let Notify::Command(line) = &self.options.notify {
            let (line, text) = (line.clone(), text.to_owned());
            let inbox = self.performer.inbox.clone();
            tokio::spawn(async move {
                if let Err(why) = native::tell(&line, &text).await {
                    inbox.send(Message::Said(format!("terminal.notifications: the command {why}"))).await.ok();
                }
            });
            return;
        }
        let bytes = self.options.notify.bytes(text, &self.options.front);
        if !bytes.is_empty() && !self.screen.terminal.is_given_back() {
            self.screen.terminal.write(bytes);
        }
    }
}
