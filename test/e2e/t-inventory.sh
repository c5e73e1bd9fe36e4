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
