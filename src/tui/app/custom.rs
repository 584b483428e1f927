//! Actions of a person's own: what can be done with what is chosen, what is asked before, and the line that is run.

use super::{App, Target};
use crate::domain::{Engine, Failure, OfferPort, PortKind, clean_line};
use crate::tui::custom::Custom;
use crate::tui::effect::Effect;
use crate::tui::keymap::Key;
use crate::tui::overlays::{Dialog, Form, Intent, Overlay};

/// An action that was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// The action.
    pub action: Custom,
    /// What it is about.
    pub target: Target,
}

impl App {
    /// The actions about a thing.
    pub(in crate::tui) fn custom_about<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a Custom> {
        self.custom.iter().filter(|action| action.scope == target.screen())
    }

    /// Why an action cannot be done here.
    pub(in crate::tui) fn against_custom(&self, action: &Custom) -> Option<String> {
        let read_only = action.dangerous.then_some(self.session.read_only.as_ref()).flatten();
        read_only.map(|_| "this context is read-only".to_owned())
    }

    /// Whether an action cannot be done here, which is said.
    fn is_against_custom(&mut self, action: &Custom) -> bool {
        let why = self.against_custom(action);
        if let Some(why) = &why {
            self.notes.say(self.now, format!("Not possible: {}: {why}", action.name));
        }
        why.is_some()
    }

    /// The action that a key asks for, where the table of keys has nothing for it.
    pub(super) fn custom_key(&mut self, key: Key) -> Vec<Effect> {
        let Some(target) = self.target() else { return Vec::new() };
        let action = self.custom_about(&target).find(|action| action.key == Some(key)).cloned();
        action.map_or_else(Vec::new, |action| self.begin_custom(action))
    }

    /// Begins an action: asks what it wants to know, then whether it is meant, then runs it.
    pub(in crate::tui) fn begin_custom(&mut self, action: Custom) -> Vec<Effect> {
        let Some(target) = self.target() else { return Vec::new() };
        if self.is_against_custom(&action) {
            return Vec::new();
        }
        if !action.inputs.is_empty() {
            self.overlay = Some(Overlay::Form(Form::of_custom(Begun { action, target })));
            return Vec::new();
        }
        self.go_on_with_custom(&Begun { action, target }, &[])
    }

    /// Goes on with an action for which everything is known.
    pub(in crate::tui) fn go_on_with_custom(&mut self, begun: &Begun, typed: &[(String, String)]) -> Vec<Effect> {
        if self.is_against_custom(&begun.action) {
            return Vec::new();
        }
        let line = match self.line_of_custom(&begun.action, &begun.target, typed) {
            Ok(line) => line,
            Err(why) => {
                let failure = Failure::new(format!("Could not run {}", begun.action.name), clean_line(&why));
                self.notes.fail(self.now, failure);
                return Vec::new();
            }
        };
        if !begun.action.confirm {
            return vec![Effect::Shell(line)];
        }
        let title = format!("{}: {}?", begun.action.name, self.describe(&begun.target));
        let lines = vec![clean_line(&line)];
        self.overlay = Some(Overlay::Dialog(Dialog::new(title, lines, Intent::Run(line), self.now)));
        Vec::new()
    }

    /// The line of an action about a thing.
    pub(in crate::tui) fn line_of_custom(
        &self,
        action: &Custom,
        target: &Target,
        typed: &[(String, String)],
    ) -> Result<String, String> {
        action.template.fill(|name: &str| match name.strip_prefix("input.") {
            Some(input) => typed.iter().find(|(name, _)| name == input).map(|(_, value)| value.clone()),
            None => self.value_for(target, name),
        })
    }

    /// What a name of the command line stands for.
    fn value_for(&self, target: &Target, name: &str) -> Option<String> {
        let data = &self.data;
        match name {
            "context" => return Some(self.session.context.clone()),
            "server" => return Some(self.session.url.clone()),
            _ => {}
        }
        if let Some(name) = name.strip_prefix("engine.") {
            let engine = match target {
                Target::Engine(id) => data.engine(id),
                Target::Pod(id) => data.engine(&data.pod(id)?.engine),
                Target::Task(id) => data.engine_of_client(data.task(id)?.client_id.as_deref()?),
                Target::App(_) | Target::Node(_) => None,
            };
            return value_of_engine(engine?, name);
        }
        match target {
            Target::App(id) => {
                let app = data.app(id)?;
                match name {
                    "app.id" => Some(app.identifier.to_string()),
                    "app.name" => Some(app.short_name().to_owned()),
                    "app.version" => Some(self.release_seen(id)?.version.clone()),
                    _ => None,
                }
            }
            Target::Node(id) => {
                let node = data.node(id)?;
                match name {
                    "node.id" => Some(node.id.to_string()),
                    "node.hash" => Some(node.hash.clone()),
                    "node.name" => Some(node.name.clone()),
                    _ => None,
                }
            }
            Target::Pod(id) => {
                let pod = data.pod(id)?;
                match name {
                    "pod.id" => Some(pod.id.to_string()),
                    "pod.name" => Some(pod.name()),
                    "pod.app" => Some(pod.app.to_string()),
                    "pod.version" => Some(pod.version.clone()),
                    "pod.status" => Some(pod.status.word().to_owned()),
                    "pod.container" => Some(pod.local_id.clone()),
                    _ => None,
                }
            }
            Target::Task(id) => {
                let task = data.task(id)?;
                match name {
                    "task.id" => Some(task.id.to_string()),
                    "task.action" => Some(task.action.clone()),
                    _ => None,
                }
            }
            Target::Engine(_) => None,
        }
    }
}

fn value_of_engine(engine: &Engine, name: &str) -> Option<String> {
    match name {
        "id" => Some(engine.id.to_string()),
        "name" => Some(engine.name.clone()),
        "kind" => Some(engine.kind.name().to_owned()),
        "host" => engine.resources.iter().find_map(|it| it.facts.get("host.name")).map(str::to_owned),
        _ => None,
    }
}

/// The field for what is asked before an action.
pub(in crate::tui) fn field_for(input: &str) -> OfferPort {
    OfferPort {
        key: input.to_owned(),
        label: None,
        description: None,
        kind: PortKind::String,
        identifier: None,
        nullable: false,
        default: None,
        choices: Vec::new(),
        children: Vec::new(),
    }
}
