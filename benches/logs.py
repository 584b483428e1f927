#!/usr/bin/env python3
"""Measures the log screen in a terminal: a container that Podman runs writes, and kab, lnav, less and tail show it.

    benches/logs.py [--runs N] [--lines N] [--markdown FILE]

Needs `tuibench` on the path (or its place in TUIBENCH), root for `tests/support/engines.sh`, and the release build
(`cargo build --release --bins --example hello-list`). kab gets its lines the way they always come: from the container
over Podman's API, the engine, and the server. The other programs read a file that is written at the same pace, so that
their way is shorter. Programs that are not installed are left out, with the goals that are set by them.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import suite

ROOT = suite.ROOT
ENGINES = ROOT / "tests/support/engines.sh"
MARKS = ("<!-- logs: begin -->", "<!-- logs: end -->")

# What the container runs. It does what the file /go says, which is put there from outside.
SOURCE = """#!/bin/busybox sh
trap 'exit 0' TERM
/bin/busybox echo ready
while :; do
  if [ -e /go ]; then /bin/busybox mv /go /gone; . /gone; fi
  /bin/busybox usleep 20000
done
"""
TEXT = "INFO predict image=4412 tiles=16 labels=812 device=cuda:0 took 14.2 s of wall time"


def burst(lines, busybox="/bin/busybox "):
    """Shell words that write so many lines at once."""
    return f"{busybox}awk 'BEGIN {{ for (i = 1; i <= {lines}; i++) print i \" {TEXT}\" }}'"


def pace(seconds, busybox="/bin/busybox "):
    """Shell words that write 2,000 lines a second, in ten portions."""
    loop = f"i=0; while [ $i -lt {seconds * 10} ]; do i=$((i+1));"
    return f"{loop} {burst(200, busybox)}; {busybox}usleep 100000; done"


GOALS = [
    ("L1", "a burst of lines, the last one on the screen", "kab", "burst.since_input_ms:median", "lnav", 2.0, 0),
    ("L2", "2,000 lines a second: CPU, ms a second", "kab-pace", "pace.cpu_ms_per_s:median", "lnav-pace", 1.5, 0),
    ("L3", "2,000 lines a second: bytes a second", "kab-pace", "pace.bytes_per_s:median", "tail-pace", 0.15, 0),
    ("L4", "to the end of 100,000 lines, settled", "kab", "end.settle_ms:median", "lnav", 1.0, 5.0),
    ("L4", "to their beginning, settled", "kab", "top.settle_ms:median", "lnav", 1.0, 5.0),
    ("M3", "PSS in KiB after a million lines", "kab-million", "total.peak_pss_kib:median", "lnav-million", 0.5, 0),
    ("N3", "8 kB/s and 80 ms, 2,000 lines a second: leaving the log", "kab-slow", "leave.settle_ms:median", None, 2500, 0),
]


class Container:
    """One pod that kab has installed, and the way to tell it what to write."""

    def __init__(self, work, environment):
        self.work, self.environment = work, environment
        image = work / "image"
        (image / "bin").mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), image / "bin/busybox")
        (image / "log-source").write_text(SOURCE, encoding="utf-8")
        (image / "log-source").chmod(0o755)
        tar = subprocess.Popen(["tar", "-C", image, "-c", "."], stdout=subprocess.PIPE)
        change = ["--change", 'ENTRYPOINT ["/log-source"]', "--change", "ENV PATH=/bin"]
        self.run(["podman", "import", "--quiet", *change, "-", "localhost/kab-bench/log-source:1"], stdin=tar.stdout)
        source = work / "apps/.arkitekt"
        source.mkdir(parents=True)
        (source / "deployments.yaml").write_text(
            "app_images:\n"
            f"- appImageId: {1:032x}\n  flavourName: vanilla\n"
            "  image: {buildAt: 2025-05-15 10:00:00, imageString: 'localhost/kab-bench/log-source:1'}\n"
            "  inspection: {size: 1000000, implementations: [], requirements: []}\n"
            "  manifest: {identifier: org.lab.logsource, version: 1.0.0, author: lab, entrypoint: app, scopes: []}\n"
            "  selectors: []\n",
            encoding="utf-8",
        )
        self.run([suite.KAB, "repo", "add", source.parent])
        self.run([suite.KAB, "install", "org.lab.logsource", "--yes", "--wait"])
        name = self.run(["podman", "ps", "--format", "{{.Names}}"]).split()[0]
        self.root = pathlib.Path("/proc", self.run(["podman", "inspect", "--format", "{{.State.Pid}}", name]).strip(), "root")

    def run(self, command, **how):
        return subprocess.run(command, check=True, env=self.environment, stdout=subprocess.PIPE, text=True, **how).stdout

    def telling(self, name, words):
        """A shell command that has these words done in the container at once."""
        script = self.work / f"{name}.sh"
        script.write_text(words, encoding="utf-8")
        return f"cp {script} {self.root}/.go && mv {self.root}/.go {self.root}/go"


def programs(container, work, lines):
    """What is run, in turn: each has the log open before anything is written."""
    kab = {"argv": [str(suite.KAB)], "ready": "live", "quit": "Q"}
    opened = ["send 4", "wait timeout=30 RUNNING", "send l", "wait timeout=30 LIVE", "settle 300"]
    last = f"^ *{lines} INFO"
    jumps = ["send g", "settle", "key label=top g", "settle", "key label=end G"]
    found = [
        {"name": "kab", **kab, "steps": [*opened, "send G", f"shell {container.telling('burst', burst(lines))}",
                                         f"wait label=burst timeout=120 {lines} INFO", "settle", *jumps]},
        {"name": "kab-pace", **kab, "steps": [*opened, f"shell {container.telling('pace', pace(9))}", "sleep 2", "idle label=pace 5", "sleep 3"]},
        {"name": "kab-million", **kab, "runs": 1, "sizes": ["80x24"], "timeout": 400,
         "steps": [*opened, f"shell {container.telling('million', burst(1_000_000))}", "wait timeout=380 1000000 INFO", "mem"]},
        {"name": "kab-slow", **kab, "runs": 3, "sizes": ["80x24"], "throttle": 8000, "latency": 40,
         "steps": [*opened, f"shell {container.telling('slow', pace(9))}", "sleep 3", "key label=leave esc", "sleep 6"]},
    ]
    growing = work / "growing.log"
    clear = {"prepare": f"echo ready > {growing}"}
    appended = f"shell {burst(lines, 'busybox ')} >> {growing}"
    slowly = work / "slowly.sh"
    slowly.write_text(pace(9, "busybox "), encoding="utf-8")
    spawned = [f"spawn sh {slowly} >> {growing}", "sleep 2", "idle label=pace 5", "sleep 3"]
    million = work / "million.log"
    lnav = {"argv": ["lnav", "-q", str(growing)], "ready": "ready", "quit": "q", **clear}
    if shutil.which("lnav"):
        found += [
            {"name": "lnav", **lnav, "steps": ["send G", appended, f"wait label=burst timeout=60 {lines} INFO", "settle",
                                               "key label=top home", "settle", "key label=end end"]},
            {"name": "lnav-pace", **lnav, "steps": ["send G", *spawned]},
            {"name": "lnav-million", **lnav, "argv": ["lnav", "-q", str(million)], "runs": 1, "sizes": ["80x24"], "timeout": 120,
             "ready": "INFO", "prepare": f"{burst(1_000_000, 'busybox ')} > {million}", "steps": ["send G", "wait timeout=100 1000000 INFO", "mem"]},
        ]
    found.append({"name": "tail-pace", "argv": ["tail", "-f", str(growing)], "ready": "ready", "quit": "ctrl-c", **clear, "steps": spawned})
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--lines", type=int, default=100_000)
    options.add_argument("--markdown", type=pathlib.Path)
    options = options.parse_args()
    code = 1
    with tempfile.TemporaryDirectory(prefix="kab-logs.") as work:
        work = pathlib.Path(work)
        folder = work / "engines"
        told = subprocess.run([ENGINES, "start", folder], check=True, stdout=subprocess.PIPE, text=True).stdout
        environment = dict(os.environ)
        for line in told.splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            environment[name] = value
        environment |= {"KAB_DATA_DIR": str(work / "kab"), "KAB_REPOSITORIES": "-", "KAB_ENGINE": "auto"}
        os.environ.update(environment)
        try:
            container = Container(work, environment)
            which = programs(container, work, options.lines)
            code = suite.measure(which, GOALS, work, options, MARKS)
        finally:
            subprocess.run([suite.KAB, "serve", "stop"], check=False, capture_output=True)
            subprocess.run([ENGINES, "stop", folder], check=False)
    raise SystemExit(code)


if __name__ == "__main__":
    main()
