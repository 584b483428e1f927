//! `kab` without a verb: the terminal program over the server that is meant.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::Common;
use super::context::Context;
use super::journal;
use super::offered;
use super::wanted::wanted;
use crate::access::{self, Chosen, Flags, SignIn, Step, TokenFacts, TokenPlace, Variables};
use crate::cache::Cache;
use crate::compat::Offered;
use crate::config::{self, ContextName, Folders};
use crate::domain::{Failure, FailureKind, Moment, clean_line};
use crate::engine::{self, Found};
use crate::services::{Store, fakts::Encryption};
use crate::tui::app::Destination;
use crate::tui::effect::Ticket;
use crate::tui::message::{Confirm, Message, Session, Socket};
use crate::tui::overlays::{Code, ContextRow, SignInStep};
use crate::tui::{self, Inbox, Link, Network, Options, Outside, Security, Start, Teller};

/// How the terminal program begins.
#[derive(Debug, Clone, Default)]
pub struct Opening {
    /// Where it opens.
    pub at: Option<Destination>,
    /// Whether servers are asked.
    pub network: Network,
    /// Whether it goes on where it was left.
    pub start: Start,
}

/// A path as a person writes it.
fn written(path: &Path, home: Option<&Path>) -> String {
    let path = match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => Path::new("~").join(rest),
        None => path.to_owned(),
    };
    clean_line(&path.to_string_lossy())
}

/// Opens the terminal program.
///
/// # Errors
/// When there is no terminal.
pub async fn run(context: &Context<'_>, chosen: Chosen, opening: Opening) -> Result<ExitCode, Failure> {
    let (mut options, _) = wanted(&context.folders, &context.settings);
    options.runtime_dir = Some(context.folders.runtime.clone());
    options.cache_dir = Some(context.folders.cache.clone());
    options.log_folder = written(&context.folders.state.join("logs"), std::env::home_dir().as_deref());
    options.documents = tui::document::Documents(super::document_of);
    options.open_at = opening.at;
    options.network = opening.network;
    options.start = opening.start;
    options.address = chosen.entry.as_ref().map(|entry| clean_line(entry.address()));
    let themes = context.folders.config.join("themes/any.toml");
    options.watched = vec![context.folders.config_file(), context.folders.keys_file(), config::site_file(), themes];
    let detail = if context.common.debug { journal::Detail::Debug } else { journal::Detail::Usual };
    options.log = journal::begin(&context.folders, detail);
    let mut world = World::new(context.folders.clone(), context.common.flags(), chosen);
    world.common = Some(context.common.clone());
    world.link = Mutex::new(options.link);
    tui::run(options, world).await?;
    Ok(ExitCode::SUCCESS)
}

/// The server that is meant, and the engines of this machine.
struct World {
    folders: Folders,
    flags: Flags,
    /// The context, or why there is none of the name that was asked for last.
    chosen: Mutex<Result<Chosen, Failure>>,
    /// The context that the program was started for, which the command line speaks of.
    started_for: ContextName,
    /// The context that `KAB_TOKEN` and `--token-file` are for: the one that the program was started for, until somebody signs in there.
    token_for: Mutex<Option<ContextName>>,
    /// What the command line said, where settings are to be read anew.
    common: Option<Common>,
    /// What the person wants of the way to the server, as it was read last.
    link: Mutex<Link>,
}

impl World {
    fn new(folders: Folders, flags: Flags, chosen: Chosen) -> Self {
        let started_for = chosen.name.clone();
        let token_for = Mutex::new(Some(started_for.clone()));
        let link = Mutex::default();
        Self { folders, flags, chosen: Mutex::new(Ok(chosen)), started_for, token_for, common: None, link }
    }

    fn chosen(&self) -> Result<Chosen, Failure> {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What holds for a context that is chosen now: what the command line and the environment said about one server does
    /// not hold for another.
    fn flags_for(&self, name: &str) -> Flags {
        let token_for = self.token_for.lock().unwrap_or_else(PoisonError::into_inner);
        let is_meant = token_for.as_ref().is_some_and(|meant| meant.as_str() == name);
        let (variables, token_file) =
            if is_meant { (Variables::All, self.flags.token_file.clone()) } else { (Variables::NoToken, None) };
        // A login that was made since replaces a token, and the server's certificate is the same as before.
        let ca_file = self.flags.ca_file.clone().filter(|_| self.started_for.as_str() == name);
        Flags { context: Some(name.to_owned()), token_file, ca_file, variables, ..self.flags.clone() }
    }

    /// Somebody has signed in: that counts more than a token that was given before.
    fn signed_in(&self, name: &ContextName) {
        self.token_for.lock().unwrap_or_else(PoisonError::into_inner).take_if(|meant| meant == name);
        // The person's new name, and what the file of contexts says since.
        self.use_context(name.as_str());
    }

    /// A context as a row of the list.
    fn row(&self, known: access::Known) -> ContextRow {
        let name = known.name.to_string();
        let Some(entry) = known.entry else {
            return ContextRow { name, url: "this machine".into(), ..ContextRow::default() };
        };
        let facts = access::choose(&self.folders, &self.flags_for(&name))
            .and_then(|it| access::token_facts(&self.folders, &it));
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
            url: entry.address().to_owned(),
            word: entry.mark(&name).unwrap_or_default(),
            name,
            organisation: entry.organisation.unwrap_or_default(),
            colour: entry.colour.map(|colour| colour.name().to_owned()).unwrap_or_default(),
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
                other_link: invitation.other_link.as_deref().map(clean_line),
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
            let kept = clean_line(&signed_in.stored_in.display().to_string());
            let mut said = format!("{} in {}; the login is kept in {kept}", clean_line(&who.user), clean_line(place));
            said.extend(signed_in.notes.iter().flat_map(|note| [String::from(". "), clean_line(note)]));
            SignInStep::Granted(said)
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
        subject: String::new(),
        offered: if chosen.is_local() { offered::here() } else { Offered::default() },
        url: entry.address().to_owned(),
        word: entry.mark(chosen.name.as_str()).unwrap_or_default(),
        colour: entry.colour.map(|colour| colour.name().to_owned()).unwrap_or_default(),
        read_only: chosen.read_only.as_ref().map(ToString::to_string),
        confirm: match entry.confirm {
            Some(config::Confirm::TypeName) => Confirm::TypeName,
            None => Confirm::Key,
        },
    }
}

/// Where the lists of a context are kept, and who and where that is.
pub fn kept(folders: &Folders, chosen: &Chosen) -> (Cache, Session) {
    let mut session = session(chosen);
    // The address of this machine's own server says nothing: it is the same server at any.
    let server = if chosen.is_local() { "local" } else { session.url.as_str() };
    let cache = Cache::new(&folders.cache, chosen.name.as_str(), server);
    session.subject = cache.read_me();
    (cache, session)
}

impl Outside for World {
    async fn connect(&self, inbox: Inbox) -> Result<(Session, Store), Failure> {
        let chosen = self.chosen()?;
        let connecting = access::connect(&self.folders, &chosen, |what| {
            inbox.try_send(Message::Connecting(what.to_owned())).ok();
        });
        let connected = connecting.await?;
        let link = *self.link.lock().unwrap_or_else(PoisonError::into_inner);
        connected.store.session().http().meter().hold(link.low_bandwidth, link.most);
        for note in connected.notes {
            inbox.send(Message::Said(note)).await.ok();
        }
        let who = connected.who;
        if let Some((cache, _)) = self.kept() {
            cache.write_me(&who.subject, tui::now());
        }
        let offered = if chosen.is_local() { offered::here() } else { offered::elsewhere(&connected.store) };
        let session = Session {
            organisation: who.organisation,
            user: who.user,
            subject: who.subject,
            url: who.url,
            offered,
            ..session(&chosen)
        };
        Ok((session, connected.store))
    }

    async fn contexts(&self) -> Result<Vec<ContextRow>, Failure> {
        let known = access::contexts(&self.folders)?;
        Ok(known.into_iter().map(|known| self.row(known)).collect())
    }

    async fn all_pods(&self, ticket: Ticket, inbox: Inbox) {
        let asked = access::pods_everywhere(&self.folders, |name| self.flags_for(name));
        let (contexts, mut pods) = match asked {
            Ok(asked) => (Ok(asked.contexts.iter().map(ToString::to_string).collect()), Some(asked.pods)),
            Err(failure) => (Err(failure), None),
        };
        inbox.send(Message::AllPodsAsked(ticket, contexts)).await.ok();
        while let Some(pods) = &mut pods
            && let Some((context, pods)) = pods.next().await
        {
            inbox.send(Message::PodsOf(ticket, context.to_string(), pods)).await.ok();
        }
    }

    fn use_context(&self, name: &str) {
        let chosen = access::choose(&self.folders, &self.flags_for(name));
        *self.chosen.lock().unwrap_or_else(PoisonError::into_inner) = chosen;
    }

    async fn sign_in(&self, security: Security, teller: Teller) {
        let request = self.chosen().and_then(|chosen| SignIn::again(&chosen));
        let mut request = match request {
            Ok(request) => request,
            Err(failure) => return teller.tell(SignInStep::Ended(failure)).await,
        };
        if security == Security::NotNeeded {
            request.encryption = Encryption::Optional;
        }
        teller.tell(SignInStep::Asking(format!("asking {}", request.address))).await;
        let mut steps = access::sign_in(&self.folders, request, &CancellationToken::new());
        while let Some(step) = steps.next().await {
            // The terminal connects as soon as it hears of it, so what it connects to is chosen before.
            if let Step::Done(signed_in) = &step {
                self.signed_in(&signed_in.who.context);
            }
            teller.tell(shown(step)).await;
        }
    }

    fn settings(&self) -> Result<Options, Failure> {
        let nothing = || Failure::new(tui::KEPT, "nobody said how they are read");
        let common = self.common.as_ref().ok_or_else(nothing)?;
        let kept = |failure: Failure| Failure { what: tui::KEPT.to_owned(), ..failure };
        let settings = super::meant(&self.folders, common).map_err(kept)?;
        match wanted(&self.folders, &settings) {
            (_, Some(broken)) => Err(Failure::new(tui::KEPT, broken).kind(FailureKind::Usage)),
            (options, None) => {
                // The next connection goes by it, too.
                *self.link.lock().unwrap_or_else(PoisonError::into_inner) = options.link;
                Ok(options)
            }
        }
    }

    fn kept(&self) -> Option<(Cache, Session)> {
        Some(kept(&self.folders, &self.chosen().ok()?))
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::ContextEntry;
    use crate::services::fakts::Invitation;

    fn world(folder: &std::path::Path) -> World {
        let folders = Folders::find(Some(folder)).unwrap();
        for name in ["lab", "other"] {
            let url = Some(format!("https://{name}.example.org"));
            let entry = ContextEntry { url, confirm: Some(config::Confirm::TypeName), ..ContextEntry::default() };
            access::add(&folders, &name.parse().unwrap(), entry).unwrap();
        }
        let (token_file, ca_file) = (Some("/token".into()), Some("/ca".into()));
        let flags = Flags { context: Some("lab".into()), token_file, ca_file, ..Flags::default() };
        let chosen = access::choose(&folders, &flags).unwrap();
        World::new(folders, flags, chosen)
    }

    #[test]
    fn what_the_command_line_says_of_one_server_holds_for_that_one_and_does_not_follow_to_another() {
        let folder = tempfile::tempdir().unwrap();
        let world = world(folder.path());
        let there = world.flags_for("lab");
        assert_eq!((there.variables, there.token_file), (Variables::All, Some("/token".into())));
        assert_eq!(there.ca_file, Some("/ca".into()));
        let elsewhere = world.flags_for("other");
        assert_eq!((elsewhere.variables, elsewhere.token_file), (Variables::NoToken, None));
        assert_eq!(elsewhere.ca_file, None);
        world.signed_in(&"other".parse().unwrap());
        assert_eq!(world.flags_for("lab").variables, Variables::All, "it is still meant for the first one");
        assert_eq!(world.chosen().unwrap().name.as_str(), "other");
        world.signed_in(&"lab".parse().unwrap());
        let there = world.flags_for("lab");
        assert_eq!(there.variables, Variables::NoToken, "the login that was just made counts");
        assert_eq!((there.token_file, there.ca_file), (None, Some("/ca".into())), "its certificate is the same");
    }

    #[test]
    fn the_terminal_hears_what_the_context_and_the_invitation_say() {
        let folder = tempfile::tempdir().unwrap();
        let chosen = world(folder.path()).chosen().unwrap();
        assert_eq!(session(&chosen).confirm, Confirm::TypeName);
        assert_eq!(session(&Chosen::local()).confirm, Confirm::Key);
        let invitation = Invitation {
            code: "c".into(),
            link: "https://lab.example.org/lok/configure/c".into(),
            page: None,
            other_link: Some("https://lab.example.org/configure/c".into()),
            life: Duration::from_mins(1),
        };
        let SignInStep::Code(code) = shown(Step::Code(invitation)) else { panic!("no code") };
        assert_eq!(code.other_link.as_deref(), Some("https://lab.example.org/configure/c"));
    }
}
