//! What a running pod uses of its machine, as its engine measures it.

use std::fmt::Write as _;

use super::PodId;

/// One reading of one pod.
#[derive(Debug, Clone, PartialEq)]
pub struct PodUsage {
    /// Whose.
    pub pod: PodId,
    /// Percent of one core since the reading before: two busy cores are 200. `None` at the first reading.
    pub cpu: Option<f64>,
    /// Memory in bytes, without what the kernel keeps of files. `None` where the engine does not measure it.
    pub memory: Option<u64>,
    /// The memory that it may use, in bytes; that of the machine where nothing limits it.
    pub limit: Option<u64>,
}

impl PodUsage {
    /// One line, which people can read too: `17 cpu=72.4% memory=310000000 limit=8000000000`. What is unknown is left out.
    pub fn to_wire(&self) -> String {
        let mut line = self.pod.to_string();
        if let Some(cpu) = self.cpu {
            _ = write!(line, " cpu={cpu:.1}%");
        }
        for (name, bytes) in [("memory", self.memory), ("limit", self.limit)] {
            if let Some(bytes) = bytes {
                _ = write!(line, " {name}={bytes}");
            }
        }
        line
    }

    /// The same read back; `None` for a line that has another form. Words that are not known are skipped.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let pod = words.next().filter(|word| !word.contains('='))?;
        let mut found = Self { pod: pod.into(), cpu: None, memory: None, limit: None };
        for (name, value) in words.filter_map(|word| word.split_once('=')) {
            match name {
                "cpu" => {
                    let percent = value.trim_end_matches('%').parse().ok();
                    found.cpu = percent.filter(|it: &f64| it.is_finite() && *it >= 0.0);
                }
                "memory" => found.memory = value.parse().ok(),
                "limit" => found.limit = value.parse().ok(),
                _ => {}
            }
        }
        Some(found)
    }

    /// How much of the memory that it may use it uses, in percent.
    pub fn memory_percent(&self) -> Option<u8> {
        let (memory, limit) = (self.memory?, self.limit.filter(|limit| *limit > 0)?);
        u8::try_from((u128::from(memory) * 100 / u128::from(limit)).min(100)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_survives_the_wire_and_what_is_unknown_stays_unknown() {
        let whole = PodUsage { pod: "17".into(), cpu: Some(72.4), memory: Some(310), limit: Some(1000) };
        assert_eq!(whole.to_wire(), "17 cpu=72.4% memory=310 limit=1000");
        assert_eq!(PodUsage::parse(&whole.to_wire()), Some(whole.clone()));
        assert_eq!(whole.memory_percent(), Some(31));
        let first = PodUsage { pod: "17".into(), cpu: None, memory: None, limit: None };
        assert_eq!(PodUsage::parse(&first.to_wire()), Some(first.clone()));
        assert_eq!(first.memory_percent(), None);
        // Of later engines.
        assert_eq!(PodUsage::parse("17 gpu=3% cpu=nan memory=x"), Some(first));
        assert_eq!(PodUsage::parse(""), None);
        assert_eq!(PodUsage::parse("cpu=1%"), None);
    }
}
