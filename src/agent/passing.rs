//! Which errors waiting may cure. Everything else is said at once, because somebody has to do something about it. Pure.

use crate::services;

/// Whether waiting may help.
pub fn passes(error: &services::Error) -> bool {
    match error {
        services::Error::Network { .. } | services::Error::Deadline { .. } | services::Error::Page { .. } => true,
        services::Error::Status { status, .. } => *status >= 500 || matches!(*status, 404 | 408 | 425 | 429),
        services::Error::NoAddress { why, .. } => !why.contains("does not offer"),
        // These servers answer 200 with the words of their own database client when that is away.
        services::Error::Refused(why) | services::Error::SignIn(why) | services::Error::Barred(why) => {
            is_an_outage(why)
        }
        _ => false,
    }
}

/// Whether somebody does not want this client in: the grant of a token is refused, the membership is blocked, or there is
/// no organisation. A service that turns a fresh token away has not said so; its keys may just be in the middle of a
/// change.
pub fn is_refusal(error: &services::Error) -> bool {
    match error {
        services::Error::SignIn(why) => !passes(error) && !services::graphql::rejects_token(why),
        _ => false,
    }
}

/// Whether the words are those of a server whose database or message queue is away, starting, or in the middle of its
/// update.
pub fn is_an_outage(words: &str) -> bool {
    const OUTAGES: [&str; 17] = [
        "connection failed",
        "connection refused",
        "connection is closed",
        "connection already closed",
        "connection timed out",
        "connection reset",
        "connecting to",
        "could not connect",
        "couldn't get a connection",
        "server closed the connection",
        "terminating connection",
        "the database system is",
        "too many clients",
        "remaining connection slots",
        "database is locked",
        "name resolution",
        "deadlock detected",
    ];
    let words = words.to_ascii_lowercase();
    let is_update = words.contains("does not exist") && ["relation ", "column "].iter().any(|it| words.starts_with(it));
    is_update || OUTAGES.iter().any(|outage| words.contains(outage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_behind_the_server_passes_and_a_refusal_does_not() {
        for words in [
            "connection failed: connection to server at \"127.0.0.1\", port 5432 failed: Connection refused",
            "Error 111 connecting to 127.0.0.1:16379. Connection refused.",
            "consuming input failed: server closed the connection unexpectedly",
            "FATAL:  the database system is starting up",
            "Error -3 connecting to redis:6379. Temporary failure in name resolution.",
            "relation \"bridge_pod\" does not exist\nLINE 1: SELECT \"bridge_pod\".\"id\"",
            "column bridge_pod.reason does not exist",
        ] {
            assert!(passes(&services::Error::Refused(words.into())), "{words}");
            assert!(passes(&services::Error::SignIn(words.into())), "{words}");
        }
        for words in [
            "Cannot query field 'nope' on type 'Mutation'.",
            "get() returned more than one Backend -- it returned 2!",
            "No Client found for this token",
            "The client does not exist on this server.",
            "Membership is blocked",
        ] {
            assert!(!passes(&services::Error::Refused(words.into())), "{words}");
            assert!(!passes(&services::Error::SignIn(words.into())), "{words}");
        }
        let status = |status| services::Error::Status { service: "Lok".into(), status, why: String::new() };
        assert!(passes(&status(503)) && passes(&status(429)) && passes(&status(404)));
        assert!(!passes(&status(400)) && !passes(&status(403)));
    }
    #[test]
    fn only_whoever_gives_tokens_refuses_for_good() {
        let sign_in = |words: &str| services::Error::SignIn(words.into());
        for words in ["The client does not exist on this server.", "Membership is blocked", "invalid_client"] {
            assert!(is_refusal(&sign_in(words)), "{words}");
        }
        for words in
            ["Error decoding token", "Token has expired", "the server does not accept the token", "connection refused"]
        {
            assert!(!is_refusal(&sign_in(words)), "{words}");
        }
        assert!(!is_refusal(&services::Error::Refused("Cannot query field".into())));
    }
}
