//! The table of every flavour against every engine, with a numbered reason for every NO and MAYBE.

use super::choose::rank;
use super::judge::{Judgement, Reason, Verdict};
use crate::domain::{Engine, EngineId, FlavourId, Release};

/// The sign of a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// `*`: runs, and is what would be picked.
    Best,
    /// `+`: runs.
    Runs,
    /// `~`: cannot be told.
    Maybe,
    /// `x`: does not run.
    No,
    /// `.`: the engine is offline.
    Offline,
}

impl Mark {
    /// The sign in ASCII, which never changes with the glyphs.
    pub fn sign(self) -> char {
        match self {
            Self::Best => '*',
            Self::Runs => '+',
            Self::Maybe => '~',
            Self::No => 'x',
            Self::Offline => '.',
        }
    }
}

/// One flavour on one engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The engine.
    pub engine: EngineId,
    /// The verdict with its reasons; of an offline engine, by its last facts.
    pub judgement: Judgement,
    /// Whether the engine can be asked now.
    pub online: bool,
    /// Whether this is what would be picked.
    pub best: bool,
    /// Numbers of the notes that explain it; empty when it runs.
    pub notes: Vec<usize>,
}

/// One flavour on all engines, in the order of [`Table::engines`].
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The flavour.
    pub flavour: FlavourId,
    /// Its name.
    pub name: String,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// A reason, shared by all cells that it explains.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// From 1.
    pub number: usize,
    /// The requirement: `a CUDA GPU`.
    pub needs: String,
    /// The engines that report it, by name.
    pub engines: Vec<String>,
    /// What they report.
    pub reports: String,
    /// Contradicted, or cannot be told.
    pub verdict: Verdict,
    /// The nearest thing that works: `use vanilla here`. `⟨install-with⟩` stands for the key of that action.
    pub advice: String,
    /// The fact that would tell, by its key: `ram.mb`.
    pub missing: Option<String>,
}

/// Where a release can run, and why not elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The engines, in the order of the columns.
    pub engines: Vec<EngineId>,
    /// A row for each flavour that is published, by name.
    pub rows: Vec<Row>,
    /// The reasons.
    pub notes: Vec<Note>,
}

impl Table {
    /// Engines (that are online) on which some flavour runs.
    pub fn runs_on(&self) -> usize {
        let runs = |at: usize| {
            self.rows
                .iter()
                .any(|row| row.cells.get(at).is_some_and(|cell| cell.online && cell.judgement.verdict == Verdict::Runs))
        };
        (0..self.engines.len()).filter(|at| runs(*at)).count()
    }

    /// What to ask the people for who look after the engines, so that nothing is unknown any more:
    /// `report ram.mb on k8s-lab; cuda.version on hpc-gpu`. `None` where no fact is missing.
    pub fn wanted(&self) -> Option<String> {
        let mut wanted: Vec<(&str, Vec<&str>)> = Vec::new();
        let cells = || self.rows.iter().flat_map(|row| &row.cells);
        let open: Vec<usize> = cells()
            .filter(|cell| cell.judgement.verdict == Verdict::Maybe)
            .flat_map(|cell| cell.notes.iter().copied())
            .collect();
        // Where something else speaks against it already, no fact would change that.
        for note in self.notes.iter().filter(|note| open.contains(&note.number)) {
            let Some(fact) = note.missing.as_deref() else { continue };
            let at = wanted.iter().position(|(known, _)| *known == fact).unwrap_or_else(|| {
                wanted.push((fact, Vec::new()));
                wanted.len() - 1
            });
            for engine in &note.engines {
                if !wanted[at].1.contains(&engine.as_str()) {
                    wanted[at].1.push(engine);
                }
            }
        }
        let parts: Vec<String> =
            wanted.iter().map(|(fact, engines)| format!("{fact} on {}", engines.join(", "))).collect();
        (!parts.is_empty()).then(|| format!("report {}", parts.join("; ")))
    }
}

/// Judges every published flavour on every engine.
pub fn table(release: &Release, engines: &[Engine]) -> Table {
    let candidates = rank(release, engines);
    let best = candidates
        .first()
        .filter(|first| first.engine.is_online() && first.judgement.verdict == Verdict::Runs)
        .map(|first| (first.flavour.id.clone(), first.engine.id.clone()));
    let mut flavours: Vec<_> = candidates.iter().map(|candidate| candidate.flavour).collect();
    flavours.sort_by(|a, b| (&a.name, a.id.as_str()).cmp(&(&b.name, b.id.as_str())));
    flavours.dedup_by(|a, b| a.id == b.id);

    let mut rows: Vec<Row> = Vec::new();
    for flavour in flavours {
        let cells = engines
            .iter()
            .filter_map(|engine| {
                let candidate = candidates
                    .iter()
                    .find(|candidate| candidate.flavour.id == flavour.id && candidate.engine.id == engine.id)?;
                Some(Cell {
                    engine: engine.id.clone(),
                    judgement: candidate.judgement.clone(),
                    online: engine.is_online(),
                    best: best.as_ref().is_some_and(|(f, e)| *f == flavour.id && *e == engine.id),
                    notes: Vec::new(),
                })
            })
            .collect();
        rows.push(Row { flavour: flavour.id.clone(), name: flavour.name.clone(), cells });
    }

    let mut notes: Vec<Note> = Vec::new();
    for row in 0..rows.len() {
        for column in 0..engines.len() {
            let Some(cell) = rows[row].cells.get(column) else { continue };
            let reasons = cell.judgement.reasons.clone();
            let advice = advice(&rows, engines, (row, column));
            let numbers =
                reasons.iter().map(|reason| note(&mut notes, reason, &engines[column].name, &advice)).collect();
            rows[row].cells[column].notes = numbers;
        }
    }
    Table { engines: engines.iter().map(|engine| engine.id.clone()).collect(), rows, notes }
}

/// Finds or adds the note, and returns its number.
fn note(notes: &mut Vec<Note>, reason: &Reason, engine: &str, advice: &str) -> usize {
    let reports = match &reason.resource {
        Some(resource) => format!("{} (on {resource})", reason.reports),
        None => reason.reports.clone(),
    };
    let same = notes.iter_mut().find(|note| {
        note.needs == reason.needs && note.reports == reports && note.verdict == reason.verdict && note.advice == advice
    });
    if let Some(note) = same {
        if !note.engines.iter().any(|name| name == engine) {
            note.engines.push(engine.to_owned());
        }
        return note.number;
    }
    let number = notes.len() + 1;
    notes.push(Note {
        number,
        needs: reason.needs.clone(),
        engines: vec![engine.to_owned()],
        reports,
        verdict: reason.verdict,
        advice: advice.to_owned(),
        missing: reason.missing.clone(),
    });
    number
}

/// The nearest thing that works: another flavour here, else this flavour elsewhere, else anything anywhere.
fn advice(rows: &[Row], engines: &[Engine], (row, column): (usize, usize)) -> String {
    let runs = |row: &Row, column: usize| {
        row.cells.get(column).is_some_and(|cell| cell.online && cell.judgement.verdict == Verdict::Runs)
    };
    if rows[row].cells.get(column).is_some_and(|cell| cell.judgement.verdict == Verdict::Maybe) {
        return String::from("cannot verify; ⟨install-with⟩ installs anyway");
    }
    let best_first = |candidates: Vec<&Row>| {
        candidates
            .iter()
            .max_by_key(|row| row.cells.get(column).map_or(0, |cell| cell.judgement.score))
            .map(|row| row.name.clone())
    };
    if let Some(name) = best_first(rows.iter().filter(|other| runs(other, column)).collect()) {
        return format!("{name} runs there");
    }
    if let Some(at) = (0..engines.len()).find(|at| runs(&rows[row], *at)) {
        return format!("runs on {}", engines[at].name);
    }
    for other in rows {
        if let Some(at) = (0..engines.len()).find(|at| runs(other, *at)) {
            return format!("{} runs on {}", other.name, engines[at].name);
        }
    }
    String::from("no connected engine can run it")
}
