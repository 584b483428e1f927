//! A form for an action that an engine offers: a field for each port, made from what the engine says about it. Actions of
//! a person's own have one as well, for what they want to know.

use crossterm::event::KeyEvent;
use serde_json::{Map, Value};
use tui_input::Input;

use super::Overlay;
use super::dialog::{PAUSE, is_too_early};
use crate::domain::{Engine, FailureKind, Moment, Names, Offer, OfferPort, PodId, PortKind, Things, searched};
use crate::tui::action::Step;
use crate::tui::app::{App, Begun, Refused, Typed, feed, field_for};
use crate::tui::effect::Effect;

/// Suggestions that are shown at most.
const SUGGESTED: usize = 4;

/// A field.
#[derive(Debug, Clone)]
pub struct Field {
    /// What is wanted.
    pub port: OfferPort,
    /// What is typed.
    pub input: Input,
    /// What is wrong with it.
    pub error: Option<String>,
    /// What it is about already, which nobody has to type.
    pub fixed: Option<String>,
}

/// What a form is for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// Something that an engine offers.
    Ask(Box<Offer>, Box<Engine>),
    /// An action of the person's own.
    Run(Box<Begun>),
}

/// The form.
#[derive(Debug, Clone)]
pub struct Form {
    /// What it is for.
    pub purpose: Purpose,
    /// The fields.
    pub fields: Vec<Field>,
    /// The field that is typed into; behind the last one are the buttons.
    pub cursor: usize,
    /// From when on it may be sent: what is on the screen again after signing in was not asked for by this key.
    pub ready: Moment,
}

impl Form {
    /// The same, to be looked at before it is sent.
    #[must_use]
    pub fn again(self, now: Moment) -> Self {
        Self { ready: Moment(now.0 + PAUSE), ..self }
    }

    /// Takes over what was typed into another one about the same.
    #[must_use]
    pub fn filled_from(mut self, other: &Self) -> Self {
        for field in self.fields.iter_mut().filter(|field| field.fixed.is_none()) {
            if let Some(typed) = other.fields.iter().find(|it| it.port.key == field.port.key) {
                field.input = typed.input.clone();
            }
        }
        self
    }

    /// Whether both ask the same of the same engine, about the same pod.
    pub fn asks_the_same(&self, other: &Self) -> bool {
        let about = |form: &Self| -> Vec<(String, Option<String>)> {
            let told = |field: &Field| (field.port.key.clone(), field.fixed.as_ref().map(|_| field.input.to_string()));
            form.fields.iter().map(told).collect()
        };
        let same = match (&self.purpose, &other.purpose) {
            (Purpose::Ask(one, of), Purpose::Ask(another, of_another)) => {
                one.interface == another.interface && of.id == of_another.id
            }
            _ => false,
        };
        same && about(self) == about(other)
    }

    /// A form with its defaults; about a pod where one is given.
    pub fn new(offer: Offer, engine: Box<Engine>, pod: Option<(&PodId, &str)>) -> Self {
        let about = offer.port_for("@kabinet/pod").map(|port| port.key.clone()).filter(|_| pod.is_some());
        let fields = offer.ports.iter().filter(|port| port.is_known()).map(|port| {
            let is_it = about.as_ref() == Some(&port.key);
            let (text, fixed) = match pod {
                Some((id, name)) if is_it => (id.to_string(), Some(name.to_owned())),
                _ => (port.default_text(), None),
            };
            Field { port: port.clone(), input: text.into(), error: None, fixed }
        });
        let fields: Vec<_> = fields.collect();
        let cursor = fields.iter().position(|field| field.fixed.is_none()).unwrap_or(fields.len());
        Self { purpose: Purpose::Ask(Box::new(offer), engine), fields, cursor, ready: Moment(0) }
    }

    /// The form of an action of the person's own.
    pub(in crate::tui) fn of_custom(begun: Begun) -> Self {
        let field = |name: &String| Field { port: field_for(name), input: Input::default(), error: None, fixed: None };
        let fields = begun.action.inputs.iter().map(field).collect();
        Self { purpose: Purpose::Run(Box::new(begun)), fields, cursor: 0, ready: Moment(0) }
    }

    /// What is asked for, and of whom.
    pub fn title(&self) -> String {
        match &self.purpose {
            Purpose::Ask(offer, engine) => format!("{} on {}", offer.name, engine.name),
            Purpose::Run(begun) => begun.action.name.clone(),
        }
    }

    /// What it does, as the engine says.
    pub fn description(&self) -> Option<String> {
        match &self.purpose {
            Purpose::Ask(offer, _) => offer.description.clone(),
            Purpose::Run(_) => None,
        }
    }

    /// What the button says.
    pub fn button(&self) -> &'static str {
        match &self.purpose {
            Purpose::Ask(..) => "Ask the engine",
            Purpose::Run(begun) if begun.action.confirm => "Go on",
            Purpose::Run(_) => "Run",
        }
    }

    /// Whether the buttons have the focus.
    pub fn is_at_buttons(&self) -> bool {
        self.cursor >= self.fields.len()
    }

    fn moved(&mut self, step: Step) {
        let stops: Vec<usize> = (0..=self.fields.len())
            .filter(|at| self.fields.get(*at).is_none_or(|field| field.fixed.is_none()))
            .collect();
        let at = stops.iter().position(|stop| *stop == self.cursor).unwrap_or(0);
        let to = match step {
            Step::Up | Step::PageUp => at.saturating_sub(1),
            _ => (at + 1).min(stops.len() - 1),
        };
        self.cursor = stops[to];
    }

    /// The values in the wire form, or `None` with the errors beside the fields.
    fn values(&mut self, app: &App) -> Option<Map<String, Value>> {
        let mut values = Map::new();
        let mut first_wrong = None;
        for (at, field) in self.fields.iter_mut().enumerate() {
            let typed = field.input.value().to_owned();
            let read = match &field.fixed {
                None => app.things().read(&field.port, &typed, Names::InPart).map_err(|why| why.to_string()),
                Some(_) => field.port.read(&typed),
            };
            field.error = None;
            match read {
                Ok(Some(value)) => _ = values.insert(field.port.key.clone(), value),
                Ok(None) => {}
                Err(why) => {
                    field.error = Some(why);
                    first_wrong.get_or_insert(at);
                }
            }
        }
        match first_wrong {
            Some(at) => {
                self.cursor = at;
                None
            }
            None => Some(values),
        }
    }
}

impl App {
    /// What the server told that forms can be filled in with.
    fn things(&self) -> Things<'_> {
        let data = &self.data;
        Things {
            apps: data.apps(),
            nodes: data.nodes(),
            engines: data.engines(),
            pods: data.pods(),
            repositories: data.repositories(),
        }
    }

    /// The suggestions for the field that is typed into.
    pub(in crate::tui) fn suggested(&self, form: &Form) -> Vec<String> {
        let Some(field) = form.fields.get(form.cursor) else { return Vec::new() };
        let Some(thing) = searched(&field.port) else { return Vec::new() };
        // Of a list it is about the thing that is being typed.
        let typed = field.input.value();
        let typed = if field.port.kind == PortKind::List { typed.rsplit(';').next().unwrap_or(typed) } else { typed };
        let found = self.things().fitting(thing.identifier.as_deref(), typed.trim());
        let more = found.len().saturating_sub(SUGGESTED);
        let mut shown: Vec<String> = found.into_iter().take(SUGGESTED).map(|(_, name)| name).collect();
        if more > 0 {
            shown.push(format!("and {more} more"));
        }
        shown
    }

    /// Lets the form take a key.
    pub(in crate::tui) fn type_in_form(&mut self, event: KeyEvent) -> Option<Vec<Effect>> {
        let Some(Overlay::Form(mut form)) = self.overlay.take() else { return None };
        let tab = match event.code {
            crossterm::event::KeyCode::Tab => Some(Step::Down),
            crossterm::event::KeyCode::BackTab => Some(Step::Up),
            _ => None,
        };
        if let Some(step) = tab {
            form.moved(step);
            self.overlay = Some(Overlay::Form(form));
            return Some(Vec::new());
        }
        let mut other = Input::default();
        let at_buttons = form.is_at_buttons();
        let input = form.fields.get_mut(form.cursor).map_or(&mut other, |field| &mut field.input);
        match feed(input, event) {
            Typed::GivenUp => return Some(Vec::new()),
            Typed::Accepted if at_buttons && is_too_early(&mut form.ready, self.now) => {}
            Typed::Accepted if at_buttons => return Some(self.submit(form)),
            Typed::Accepted => form.moved(Step::Down),
            Typed::Moved(step) => form.moved(step),
            Typed::Changed => {
                if let Some(field) = form.fields.get_mut(form.cursor) {
                    field.error = None;
                }
            }
            Typed::Other => {
                self.overlay = Some(Overlay::Form(form));
                return None;
            }
        }
        self.overlay = Some(Overlay::Form(form));
        Some(Vec::new())
    }

    fn submit(&mut self, mut form: Form) -> Vec<Effect> {
        let Some(values) = form.values(self) else {
            self.overlay = Some(Overlay::Form(form));
            return Vec::new();
        };
        let (offer, engine) = match &form.purpose {
            Purpose::Ask(offer, engine) => (offer.clone(), engine.clone()),
            Purpose::Run(begun) => {
                let typed = form.fields.iter().map(|it| (it.port.key.clone(), it.input.value().to_owned()));
                let typed: Vec<_> = typed.collect();
                return self.go_on_with_custom(begun, &typed);
            }
        };
        let what = format!("Could not ask {} to {}", engine.name, offer.name);
        if let Some(failure) = self.barred(&what) {
            if failure.kind == FailureKind::SignIn {
                self.refuse(failure, Refused::Offer(form));
            } else {
                self.fail(failure);
                self.overlay = Some(Overlay::Form(form));
            }
            return Vec::new();
        }
        let ticket = self.ticket();
        self.wishes.insert(ticket, Refused::Offer(form));
        self.installing.insert(ticket, format!("{} on {}", offer.name, engine.name));
        self.notes.say(self.now, format!("Asking {}: {}", engine.name, offer.name));
        vec![Effect::TakeOffer { ticket, engine, offer, values }]
    }
}
