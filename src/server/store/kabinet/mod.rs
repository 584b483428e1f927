//! Kabinet's rows: what is read ([`rows`], [`select`]), what is changed ([`workplaces`], [`catalogue`], [`repositories`]).
//!
//! Everything is scoped to an organisation. Functions take a connection or transaction and block, as the closures of
//! [`super::Store`] do.

pub mod catalogue;
pub mod contest;
pub mod criteria;
pub mod readmes;
pub mod repositories;
pub mod rows;
pub mod select;
mod sql;
pub mod workplaces;
