#!/usr/bin/env python3
"""Measures the whole program in a terminal, its runs taken in turn with those of a yardstick and of other programs.

    benches/suite.py [--runs N] [--markdown FILE]

Needs `tuibench` on the path (or its place in TUIBENCH), and the release build of kab and of the yardstick:

    cargo build --release --bins --example hello-list --example slow-line

Programs that are not installed (fzf, htop, less) are left out, with the goals that are set by them. `--markdown` writes
the table of docs/performance.md between its marks. The exit code is that of tuibench: 1 where a goal is missed.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KAB = ROOT / "target/release/kab"
HELLO = ROOT / "target/release/examples/hello-list"
SIZES = ["80x24", "160x50"]
APPS = 10_000
MARKS = ("<!-- figures: begin -->", "<!-- figures: end -->")

# Goal, metric, program, compared with, at most so many times it, plus so much (or at most so much by itself).
GOALS = [
    ("S1", "first paint, no server reachable", "far", "startup.first_paint_ms:median", "fzf", 1.0, 0),
    ("S2", "the same", "far", "startup.first_paint_ms:median", "hello-list", 2.0, 0),
    ("S4", "ready, the local server answers with 10,000 apps", "kab", "startup.ready_ms:median", "htop", 0.5, 0),
    ("S5", "bytes from the start until it is quiet", "far", "startup.stable_bytes:median", "hello-list", 2.0, 0),
    ("K2", "a cursor key among 10,000 rows, settled", "kab", "down.settle_ms:median", "hello-list", 3.0, 0),
    ("K3", "the same, p95", "kab", "down.settle_ms:p95", "htop", 1.5, 1.0),
    ("K4", "bytes of that key", "kab", "down.bytes:mean", "hello-list", 1.5, 0),
    ("K6", "another screen, settled, p95", "kab", "screen.settle_ms:p95", None, 8.0, 0),
    ("K7", "after a held key", "kab", "held.tail_ms:median", "hello-list", 2.0, 5.0),
    ("F1", "a letter of a filter over 10,000 rows, settled", "kab", "filter.settle_ms:median", "fzf", 1.0, 0),
    ("F1", "the same, p95", "kab", "filter.settle_ms:p95", "fzf", 1.0, 0),
    ("I1", "CPU while nothing changes, ms a second", "kab", "idle.cpu_ms_per_s:median", None, 1.0, 0),
    ("I2", "bytes while nothing changes", "kab", "idle.bytes_per_s:max", None, 0, 0),
    ("I3", "wakeups a second while nothing changes", "kab", "idle.wakeups_per_s:median", None, 4.0, 0),
    ("M1", "peak PSS in KiB, with 10,000 apps", "kab", "total.peak_pss_kib:median", None, 40_960, 0),
    ("N1", "8 kB/s and 80 ms: ready and quiet", "slow-far", "startup.stable_ms:median", "slow-hello", 2.0, 0),
    ("N2", "8 kB/s and 80 ms: a cursor key, settled", "slow-kab", "down.settle_ms:median", "slow-hello", 1.3, 0),
    ("E1", "quit to the end of the process", "kab", "exit.exit_ms:median", "hello-list", 3.0, 20.0),
    ("E3", "a lost terminal ends it", "kab-hup", "lost.exit_ms:max", None, 250, 0),
    ("T1", "ready in a terminal that answers nothing", "kab-mute", "startup.ready_ms:median", "kab", 1.2, 50.0),
]


def catalogue(folder):
    """One deployments file with many apps, and the same names as lines for the others."""
    (folder / ".arkitekt").mkdir(parents=True)
    with open(folder / ".arkitekt/deployments.yaml", "w", encoding="utf-8") as file:
        file.write("app_images:\n")
        for app in range(APPS):
            file.write(
                f"- appImageId: {app:032x}\n  flavourName: vanilla\n"
                f"  image: {{buildAt: 2025-05-15 10:00:00, imageString: lab/app{app:05}:1.0.0}}\n"
                "  inspection: {size: 1000000, implementations: [], requirements: []}\n"
                f"  manifest: {{identifier: org.lab.app{app:05}, version: 1.0.0, author: lab, entrypoint: app,"
                " scopes: []}\n  selectors: []\n"
            )
    # Lines as long as the screen is wide: a row of kab, too, is drawn from edge to edge.
    text = "Segments nuclei in two and three dimensions, tracks them through time, and measures what it found."
    lines = folder / "lines.txt"
    lines.write_text("".join(f"app{app:05}   1.0.0   {text}\n" for app in range(APPS)), encoding="utf-8")
    return lines


def programs(lines):
    """What is run, in turn."""
    move = ["key label=down down 50", "send label=held down 60 16", "settle label=held"]
    hello = {"argv": [str(HELLO), str(lines)], "ready": f"{APPS}/{APPS}", "quit": "esc"}
    kab = {"argv": [str(KAB)], "ready": "live", "quit": "q"}
    apps = ["send 2", "wait timeout=60 Apps 10,002", "settle"]
    screens = ["key label=screen count=5 3 4 5 2"]
    letters = ["send /", "settle", "type label=filter app012"]
    slow = {"throttle": 8000, "latency": 40, "sizes": ["80x24"], "runs": 3}
    far = {**kab, "argv": [str(KAB), "--context", "far"], "ready": "Home"}
    found = [
        {"name": "hello-list", **hello, "steps": move},
        {"name": "kab", **kab, "check_restore": True, "steps": [*apps, *move, *screens, *letters, "send esc", "settle", "idle label=idle 5"]},
        {"name": "kab-mute", **kab, "answers": False},
        {"name": "kab-term", **kab, "quit": None, "steps": ["signal TERM"], "check_restore": True},
        {"name": "kab-hup", **kab, "quit": None, "steps": ["hangup label=lost"]},
        {"name": "far", **far},
        {"name": "slow-hello", **hello, **slow, "steps": ["key label=down down 10"]},
        {"name": "slow-kab", **kab, **slow, "steps": [*apps, "key label=down down 10"]},
        {"name": "slow-far", **far, **slow},
    ]
    others = {
        "fzf": {"argv": ["fzf"], "stdin": str(lines), "ready": r"\d+/\d+", "quit": "esc", "steps": ["key label=down up 50", "type label=filter app012"]},
        "htop": {"argv": ["htop"], "ready": "PID", "quit": "q", "steps": ["key label=down down 50"]},
    }
    found += [{"name": name, **how} for name, how in others.items() if shutil.which(name)]
    return [{key: value for key, value in program.items() if value is not None} for program in found]


def goals(names, wanted, sizes):
    """The goals for which there is something to compare with, at every size of their program."""
    for _, _, program, metric, versus, most, slack in wanted:
        if versus is not None and versus not in names:
            continue
        for size in sizes[program]:
            goal = {"program": program, "metric": metric, "size": size}
            goal |= {"max": most} if versus is None else {"versus": versus, "max_ratio": most, "slack": slack}
            yield goal


def table(result, wanted):
    """The goals as a table, one row for each size."""
    texts = {(goal[2], goal[3], goal[4]): (goal[0], goal[1]) for goal in wanted}
    rows = ["| | what | at | figure | against | at most | |", "| --- | --- | --- | ---: | --- | ---: | --- |"]
    for goal in result["goals"]:
        number, text = texts[(goal["program"], goal["metric"], goal.get("versus"))]
        value, limit = goal.get("value"), goal.get("limit", goal.get("max"))
        if value is None:
            rows.append(f"| {number} | {text} | {goal['size']} | not measured | {goal.get('versus', '')} | | |")
            continue
        against = f"{goal['versus']} {goal['versus_value']:.2f}" if goal.get("versus") else ""
        verdict = "met" if goal["ok"] else "**missed**"
        rows.append(f"| {number} | {text} | {goal['size']} | {value:.2f} | {against} | {limit:.2f} | {verdict} |")
    return "\n".join(rows)


def measure(which, wanted, work, options, marks):
    """Runs the programs in turn, writes the table between its marks where that is wished, and tells how it ended."""
    sizes = {program["name"]: program.get("sizes", SIZES) for program in which}
    suite = {"runs": options.runs, "sizes": SIZES, "baseline": True, "defaults": {"timeout": 90}, "programs": which}
    suite["goals"] = list(goals(set(sizes), wanted, sizes))
    (work / "suite.json").write_text(json.dumps(suite), encoding="utf-8")
    result = pathlib.Path(os.environ.get("BENCH_JSON", work / "result.json"))
    tuibench = os.environ.get("TUIBENCH", "tuibench")
    code = subprocess.run([tuibench, "--suite", work / "suite.json", "--json", result], check=False).returncode
    if options.markdown and result.exists():
        found = table(json.loads(result.read_text(encoding="utf-8")), wanted)
        text = options.markdown.read_text(encoding="utf-8")
        before, rest = text.split(marks[0])
        after = rest.split(marks[1])[1]
        options.markdown.write_text(f"{before}{marks[0]}\n{found}\n{marks[1]}{after}", encoding="utf-8")
    return code


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=10)
    options.add_argument("--markdown", type=pathlib.Path)
    options = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="kab-bench.") as work:
        work = pathlib.Path(work)
        os.environ |= {"KAB_DATA_DIR": str(work / "kab"), "KAB_REPOSITORIES": "-", "KAB_ENGINE": "none"}
        lines = catalogue(work / "source")
        (work / "token").write_text("nobody\n", encoding="utf-8")
        (work / "token").chmod(0o600)
        nobody = ["--kabinet", "http://127.0.0.1:9/kabinet", "--rekuest", "http://127.0.0.1:9/rekuest"]
        subprocess.run([KAB, "context", "add", "far", *nobody, "--token-file", work / "token", "-q"], check=True)
        subprocess.run([KAB, "--context", "local", "repo", "add", work / "source"], check=True)
        subprocess.run([KAB, "context", "use", "local", "-q"], check=True)
        try:
            code = measure(programs(lines), GOALS, work, options, MARKS)
        finally:
            subprocess.run([KAB, "--context", "local", "serve", "stop"], check=False, capture_output=True)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
