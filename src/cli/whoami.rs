//! `kab whoami`: who one is in the chosen context, and where the token is.

use serde_json::{Value, json};

use super::client::page::{self, Page};
use super::context::Context;
use super::output::Answer;
use crate::access::{self, Claims, TokenFacts, TokenPlace};
use crate::domain::{Failure, Moment};
use crate::tui::widgets::text::age;

/// Says who one is.
///
/// # Errors
/// When nobody is signed in, or the server does not let us in.
pub async fn run(context: &Context<'_>) -> Result<Answer, Failure> {
    let chosen = context.chosen()?;
    let connected = access::connect(&context.folders, chosen, |what| context.printer.progress(what)).await;
    context.printer.progress_over();
    let connected = connected?;
    for note in &connected.notes {
        context.printer.note(note);
    }
    let token = connected.store.session().tokens().current().await;
    let Claims { roles, scopes, .. } = token.map(|token| Claims::of(&token)).unwrap_or_default();
    // Read afterwards: the token may have been renewed a moment ago.
    let facts = access::token_facts(&context.folders, chosen)?;
    let who = &connected.who;
    let (data, place) = (token_data(&facts), place(&facts.place));
    let data = json!({
        "context": who.context,
        "url": who.url,
        "organisation": who.organisation,
        "user": who.user,
        "roles": roles,
        "scopes": scopes,
        "read_only": who.read_only.is_some(),
        "token": data,
    });
    let mut page = Page::new();
    page.field("context", who.context.as_str());
    page.field("address", &who.url);
    page.field("organisation", &who.organisation);
    page.field("user", &who.user);
    page.field("roles", roles.join(", "));
    page.field("scopes", scopes.join(", "));
    page.field(
        "rights",
        who.read_only.as_ref().map(|why| format!("nothing may be changed: {why}")).unwrap_or_default(),
    );
    page.field("token", place);
    page.field("signed in", facts.signed_in_at.map(|at| page::ago(Some(at), page::now())).unwrap_or_default());
    page.field("renewed", renewed(&facts));
    Ok(Answer::text(data, page.into_text(), &who.user))
}

fn renewed(facts: &TokenFacts) -> String {
    let Some(at) = facts.obtained_at else { return String::new() };
    let ago = page::ago(Some(at), page::now());
    match facts.lifetime {
        Some(seconds) => format!("{ago}, lives {}", age(seconds)),
        None => ago,
    }
}

fn place(place: &TokenPlace) -> String {
    match place {
        TokenPlace::Runtime(path) => format!("given by this machine's own server ({})", path.display()),
        TokenPlace::Variable => "in KAB_TOKEN".to_owned(),
        TokenPlace::File(path) => format!("in file {}, which kab does not renew", path.display()),
        TokenPlace::Login(path) => format!("stored in file {}", path.display()),
        TokenPlace::Nowhere => "none".to_owned(),
    }
}

fn token_data(facts: &TokenFacts) -> Value {
    let (kind, path) = match &facts.place {
        TokenPlace::Runtime(path) => ("server", Some(path)),
        TokenPlace::Variable => ("variable", None),
        TokenPlace::File(path) => ("file", Some(path)),
        TokenPlace::Login(path) => ("login", Some(path)),
        TokenPlace::Nowhere => ("none", None),
    };
    json!({
        "stored": {"kind": kind, "path": path},
        "obtained_at": facts.obtained_at.map(Moment::to_iso),
        "age_s": facts.obtained_at.map(|at| at.seconds_until(page::now())),
        "lifetime_s": facts.lifetime,
        "signed_in_at": facts.signed_in_at.map(Moment::to_iso),
        "protocol": facts.protocol,
    })
}
