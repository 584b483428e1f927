//! `kab login` and `kab logout`: into a deployment, and out of it.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use futures_util::StreamExt as _;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::client::page::Page;
use super::context::{Consent, Context};
use super::output::Answer;
use crate::access::{self, Origin, SignIn, SignedIn, Step, Way};
use crate::cache::Cache;
use crate::config::Folders;
use crate::domain::{Failure, FailureKind, clean_line};
use crate::services::fakts::{Encryption, Invitation, Protocol, is_link};
use crate::services::{Secret, without_password};
use crate::tui::theme::Theme;
use crate::tui::widgets::picture;

/// `kab login`.
#[derive(Debug, Args)]
pub struct Login {
    /// The deployment: a host, host:port or URL; else `FAKTS_URL`, else the chosen context's
    url: Option<String>,
    /// Sign in although nothing is encrypted on the way
    #[arg(long)]
    allow_http: bool,
    /// Open no browser
    #[arg(long)]
    no_browser: bool,
    /// Show the link as a picture, too, for the camera of a telephone (QR code)
    #[arg(long)]
    qr: bool,
    /// File with a ready-made client token, instead of asking a person; else `FAKTS_TOKEN`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["redeem_token_file", "mandate_key_file"])]
    token_file: Option<PathBuf>,
    /// File with a redeem token, instead of asking a person; else `FAKTS_REDEEM_TOKEN`
    #[arg(long, value_name = "FILE", conflicts_with = "mandate_key_file")]
    redeem_token_file: Option<PathBuf>,
    /// File with a mandate key, instead of asking a person; else `FAKTS_MANDATE_KEY`
    #[arg(long, value_name = "FILE")]
    mandate_key_file: Option<PathBuf>,
}

/// Signs in.
///
/// # Errors
/// When the deployment does not let us in.
pub async fn login(context: &Context<'_>, arguments: Login) -> Result<Answer, Failure> {
    let mut request = request(context, &arguments)?;
    let Login { token_file, redeem_token_file, mandate_key_file, .. } = &arguments;
    request.way = way([token_file, redeem_token_file, mandate_key_file]).await?;
    if arguments.allow_http {
        request.encryption = Encryption::Optional;
    }
    let link = if arguments.qr { Link::InPicture } else { Link::InText };
    let manner = Manner { folders: &context.folders, no_browser: arguments.no_browser, link };
    let signed_in = complete(context, &manner, request).await?;
    for note in &signed_in.notes {
        context.printer.note(note);
    }
    Ok(answer(&signed_in))
}

/// How a person is asked.
pub(super) struct Manner<'a> {
    /// Where the login is put.
    pub folders: &'a Folders,
    /// The link is only shown.
    pub no_browser: bool,
    /// How it is shown.
    pub link: Link,
}

/// How a link is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// As text.
    InText,
    /// As text, and for a camera.
    InPicture,
}

/// Signs in, with a person's help where that is needed.
///
/// # Errors
/// When the deployment does not let us in.
pub(super) async fn complete(
    context: &Context<'_>,
    manner: &Manner<'_>,
    mut request: SignIn,
) -> Result<Box<SignedIn>, Failure> {
    loop {
        match attempt(context, manner, &request).await? {
            Ended::Done(signed_in) => return Ok(signed_in),
            Ended::OnlyHttp { deployment, address } => {
                permit(context, &deployment, &address).await?;
                request = SignIn { address, encryption: Encryption::Optional, ..request };
            }
        }
    }
}

/// What is asked for, but for the way in.
fn request(context: &Context<'_>, arguments: &Login) -> Result<SignIn, Failure> {
    let url = arguments.url.clone().or_else(|| variable("FAKTS_URL"));
    let named = context.common.context.clone().or_else(|| variable("KAB_CONTEXT"));
    let ca_file = context.common.flags().ca_file.or_else(crate::services::authorities_of_environment);
    if let Some(url) = url {
        // The context need not be there yet.
        let name = named.map(|name| super::contexts::named(&name)).transpose()?;
        if name.as_ref().is_some_and(crate::config::ContextName::is_local) {
            return Err(Failure::new("Could not sign in", "`local` is this machine's own server, and no other one")
                .kind(FailureKind::Usage));
        }
        let known = name.as_ref().and_then(|name| access::known(&context.folders, name).ok()?.entry);
        let ca_file = ca_file.or_else(|| known.and_then(|entry| entry.ca_file));
        let notes = variable("KAB_TOKEN").map(|_| access::TOKEN_GOES_FIRST.to_owned()).into_iter().collect();
        return Ok(SignIn { context: name, ca_file, notes, ..SignIn::to(&url) });
    }
    let chosen = context.chosen()?;
    if chosen.is_local() && matches!(chosen.origin, Origin::Default | Origin::Current) {
        return Err(Failure::new("Could not sign in", "no deployment was named, and no context leads to one")
            .kind(FailureKind::Usage)
            .hint("`kab login URL` names it: a host, host:port or URL."));
    }
    SignIn::again(chosen)
}

/// Token, then redeem token, then mandate key, then a person; a flag before all variables. The files are in that order.
pub(super) async fn way([token, redeem, mandate]: [&Option<PathBuf>; 3]) -> Result<Way, Failure> {
    let places = [
        (token, "FAKTS_TOKEN", Kind::ClientToken),
        (redeem, "FAKTS_REDEEM_TOKEN", Kind::RedeemToken),
        (mandate, "FAKTS_MANDATE_KEY", Kind::MandateKey),
    ];
    for (file, _, kind) in &places {
        if let Some(path) = file {
            let secret = access::read_secret(path).await;
            return secret.map(|secret| kind.way(secret)).map_err(|error| error.failure("Could not sign in").hint(""));
        }
    }
    let given = places.iter().find_map(|(_, name, kind)| Some(kind.way(Secret::new(variable(name)?.trim()))));
    Ok(given.unwrap_or(Way::Device))
}

/// What lets in without a person.
#[derive(Clone, Copy)]
enum Kind {
    ClientToken,
    RedeemToken,
    MandateKey,
}

impl Kind {
    fn way(self, secret: Secret) -> Way {
        match self {
            Self::ClientToken => Way::ClientToken(secret),
            Self::RedeemToken => Way::RedeemToken(secret),
            Self::MandateKey => Way::MandateKey(secret),
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// How an attempt ended.
enum Ended {
    Done(Box<SignedIn>),
    OnlyHttp { deployment: String, address: String },
}

async fn attempt(context: &Context<'_>, manner: &Manner<'_>, request: &SignIn) -> Result<Ended, Failure> {
    let printer = context.printer;
    let what = format!("Could not sign in to {}", without_password(&request.address));
    let refused = |why: &str| Failure::new(&what, why).kind(FailureKind::SignIn);
    let mut steps = access::sign_in(manner.folders, request.clone(), &CancellationToken::new());
    let mut countdown: Option<(Instant, Duration)> = None;
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    let mut place = String::new();
    loop {
        let step = tokio::select! {
            step = steps.next() => step,
            _ = tick.tick() => {
                if let Some((since, life)) = &countdown {
                    let left = life.saturating_sub(since.elapsed()).as_secs();
                    printer.progress(&format!("  waiting for approval, {:02}:{:02} left", left / 60, left % 60));
                }
                continue;
            }
        };
        match step {
            Some(Step::Found { deployment, address }) => place = format!("{} ({address})", clean_line(&deployment)),
            Some(Step::Code(invitation)) => {
                invite(context, &place, &invitation);
                if manner.link == Link::InPicture {
                    show_picture(context, &invitation.link);
                }
                if !manner.no_browser && sits_here(variable) && io::stderr().is_terminal() && is_link(&invitation.link)
                {
                    // Where it cannot be opened, the link is there to be copied.
                    open::that_detached(&invitation.link).ok();
                }
                countdown = Some((Instant::now(), invitation.life));
            }
            Some(Step::Trouble(why)) => printer.note(&format!("No answer, asking on: {why}")),
            Some(Step::Waiting) => printer.note("The server answers again."),
            Some(Step::Approved) => {
                countdown = None;
                printer.progress("approved, finding the services");
            }
            Some(Step::OnlyHttp { deployment, address }) => return Ok(Ended::OnlyHttp { deployment, address }),
            Some(Step::Done(signed_in)) => return Ok(Ended::Done(signed_in)),
            Some(Step::Failed(failure)) => return Err(failure),
            Some(Step::Expired) => {
                return Err(refused("nobody approved the code in time").hint("`kab login` gives a new one."));
            }
            Some(Step::Denied(why)) => return Err(refused(&format!("it was refused ({why})"))),
            Some(Step::Vanished) => {
                return Err(refused("the server does not know the code any more").hint("`kab login` gives a new one."));
            }
            None => return Err(refused("it was broken off")),
        }
    }
}

/// Shows the code, each thing to be copied on a line of its own.
fn invite(context: &Context<'_>, place: &str, invitation: &Invitation) {
    let Invitation { code, link, page, other_link, .. } = invitation;
    let mut lines = vec![
        String::new(),
        format!("  Sign in to {place}"),
        String::new(),
        "  1. On any device, open".to_owned(),
        String::new(),
        format!("         {link}"),
        String::new(),
    ];
    lines.extend(other_link.iter().map(|other| format!("     or, where that page is missing, {other}")));
    lines.extend(page.iter().map(|page| format!("     or enter the code at {page}")));
    lines.extend([
        String::new(),
        "  2. Approve, if the page shows this code".to_owned(),
        String::new(),
        format!("         {code}"),
        String::new(),
    ]);
    for line in lines {
        context.printer.tell(&line);
    }
}

/// Shows a link for a camera.
fn show_picture(context: &Context<'_>, link: &str) {
    let glyphs = context.settings.config.terminal.glyphs.clone();
    let theme = Theme::from_environment(|name| match name {
        "KAB_GLYPHS" => glyphs.clone(),
        _ => variable(name),
    });
    for line in picture::lines(link, picture::Signs::of(&theme.glyphs)) {
        context.printer.tell(&format!("  {line}"));
    }
}

/// Whether a browser would open where the person sits.
fn sits_here(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name: &str| variable(name).is_some();
    let display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    display && !is_set("SSH_CONNECTION") && !is_set("SSH_TTY")
}

async fn permit(context: &Context<'_>, deployment: &str, address: &str) -> Result<(), Failure> {
    let why = format!("{} answers at {address} only, without encryption", clean_line(deployment));
    let question = format!("{why}: everybody on the way can read your login. Sign in all the same?");
    // Somebody on the way can bring this about by holding up the encrypted answer, so a yes to everything is none to this.
    let consent = if context.common.yes { Consent::NobodyThere } else { context.consent(&question).await };
    match consent {
        Consent::Given => Ok(()),
        Consent::Refused => Err(Failure::new("Did not sign in", why).kind(FailureKind::SignIn)),
        Consent::NobodyThere => Err(Failure::new("Did not sign in", why)
            .kind(FailureKind::SignIn)
            .hint("--allow-http signs in all the same: everybody on the way can read the login then.")),
    }
}

fn answer(signed_in: &SignedIn) -> Answer {
    let SignedIn { who, deployment, protocol, roles, stored_in, is_current, .. } = signed_in;
    let data = json!({
        "context": who.context,
        "current": is_current,
        "deployment": deployment,
        "url": who.url,
        "organisation": who.organisation,
        "user": who.user,
        "roles": roles,
        "protocol": match protocol { Protocol::One => "1", Protocol::Two => "2" },
        "stored": {"kind": "file", "path": stored_in},
    });
    let mut page = Page::new();
    let organisation = if who.organisation.is_empty() { String::new() } else { format!(" of {}", who.organisation) };
    let name = if who.user.is_empty() { "somebody" } else { &who.user };
    page.line(format!("Signed in to {deployment} as {name}{organisation}."));
    page.line(format!("The context is {}; the token is stored in file {}.", who.context, stored_in.display()));
    if !is_current {
        page.line(format!("--context {0} means it, `kab context use {0}` chooses it.", who.context));
    }
    Answer::text(data, page.into_text(), who.context.as_str())
}

/// Signs out.
///
/// # Errors
/// When there is nothing to sign out of.
pub async fn logout(context: &Context<'_>) -> Result<Answer, Failure> {
    let chosen = context.chosen()?;
    let off = access::sign_out(&context.folders, chosen).await?;
    for note in &off.notes {
        context.printer.note(note);
    }
    // What the server told was for somebody who was signed in.
    if let Err(error) = Cache::new(&context.folders.cache, chosen.name.as_str(), "").forget_told() {
        context.printer.note(&format!("What its server told is still on this disk: {error}"));
    }
    let data = json!({"context": off.context, "was_signed_in": off.was_signed_in, "revoked": off.was_revoked});
    let text = match (off.was_signed_in, off.was_revoked) {
        (true, true) => format!("Signed out of {}: the deployment has taken the login back.", off.context),
        (true, false) => format!("Signed out of {}: kab has forgotten the login.", off.context),
        (false, _) => format!("Nobody was signed in to {}.", off.context),
    };
    Ok(Answer::text(data, text, off.context.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_opened_only_where_the_person_sits() {
        let has = |names: &'static [&str]| sits_here(move |name| names.contains(&name).then(|| "x".to_owned()));
        assert!(has(&["DISPLAY"]) && has(&["WAYLAND_DISPLAY"]));
        assert!(!has(&[]) && !has(&["DISPLAY", "SSH_CONNECTION"]) && !has(&["WAYLAND_DISPLAY", "SSH_TTY"]));
    }
}
