//! Rules about images: when to pull, whether one runs on this machine, and which command it gets. Pure.

use super::driver::{ImageFacts, Platform};
use crate::domain::Facts;

/// Whether an image is fetched before it is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetch {
    /// It is here, and cannot be another one.
    No,
    /// It has to be fetched; a failure is an error, never a reason to run an old one.
    Pull,
    /// It cannot be fetched from anywhere, and is not here.
    Impossible,
}

/// Whether an image is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Here,
    /// It is not.
    Absent,
}

/// The pull policy: a digest cannot change, `localhost/…` comes from this machine, a tag may have moved.
pub fn fetch(reference: &str, presence: Presence) -> Fetch {
    let is_local = reference.starts_with("localhost/");
    match presence {
        Presence::Here if is_local || reference.contains('@') => Fetch::No,
        Presence::Absent if is_local => Fetch::Impossible,
        Presence::Here | Presence::Absent => Fetch::Pull,
    }
}

/// Why the image cannot run on a machine with these facts; `None` when nothing speaks against it.
pub fn mismatch(image: &ImageFacts, facts: &Facts) -> Option<String> {
    if !image.system.is_empty() && image.system != "linux" {
        return Some(format!("the image is made for {}, and this engine runs linux", image.system));
    }
    let machine = facts.get("cpu.arch")?;
    // A processor of 64 bits runs what was made for its predecessors of 32.
    let is_older = machine == "amd64" && image.architecture == "386";
    let fits = image.architecture.is_empty() || image.architecture == machine || is_older;
    (!fits).then(|| format!("the image is made for {} processors, and this machine is {machine}", image.architecture))
}

/// Why an image that is made for these platforms cannot run on a machine with these facts; `None` when nothing speaks
/// against it, or nobody told.
pub fn unsuited(platforms: &[Platform], facts: &Facts) -> Option<String> {
    let one = |platform: &Platform| {
        let Platform { system, architecture } = platform.clone();
        mismatch(&ImageFacts { architecture, system, ..ImageFacts::default() }, facts)
    };
    match platforms {
        [] => None,
        [only] => one(only),
        several => {
            let reasons: Option<Vec<_>> = several.iter().map(one).collect();
            reasons.map(|_| {
                let all: Vec<_> = several.iter().map(|it| format!("{}/{}", it.system, it.architecture)).collect();
                let machine = facts.get("cpu.arch").unwrap_or("another one");
                format!("the image is made for {}, and this machine is linux/{machine}", all.join(", "))
            })
        }
    }
}

/// The command for an app. An image that starts something of its own keeps it. One that would only start a shell or
/// an interpreter was built for the arkitekt program, whose commands moved below `app` with version 1.4.
pub fn command(image: &ImageFacts) -> Option<Vec<String>> {
    const IDLE: [&str; 7] = ["sh", "bash", "ash", "dash", "python", "python3", "uv"];
    if !image.entrypoint.is_empty() {
        return None;
    }
    let is_idle = match image.command.as_slice() {
        [] => true,
        [program] => IDLE.contains(&program.rsplit('/').next().unwrap_or(program)),
        _ => false,
    };
    // Address and token come from the environment, never from here.
    let script = "if arkitekt-next app run prod --help >/dev/null 2>&1; \
                  then exec arkitekt-next app run prod; else exec arkitekt-next run prod; fi";
    is_idle.then(|| ["/bin/sh", "-c", script].map(str::to_owned).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_pulled_and_a_digest_is_not() {
        for (reference, presence, expected) in [
            ("user/app:1", Presence::Here, Fetch::Pull),
            ("user/app:1", Presence::Absent, Fetch::Pull),
            ("user/app@sha256:00", Presence::Here, Fetch::No),
            ("user/app@sha256:00", Presence::Absent, Fetch::Pull),
            ("localhost/kab-demo/greeter:1", Presence::Here, Fetch::No),
            ("localhost/kab-demo/greeter:1", Presence::Absent, Fetch::Impossible),
            ("localhost:5000/app:1", Presence::Here, Fetch::Pull),
        ] {
            assert_eq!(fetch(reference, presence), expected, "{reference} {presence:?}");
        }
    }

    #[test]
    fn an_image_for_another_machine_is_told() {
        let image = |architecture: &str, system: &str| ImageFacts {
            architecture: architecture.into(),
            system: system.into(),
            ..ImageFacts::default()
        };
        let facts: Facts = [("cpu.arch", "amd64")].into_iter().collect();
        assert_eq!(mismatch(&image("amd64", "linux"), &facts), None);
        assert_eq!(mismatch(&image("", ""), &facts), None);
        assert!(mismatch(&image("arm64", "linux"), &facts).unwrap().contains("arm64"));
        assert!(mismatch(&image("amd64", "windows"), &facts).unwrap().contains("windows"));
        assert_eq!(mismatch(&image("arm64", "linux"), &Facts::default()), None, "unknown is not wrong");

        let platforms = |list: &[(&str, &str)]| {
            let platform = |(system, architecture): &(&str, &str)| Platform {
                system: (*system).into(),
                architecture: (*architecture).into(),
            };
            unsuited(&list.iter().map(platform).collect::<Vec<_>>(), &facts)
        };
        assert_eq!(platforms(&[]), None, "nobody told");
        assert_eq!(platforms(&[("linux", "arm64"), ("linux", "amd64")]), None);
        assert!(platforms(&[("linux", "arm64")]).unwrap().contains("arm64 processors"));
        assert!(platforms(&[("linux", "arm64"), ("linux", "s390x")]).unwrap().contains("linux/arm64, linux/s390x"));
    }

    #[test]
    fn only_images_without_a_command_of_their_own_get_arkitekts() {
        let image = |entrypoint: &[&str], command: &[&str]| ImageFacts {
            entrypoint: entrypoint.iter().map(|word| (*word).to_owned()).collect(),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            ..ImageFacts::default()
        };
        assert_eq!(command(&image(&["/app"], &[])), None);
        assert_eq!(command(&image(&[], &["/kab", "demo-app", "greeter"])), None);
        assert_eq!(command(&image(&[], &["python", "main.py"])), None);
        for idle in [&[][..], &["python3"][..], &["/bin/bash"][..]] {
            let words = command(&image(&[], idle)).unwrap();
            assert!(words[2].contains("arkitekt-next app run prod") && words[2].contains("arkitekt-next run prod"));
        }
    }
}
