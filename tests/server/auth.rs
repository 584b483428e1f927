//! Signing in: tokens and their refusals, device codes, redeem tokens, claim.
