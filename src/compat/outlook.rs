//! What an installation would find: what is to be fetched, whether there is room for it, what waits there already, and
//! which pods run the same app. Said of what the server tells, and of what the engine told; nobody is asked here.

use super::choose::Candidate;
use super::judge::DEMO_IMAGES;
use crate::domain::{
    AppIdentifier, Engine, Fetching, Image, Pod, PodStatus, Portion, Task, TaskState, human_bytes, span,
};

/// What is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// Nothing, and why.
    Nothing(String),
    /// So much, as the engine says.
    Part(Portion),
    /// At most an image of that unpacked size; layers that are there already are not fetched again.
    AtMost(u64),
    /// Nobody knows.
    Unknown,
}

/// Whether there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Space {
    /// The engine does not say.
    Unknown,
    /// As far as anybody can tell there is; so many bytes are free.
    Free(u64),
    /// There is not.
    TooLittle {
        /// Bytes that are free.
        free: u64,
        /// Bytes that the image takes, without what is there of it.
        needed: u64,
    },
}

/// Work of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Queue {
    /// Tasks that it works on.
    pub running: usize,
    /// Tasks that wait for it.
    pub waiting: usize,
}

/// What an installation would find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// What is to be fetched.
    pub fetch: Fetch,
    /// Why the engine cannot tell it better, where it was asked.
    pub untold: Option<String>,
    /// Whether there is room.
    pub space: Space,
    /// What its engine is busy with.
    pub queue: Queue,
}

/// What the installation of a flavour on an engine would find; `told` is what that engine said of its image.
pub fn outlook(candidate: &Candidate<'_>, pods: &[Pod], tasks: &[Task], told: Option<&Fetching>) -> Outlook {
    let (fetch, untold) = match told {
        Some(Fetching::Nothing) => (Fetch::Nothing("the image is there".into()), None),
        Some(Fetching::Part(part)) => (Fetch::Part(*part), None),
        Some(Fetching::Unknown(why)) => (fetch(candidate, pods), Some(why.clone())),
        None => (fetch(candidate, pods), None),
    };
    let needed = candidate.flavour.image.size.and_then(|size| match fetch {
        Fetch::Part(part) => Some(part.share_of(size)),
        Fetch::AtMost(_) if !may_be_there(&candidate.flavour.image.reference) => Some(size),
        _ => None,
    });
    let space = match (free(candidate), needed) {
        (None, _) => Space::Unknown,
        (Some(free), Some(needed)) if needed > free => Space::TooLittle { free, needed },
        (Some(free), _) => Space::Free(free),
    };
    Outlook { fetch, untold, space, queue: queue(candidate.engine, tasks) }
}

/// Whether an engine is worth being asked what it would fetch: what this program brings itself is known.
pub fn is_fetched(image: &Image) -> bool {
    !image.reference.starts_with(DEMO_IMAGES)
}

/// Whether an engine fetches nothing where it has the image already: one that is named by its content, or local. It looks
/// for room by itself where it has to fetch.
fn may_be_there(reference: &str) -> bool {
    reference.contains('@') || reference.starts_with("localhost/")
}

fn fetch(candidate: &Candidate<'_>, pods: &[Pod]) -> Fetch {
    let image = &candidate.flavour.image;
    if !is_fetched(image) {
        return Fetch::Nothing("kab brings it".into());
    }
    // An image stays for as long as there is a container made from it.
    let user = pods.iter().find(|pod| pod.engine == candidate.engine.id && pod.flavour == candidate.flavour.id);
    match (user, image.size) {
        (Some(pod), _) => Fetch::Nothing(format!("it is there, {} uses it", pod.name())),
        (None, Some(size)) => Fetch::AtMost(size),
        (None, None) => Fetch::Unknown,
    }
}

/// Bytes that are free on the resource where it fits best.
fn free(candidate: &Candidate<'_>) -> Option<u64> {
    let resources = &candidate.engine.resources;
    let best = candidate.judgement.resource.as_ref();
    let resource = resources.iter().find(|it| best == Some(&it.id)).or(resources.first())?;
    Some(resource.facts.number("disk.free_mb")?.saturating_mul(1_000_000))
}

/// What an engine is busy with. Logs are read beside it all.
pub fn queue(engine: &Engine, tasks: &[Task]) -> Queue {
    let mut queue = Queue::default();
    let its = |task: &&Task| task.client_id.as_ref() == Some(&engine.client_id) && !task.kind.is_reading();
    for task in tasks.iter().filter(its) {
        match task.state {
            TaskState::Running | TaskState::Cancelling => queue.running += 1,
            TaskState::Queued => queue.waiting += 1,
            TaskState::Disconnected | TaskState::Done | TaskState::Failed | TaskState::Cancelled => {}
        }
    }
    queue
}

/// Pods that run the app already, those of the very version first. What an engine that is not there runs, nobody knows.
pub fn already<'a>(app: &AppIdentifier, version: &str, pods: &'a [Pod], engines: &[Engine]) -> Vec<&'a Pod> {
    let is_online = |pod: &Pod| engines.iter().any(|engine| engine.id == pod.engine && engine.is_online());
    let runs = |pod: &&Pod| pod.app == *app && pod.status == PodStatus::Running && is_online(pod);
    let mut found: Vec<_> = pods.iter().filter(runs).collect();
    found.sort_by_key(|pod| pod.version != version);
    found
}

impl Outlook {
    /// What is to be fetched, in words, with the reason where the engine could not tell.
    pub fn fetch_words(&self) -> String {
        let words = match &self.fetch {
            Fetch::Part(part) => self.fetch.words() + &time_words(part),
            _ => self.fetch.words(),
        };
        match (&self.fetch, &self.untold) {
            (Fetch::Unknown, Some(why)) => format!("{words}: {why}"),
            (Fetch::AtMost(_), Some(why)) => format!("{words}; how much is unknown: {why}"),
            // A container that is made from it holds it, whatever the registry says.
            (Fetch::Nothing(_) | Fetch::Part(_), Some(_)) | (_, None) => words,
        }
    }

    /// Why it cannot go well, and what to do; `None`: nothing is known against it.
    pub fn obstacle(&self, engine: &Engine) -> Option<(String, &'static str)> {
        let Space::TooLittle { free, needed } = self.space else { return None };
        let why = format!(
            "{} has {} free for images, and what is missing of this one takes {}",
            engine.name,
            human_bytes(free),
            human_bytes(needed)
        );
        Some((why, "Make room there, or choose another engine or flavour."))
    }
}

/// How long it takes, where that engine has fetched something lately.
fn time_words(part: &Portion) -> String {
    let (Some(seconds), Some(speed)) = (part.seconds(), part.speed) else { return String::new() };
    format!("; about {} at {}/s seen there lately", span(seconds), human_bytes(speed))
}

impl Fetch {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Nothing(why) => format!("nothing: {why}"),
            Self::Part(Portion { bytes: 0, total, layers, .. }) => {
                format!("nothing of {}: all {layers} layers are there", human_bytes(*total))
            }
            Self::Part(Portion { total, here: 0, layers, .. }) => {
                format!("all of {}; none of {layers} layers is there", human_bytes(*total))
            }
            Self::Part(Portion { bytes, total, here, layers, .. }) => {
                let are = if *here == 1 { "is" } else { "are" };
                format!("{} of {}; {here} of {layers} layers {are} there", human_bytes(*bytes), human_bytes(*total))
            }
            Self::AtMost(size) => {
                format!("at most {} unpacked, less what is there already", human_bytes(*size))
            }
            Self::Unknown => "unknown".into(),
        }
    }
}

impl Space {
    /// In words.
    pub fn words(&self, engine: &Engine) -> String {
        match self {
            Self::Unknown => format!("unknown; {} does not report it", engine.name),
            Self::Free(free) => format!("{} free on {}", human_bytes(*free), engine.name),
            Self::TooLittle { free, needed } => {
                let (free, needed) = (human_bytes(*free), human_bytes(*needed));
                format!("{free} free on {}, the image needs {needed}: too little", engine.name)
            }
        }
    }
}

impl Queue {
    /// In words; `None`: it has nothing to do.
    pub fn words(&self) -> Option<String> {
        match (self.running, self.waiting) {
            (0, 0) => None,
            (running, 0) => Some(format!("{running} under way there, none waits")),
            (running, 1) => Some(format!("{running} under way there, 1 waits")),
            (running, waiting) => Some(format!("{running} under way there, {waiting} wait")),
        }
    }
}
