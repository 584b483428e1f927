//! Text from others loses its control characters when it enters the app, once, before anything measures or copies it.

use crate::domain::{
    App, Engine, EngineKind, Facts, Node, Offer, Pod, PodStatus, Port, Repository, ScanState, SelectorKind, Selectors,
    Task, TaskEvent, clean, clean_line,
};

/// Longest text of one line that is kept, in bytes. Longer ones are somebody's mistake, or an attack.
const LONGEST: usize = 4_000;

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

fn tidy_lines(text: &mut String) {
    if needs_cleaning(text, |c| c.is_control() && c != '\n') {
        *text = clean(text);
    }
}

fn needs_cleaning(text: &str, unwelcome: impl Fn(char) -> bool) -> bool {
    if text.is_ascii() { text.chars().any(unwelcome) } else { clean(text) != text || text.chars().any(unwelcome) }
}

fn cap(text: &mut String) {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
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
        if self.identifier.as_str().chars().any(char::is_control) {
            self.identifier = clean_line(self.identifier.as_str()).into();
        }
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
        tidy(&mut self.name);
        tidy_option(&mut self.description);
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
                key.chars().chain(value.chars()).any(char::is_control) || !key.is_ascii() || !value.is_ascii()
            }) {
                let facts = std::mem::take(&mut resource.facts);
                resource.facts =
                    facts.0.iter().map(|(key, value)| (clean_line(key), clean_line(value))).collect::<Facts>();
            }
        }
    }
}

impl Clean for Offer {
    fn clean(&mut self) {
        tidy(&mut self.name);
        tidy_option(&mut self.description);
        for port in &mut self.ports {
            tidy_option(&mut port.label);
            tidy_option(&mut port.description);
            port.choices.iter_mut().for_each(|choice| tidy(&mut choice.label));
        }
    }
}

impl Clean for Pod {
    fn clean(&mut self) {
        tidy(&mut self.local_id);
        tidy(&mut self.version);
        tidy(&mut self.flavour_name);
        tidy(&mut self.engine_name);
        tidy_option(&mut self.resource_name);
        tidy_option(&mut self.reason);
        if self.app.as_str().chars().any(char::is_control) {
            self.app = clean_line(self.app.as_str()).into();
        }
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

    #[test]
    fn what_steers_a_terminal_never_enters() {
        let mut text = String::from("star\u{1b}]0;owned\u{7}dist \u{2764}\u{fe0f}");
        tidy(&mut text);
        assert_eq!(text, "stardist \u{2764}");
        let mut long = "é".repeat(LONGEST);
        tidy(&mut long);
        assert!(long.len() <= LONGEST);
    }
}
