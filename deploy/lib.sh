# lib -- what deploy/ and tests/run share: saying, giving up, packages.
# Sourced by bash with errexit; $top is the top of the project.

# Debian names, 12 and 13 alike.
build_packages=(gcc libc6-dev cmake make pkg-config
    libuv1-dev libnghttp2-dev libsodium-dev libsqlite3-dev libjansson-dev zlib1g-dev
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

# build DIR [CMAKE-OPTION...]: configures and builds everything.
build() {
    local dir=$1
    shift
    mkdir -p "$dir"
    cmake -S "$top" -B "$dir" "$@" >"$dir/configure.log" 2>&1 || {
        cat "$dir/configure.log" >&2
        return 1
    }
    cmake --build "$dir" -j "$(nproc)" 2>&1 | build_progress # pipefail: its status is cmake's
}

# Every tenth of the way, and everything that is not about the way.
build_progress() {
    awk '/^\[ *[0-9]+%\]/ { p = int(substr($0, 2, 3) / 10); if (p > last) { last = p; printf "  %d%%\n", p * 10; fflush() } next }
         /^(Consolidate|Scanning|gmake|make)/ { next }
         { print; fflush() }'
}
