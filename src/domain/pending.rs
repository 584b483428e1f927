//! Why something does not start or did not stay up: codes and words of runtimes and schedulers, in sentences, with what
//! can be done. One table for all of them; what nobody has put into it stays as it was said.

/// What a code or an error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// What it means, as a sentence.
    pub means: &'static str,
    /// What can be done about it, as a sentence.
    pub advice: &'static str,
}

/// How a row of the table is recognised.
enum Sign {
    /// Anywhere in the text, whatever its capitals.
    Text(&'static str),
    /// A scheduler's code, as a word of its own. Capitals count: `Priority` is a code, `priority` is a word.
    Code(&'static str),
    /// The beginning of a scheduler's code: `QOS` of `QOSMaxGRESPerUser`.
    Codes(&'static str),
}

use Sign::{Code, Codes, Text};

type Row = (&'static [Sign], &'static str, &'static str);

/// The first row that fits counts: what is particular stands above what is general.
const TABLE: &[Row] = &[
    // Container engines.
    (
        &[
            Text("could not select device driver"),
            Text("no such device"),
            Text("unresolvable cdi device"),
            Text("nvidia-container-cli"),
            Text("libcuda.so"),
        ],
        "The engine cannot give it the device that it asks for, most often a GPU.",
        "Choose a flavour without that need, or an engine that has the device.",
    ),
    (
        &[Text("port is already allocated"), Text("address already in use"), Text("port in use")],
        "Something else uses the port that it wants to listen on.",
        "Stop the other program or pod, then start this one again.",
    ),
    (
        &[Text("apptainer_tmpdir"), Text("apptainer_cachedir"), Text("building sif")],
        "There is no room to turn the image into a file.",
        "Set APPTAINER_TMPDIR to a folder on a larger disk, such as your scratch folder.",
    ),
    (
        &[
            Text("no space left"),
            Text("disk quota exceeded"),
            Text("not enough space"),
            Text("are free where images are kept"),
        ],
        "The disk where the engine keeps images is full.",
        "Make room there: remove pods and images that nobody needs, or choose another engine.",
    ),
    (
        &[Code("OOMKilled"), Code("OutOfMemory"), Text("out of memory"), Text("out_of_memory"), Text("exit code 137")],
        "It was most likely killed because it used more memory than there is, or than it was allowed.",
        "Give it less to do, raise the engine's memory limit, or choose an engine with more memory.",
    ),
    (
        &[Text("exec format error")],
        "The image was built for another kind of processor.",
        "Choose a flavour or an engine whose processors fit.",
    ),
    (
        &[
            Text("no matching manifest"),
            Text("no image found in manifest list"),
            Text("no image found in image index"),
            Text("does not match the specified platform"),
            Text("does not match the detected host platform"),
        ],
        "The image does not exist for this machine's kind of processor.",
        "Choose another flavour, or an engine with the processors that the image is for.",
    ),
    (
        &[Text("toomanyrequests"), Text("rate limit"), Text("too many requests")],
        "The registry has handed out as many images to this address as it wants to, for now.",
        "Wait an hour, or sign in to the registry on the engine's machine: docker login, podman login.",
    ),
    (
        &[
            Text("unauthorized"),
            Text("authentication required"),
            Text("pull access denied"),
            Text("requested access to the resource is denied"),
            Text("denied: denied"),
        ],
        "The registry wants to know who asks, or does not give the image to this account; some say so when it is not there.",
        "Sign in on the engine's machine (docker login, podman login), and check the image's name.",
    ),
    (
        &[Text("manifest unknown"), Text("manifest for"), Text("repository name not known"), Text("no such image")],
        "The registry has no image of that name and tag.",
        "The release points to an image that is gone or was never pushed: tell its author, or choose another version.",
    ),
    (
        &[Text("no such host"), Text("name resolution"), Text("server misbehaving"), Text("could not resolve")],
        "The engine's machine cannot find the registry's address.",
        "Check the machine's network and proxy; `kab doctor` on it says more.",
    ),
    (
        &[Text("x509:"), Text("certificate signed by unknown"), Text("tls: failed to verify")],
        "The engine does not trust the certificate of the registry.",
        "Have the registry's authority installed on the engine's machine, or the proxy in between corrected.",
    ),
    (
        &[
            Text("i/o timeout"),
            Text("tls handshake timeout"),
            Text("connection timed out"),
            Text("connection reset by peer"),
        ],
        "The registry did not answer in time.",
        "Try again; if it stays so, check the network of the engine's machine.",
    ),
    (
        &[Text("executable file not found"), Text("exit code 127"), Text("the command was not found")],
        "The program that the image should start is not in it.",
        "The image is broken or was built for another tool: tell its author, or choose another version.",
    ),
    (
        &[Text("setting rlimit")],
        "The engine may not set the limits (ulimit) that it is told to give to containers.",
        "Lower default_ulimits in its containers.conf, or have the engine started where it may raise them.",
    ),
    (
        &[Text("exit code 125"), Text("exit code 126"), Text("permission denied")],
        "The program may not be run, or may not touch what it needs.",
        "Its log says what it wanted; the author of the image can correct it.",
    ),
    (
        &[Text("exit code 139"), Text("sigsegv"), Text("segmentation fault")],
        "The program crashed.",
        "Its log may say why; another version or flavour may do better.",
    ),
    // Kubernetes.
    (
        &[Text("insufficient nvidia.com/gpu"), Text("insufficient amd.com/gpu"), Text("insufficient gpu")],
        "No machine of the cluster has as many free GPUs as it asks for.",
        "Wait until one is free, stop a pod that holds one, or choose a flavour without a GPU.",
    ),
    (
        &[Text("insufficient memory"), Text("insufficient cpu"), Text("insufficient ephemeral-storage")],
        "No machine of the cluster has enough free memory, processors or disk for it.",
        "Wait, or stop pods that are not needed.",
    ),
    (
        &[Code("Unschedulable"), Code("FailedScheduling")],
        "The cluster has no machine where it may run now.",
        "Wait, or ask the cluster's admin which machines take it.",
    ),
    (
        &[Code("ImagePullBackOff"), Code("ErrImagePull"), Code("InvalidImageName")],
        "The cluster cannot fetch the image, and tries again now and then.",
        "Check the image's name, and whether the cluster may have it from its registry.",
    ),
    (
        &[Code("CrashLoopBackOff")],
        "It starts, ends with an error, and is started again after a while.",
        "Its log says why it ends.",
    ),
    (
        &[Code("CreateContainerConfigError"), Code("CreateContainerError"), Code("RunContainerError")],
        "The cluster cannot make the container as it was asked to.",
        "Ask the cluster's admin: a secret, a volume or a setting is missing.",
    ),
    (
        &[Code("FailedMount"), Code("FailedAttachVolume")],
        "A disk that it needs cannot be attached.",
        "Wait a moment; if it stays so, ask the cluster's admin about the volume.",
    ),
    (
        &[Code("Evicted")],
        "The machine ran short of memory or disk, and the cluster ended it.",
        "Start it again; it goes where there is room.",
    ),
    (&[Code("ContainerCreating")], "The cluster is making the container.", "Wait a moment."),
    // Slurm.
    (
        &[Code("Resources")],
        "It is next, and waits until enough processors, memory or GPUs are free.",
        "Wait; a flavour that asks for less starts sooner.",
    ),
    (
        &[Code("Priority")],
        "Jobs with a higher priority are before it in the queue.",
        "Wait; another partition may have a shorter queue.",
    ),
    (
        &[Codes("QOS")],
        "You already use as much as your quality of service allows.",
        "Stop something that you run there, or choose a flavour that asks for less.",
    ),
    (
        &[Codes("Assoc"), Codes("MaxJobs"), Codes("MaxCpu")],
        "Your account already uses as much as it may.",
        "Stop something that runs on the account, or ask your admin for more.",
    ),
    (
        &[Code("Dependency"), Code("DependencyNeverSatisfied")],
        "It waits for another job to end.",
        "Wait, or cancel it if that job has failed.",
    ),
    (
        &[Codes("ReqNodeNotAvail"), Code("NodeDown"), Code("PartitionDown"), Code("PartitionInactive")],
        "The machines that it needs are down, reserved or being serviced.",
        "Wait until they are back, or choose another partition or engine.",
    ),
    (
        &[Code("PartitionTimeLimit"), Code("PartitionNodeLimit"), Code("TimeLimit")],
        "It asks for more time or machines than its partition gives.",
        "Ask for less, or choose another partition.",
    ),
    (&[Codes("JobHeld")], "Somebody holds it back.", "Whoever held it can release it: `scontrol release`."),
    (&[Code("BeginTime")], "It was told to begin later.", "Wait."),
    (&[Code("Licenses")], "It waits for a licence.", "Wait until somebody gives one back."),
    (&[Code("Reservation")], "It waits for its reservation to begin.", "Wait, or submit it without the reservation."),
];

/// Where an engine's words end, and those of the app begin that it quotes.
const QUOTES: &str = "It said:";

/// What a reason or an error means; `None`: nobody here knows more than it says.
///
/// ```
/// # use kab::domain::explain;
/// assert!(explain("exit code 137").is_some_and(|it| it.means.contains("memory")));
/// assert!(explain("sbatch: (QOSMaxGRESPerUser)").is_some_and(|it| it.means.contains("quality of service")));
/// assert_eq!(explain("it has no priority"), None);
/// ```
pub fn explain(text: &str) -> Option<Explanation> {
    // What an app said itself is about something else than its image or its queue.
    let text = text.split(QUOTES).next().unwrap_or(text);
    let small = text.to_lowercase();
    // A code is the whole text, or stands in parentheses, before a colon, or behind one.
    let marks = ['(', ')', ',', ':', '\n'];
    let codes: Vec<&str> = text.split(marks).map(str::trim).filter(|part| !part.contains(' ')).collect();
    let shows = |sign: &Sign| match sign {
        Text(needle) => small.contains(needle),
        Code(code) => codes.contains(code),
        Codes(head) => codes.iter().any(|code| code.starts_with(head)),
    };
    let found = TABLE.iter().find(|(signs, ..)| signs.iter().any(shows));
    found.map(|(_, means, advice)| Explanation { means, advice })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_words_of_every_runtime_have_a_sentence() {
        for (said, means) in [
            ("could not select device driver \"\" with capabilities: [[gpu]]", "GPU"),
            ("error gathering device information: no such device", "GPU"),
            ("Bind for 0.0.0.0:8080 failed: port is already allocated", "port"),
            ("write /var/lib/docker/tmp/x: no space left on device", "full"),
            ("FATAL: building SIF: no space left on device", "turn the image into a file"),
            ("exit code 137: it was killed, perhaps for lack of memory", "memory"),
            ("exit code 1: out of memory", "memory"),
            ("exec /usr/bin/python: exec format error", "processor"),
            ("error setting rlimit type 7: operation not permitted: OCI permission denied", "limits (ulimit)"),
            ("no matching manifest for linux/arm64/v8 in the manifest list entries", "does not exist for"),
            ("unauthorized: authentication required", "who asks"),
            ("manifest for bioimage/stardist:0.4.2 not found: manifest unknown", "no image of that name"),
            ("toomanyrequests: You have reached your pull rate limit", "as many images"),
            ("0/4 nodes are available: 4 Insufficient nvidia.com/gpu.", "free GPUs"),
            ("Unschedulable", "no machine"),
            ("ImagePullBackOff: Back-off pulling image", "cannot fetch"),
            ("Resources", "next"),
            ("(Priority)", "higher priority"),
            ("QOSMaxGRESPerUser", "quality of service"),
            ("AssocGrpCpuLimit", "account"),
            ("Dependency", "another job"),
            ("(ReqNodeNotAvail, UnavailableNodes:gn01)", "down, reserved"),
        ] {
            let found = explain(said).map_or("nothing", |found| found.means);
            assert!(found.contains(means), "{said}: {found}");
        }
    }

    #[test]
    fn what_is_no_code_stays_as_it_was_said() {
        for said in ["exit code 1", "the resources of the app are loaded", "it has no priority", "", "Exit code 13"] {
            assert_eq!(explain(said), None, "{said}");
        }
    }

    #[test]
    fn sentences_are_sentences() {
        for (_, means, advice) in TABLE {
            assert!(means.ends_with('.') && advice.ends_with('.'), "{means} {advice}");
            assert!(
                means.starts_with(char::is_uppercase) && advice.starts_with(char::is_uppercase),
                "{means} {advice}"
            );
        }
    }
}
