//! Which context it is and who chose it; the token, its age and what became of it.

use serde_json::json;

use super::check::{Check, Section, State};
use crate::access::{Chosen, Claims, Origin, TokenFacts, TokenPlace};
use crate::domain::{Failure, FailureKind, Moment, span};
use crate::services::{AUTHORITIES, Tls};

/// What there is to say of the chosen context.
pub fn context(chosen: &Chosen) -> Vec<Check> {
    let who = match chosen.origin {
        Origin::Flag => "--context chose it",
        Origin::Variable => "KAB_CONTEXT chose it",
        Origin::Current => "`kab context use` chose it",
        Origin::Default => "nothing chose another one",
    };
    let place = match &chosen.entry {
        None => "this machine's own server".to_owned(),
        Some(entry) => entry.address().to_owned(),
    };
    let is_placed = chosen.entry.as_ref().is_none_or(|entry| entry.place().is_some());
    let name = chosen.name.as_str();
    let mut checks = vec![if is_placed {
        Check::ok(Section::Context, "context", format!("{name}: {place}; {who}")).value(name)
    } else {
        Check::fail(Section::Context, "context", format!("{name} has no address; {who}"))
            .hint("It needs `url`, or `kabinet` and `rekuest`, in contexts.toml.")
            .kind(FailureKind::Usage)
            .value(name)
    }];
    checks.push(match &chosen.read_only {
        Some(why) => Check::ok(Section::Context, "rights", format!("nothing may be changed: {why}")).value("read"),
        None => Check::ok(Section::Context, "rights", "changes may be made").value("change"),
    });
    for warning in &chosen.warnings {
        checks.push(
            Check::warn(Section::Context, "contexts.toml", warning.to_string()).hint("A newer kab may know the key."),
        );
    }
    if let (Some(path), false) = (&chosen.ca_file, chosen.is_local()) {
        let shown = path.display();
        checks.push(match Tls::with_authorities(Some(path)) {
            Ok(_) => Check::ok(Section::Context, "authorities", format!("{shown} is trusted beside the system's")),
            Err(error) => Check::failed(Section::Context, "authorities", &error.failure("Could not use the file"))
                .hint(format!("--ca-file, {AUTHORITIES} or the context names it; it holds certificates in PEM form.")),
        });
    }
    checks
}

/// What was found out about the token.
#[derive(Debug)]
pub struct SignIn {
    /// What is on disk.
    pub facts: Result<TokenFacts, Failure>,
    /// What is wrong with the file that it is in.
    pub warning: Option<String>,
    /// What it says about its owner, or why there is none.
    pub token: Token,
    /// The time.
    pub now: Moment,
}

/// The token itself.
#[derive(Debug)]
pub enum Token {
    /// One is there, and is for that person.
    Held(Claims),
    /// There is none.
    Missing(Failure),
    /// It was not looked for.
    NotTried(String),
}

impl SignIn {
    /// What there is to say of it.
    pub fn checks(&self) -> Vec<Check> {
        let facts = match &self.facts {
            Ok(facts) => facts,
            Err(failure) => return vec![Check::failed(Section::SignIn, "login", failure)],
        };
        let mut checks = vec![self.place(facts)];
        if let Some(warning) = &self.warning {
            checks.push(Check::warn(Section::SignIn, "file", warning));
        }
        if facts.place == TokenPlace::Nowhere || facts.signed_out.is_some() {
            return checks;
        }
        checks.extend(self.age(facts));
        checks.push(match &self.token {
            Token::Held(claims) => {
                let user = claims.user.as_deref().unwrap_or("somebody whose name it does not tell");
                let place = claims.organisation.as_deref().map(|name| format!(" in {name}")).unwrap_or_default();
                Check::ok(Section::SignIn, "identity", format!("it is for {user}{place}"))
                    .value(json!({"user": claims.user, "organisation": claims.organisation, "roles": claims.roles}))
            }
            Token::Missing(failure) => Check::failed(Section::SignIn, "token", failure),
            Token::NotTried(why) => Check::skipped(Section::SignIn, "token", why),
        });
        checks
    }

    fn place(&self, facts: &TokenFacts) -> Check {
        if let Some((at, why)) = &facts.signed_out {
            let ago = span(at.seconds_until(self.now));
            return Check::fail(Section::SignIn, "login", format!("signed out {ago} ago: {why}"))
                .hint("`kab login` signs in again.")
                .kind(FailureKind::SignIn);
        }
        let ok = |detail: String| Check::ok(Section::SignIn, "login", detail);
        match &facts.place {
            TokenPlace::Nowhere => Check::fail(Section::SignIn, "login", "nobody is signed in")
                .hint("`kab login` signs in; --token-file or KAB_TOKEN brings a token of its own.")
                .kind(FailureKind::SignIn),
            TokenPlace::Runtime(_) => ok("this machine's own server gives its user a token".into()),
            TokenPlace::Variable => ok("the token is in KAB_TOKEN, which kab cannot renew".into()),
            TokenPlace::File(path) => ok(format!("the token is in {}, which kab does not renew", path.display())),
            TokenPlace::Login(path) => {
                let since = facts.signed_in_at.map(|at| format!(" {} ago", span(at.seconds_until(self.now))));
                let version = facts.protocol.map(|version| format!(", protocol version {version}"));
                let (since, version) = (since.unwrap_or_default(), version.unwrap_or_default());
                ok(format!("signed in{since}{version}; kept in {}", path.display()))
            }
        }
    }

    fn age(&self, facts: &TokenFacts) -> Option<Check> {
        let old = facts.obtained_at?.seconds_until(self.now);
        let (life, state) = match facts.lifetime {
            None => (String::from("and lives until it is refused"), State::Ok),
            Some(life) if old >= life => (format!("and lived {}; the next request renews it", span(life)), State::Warn),
            Some(life) => (format!("and lives {}", span(life)), State::Ok),
        };
        let check = Check::new(Section::SignIn, "age", state, format!("the token is {} old {life}", span(old)));
        Some(check.value(json!({"age_s": old, "lifetime_s": facts.lifetime})))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ContextEntry;

    fn facts(place: TokenPlace) -> TokenFacts {
        TokenFacts { place, obtained_at: None, lifetime: None, signed_in_at: None, signed_out: None, protocol: None }
    }

    fn sign_in(facts: TokenFacts, token: Token) -> Vec<Check> {
        SignIn { facts: Ok(facts), warning: None, token, now: Moment(100_000_000) }.checks()
    }

    fn held() -> Token {
        Token::Held(Claims {
            user: Some("ada".into()),
            subject: None,
            organisation: Some("lab".into()),
            roles: vec![],
            scopes: vec![],
        })
    }

    #[test]
    fn whoever_is_signed_out_hears_when_and_why() {
        let out = TokenFacts {
            signed_out: Some((Moment(100_000_000 - 7_200_000), "the login was revoked".into())),
            ..facts(TokenPlace::Login("/c.json".into()))
        };
        let checks = sign_in(out, Token::NotTried("x".into()));
        assert_eq!(checks.len(), 1);
        assert!(checks[0].detail.contains("2 h ago: the login was revoked"), "{checks:?}");
        assert_eq!((checks[0].state, checks[0].kind), (State::Fail, FailureKind::SignIn));
        let nobody = sign_in(facts(TokenPlace::Nowhere), Token::NotTried("x".into()));
        assert!(nobody.len() == 1 && nobody[0].kind == FailureKind::SignIn && nobody[0].hint.contains("kab login"));
    }

    #[test]
    fn the_age_of_a_token_is_told_beside_its_life() {
        for (lifetime, state, words) in [
            (Some(3_600), State::Ok, "is 30 min old and lives 60 min"),
            (Some(600), State::Warn, "the next request renews it"),
            (None, State::Ok, "until it is refused"),
        ] {
            let login = TokenFacts {
                obtained_at: Some(Moment(100_000_000 - 1_800_000)),
                lifetime,
                ..facts(TokenPlace::Login("/c.json".into()))
            };
            let checks = sign_in(login, held());
            assert!(checks[1].state == state && checks[1].detail.contains(words), "{checks:?}");
            assert_eq!(checks[2].detail, "it is for ada in lab");
        }
    }

    #[test]
    fn a_token_that_cannot_be_had_is_a_failure_of_its_own_kind() {
        let failure = Failure::new("x", "refused").kind(FailureKind::SignIn);
        let checks = sign_in(facts(TokenPlace::Variable), Token::Missing(failure));
        assert!(checks[1].state == State::Fail && checks[1].kind == FailureKind::SignIn, "{checks:?}");
        let broken = Failure::new("Could not read the login", "it is no login of kab's");
        let unread = SignIn { facts: Err(broken), warning: None, token: held(), now: Moment(0) };
        assert_eq!(unread.checks()[0].detail, "it is no login of kab's");
    }

    #[test]
    fn the_context_says_who_chose_it_and_what_may_be_done() {
        let lab = || {
            let url = Some("https://lab".to_owned());
            let mut chosen = Chosen::local();
            chosen.name = "lab".parse().unwrap();
            chosen.origin = Origin::Variable;
            chosen.entry = Some(ContextEntry { url, ..ContextEntry::default() });
            chosen
        };
        let checks = context(&lab());
        assert_eq!(checks[0].detail, "lab: https://lab; KAB_CONTEXT chose it");
        assert_eq!(checks.len(), 2, "{checks:?}");
        let mut missing = lab();
        missing.ca_file = Some("/nothing.pem".into());
        assert!(context(&missing)[2].state == State::Fail && context(&missing)[2].detail.contains("/nothing.pem"));
        let mut placeless = lab();
        placeless.entry = Some(ContextEntry::default());
        assert_eq!(context(&placeless)[0].state, State::Fail);
        assert!(context(&Chosen::local()).iter().all(|check| check.state == State::Ok));
    }
}
