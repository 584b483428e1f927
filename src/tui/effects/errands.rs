//! What was asked for by hand and is not answered yet. Somebody who gives one thing up drops that alone. Asking is in
//! `perform`.

use tokio::task::JoinHandle;

use crate::tui::app::Errand;

/// What is not answered yet and may be given up, the oldest first.
#[derive(Default)]
pub(super) struct Errands(Vec<(Errand, JoinHandle<()>)>);

impl Errands {
    /// Begins; what is no errand cannot be given up.
    pub fn begin(&mut self, errand: Option<Errand>, work: impl Future<Output = ()> + Send + 'static) {
        let work = tokio::spawn(work);
        self.0.retain(|(_, work)| !work.is_finished());
        self.0.extend(errand.map(|errand| (errand, work)));
    }

    /// Stops waiting for one thing; the oldest, where it was asked for twice.
    pub fn give_up(&mut self, errand: &Errand) {
        self.0.retain(|(_, work)| !work.is_finished());
        if let Some(at) = self.0.iter().position(|(known, _)| known == errand) {
            self.0.remove(at).1.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::{mpsc, watch};

    use super::*;
    use crate::domain::PodId;
    use crate::tui::effect::Ticket;

    #[tokio::test]
    async fn giving_one_thing_up_drops_nothing_else_that_is_waited_for() {
        let mut errands = Errands::default();
        let (gate, opened) = watch::channel(false);
        let (done, mut told) = mpsc::unbounded_channel();
        let pod = Errand::Pod(PodId::new("7"));
        // The third and the last are no errands: a record that is forgotten, and a question.
        let all = [Some(pod.clone()), Some(pod.clone()), None, Some(Errand::Task(Ticket(1))), None];
        for (at, errand) in all.into_iter().enumerate() {
            let (mut opened, done) = (opened.clone(), done.clone());
            errands.begin(errand, async move {
                opened.wait_for(|is_open| *is_open).await.ok();
                done.send(at).ok();
            });
        }
        errands.give_up(&pod);
        errands.give_up(&Errand::Repository);
        drop(done);
        gate.send(true).unwrap();
        let mut ended = Vec::new();
        while let Some(at) = told.recv().await {
            ended.push(at);
        }
        ended.sort_unstable();
        assert_eq!(ended, [1, 2, 3, 4]);
    }
}
