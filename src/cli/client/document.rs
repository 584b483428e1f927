//! What the terminal copies as JSON: the document that `show -o json` prints of the same thing, made from what the terminal
//! knows. Nothing is asked for it: what nobody has looked at yet, such as a README or the events of a task, is left empty.

use serde_json::Value;

use super::{apps, data, engines, nodes, pods, tasks};
use crate::cli::encode::json_line;
use crate::cli::envelope::envelope;
use crate::cli::output::Answer;
use crate::domain::{About, Inventory, Readme};
use crate::tui::app::{App, Target};

/// The document of a thing, on one line; `None`: it is not known.
pub fn of(app: &App, target: &Target) -> Option<String> {
    let data = told(app, target)?;
    let answer = Answer { data, age: app.staleness(), ..Answer::nothing() };
    Some(json_line(&envelope(&answer)))
}

fn told(app: &App, target: &Target) -> Option<Value> {
    let known = &app.data;
    let inventory =
        || Inventory { pods: known.pods().to_vec(), engines: known.engines().to_vec(), ..Inventory::default() };
    Some(match target {
        Target::App(id) => {
            let release = app.release_seen(id)?;
            let mut said = About::default();
            if let Some(known) = known.said(&release.id).value() {
                said.publisher.clone_from(&known.publisher);
                said.readme = known.text.clone().map_or(Readme::Unknown, Readme::Text);
            }
            let it = apps::Shown {
                said,
                app: known.app(id)?,
                release,
                engines: known.engines(),
                pods: known.pods().iter().filter(|pod| pod.app == *id).collect(),
                nodes: known.nodes_of(release),
                repository: known.repository_of(release),
            };
            it.data()
        }
        Target::Node(id) => {
            let inventory = inventory();
            nodes::Shown::of(known.node(id)?, known.apps(), &inventory, app.now).data()
        }
        Target::Pod(id) => pods::told_data(known.pod(id)?, &inventory(), app.now),
        Target::Engine(id) => engines::with_pods(known.engine(id)?, known.pods(), app.now),
        Target::Task(id) => {
            let Inventory { pods, engines, .. } = inventory();
            let about = tasks::About { apps: known.apps().to_vec(), pods, engines };
            let mut data = about.data(known.task(id)?);
            let events = known.events.get(id).map(Vec::as_slice).unwrap_or_default();
            data["events"] = events.iter().map(data::event).collect::<Vec<Value>>().into();
            data
        }
    })
}
