#!/bin/sh
# symbols -- what the object files say, whatever the sources claim.
#   1. A name tells its file: src/match/pool.c exports only match_pool_*;
#      base/ drops its own name (src/base/err.c exports err_*).
#   2. match/ calls base, itself and memory copies: no clock, no allocation,
#      no I/O.  The other pure layers read no clock, roll no dice and do no I/O.
# Usage: symbols.sh BUILD_DIR
set -eu
cd "$1/CMakeFiles"
bad=0
say() { echo "$@"; bad=1; }

compiler='^(__(asan|ubsan|tsan|odr_asan|stack_chk)|_GLOBAL_OFFSET_TABLE_)'
seen=0
for object in */src/*/*.o; do
    [ -e "$object" ] || continue
    case ${object%%/*} in alone.dir) continue ;; esac
    stem=${object#*/src/}
    stem=${stem%%.*}
    case $stem in gen/* | */main | */main_*) continue ;; esac
    seen=$((seen + 1))
    prefix=$(printf %s "$stem" | tr / _)
    layer=${stem%%/*}
    [ "$layer" = base ] && prefix=${prefix#base_}
    [ "$stem" = "$layer/$layer" ] && prefix=$layer
    stray=$(nm -g --defined-only "$object" | awk 'NF == 3 {print $3}' |
        grep -vE "$compiler|^$prefix(_|\$)" || true)
    [ -z "$stray" ] || say "$stem.c exports" $stray

    calls=$(nm -u "$object" | awk '{print $2}' | grep -vE "$compiler" || true)
    case $layer in
        match) stray=$(printf '%s\n' "$calls" |
            grep -vE '^((err|require|list|map|chance|match)_|(mem(cpy|move|set|cmp)|strlen)$|__mem(cpy|move|set)_chk$|$)' || true) ;;
        seal | http | rpc | service) stray=$(printf '%s\n' "$calls" |
            grep -E '^(time|times|clock.*|gettimeofday|(local|gm)time.*|nanosleep|u?sleep|s?rand(om)?(_r)?|getrandom|getentropy|arc4random.*|(__)?v?f?printf(_chk)?|puts|putchar|perror|fopen.*|fdopen|fread|fwrite|fput.|fget.|fflush|std(in|out|err)|open.*|creat|read|write|p(read|write).*|(read|write)v|close|socket|connect|bind|listen|accept.*|send.*|recv.*|poll|select|epoll.*|ioctl|fcntl.*|pthread_.*|getenv|system|fork|exec.*|kill|signal|sigaction)$' || true) ;;
        *) stray= ;;
    esac
    [ -z "$stray" ] || say "$stem.c is pure but calls" $stray
done
[ $seen -gt 0 ] || say "no objects under $1: build first"
exit $bad
