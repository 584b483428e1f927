//! `kab` without a verb: the terminal program over the server that is meant.

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::context::Context;
use super::journal;
use crate::access::{self, Chosen, Flags, SignIn, Step, TokenFacts, TokenPlace};
use crate::cache::Cache;
use crate::config::Folders;
use crate::domain::{Failure, FailureKind, Moment, clean_line};
use crate::engine::{self, Found};
use crate::services::{Store, fakts::Encryption};
use crate::tui::app::Destination;
use crate::tui::message::{Message, Session, Socket};
use crate::tui::overlays::{Code, ContextRow, SignInStep};
use crate::tui::{self, Inbox, Network, Options, Outside, Security};

/// How the terminal program begins.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Where it opens.
    pub at: Option<Destination>,
    /// Whether servers are asked.
    pub network: Network,
}

/// Opens the terminal program.
///
/// # Errors
/// When there is no terminal.
pub async fn run(context: &Context<'_>, chosen: Chosen, opening: Opening) -> Result<ExitCode, Failure> {
    let wanted = context.settings.config.terminal.clone();
    let mut options = Options::of(|name| match name {
        // The settings have the variables already, where they are set.
        "KAB_COLOR" => wanted.colours.clone(),
        "KAB_GLYPHS" => wanted.glyphs.clone(),
        "KAB_THEME" => wanted.theme.clone(),
        "KAB_CLIPBOARD" => wanted.clipboard.clone(),
        "KAB_NOTIFY" => wanted.notifications.clone(),
        _ => std::env::var(name).ok(),
    });
    options.runtime_dir = Some(context.folders.runtime.clone());
    options.open_at = opening.at;
    options.network = opening.network;
    let found = super::keys::find(&context.folders);
    options.said = context.settings.warnings.iter().map(ToString::to_string).chain(found.complaints()).collect();
    if options.said.len() > 1 {
        options.said.push(format!("{} lines of your settings are not used; @ shows them", options.said.len()));
    }
    options.keys = found.keymap;
    let detail = if context.common.debug { journal::Detail::Debug } else { journal::Detail::Usual };
    options.log = journal::begin(&context.folders, detail);
    let flags = context.common.flags();
    let world = World { folders: context.folders.clone(), flags, chosen: Mutex::new(Ok(chosen)) };
    tui::run(options, world).await?;
    Ok(ExitCode::SUCCESS)
}

/// The server that is meant, and the engines of this machine.
struct World {
    folders: Folders,
    flags: Flags,
    /// The context, or why there is none of the name that was asked for last.
    chosen: Mutex<Result<Chosen, Failure>>,
}

impl World {
    fn chosen(&self) -> Result<Chosen, Failure> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl World {
    /// A context as a row of the list.
    fn row(&self, known: access::Known) -> ContextRow {
        let name = known.name.to_string();
        let Some(entry) = known.entry else {
            return ContextRow { name, url: "this machine".into(), ..ContextRow::default() };
        };
        let flags = Flags { context: Some(name.clone()), ..Flags::default() };
        let facts = access::choose(&self.folders, &flags).and_then(|it| access::token_facts(&self.folders, &it));
        let state = match facts {
            Err(failure) => failure.why,
            Ok(TokenFacts { signed_out: Some(_), .. } | TokenFacts { place: TokenPlace::Nowhere, .. }) => {
                "signed out".into()
            }
            Ok(_) => match (&entry.user, &entry.organisation) {
                (Some(user), Some(organisation)) => format!("{user} in {organisation}"),
                (Some(who), None) | (None, Some(who)) => who.clone(),
                (None, None) => "signed in".into(),
            },
        };
        ContextRow {
            name,
            url: entry.address().to_owned(),
            organisation: entry.organisation.unwrap_or_default(),
            word: entry.word.unwrap_or_default(),
            read_only: entry.read_only,
            state,
        }
    }
}

/// A step of signing in, as the dialog shows it.
fn shown(step: Step) -> SignInStep {
    let ended = |what: &str, why: &str| SignInStep::Ended(Failure::new(what, why).kind(FailureKind::SignIn));
    match step {
        Step::Found { deployment, address } => {
            SignInStep::Asking(format!("{} answers at {}", clean_line(&deployment), clean_line(&address)))
        }
        Step::OnlyHttp { address, .. } => SignInStep::Insecure(clean_line(&address)),
        Step::Code(invitation) => {
            let link = clean_line(&invitation.link);
            let life = i64::try_from(invitation.life.as_millis()).unwrap_or(i64::MAX);
            SignInStep::Code(Code {
                page: invitation.page.as_deref().map_or_else(|| link.clone(), clean_line),
                link,
                code: clean_line(&invitation.code),
                expires_at: Some(Moment(tui::now().0.saturating_add(life))),
            })
        }
        Step::Trouble(why) => SignInStep::Waiting(clean_line(&why)),
        Step::Waiting => SignInStep::Waiting(String::new()),
        Step::Approved => SignInStep::Asking("approved, fetching addresses and token".into()),
        Step::Expired => ended("The code is over", "nobody approved it in time"),
        Step::Denied(words) => ended("Somebody refused", &words),
        Step::Vanished => ended("The server has forgotten the code", "it was restarted, or another program took it"),
        Step::Failed(failure) => SignInStep::Ended(failure),
        Step::Done(signed_in) => {
            let who = &signed_in.who;
            let place = if who.organisation.is_empty() { &signed_in.deployment } else { &who.organisation };
            SignInStep::Granted(format!("{} in {}", clean_line(&who.user), clean_line(place)))
        }
    }
}

/// The session as far as nobody has to be asked.
fn session(chosen: &Chosen) -> Session {
    let entry = chosen.entry.clone();
    let local = entry.is_none().then(|| "local".to_owned());
    let entry = entry.unwrap_or_default();
    Session {
        context: chosen.name.to_string(),
        organisation: entry.organisation.clone().or(local.clone()).unwrap_or_default(),
        user: entry.user.clone().or(local).unwrap_or_default(),
        url: entry.address().to_owned(),
        word: entry.word.unwrap_or_default(),
        colour: entry.colour.map(|colour| colour.name().to_owned()).unwrap_or_default(),
        read_only: chosen.read_only.as_ref().map(ToString::to_string),
    }
}

impl Outside for World {
    async fn connect(&self, inbox: Inbox) -> Result<(Session, Store), Failure> {
        let chosen = self.chosen()?;
        let connecting = access::connect(&self.folders, &chosen, |what| {
            inbox.try_send(Message::Connecting(what.to_owned())).ok();
        });
        let connected = connecting.await?;
        for note in connected.notes {
            inbox.send(Message::Said(note)).await.ok();
        }
        let who = connected.who;
        let session = Session { organisation: who.organisation, user: who.user, url: who.url, ..session(&chosen) };
        Ok((session, connected.store))
    }

    async fn contexts(&self) -> Result<Vec<ContextRow>, Failure> {
        let known = access::contexts(&self.folders)?;
        Ok(known.into_iter().map(|known| self.row(known)).collect())
    }

    fn use_context(&self, name: &str) {
        // What the command line said about one server does not hold for another.
        let flags = Flags { context: Some(name.to_owned()), token_file: None, ca_file: None, ..self.flags.clone() };
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = access::choose(&self.folders, &flags);
    }

    async fn sign_in(&self, security: Security, tell: impl Fn(SignInStep) + Send + Sync) {
        let request = self.chosen().and_then(|chosen| SignIn::again(&chosen));
        let mut request = match request {
            Ok(request) => request,
            Err(failure) => return tell(SignInStep::Ended(failure)),
        };
        if security == Security::NotNeeded {
            request.encryption = Encryption::Optional;
        }
        tell(SignInStep::Asking(format!("asking {}", request.address)));
        let mut steps = access::sign_in(&self.folders, request, &CancellationToken::new());
        while let Some(step) = steps.next().await {
            tell(shown(step));
        }
        // The person's new name, and what the file of contexts says since.
        if let Ok(chosen) = self.chosen() {
            self.use_context(chosen.name.as_str());
        }
    }

    fn kept(&self) -> Option<(Cache, Session)> {
        let chosen = self.chosen().ok()?;
        let session = session(&chosen);
        // The address of this machine's own server says nothing: it is the same server at any.
        let server = if chosen.is_local() { "local" } else { session.url.as_str() };
        Some((Cache::new(&self.folders.cache, chosen.name.as_str(), server), session))
    }

    async fn sockets(&self) -> Vec<Socket> {
        let reports = engine::probe_sockets().await;
        reports
            .into_iter()
            .map(|report| {
                let place = report.address.strip_prefix("unix://").unwrap_or(&report.address).to_owned();
                let (outcome, answers) = match report.found {
                    Found::Engine { kind, version } => (format!("answers: {} {version}", kind.name()), true),
                    Found::Nothing => ("not there".to_owned(), false),
                    Found::Trouble(why) => (why, false),
                };
                Socket { place, outcome, answers }
            })
            .collect()
    }
}
