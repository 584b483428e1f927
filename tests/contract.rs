//! kab against servers that behave like the real ones, defects included. Nothing here needs the network.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(dead_code, reason = "the face is for other test programs too")]

#[path = "contract/about.rs"]
mod about;
#[path = "contract/catalogue.rs"]
mod catalogue;
#[path = "contract/deployer/mod.rs"]
mod deployer;
#[path = "contract/doctor.rs"]
mod doctor;
#[path = "contract/engine.rs"]
mod engine;
#[path = "contract/everywhere.rs"]
mod everywhere;
#[path = "contract/expiring.rs"]
mod expiring;
#[path = "contract/face/mod.rs"]
mod face;
#[path = "contract/first.rs"]
mod first;
#[path = "contract/hostile.rs"]
mod hostile;
#[path = "support/household.rs"]
mod household;
#[path = "contract/terminal.rs"]
mod in_the_terminal;
#[path = "contract/installs.rs"]
mod installs;
#[path = "contract/killed.rs"]
mod killed;
#[path = "contract/lists.rs"]
mod lists;
#[path = "contract/narrow.rs"]
mod narrow;
#[path = "contract/newest.rs"]
mod newest;
#[path = "contract/pouring.rs"]
mod pouring;
#[path = "support/terminal.rs"]
mod pseudo_terminal;
#[path = "support/questions.rs"]
mod questions;
#[path = "contract/raw.rs"]
mod raw;
#[path = "contract/recorded_sockets.rs"]
mod recorded_sockets;
#[path = "contract/recordings.rs"]
mod recordings;
#[path = "contract/rough.rs"]
mod rough;
#[path = "contract/schemas.rs"]
mod schemas;
#[path = "contract/searching.rs"]
mod searching;
#[path = "contract/signing_in.rs"]
mod signing_in;
#[path = "support/skips.rs"]
mod skips;
#[path = "contract/slow.rs"]
mod slow;
#[path = "contract/sockets.rs"]
mod sockets;
#[path = "support/mod.rs"]
mod support;
