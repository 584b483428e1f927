//! The life of an agent: sign in, register, stay connected, leave.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    Connection, Error, Options, backoff,
    connection::{self, Link},
    desk::Desk,
    frames::{self, Ending, Next},
    mailbox::Mailbox,
    registration, spread,
};
use crate::services::{self, Access, Session};

/// How long the work may take to end, and the last words to be confirmed, when the program is stopped.
const FAREWELL: Duration = Duration::from_secs(10);

/// Signs in, and tries again while the server cannot be reached. `None`: `shutdown` came first.
///
/// # Errors
/// When the credentials are refused, or the deployment does not offer what is needed.
pub async fn sign_in(access: Access, shutdown: &CancellationToken) -> Result<Option<Session>, Error> {
    let mut failures = 0;
    loop {
        let Some(result) = shutdown.run_until_cancelled(Session::connect(access.clone())).await else {
            return Ok(None);
        };
        match result {
            Ok(session) => return Ok(Some(session)),
            Err(error) if passes(&error) => {
                failures += 1;
                let wait = backoff(failures, spread());
                tracing::warn!("signing in failed, again in {} ms: {error}", wait.as_millis());
                if shutdown.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Runs an agent until `shutdown`, or until the server wants it gone for good. Work that runs then is asked to end, and
/// is reported.
///
/// # Errors
/// When the credentials are refused, when it was kicked or blocked, and when another process took its place.
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
        has_settled: false,
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
    has_settled: bool,
}

impl Agent {
    async fn stay_connected(&mut self, shutdown: &CancellationToken) -> Result<(), Error> {
        let mut failures = 0;
        let mut registered = Registered::No;
        loop {
            let attempt = async {
                if registered == Registered::No {
                    let Options { session, name, implementations, .. } = &self.options;
                    registration::register(session, name, implementations).await?;
                }
                connection::open(&self.options.session, &self.id).await
            };
            let Some(opened) = shutdown.run_until_cancelled(attempt).await else { return Ok(()) };
            let next = match opened {
                Ok(socket) => {
                    registered = Registered::Yes;
                    let link = Link {
                        session: self.options.session.clone(),
                        mailbox: Arc::clone(&self.mailbox),
                        desk: self.desk.clone(),
                        settle: self.options.settle.clone(),
                        watch: self.options.watch.clone(),
                        session_is_new: if self.has_settled { Age::Known } else { Age::New },
                    };
                    let left = connection::converse(link, socket, shutdown).await;
                    self.has_settled |= left.ending.registered;
                    if left.ending.registered {
                        failures = 0;
                    }
                    match left.why {
                        connection::Why::Shutdown => return Ok(()),
                        connection::Why::Kicked(reason) => return Err(Error::Kicked(reason)),
                        connection::Why::Bounced(wait) => Next::After(wait),
                        connection::Why::Ended => self.after(&left, &mut registered).await?,
                    }
                }
                Err(error) if passes(&error) => {
                    self.tell(Connection::Lost { why: error.to_string() });
                    Next::Reconnect
                }
                Err(error) => return Err(error.into()),
            };
            let wait = match next {
                Next::Stop(error) => return Err(error),
                Next::After(wait) => wait,
                Next::Reconnect | Next::Afresh => {
                    failures += 1;
                    backoff(failures, spread())
                }
            };
            tracing::info!(milliseconds = wait.as_millis(), "connecting again after a wait");
            if shutdown.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return Ok(());
            }
        }
    }

    /// What to do after a connection ended; fetches a new token and forgets refused tasks where that may be the reason.
    async fn after(&self, left: &connection::Left, registered: &mut Registered) -> Result<Next, Error> {
        self.tell(Connection::Lost { why: describe(&left.ending) });
        let next = frames::after(&left.ending);
        if let Next::Afresh = next {
            *registered = Registered::No;
            if left.ending.registered {
                self.forget_refused().await;
            }
            // A token that was given from outside cannot be renewed; the registration then tells whether it is bad.
            match self.options.session.tokens().renewed(&left.token, "the agent socket was closed").await {
                Ok(_) | Err(services::Error::SignIn(_)) => {}
                Err(error) if passes(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(next)
    }

    /// A report about a task that the server does not know closes the socket; said again, it would do so for ever.
    async fn forget_refused(&self) {
        for task in self.mailbox.tasks() {
            if let Err(services::Error::NotFound(_)) = registration::task(&self.options.session, &task).await {
                tracing::warn!(task, "the server does not know this task; nothing more is said about it");
                self.mailbox.forget(&task);
                self.desk.cancel(&task);
            }
        }
    }

    fn tell(&self, connection: Connection) {
        if let Connection::Lost { why } = &connection {
            tracing::warn!("not connected: {why}");
        }
        if let Some(watch) = &self.options.watch {
            watch.send_replace(connection);
        }
    }
}

/// Whether the server has been told who we are and what we offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registered {
    Yes,
    No,
}

/// Whether a session began with this connection, so that tasks of an earlier process may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    New,
    Known,
}

/// Whether waiting may help. Everything else is said at once, because somebody has to do something about it.
fn passes(error: &services::Error) -> bool {
    match error {
        services::Error::Network { .. } | services::Error::Deadline { .. } | services::Error::Page { .. } => true,
        services::Error::Status { status, .. } => *status >= 500 || *status == 429 || *status == 404,
        services::Error::NoAddress { why, .. } => !why.contains("does not offer"),
        _ => false,
    }
}

fn describe(ending: &Ending) -> String {
    match (&ending.protocol_error, ending.code) {
        (Some(error), _) => format!("the server closed the socket: {error}"),
        (None, Some(code)) => format!("the server closed the socket (code {code})"),
        (None, None) => String::from("the connection broke"),
    }
}

/// How long a farewell may take.
pub(super) fn farewell() -> Duration {
    FAREWELL
}
