//! The terminal program.
//!
//! ```text
//! terminal ─key─▶ keymap ─Action─┐
//! server stream ────────────────┼─▶ Message ─▶ update(&mut App) ─▶ [Effect] ─▶ effects ─▶ services
//! finished work ────────────────┘                    │                            └─ Message (answer)
//!                                       view(&App, &mut Buffer) ─▶ terminal
//! ```
//!
//! `app` and everything that draws is pure: no clock, no files, no network, no waiting. Time is a message. Only
//! `effects` touches the world.

pub mod action;
pub mod app;
pub mod custom;
pub mod data;
pub mod document;
pub mod effect;
mod effects;
mod header;
pub mod keymap;
pub mod layout;
pub mod list;
pub mod log;
pub mod message;
pub mod net;
mod notes;
pub mod overlays;
pub mod panes;
pub mod plain;
pub mod screens;
pub mod screenshot;
mod status;
#[cfg(test)]
mod testing;
pub mod theme;
pub mod view;
pub mod widgets;

pub use effects::{
    Inbox, KEPT, Link, Manner, Multiplexer, Network, Options, Outside, Security, Start, Teller, now, osc52, run,
};
