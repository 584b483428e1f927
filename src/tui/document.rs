//! The document that programs get of a thing: the one of `kab … show -o json`. What it holds is the command line's; it is
//! handed in by whoever starts the terminal, so that there is one source of it.

use super::app::{App, Target};

/// Makes the document of a thing from what the terminal knows; `None`: the thing is not known.
#[derive(Debug, Clone, Copy)]
pub struct Documents(pub fn(&App, &Target) -> Option<String>);

impl Default for Documents {
    fn default() -> Self {
        Self(|_, _| None)
    }
}
