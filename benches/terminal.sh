#!/usr/bin/env bash
# Measures the whole program in a terminal against the yardstick, their runs taken in turn, and checks the speed goals.
#
#   benches/terminal.sh [ROUNDS]
#
# Needs `tuibench` on the path (or its place in TUIBENCH), and the release build of kab and of the yardstick:
#   cargo build --release --bins --example hello-list
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-10}
tuibench=${TUIBENCH:-tuibench}
apps=10000 # and the two of the demo: 10,002 in the heading

work=$(mktemp -d "${TMPDIR:-/tmp}/kab-bench.XXXXXX")
kab=$PWD/target/release/kab
hello=$PWD/target/release/examples/hello-list
export KAB_DATA_DIR=$work/kab KAB_REPOSITORIES=- KAB_ENGINE=none
finish() {
    "$kab" serve stop >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap finish EXIT

# One deployments file with many apps, and the same names as lines for the yardstick.
mkdir -p "$work/source/.arkitekt"
awk -v apps="$apps" 'BEGIN {
    print "app_images:"
    for (app = 0; app < apps; app++) {
        printf "- appImageId: %032x\n", app
        printf "  flavourName: vanilla\n"
        printf "  image: {buildAt: 2025-05-15 10:00:00, imageString: lab/app%05d:1.0.0}\n", app
        printf "  inspection: {size: 1000000, implementations: [], requirements: []}\n"
        printf "  manifest: {identifier: org.lab.app%05d, version: 1.0.0, author: lab, entrypoint: app, scopes: []}\n", app
        printf "  selectors: []\n"
    }
}' >"$work/source/.arkitekt/deployments.yaml"
# Lines as long as the screen is wide: a row of kab, too, is drawn from edge to edge.
text="Segments nuclei in two and three dimensions, tracks them through time, and measures what it found; made for the"
text+=" microscopes of the lab."
awk -v apps="$apps" -v text="$text" 'BEGIN {
    for (app = 0; app < apps; app++) printf "app%05d   1.0.0   %s\n", app, text
}' >"$work/lines.txt"
time "$kab" repo add "$work/source"

cat >"$work/suite.json" <<JSON
{"runs": $rounds, "sizes": ["80x24", "160x50"], "baseline": true,
 "defaults": {"timeout": 60},
 "programs": [
  {"name": "hello-list", "argv": ["$hello", "$work/lines.txt"], "ready": "$apps/$apps", "quit": "esc",
   "steps": ["key label=down down 50", "send label=held down 60 16", "settle label=held"]},
  {"name": "kab", "argv": ["$kab"], "ready": "live", "quit": "q",
   "steps": ["send 2", "wait timeout=60 Apps 10,002", "settle", "key label=down down 50",
             "send label=held down 60 16", "settle label=held", "idle label=idle 5"],
   "check_restore": true},
  {"name": "kab-term", "argv": ["$kab"], "ready": "live", "steps": ["signal TERM"], "check_restore": true},
  {"name": "kab-hup", "argv": ["$kab"], "ready": "live", "steps": ["hangup label=lost"]}],
 "goals": [
  {"program": "kab", "metric": "startup.first_paint_ms:median", "versus": "hello-list", "max_ratio": 2.0},
  {"program": "kab", "metric": "down.settle_ms:median", "versus": "hello-list", "max_ratio": 3.0},
  {"program": "kab", "metric": "down.bytes:mean", "versus": "hello-list", "max_ratio": 1.5},
  {"program": "kab", "metric": "held.tail_ms:median", "versus": "hello-list", "max_ratio": 2.0, "slack": 5.0},
  {"program": "kab", "metric": "idle.bytes_per_s:max", "max": 0},
  {"program": "kab", "metric": "exit.exit_ms:median", "versus": "hello-list", "max_ratio": 3.0, "slack": 20.0},
  {"program": "kab-hup", "metric": "lost.exit_ms:max", "max": 250}]}
JSON
"$tuibench" --suite "$work/suite.json" --json "${BENCH_JSON:-$work/result.json}"
