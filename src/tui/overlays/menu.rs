//! All actions on the chosen thing. What cannot be done is shown with the reason.

use super::form::Form;
use super::{Overlay, moved};
use crate::domain::{Engine, EngineId, Offer, PodId, PodVerb, RepositoryId};
use crate::tui::action::Action;
use crate::tui::app::{App, Target};
use crate::tui::custom::Custom;
use crate::tui::data::Clean;
use crate::tui::effect::Effect;
use crate::tui::keymap::Key;
use crate::tui::log::{ENGINE_LOG, Reach};

/// What a line does.
#[derive(Debug, Clone, PartialEq)]
pub enum Doing {
    /// One of kab's own actions.
    Act(Action),
    /// An action that the engine offers.
    Take(Box<Offer>),
    /// An action of the person's own.
    Run(Box<Custom>),
    /// The app is taken from another repository, of that name.
    TakeFrom(RepositoryId, String),
}

/// A line of the menu.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it does.
    pub doing: Doing,
    /// In words.
    pub text: String,
    /// Its key on the page.
    pub key: Option<Key>,
    /// Why it cannot be done.
    pub against: Option<String>,
}

/// The menu.
#[derive(Debug, Clone, PartialEq)]
pub struct Menu {
    /// What it is about.
    pub title: String,
    /// The engine whose own actions belong to it, with the pod that they are about.
    pub offered_by: Option<(EngineId, Option<PodId>)>,
    /// The thing that it is about; `None`: it is about no row.
    pub target: Option<Target>,
    /// Its lines.
    pub items: Vec<Item>,
    /// The chosen one.
    pub cursor: usize,
}

impl Menu {
    /// The menu for what is chosen; `None` when nothing is.
    pub fn new(app: &App) -> Option<Self> {
        let target = app.target()?;
        let actions: &[(Action, &str)] = match target {
            Target::App(_) => &[
                (Action::Install, "Install the best flavour on the best engine"),
                (Action::InstallWith, "Install with options"),
                (Action::Update, "Update its pods to the newest release"),
                (Action::Explain, "Where it runs, and why not elsewhere"),
                (Action::Copy, "Copy its identifier"),
            ],
            Target::Node(_) => &[
                (Action::Install, "Install an app that provides it"),
                (Action::InstallWith, "Install with options"),
                (Action::Explain, "Where it runs, and why not elsewhere"),
                (Action::Copy, "Copy its hash"),
            ],
            Target::Pod(_) => &[
                (Action::Logs, "Log"),
                (Action::Pod(PodVerb::Start), "Start"),
                (Action::Pod(PodVerb::Stop), "Stop"),
                (Action::Pod(PodVerb::Restart), "Restart"),
                (Action::Pod(PodVerb::Remove), "Remove"),
                (Action::Update, "Update to the newest release"),
                (Action::Shell, "Shell in it"),
                (Action::Forget, "Forget its record"),
                (Action::Explain, "Why it is in this state"),
                (Action::Copy, "Copy its name"),
            ],
            Target::Engine(_) => &[
                (Action::Logs, "What it says of itself"),
                (Action::Refresh, "Ask for its facts again"),
                (Action::Copy, "Copy its name"),
            ],
            Target::Task(_) => &[
                (Action::Cancel, "Cancel"),
                (Action::Again, "Run it again"),
                (Action::Logs, "Log of its pod"),
                (Action::Explain, "What happened"),
                (Action::Copy, "Copy its id"),
            ],
        };
        let chain = app.page_chain();
        let own = app.custom_about(&target).map(|action| Item {
            doing: Doing::Run(Box::new(action.clone())),
            text: action.name.clone(),
            key: action.key,
            against: match &target {
                Target::Pod(id) if app.replicas_of(id).is_some() => Some("open the row and choose one pod".into()),
                _ => app.against_custom(action),
            },
        });
        let items = actions
            .iter()
            .map(|(action, text)| Item {
                doing: Doing::Act(*action),
                text: (*text).to_owned(),
                key: app.keys.key_for(chain, *action),
                against: app.against(*action),
            })
            .chain(app.other_sources(&target))
            .chain(own)
            .collect();
        let offered_by = match &target {
            // What an engine offers is about one pod, and not about all that share a row.
            Target::Pod(id) if app.replicas_of(id).is_some() => None,
            Target::Pod(id) => app.data.pod(id).map(|pod| (pod.engine.clone(), Some(id.clone()))),
            Target::Engine(id) => Some((id.clone(), None)),
            _ => None,
        };
        let mut menu = Self { title: app.describe(&target), offered_by, target: Some(target), items, cursor: 0 };
        menu.add_offers(app);
        Some(menu)
    }

    /// The menu of how much of a log is asked for.
    pub fn of_reaches(now: Reach) -> Self {
        let item = |reach: Reach| Item {
            doing: Doing::Act(Action::Reach(reach)),
            text: reach.text(),
            key: None,
            against: None,
        };
        let other = Item {
            doing: Doing::Act(Action::OtherReach),
            text: "Another count or time, such as 500, 90s, 2h, 14:30".into(),
            key: None,
            against: None,
        };
        let cursor = Reach::ALL.iter().position(|reach| *reach == now).unwrap_or(Reach::ALL.len());
        let items = Reach::ALL.into_iter().map(item).chain([other]).collect();
        Self { title: "How much of the log".into(), offered_by: None, target: None, items, cursor }
    }

    /// Whether its lines may have commands that do the same.
    pub fn has_commands(&self) -> bool {
        !self.items.iter().any(|item| matches!(item.doing, Doing::Act(Action::Reach(_))))
    }

    /// Adds what the engine offers, as far as it is known.
    fn add_offers(&mut self, app: &App) {
        self.items.retain(|item| !matches!(item.doing, Doing::Take(_)));
        let Some((engine, pod)) = &self.offered_by else { return };
        let offers = app.data.offers.get(engine).into_iter().flatten();
        for offer in offers.filter(|offer| offer.is_beyond_verbs()) {
            // It has a row of its own.
            if offer.interface == ENGINE_LOG {
                continue;
            }
            // About a pod where one is meant, about none where the engine is.
            if offer.port_for("@kabinet/pod").is_some() != pod.is_some() {
                continue;
            }
            let obstacle = offer.obstacles().first().map(|port| {
                format!("it needs {} ({}), which kab cannot fill in", port.name(), port.kind.name().to_lowercase())
            });
            let online = app.data.engine(engine).is_some_and(Engine::is_online);
            let offline = (!online).then(|| "its engine is offline".to_owned());
            self.items.push(Item {
                doing: Doing::Take(Box::new(offer.clone())),
                text: offer.name.clone(),
                key: None,
                against: app.bar().or(offline).or(obstacle),
            });
        }
    }
}

impl App {
    pub(super) fn act_in_menu(&mut self, action: Action, mut menu: Menu) -> Vec<Effect> {
        match action {
            Action::Move(step) => {
                menu.cursor = moved(menu.cursor, step, menu.items.len());
                self.overlay = Some(Overlay::Menu(menu));
                Vec::new()
            }
            Action::Confirm => match menu.items.get(menu.cursor).cloned() {
                Some(Item { against: Some(why), text, .. }) => {
                    self.notes.say(self.now, format!("Not possible: {text}: {why}"));
                    self.overlay = Some(Overlay::Menu(menu));
                    Vec::new()
                }
                // Rows may have come and gone below it.
                Some(_) if menu.target.is_some() && menu.target != self.target() => {
                    self.notes.say(self.now, format!("Not done: {} is not under the cursor any more", menu.title));
                    Vec::new()
                }
                Some(Item { doing: Doing::Act(action), .. }) => self.act(action),
                Some(Item { doing: Doing::Run(action), .. }) => self.begin_custom(*action),
                Some(Item { doing: Doing::TakeFrom(repository, name), .. }) => {
                    self.ask_take_from(repository, name);
                    Vec::new()
                }
                Some(Item { doing: Doing::Take(offer), .. }) => {
                    self.fill_in(*offer, menu.offered_by.as_ref());
                    Vec::new()
                }
                None => Vec::new(),
            },
            Action::CopyCommand => {
                let command = self.command_of(&menu);
                self.overlay = Some(Overlay::Menu(menu));
                if let Some(command) = command {
                    return vec![Effect::Copy(command)];
                }
                self.notes.say(self.now, "No command of kab does the same");
                Vec::new()
            }
            Action::Back | Action::Close => Vec::new(),
            _ => {
                self.overlay = Some(Overlay::Menu(menu));
                Vec::new()
            }
        }
    }

    /// Opens the menu, and asks what the engine offers in addition.
    pub(in crate::tui) fn open_menu(&mut self) -> Vec<Effect> {
        let Some(menu) = Menu::new(self) else {
            // What has no page has no actions; what is wrong with it can be read all the same.
            return self.home_trouble().and_then(|_| self.open_details()).unwrap_or_default();
        };
        let engine = menu.offered_by.as_ref().and_then(|(engine, _)| self.data.engine(engine));
        let engine = engine.filter(|engine| engine.is_online() && self.is_live());
        let effects = engine.map(|engine| Effect::Offers(Box::new(engine.clone()))).into_iter().collect();
        self.overlay = Some(Overlay::Menu(menu));
        effects
    }

    /// The engine told what it offers.
    pub(in crate::tui) fn take_offers(&mut self, engine: EngineId, mut offers: Vec<Offer>) {
        offers.iter_mut().for_each(Clean::clean);
        self.data.offers.insert(engine, offers);
        if let Some(Overlay::Menu(mut menu)) = self.overlay.take() {
            menu.add_offers(self);
            for item in &mut menu.items {
                if let Doing::Act(action @ (Action::Logs | Action::Pod(_))) = item.doing {
                    item.against = self.against(action);
                }
            }
            self.overlay = Some(Overlay::Menu(menu));
        }
    }

    /// Opens the form of an offer.
    pub(super) fn fill_in(&mut self, offer: Offer, offered_by: Option<&(EngineId, Option<PodId>)>) {
        let Some((engine, pod)) = offered_by else { return };
        let Some(engine) = self.data.engine(engine) else { return };
        let pod = pod.as_ref().and_then(|id| self.data.pod(id)).map(|pod| (&pod.id, pod.name()));
        let pod = pod.as_ref().map(|(id, name)| (*id, name.as_str()));
        let mut form = Form::new(offer, Box::new(engine.clone()), pod);
        if let Some(unsent) = self.unsent.take_if(|unsent| unsent.asks_the_same(&form)) {
            form = form.filled_from(&unsent);
        }
        self.overlay = Some(Overlay::Form(form));
    }

    /// What people call a thing.
    pub fn describe(&self, target: &Target) -> String {
        match target {
            Target::App(id) => self.data.app(id).map_or_else(
                || id.to_string(),
                |app| {
                    let version = self.release_seen(id).map_or("", |release| &release.version);
                    format!("{} {version}", app.short_name())
                },
            ),
            Target::Node(id) => self.data.node(id).map_or_else(|| id.to_string(), |node| node.name.clone()),
            Target::Pod(id) => match (self.data.pod(id), self.replicas_of(id)) {
                (None, _) => id.to_string(),
                (Some(pod), None) => pod.name(),
                (Some(pod), Some(all)) => {
                    format!("{} x{}", crate::domain::short_name(pod.app.as_str()), all.len())
                }
            },
            Target::Engine(id) => self.data.engine(id).map_or_else(|| id.to_string(), |engine| engine.name.clone()),
            Target::Task(id) => self.data.task(id).map_or_else(|| id.to_string(), |task| self.task_title(task)),
        }
    }
}
