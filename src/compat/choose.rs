//! Which flavour on which engine: RUNS before MAYBE, then the sum of satisfied weights, then the newest build, then the
//! image that is there already, then the name. That an image is there is known from pods that were made of it.

use std::cmp::Reverse;
use std::fmt;

use super::judge::{Judgement, Verdict, judge};
use super::table::Mark;
use crate::domain::{Engine, EngineId, EngineKind, Flavour, Release};

/// A flavour on an engine, with the verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate<'a> {
    /// The flavour.
    pub flavour: &'a Flavour,
    /// The engine.
    pub engine: &'a Engine,
    /// The verdict.
    pub judgement: Judgement,
}

/// What the person has decided already.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish<'a> {
    /// A flavour by name.
    pub flavour: Option<&'a str>,
    /// An engine by id or name.
    pub engine: Option<&'a str>,
}

/// The choice, and what else would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan<'a> {
    /// The best candidate.
    pub best: Candidate<'a>,
    /// All other candidates that do not answer NO, best first. Offline engines are left out.
    pub others: Vec<Candidate<'a>>,
    /// Why this one, in a few words: `best match`, `only flavour that runs here`.
    pub why: String,
    /// Why this engine: `its image is there already`, `best match, weight 10 against 0 on box`.
    pub why_there: String,
}

impl Candidate<'_> {
    /// Whether its image is known to be there.
    fn has_image(&self) -> bool {
        self.engine.images.contains(&self.flavour.id)
    }
}

/// Why there is nothing to choose.
#[derive(Debug, Clone, PartialEq)]
pub enum NoPlan {
    /// No engine is known.
    NoEngine,
    /// No engine of that id or name.
    NoSuchEngine(String),
    /// No flavour of that name; those that exist.
    NoSuchFlavour(String, Vec<String>),
    /// The release has no flavour.
    NoFlavour,
    /// Engines are known, and all that would do are offline.
    Offline(Vec<String>),
    /// It runs nowhere; one sentence per flavour and engine.
    Nowhere(Vec<String>),
}

impl fmt::Display for NoPlan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEngine => formatter.write_str("no engine is connected"),
            Self::NoSuchEngine(name) => write!(formatter, "there is no engine called {name}"),
            Self::NoSuchFlavour(name, known) => {
                write!(formatter, "there is no flavour called {name}; this release has {}", known.join(", "))
            }
            Self::NoFlavour => formatter.write_str("this release has no flavour"),
            Self::Offline(names) => write!(formatter, "{} offline", names.join(", ")),
            Self::Nowhere(reasons) => formatter.write_str(&reasons.join("; ")),
        }
    }
}

/// All flavours that are published, on all engines, best first. Those of offline engines come after the others.
pub fn rank<'a>(release: &'a Release, engines: &'a [Engine]) -> Vec<Candidate<'a>> {
    let withdrawn = release.is_withdrawn();
    let mut candidates: Vec<_> = release
        .flavours
        .iter()
        .filter(|flavour| withdrawn || !flavour.withdrawn)
        .flat_map(|flavour| {
            engines.iter().map(move |engine| Candidate { flavour, engine, judgement: judge(flavour, engine) })
        })
        .collect();
    candidates.sort_by(|a, b| key(a).cmp(&key(b)));
    candidates
}

type Key<'a> = (Reverse<bool>, Reverse<Verdict>, Reverse<i64>, bool, Reverse<i64>, bool, &'a str, &'a str);

fn key<'c>(candidate: &'c Candidate<'_>) -> Key<'c> {
    let Candidate { flavour, engine, judgement } = candidate;
    (
        Reverse(engine.is_online()),
        Reverse(judgement.verdict),
        Reverse(judgement.score),
        engine.kind == EngineKind::Process,
        Reverse(flavour.image.built_at.map_or(i64::MIN, |at| at.0)),
        !candidate.has_image(),
        &flavour.name,
        &engine.name,
    )
}

/// Picks the flavour and the engine.
///
/// # Errors
/// [`NoPlan`] says why there is nothing to pick.
pub fn plan<'a>(release: &'a Release, engines: &'a [Engine], wish: Wish<'_>) -> Result<Plan<'a>, NoPlan> {
    if release.flavours.is_empty() {
        return Err(NoPlan::NoFlavour);
    }
    if engines.is_empty() {
        return Err(NoPlan::NoEngine);
    }
    if let Some(name) = wish.flavour
        && !release.flavours.iter().any(|flavour| flavour.name == name)
    {
        let known = release.flavours.iter().map(|flavour| flavour.name.clone()).collect();
        return Err(NoPlan::NoSuchFlavour(name.to_owned(), known));
    }
    let is_wished = |engine: &Engine, name: &str| engine.id == EngineId::from(name) || engine.name == name;
    if let Some(name) = wish.engine
        && !engines.iter().any(|engine| is_wished(engine, name))
    {
        return Err(NoPlan::NoSuchEngine(name.to_owned()));
    }
    let wished: Vec<_> = rank(release, engines)
        .into_iter()
        .filter(|candidate| wish.flavour.is_none_or(|name| candidate.flavour.name == name))
        .filter(|candidate| wish.engine.is_none_or(|name| is_wished(candidate.engine, name)))
        .collect();
    let (possible, hopeless): (Vec<_>, Vec<_>) =
        wished.into_iter().partition(|candidate| candidate.judgement.verdict != Verdict::No);
    let mut online = possible.iter().filter(|candidate| candidate.engine.is_online()).cloned();
    let Some(best) = online.next() else {
        return Err(if possible.is_empty() {
            NoPlan::Nowhere(hopeless.iter().map(sentence).collect())
        } else {
            let mut names: Vec<_> = possible.iter().map(|candidate| candidate.engine.name.clone()).collect();
            names.dedup();
            NoPlan::Offline(names)
        });
    };
    let others: Vec<_> = online.collect();
    let (why, why_there) = (why(&best, &others, wish), why_there(&best, &others, wish));
    Ok(Plan { best, others, why, why_there })
}

/// What would be tried where nothing runs: the best of what was wished for on engines that are online, though all say NO.
pub fn forced<'a>(release: &'a Release, engines: &'a [Engine], wish: Wish<'_>) -> Option<Plan<'a>> {
    let mut wished = rank(release, engines).into_iter().filter(|candidate| {
        let engine = candidate.engine;
        let is_wished = |name: &str| engine.id == EngineId::from(name) || engine.name == name;
        engine.is_online()
            && wish.flavour.is_none_or(|name| candidate.flavour.name == name)
            && wish.engine.is_none_or(is_wished)
    });
    let best = wished.next()?;
    Some(Plan { best, others: Vec::new(), why: "forced".into(), why_there: "forced".into() })
}

fn sentence(candidate: &Candidate<'_>) -> String {
    let name = &candidate.engine.name;
    let reasons: Vec<_> = candidate.judgement.reasons.iter().map(|reason| reason.sentence(name)).collect();
    format!("{} {}", candidate.flavour.name, reasons.join(", "))
}

fn why(best: &Candidate<'_>, others: &[Candidate<'_>], wish: Wish<'_>) -> String {
    if wish.flavour.is_some() {
        return "you chose it".into();
    }
    let rivals: Vec<_> = others
        .iter()
        .filter(|other| other.engine.id == best.engine.id && other.judgement.verdict == best.judgement.verdict)
        .collect();
    match rivals.first() {
        None if best.judgement.verdict == Verdict::Runs => "the only flavour that runs there".into(),
        None => "the only flavour that might run there".into(),
        Some(next) if next.judgement.score < best.judgement.score => {
            format!("best match, weight {} against {}", best.judgement.score, next.judgement.score)
        }
        Some(next) if next.flavour.image.built_at < best.flavour.image.built_at => "newest build".into(),
        Some(next) if best.has_image() && !next.has_image() => "its image is there already".into(),
        Some(next) => format!("as good as {}, first by name", next.flavour.name),
    }
}

/// Why this engine and no other.
fn why_there(best: &Candidate<'_>, others: &[Candidate<'_>], wish: Wish<'_>) -> String {
    if wish.engine.is_some() {
        return "you chose it".into();
    }
    let Some(next) = others.iter().find(|other| other.engine.id != best.engine.id) else {
        return "the only engine that will do".into();
    };
    let name = &next.engine.name;
    if next.judgement.verdict != best.judgement.verdict {
        let doubt = next.judgement.reasons.first().map(|reason| reason.sentence(name));
        return format!("{name} may not do: {}", doubt.unwrap_or_else(|| "it tells too little".into()));
    }
    if next.judgement.score < best.judgement.score {
        return format!("best match, weight {} against {} on {name}", best.judgement.score, next.judgement.score);
    }
    if next.engine.kind == EngineKind::Process && best.engine.kind != EngineKind::Process {
        return format!("{name} has no isolation");
    }
    if next.flavour.image.built_at < best.flavour.image.built_at {
        return format!("newest build, {name} takes an older one");
    }
    if best.has_image() && !next.has_image() {
        return "its image is there already".into();
    }
    if next.flavour.name != best.flavour.name {
        return format!("as good as {name}, by the flavour's name");
    }
    format!("as good as {name}, first by name")
}

/// The signs for a release in a list, one for each engine in their order: the best that any flavour reaches there.
/// [`Mark::Best`] goes to the engine that [`plan`] would pick, where there is more than one to pick from.
pub fn marks(release: &Release, engines: &[Engine]) -> Vec<Mark> {
    let withdrawn = release.is_withdrawn();
    let best_on = |engine| {
        let flavours = release.flavours.iter().filter(|flavour| withdrawn || !flavour.withdrawn);
        let candidates = flavours.map(|flavour| Candidate { flavour, engine, judgement: judge(flavour, engine) });
        candidates.min_by(|a, b| key(a).cmp(&key(b)))
    };
    let found: Vec<Option<Candidate<'_>>> =
        engines.iter().map(|engine| engine.is_online().then(|| best_on(engine)).flatten()).collect();
    let runs = |found: &&Candidate<'_>| found.judgement.verdict == Verdict::Runs;
    let rivals = found.iter().flatten().filter(runs).count();
    // The one that `plan` would pick, where there is a choice.
    let best = found.iter().flatten().filter(runs).min_by(|a, b| key(a).cmp(&key(b))).filter(|_| rivals > 1);
    let mark = |(engine, found): (&Engine, &Option<Candidate<'_>>)| match found {
        _ if !engine.is_online() => Mark::Offline,
        Some(_) if best.is_some_and(|best| best.engine.id == engine.id) => Mark::Best,
        Some(found) => match found.judgement.verdict {
            Verdict::Runs => Mark::Runs,
            Verdict::Maybe => Mark::Maybe,
            Verdict::No => Mark::No,
        },
        None => Mark::No,
    };
    engines.iter().zip(&found).map(mark).collect()
}
