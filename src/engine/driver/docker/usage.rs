//! What containers use, as Docker and Podman tell it in their `stats`.

use std::{collections::BTreeMap, time::Duration};

use bollard::{
    Docker,
    models::{ContainerMemoryStats, ContainerStatsResponse},
    query_parameters::StatsOptionsBuilder,
};
use futures_util::{StreamExt as _, stream};

use super::super::{Error, Usage};

/// So many containers are asked about at once.
const AT_ONCE: usize = 8;

/// One reading of each. A container that ended meanwhile, or that the engine cannot measure, is left out.
pub(super) async fn usage(docker: &Docker, ids: &[String]) -> Result<BTreeMap<String, Usage>, Error> {
    let readings = ids.iter().map(|id| async move {
        // One shot: Docker would else wait a second for the next reading, which is compared here with the one before.
        let options = StatsOptionsBuilder::default().stream(false).one_shot(true).build();
        let reading = docker.stats(id, Some(options)).next().await?.ok()?;
        Some((id.clone(), read(&reading)))
    });
    let readings: Vec<_> = readings.collect();
    Ok(stream::iter(readings).buffered(AT_ONCE).filter_map(async |reading| reading).collect().await)
}

fn read(reading: &ContainerStatsResponse) -> Usage {
    let processor = reading.cpu_stats.as_ref().and_then(|stats| stats.cpu_usage.as_ref()?.total_usage);
    let memory = reading.memory_stats.as_ref();
    Usage {
        processor: processor.map(Duration::from_nanos),
        memory: memory.and_then(used),
        // Without a limit cgroup v1 says a number near 2^63.
        limit: memory.and_then(|stats| stats.limit).filter(|limit| *limit > 0 && *limit < 1 << 60),
    }
}

/// Without the pages of files that the kernel gives up first, as `docker stats` counts (cgroup v2, then v1).
fn used(stats: &ContainerMemoryStats) -> Option<u64> {
    let usage = stats.usage.filter(|usage| *usage > 0)?;
    let of = |name: &str| stats.stats.as_ref().and_then(|all| all.get(name)).copied();
    let files = of("inactive_file").or_else(|| of("total_inactive_file")).unwrap_or(0);
    Some(usage.saturating_sub(files))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_files_do_not_count_and_what_is_not_told_is_unknown() {
        let told = serde_json::json!({
            "cpu_stats": { "cpu_usage": { "total_usage": 2_500_000_000_u64 } },
            "memory_stats": { "usage": 1_000, "limit": 8_000, "stats": { "inactive_file": 300 } },
        });
        let found = read(&serde_json::from_value(told).unwrap());
        let whole = Usage { processor: Some(Duration::from_millis(2_500)), memory: Some(700), limit: Some(8_000) };
        assert_eq!(found, whole);
        // A rootless engine without cgroups of its own.
        let told = serde_json::json!({ "memory_stats": { "usage": 0, "limit": 9_223_372_036_854_771_712_u64 } });
        assert_eq!(read(&serde_json::from_value(told).unwrap()), Usage::default());
    }
}
