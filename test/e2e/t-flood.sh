# Sixty hosts flood at once, a megabyte each: memory stays within output_memory, a slow reader of -o jsonl
# gets every byte and slows nobody, -b shows beginning and end and counts the rest.
# shellcheck shell=bash disable=SC2154,SC2034
. test/e2e/lib.sh
. test/e2e/fleet.sh
. test/e2e/flood.sh
flood_project 60 60 'output_memory: 12M'

flood() { # OUT ARGUMENTS...: sets rc, ms, peak_kb, written, err
    local out=$1
    shift
    read -r rc ms peak_kb written <<<"$("$repo/bench/peak" "$out" "$im_bin" --root "$project" exec many "$@" 2>"$work/err" | tail -n 1)"
    err=$(cat "$work/err")
    assert_eq "exit code: $*" 0 "$rc"
}
within() { # NAME: the memory above the silent run
    printf '%-24s %6d KB above the silent run\n' "$1" $((peak_kb - silent))
    [ $((peak_kb - silent)) -le $((12 * 1024 * 11 / 10)) ] || fail "$1: $((peak_kb - silent)) KB above the silent run"
}
flood /dev/null -- true
silent=$peak_kb

flood "$work/text" -- 'flood 1000000'
within 'text'
assert_eq 'every line' $((60 * 12500)) "$(grep -c '^h00[0-5][0-9]: [a-z]*$' "$work/text")"

flood "$work/gush" -- 'gush 1000000'
within 'lines without end'
assert_eq 'every byte' $((60 * 1000000)) "$(sed 's/^h00[0-9]*: //' "$work/gush" | tr -d '\n' | wc -c)"

flood "$work/group" -b -- 'flood 1000000'
within '-b'
assert_has 'what is left out is counted' "$(grep -a 'left out' "$work/group" | head -n 1)" ' bytes left out, see the logs'
assert_eq 'the beginning is shown' aaaa "$(grep -a -m 1 -o '^aaaa' "$work/group")"

flood "slow:60000000:$work/jsonl" -o jsonl -- 'flood 1000000'
within '-o jsonl, slow reader'
python3 - "$work/jsonl" <<'P' || fail 'the reader of -o jsonl has not got everything'
import json, sys
got = {}
for line in open(sys.argv[1], encoding="utf-8"):
    event = json.loads(line)
    assert event["type"] != "output_truncated", event
    if event["type"] == "output":
        got[event["host"]] = got.get(event["host"], "") + event["data"]
text = "".join(chr(97 + i // 80 % 26) if i % 80 != 79 else "\n" for i in range(1000000))
assert len(got) == 60 and all(said == text for said in got.values())
P
assert_eq 'the log has it all' 1000000 "$(cat "$project"/var/log/many/*/h0007.log | tail -c 1000000 | wc -c)"
assert_eq 'nothing is left of the queue' '' "$(find "$project/var" -maxdepth 1 -type f ! -name 'runs.db*' ! -name '*.lock')"
finish
