//! What authors say of the apps whose pages were opened: read then, and again when their repositories have changed. And
//! what engines say of images that may be installed.

use std::collections::HashMap;

use super::{Data, tidy};
use crate::domain::{
    About, App, EngineId, Failure, Fetching, FlavourId, Moment, Readme, Release, ReleaseId, Remote, RepositoryId,
    Sources, clean, human_bytes,
};
use crate::tui::widgets::link;
use crate::tui::widgets::markdown::Markdown;

/// Apps of which that is kept; a README may be long.
const KEPT: usize = 16;

/// Longest README that is laid out, in bytes: nobody reads more of it in a terminal.
const LONGEST: usize = 200_000;

/// Cuts what is too long to be read in a terminal, and says so.
fn shorten(readme: &mut String) {
    if readme.len() > LONGEST {
        let end = readme.floor_char_boundary(LONGEST);
        let more = readme.len() - end;
        readme.truncate(end);
        let more = human_bytes(u64::try_from(more).unwrap_or(u64::MAX));
        readme.extend(["\n\n*Cut here: ", &more, " more.*\n"]);
    }
}

/// What is said of a release.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Said {
    /// Who made it.
    pub publisher: Option<String>,
    /// The README of its repository; `None`: there is none.
    pub readme: Option<Markdown>,
    /// The same as it was sent, cleaned, for programs.
    pub text: Option<String>,
    /// Who offers the app, where the server tells.
    pub sources: Option<Sources>,
    /// Whether the server can tell READMEs.
    pub tells_readmes: bool,
}

/// A question about what an engine would fetch of an image.
#[derive(Debug)]
pub struct Asked {
    /// When it was asked.
    pub at: Moment,
    /// What the engine told; `None`: it cannot tell.
    pub answer: Remote<Option<Fetching>>,
}

/// What engines would fetch of images.
#[derive(Debug, Default)]
pub struct Fetches {
    /// What was asked, by what and where.
    pub asked: HashMap<(FlavourId, EngineId), Asked>,
    /// Whether somebody wants it, however slow the link is.
    pub is_wanted: bool,
}

impl Data {
    /// What is said of a release.
    pub fn said(&self, release: &ReleaseId) -> &Remote<Said> {
        self.said.get(release).unwrap_or(&Remote::Absent)
    }

    /// Notes that it is being asked what is said of a release. Whether that is news.
    pub fn ask_about(&mut self, release: &ReleaseId) -> bool {
        if !self.asked_about.insert(release.clone()) {
            return false;
        }
        if self.said.len() >= KEPT && !self.said.contains_key(release) {
            self.said.clear();
            self.asked_about.retain(|asked| asked == release);
        }
        self.said.entry(release.clone()).or_default().start();
        true
    }

    /// Takes in what is said of a release.
    pub fn settle_about(&mut self, release: ReleaseId, result: Result<About, Failure>) {
        let page = self.release(&release).and_then(|release| self.page_of(release));
        let said = result.map(|mut about| {
            if let Readme::Text(text) = &mut about.readme {
                shorten(text);
            }
            let mut publisher = about.publisher;
            publisher.iter_mut().for_each(tidy);
            let text = match &about.readme {
                Readme::Text(text) => Some(clean(text)),
                Readme::Missing | Readme::Unknown => None,
            };
            let (readme, tells_readmes) = match about.readme {
                Readme::Text(text) => (Some(Markdown::read(&text, page.as_deref())), true),
                Readme::Missing => (None, true),
                Readme::Unknown => (None, false),
            };
            let publisher = publisher.filter(|text| !text.is_empty());
            let mut sources = about.sources;
            sources.iter_mut().flat_map(|sources| &mut sources.all).for_each(|(_, name)| tidy(name));
            Said { publisher, text, readme: readme.filter(|it| !it.is_empty()), sources, tells_readmes }
        });
        self.said.entry(release).or_default().settle(said);
    }

    /// Who offers an app, where the server told it.
    pub fn sources_of(&self, app: &App) -> Option<&Sources> {
        app.releases.iter().find_map(|release| self.said(&release.id).value()?.sources.as_ref())
    }

    /// All repositories that offer an app, with their names: those that it comes from, and those that somebody could choose.
    pub fn offering(&self, app: &App) -> Vec<(RepositoryId, String)> {
        match self.sources_of(app) {
            Some(sources) => sources.all.clone(),
            None => self.repositories_of(app).into_iter().map(|it| (it.id.clone(), it.name.clone())).collect(),
        }
    }

    /// The repositories that somebody could choose for an app instead of those that it comes from.
    pub fn others_offering(&self, app: &App) -> Vec<(RepositoryId, String)> {
        let used: Vec<_> = self.repositories_of(app).into_iter().map(|repository| &repository.id).collect();
        let all = self.sources_of(app).map_or(&[][..], |sources| sources.all.as_slice());
        all.iter().filter(|(id, _)| !used.contains(&id)).cloned().collect()
    }

    /// What is said of apps may be other by now, and is asked again when it is looked at.
    pub fn doubt_what_is_said(&mut self) {
        self.asked_about.clear();
    }

    /// As if nothing had been told.
    #[cfg(test)]
    pub fn forget_what_is_said(&mut self) {
        self.said.clear();
        self.asked_about.clear();
    }

    pub(super) fn release(&self, id: &ReleaseId) -> Option<&Release> {
        self.apps().iter().flat_map(|app| &app.releases).find(|release| release.id == *id)
    }

    /// The page of a release's repository.
    fn page_of(&self, release: &Release) -> Option<String> {
        let repository = self.repository_of(release)?;
        link::of_repository(&repository.name).or_else(|| link::of_repository(&repository.source))
    }
}
