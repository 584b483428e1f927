//! What an app needs beside hardware: services that it talks to, and scopes that it asks for. Checks of their own, since
//! no engine can do anything about them: the server and the account decide.

use serde::{Deserialize, Serialize};

use crate::domain::{Flavour, Release, short_name};

/// What a server has and an account may give, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offered {
    /// Services that are known to be there, by their short names: `rekuest`.
    pub services: Vec<String>,
    /// Whether there are no others.
    pub extent: Extent,
    /// The scopes that the account may give; `None`: nobody says.
    pub scopes: Option<Scopes>,
}

/// Whether a list is known as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    /// There may be others.
    #[default]
    Partial,
    /// There are no others.
    Whole,
}

/// Scopes that an account may give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// All of them: it is the owner's own server.
    All,
    /// These.
    Only(Vec<String>),
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It is there.
    Ok,
    /// It is not there.
    Missing,
    /// Nobody says.
    Unknown,
}

impl Answer {
    /// The word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Unknown => "unknown",
        }
    }
}

/// What is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// A service.
    Service,
    /// A scope.
    Scope,
}

/// A need of an app, with the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// What kind.
    pub what: What,
    /// Which: `mikro`, `write`.
    pub name: String,
    /// Whether the app does without it.
    pub optional: bool,
    /// Whether it is there.
    pub answer: Answer,
}

impl Need {
    /// Whether the app cannot do what it is for.
    pub fn is_against(&self) -> bool {
        self.answer == Answer::Missing && !self.optional
    }

    /// `mikro: missing, it can do without`.
    pub fn words(&self) -> String {
        let without = if self.optional { ", it can do without" } else { "" };
        format!("{}: {}{without}", self.name, self.answer.word())
    }

    /// Why it cannot do what it is for, as a sentence.
    pub fn sentence(&self) -> String {
        match self.what {
            What::Service => format!("needs the service {}; this server does not have it", self.name),
            What::Scope => format!("asks for {}; your account may not give that", self.name),
        }
    }
}

/// All that a flavour of a release needs of the server and of the account: services first, each once.
pub fn needs(release: &Release, flavour: Option<&Flavour>, offered: &Offered) -> Vec<Need> {
    let flavours = release.flavours.iter().filter(|it| flavour.is_none_or(|only| only.id == it.id));
    let mut needs: Vec<Need> = Vec::new();
    for requirement in flavours.flat_map(|flavour| &flavour.requirements) {
        let service = short_name(&requirement.service);
        let is_there = offered.services.iter().any(|known| known == service);
        let answer = match (is_there, offered.extent) {
            (true, _) => Answer::Ok,
            (false, Extent::Whole) => Answer::Missing,
            (false, Extent::Partial) => Answer::Unknown,
        };
        match needs.iter_mut().find(|need| need.name == requirement.key) {
            // Needed by one flavour is needed.
            Some(known) => known.optional &= requirement.optional,
            None => needs.push(Need {
                what: What::Service,
                name: requirement.key.clone(),
                optional: requirement.optional,
                answer,
            }),
        }
    }
    needs.sort_by(|a, b| a.name.cmp(&b.name));
    let mut scopes: Vec<&String> = release.scopes.iter().collect();
    scopes.sort();
    scopes.dedup();
    needs.extend(scopes.into_iter().map(|scope| Need {
        what: What::Scope,
        name: scope.clone(),
        optional: false,
        answer: match &offered.scopes {
            None => Answer::Unknown,
            Some(Scopes::All) => Answer::Ok,
            Some(Scopes::Only(known)) if known.contains(scope) => Answer::Ok,
            Some(Scopes::Only(_)) => Answer::Missing,
        },
    }));
    needs
}

/// How much a summary tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Summary {
    /// All of it.
    Whole,
    /// What is not as it should be.
    News,
}

/// All needs in a line or two: `Services: mikro ok, rekuest unknown.`, `Scopes: your account may give 2 of 3; not write.`
pub fn summary(needs: &[Need], extent: Summary) -> Vec<String> {
    let of = |what| needs.iter().filter(move |need| need.what == what);
    let is_told = |need: &&Need| extent == Summary::Whole || need.answer != Answer::Ok;
    let mut lines = Vec::new();
    let services: Vec<String> = of(What::Service)
        .filter(is_told)
        .map(|need| {
            let without = if need.optional && need.answer != Answer::Ok { " (it can do without)" } else { "" };
            format!("{} {}{without}", need.name, need.answer.word())
        })
        .collect();
    if !services.is_empty() {
        lines.push(format!("Services: {}.", services.join(", ")));
    }
    let all = of(What::Scope).count();
    let given = of(What::Scope).filter(|need| need.answer == Answer::Ok).count();
    let missing: Vec<&str> =
        of(What::Scope).filter(|need| need.answer == Answer::Missing).map(|need| need.name.as_str()).collect();
    if extent == Summary::News && missing.is_empty() {
        // That nobody says what an account may give is how it is on hardly any server.
    } else if of(What::Scope).any(|need| need.answer == Answer::Unknown) {
        let names: Vec<&str> = of(What::Scope).map(|need| need.name.as_str()).collect();
        lines.push(format!("Scopes: {}; nobody says what your account may give.", names.join(", ")));
    } else if all > 0 {
        let but = if missing.is_empty() { String::new() } else { format!("; not {}", missing.join(", ")) };
        lines.push(format!("Scopes: your account may give {given} of {all}{but}."));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Image, Requirement, Selectors};

    fn release() -> Release {
        let requirement = |key: &str, optional| Requirement {
            key: key.into(),
            service: format!("live.arkitekt.{key}"),
            optional,
            description: None,
        };
        let flavour = |name: &str, requirements| Flavour {
            id: name.into(),
            name: name.into(),
            image: Image { reference: "x:1".into(), built_at: None, size: None },
            selectors: Selectors::Known(Vec::new()),
            requirements,
            hints: Vec::new(),
            nodes: Vec::new(),
            repository: None,
            withdrawn: false,
        };
        Release {
            id: "1".into(),
            app: "a.b".into(),
            version: "1".into(),
            scopes: vec!["write".into(), "read".into()],
            description: None,
            flavours: vec![
                flavour("cpu", vec![requirement("rekuest", false), requirement("mikro", true)]),
                flavour("cuda", vec![requirement("mikro", false)]),
            ],
        }
    }

    fn told(needs: &[Need]) -> Vec<String> {
        needs.iter().map(Need::words).collect()
    }

    #[test]
    fn what_is_not_there_is_missing_only_where_all_is_known() {
        let release = release();
        let mut offered = Offered { services: vec!["rekuest".into()], ..Offered::default() };
        let cpu = release.flavours.first();
        assert_eq!(
            told(&needs(&release, cpu, &offered)),
            ["mikro: unknown, it can do without", "rekuest: ok", "read: unknown", "write: unknown"]
        );
        offered.extent = Extent::Whole;
        offered.scopes = Some(Scopes::Only(vec!["read".into()]));
        let all = needs(&release, None, &offered);
        assert_eq!(told(&all), ["mikro: missing", "rekuest: ok", "read: ok", "write: missing"]);
        let against: Vec<_> = all.iter().filter(|need| need.is_against()).map(Need::sentence).collect();
        assert_eq!(
            against,
            ["needs the service mikro; this server does not have it", "asks for write; your account may not give that"]
        );
        assert_eq!(
            summary(&all, Summary::Whole),
            ["Services: mikro missing, rekuest ok.", "Scopes: your account may give 1 of 2; not write."]
        );
        assert_eq!(
            summary(&all, Summary::News),
            ["Services: mikro missing.", "Scopes: your account may give 1 of 2; not write."]
        );
        offered.scopes = None;
        let news = summary(&needs(&release, cpu, &offered), Summary::News);
        assert_eq!(news, ["Services: mikro missing (it can do without)."]);
        let open = summary(&needs(&release, cpu, &offered), Summary::Whole);
        assert_eq!(open[0], "Services: mikro missing (it can do without), rekuest ok.");
        assert_eq!(open[1], "Scopes: read, write; nobody says what your account may give.");
        offered.scopes = Some(Scopes::All);
        assert_eq!(
            summary(&needs(&release, cpu, &offered), Summary::Whole)[1],
            "Scopes: your account may give 2 of 2."
        );
        assert!(summary(&[], Summary::Whole).is_empty());
        assert!(!needs(&release, cpu, &offered).iter().any(Need::is_against), "it can do without");
    }
}
