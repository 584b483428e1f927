#!/usr/bin/env bash
# Measures what people see of a server that is far away, in a terminal: one that answers after 300 ms, and one that
# cannot be reached, of which only the cache is left.
#
#   benches/remote.sh [ROUNDS]
#
# Needs `tuibench` on the path (or its place in TUIBENCH), and the release build of kab and of the line:
#   cargo build --release --bins --example slow-line
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-5}
tuibench=${TUIBENCH:-tuibench}
delay=300

work=$(mktemp -d "${TMPDIR:-/tmp}/kab-bench.XXXXXX")
kab=$PWD/target/release/kab
export KAB_REPOSITORIES=- KAB_ENGINE=none
server=() line=()
finish() {
    [ ${#line[@]} = 0 ] || kill "${line[@]}" 2>/dev/null || true
    [ ${#server[@]} = 0 ] || kill "${server[@]}" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

mkdir -p "$work/source/.arkitekt"
awk 'BEGIN {
    print "app_images:"
    for (app = 0; app < 1000; app++) {
        printf "- appImageId: %032x\n", app
        printf "  flavourName: vanilla\n"
        printf "  image: {buildAt: 2025-05-15 10:00:00, imageString: lab/app%05d:1.0.0}\n", app
        printf "  inspection: {size: 1000000, implementations: [], requirements: []}\n"
        printf "  manifest: {identifier: org.lab.app%05d, version: 1.0.0, author: lab, entrypoint: app, scopes: []}\n", app
        printf "  selectors: []\n"
    }
}' >"$work/source/.arkitekt/deployments.yaml"

# The server, its token, and the long line to it.
export KAB_DATA_DIR=$work/server
"$kab" serve --listen 127.0.0.1:0 >"$work/server.out" 2>&1 &
server=($!)
until address=$(grep -o 'http://127.0.0.1:[0-9]*' "$work/server.out" | head -1) && [ -n "$address" ]; do sleep 0.05; done
"$kab" repo add "$work/source"
"$kab" serve token add --user ada --quiet >"$work/token"
chmod 600 "$work/token"
# long_line NAME: a line of its own to the server, in $far; its process is the last one in $line.
long_line() {
    target/release/examples/slow-line "${address##*:}" "$delay" >"$work/$1.port" &
    line+=($!)
    until [ -s "$work/$1.port" ]; do sleep 0.05; done
    far=http://127.0.0.1:$(cat "$work/$1.port")
}

# Two people: one for whom everything is new each time, and one who has been there before and finds nobody.
for person in fresh before; do
    long_line "$person"
    KAB_DATA_DIR=$work/$person "$kab" login "$far" --context far --token-file "$work/token" --quiet
done
KAB_DATA_DIR=$work/before "$tuibench" -q --ready live --quit q -n 1 -w 0 -e 'send 2' -e 'wait Apps 1,002' -e 'sleep 3' \
    -- "$kab" --context far
kill "${line[1]}"
unset 'line[1]'

cat >"$work/suite.json" <<JSON
{"runs": $rounds, "sizes": ["80x24", "160x50"],
 "defaults": {"timeout": 60},
 "programs": [
  {"name": "far", "argv": ["$kab", "--fresh", "--context", "far"], "ready": "counter", "quit": "q",
   "env": {"KAB_DATA_DIR": "$work/fresh"}, "prepare": "rm -rf $work/fresh/cache"},
  {"name": "cached", "argv": ["$kab", "--fresh", "--context", "far"], "ready": "counter", "quit": "q",
   "env": {"KAB_DATA_DIR": "$work/before"}}],
 "goals": [
  {"program": "far", "metric": "startup.ready_ms:median", "max": $((2 * delay + 100))},
  {"program": "cached", "metric": "startup.ready_ms:median", "max": 100}]}
JSON
"$tuibench" --suite "$work/suite.json" --json "${BENCH_JSON:-$work/result.json}"
