//! What processes use, as `/proc` tells it: all of the group that a pod's process leads.

use std::{collections::BTreeMap, time::Duration};

use super::{super::Usage, Identity, Processes};

/// One reading of each pod that runs, by its id.
pub(super) fn of(processes: &Processes, ids: &[String]) -> BTreeMap<String, Usage> {
    let child = |id: &String| processes.folder(id).ok()??.state().ok()?.child.filter(Identity::lives);
    let leaders: BTreeMap<i32, &String> = ids.iter().filter_map(|id| Some((child(id)?.pid, id))).collect();
    let found = of_groups(&leaders.keys().copied().collect::<Vec<_>>());
    found.into_iter().filter_map(|(pid, usage)| Some(((*leaders.get(&pid)?).clone(), usage))).collect()
}

/// One reading of each group, by the number of its leader.
fn of_groups(leaders: &[i32]) -> BTreeMap<i32, Usage> {
    let mut found: BTreeMap<i32, (Duration, u64)> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        if !entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit) {
            continue;
        }
        // One that has ended meanwhile is no news.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        if let Some((group, processor, memory)) = read(&stat).filter(|(group, ..)| leaders.contains(group)) {
            let sum = found.entry(group).or_default();
            *sum = (sum.0 + processor, sum.1 + memory);
        }
    }
    let limit = machine_memory();
    let usage = |(processor, memory)| Usage { processor: Some(processor), memory: Some(memory), limit };
    found.into_iter().map(|(group, sums)| (group, usage(sums))).collect()
}

/// Group, processor time and memory in bytes of `/proc/PID/stat`: fields 5, 14 and 15 in ticks, 24 in pages (proc(5)).
fn read(stat: &str) -> Option<(i32, Duration, u64)> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
    let ticks = number(14)? + number(15)?;
    let second = rustix::param::clock_ticks_per_second().max(1);
    let processor = Duration::from_millis(ticks.saturating_mul(1_000) / second);
    let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
    Some((fields.get(2)?.parse().ok()?, processor, number(24)?.saturating_mul(page)))
}

fn machine_memory() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read_behind_odd_names() {
        let stat = "7 (a) b (c) S 1 4321 7 0 -1 4194560 1 0 0 0 250 50 0 0 20 0 1 0 4711 1 10 1";
        let page = u64::try_from(rustix::param::page_size()).unwrap();
        let ticks = rustix::param::clock_ticks_per_second();
        assert_eq!(read(stat), Some((4321, Duration::from_millis(300_000 / ticks), 10 * page)));
        assert_eq!(read("7 (x"), None);
    }

    #[test]
    fn a_group_that_runs_has_memory_and_one_that_does_not_is_left_out() {
        let mine = rustix::process::getpgrp().as_raw_nonzero().get();
        let found = of_groups(&[mine, i32::MAX]);
        assert!(found[&mine].memory.unwrap() > 100_000, "{found:?}");
        assert!(found[&mine].limit > found[&mine].memory);
        assert_eq!(found.len(), 1);
    }
}
