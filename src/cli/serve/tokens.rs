//! `kab serve token add|list|remove`: tokens for others. A token is shown once, when it is made, and never again.

use serde_json::{Value, json};

use super::manage::open;
use super::{TokenVerb, WantedToken};
use crate::cli::client::page;
use crate::cli::context::Context;
use crate::cli::output::{Answer, Columns};
use crate::domain::{Failure, FailureKind, Moment, clean_line};
use crate::server::{Error, GivenToken, NewToken, TokenKind};
use crate::tui::now;

/// Makes, lists or withdraws tokens.
///
/// # Errors
/// When the data folder cannot be opened or written, or there is no such token.
pub async fn run(context: &Context<'_>, verb: TokenVerb) -> Result<Answer, Failure> {
    match verb {
        TokenVerb::Add { org, user, kind } => add(context, (org, user), kind).await,
        TokenVerb::List => {
            let what = "Could not list the tokens";
            let server = open(context, what).await?;
            let tokens = server.given_tokens().await.map_err(|error| Failure::new(what, error.to_string()))?;
            Ok(list(&tokens))
        }
        TokenVerb::Remove { id } => remove(context, &id).await,
    }
}

async fn add(context: &Context<'_>, (org, user): (String, String), kind: WantedToken) -> Result<Answer, Failure> {
    let kind = match kind {
        WantedToken { redeem: true, .. } => TokenKind::Redeem,
        WantedToken { mandate: true, .. } => TokenKind::Mandate,
        WantedToken { .. } => TokenKind::Client,
    };
    let what = "Could not make a token";
    let server = open(context, what).await?;
    let token = server.add_token(&org, &user, kind).await.map_err(|error| Failure::new(what, error.to_string()))?;
    let (token, variable) = match token {
        NewToken::Client(token) => (token, "FAKTS_TOKEN"),
        NewToken::Redeem(token) => (token, "FAKTS_REDEEM_TOKEN"),
        NewToken::Mandate(token) => (token, "FAKTS_MANDATE_KEY"),
    };
    context
        .printer
        .note(&format!("Programs take it as {variable}. It is shown this once, and is as good as a password."));
    let data = json!({"token": token, "variable": variable, "organisation": org, "user": user});
    Ok(Answer::text(data, token.clone(), token))
}

fn list(tokens: &[GivenToken]) -> Answer {
    let row = |token: &GivenToken| {
        let at = |milliseconds: i64| page::age_of(Some(Moment(milliseconds)), now());
        let used = token.used_at.map(at).or_else(|| token.redeemed_by.as_deref().map(clean_line));
        vec![
            token.id.clone(),
            clean_line(&token.organisation),
            clean_line(&token.user),
            at(token.created_at),
            used.unwrap_or_else(|| "-".to_owned()),
        ]
    };
    let columns = Columns {
        headings: vec!["ID", "ORGANISATION", "USER", "AGE", "USED"],
        rows: tokens.iter().map(row).collect(),
        empty: "No tokens were made. `kab serve token add` makes one.".to_owned(),
    };
    Answer::list(tokens.iter().map(value).collect(), columns, tokens.iter().map(|token| token.id.clone()).collect())
}

fn value(token: &GivenToken) -> Value {
    let iso = |milliseconds: i64| Moment(milliseconds).to_iso();
    json!({
        "id": token.id,
        "kind": token.kind.word(),
        "organisation": token.organisation,
        "user": token.user,
        "created_at": iso(token.created_at),
        "used_at": token.used_at.map(iso),
        "redeemed_by": token.redeemed_by,
    })
}

async fn remove(context: &Context<'_>, id: &str) -> Result<Answer, Failure> {
    let what = format!("Could not withdraw {}", clean_line(id));
    let server = open(context, &what).await?;
    server.withdraw_token(id).await.map_err(|error| match error {
        Error::NoSuch { .. } => Failure::new(&what, "there is no such token")
            .kind(FailureKind::NotFound)
            .hint("`kab serve token list` lists them."),
        other => Failure::new(&what, other.to_string()),
    })?;
    let note = match id.trim().split('-').next() {
        Some("client") => {
            "What was had for it is worth nothing any more; programs with other tokens of this user claim anew."
        }
        Some("redeem") => "A program that has redeemed it stays signed in.",
        _ => "A program that it has let in stays so for an hour at most.",
    };
    context.printer.note(note);
    Ok(Answer::text(json!({"id": id, "removed": true}), format!("{id} is withdrawn."), id.to_owned()))
}
