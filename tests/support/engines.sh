#!/usr/bin/env bash
# Real container engines for the tests, on loopback and unix sockets only, with everything they keep in one folder.
#
#   tests/support/engines.sh install [docker]        packages, by apt, as root
#   tests/support/engines.sh start FOLDER [docker]   a local registry and Podman's API socket (and Docker Engine);
#                                                    prints lines for `eval`
#   tests/support/engines.sh image FOLDER NAME MB    pushes an image with MB megabytes of noise in four layers to the
#                                                    registry, and prints its reference
#   tests/support/engines.sh stop FOLDER             ends what `start` started, and deletes FOLDER
#
# For example:
#
#   eval "$(tests/support/engines.sh start /tmp/kab-engines)"
#   cargo test
#   tests/support/engines.sh stop /tmp/kab-engines
#
# FOLDER is kept short: the path of a unix socket may have 107 bytes at most.
set -euo pipefail

readonly packages=(podman runc conmon netavark docker-registry jq busybox-static ca-certificates)
readonly docker_packages=(docker.io containerd)

say() { printf 'engines: %s\n' "$*" >&2; }
die() {
    say "$*"
    exit 1
}

install_packages() {
    local wanted=("${packages[@]}")
    [[ ${1:-} == docker ]] && wanted+=("${docker_packages[@]}")
    local missing=() name
    for name in "${wanted[@]}"; do
        dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'ok installed' || missing+=("$name")
    done
    [[ ${#missing[@]} -eq 0 ]] && return
    [[ $(id -u) -eq 0 ]] || die "these packages are missing, and only root can install them: ${missing[*]}"
    say "installing ${missing[*]}"
    local apt=(apt-get -o DPkg::Lock::Timeout=300 -qq)
    export DEBIAN_FRONTEND=noninteractive
    "${apt[@]}" update >&2
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2
}

# A port that nobody listens on, first that is free from a start that differs between runs.
free_port() {
    local port=$((20000 + RANDOM % 8000))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    echo "$port"
}

# wait_for WHAT LIMIT_SECONDS COMMAND...
wait_for() {
    local what=$1 deadline=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        [[ $SECONDS -lt $deadline ]] || die "$what did not become ready"
        sleep 0.1
    done
}

answers_http() { # HOST PORT PATH
    exec 3<>"/dev/tcp/$1/$2"
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$3" "$1" >&3
    head -n 1 <&3 | grep -q ' 200'
}

has_sys_resource() {
    local effective
    effective=$(awk '/^CapEff/{print $2}' /proc/self/status)
    (((16#$effective >> 24) & 1))
}

# Some sandboxes withhold CAP_SYS_RESOURCE even from root. There, whatever raises a limit fails, and so does every
# container with an engine's defaults. This stand-in for runc lowers what a container asks for to what this machine
# allows, then calls the real one. It changes nothing on a machine that has the capability, so it is not used there.
write_clamp() { # PATH
    mkdir -p "$(dirname "$1")"
    cat >"$1" <<'CLAMP'
#!/bin/bash
previous='' bundle='' creates=''
for word in "$@"; do
    case $word in
    create | run) creates=yes ;;
    --bundle=*) bundle=${word#--bundle=} ;;
    esac
    [[ $previous == --bundle || $previous == -b ]] && bundle=$word
    previous=$word
done
if [[ -n $creates && -n $bundle ]]; then
    config=$bundle/config.json
    limits=$(prlimit --noheadings --raw --output RESOURCE,HARD | jq -Rn '[inputs | split(" ")
        | select(.[1] != "unlimited") | {("RLIMIT_" + .[0]): (.[1] | tonumber)}] | add // {}')
    jq --argjson limits "$limits" '
        if .process.capabilities then .process.capabilities |= map_values(map(select(. != "CAP_SYS_RESOURCE"))) else . end
        | if .process.rlimits then .process.rlimits |= map(
            ($limits[.type] // .hard) as $most | .hard = ([.hard, $most] | min) | .soft = ([.soft, .hard] | min)) else . end
        | if (.process.oomScoreAdj // 0) < 0 then .process.oomScoreAdj = 0 else . end' \
        "$config" >"$config.clamped" && cat "$config.clamped" >"$config"
    rm -f "$config.clamped"
fi
exec "$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v runc)" "$@"
CLAMP
    chmod +x "$1"
}

# Only the environment that `start` prints, for the programs that this script itself runs. It replaces this shell, so
# call it in a subshell or in the background, where the process id is then the program's own.
exec_in_folder() { # FOLDER COMMAND...
    local folder=$1
    shift
    exec env -u CONTAINER_HOST -u DOCKER_HOST CONTAINERS_CONF="$folder/containers.conf" \
        CONTAINERS_STORAGE_CONF="$folder/storage.conf" CONTAINERS_REGISTRIES_CONF="$folder/registries.conf" "$@"
}

in_folder() { # FOLDER COMMAND...
    (exec_in_folder "$@")
}

start_registry() { # FOLDER
    local port
    port=$(free_port)
    cat >"$1/registry.yml" <<REGISTRY
version: 0.1
log: {level: warn}
storage: {filesystem: {rootdirectory: $1/registry}, delete: {enabled: true}}
http: {addr: 127.0.0.1:$port}
REGISTRY
    docker-registry serve "$1/registry.yml" >"$1/registry.log" 2>&1 3>&- &
    echo $! >"$1/registry.pid"
    wait_for "the registry" 20 answers_http 127.0.0.1 "$port" /v2/
    echo "127.0.0.1:$port" >"$1/registry.address"
}

start_podman() { # FOLDER
    mkdir -p "$1/podman"
    {
        echo '[engine]'
        echo 'events_logger = "file"'
        echo 'cgroup_manager = "cgroupfs"'
        echo 'runtime = "runc"'
        echo "tmp_dir = \"$1/podman/run\""
        echo "volume_path = \"$1/podman/volumes\""
        if ! has_sys_resource; then
            write_clamp "$1/clamp/runc"
            echo '[engine.runtimes]'
            echo "runc = [\"$1/clamp/runc\"]"
        fi
    } >"$1/containers.conf"
    {
        echo '[storage]'
        echo 'driver = "overlay"'
        echo "graphroot = \"$1/podman/images\""
        echo "runroot = \"$1/podman/mounts\""
    } >"$1/storage.conf"
    # Any port of loopback, so that a test may put a slow link before the registry.
    printf '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n' >"$1/registries.conf"
    exec_in_folder "$1" podman system service --time=0 "unix://$1/podman.sock" >"$1/podman.log" 2>&1 3>&- &
    echo $! >"$1/podman.pid"
    wait_for "Podman's socket" 20 test -S "$1/podman.sock"
}

start_docker() { # FOLDER
    local runtimes=''
    if ! has_sys_resource; then
        write_clamp "$1/clamp/runc"
        runtimes="\"runtimes\": {\"clamp\": {\"path\": \"$1/clamp/runc\"}}, \"default-runtime\": \"clamp\","
    fi
    # Neither a bridge nor packet filter rules: the tests use the host's network, and nothing stays behind.
    cat >"$1/docker.json" <<DOCKER
{$runtimes "insecure-registries": ["127.0.0.0/8"], "data-root": "$1/docker/data", "exec-root": "$1/docker/run",
 "pidfile": "$1/docker.pid", "hosts": ["unix://$1/docker.sock"], "bridge": "none", "iptables": false,
 "ip6tables": false}
DOCKER
    dockerd --config-file "$1/docker.json" >"$1/docker.log" 2>&1 3>&- &
    wait_for "Docker's socket" 40 test -S "$1/docker.sock"
}

start() { # FOLDER [docker]
    local folder=$1
    [[ $folder == /* ]] || folder=$PWD/$folder
    [[ ${#folder} -le 90 ]] || die "the folder's path is too long for a unix socket: $folder"
    [[ ! -e $folder/podman.pid ]] || die "$folder is in use; stop it first"
    mkdir -p -m 0700 "$folder"
    # Whatever fails from here on: end what was started.
    trap 'stop "$folder"' ERR
    trap '[[ $? -eq 0 ]] || stop "$folder"' EXIT
    start_registry "$folder"
    start_podman "$folder"
    echo "export CONTAINER_HOST=unix://$folder/podman.sock"
    echo "export CONTAINERS_CONF=$folder/containers.conf"
    echo "export CONTAINERS_STORAGE_CONF=$folder/storage.conf"
    echo "export CONTAINERS_REGISTRIES_CONF=$folder/registries.conf"
    echo "export KAB_TEST_REGISTRY=$(cat "$folder/registry.address")"
    echo "export KAB_TEST_ENGINES=$folder"
    if [[ ${2:-} == docker ]]; then
        start_docker "$folder"
        echo "export KAB_TEST_DOCKER=unix://$folder/docker.sock"
    fi
    trap - ERR EXIT
}

push_image() { # FOLDER NAME MEGABYTES
    local folder=$1 name=$2 megabytes=$3 context reference
    reference=$(cat "$folder/registry.address")/$name
    context=$(mktemp -d "$folder/build.XXXXXX")
    cp "$(command -v busybox)" "$context/busybox"
    {
        echo 'FROM scratch'
        echo 'COPY busybox /bin/busybox'
        local part
        # Halves, so that the layers differ in size.
        for part in 2 4 8 8; do
            local file=noise-$part-$RANDOM
            head -c $((megabytes * 1000000 / part)) /dev/urandom >"$context/$file"
            echo "COPY $file /noise/$file"
        done
        echo 'ENV PATH=/bin'
        echo 'CMD ["/bin/busybox", "sh", "-c", "trap \"echo bye; exit 0\" TERM; i=0; while :; do echo tick $i; i=$((i+1)); busybox sleep 1; done"]'
    } >"$context/Containerfile"
    # In a place of its own: what is built and tidied up must not meet what the tests' Podman is doing.
    local podman=(podman --root "$folder/builder/images" --runroot "$folder/builder/mounts")
    {
        in_folder "$folder" "${podman[@]}" build --quiet --layers --format docker --tag "$reference" "$context"
        in_folder "$folder" "${podman[@]}" push --quiet --tls-verify=false "$reference"
        in_folder "$folder" "${podman[@]}" image rm --force "$reference"
        in_folder "$folder" "${podman[@]}" image prune --force
    } >&2
    rm -rf "$context"
    echo "$reference"
}

# Ends a process that `start` started, by its id, and waits until it is gone (a zombie counts as gone).
end_process() { # PID_FILE
    local pid state
    [[ -s $1 ]] || return 0
    pid=$(cat "$1")
    kill "$pid" 2>/dev/null || true
    for _ in $(seq 100); do
        state=$(awk '/^State/{print $2}' "/proc/$pid/status" 2>/dev/null || true)
        [[ -z $state || $state == Z ]] && break
        sleep 0.1
    done
    rm -f "$1"
}

stop() { # FOLDER
    local folder=$1
    [[ $folder == /* ]] || folder=$PWD/$folder
    [[ -d $folder ]] || return 0
    [[ -e $folder/registry.yml ]] || die "$folder is not a folder of this script"
    if [[ -S $folder/docker.sock ]] && command -v docker >/dev/null; then
        docker --host "unix://$folder/docker.sock" ps --all --quiet 2>/dev/null |
            xargs -r docker --host "unix://$folder/docker.sock" rm --force >/dev/null 2>&1 || true
    fi
    end_process "$folder/docker.pid"
    if [[ -e $folder/storage.conf ]]; then
        in_folder "$folder" podman rm --all --force --time 1 >/dev/null 2>&1 || true
    fi
    end_process "$folder/podman.pid"
    end_process "$folder/registry.pid"
    # Deepest first.
    awk -v folder="$folder/" 'index($2, folder) == 1 {print $2}' /proc/self/mounts | sort -r |
        while read -r mount; do umount "$mount" 2>/dev/null || umount -l "$mount" 2>/dev/null || true; done
    rm -rf "$folder"
}

case ${1:-} in
install) install_packages "${2:-}" ;;
start) [[ $# -ge 2 ]] || die "start needs a folder"; start "$2" "${3:-}" ;;
image) [[ $# -eq 4 ]] || die "image needs a folder, a name and a size"; push_image "$2" "$3" "$4" ;;
stop) [[ $# -eq 2 ]] || die "stop needs a folder"; stop "$2" ;;
*) die "install, start, image or stop" ;;
esac
