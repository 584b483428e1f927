//! Every state can be told from every other without colour and with seven bits, as on the console of Linux; and what the
//! main screens look like on a light background.

use std::collections::BTreeSet;

use super::{Driver, fixtures};
use crate::compat::Mark;
use crate::domain::{Liveness, PodStatus, TaskState};
use crate::tui::message::Message;
use crate::tui::theme::{Colours, GlyphSet, Scheme, Theme};

/// `TERM=linux`, a light scheme, `--glyphs ascii`, `NO_COLOR`.
fn bare() -> Theme {
    Theme::from_environment(|name| match name {
        "TERM" => Some("linux".into()),
        "NO_COLOR" => Some("1".into()),
        "KAB_GLYPHS" => Some("ascii".into()),
        "KAB_THEME" => Some("light".into()),
        "LANG" => Some("de_DE.UTF-8".into()),
        _ => None,
    })
}

/// The words of state in the column of a list that has this head.
fn states(it: &Driver, rows: usize) -> Vec<String> {
    let screen = it.screen();
    let mut lines = screen.lines().skip_while(|line| !line.contains("STATE"));
    let heads = lines.next().unwrap_or_else(|| panic!("no list in\n{screen}"));
    let from = heads.find("STATE").unwrap();
    let end = heads[from + 5..].find(|letter: char| letter != ' ').map_or(heads.len(), |at| from + 5 + at);
    assert!(screen.is_ascii(), "{screen}");
    lines.take(rows).map(|line| line.get(from..end.min(line.len())).unwrap_or("").trim().to_owned()).collect()
}

fn all_differ(words: &[String]) {
    let different: BTreeSet<&String> = words.iter().collect();
    assert!(different.len() == words.len() && words.iter().all(|word| word.len() > 3), "{words:?}");
}

#[test]
fn every_state_is_told_by_word_and_sign_where_there_are_no_colours() {
    let theme = bare();
    assert_eq!(theme.colours, Colours::Mono);
    let everything = || Driver::themed(120, 40, &theme).connected().send(Message::Engines(Ok(fixtures::engines())));

    let statuses = [
        PodStatus::Running,
        PodStatus::Pending,
        PodStatus::Stopping,
        PodStatus::Stopped,
        PodStatus::Failed,
        PodStatus::Unknown,
        PodStatus::Other("HIBERNATED".into()),
    ];
    let pod = fixtures::pods().into_iter().find(|pod| pod.engine.as_str() == "1").unwrap();
    let mut pods: Vec<_> = statuses.into_iter().map(|status| (status, pod.engine.clone())).collect();
    // One of which nobody can tell any more.
    pods.push((PodStatus::Running, "4".into()));
    let pods: Vec<_> = pods
        .into_iter()
        .enumerate()
        .map(|(at, (status, engine))| crate::domain::Pod {
            id: format!("{at}").into(),
            version: format!("1.{at}"),
            status,
            engine,
            reason: None,
            ..pod.clone()
        })
        .collect();
    let it = everything().send(Message::Pods(Ok(pods.clone()))).keys("4");
    all_differ(&states(&it, pods.len()));

    let first = fixtures::engines()[0].clone();
    let engines: Vec<_> = [Liveness::Online, Liveness::Offline { last_seen: None }, Liveness::Unknown]
        .into_iter()
        .enumerate()
        .map(|(at, liveness)| crate::domain::Engine { id: format!("{at}").into(), liveness, ..first.clone() })
        .collect();
    let it = everything().send(Message::Engines(Ok(engines.clone()))).keys("5");
    all_differ(&states(&it, engines.len()));

    let task = fixtures::tasks()[0].clone();
    let tasks: Vec<_> = [
        TaskState::Queued,
        TaskState::Running,
        TaskState::Cancelling,
        TaskState::Cancelled,
        TaskState::Done,
        TaskState::Failed,
        TaskState::Disconnected,
    ]
    .into_iter()
    .enumerate()
    .map(|(at, state)| crate::domain::Task { id: format!("{at}").into(), state, ..task.clone() })
    .collect();
    let it = everything().send(Message::Tasks(Ok(tasks.clone()))).keys("6");
    all_differ(&states(&it, tasks.len()));
}

#[test]
fn every_verdict_and_every_state_of_an_app_is_told_without_colours_too() {
    let theme = bare();
    let mut apps = fixtures::apps();
    // Names are their authors'.
    apps.retain(|app| app.identifier.as_str().is_ascii());
    let unused = apps.iter_mut().find(|app| app.short_name() == "trackastra").unwrap();
    unused.releases.iter_mut().flat_map(|release| &mut release.flavours).for_each(|flavour| flavour.withdrawn = true);
    let mut pods = fixtures::pods();
    let old = pods.iter_mut().find(|pod| pod.app.as_str().ends_with("stardist")).unwrap();
    (old.version, old.release) = ("0.4.1".into(), apps[0].releases[1].id.clone());
    let everything = || {
        let everything = Driver::themed(120, 40, &theme).connected().with_everything();
        everything.send(Message::Apps(Ok(apps.clone()))).send(Message::Pods(Ok(pods.clone())))
    };

    let signs = [Mark::Best, Mark::Runs, Mark::Maybe, Mark::No].map(|mark| mark.sign().to_string());
    let signs: BTreeSet<String> = signs.into_iter().chain([theme.glyphs.offline.to_owned()]).collect();
    assert_eq!(signs.len(), 5, "{signs:?}");
    let list = everything().keys("2 .");
    let screen = list.screen();
    let heads = screen.lines().find(|line| line.contains("STATE")).unwrap();
    let (from, to) = (heads.find("APP").unwrap() + 3, heads.find("STATE").unwrap());
    let rows = screen.lines().skip_while(|line| !line.contains("STATE")).skip(1).take(apps.len());
    let shown: BTreeSet<String> = rows
        .filter_map(|row| Some(row.get(from..to)?.split_whitespace().filter(|word| word.len() == 1)))
        .flatten()
        .map(str::to_owned)
        .collect();
    assert!(signs.is_subset(&shown), "{signs:?} in {shown:?}\n{screen}");

    let words: BTreeSet<String> = states(&list, apps.len()).into_iter().collect();
    for word in ["update", "running", "installed", "withdrawn"] {
        assert!(words.contains(word), "{word} in {words:?}\n{screen}");
    }

    let mut tables = String::new();
    for row in 0..apps.len() {
        let mut it = everything().keys("2 .");
        for _ in 0..row {
            it = it.keys("j");
        }
        tables.push_str(&it.keys("e").screen());
    }
    assert!(tables.is_ascii());
    for verdict in ["+ RUNS", "~ MAYBE", "x NO", "RUNS * best", "OFFLINE"] {
        assert!(tables.contains(verdict), "{verdict} in\n{tables}");
    }
}

#[test]
fn the_main_screens_on_a_light_background() {
    let theme = Theme { scheme: Scheme::Light, ..Theme::new(Colours::Sixteen, GlyphSet::Unicode) };
    for (columns, rows) in [(80, 24), (160, 50)] {
        for (name, keys) in [("home", "1"), ("apps", "2 j j"), ("pods", "4"), ("engines", "5 j"), ("tasks", "6")] {
            let it = Driver::themed(columns, rows, &theme).connected().with_everything().wait(7_000).keys(keys);
            it.light_picture(&format!("{name}-light-{columns}x{rows}"));
        }
    }
}
