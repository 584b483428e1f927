//! The blocks of the home screen that are about apps: what runs here, what is new, what was updated.

use super::home::{HomeRow, Section};
use super::{App, Target};
use crate::tui::theme::Tone;

/// Apps of a block that are shown at most when it was opened; the list of apps has all.
const UNFOLDED: usize = 50;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Deployed,
    Newest,
}

impl App {
    /// The first apps of a block, and a last row about the others. They are not counted: each would have to be judged.
    fn of_apps<'a>(
        &self,
        section: Section,
        most: usize,
        apps: impl Iterator<Item = &'a crate::domain::App>,
        row: impl Fn(&'a crate::domain::App) -> HomeRow,
    ) -> Vec<HomeRow> {
        let is_unfolded = self.looks.unfolded.contains(&section);
        let most = if is_unfolded { UNFOLDED } else { most };
        let mut apps = apps.peekable();
        let mut rows: Vec<HomeRow> = apps.by_ref().take(most).map(row).collect();
        if apps.peek().is_none() {
            return rows;
        }
        let text = if is_unfolded { "⟨go-apps⟩ shows all apps" } else { "⟨open⟩ shows more" };
        rows.push(HomeRow {
            section,
            target: None,
            sign: (' ', Tone::Muted),
            name: String::from("and more"),
            text: text.into(),
            trouble: None,
            more: usize::from(!is_unfolded),
        });
        rows
    }

    pub(super) fn runs_here(&self) -> Vec<HomeRow> {
        if !self.data.engines().iter().any(crate::domain::Engine::is_online) {
            return Vec::new();
        }
        let mut apps: Vec<_> = self.candidates().collect();
        if self.rule() == Rule::Deployed {
            apps.sort_by_key(|app| {
                std::cmp::Reverse(self.data.pods().iter().filter(|pod| pod.app == app.identifier).count())
            });
        } else {
            apps.sort_by_key(|app| std::cmp::Reverse(app.newest().and_then(crate::domain::Release::built_at)));
        }
        // Every app is judged on every engine; a few of the first are enough to fill the block.
        let engines = self.data.engines();
        let runs = |app: &&crate::domain::App| {
            app.newest().is_some_and(|release| {
                crate::compat::marks(release, engines)
                    .iter()
                    .any(|mark| matches!(mark, crate::compat::Mark::Best | crate::compat::Mark::Runs))
            })
        };
        let row = |app: &crate::domain::App| HomeRow {
            section: Section::RunsHere,
            target: Some(Target::App(app.identifier.clone())),
            sign: ('+', Tone::Good),
            name: app.short_name().to_owned(),
            text: app.newest().and_then(|release| release.description.clone()).unwrap_or_default(),
            trouble: None,
            more: 0,
        };
        self.of_apps(Section::RunsHere, self.most(), apps.into_iter().filter(runs), row)
    }

    fn candidates(&self) -> impl Iterator<Item = &crate::domain::App> {
        let somewhere = &self.data.somewhere;
        self.data.apps().iter().enumerate().filter(|(at, _)| somewhere.get(*at) == Some(&true)).map(|(_, app)| app)
    }

    /// How the apps that run here are ranked, in words.
    pub fn featured_by(&self) -> String {
        match self.rule() {
            Rule::Deployed => format!("featured by: most used in {}", self.session.organisation),
            Rule::Newest => "featured by: newest build".into(),
        }
    }

    fn rule(&self) -> Rule {
        if self.data.pods().is_empty() { Rule::Newest } else { Rule::Deployed }
    }

    /// The newest builds: of apps that have one release, or of those that have more.
    pub(super) fn newest(&self, section: Section) -> Vec<HomeRow> {
        let is_meant = |app: &&crate::domain::App| (app.releases.len() > 1) == (section == Section::Updated);
        let mut apps: Vec<_> =
            self.data.apps().iter().filter(is_meant).filter_map(|app| Some((app.newest()?.built_at()?, app))).collect();
        // What runs here in an older release comes first.
        let waits = |app: &crate::domain::App| section == Section::Updated && self.change_of_access(app).is_some();
        apps.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.identifier.cmp(&b.1.identifier)));
        apps.sort_by_key(|(_, app)| !waits(app));
        let row = |app: &crate::domain::App| {
            let version = app.newest().map_or("", |release| &release.version);
            let what = app.newest().and_then(|release| release.description.as_deref()).unwrap_or_default();
            let (sign, text) = if waits(app) {
                (('~', Tone::Warn), format!("{version}  an older one runs; ⟨update⟩ updates it"))
            } else {
                ((' ', Tone::Muted), format!("{version}  {what}").trim_end().to_owned())
            };
            HomeRow {
                section,
                target: Some(Target::App(app.identifier.clone())),
                sign,
                name: app.short_name().to_owned(),
                text,
                trouble: None,
                more: 0,
            }
        };
        self.of_apps(section, self.most() / 2, apps.into_iter().map(|(_, app)| app), row)
    }
}
