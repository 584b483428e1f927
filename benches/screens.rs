//! How long the screens take: opening the apps, typing a filter, moving the cursor, over a large catalogue.
//!
//! 10,000 apps in 3 flavours each on 5 engines. The goal is 16 ms for update and view together, in release.

#![expect(clippy::unwrap_used, reason = "a benchmark")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use kab::domain::{
    App as Item, Engine, EngineKind, Facts, Flavour, Image, Liveness, LogLine, LogSource, Moment, Release, Resource,
    Selector, SelectorKind, Selectors,
};
use kab::tui::app::App;
use kab::tui::message::{LogKind, Message, Session};
use kab::tui::theme::Theme;
use kab::tui::view::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const NOW: Moment = Moment(1_790_000_000_000);
const SIZES: [(u16, u16); 2] = [(80, 24), (160, 50)];

fn apps(count: usize) -> Vec<Item> {
    const WORDS: [&str; 8] =
        ["segment", "track", "denoise", "stardist", "cellpose", "deconvolve", "register", "measure"];
    (0..count)
        .map(|at| {
            let identifier = format!("live.arkitekt.{}-{}-{at}", WORDS[at % 8], WORDS[at / 8 % 8]);
            let flavours = ["cpu", "cuda", "rocm"].map(|name| {
                let selectors = match name {
                    "cuda" => vec![Selector::required(SelectorKind::Cuda {
                        compute_capability: None,
                        cuda_version: Some("12.1".into()),
                        memory: Some(8_000),
                        count: None,
                        cuda_cores: None,
                    })],
                    "rocm" => vec![Selector::required(SelectorKind::Rocm {
                        api_version: Some("6.0".into()),
                        api_thing: None,
                        count: None,
                    })],
                    _ => Vec::new(),
                };
                Flavour {
                    id: format!("{at}-{name}").into(),
                    name: name.into(),
                    image: Image {
                        reference: format!("bio/app{at}:{name}"),
                        built_at: Some(Moment(NOW.0 - i64::try_from(at).unwrap() * 60_000)),
                        size: Some(1_000_000_000),
                    },
                    selectors: Selectors::Known(selectors),
                    requirements: Vec::new(),
                    hints: Vec::new(),
                    nodes: Vec::new(),
                    repository: None,
                    withdrawn: false,
                }
            });
            Item {
                identifier: identifier.as_str().into(),
                releases: vec![Release {
                    id: at.to_string().into(),
                    app: identifier.as_str().into(),
                    version: "1.0.0".into(),
                    scopes: vec!["read".into()],
                    description: Some(format!("{} of images, number {at}", WORDS[at / 3 % 8])),
                    flavours: flavours.into(),
                }],
            }
        })
        .collect()
}

fn engines() -> Vec<Engine> {
    (0..5)
        .map(|at| Engine {
            id: at.to_string().into(),
            name: format!("engine-{at}"),
            kind: EngineKind::Docker,
            client_id: format!("client-{at}"),
            agent: None,
            images: std::collections::BTreeSet::new(),
            liveness: Liveness::Online,
            resources: vec![Resource {
                id: at.to_string().into(),
                local_id: at.to_string(),
                name: format!("engine-{at}"),
                facts: [("gpu", if at == 0 { "true" } else { "false" }), ("cuda.version", "12.4"), ("ram.mb", "64000")]
                    .into_iter()
                    .collect::<Facts>(),
                reported_at: Some(NOW),
            }],
        })
        .collect()
}

fn key(code: KeyCode) -> Message {
    Message::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn letter(letter: char) -> Message {
    key(KeyCode::Char(letter))
}

fn full(size: (u16, u16), count: usize) -> App {
    let (mut app, _) = App::new(Theme::default(), size, NOW);
    app.update(Message::Connected(Session::default()));
    app.update(Message::Engines(Ok(engines())));
    app.update(Message::Apps(Ok(apps(count))));
    app
}

fn draw(app: &App) -> Buffer {
    let (width, height) = app.size;
    let mut buffer = Buffer::empty(Rect { x: 0, y: 0, width, height });
    view(app, &mut buffer);
    buffer
}

fn screens(criterion: &mut Criterion) {
    for size in SIZES {
        let name = |what: &str| format!("{what} {}x{}", size.0, size.1);
        let mut app = full(size, 10_000);
        criterion.bench_function(&name("open the apps"), |bencher| {
            bencher.iter(|| {
                app.update(letter('1'));
                app.update(letter('2'));
                black_box(draw(&app))
            });
        });
        criterion.bench_function(&name("move down"), |bencher| {
            bencher.iter(|| {
                app.update(letter('j'));
                black_box(draw(&app))
            });
        });
        criterion.bench_function(&name("six letters of a filter"), |bencher| {
            bencher.iter(|| {
                app.update(letter('/'));
                for typed in "segmen".chars() {
                    app.update(letter(typed));
                    black_box(draw(&app));
                }
                app.update(key(KeyCode::Esc));
            });
        });
    }
    criterion.bench_function("10,000 apps arrive", |bencher| {
        let (mut app, _) = App::new(Theme::default(), (80, 24), NOW);
        app.update(Message::Connected(Session::default()));
        app.update(Message::Engines(Ok(engines())));
        bencher.iter_batched(|| apps(10_000), |apps| app.update(Message::Apps(Ok(apps))), BatchSize::LargeInput);
    });
    criterion.bench_function("100,000 log lines arrive", |bencher| {
        let lines: Vec<LogLine> = (0..100_000)
            .map(|at| LogLine {
                at: Some(Moment(NOW.0 + at)),
                source: LogSource::Stdout,
                text: format!("INFO  predict  image={at}  tiles=16  labels=812"),
            })
            .collect();
        bencher.iter_batched(
            || {
                let ticket = kab::tui::effect::Ticket(1);
                let log = kab::tui::log::LogView::new(ticket, "1".into(), "pod".into(), (80, 20));
                (log, lines.clone())
            },
            |(mut log, lines)| log.take(kab::tui::effect::Ticket(1), LogKind::Live, lines),
            BatchSize::LargeInput,
        );
    });
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(20);
    targets = screens
}
criterion_main!(all);
