//! `kab`: the Kabinet app store in your terminal.
//!
//! One program, many roles: a terminal app store, the command line behind it, the embedded
//! server that it opens when none is configured, and the container backend that does the work.
//!
//! The rooms, in reading order. `docs/ARCHITECTURE.md` draws the house, and
//! `tests/architecture.rs` fails when a room knows one that it must not know.

pub mod domain;

pub mod catalogue;
pub mod compat;
pub mod search;

pub mod cache;
pub mod config;
pub mod services;
pub mod tui;

pub mod agent;
pub mod demo;
pub mod engine;
pub mod server;

pub mod access;
pub mod cli;
pub mod local;
