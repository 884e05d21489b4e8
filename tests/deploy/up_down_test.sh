#!/usr/bin/env bash
# up_down -- deploy/up and deploy/down as somebody who is not root uses them, on
# a copy of the tree: what they leave behind, twice, and every way to fail.
# Usage: up_down_test.sh BUILD_DIR   Last line: "N passed, N failed".
set -uo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
place=$(mktemp -d)
passed=0 failed=0
others=()

leave() {
    user "$place/tree/deploy/down" >/dev/null 2>&1
    [ ${#others[@]} = 0 ] || kill "${others[@]}" 2>/dev/null
    rm -rf "$place"
}
trap leave EXIT

# ok WHAT COMMAND...
ok() {
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n' "$what"
        [ ! -s "$place/out" ] || tail -n 12 "$place/out"
    fi
}

# Who runs it: nobody, if we are root.
user() {
    local as=()
    [ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
    "${as[@]}" env -u XDG_DATA_HOME HOME="$place/home" PATH="$place/bin:$PATH" "$@"
}

up() {
    user "$place/tree/deploy/up" --listen "127.0.0.1:$port" "$@" >"$place/out" 2>&1
}

down() {
    user "$place/tree/deploy/down" "$@" >"$place/out" 2>&1
}

said() {
    grep -qF -- "$1" "$place/out"
}

# It failed, with one sentence as its last line and nothing started.
refuses() {
    local sentence=$1
    shift
    ! up --no-demo "$@" && tail -n 1 "$place/out" | grep -qF -- "$sentence" && [ "$(wc -l <"$place/out")" -le 1 ]
}

mode_is() {
    [ "$(stat -c %a "$2")" = "$1" ]
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

server() {
    user cut -d ' ' -f 1 "$data/kindredd.pid"
}

healthy() {
    user "$place/tree/build-release/kindred" health --server "127.0.0.1:$port" >/dev/null 2>&1
}

chmod 755 "$place"
mkdir -p "$place/home" "$place/tree" "$place/bin"
(cd "$top" && tar -cf - --exclude='./build*' --exclude=./.git .) | tar -xf - -C "$place/tree"
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$place/home" "$place/tree"
port=$(free_port)
data=$place/home/.local/share/kindred

ok "down where nothing runs is harmless" down
ok "... and says so" said "not running"
ok "up" up
ok "... told where it listens" said "listens on 127.0.0.1:$port"
ok "... told how to stop it" said "deploy/down"
ok "... showed a match" said "matched"
ok "it is healthy" healthy
ok "the data directory is private" mode_is 700 "$data"
ok "the key is private" mode_is 600 "$data/master.key"
ok "the log is private" mode_is 600 "$data/kindredd.log"
first=$(server)
ok "up again" up --no-demo
ok "... says that it runs already" said "runs already"
ok "... and left it alone" [ "$(server)" = "$first" ]

ok "a busy port is one sentence" refuses "Something else listens" --data "$place/home/second"
ok "a missing right is one sentence" eval 'saved=$port; port=$(free_port); refuses "You may not" --data /usr/kindred; status=$?; port=$saved; [ $status = 0 ]'
printf '#!/bin/sh\necho Filesystem MB Used Available Capacity Mounted\necho x 1000 900 100 90 /\n' >"$place/bin/df"
chmod 755 "$place/bin/df"
ok "a full disk is one sentence" eval 'saved=$port; port=$(free_port); refuses "is full" --data "$place/home/third"; status=$?; port=$saved; [ $status = 0 ]'
rm "$place/bin/df"
ok "a wrong option is one sentence" refuses "not '--frob'" --frob

user sh -c "kill -KILL $first"
sleep 0.2
sleep 600 &
others+=($!)
user sh -c "echo $! >'$data/kindredd.pid'"
ok "down does not take a stranger for ours" down
ok "... and the stranger lives" kill -0 "${others[0]}"
ok "up after a crash" up --no-demo
ok "it is healthy again" healthy
ok "it is another process" [ "$(server)" != "$first" ]
ok "down" down
ok "... says where the data is" said "$data"
ok "nothing answers any more" eval '! healthy'
ok "down again is harmless" down
ok "the data is there" [ -s "$data/master.key" ]
printf '%d passed, %d failed\n' $passed $failed
[ $failed = 0 ]
