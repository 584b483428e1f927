//! The two demo apps as the catalogue sees them: names, flavours, needs, and what they offer.

use crate::{
    agent::{Definition, PortSpec},
    domain::PortKind,
};
use serde_json::json;

use super::{COMMAND, IMAGES, image::Recipe};

/// A demo app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum App {
    /// Greets people in their language.
    Greeter,
    /// Counts.
    Counter,
}

impl App {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Greeter, Self::Counter];

    /// The word of the hidden command, and of the image.
    pub fn word(self) -> &'static str {
        match self {
            Self::Greeter => "greeter",
            Self::Counter => "counter",
        }
    }

    /// The app with that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|app| app.word() == word)
    }

    /// The app's identifier.
    pub fn identifier(self) -> String {
        format!("live.kab.demo.{}", self.word())
    }

    /// What it is, in a sentence or two.
    pub fn description(self) -> &'static str {
        match self {
            Self::Greeter => {
                "Says hello in eight languages. A small app to try the store with: it starts in a second, needs no \
                 data, and logs what it does."
            }
            Self::Counter => {
                "Counts from one number to another, at the pace you like. A small app to see results arrive one by one."
            }
        }
    }

    /// What it offers.
    pub fn definition(self) -> Definition {
        match self {
            Self::Greeter => Definition::function("greet", "Greets somebody by name, in the language asked for.")
                .arg(PortSpec::new("name", PortKind::String).described("Name", "Who is greeted"))
                .arg(
                    PortSpec::new("language", PortKind::String)
                        .described("Language", "en, de, fr, es, it, pt, nl or sv; English when left out")
                        .default_value(json!("en"))
                        .nullable(),
                )
                .returns(PortSpec::new("return0", PortKind::String).described("Greeting", "The friendly words")),
            Self::Counter => Definition::generator("count", "Counts from one number to another and yields each.")
                .arg(PortSpec::new("from", PortKind::Int).described("From", "The first number"))
                .arg(PortSpec::new("to", PortKind::Int).described("To", "The last number; smaller counts down"))
                .arg(
                    PortSpec::new("pause_ms", PortKind::Int)
                        .described("Pause", "Milliseconds between two numbers")
                        .default_value(json!(500))
                        .nullable(),
                )
                .returns(PortSpec::new("return0", PortKind::Int).described("Number", "The next number")),
        }
    }

    /// Its flavours. The greeter has one of each sort, so that a store has something to say about them.
    pub fn flavours(self) -> &'static [Flavour] {
        match self {
            Self::Greeter => &[Flavour::Vanilla, Flavour::Fast, Flavour::Cuda, Flavour::BigMemory],
            Self::Counter => &[Flavour::Vanilla, Flavour::Fast],
        }
    }

    /// How the image of a flavour is made.
    pub(super) fn recipe(self, flavour: Flavour) -> Recipe {
        Recipe {
            name: format!("{IMAGES}{}", self.word()),
            arguments: [COMMAND, self.word(), flavour.name()].map(str::to_owned).into(),
            title: format!("kab demo: {}, {}", self.word(), flavour.name()),
        }
    }
}

/// A flavour of a demo app. All run the same program; they differ in what they say they need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// Runs anywhere.
    Vanilla,
    /// Runs anywhere, and is preferred where the processor is this machine's.
    Fast,
    /// Says that it needs an NVIDIA GPU.
    Cuda,
    /// Says that it needs more memory than this machine has.
    BigMemory,
}

/// What a flavour says of the machine it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing.
    Nothing,
    /// Prefers this machine's processor.
    ThisProcessor,
    /// An NVIDIA GPU of compute capability 7.0.
    Cuda,
    /// Several times this machine's memory.
    MuchMemory,
}

impl Flavour {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vanilla => "vanilla",
            Self::Fast => "fast",
            Self::Cuda => "cuda",
            Self::BigMemory => "bigmem",
        }
    }

    /// What it says of the machine it wants.
    pub fn need(self) -> Need {
        match self {
            Self::Vanilla => Need::Nothing,
            Self::Fast => Need::ThisProcessor,
            Self::Cuda => Need::Cuda,
            Self::BigMemory => Need::MuchMemory,
        }
    }
}
