//! How logs are shown, as far as it holds for the next log too.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::shape::{Long, Objects, Paint};
use super::{LogView, Stamps};

/// How logs are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Manner {
    long: Lines,
    stamps: Stamps,
    paint: Paint,
    objects: Objects,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Lines {
    #[default]
    Wrapped,
    Cut,
}

impl LogView {
    /// The log as it is to be shown.
    #[must_use]
    pub fn shown_in(mut self, manner: Manner) -> Self {
        self.shape.long = match manner.long {
            Lines::Wrapped => Long::Wrapped,
            Lines::Cut => Long::Cut(0),
        };
        (self.stamps, self.shape.paint, self.shape.objects) = (manner.stamps, manner.paint, manner.objects);
        self.look_as_shown();
        self
    }

    /// The log whose lines of JSON are written in the person's own way.
    #[must_use]
    pub fn written_by(mut self, template: Option<Arc<str>>) -> Self {
        self.shape.template = template;
        self.look_as_shown();
        self
    }

    /// How it is shown now.
    pub fn manner(&self) -> Manner {
        let long = if self.is_cut() { Lines::Cut } else { Lines::Wrapped };
        Manner { long, stamps: self.stamps, paint: self.shape.paint, objects: self.shape.objects }
    }
}
