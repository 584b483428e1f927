//! Text from others loses its control characters when it enters the app, once, before anything measures or copies it.

use crate::domain::{
    App, AppIdentifier, Engine, EngineKind, Facts, Node, Offer, OfferPort, Pod, PodStatus, Port, Repository, ScanState,
    SelectorKind, Selectors, Task, TaskEvent, clean, clean_line,
};

/// Longest text of one line that is kept, in bytes. Longer ones are somebody's mistake, or an attack.
const LONGEST: usize = 4_000;

/// Longest message of a task that is kept, in bytes: a pull of an image with many layers tells them all.
const LONGEST_MESSAGE: usize = 60_000;

/// Cleans a text in place; cheap when there is nothing to clean. The selector that asks for a coloured picture of a
/// character goes too: terminals disagree about its width.
pub fn tidy(text: &mut String) {
    if text.contains('\u{fe0f}') {
        *text = text.replace('\u{fe0f}', "");
    }
    if needs_cleaning(text, char::is_control) {
        *text = clean_line(text);
    }
    cap(text);
}

fn tidied(text: &str) -> String {
    let mut text = text.to_owned();
    tidy(&mut text);
    text
}

fn tidy_lines(text: &mut String) {
    if needs_cleaning(text, |c| c.is_control() && c != '\n') {
        *text = clean(text);
    }
    cap_at(text, LONGEST_MESSAGE);
}

fn needs_cleaning(text: &str, unwelcome: impl Fn(char) -> bool) -> bool {
    if text.is_ascii() { text.chars().any(unwelcome) } else { clean(text) != text || text.chars().any(unwelcome) }
}

fn cap(text: &mut String) {
    cap_at(text, LONGEST);
}

fn cap_at(text: &mut String, longest: usize) {
    if text.len() > longest {
        let end = (0..=longest).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}

/// Identifiers are shown and compared: what is cheap to look at is looked at first.
fn tidy_identifier(identifier: &mut AppIdentifier) {
    if needs_cleaning(identifier.as_str(), char::is_control) {
        *identifier = clean_line(identifier.as_str()).into();
    }
}

fn tidy_option(text: &mut Option<String>) {
    if let Some(text) = text {
        tidy(text);
    }
}

/// Has texts that others wrote.
pub trait Clean {
    /// Cleans them.
    fn clean(&mut self);
}

impl Clean for App {
    fn clean(&mut self) {
        tidy_identifier(&mut self.identifier);
        for release in &mut self.releases {
            release.app = self.identifier.clone();
            tidy(&mut release.version);
            release.scopes.iter_mut().for_each(tidy);
            tidy_option(&mut release.description);
            for flavour in &mut release.flavours {
                tidy(&mut flavour.name);
                tidy(&mut flavour.image.reference);
                flavour.hints.iter_mut().for_each(tidy);
                for requirement in &mut flavour.requirements {
                    tidy(&mut requirement.key);
                    tidy(&mut requirement.service);
                    tidy_option(&mut requirement.description);
                }
                clean_selectors(&mut flavour.selectors);
            }
        }
    }
}

fn clean_selectors(selectors: &mut Selectors) {
    match selectors {
        Selectors::Unreadable(why) => tidy(why),
        Selectors::Known(selectors) => {
            for selector in selectors {
                match &mut selector.kind {
                    SelectorKind::Cpu { arch, .. } => tidy_option(arch),
                    SelectorKind::Ram { .. } => {}
                    SelectorKind::Cuda { compute_capability, cuda_version, .. } => {
                        tidy_option(compute_capability);
                        tidy_option(cuda_version);
                    }
                    SelectorKind::Rocm { api_version, api_thing, .. } => {
                        tidy_option(api_version);
                        tidy_option(api_thing);
                    }
                    SelectorKind::OneApi { version, .. } => tidy_option(version),
                    SelectorKind::Label { key, value } => {
                        tidy(key);
                        tidy_option(value);
                    }
                    SelectorKind::Unknown { name, text } => {
                        tidy(name);
                        tidy(text);
                    }
                }
            }
        }
    }
}

impl Clean for Node {
    fn clean(&mut self) {
        tidy(&mut self.hash);
        tidy(&mut self.name);
        tidy_option(&mut self.description);
        self.collections.iter_mut().chain(&mut self.protocols).for_each(tidy);
        self.args.iter_mut().chain(&mut self.returns).for_each(clean_port);
    }
}

fn clean_port(port: &mut Port) {
    tidy(&mut port.key);
    tidy_option(&mut port.label);
    tidy_option(&mut port.description);
    tidy_option(&mut port.identifier);
    port.children.iter_mut().for_each(clean_port);
}

impl Clean for Engine {
    fn clean(&mut self) {
        tidy(&mut self.name);
        if let EngineKind::Other(kind) = &mut self.kind {
            tidy(kind);
        }
        for resource in &mut self.resources {
            tidy(&mut resource.name);
            tidy(&mut resource.local_id);
            if resource.facts.0.iter().any(|(key, value)| {
                key.len().max(value.len()) > LONGEST
                    || key.chars().chain(value.chars()).any(char::is_control)
                    || !key.is_ascii()
                    || !value.is_ascii()
            }) {
                let facts = std::mem::take(&mut resource.facts);
                resource.facts = facts.0.iter().map(|(key, value)| (tidied(key), tidied(value))).collect::<Facts>();
            }
        }
    }
}

impl Clean for Offer {
    fn clean(&mut self) {
        tidy(&mut self.name);
        tidy_option(&mut self.description);
        self.ports.iter_mut().for_each(clean_offer_port);
    }
}

/// The key itself goes over the wire and has to stay as it is: a key that would steer a terminal is one that kab does not
/// ask with.
fn clean_offer_port(port: &mut OfferPort) {
    tidy_option(&mut port.label);
    tidy_option(&mut port.description);
    tidy_option(&mut port.identifier);
    let mut shown = port.key.clone();
    tidy(&mut shown);
    if shown != port.key && port.label.is_none() {
        port.label = Some(shown);
    }
    port.choices.iter_mut().for_each(|choice| tidy(&mut choice.label));
    port.children.iter_mut().for_each(clean_offer_port);
}

impl Clean for Pod {
    fn clean(&mut self) {
        tidy(&mut self.local_id);
        tidy(&mut self.version);
        tidy(&mut self.flavour_name);
        tidy(&mut self.engine_name);
        tidy_option(&mut self.resource_name);
        tidy_option(&mut self.reason);
        if let Some(owner) = &mut self.owner {
            tidy(&mut owner.name);
        }
        tidy_identifier(&mut self.app);
        if let PodStatus::Other(word) = &mut self.status {
            tidy(word);
        }
    }
}

impl Clean for Task {
    fn clean(&mut self) {
        tidy(&mut self.action);
        if let Some(message) = &mut self.message {
            tidy_lines(message);
        }
        self.acted_on.iter_mut().for_each(tidy);
    }
}

impl Clean for TaskEvent {
    fn clean(&mut self) {
        if let Some(message) = &mut self.message {
            tidy_lines(message);
        }
    }
}

impl Clean for Repository {
    fn clean(&mut self) {
        tidy(&mut self.name);
        tidy(&mut self.source);
        match &mut self.scan {
            ScanState::Never | ScanState::Running => {}
            ScanState::Done { issues, .. } => {
                for issue in issues {
                    tidy(&mut issue.path);
                    tidy(&mut issue.reason);
                }
            }
            ScanState::Failed { why, .. } => tidy(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::testing::fixtures;

    #[test]
    fn identifiers_hashes_and_ports_of_others_are_cleaned_too() {
        let mut app = fixtures::apps().remove(0);
        app.identifier = "org.\u{202e}evil".into();
        let mut pod = fixtures::pods().remove(0);
        pod.app = "org.\u{61c}evil".into();
        let mut node = fixtures::nodes().remove(0);
        node.hash = "abc\u{1b}[2J\u{7}".into();
        app.clean();
        pod.clean();
        node.clean();
        assert_eq!((app.identifier.as_str(), pod.app.as_str(), node.hash.as_str()), ("org.evil", "org.evil", "abc"));
        let port = |key: &str, children| OfferPort {
            key: key.into(),
            label: None,
            description: Some("a\u{1b}[31mb".into()),
            kind: crate::domain::PortKind::Int,
            identifier: Some("@x/\u{7}y".into()),
            nullable: false,
            default: None,
            choices: Vec::new(),
            children,
        };
        let mut outer = port("a\u{1b}[2Jb", vec![port("c", Vec::new())]);
        clean_offer_port(&mut outer);
        assert_eq!((outer.name(), outer.identifier.as_deref()), ("ab", Some("@x/y")));
        assert_eq!(outer.children[0].description.as_deref(), Some("ab"));
        let mut task = fixtures::tasks().remove(0);
        task.message = Some("x".repeat(LONGEST_MESSAGE * 2));
        task.clean();
        assert_eq!(task.message.map(|text| text.len()), Some(LONGEST_MESSAGE));
    }

    #[test]
    fn what_steers_a_terminal_never_enters() {
        let mut text = String::from("star\u{1b}]0;owned\u{7}dist \u{2764}\u{fe0f}");
        tidy(&mut text);
        assert_eq!(text, "stardist \u{2764}");
        let mut long = "é".repeat(LONGEST);
        tidy(&mut long);
        assert!(long.len() <= LONGEST);
        let mut engine = fixtures::engines().remove(0);
        engine.resources[0].facts = [("host.name".to_owned(), "x".repeat(LONGEST * 3))].into_iter().collect();
        engine.clean();
        assert_eq!(engine.resources[0].facts.get("host.name").map(str::len), Some(LONGEST));
    }
}
