# inventory list, plain and as JSON: the shape of ansible-inventory --list; validate tells every mistake.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
project=$work/project
env=$project/inventory/prod
mkdir -p "$env"
cp -r conf "$project/"
printf 'max_parallel_workers: 2\n' >"$env/config.yml"
cat >"$env/hosts.yml" <<'YML'
all:
  hosts:
    lone:
  vars: {ansible_user: demo}
  children:
    eu:
      children:
        fr: {hosts: {"web-[01:02]": {rack: 7}}}
        de: {hosts: {web-03: }, vars: {zone: "d\"e"}}
    db: {hosts: {db-1: , web-03: }, children: {fr: }}
    empty:
YML
im inventory list prod
assert_eq 'list' 0 "$rc"
assert_eq 'names, a line each' 'lone web-01 web-02 web-03 db-1' "$(printf '%s' "$out" | tr '\n' ' ')"
im inventory list prod --json
assert_eq 'json' 0 "$rc"
printf '%s' "$out" >"$work/json"
cat >"$work/check.py" <<'PY'
import json, sys
got = json.load(open(sys.argv[1]))
d = {"ansible_user": "demo"}
expected = {
    "_meta": {"hostvars": {
        "lone": d, "db-1": d, "web-01": {**d, "rack": 7}, "web-02": {**d, "rack": 7},
        "web-03": {**d, "zone": 'd"e'}}},
    "all": {"children": ["ungrouped", "eu", "db", "empty"]},
    "ungrouped": {"hosts": ["lone"]},
    "eu": {"children": ["fr", "de"]},
    "fr": {"hosts": ["web-01", "web-02"]},
    "de": {"hosts": ["web-03"]},
    "db": {"hosts": ["web-03", "db-1"], "children": ["fr"]},
}
def plain(v):  # the order of lists is nobody's promise
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    return sorted(v) if isinstance(v, list) else v
if plain(got) != plain(expected):
    sys.exit("got      %r\nexpected %r" % (got, expected))
PY
assert_eq 'the shape' '' "$(python3 "$work/check.py" "$work/json" 2>&1)"
im inventory list prod --json -l fr
assert_eq 'hosts of a limit' "['web-01', 'web-02']" \
    "$(printf '%s' "$out" | python3 -c 'import json,sys; print(sorted(json.load(sys.stdin)["_meta"]["hostvars"]))')"
im inventory list prod -l de
assert_eq 'a limit' web-03 "$out"
# ---- -l and -w
# hosts ARGS... EXPECTED: names, one space between, of inventory list prod
hosts() {
    local expected=${*: -1}
    im inventory list prod "${@:1:$#-1}"
    assert_eq "hosts of ${*:1:$#-1}" "0 $expected" "$rc $(printf '%s' "$out" | tr '\n' ' ')"
}
# nobody ARGS... TEXT: refused, and told so
nobody() {
    im inventory list prod "${@:1:$#-1}"
    assert_eq "exit of ${*:1:$#-1}" 5 "$rc"
    assert_has "message of ${*:1:$#-1}" "$err" "${*: -1}"
}
hosts -l 'db:!fr' 'web-03 db-1'
hosts -l '!fr,&db' 'web-03 db-1'
hosts -l '~web-0[13]' 'web-01 web-03'
hosts -l 'fr[-1]' 'web-02'
printf 'web-01\n\n  db-1\n' >"$project/some"
hosts -l @some 'web-01 db-1'
hosts -l '@some,!db-1' 'web-01'
hosts -w 'web-[01-02],db-1' 'web-01 web-02 db-1'
hosts -w '@db!@de' 'web-01 web-02 db-1'
hosts -w '@*&web-*' 'web-01 web-02 web-03'
hosts -l db -w 'web-[01-03]' 'web-01 web-02 web-03'
hosts --nodes='web-0?' --limit=fr 'web-01 web-02'
nobody -l 'web-04' "no host or group matches 'web-04' (did you mean web-01?)"
nobody -l 'fr:!web-4' "no host or group matches 'web-4'"
nobody -l 'fr:!fr' "'fr:!fr' leaves no host"
nobody -l '' 'an empty pattern matches no host'
nobody -l @nosuch '@nosuch: No such file or directory'
nobody -l '~(' "regular expression '(': byte 1: a group is never closed"
nobody -w 'web-[01-04]' "no host or group matches 'web-04'"
nobody -w '@frr' "did you mean fr?"
nobody -w 'web-[01' 'a bracket is never closed'
nobody -w '' 'a name is missing'
nobody -l de -w 'web-01' 'no host is both in -l and in -w'

im inventory list prdo
assert_eq 'a typo' 5 "$rc"
assert_has 'a typo' "$err" 'did you mean prod?'
for words in '' lst list 'lst prod' 'list prod more'; do
    # shellcheck disable=SC2086 # words
    im inventory $words
    assert_eq "inventory $words" 5 "$rc"
    assert_has "inventory $words" "$err" 'usage: inventory-manager inventory list ENV [--json]'
done
(cd "$project" && "$im_bin" inventory list prod --json >/dev/full 2>"$work/err")
assert_eq 'a full disk' 1 $?

# ---- validate
im validate
assert_eq 'validate' '0 1 environment: no mistakes' "$rc $out"
im validate -q
assert_eq 'validate -q' '0 ' "$rc $out"
for n in $(seq 117); do echo "wrong$n: 1"; done >>"$env/config.yml"
im validate prod
assert_eq 'many mistakes' 1 "$rc"
assert_eq 'a hundred are told' 100 "$(printf '%s\n' "$err" | grep -c 'unknown key')"
assert_has 'the others are counted' "$err" '... and 17 more'
assert_has 'the sum' "$err" '117 mistakes'
[ ! -e "$project/var" ] || fail "looking made var/"
[ ! -e "$project/debug.log" ] || fail "looking wrote debug.log"
finish
