//! Where an app runs, in a few words.

use crate::domain::{self, Pod};
use crate::tui::app::App;
use crate::tui::widgets::text::{age, ago};

/// Where it runs, whose that is and since when; what nobody confirms comes last, with when it was seen:
/// `hpc-gpu (you, 3h)`, `k8s-lab (?, mara, seen 2h ago)`.
pub fn running(app: &App, it: &domain::App) -> Vec<String> {
    let newest = it.newest().map(|release| release.version.as_str());
    let (ghosts, others): (Vec<&Pod>, Vec<&Pod>) = app.data.running(&it.identifier).partition(|pod| app.is_ghost(pod));
    let place = |pod: &Pod, is_ghost: bool| {
        let mut about = Vec::new();
        about.extend(is_ghost.then(|| "?".to_owned()));
        about.extend((newest != Some(pod.version.as_str())).then(|| pod.version.clone()));
        about.extend(pod.owner.as_ref().map(|owner| if app.is_mine(pod) { "you".into() } else { owner.name.clone() }));
        about.extend(if is_ghost {
            last_seen(app, pod)
        } else {
            pod.created_at.map(|at| age(at.seconds_until(app.now)))
        });
        let about = about.join(", ");
        if about.is_empty() { pod.engine_name.clone() } else { format!("{} ({about})", pod.engine_name) }
    };
    let others = others.into_iter().map(|pod| place(pod, false));
    others.chain(ghosts.into_iter().map(|pod| place(pod, true))).collect()
}

/// `seen 2h ago`, of a pod that nobody confirms.
pub fn last_seen(app: &App, pod: &Pod) -> Option<String> {
    app.confirmed_at(pod).map(|at| format!("seen {}", ago(at.seconds_until(app.now))))
}
