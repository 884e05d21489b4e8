#!/bin/sh
# The data compiler (src/gen/data.h) takes small good files, and refuses each kind of bad one:
# exit 1, one line with file, key and a fixed sentence, and nothing written.
# Usage: data_test.sh GEN_DATA
set -u
gen=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
checks=0 failed=0

cat >"$dir/v" <<'END'
{"kindred":"vocabulary","version":3,"min_version":2,
"sources":[{"id":"src","publisher":"P","title":"T","date":"2019"}],
"facets":[
{"id":"f1","en":"F","es":"F","ask":{"en":"a","es":"b"},"source":"src","pick":"many","seeker":["have","seek"],"peer":["have"],"suggest":["seek"],"importance":2,"terms":[
{"id":"root","en":"R","es":"R"},
{"id":"mid","in":"root","en":"M","es":"M"},
{"id":"leaf","in":"mid","en":"L","es":"L","since":2,"show":false},
{"id":"old","in":"root","en":"O","es":"O","retired":2,"successor":"leaf"}]},
{"id":"f2","en":"G","es":"G","ask":{"en":"a","es":"b"},"source":"src","pick":"level","seeker":["have"],"peer":["have"],"suggest":[],"importance":0,"show":false,"terms":[
{"id":"up>=1","level":1,"en":"1","es":"1"},
{"id":"up>=2","level":2,"en":"2","es":"2"}]}]}
END
cat >"$dir/c" <<'END'
{"kindred":"crisis","version":1,
"texts":{"heading":{"en":"a","es":"b"},"danger":{"en":"a","es":"b"},"unconfirmed":{"en":"a","es":"b"},"unknown_country":{"en":"a","es":"b"},"meanwhile":{"en":"a","es":"b"}},
"sources":[{"id":"pub","publisher":"P","title":"T","url":"https://x.org","date":"2024-05"}],
"countries":[
{"code":"AA","en":"A","es":"A","emergency":[{"id":"aa-em","phone":"911","source":"pub","confirmed":false}],"entries":[{"id":"aa-1","name":"N","phone":"13 11 14","text":"HI to 988","web":"https://y.org","languages":["en","es"],"hours":"24/7","source":"pub","confirmed":false}]},
{"code":"BB","en":"B","es":"B","emergency":[{"id":"bb-em","phone":"*12","serves":{"en":"s","es":"s"},"source":"pub","confirmed":false}],"entries":[{"id":"bb-1","name":"M","phone":"12","languages":["fil"],"source":"pub","also":"pub","confirmed":false}]}]}
END
cat >"$dir/d" <<'END'
{"kindred":"demo","source":"S","year":2019,"n":100,"variables":[
{"id":"one","column":"C1","pick":"one","of":100,"rows":[{"term":"leaf","count":50,"p":32768},{"term":"root","count":50,"p":32768}]},
{"id":"each","column":"C2","pick":"each","of":64,"rows":[{"term":"mid","count":1,"p":1024},{"term":"up>=2","count":64,"p":65536}]}]}
END

fail() {
    failed=$((failed + 1))
    printf 'data_test: %s\n' "$1" >&2
}

run() { # FILE-TO-REPLACE WITH
    mkdir -p "$dir/out" && rm -f "$dir"/out/*
    v=$dir/v c=$dir/c d=$dir/d
    case $1 in v) v=$2 ;; c) c=$2 ;; d) d=$2 ;; esac
    "$gen" "$v" "$c" "$d" "$dir/out" >"$dir/said" 2>&1
}

# bad FILE SED-SCRIPT KEY SENTENCE: the changed file is refused so.
bad() {
    checks=$((checks + 1))
    sed "$2" "$dir/$1" >"$dir/bad"
    cmp -s "$dir/$1" "$dir/bad" && fail "'$2' changes nothing"
    run "$1" "$dir/bad"
    status=$?
    [ $status -eq 1 ] || fail "'$2': exit $status: $(cat "$dir/said")"
    [ "$(cat "$dir/said")" = "$dir/bad: $3: $4" ] ||
        fail "'$2' said: $(cat "$dir/said")"
    [ -z "$(ls "$dir/out")" ] || fail "'$2': something was written"
}

# Good files: both outputs are there, and twice the same.
checks=$((checks + 1))
run - - || fail "the good files are refused: $(cat "$dir/said")"
cp "$dir/out/kindred_data.c" "$dir/first" || fail "no tables"
run - - && cmp -s "$dir/first" "$dir/out/kindred_data.c" || fail "not the same twice"
grep -q 'DATA_TERMS = 6,' "$dir/out/kindred_data.h" || fail "wrong count of terms"
# P(root) = 1: bits 0.  P(mid) = 1 - (1/2)(1 - 1/64): 33280/65536, 251 = 4096 - 3845.
grep -q '{0, 0},' "$dir/out/kindred_data.c" || fail "rarity of a sure term"
grep -q '{1, 251},' "$dir/out/kindred_data.c" || fail "rarity of a term above others"

# The form.
bad v '1s/.//' 'line 1' 'this is not a JSON file that can be read'
bad v 's/"vocabulary"/"crisis"/' kindred 'this is another kind of file'
bad v 's/"version":3/"version":3,"colour":1/' colour 'there is no such field'
bad v 's/"version":3/"version":70000/' version 'a whole number in range is wanted here'
bad v 's/"version":3/"version":"3"/' version 'a whole number in range is wanted here'
bad v 's/"version":3,//' version 'it is missing'
printf '[]' >"$dir/list" && run c "$dir/list" && fail "a list passes for a file"
bad v 's/{"id":"mid".*/7,/' root 'an object is wanted here'
bad v 's/"ask":{"en":"a","es":"b"},"source":"src","pick":"level"/"ask":7,"source":"src","pick":"level"/' f2 'an object is wanted here'
bad v 's/{"id":"src",.*}/&,&/;s/\],$/],/' src.id 'this id is used twice'
# Labels.
bad v 's/"en":"M",//' mid.en 'it is missing'
bad v 's/"es":"M"/"es":""/' mid.es 'it may not be empty'
bad v 's/"es":"M"/"es":7/' mid.es 'a string is wanted here'
bad v 's/"es":"M"/"es":"a\\u0007"/' mid.es 'it holds a control character'
bad v "s/\"es\":\"M\"/\"es\":\"$(printf '%081d' 0)\"/" mid.es 'it is longer than allowed'
# Ids: Law 1.
bad v 's/"id":"mid"/"id":"root"/' root.id 'this id is used twice'
bad v 's/"id":"f2"/"id":"f1"/' f1.id 'this id is used twice'
bad v 's/"id":"mid"/"id":"f1"/' f1.id 'this is the id of a facet'
bad v 's/"id":"f2"/"id":"root"/' root.id 'this is the id of a term'
bad v 's/"id":"mid"/"id":"Mid"/' Mid.id "it is of a-z, 0-9, '-', ':', '>' and '='"
# Above and below: Law 2.
bad v 's/"in":"mid"/"in":"none"/' leaf.in 'there is no such term'
bad v 's/"in":"root","en":"M"/"in":"leaf","en":"M"/' mid.in 'the term above stands before it in the file'
bad v 's/"in":"root","en":"M"/"in":"mid","en":"M"/' mid.in 'the term above stands before it in the file'
bad v 's/"in":"mid"/"in":"up>=1"/' leaf.in 'the term above is of another facet'
bad v 's/^{"id":"leaf".*/{"id":"l3","in":"mid","en":"L","es":"L"},{"id":"l4","in":"l3","en":"L","es":"L"},{"id":"l5","in":"l4","en":"L","es":"L"},{"id":"l6","in":"l5","en":"L","es":"L"},{"id":"l7","in":"l6","en":"L","es":"L"},{"id":"l8","in":"l7","en":"L","es":"L"},{"id":"leaf","in":"l8","en":"L","es":"L"},/' leaf.in 'more than 7 terms stand above it'
bad v 's/"level":2/"level":3/' 'up>=2.level' 'levels count 1, 2, 3 … in order'
bad v 's/"id":"up>=2"/"id":"up-2"/' up-2.id 'the id of a level ends in >=LEVEL'
bad v 's/"level":2,/"level":2,"in":"up>=1",/' 'up>=2.in' 'a level stands on the level below it'
bad v 's/"level":2,/"level":2,"retired":2,"successor":"up>=1",/' 'up>=2.retired' 'a level cannot be retired alone'
bad v 's/{"id":"mid"/{"id":"mid","level":1/' mid.level 'only a facet of levels has them'
# Versions: Law 4.
bad v 's/,"successor":"leaf"//' old.successor 'retired and successor go together'
bad v 's/"retired":2,//' old.successor 'retired and successor go together'
bad v 's/"successor":"leaf"/"successor":"none"/' old.successor 'there is no such term'
bad v 's/"successor":"leaf"/"successor":"old"/' old.successor 'the successor is retired itself'
bad v 's/"successor":"leaf"/"successor":"up>=1"/' old.successor 'the successor is of another facet'
bad v 's/"retired":2/"retired":3/' old.retired 'retiring a term raises min_version'
bad v 's/"retired":2/"retired":1/' old.retired 'it is retired before it was there'
bad v 's/"in":"mid"/"in":"root"/;s/"id":"mid",/"id":"mid","since":3,/;s/"in":"root","en":"O"/"in":"mid","en":"O"/' old.in 'the term above it is newer than it'
bad v 's/{"id":"mid",/{"id":"mid","retired":2,"successor":"leaf",/' leaf.in 'the term above it is retired'
bad v 's/"since":2/"since":4/' leaf.since 'a whole number in range is wanted here'
bad v 's/"since":2/"since":0/' leaf.since 'versions count from 1'
bad v 's/"min_version":2/"min_version":4/' min_version 'a whole number in range is wanted here'
bad v 's/"min_version":2/"min_version":0/' min_version 'versions count from 1'
# Facets.
bad v 's/"source":"src","pick":"level"/"source":"none","pick":"level"/' f2.source 'there is no such source in this file'
bad v 's/"pick":"level"/"pick":"some"/' f2.pick 'it is many, one or level'
bad v 's/"peer":\["have"\],"suggest":\["seek"\]/"peer":["hold"],"suggest":["seek"]/' f1.peer 'a use is have, seek, must or must_not'
bad v 's/"peer":\["have"\],"suggest":\["seek"\]/"peer":"have","suggest":["seek"]/' f1.peer 'a list of uses is wanted here'
bad v 's/"suggest":\["seek"\]/"suggest":["must"]/' f1.suggest 'it suggests a use that nobody has'
bad v 's/"importance":2/"importance":4/' f1.importance 'a whole number in range is wanted here'
bad v 's/"show":false}/"show":0}/' leaf.show 'true or false is wanted here'
bad v 's/{"id":"mid",/{"id":"mid","show":false,/;s/,"show":false}/}/' leaf.show 'it would show the term above it'
bad v 's/"date":"2019"/"date":"last year"/' src.date 'a date is YYYY, YYYY-MM or YYYY-MM-DD'
# Crisis resources: Law 5.
bad c 's/,"source":"pub","also"/,"also"/' bb-1.source 'it is missing'
bad c 's/"also":"pub"/"also":"none"/' bb-1.source 'there is no such source in this file'
bad c 's/,"date":"2024-05"//' pub.date 'it is missing'
bad c 's/2024-05/2024-5/' pub.date 'a date is YYYY, YYYY-MM or YYYY-MM-DD'
bad c 's/"also":"pub","confirmed":false/"also":"pub","confirmed":true/' bb-1.confirmed 'only an operator confirms: say false'
bad c 's/"also":"pub","confirmed":false/"also":"pub"/' bb-1.confirmed 'only an operator confirms: say false'
bad c 's/13 11 14/13 11 1O/' aa-1.phone 'it holds what no telephone can dial'
bad c 's/\*12/*1/' bb-em.phone 'a number has two digits at least'
bad c 's/"phone":"12",//' bb-1.phone 'it says no way to reach anyone'
bad c 's/"phone":"911",//' aa-em.phone 'it says no way to reach anyone'
bad c 's/HI to 988/HI/' aa-1.text 'it holds no number'
bad c 's/https:..y.org/y.org/' aa-1.web 'it begins with https:// or http://'
bad c 's/https:..y.org/https:\/\/y org/' aa-1.web 'an address holds no blank'
bad c 's/"fil"/"aa","aa","aa","aa","aa","aa","aa","aa","aa","aa","aa","aa","aa","aa","aa","aa","fil"/' bb-1.languages 'the list is longer than allowed'
bad c 's/"fil"/"Filipino"/' bb-1.languages 'a language is two or three letters'
bad c 's/"languages":\["fil"\]/"languages":[]/' bb-1.languages 'a list that is not empty is wanted here'
bad c 's/"id":"bb-1"/"id":"aa-1"/' aa-1.id 'this id is used twice'
bad c 's/"code":"BB"/"code":"Bb"/' Bb.code 'a country is two capital letters (ISO 3166)'
bad c 's/"code":"BB"/"code":"AA"/' AA.code 'countries stand in the order of their codes'
bad c 's/"danger":{"en":"a","es":"b"},//' texts.danger 'it is missing'
bad c 's/"danger":{"en":"a","es":"b"}/"danger":{"en":"a"}/' texts.danger.es 'it is missing'
bad c 's/"serves":{"en":"s","es":"s"}/"serves":{"en":"s"}/' bb-em.es 'it is missing'
# Demo.
bad d 's/"term":"mid"/"term":"none"/' each.none.term 'there is no such term'
bad d 's/"term":"mid"/"term":"old"/' each.old.term 'this term is retired'
bad d 's/"term":"root"/"term":"leaf"/' one.leaf.term 'this term stands here twice'
bad d 's/"p":1024/"p":1025/' each.mid.p 'it is not count * 65536 / of, floored'
bad d 's/"term":"root","count":50,"p":32768/"term":"root","count":51,"p":33423/' one.rows 'the shares are more than the whole'
bad d 's/"of":64/"of":0/' each.of 'a share of nothing is no share'
bad d 's/"of":64/"of":101/' each.of 'a whole number in range is wanted here'
bad d 's/"pick":"each"/"pick":"two"/' each.pick 'it is one or each'

printf 'gen/data: %d checks, %d failed\n' $checks $failed
[ $failed -eq 0 ]
