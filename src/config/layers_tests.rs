//! Which layer wins, what is a warning, and what is an error.

use super::file::ConfigError;
use super::known::{SETTINGS, template};
use super::layers::{Layer, Loaded, values};
use super::measured::Measured;

fn layered(site: &str, user: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    over_terminal(site, &Measured::default(), (user, variables))
}

fn over_terminal(
    site: &str,
    measured: &Measured,
    (user, variables): (&str, &[(&str, &str)]),
) -> Result<Loaded, ConfigError> {
    let user = ("config.toml".into(), Ok(user.to_owned()));
    Loaded::layered(("site.toml".into(), Ok(site.to_owned())), measured, user, |name| {
        variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    })
}

#[test]
fn what_was_measured_wins_over_the_site_and_gives_way_to_the_person() {
    let measured = Measured {
        colours: Some("true".into()),
        glyphs: Some("ascii".into()),
        clipboard: Some("nonsense".into()),
        ..Measured::default()
    };
    let site = "[terminal]\ncolours = '16'\nclipboard = 'native'";
    let loaded = over_terminal(site, &measured, ("", &[])).unwrap();
    let terminal = &loaded.config.terminal;
    assert_eq!((terminal.colours.as_deref(), terminal.glyphs.as_deref()), (Some("true"), Some("ascii")));
    assert_eq!(loaded.origins["terminal.glyphs"], Layer::Measured);
    assert_eq!(loaded.origins["terminal.clipboard"], Layer::Site, "words that nobody knows say nothing");
    let user = "[terminal]\ncolours = 'auto'\nglyphs = 'unicode'";
    let loaded = over_terminal(site, &measured, (user, &[("KAB_GLYPHS", "ascii")])).unwrap();
    assert_eq!(loaded.origins["terminal.colours"], Layer::File);
    assert_eq!(loaded.origins["terminal.glyphs"], Layer::Environment);
    let loaded = over_terminal("", &measured, ("", &[("NO_COLOR", "1")])).unwrap();
    assert_eq!(loaded.config.terminal.colours, None, "no colours are wanted at all");
}

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    layered("", text, variables)
}

#[test]
fn the_environment_wins_over_the_file_and_says_so() {
    let loaded = load("[engine]\nkind = 'docker'\npod_network = 'lab'", &[("KAB_ENGINE", "podman")]).unwrap();
    assert_eq!(loaded.config.engine.kind.as_deref(), Some("podman"));
    assert_eq!(loaded.origins["engine.kind"], Layer::Environment);
    assert_eq!(loaded.origins["engine.pod_network"], Layer::File);
    assert!(!loaded.origins.contains_key("engine.name"));
}

#[test]
fn every_layer_wins_over_the_one_below_and_a_flag_over_all() {
    let site =
        "[engine]\nkind = 'podman'\nname = 'hall'\n[engine.labels]\nzone = 'a'\nroom = '1'\n[terminal]\ntheme = 'dark'";
    let user = "[engine]\nname = 'desk'\n[engine.labels]\nzone = 'b'\n[terminal]\nglyphs = 'unicode'";
    let mut loaded = layered(site, user, &[("KAB_THEME", "light"), ("KAB_GLYPHS", "ascii")]).unwrap();
    loaded.put("terminal.glyphs", "--glyphs", "unicode".into()).unwrap();
    let engine = &loaded.config.engine;
    assert_eq!((engine.kind.as_deref(), engine.name.as_deref()), (Some("podman"), Some("desk")));
    assert_eq!((engine.labels["zone"].as_str(), engine.labels["room"].as_str()), ("b", "1"));
    assert_eq!(loaded.config.terminal.glyphs.as_deref(), Some("unicode"));
    assert_eq!(loaded.config.terminal.theme.as_deref(), Some("light"));
    let from = |key: &str| loaded.origins.get(key).copied();
    assert_eq!(from("engine.kind"), Some(Layer::Site));
    assert_eq!((from("engine.name"), from("engine.labels.zone")), (Some(Layer::File), Some(Layer::File)));
    assert_eq!((from("terminal.theme"), from("terminal.glyphs")), (Some(Layer::Environment), Some(Layer::Flag)));
    assert_eq!(from("server.idle_minutes"), None);
    assert_eq!(values(&loaded.config)["engine.labels.room"].as_str(), Some("1"));
    assert_eq!(loaded.warnings, []);
}

#[test]
fn a_broken_file_of_the_site_is_a_warning_and_the_persons_own_holds() {
    let loaded = layered("[engine", "[engine]\nkind = 'docker'", &[]).unwrap();
    assert_eq!(loaded.config.engine.kind.as_deref(), Some("docker"));
    let told = loaded.warnings[0].to_string();
    assert!(told.starts_with("the site's settings are not used: site.toml"), "{told}");
}

#[test]
fn an_unknown_key_is_a_warning_with_a_suggestion() {
    let loaded = load("[engine]\npod_netwrok = 'lab'\n[engine.labels]\nzone = 'b'", &[]).unwrap();
    assert_eq!(loaded.warnings.len(), 1);
    assert_eq!(
        loaded.warnings[0].to_string(),
        "config.toml: there is no setting engine.pod_netwrok; did you mean engine.pod_network?"
    );
    assert_eq!(loaded.config.engine.labels["zone"], "b");
}

#[test]
fn a_word_that_cannot_be_is_a_warning_and_the_layer_below_holds() {
    let site = "[terminal]\nglyphs = 'unicode'";
    let user = "[terminal]\nglyphs = 'unicod'\ncolours = 256\ntheme = 'pink'\nclipboard = 'osc-52'";
    let loaded = layered(site, user, &[("KAB_NOTIFY", "bel")]).unwrap();
    let told: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "config.toml: terminal.glyphs cannot be \"unicod\"; did you mean unicode?",
            "config.toml: terminal.theme cannot be \"pink\"; it can be default, light, dark, high-contrast, deuteranopia, mono",
            "config.toml: terminal.clipboard cannot be \"osc-52\"; did you mean osc52?",
            "KAB_NOTIFY: terminal.notifications cannot be \"bel\"; did you mean bell?",
        ]
    );
    let terminal = &loaded.config.terminal;
    assert_eq!((terminal.glyphs.as_deref(), terminal.colours.as_deref()), (Some("unicode"), Some("256")));
    assert_eq!(loaded.origins["terminal.glyphs"], Layer::Site);
}

#[test]
fn a_broken_file_or_variable_is_said() {
    assert!(matches!(load("[engine", &[]), Err(ConfigError::Parse { .. })));
    let Err(ConfigError::Parse { why, .. }) = load("[engine]\nname = 3", &[]) else { unreachable!() };
    assert!(why.contains("line 2"), "{why}");
    assert!(matches!(load("", &[("KAB_IDLE_MINUTES", "soon")]), Err(ConfigError::Variable { .. })));
}

#[test]
fn a_dash_is_no_repository_at_all() {
    let loaded = load("", &[("KAB_REPOSITORIES", "-")]).unwrap();
    assert_eq!(loaded.config.catalogue.repositories, Some(vec![]));
    let loaded = load("", &[("KAB_REPOSITORIES", "a/b, c/d:main")]).unwrap();
    assert_eq!(loaded.config.catalogue.repositories, Some(vec!["a/b".into(), "c/d:main".into()]));
}

#[test]
fn every_variable_is_heard_and_the_template_says_nothing() {
    for setting in SETTINGS.iter().filter(|setting| setting.variable.is_some()) {
        let value = setting.allowed.last().copied().unwrap_or("5");
        let loaded = load("", &[(setting.variable.unwrap(), value)]).unwrap();
        assert_eq!(loaded.origins[setting.key], Layer::Environment);
        assert!(values(&loaded.config).contains_key(setting.key), "{}", setting.key);
    }
    assert_eq!(load(&template(), &[]).unwrap(), Loaded::default());
}
