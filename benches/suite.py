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
TUIBENCH = os.environ.get("TUIBENCH", "tuibench")
SIZES = ["80x24", "160x50"]
APPS = 10_000
# Of the smaller place, with pods that run, and of the larger one.
FEW, PODS, MANY = 1_000, 50, 100_000
# Apps in one file: kab refuses files that are longer than any catalogue is.
PORTION = 20_000
# An app that kab has images of, and the two of them that every catalogue here holds.
DEMO, OF_DEMO = "live.kab.demo.counter", 2
MARKS = ("<!-- figures: begin -->", "<!-- figures: end -->")

# Goal, metric, program, compared with, at most so many times it, plus so much (or at most so much by itself).
GOALS = [
    ("S1", "first paint, no server reachable", "far", "startup.first_paint_ms:median", "fzf", 1.0, 0),
    ("S2", "the same", "far", "startup.first_paint_ms:median", "hello-list", 2.0, 0),
    ("S3", "ready, 1,000 apps kept on disk", "kept", "startup.ready_ms:median", "gitui", 1.0, 0),
    ("S4", "ready, the local server answers with 1,000 apps and 50 pods", "few", "startup.ready_ms:median", "htop", 0.5, 0),
    ("S5", "bytes from the start until it is quiet", "far", "startup.stable_bytes:median", "hello-list", 2.0, 0),
    ("K1", "a cursor key among 10,000 rows, settled", "kab", "down.settle_ms:median", "gitui", 1.0, 0),
    ("K2", "the same", "kab", "down.settle_ms:median", "hello-list", 3.0, 0),
    ("K3", "the same, p95", "kab", "down.settle_ms:p95", "gitui", 1.5, 1.0),
    ("K4", "bytes of that key", "kab", "down.bytes:mean", "hello-list", 1.5, 0),
    ("K5", "CPU of that key, ms", "kab", "down.cpu_ms:mean", "gitui", 1.0, 0),
    ("K6", "another screen, settled, p95", "kab", "screen.settle_ms:p95", None, 8.0, 0),
    ("K7", "after a held key", "kab", "held.tail_ms:median", "hello-list", 2.0, 5.0),
    ("F1", "a letter of a filter over 10,000 rows, settled", "kab", "filter.settle_ms:median", "fzf", 1.0, 0),
    ("F1", "the same, p95", "kab", "filter.settle_ms:p95", "fzf", 1.0, 0),
    ("F2", "a letter of a filter over 100,000 rows, settled", "many", "filter.settle_ms:median", "fzf-many", 1.5, 0),
    ("F2", "the same, p95", "many", "filter.settle_ms:p95", "fzf-many", 1.0, 0),
    ("F3", "six letters at once over 100,000 rows", "many", "burst.total_ms:median", "fzf-many", 1.0, 0),
    ("I1", "CPU while nothing changes, ms a second", "kab", "idle.cpu_ms_per_s:median", "gitui", 0.5, 0),
    ("I1", "the same, by itself", "kab", "idle.cpu_ms_per_s:median", None, 1.0, 0),
    ("I2", "bytes while nothing changes", "kab", "idle.bytes_per_s:max", None, 0, 0),
    ("I3", "wakeups a second while nothing changes", "kab", "idle.wakeups_per_s:median", None, 4.0, 0),
    ("I4", "50 pods, what they use measured every 3 s: CPU, ms a second", "few", "busy.cpu_ms_per_s:median", "htop", 1.0, 0),
    ("I4", "the same, bytes a second", "few", "busy.bytes_per_s:median", "htop", 1.0, 0),
    ("M1", "peak PSS in KiB, 1,000 apps", "few", "total.peak_pss_kib:median", "gitui", 1.0, 0),
    ("M2", "peak PSS in KiB, 100,000 apps", "many", "total.peak_pss_kib:median", "fzf-many", 1.5, 0),
    ("N1", "8 kB/s and 80 ms: ready and quiet", "slow-far", "startup.stable_ms:median", "slow-hello", 2.0, 0),
    ("N2", "8 kB/s and 80 ms: a cursor key, settled", "slow-kab", "down.settle_ms:median", "slow-hello", 1.3, 0),
    ("E1", "quit to the end of the process", "kab", "exit.exit_ms:median", "hello-list", 3.0, 20.0),
    ("E3", "a lost terminal ends it", "kab-hup", "lost.exit_ms:max", None, 250, 0),
    ("T1", "ready in a terminal that answers nothing", "kab-mute", "startup.ready_ms:median", "kab", 1.2, 50.0),
]


def catalogue(folder, apps):
    """Deployments files with so many apps in all, one folder for each, and the same names as lines for the others."""
    folders = []
    for first in range(0, apps, PORTION):
        folders.append(folder / f"part{first}")
        (folders[-1] / ".arkitekt").mkdir(parents=True)
        with open(folders[-1] / ".arkitekt/deployments.yaml", "w", encoding="utf-8") as file:
            file.write("app_images:\n")
            for app in range(first, min(first + PORTION, apps)):
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
    lines.write_text("".join(f"app{app:05}   1.0.0   {text}\n" for app in range(apps)), encoding="utf-8")
    return folders, lines


def all_apps(count):
    """Steps to the list of all apps, those that run nowhere included."""
    return ["send 2", "settle", "send .", f"wait timeout=600 Apps {count + OF_DEMO:,}", "settle 500"]


class Place:
    """A folder of kab's own with a local server, and the apps that it knows."""

    def __init__(self, work, name, apps, engine="none"):
        self.folder = work / name
        self.environment = {"KAB_DATA_DIR": str(self.folder / "kab"), "KAB_REPOSITORIES": "-", "KAB_ENGINE": engine}
        folders, self.lines = catalogue(self.folder / "source", apps)
        for folder in folders:
            self.kab("repo", "add", folder, "--timeout", "900")

    def kab(self, *arguments, check=True):
        command = [KAB, "--context", "local", *arguments]
        told = subprocess.run(command, check=check, env=os.environ | self.environment, stdout=subprocess.PIPE, text=True)
        return told.stdout

    def look(self, steps):
        """Opens the terminal program once, so that it keeps what it sees."""
        how = ["-n", "1", "-w", "0", "-q", "--timeout", "900", "--step-timeout", "900"]
        how += [word for step in [*steps, "sleep 3"] for word in ("-e", step)]
        run = [TUIBENCH, *how, "--quit", "Q", "--", KAB, "--context", "local", "--fresh"]
        subprocess.run(run, check=True, env=os.environ | self.environment)

    def end(self):
        pods = json.loads(self.kab("pods", "list", "-o", "json", check=False))["data"] or []
        if pods:
            self.kab("remove", *[pod["id"] for pod in pods], "--yes", "--wait", check=False)
        self.kab("serve", "stop", check=False)


def history(folder):
    """A repository with 1,000 commits, for gitui."""
    subprocess.run(["git", "init", "-q", folder], check=True)
    commits = "".join(
        f"commit refs/heads/main\ncommitter Ann <ann@example.org> {1_700_000_000 + at} +0000\ndata 9\nstep {at:04}\n"
        for at in range(1_000)
    )
    subprocess.run(["git", "-C", folder, "fast-import", "--quiet"], check=True, input=commits, text=True)
    subprocess.run(["git", "-C", folder, "symbolic-ref", "HEAD", "refs/heads/main"], check=True)
    return folder


def programs(kabs, work):
    """What is run, in turn."""
    usual, few, many = (kabs[name] for name in ("usual", "few", "many"))
    move = ["key label=down down 50", "send label=held down 60 16", "settle label=held"]
    hello = {"argv": [str(HELLO), str(usual.lines)], "ready": f"{APPS}/{APPS}", "quit": "esc"}
    kab = {"argv": [str(KAB), "--fresh"], "ready": "live", "quit": "q", "env": usual.environment}
    apps = ["send 2", f"wait timeout=60 Apps {APPS + OF_DEMO:,}", "settle"]
    screens = ["key label=screen count=5 3 4 5 2"]
    letters = ["send /", "settle", "type label=filter app012"]
    at_once = ["send ctrl-u", "settle", "sendtext label=burst app034", "settle label=burst"]
    escape = ["send esc", "settle"]
    slow = {"throttle": 8000, "latency": 40, "sizes": ["80x24"], "runs": 3}
    rare = {"sizes": ["80x24"], "runs": 3, "timeout": 240}
    far = {**kab, "argv": [*kab["argv"], "--context", "far"], "ready": "Home"}
    kept = {**kab, "argv": [*kab["argv"], "--offline"], "ready": "offline"}
    found = [
        {"name": "hello-list", **hello, "steps": move},
        {"name": "kab", **kab, "check_restore": True, "steps": [*apps, *move, *screens, *letters, "send esc", "settle", "idle label=idle 5"]},
        {"name": "kab-mute", **kab, "answers": False},
        {"name": "kab-term", **kab, "quit": None, "steps": ["signal TERM"], "check_restore": True},
        {"name": "kab-hup", **kab, "quit": None, "steps": ["hangup label=lost"]},
        {"name": "kept", **kept, "env": few.environment, "ready": "RUNS HERE"},
        {"name": "few", **kab, "env": few.environment, "steps": [*all_apps(FEW), *move, "send 4", "wait timeout=30 x50", "send enter", r"wait timeout=30 \d+%", "idle label=busy 9"]},
        {"name": "many", **kept, **rare, "env": many.environment, "steps": [*all_apps(MANY), *letters, *at_once, *escape]},
        {"name": "far", **far},
        {"name": "slow-hello", **hello, **slow, "steps": ["key label=down down 10"]},
        {"name": "slow-kab", **kab, **slow, "steps": [*apps, "key label=down down 10"]},
        {"name": "slow-far", **far, **slow},
    ]
    fzf = {"argv": ["fzf"], "stdin": str(usual.lines), "ready": r"\d+/\d+", "quit": "esc"}
    others = {
        "fzf": [{"name": "fzf", **fzf, "steps": ["key label=down up 50", "type label=filter app012"]},
                {"name": "fzf-many", **fzf, **rare, "stdin": str(many.lines), "ready": f"{MANY}/{MANY}", "steps": ["type label=filter app012", *at_once]}],
        "htop": [{"name": "htop", "argv": ["htop"], "ready": "PID", "quit": "q", "steps": ["key label=down down 50", "idle label=busy 5"]}],
        "gitui": [{"name": "gitui", "argv": ["gitui", "-d", str(history(work / "history"))], "ready": "Status", "quit": "ctrl-c",
                   "steps": ["send 2", "wait step 0999", "settle 500", "key label=down down 50", "idle label=idle 5"]}],
    }
    found += [program for name, how in others.items() if shutil.which(name) for program in how]
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
    code = subprocess.run([TUIBENCH, "--suite", work / "suite.json", "--json", result], check=False).returncode
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
        kabs = {}
        try:
            kabs["usual"] = usual = Place(work, "usual", APPS)
            kabs["few"] = few = Place(work, "few", FEW, "process")
            kabs["many"] = Place(work, "many", MANY)
            for _ in range(PODS):
                few.kab("install", DEMO, "--yes", "--wait")
            few.look(all_apps(FEW))
            kabs["many"].look(all_apps(MANY))
            (work / "token").write_text("nobody\n", encoding="utf-8")
            (work / "token").chmod(0o600)
            nobody = ["--kabinet", "http://127.0.0.1:9/kabinet", "--rekuest", "http://127.0.0.1:9/rekuest"]
            usual.kab("context", "add", "far", *nobody, "--token-file", work / "token", "-q")
            usual.kab("context", "use", "local", "-q")
            code = measure(programs(kabs, work), GOALS, work, options, MARKS)
        finally:
            for place in kabs.values():
                place.end()
    raise SystemExit(code)


if __name__ == "__main__":
    main()
