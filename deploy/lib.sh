# lib -- what deploy/ and tests/run share: saying, giving up, packages.
# Sourced by bash with errexit; $top is the top of the project.

# Debian names, 12 and 13 alike.
build_packages=(gcc libc6-dev cmake make pkg-config
    libuv1-dev libnghttp2-dev libhttp-parser-dev libsodium-dev libssl-dev libseccomp-dev libsqlite3-dev libjansson-dev zlib1g-dev
    protobuf-compiler libprotobuf-dev protobuf-c-compiler libprotobuf-c-dev)

say() {
    printf '%s\n' "$*"
}

# One sentence, and out.
die() {
    printf '%s\n' "$*" >&2
    exit 1
}

is_root() {
    [ "$(id -u)" = 0 ]
}

installed() {
    dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed
}

# need_packages NAME...: installs those that are not there.
need_packages() {
    local missing=() name log
    command -v dpkg-query >/dev/null || {
        say "Not a Debian: assuming that these are installed: $*"
        return 0
    }
    for name in "$@"; do
        installed "$name" || missing+=("$name")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    is_root || die "These packages are missing, and installing them needs root: apt-get install ${missing[*]}"
    say "Installing ${missing[*]} ..."
    log=$(mktemp)
    {
        # Lists may be stale or absent on a fresh machine; ask once more with new ones.
        apt_install "${missing[@]}" || { apt-get update && apt_install "${missing[@]}"; }
    } >"$log" 2>&1 </dev/null || {
        tail -n 15 "$log" >&2
        rm -f "$log"
        die "Installing packages failed: apt-get said the lines above."
    }
    rm -f "$log"
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# build DIR [CMAKE-OPTION...]: configures, and builds $targets (none: everything).
targets=()
build() {
    local dir=$1
    shift
    mkdir -p "$dir"
    cmake -S "$top" -B "$dir" "$@" >"$dir/configure.log" 2>&1 || {
        cat "$dir/configure.log" >&2
        return 1
    }
    cmake --build "$dir" -j "$(nproc)" ${targets:+--target "${targets[@]}"} 2>&1 | build_progress # pipefail: its status is cmake's
}

# Every tenth of the way, and everything that is not about the way.
build_progress() {
    awk '/^\[ *[0-9]+%\]/ { p = int(substr($0, 2, 3) / 10); if (p > last) { last = p; printf "  %d%%\n", p * 10; fflush() } next }
         /^(Consolidate|Scanning|gmake|make)/ { next }
         { print; fflush() }'
}

# ---- where a server of this machine lives, and whether it does ----

listen=127.0.0.1:50051
if is_root; then
    data=/var/lib/kindred
    bin=/usr/local/bin
else
    data=${XDG_DATA_HOME:-${HOME:-/nonexistent}/.local/share}/kindred
    bin=$top/build-release
fi
own_data=$data
demo=1

# place_options ARG...: --listen HOST:PORT and --data DIR, for a second server;
# --no-demo.
place_options() {
    local me
    me=deploy/$(basename "$0")
    while [ $# -gt 0 ]; do
        case $1 in
            --listen | --data) [ $# -ge 2 ] || die "$me: $1 needs a value." ;;&
            --listen) listen=$2 && shift 2 ;;
            --data) data=$2 && shift 2 ;;
            --no-demo) demo= && shift ;;
            *) die "$me knows --listen HOST:PORT, --data DIR and --no-demo, not '$1'." ;;
        esac
    done
    case $listen in *:[0-9]*) ;; *) die "$me: '$listen' is not HOST:PORT." ;; esac
    case $data in /*) ;; *) data=$PWD/$data ;; esac
    pid_file=$data/kindredd.pid
    log_file=$data/kindredd.log
}

# The process id of the kindredd that our pid file names; fails if there is none:
# the file may be stale, and its number may be somebody else's by now.  Looks only
# at what a server lets everybody see of it.
running() {
    local pid= name
    [ -r "$pid_file" ] && read -r pid _ <"$pid_file"
    [ -n "$pid" ] && [ -d "/proc/$pid" ] || return 1
    name=$(cat "/proc/$pid/comm") || return 1
    [ "$name" = kindredd ] || return 1
    tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -- "$data" || return 1
    say "$pid"
}

# stop PID: asks it to drain and go, and insists after half a minute: what was
# acknowledged is on disk either way.
stop() {
    local pid=$1 tenth
    kill -TERM "$pid" 2>/dev/null || die "Stopping kindredd (process $pid) needs its owner or root."
    for ((tenth = 0; tenth < 300; tenth++)); do
        running >/dev/null || break
        [ $tenth != 30 ] || say "Waiting for open calls to end ..."
        sleep 0.1
    done
    if running >/dev/null; then
        say "It does not stop by itself; ending it. Nothing that was acknowledged is lost."
        kill -KILL "$pid"
        while running >/dev/null; do sleep 0.1; done
    fi
    rm -f "$pid_file"
}
