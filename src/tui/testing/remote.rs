//! A server elsewhere: contexts, signing in and out, old data, long lists.

use std::time::Duration;

use super::{Driver, NOW, fixtures};
use crate::domain::{Failure, FailureKind, Moment};
use crate::tui::app::Connection;
use crate::tui::effect::{Effect, Ticket};
use crate::tui::message::{Cached, Message, Session};
use crate::tui::overlays::{Code, ContextRow, Overlay, SignInStep};

const SIZES: [(u16, u16); 2] = [(80, 24), (160, 50)];

fn signed_out() -> Failure {
    Failure::new("Could not reach lab.example.org", "Token has expired").kind(FailureKind::SignIn)
}

/// Everything of the fixtures, as it was kept at that time.
pub fn cached(at: Moment) -> Box<Cached> {
    Box::new(Cached {
        session: Session {
            context: "lab".into(),
            organisation: "biolab".into(),
            user: "ada".into(),
            url: "https://lab.example.org".into(),
            ..Session::default()
        },
        at: Some(at),
        apps: Some(fixtures::apps()),
        nodes: Some(fixtures::nodes()),
        engines: Some(fixtures::engines()),
        pods: Some(fixtures::pods()),
        tasks: Some(fixtures::tasks()),
        repositories: Some(fixtures::repositories()),
    })
}

#[test]
fn what_was_kept_is_shown_with_its_age_before_anybody_answers() {
    let fourteen_minutes = Moment(NOW.0 - 14 * 60_000);
    for (columns, rows) in SIZES {
        let driver = Driver::new(columns, rows).send(Message::Cached(cached(fourteen_minutes))).keys("2").wait(3_000);
        let screen = driver.screen();
        assert!(screen.contains("stardist") && screen.contains("cached 14m"), "{screen}");
        driver.picture(&format!("cached-{columns}x{rows}"));
    }
}

#[test]
fn an_error_about_what_was_asked_too_early_stays_when_the_server_answers() {
    let early =
        Driver::new(80, 24).send(Message::Cached(cached(NOW))).keys("2 /").text("stardist").keys("enter i enter");
    let screen = early.connected().with_everything().screen();
    assert!(screen.contains("not connected yet"), "{screen}");
}

#[test]
fn nothing_can_be_done_to_what_was_kept() {
    let mut driver = Driver::new(80, 24).send(Message::Cached(cached(NOW)));
    driver.asked();
    for keys in ["4 j j s", "4 j j D", "2 i enter"] {
        let mut driver = Driver::new(80, 24).send(Message::Cached(cached(NOW)));
        driver.asked();
        assert_eq!(driver.keys(keys).wait(6_000).asked(), [], "{keys}");
    }
}

#[test]
fn what_was_kept_gives_way_to_what_is_told_and_never_the_other_way_round() {
    let mut few = fixtures::pods();
    few.truncate(2);
    let told = Driver::new(80, 24).connected().send(Message::Pods(Ok(few.clone())));
    let late = told.send(Message::Cached(cached(NOW)));
    assert_eq!(late.app.data.pods().len(), 2);
    let early = Driver::new(80, 24).send(Message::Cached(cached(NOW))).connected().send(Message::Pods(Ok(few)));
    assert_eq!(early.app.data.pods().len(), 2);
    assert!(early.screen().contains("live"));
}

#[test]
fn being_signed_out_looks_like_being_signed_out() {
    for (columns, rows) in SIZES {
        let driver =
            Driver::full(columns, rows).keys("4").send(Message::Lost(signed_out(), Duration::ZERO)).wait(7_000);
        let screen = driver.screen();
        assert!(screen.contains("SIGNED OUT") && screen.contains("S sign in"), "{screen}");
        assert!(screen.contains("cellpose"), "{screen}");
        driver.picture(&format!("signed-out-{columns}x{rows}"));
    }
    let menu = Driver::full(80, 24).send(Message::Lost(signed_out(), Duration::ZERO)).keys("4 j j a");
    assert!(menu.screen().contains("sign in first (S)"), "{}", menu.screen());
    let first = Driver::new(80, 24).send(Message::ConnectFailed(signed_out()));
    assert!(first.screen().contains("Nobody is signed in."), "{}", first.screen());
}

#[test]
fn a_context_that_is_only_read_changes_nothing_and_says_so() {
    let session = Session {
        context: "lab".into(),
        organisation: "biolab".into(),
        word: "PROD".into(),
        colour: "red".into(),
        read_only: Some("read_only in contexts.toml".into()),
        ..Session::default()
    };
    let mut driver = Driver::new(80, 24).send(Message::Connected(session)).with_everything();
    assert!(driver.screen().contains("[PROD] RO"), "{}", driver.screen());
    driver.asked();
    let mut driver = driver.keys("4 j j s").wait(6_000);
    assert_eq!(driver.asked(), []);
    assert!(driver.app.notes.error().is_some_and(|failure| failure.why.contains("read-only")));
}

fn contexts() -> Vec<ContextRow> {
    let row = |name: &str, url: &str, word: &str, state: &str| ContextRow {
        name: name.into(),
        url: url.into(),
        word: word.into(),
        state: state.into(),
        ..ContextRow::default()
    };
    vec![
        row("lab", "https://lab.example.org", "", "signed in as ada"),
        row("local", "this machine", "", ""),
        ContextRow {
            read_only: true,
            colour: "red".into(),
            ..row("production", "https://arkitekt.example.org", "PROD", "signed out")
        },
    ]
}

#[test]
fn going_to_another_server_leaves_nothing_of_the_first_on_the_screen() {
    for (columns, rows) in SIZES {
        let driver = Driver::full(columns, rows).wait(7_000).keys("C").send(Message::Contexts(Ok(contexts())));
        driver.picture(&format!("servers-{columns}x{rows}"));
    }
    // Its word is in its own colour.
    let shown = Driver::full(80, 24).keys("C").send(Message::Contexts(Ok(contexts())));
    let buffer = shown.buffer();
    let place = shown.screen().lines().enumerate().find_map(|(y, line)| Some((line.find("[PROD]")?, y))).unwrap();
    let x = shown.screen().lines().nth(place.1).unwrap()[..place.0].chars().count();
    let cell = buffer.cell((u16::try_from(x).unwrap(), u16::try_from(place.1).unwrap())).unwrap();
    assert_eq!(cell.fg, ratatui::style::Color::Red);
    let mut driver = Driver::full(80, 24).keys("4 C").send(Message::Contexts(Ok(contexts())));
    driver.asked();
    let mut driver = driver.keys("j enter");
    let asked = driver.asked();
    assert!(matches!(asked.first(), Some(Effect::KeepHabits(_))));
    assert_eq!(asked[1..], [Effect::UseContext("local".into()), Effect::Connect]);
    assert!(driver.app.data.pods().is_empty() && !driver.screen().contains("cellpose"));
    assert!(matches!(driver.app.connection, Connection::Connecting { .. }));
    let mut same = Driver::full(80, 24).keys("C").send(Message::Contexts(Ok(contexts())));
    same.asked();
    assert_eq!(same.keys("enter").asked(), []);
}

fn signing_in(columns: u16, rows: u16) -> (Driver, Ticket) {
    let mut driver =
        Driver::full(columns, rows).send(Message::Lost(signed_out(), Duration::ZERO)).wait(7_000).keys("S");
    let asked = driver.asked();
    let Some(Effect::SignIn(ticket)) = asked.last() else { panic!("{asked:?}") };
    let ticket = *ticket;
    let code = Code {
        page: "https://lab.example.org/device".into(),
        link: "https://lab.example.org/configure/9F3A-77C0".into(),
        other_link: None,
        code: "9F3A-77C0".into(),
        expires_at: Some(Moment(driver.now.0 + 252_000)),
    };
    (driver.send(Message::SignIn(ticket, SignInStep::Code(code))), ticket)
}

#[test]
fn signing_in_shows_link_and_code_and_counts_down() {
    for (columns, rows) in SIZES {
        let (driver, ticket) = signing_in(columns, rows);
        driver.picture(&format!("sign-in-{columns}x{rows}"));
        let driver = driver.send(Message::SignIn(ticket, SignInStep::Waiting(String::new()))).wait(12_000);
        assert!(driver.screen().contains("4:00 left"), "{}", driver.screen());
        assert!(driver.app.wakes_at().is_some_and(|at| at.0 - driver.now.0 <= 1_000));
    }
    let (driver, _) = signing_in(160, 50);
    driver.keys("q").picture("sign-in-picture-160x50");
    let (driver, _) = signing_in(80, 24);
    driver.keys("q").picture("sign-in-picture-80x24");
    let (driver, ticket) = signing_in(80, 24);
    let Some(Overlay::SignIn(dialog)) = &driver.app.overlay else { panic!("no dialog") };
    let other_link = Some("https://lab.example.org/lok/configure/9F3A-77C0".to_owned());
    let code = Code { other_link, ..dialog.code.clone().unwrap() };
    let driver = driver.send(Message::SignIn(ticket, SignInStep::Code(code)));
    let screen = driver.screen();
    assert!(screen.contains("where that page is missing") && screen.contains("/lok/configure/9F3A-77C0"), "{screen}");
    let (mut driver, _) = signing_in(80, 24);
    driver.asked();
    let mut driver = driver.keys("y Y");
    assert_eq!(
        driver.asked(),
        [Effect::Copy("9F3A-77C0".into()), Effect::Copy("https://lab.example.org/configure/9F3A-77C0".into())]
    );
    assert_eq!(driver.keys("esc").asked(), [Effect::StopSignIn]);
}

#[test]
fn every_end_of_signing_in_says_what_to_do() {
    let (driver, ticket) = signing_in(80, 24);
    let refused = Failure::new("Could not sign in", "ada refused it").hint("Ask for another code.");
    let mut driver = driver.send(Message::SignIn(ticket, SignInStep::Ended(refused)));
    assert!(driver.screen().contains("Enter asks for a new code."), "{}", driver.screen());
    driver.picture("sign-in-refused-80x24");
    driver.asked();
    assert!(matches!(driver.keys("enter").asked().as_slice(), [Effect::SignIn(_)]));

    let (driver, ticket) = signing_in(80, 24);
    let mut driver = driver.send(Message::SignIn(ticket, SignInStep::Granted("ada in biolab".into())));
    assert!(driver.app.overlay.is_none());
    assert_eq!(driver.asked().last(), Some(&Effect::Connect));

    let (driver, ticket) = signing_in(80, 24);
    let mut driver = driver.send(Message::SignIn(ticket, SignInStep::Insecure("http://lab.example.org".into())));
    driver.asked();
    assert!(matches!(driver.keys("y").asked().as_slice(), [Effect::SignInWithoutTls(_)]));
}

#[test]
fn a_step_of_an_attempt_that_was_given_up_is_ignored() {
    let (driver, ticket) = signing_in(80, 24);
    let mut driver = driver.keys("esc");
    driver.asked();
    let mut driver = driver.send(Message::SignIn(ticket, SignInStep::Granted("ada".into())));
    assert_eq!(driver.asked(), []);
}

#[test]
fn a_long_list_is_there_while_it_is_being_read() {
    let mut some = fixtures::apps();
    some.truncate(3);
    let driver = Driver::new(80, 24).connected().keys("2").send(Message::AppsSoFar(some.clone()));
    assert!(driver.screen().contains("reading, 3 so far"), "{}", driver.screen());
    let driver = driver.send(Message::Apps(Ok(fixtures::apps())));
    assert!(!driver.screen().contains("reading"));
    // Once it was there as a whole it does not shrink while it is read again.
    let again = driver.send(Message::AppsSoFar(some));
    assert_eq!(again.app.data.apps().len(), fixtures::apps().len());
}

#[test]
fn offline_asks_nobody() {
    let mut driver = Driver::new(80, 24);
    driver.app.stay_offline();
    driver.asked();
    let mut driver = driver.send(Message::Cached(cached(Moment(NOW.0 - 7_200_000)))).keys("2 R S");
    assert_eq!(driver.asked(), []);
    assert!(driver.screen().contains("offline 2h"), "{}", driver.screen());
    let mut home = Driver::new(80, 50);
    home.app.stay_offline();
    let home = home.send(Message::Cached(cached(NOW))).keys("1").screen();
    assert!(home.contains("RUNS HERE") && !home.contains("Nothing is kept"), "{home}");
}

#[test]
fn a_login_that_ends_while_kab_runs_is_a_state_and_one_key_leads_back() {
    let failure = || Failure::new("Could not list the apps", "Token has expired").kind(FailureKind::SignIn);
    let mut driver = Driver::full(80, 24).send(Message::Apps(Err(failure()))).send(Message::Pods(Err(failure())));
    let screen = driver.screen();
    assert!(screen.contains("SIGNED OUT") && !screen.contains("error"), "{screen}");
    driver.asked();
    let mut driver = driver.keys("S");
    assert!(driver.asked().iter().any(|effect| matches!(effect, Effect::SignIn(_))), "{}", driver.screen());
}

#[test]
fn an_install_that_was_refused_for_want_of_a_login_is_offered_after_it() {
    let driver = Driver::full(80, 24).keys("2 /").text("stardist").keys("enter i enter");
    let refused = Message::Installing(Ticket(1), Err(signed_out()));
    let driver = driver.send(refused);
    assert!(driver.screen().contains("SIGNED OUT"), "{}", driver.screen());
    let again = driver.connected();
    assert!(again.screen().contains("Install stardist"), "{}", again.screen());
}

#[test]
fn who_i_am_offers_only_keys_that_do_something_and_closes_like_every_box() {
    let driver = Driver::full(80, 24).keys("S");
    let screen = driver.screen();
    assert!(screen.contains("Who I am") && !screen.contains("copy code") && !screen.contains("picture"), "{screen}");
    assert!(driver.keys("q").app.overlay.is_none());
    let (driver, ticket) = signing_in(80, 24);
    let refused = Failure::new("Could not sign in", "ada refused").kind(FailureKind::SignIn);
    let screen = driver.send(Message::SignIn(ticket, SignInStep::Ended(refused))).screen();
    assert!(screen.contains("Enter another code") && !screen.contains("copy link"), "{screen}");
}

#[test]
fn signed_out_says_since_when() {
    let driver = Driver::full(80, 24).send(Message::Lost(signed_out(), Duration::ZERO)).wait(120_000);
    let header = driver.screen().lines().next().unwrap().to_owned();
    let since = header.split("SIGNED OUT since ").nth(1).unwrap_or_else(|| panic!("{header}"));
    assert!(since.as_bytes()[2] == b':' && since[..2].parse::<u8>().is_ok(), "{header}");
}

#[test]
fn where_the_header_has_no_room_the_word_of_the_context_stays() {
    for columns in [40, 50, 60, 66, 80, 100, 120] {
        for (organisation, user) in [("biolab", "ada"), ("institute of molecular imaging", "ada.lovelace@example.org")]
        {
            let session = Session {
                context: "imaging-production".into(),
                organisation: organisation.into(),
                user: user.into(),
                url: "https://imaging.example.org/kabinet".into(),
                word: "PROD".into(),
                read_only: Some("read_only in contexts.toml".into()),
                ..Session::default()
            };
            let driver = Driver::new(columns, 24).send(Message::Connected(session)).with_everything();
            let screen = driver.screen();
            let head = screen.lines().next().unwrap();
            for needed in ["[PROD] RO", "live", "2 alerts"] {
                assert!(head.contains(needed), "{columns}: {needed} in {head:?}");
            }
            assert!(crate::tui::widgets::text::width(head) <= usize::from(columns), "{head:?}");
            let begun = &head[..head.find(" [PROD]").unwrap()];
            assert!(begun.contains("im"), "something of its name is there: {head:?}");
        }
    }
}

#[test]
fn states_that_were_told_long_ago_are_doubtful_in_the_list_the_preview_and_on_the_page() {
    let lost = || Message::Lost(Failure::new("The connection is lost", "reset"), Duration::from_hours(1));
    let driver = Driver::full(80, 24).keys("4 j j").send(lost()).wait(180_000);
    let screen = driver.screen();
    let rows: Vec<&str> = screen.lines().filter(|line| line.contains("omero-bridge-")).collect();
    assert!(rows[0].trim_end().ends_with('?'), "the age is not known any more: {screen}");
    let dim = |cell: &ratatui::buffer::Cell| cell.modifier.contains(ratatui::style::Modifier::DIM);
    assert!(driver.buffer().content.iter().filter(|cell| dim(cell)).count() > 80, "rows are dim: {screen}");
    assert!(screen.contains(" RUNNING ?  on docker-ws"), "{screen}");
    let page = driver.keys("enter").screen();
    assert!(page.contains("RUNNING ?") && page.contains("Age        ?"), "{page}");
    let fresh = Driver::full(80, 24).keys("4 j j enter").send(lost()).wait(30_000).screen();
    assert!(fresh.contains("RUNNING +") && !fresh.contains("Age        ?"), "{fresh}");
}
