//! What is to go wrong, decided by each test, and the record of everything that was asked.

use std::{
    collections::{BTreeSet, HashSet},
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Map, Value};

/// A service of the deployment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    Kabinet,
    Rekuest,
    Lok,
}

/// How a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Http,
    Socket,
}

/// Something that goes wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is carried out, and the connection breaks before a byte of the answer.
    LoseReply,
    /// The connection breaks before it is carried out.
    LoseRequest,
    /// It is carried out, and a proxy answers a page with this status.
    Page(u16),
    /// It is not carried out, and a proxy answers a page with this status.
    PageInstead(u16),
    /// It is carried out, and half of the JSON arrives.
    Truncate,
    /// It is carried out, and no answer ever comes.
    Hang,
    /// It is carried out, and the answer comes late.
    Delay(Duration),
    /// It is not carried out, and `errors` says this.
    Error(String),
    /// Of a list whose page holds one of these rows, that row cannot be rendered.
    BadRows(Range<i64>),
}

/// A request that was made.
#[derive(Debug, Clone)]
pub struct Request {
    pub service: Service,
    pub transport: Transport,
    /// The operation's name, or its first field.
    pub operation: String,
    /// `query`, `mutation` or `subscription`; for Lok the method.
    pub kind: String,
    pub query: String,
    pub variables: Map<String, Value>,
    /// Rows of the biggest list in the answer.
    pub rows: usize,
    /// Root lists that were asked for without an end.
    pub endless: Vec<String>,
    /// When it came.
    pub at: Instant,
    /// How long its answer took.
    pub took: Duration,
    /// Messages of the answer's errors.
    pub errors: Vec<String>,
    /// What the script did to it.
    pub fault: Option<Fault>,
}

struct Planned {
    operation: String,
    fault: Fault,
    times: usize,
}

/// What a test has decided.
#[derive(Default)]
pub struct Script {
    planned: Mutex<Vec<Planned>>,
    requests: Mutex<Vec<Request>>,
    issued: Mutex<HashSet<String>>,
    expired: Mutex<HashSet<String>>,
    slow_rows: Mutex<Duration>,
    sockets_last: Mutex<Option<Duration>>,
    closes: Mutex<Vec<u16>>,
    no_sockets: AtomicBool,
    late: Mutex<Duration>,
    feeds: AtomicUsize,
    pub(super) lok: Mutex<super::lok::Manners>,
}

impl Script {
    /// The next so many requests of the operation (its name or first field, or a fakts path such as `claim`) go wrong.
    pub fn next(&self, times: usize, operation: &str, fault: Fault) {
        self.planned.lock().unwrap().push(Planned { operation: operation.to_owned(), fault, times });
    }

    /// Every request of the operation goes wrong from now on, until [`Self::heal`].
    pub fn every(&self, operation: &str, fault: Fault) {
        self.next(usize::MAX, operation, fault);
    }

    /// Nothing goes wrong any more that was planned for requests.
    pub fn heal(&self) {
        self.planned.lock().unwrap().clear();
    }

    /// Every row of a list delays its answer by this.
    pub fn slow_rows(&self, each: Duration) {
        *self.slow_rows.lock().unwrap() = each;
    }

    /// Every WebSocket is cut so long after it opened; `None`: they last.
    pub fn sockets_last(&self, time: Option<Duration>) {
        *self.sockets_last.lock().unwrap() = time;
    }

    /// No socket of GraphQL is opened from now on, as by a proxy that passes nothing but plain requests; or they are again.
    pub fn refuse_sockets(&self, refuse: bool) {
        self.no_sockets.store(refuse, Ordering::SeqCst);
    }

    pub(super) fn refuses_sockets(&self) -> bool {
        self.no_sockets.load(Ordering::SeqCst)
    }

    /// Subscriptions are in place so long after they were asked for; what happens before is not told.
    pub fn subscriptions_begin_after(&self, time: Duration) {
        *self.late.lock().unwrap() = time;
    }

    /// Subscriptions that were in place so far.
    pub fn feeds(&self) -> usize {
        self.feeds.load(Ordering::SeqCst)
    }

    pub(super) fn late_subscriptions(&self) -> Duration {
        *self.late.lock().unwrap()
    }

    pub(super) fn note_feed(&self) {
        self.feeds.fetch_add(1, Ordering::SeqCst);
    }

    /// The next agent that registers is closed with this code instead.
    pub fn close_next_agent(&self, code: u16) {
        self.closes.lock().unwrap().push(code);
    }

    /// This token has expired.
    pub fn expire(&self, token: &str) {
        self.expired.lock().unwrap().insert(token.to_owned());
    }

    /// All tokens that were issued until now have expired.
    pub fn expire_tokens(&self) {
        let issued = self.issued.lock().unwrap().clone();
        self.expired.lock().unwrap().extend(issued);
    }

    /// How Lok behaves.
    pub fn lok(&self, change: impl FnOnce(&mut super::lok::Manners)) {
        change(&mut self.lok.lock().unwrap());
    }

    /// A token that the deployment gave out.
    pub(super) fn issued(&self, token: &str) {
        self.issued.lock().unwrap().insert(token.to_owned());
    }

    pub(super) fn is_expired(&self, token: &str) -> bool {
        self.expired.lock().unwrap().contains(token)
    }

    pub(super) fn row_delay(&self) -> Duration {
        *self.slow_rows.lock().unwrap()
    }

    pub(super) fn socket_life(&self) -> Option<Duration> {
        *self.sockets_last.lock().unwrap()
    }

    pub(super) fn agent_close(&self) -> Option<u16> {
        self.closes.lock().unwrap().pop()
    }

    /// The fault that this request has coming.
    pub(super) fn fault(&self, operation: &str, fields: &[String]) -> Option<Fault> {
        let mut planned = self.planned.lock().unwrap();
        let hit = |plan: &Planned| plan.operation == operation || fields.contains(&plan.operation);
        let at = planned.iter().position(hit)?;
        let fault = planned[at].fault.clone();
        if planned[at].times == usize::MAX {
            return Some(fault);
        }
        planned[at].times -= 1;
        if planned[at].times == 0 {
            planned.remove(at);
        }
        Some(fault)
    }

    pub(super) fn record(&self, request: Request) {
        self.requests.lock().unwrap().push(request);
    }

    /// Everything that was asked, in the order of the answers.
    pub fn requests(&self) -> Requests {
        Requests(self.requests.lock().unwrap().clone())
    }

    /// Forgets what was asked.
    pub fn forget(&self) {
        self.requests.lock().unwrap().clear();
    }
}

/// A part of the record.
#[derive(Debug, Clone)]
pub struct Requests(pub Vec<Request>);

impl Requests {
    /// Those of one operation, by its name or first field.
    pub fn of(&self, operation: &str) -> Vec<&Request> {
        self.0.iter().filter(|request| request.operation == operation).collect()
    }

    /// Those that changed something.
    pub fn mutations(&self) -> Vec<&Request> {
        self.0.iter().filter(|request| request.kind == "mutation").collect()
    }

    /// Lists that were asked for without an end: what blocks a real server for minutes.
    pub fn endless(&self) -> BTreeSet<String> {
        self.0.iter().flat_map(|request| request.endless.clone()).collect()
    }

    /// All errors that were answered.
    pub fn errors(&self) -> Vec<String> {
        self.0.iter().flat_map(|request| request.errors.clone()).collect()
    }
}
