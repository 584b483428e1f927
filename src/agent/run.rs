//! The life of an agent: sign in, register, stay connected, leave.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio_util::sync::CancellationToken;

use super::{
    Acquaintance, Connection, Door, Error, Options, backoff,
    connection::{self, Link},
    desk::Desk,
    ending::{self, Ending, Next, Patience},
    mailbox::Mailbox,
    passing::passes,
    quiet::Quiet,
    registration,
    settling::Past,
    slowly, spread,
};
use crate::services::{self, Session};

/// How long the work may take to end, and the last words to be confirmed, when the program is stopped.
const FAREWELL: Duration = Duration::from_secs(10);

/// Signs in, and tries again while the server cannot be reached. `None`: `shutdown` came first.
///
/// # Errors
/// When the credentials are refused; at a first start also when the deployment does not offer what is needed.
pub async fn sign_in(
    door: &dyn Door,
    acquaintance: &Acquaintance,
    shutdown: &CancellationToken,
) -> Result<Option<Session>, Error> {
    let mut failures = 0;
    let mut quiet = Quiet::default();
    loop {
        let Some(result) = shutdown.run_until_cancelled(door.enter()).await else {
            return Ok(None);
        };
        match result {
            Ok(session) => return Ok(Some(session)),
            Err(error) if acquaintance.ends(&error) => return Err(error.into()),
            Err(error) => {
                failures += 1;
                quiet.warn(&format!("signing in failed, and is tried again: {error}"));
                if shutdown.run_until_cancelled(tokio::time::sleep(wait_after(&error, failures))).await.is_none() {
                    return Ok(None);
                }
            }
        }
    }
}

/// What hardly passes by itself is not asked often.
pub fn wait_after(error: &services::Error, failures: u32) -> Duration {
    if passes(error) { backoff(failures, spread()) } else { slowly(failures, spread()) }
}

/// Runs an agent until `shutdown`, or until the server wants it gone for good. Work that runs then is asked to end, and
/// is reported.
///
/// # Errors
/// When the credentials are refused, when it was kicked or blocked, when another process took its place, and when it
/// was away for as long as `Options::give_up_after` says.
pub async fn run(options: Options, shutdown: CancellationToken) -> Result<(), Error> {
    if let Some(folder) = &options.state_dir
        && let Err(error) = std::fs::create_dir_all(folder)
    {
        tracing::warn!("{} cannot be made: {error}", folder.display());
    }
    let file = options.state_dir.as_ref().map(|folder| folder.join("reports.json"));
    let mailbox = Arc::new(Mailbox::open(file));
    let mut agent = Agent {
        desk: Desk::new(options.implementations.clone(), Arc::clone(&mailbox)),
        mailbox,
        options,
        id: uuid::Uuid::new_v4().to_string(),
        past: Past::default(),
        patience: Patience::default(),
        quiet: Quiet::default(),
        away_since: Instant::now(),
    };
    let result = agent.stay_connected(&shutdown).await;
    // Only when the agent ends without `shutdown` does work still run here; nobody would hear of its results.
    _ = tokio::time::timeout(FAREWELL, agent.desk.close()).await;
    result
}

struct Agent {
    options: Options,
    mailbox: Arc<Mailbox>,
    desk: Desk,
    /// Of this session: constant over reconnects, never kept.
    id: String,
    past: Past,
    patience: Patience,
    quiet: Quiet,
    away_since: Instant,
}

/// Whether the server has been told who we are and what we offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// It has.
    Yes,
    /// Not since something went wrong.
    NotLately,
    /// Never.
    Never,
}

impl Agent {
    async fn stay_connected(&mut self, shutdown: &CancellationToken) -> Result<(), Error> {
        let mut told = Told::Never;
        loop {
            let attempt = async {
                if told != Told::Yes {
                    let Options { session, name, implementations, .. } = &self.options;
                    registration::register(session, name, implementations).await?;
                }
                connection::open(&self.options.session, &self.id, self.options.takeover).await
            };
            let Some(opened) = shutdown.run_until_cancelled(attempt).await else { return Ok(()) };
            let wait = match opened {
                Ok(opened) => {
                    told = Told::Yes;
                    match self.talk(opened, &mut told, shutdown).await? {
                        Some(wait) => wait,
                        None => return Ok(()),
                    }
                }
                Err(error) if passes(&error) => {
                    self.tell(error.to_string());
                    self.patience.unreachable(spread())
                }
                Err(error)
                    if (told == Told::Never || matches!(error, services::Error::SignIn(_)))
                        && self.options.acquaintance.ends(&error) =>
                {
                    return Err(error.into());
                }
                Err(error) => {
                    told = Told::NotLately;
                    self.tell(format!("the server does not take this agent: {error}"));
                    self.patience.refused(spread())
                }
            };
            if self.options.give_up_after.is_some_and(|limit| self.away_since.elapsed() >= limit) && self.desk.is_idle()
            {
                return Err(Error::Away);
            }
            tracing::debug!(milliseconds = wait.as_millis(), "connecting again after a wait");
            if shutdown.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Talks over a connection until its end; how long to wait after it, or `None` when the program is stopped.
    async fn talk(
        &mut self,
        opened: connection::Opened,
        told: &mut Told,
        shutdown: &CancellationToken,
    ) -> Result<Option<Duration>, Error> {
        let link = Link {
            session: self.options.session.clone(),
            mailbox: Arc::clone(&self.mailbox),
            desk: self.desk.clone(),
            settle: self.options.settle.clone(),
            watch: self.options.watch.clone(),
            past: self.past.clone(),
        };
        let left = connection::converse(link, opened, shutdown).await;
        if left.ending.registered.is_some() {
            self.away_since = Instant::now();
            self.options.acquaintance.make();
            self.quiet.over();
        }
        let next = match left.why {
            connection::Why::Shutdown => return Ok(None),
            connection::Why::Kicked(reason) => return Err(Error::Kicked(reason)),
            connection::Why::Bounced(wait) => {
                self.tell(String::from("the server asked this agent to leave and come back"));
                return Ok(Some(wait.max(self.patience.wait(&left.ending, &Next::Reconnect, spread()))));
            }
            connection::Why::Ended => ending::after(&left.ending),
        };
        match &next {
            Next::Stop(_) => {}
            Next::Occupied => self.tell(String::from(
                "another process is connected as this agent; this one waits until it is gone (--force takes its place)",
            )),
            _ => self.tell(describe(&left.ending)),
        }
        match next {
            Next::Stop(error) => return Err(error),
            Next::Slowly => *told = Told::NotLately,
            Next::Afresh => {
                *told = Told::NotLately;
                self.renew(&left).await?;
            }
            Next::Reconnect | Next::Occupied => {}
        }
        Ok(Some(self.patience.wait(&left.ending, &next, spread())))
    }

    /// Fetches a new token, and forgets refused tasks, where that may be the reason.
    async fn renew(&self, left: &connection::Left) -> Result<(), Error> {
        if left.ending.registered.is_some() {
            self.forget_refused().await;
        }
        // A token that was given from outside cannot be renewed; the registration then tells whether it is bad.
        match self.options.session.tokens().renewed(&left.token, "the agent socket was closed").await {
            Ok(_) | Err(services::Error::SignIn(_) | services::Error::Barred(_)) => Ok(()),
            Err(error) if self.options.acquaintance.ends(&error) => Err(error.into()),
            Err(_) => Ok(()),
        }
    }

    /// A report about a task that the server does not know closes the socket; said again, it would do so for ever.
    async fn forget_refused(&self) {
        for task in self.mailbox.tasks() {
            match registration::task(&self.options.session, &task).await {
                Err(services::Error::NotFound(_)) => {
                    tracing::warn!(task, "the server does not know this task; nothing more is said about it");
                    self.mailbox.forget(&task);
                    self.desk.cancel(&task);
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    fn tell(&mut self, why: String) {
        self.quiet.warn(&format!("not connected: {why}"));
        if let Some(watch) = &self.options.watch {
            watch.send_replace(Connection::Lost { why });
        }
    }
}

fn describe(ending: &Ending) -> String {
    match (&ending.protocol_error, ending.code) {
        (Some(error), _) => format!("the server does not understand this agent: {}", crate::domain::clean_line(error)),
        (None, Some(3001)) => String::from("the server missed a heartbeat"),
        (None, Some(3003)) if ending.registered.is_none() => {
            String::from("the server closed the socket before it answered (code 3003): a fresh token is fetched")
        }
        (None, Some(code)) => format!("the server closed the socket (code {code})"),
        (None, None) => String::from("the connection broke"),
    }
}

/// How long a farewell may take.
pub(super) fn farewell() -> Duration {
    FAREWELL
}
