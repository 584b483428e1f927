//! GPUs: what the kernel shows of them, what `nvidia-smi` adds, and which toolkits are installed. The parsers are pure.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use super::Fact;

/// `nvidia-smi` hangs when a driver is broken.
const LIMIT: Duration = Duration::from_secs(5);

/// One GPU.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Card {
    vendor: String,
    model: Option<String>,
    megabytes: Option<u64>,
    capability: Option<String>,
}

/// What the files below that root say.
pub fn read(root: &Path) -> Vec<Fact> {
    let mut cards = nvidia_files(root);
    let has_nvidia = !cards.is_empty();
    // The kernel shows NVIDIA's cards twice where its own driver is loaded.
    cards.extend(kernel_cards(root).into_iter().filter(|card| card.vendor != "nvidia" || !has_nvidia));
    let mut facts = facts_of(&cards);
    let version =
        |paths: &[&str]| paths.iter().find_map(|path| first_version(&fs::read_to_string(root.join(path)).ok()?));
    if let Some(version) = version(&["opt/rocm/.info/version", "opt/rocm/.info/version-dev"]) {
        facts.push(("rocm.version".into(), version));
    }
    if let Some(version) = one_api(&root.join("opt/intel/oneapi/compiler")) {
        facts.push(("oneapi.version".into(), version));
    }
    facts
}

/// What `nvidia-smi` says.
#[derive(Debug)]
pub enum Nvidia {
    /// There is no such program.
    Absent,
    /// It fails, or does not answer.
    Failed,
    /// Facts.
    Says(Vec<Fact>),
}

/// Asks `nvidia-smi`.
pub async fn ask_nvidia() -> Nvidia {
    let query = ["--query-gpu=name,memory.total,compute_cap", "--format=csv,noheader,nounits"];
    let (list, banner) = futures_util::join!(smi(&query), smi(&[]));
    let (list, banner) = match (list, banner) {
        (Err(Nvidia::Absent), _) => return Nvidia::Absent,
        // Half an answer would be taken for a whole one.
        (Ok(list), Ok(banner)) => (list, banner),
        _ => return Nvidia::Failed,
    };
    let mut facts = facts_of(&listed(&list));
    if let Some(version) = cuda_version(&banner) {
        facts.push(("cuda.version".into(), version));
    }
    Nvidia::Says(facts)
}

async fn smi(arguments: &[&str]) -> Result<String, Nvidia> {
    let run = tokio::process::Command::new("nvidia-smi").args(arguments).kill_on_drop(true).output();
    match tokio::time::timeout(LIMIT, run).await {
        Ok(Ok(output)) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => Err(Nvidia::Absent),
        _ => Err(Nvidia::Failed),
    }
}

/// NVIDIA's cards from its program, the others from the files.
pub fn merge(files: Vec<Fact>, nvidia: Vec<Fact>) -> Vec<Fact> {
    let mut cards = cards_of(&nvidia);
    cards.extend(cards_of(&files).into_iter().filter(|card| card.vendor != "nvidia"));
    let others = files.into_iter().chain(nvidia).filter(|(key, _)| !key.starts_with("gpu") && key != CAPABILITY);
    others.chain(facts_of(&cards)).collect::<BTreeMap<_, _>>().into_iter().collect()
}

const CAPABILITY: &str = "cuda.compute_capability";

fn facts_of(cards: &[Card]) -> Vec<Fact> {
    let mut facts =
        vec![("gpu".to_owned(), (!cards.is_empty()).to_string()), ("gpu.count".to_owned(), cards.len().to_string())];
    for (at, card) in cards.iter().enumerate() {
        facts.push((format!("gpu.{at}.vendor"), card.vendor.clone()));
        if let Some(model) = &card.model {
            facts.push((format!("gpu.{at}.model"), model.clone()));
        }
        if let Some(megabytes) = card.megabytes {
            facts.push((format!("gpu.{at}.vram_mb"), megabytes.to_string()));
        }
    }
    // Of several cards the weakest, so that no promise is broken whichever an app gets.
    let number = |text: &String| text.split('.').map(|part| part.parse::<u32>().unwrap_or(0)).collect::<Vec<_>>();
    if let Some(capability) = cards.iter().filter_map(|card| card.capability.clone()).min_by_key(number) {
        facts.push((CAPABILITY.into(), capability));
    }
    facts
}

fn cards_of(facts: &[Fact]) -> Vec<Card> {
    let value = |key: &str| facts.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let capability = value(CAPABILITY);
    (0..)
        .map_while(|at| {
            let vendor = value(&format!("gpu.{at}.vendor"))?;
            Some(Card {
                capability: capability.clone().filter(|_| vendor == "nvidia"),
                model: value(&format!("gpu.{at}.model")),
                megabytes: value(&format!("gpu.{at}.vram_mb")).and_then(|megabytes| megabytes.parse().ok()),
                vendor,
            })
        })
        .collect()
}

/// Rows `NVIDIA A100-SXM4-40GB, 40960, 8.0`; memory in units of 2^20 bytes. Old programs know no capability.
fn listed(text: &str) -> Vec<Card> {
    let rows = text.lines().map(str::trim).filter(|line| !line.is_empty());
    rows.map(|line| {
        let mut columns = line.split(',').map(str::trim);
        let model = columns.next().map(|name| name.trim_start_matches("NVIDIA ").to_owned());
        let megabytes =
            columns.next().and_then(|units| units.parse::<u64>().ok()).map(|units| units * 1_048_576 / 1_000_000);
        let capability = columns.next().filter(|text| text.starts_with(|first: char| first.is_ascii_digit()));
        Card { vendor: "nvidia".into(), model, megabytes, capability: capability.map(str::to_owned) }
    })
    .collect()
}

/// The version in the head of the table that the program prints without arguments.
fn cuda_version(banner: &str) -> Option<String> {
    first_version(banner.split_once("CUDA Version:")?.1)
}

fn nvidia_files(root: &Path) -> Vec<Card> {
    let Ok(folders) = fs::read_dir(root.join("proc/driver/nvidia/gpus")) else { return Vec::new() };
    let texts = folders.flatten().filter_map(|folder| fs::read_to_string(folder.path().join("information")).ok());
    texts
        .map(|text| {
            let model = text.lines().find_map(|line| line.strip_prefix("Model:"));
            let model = model.map(|name| name.trim().trim_start_matches("NVIDIA ").to_owned());
            Card { vendor: "nvidia".into(), model, ..Card::default() }
        })
        .collect()
}

/// `/sys/class/drm/cardN/device`; outputs (`card0-HDMI-A-1`) and render nodes show the same cards again.
fn kernel_cards(root: &Path) -> Vec<Card> {
    let Ok(entries) = fs::read_dir(root.join("sys/class/drm")) else { return Vec::new() };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    names.sort();
    let is_card =
        |name: &str| name.strip_prefix("card").is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    names
        .iter()
        .filter(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_card))
        .filter_map(|path| {
            let device = path.join("device");
            let text = |file: &str| fs::read_to_string(device.join(file)).ok().map(|text| text.trim().to_owned());
            let vendor = vendor(&text("vendor")?)?;
            let megabytes =
                text("mem_info_vram_total").and_then(|bytes| bytes.parse::<u64>().ok()).map(|bytes| bytes / 1_000_000);
            let model = text("product_name").filter(|name| !name.is_empty());
            Some(Card { vendor: vendor.into(), model, megabytes, capability: None })
        })
        .collect()
}

/// Vendors of PCI whose GPUs apps can compute on; others (virtual screens, BMCs) only draw.
fn vendor(id: &str) -> Option<&'static str> {
    match id {
        "0x10de" => Some("nvidia"),
        "0x1002" => Some("amd"),
        "0x8086" => Some("intel"),
        _ => None,
    }
}

/// The newest installed compiler: its folders are named by version.
fn one_api(compilers: &Path) -> Option<String> {
    let folders = fs::read_dir(compilers).ok()?;
    let versions = folders.flatten().filter_map(|folder| first_version(&folder.file_name().to_string_lossy()));
    versions.max_by_key(|version| version.split('.').map(|part| part.parse().unwrap_or(0)).collect::<Vec<u64>>())
}

/// The first thing that reads like `1.2` or `1.2.3`.
fn first_version(text: &str) -> Option<String> {
    text.split(|character: char| !character.is_ascii_digit() && character != '.')
        .map(|word| word.trim_matches('.'))
        .find(|word| word.contains('.') || (!word.is_empty() && word.parse::<u64>().is_ok()))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Facts;

    fn facts(list: Vec<Fact>) -> Facts {
        list.into_iter().collect()
    }

    #[test]
    fn the_rows_of_nvidia_smi_are_read() {
        let cards = listed("NVIDIA A100-SXM4-40GB, 40960, 8.0\nNVIDIA GeForce GTX 1080, 8119, 6.1\n\n");
        let facts = facts(facts_of(&cards));
        assert_eq!(facts.get("gpu"), Some("true"));
        assert_eq!(facts.number("gpu.count"), Some(2));
        assert_eq!(facts.get("gpu.0.model"), Some("A100-SXM4-40GB"));
        assert_eq!(facts.number("gpu.0.vram_mb"), Some(42_949));
        assert_eq!(facts.get("cuda.compute_capability"), Some("6.1"), "the weakest");
        let old = listed("Tesla K80, 11441, [Not Supported]");
        assert_eq!((old[0].capability.clone(), old[0].megabytes), (None, Some(11_996)));
    }

    #[test]
    fn the_cuda_version_stands_in_the_banner() {
        let banner = "| NVIDIA-SMI 550.54.14   Driver Version: 550.54.14   CUDA Version: 12.4     |";
        assert_eq!(cuda_version(banner).as_deref(), Some("12.4"));
        assert_eq!(cuda_version("| NVIDIA-SMI 390.1 |"), None);
        for (text, version) in
            [("6.0.2-115\n", Some("6.0.2")), ("latest", None), ("2024.1", Some("2024.1")), ("", None), ("5", Some("5"))]
        {
            assert_eq!(first_version(text).as_deref(), version, "{text:?}");
        }
    }

    #[test]
    fn cards_are_found_in_the_kernels_files() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(facts(read(root.path())).get("gpu"), Some("false"));
        put("sys/class/drm/card0/device/vendor", "0x1a03\n");
        put("sys/class/drm/card1/device/vendor", "0x1002\n");
        put("sys/class/drm/card1/device/mem_info_vram_total", "68702699520\n");
        put("sys/class/drm/card1-HDMI-A-1/device/vendor", "0x1002\n");
        put("sys/class/drm/card2/device/vendor", "0x10de\n");
        put("proc/driver/nvidia/gpus/0000:01:00.0/information", "Model: \t\t NVIDIA A100\nIRQ: 1\n");
        put("opt/rocm/.info/version", "6.0.2-115\n");
        put("opt/intel/oneapi/compiler/2024.1/x", "");
        put("opt/intel/oneapi/compiler/latest/x", "");
        let found = read(root.path());
        let seen = facts(found.clone());
        assert_eq!(seen.number("gpu.count"), Some(2));
        assert_eq!((seen.get("gpu.0.vendor"), seen.get("gpu.0.model")), (Some("nvidia"), Some("A100")));
        assert_eq!((seen.get("gpu.1.vendor"), seen.number("gpu.1.vram_mb")), (Some("amd"), Some(68_702)));
        assert_eq!((seen.get("rocm.version"), seen.get("oneapi.version")), (Some("6.0.2"), Some("2024.1")));

        let merged = facts(merge(found, facts_of(&listed("NVIDIA A100, 40960, 8.0"))));
        assert_eq!(merged.number("gpu.count"), Some(2));
        assert_eq!(merged.number("gpu.0.vram_mb"), Some(42_949));
        assert_eq!(merged.get("gpu.1.vendor"), Some("amd"));
        assert_eq!((merged.get("cuda.compute_capability"), merged.get("rocm.version")), (Some("8.0"), Some("6.0.2")));
    }
}
