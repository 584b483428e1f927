//! The README on an app's page, and why there is none.

use crate::domain::{Release, Remote, Speed};
use crate::tui::app::App;
use crate::tui::theme::Tone;
use crate::tui::widgets::prose::Prose;

/// Adds the README of a release's repository below what else is said of it. Of servers that cannot tell any, nothing is said.
pub fn write(app: &App, release: &Release, page: &mut Prose) {
    let said = app.data.said(&release.id);
    let note = match said {
        Remote::Absent if app.is_live() && app.net.speed == Speed::Slow => {
            app.prose("Not read, as the link is slow. ⟨refresh⟩ reads it.")
        }
        Remote::Loading { old: None } => format!("Being read{}", app.theme.glyphs.ellipsis),
        Remote::Failed { failure, old: None } => {
            app.prose(&format!("It could not be read: {}. ⟨refresh⟩ asks again.", failure.why.trim_end_matches('.')))
        }
        _ => match said.value() {
            Some(said) if said.tells_readmes => match &said.readme {
                Some(readme) => {
                    page.head("README");
                    page.gap();
                    readme.write(page);
                    return;
                }
                None => "Its repository has none.".into(),
            },
            _ => return,
        },
    };
    page.head("README");
    page.paragraph(Tone::Muted, &note);
}

/// What is drawn of its links, and where each leads.
pub fn links(app: &App, release: &Release, width: u16) -> Vec<(String, String)> {
    let readme = app.data.said(&release.id).value().and_then(|said| said.readme.as_ref());
    readme.map_or_else(Vec::new, |readme| readme.drawn_links(&Prose::new(app.theme, width)))
}
