//! Whether a server has let this program in before, which decides what its errors mean: at first somebody is there who
//! reads them and has to do something. Later the server may just be half way through its update.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use super::passing::{is_refusal, passes};
use crate::services;

/// Made with the first `INIT`, and kept over everything that comes after it; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Acquaintance(Arc<AtomicBool>);

impl Acquaintance {
    /// The server has let this program in.
    pub fn make(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has.
    pub fn is_made(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether that error ends the program, instead of being waited out.
    pub fn ends(&self, error: &services::Error) -> bool {
        if self.is_made() { is_refusal(error) } else { !passes(error) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ends_a_first_start_is_waited_out_later_but_for_a_refusal() {
        let acquaintance = Acquaintance::default();
        let odd = services::Error::Refused("Cannot query field 'ensureAgent'".into());
        let stale = services::Error::SignIn("Error decoding token".into());
        let refused = services::Error::SignIn("Membership is blocked".into());
        assert!([&odd, &stale, &refused].into_iter().all(|error| acquaintance.ends(error)));
        acquaintance.clone().make();
        assert!(!acquaintance.ends(&odd) && !acquaintance.ends(&stale) && acquaintance.ends(&refused));
    }
}
