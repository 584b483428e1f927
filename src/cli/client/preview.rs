//! `kab install --dry-run`: everything that the install sheet of the terminal shows, for people and programs.

use serde_json::{Value, json};

use super::install::{plan_data, reasons};
use super::{data, page::Page};
use crate::cli::output::Answer;
use crate::compat::{self, Fetch, Need, Offered, Outlook, Plan, Space, What};
use crate::domain::{
    App, Approvals, Engine, Fetching, Pod, Release, Standing, Task, human_bytes, shell::word as quoted,
};

/// What is known before an installation.
pub struct Preview<'a> {
    /// The app.
    pub app: &'a App,
    /// Which of its releases.
    pub release: &'a Release,
    /// Where and how.
    pub plan: &'a Plan<'a>,
    /// All pods.
    pub pods: Vec<Pod>,
    /// All engines.
    pub engines: &'a [Engine],
    /// All tasks.
    pub tasks: Vec<Task>,
    /// What the engine would fetch, as far as it can tell.
    pub fetching: Option<Fetching>,
    /// Who approved the release; `None` where nobody has to.
    pub approvals: Option<Approvals>,
    /// What the server has and the account may give.
    pub offered: Offered,
    /// Whether this machine's own server is meant.
    pub is_local: bool,
}

impl Preview<'_> {
    /// What there is to say.
    pub fn answer(&self) -> Answer {
        let mut plan = plan_data(self.release, self.plan);
        let best = &self.plan.best;
        plan["scopes"] = json!(self.release.scopes);
        plan["access"] = compat::access_words(self.app, self.release, &self.pods).into();
        let needs = self.needs();
        let answer = |key: &str| needs.iter().find(|need| need.what == What::Service && need.name == key);
        let services = best.flavour.requirements.iter();
        let services = services.map(|need| {
            let answer = answer(&need.key).map(|need| need.answer);
            json!({"key": need.key, "service": need.service, "optional": need.optional, "answer": answer})
        });
        plan["services"] = services.collect();
        plan["needs"] = json!(needs);
        let outlook = self.outlook();
        let free = match outlook.space {
            Space::Unknown => None,
            Space::Free(free) | Space::TooLittle { free, .. } => Some(free),
        };
        let is_enough = match outlook.space {
            Space::TooLittle { .. } => Some(false),
            Space::Free(_) if best.flavour.image.size.is_some() || matches!(outlook.fetch, Fetch::Nothing(_)) => {
                Some(true)
            }
            Space::Unknown | Space::Free(_) => None,
        };
        plan["space"] = json!({"free": free, "needed": best.flavour.image.size, "is_enough": is_enough});
        let part = if let Fetch::Part(part) = outlook.fetch { Some(part) } else { None };
        let (bytes, bytes_at_most) = match outlook.fetch {
            Fetch::Nothing(_) => (Some(0), Some(0)),
            Fetch::Part(part) => (Some(part.bytes), Some(part.bytes)),
            Fetch::AtMost(size) => (None, Some(size)),
            Fetch::Unknown => (None, None),
        };
        plan["fetch"] = json!({
            "bytes": bytes,
            "bytes_at_most": bytes_at_most,
            "bytes_of_all_layers": part.map(|part| part.total),
            "layers": part.map(|part| part.layers),
            "layers_there": part.map(|part| part.here),
            "unknown_because": outlook.untold,
            "bytes_per_second": part.and_then(|part| part.speed),
            "seconds": part.and_then(|part| part.seconds()),
            "text": outlook.fetch_words(),
        });
        plan["queue"] = json!({"running": outlook.queue.running, "waiting": outlook.queue.waiting});
        plan["obstacle"] = outlook.obstacle(best.engine).map(|(why, _)| why).into();
        plan["approval"] = self.approvals.as_ref().map_or(Value::Null, |approvals| {
            let engine = &best.engine.id;
            json!({
                "is_given": approvals.standing(engine) == Standing::Approved,
                "is_pinned": approvals.is_pinned,
                "text": approvals.words(engine),
            })
        });
        plan["network"] = if self.is_local { "host".into() } else { Value::Null };
        plan["already"] = self.already().into_iter().map(data::pod).collect::<Vec<Value>>().into();
        plan["command"] = self.command().into();
        let data = json!({"task": null, "pod": null, "plan": plan});
        Answer::text(data, self.page(), self.release.app.as_str())
    }

    fn page(&self) -> String {
        let (release, best) = (self.release, &self.plan.best);
        let mut page = Page::new();
        page.line(format!("Would install {} {}", release.app, release.version));
        page.field("  engine", format!("{} ({})", best.engine.name, best.engine.kind.name()));
        page.field("  flavour", format!("{} ({})", best.flavour.name, self.plan.why));
        page.field("  image", &best.flavour.image.reference);
        page.field("  size", best.flavour.image.size.map_or_else(|| "unknown".into(), human_bytes));
        let outlook = self.outlook();
        page.field("  fetch", outlook.fetch_words());
        page.field("  space", outlook.space.words(best.engine));
        page.field("  queue", outlook.queue.words().unwrap_or_else(|| "nothing is under way there".into()));
        page.field("  access", compat::access_words(self.app, release, &self.pods));
        if let Some(approvals) = &self.approvals {
            page.field("  approval", approvals.words(&best.engine.id));
        }
        let needs = self.needs();
        let services: Vec<String> = needs.iter().filter(|need| need.what == What::Service).map(Need::words).collect();
        page.field("  services", services.join(", "));
        for need in needs.iter().filter(|need| need.is_against()) {
            page.field("  but", format!("it {}", need.sentence()));
        }
        if self.is_local {
            page.field("  network", "this machine's own, so that the app reaches the local server");
        }
        let already: Vec<String> = self.already().iter().map(|pod| already(pod)).collect();
        page.field("  already", already.join(", "));
        page.field("  verdict", best.judgement.verdict.word());
        for reason in reasons(best) {
            page.field("", reason);
        }
        let others: Vec<String> =
            self.plan.others.iter().map(|other| format!("{} on {}", other.flavour.name, other.engine.name)).collect();
        page.field("  or", others.join(", "));
        if let Some((why, advice)) = outlook.obstacle(best.engine) {
            page.field("  but", format!("{why}. {advice}"));
        }
        page.field("  command", self.command());
        page.into_text()
    }

    fn needs(&self) -> Vec<Need> {
        compat::needs(self.release, Some(self.plan.best.flavour), &self.offered)
    }

    fn outlook(&self) -> Outlook {
        compat::outlook(&self.plan.best, &self.pods, &self.tasks, self.fetching.as_ref())
    }

    /// The app's pods that run already.
    fn already(&self) -> Vec<&Pod> {
        compat::already(&self.release.app, &self.release.version, &self.pods, self.engines)
    }

    /// The command that does the same, with every choice written out.
    fn command(&self) -> String {
        let best = &self.plan.best;
        let force = if best.judgement.verdict == crate::compat::Verdict::No { " --force" } else { "" };
        format!(
            "kab install {} --engine {} --flavour {}{force}",
            quoted(&format!("{}@{}", self.release.app, self.release.version)),
            quoted(&best.engine.name),
            quoted(&best.flavour.name)
        )
    }
}

/// `greeter-8c1f20e4 1.0.0 on docker-ws, of ada`.
fn already(pod: &Pod) -> String {
    let whose = pod.owner.as_ref().map_or_else(String::new, |owner| format!(", of {}", owner.name));
    format!("{} {} on {}{whose}", pod.name(), pod.version, pod.engine_name)
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;
    use crate::compat::Wish;
    use crate::domain::Requirement;

    #[test]
    fn everything_that_the_sheet_shows_is_there() {
        let mut release = testing::two_flavours();
        release.flavours[1].requirements.push(Requirement {
            key: "mikro".into(),
            service: "live.arkitekt.mikro".into(),
            optional: true,
            description: None,
        });
        let engines = [testing::engine("1", "w s", &[("disk.free_mb", "0")])];
        let plan = compat::plan(&release, &engines, Wish::default()).expect("a plan");
        let approvals = Some(Approvals { is_pinned: false, given: Vec::new() });
        let pods = vec![crate::domain::Pod { app: "a.b".into(), ..testing::pod("7", "greeter", "abcdef0123") }];
        let tasks = vec![testing::task("5", crate::domain::TaskState::Running)];
        let app = crate::domain::App { releases: vec![release.clone()], ..testing::app(release.app.as_str()) };
        let answer = Preview {
            app: &app,
            release: &release,
            plan: &plan,
            pods,
            engines: &engines,
            tasks,
            fetching: Some(Fetching::Unknown("the registry is away".into())),
            approvals,
            offered: crate::cli::offered::here(),
            is_local: true,
        }
        .answer();
        let plan = &answer.data["plan"];
        assert_eq!((&plan["space"]["free"], &plan["space"]["is_enough"]), (&json!(0), &json!(false)));
        assert_eq!((&plan["approval"]["is_given"], &plan["network"]), (&json!(false), &json!("host")));
        assert_eq!((&plan["services"][0]["key"], &plan["scopes"][0]), (&json!("mikro"), &json!("read")));
        assert_eq!(plan["already"][0]["id"], "7");
        assert_eq!(plan["queue"], json!({"running": 1, "waiting": 0}));
        assert_eq!((&plan["fetch"]["bytes"], &plan["fetch"]["bytes_at_most"]), (&json!(null), &json!(1_000_000)));
        assert_eq!(plan["fetch"]["unknown_because"], "the registry is away");
        assert!(plan["obstacle"].as_str().is_some_and(|why| why.contains("0 B free")), "{plan}");
        assert_eq!(plan["command"], "kab install a.b@1.0.0 --engine 'w s' --flavour cpu");
        let text = answer.text.expect("text");
        for word in [
            "0 B free on w s, the image needs 1.00 MB: too little",
            "1 under way there",
            "Make room there",
            "nobody has approved this release yet",
            "mikro: missing, it can do without",
            "b-abcdef01 1.0.0 on docker-ws",
            "cuda on w s",
            "RUNS",
            "kab install a.b@1.0.0",
        ] {
            assert!(text.contains(word), "{word} is missing in\n{text}");
        }
    }
}
