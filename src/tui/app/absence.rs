//! What has changed while there was no connection: the states from before are kept, and compared when every list has been
//! read anew.

use std::collections::{BTreeMap, BTreeSet};

use super::App;
use crate::domain::Engine;
use crate::tui::effect::List;

/// Lists whose changes matter to somebody who comes back.
const COMPARED: [List; 3] = [List::Pods, List::Engines, List::Tasks];

/// Changes that are told one by one.
const TOLD: usize = 50;

/// A thing as people know it, and its state.
type States = BTreeMap<(List, String), (String, String)>;

/// The time without a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Absence {
    before: States,
    /// Lists that have not been read since the connection is back; `None`: it is not back.
    unread: Option<BTreeSet<List>>,
}

impl App {
    /// The connection is lost: what is known now is what changes are measured by.
    pub(super) fn begin_absence(&mut self) {
        if self.absence.is_none() {
            self.absence = Some(Absence { before: self.states(), unread: None });
        }
    }

    /// The connection is back; the lists are being read.
    pub(super) fn end_absence(&mut self) {
        let put_off = &self.net.put_off;
        if let Some(absence) = &mut self.absence {
            let unread = COMPARED.into_iter().filter(|list| !put_off.contains(list));
            absence.unread = Some(unread.collect());
        }
    }

    /// A list has been read. After the last one, what has changed is said.
    pub(super) fn compare(&mut self, list: List) {
        let Some(unread) = self.absence.as_mut().and_then(|absence| absence.unread.as_mut()) else { return };
        unread.remove(&list);
        if !unread.is_empty() {
            return;
        }
        let before = self.absence.take().unwrap_or_default().before;
        let changes = changes(&before, &self.states());
        if changes.is_empty() {
            return;
        }
        for change in changes.iter().take(TOLD) {
            self.notes.record(self.now, change.clone());
        }
        let text = format!("{} changed while offline; @ lists them", changes.len());
        self.notes.say(self.now, text);
    }

    fn states(&self) -> States {
        let data = &self.data;
        let online = |engine: &Engine| if engine.is_online() { "ONLINE" } else { "OFFLINE" };
        let pods = data.pods().iter().map(|pod| {
            let name = format!("{} on {}", pod.name(), pod.engine_name);
            ((List::Pods, pod.id.to_string()), (name, pod.status.word().to_owned()))
        });
        let engines = data
            .engines()
            .iter()
            .map(|engine| ((List::Engines, engine.id.to_string()), (engine.name.clone(), online(engine).to_owned())));
        let tasks =
            data.tasks().iter().filter(|task| !task.kind.is_reading() && self.concerns_us(task)).map(|task| {
                ((List::Tasks, task.id.to_string()), (self.task_title(task), task.state.word().to_owned()))
            });
        pods.chain(engines).chain(tasks).collect()
    }
}

/// In words, in the order of the lists.
fn changes(before: &States, after: &States) -> Vec<String> {
    let mut changes = Vec::new();
    for (key, (name, state)) in after {
        match before.get(key) {
            Some((_, known)) if known == state => {}
            Some((_, known)) => changes.push(format!("{name}: {state}, was {known} (while offline)")),
            None => changes.push(format!("{name}: {state}, new (while offline)")),
        }
    }
    // Old tasks leave their list by themselves.
    let gone = before.iter().filter(|(key, _)| key.0 != List::Tasks && !after.contains_key(key));
    changes.extend(gone.map(|(_, (name, known))| format!("{name}: gone, was {known} (while offline)")));
    changes
}
