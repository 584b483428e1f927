//! Processor and memory, from `/proc` and `/sys`. The parsers are pure.

use std::{fs, path::Path};

use super::{Fact, host_name};

/// What the files below that root say.
pub fn read(root: &Path) -> Vec<Fact> {
    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    let mut facts = vec![
        (String::from("host.name"), host_name()),
        (String::from("cpu.arch"), architecture(std::env::consts::ARCH).to_owned()),
    ];
    let processors = text("proc/cpuinfo");
    let mut add = |key: &str, value: Option<u64>| {
        if let Some(value) = value.filter(|value| *value > 0) {
            facts.push((key.to_owned(), value.to_string()));
        }
    };
    add("cpu.count", cores(&processors).or_else(|| std::thread::available_parallelism().ok().map(|n| n.get() as u64)));
    let top = text("sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq");
    add("cpu.mhz", top.trim().parse::<u64>().ok().map(|kilohertz| kilohertz / 1000).or_else(|| megahertz(&processors)));
    add("ram.mb", memory(&text("proc/meminfo")));
    facts
}

/// OCI's name of the kernel's architecture.
fn architecture(name: &str) -> &str {
    match name {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        other => other,
    }
}

fn cores(cpuinfo: &str) -> Option<u64> {
    let count =
        cpuinfo.lines().filter(|line| line.split(':').next().is_some_and(|key| key.trim() == "processor")).count();
    u64::try_from(count).ok().filter(|count| *count > 0)
}

/// The fastest core at this moment; only where the system does not tell what it could do.
fn megahertz(cpuinfo: &str) -> Option<u64> {
    cpuinfo
        .lines()
        .filter_map(|line| line.split_once(':').filter(|(key, _)| key.trim() == "cpu MHz"))
        .filter_map(|(_, value)| value.trim().split('.').next()?.parse().ok())
        .max()
}

/// In MB of 10^6 bytes; the kernel counts in units of 1024 bytes.
fn memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let units: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(units * 1024 / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_and_memory_are_read() {
        let cpuinfo =
            "processor\t: 0\nmodel name\t: Fast\ncpu MHz\t\t: 2400.123\n\nprocessor\t: 1\ncpu MHz\t\t: 3100.9\n";
        assert_eq!((cores(cpuinfo), megahertz(cpuinfo)), (Some(2), Some(3100)));
        let arm = "processor\t: 0\nBogoMIPS\t: 50.00\nProcessor\t: AArch64\n";
        assert_eq!((cores(arm), megahertz(arm)), (Some(1), None));
        assert_eq!(cores(""), None);
        for (text, megabytes) in [
            ("MemTotal:       24637364 kB\nMemFree: 1 kB\n", Some(25_228)),
            ("MemFree: 1 kB\n", None),
            ("MemTotal: lots\n", None),
        ] {
            assert_eq!(memory(text), megabytes, "{text}");
        }
    }

    #[test]
    fn this_machine_tells_its_cores_and_memory() {
        let facts: crate::domain::Facts = read(Path::new("/")).into_iter().collect();
        assert!(facts.number("cpu.count").unwrap() > 0);
        assert!(facts.number("ram.mb").unwrap() > 0);
        assert!(facts.get("cpu.arch").is_some() && facts.get("host.name").is_some());
    }
}
