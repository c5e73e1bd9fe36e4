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
assert_eq 'names, a line each, nearest to all first' 'lone db-1 web-03 web-01 web-02' "$(printf '%s' "$out" | tr '\n' ' ')"
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
hosts -l 'db:!fr' 'db-1 web-03'
hosts -l '!fr,&db' 'db-1 web-03'
hosts -l '~web-0[13]' 'web-03 web-01'
hosts -l 'fr[-1]' 'web-02'
printf 'web-01\n\n  db-1\n' >"$project/some"
hosts -l @some 'db-1 web-01'
hosts -l '@some,!db-1' 'web-01'
hosts -w 'web-[01-02],db-1' 'db-1 web-01 web-02'
hosts -w '@db!@de' 'db-1 web-01 web-02'
hosts -w '@*&web-*' 'web-03 web-01 web-02'
hosts -l db -w 'web-[01-03]' 'web-03 web-01 web-02'
hosts --nodes='web-0?' --limit=fr 'web-01 web-02'
nobody -l 'web-04' "no host or group matches 'web-04' (did you mean web-03?)"
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
for words in '' lst list 'lst prod' 'list prod more' 'host prod' 'vars prod' 'graph prod --explain'; do
    # shellcheck disable=SC2086 # words
    im inventory $words
    assert_eq "inventory $words" 5 "$rc"
    assert_has "inventory $words" "$err" 'usage: inventory-manager inventory '
done
(cd "$project" && "$im_bin" inventory list prod --json >/dev/full 2>"$work/err")
assert_eq 'a full disk' 1 $?

# ---- graph, host, vars
im inventory graph prod de
assert_eq 'graph' "0 @de:|  |--web-03" "$rc $(printf '%s' "$out" | tr '\n' '|')"
im inventory graph prod nothing
assert_eq 'graph of no group' 5 "$rc"
im inventory host prod web-03
assert_eq 'host' '{"ansible_user": "demo", "zone": "d\"e"}' "$(printf '%s' "$out" | python3 -c 'import json,sys; print(json.dumps(json.load(sys.stdin)))')"
im inventory host prod web-3
assert_has 'a typo of a host' "$rc $err" "5 inventory-manager: no host 'web-3'; did you mean web-03?"
mkdir -p "$env/group_vars/db" "$env/host_vars"
echo 'zone: of db' >"$env/group_vars/db/main.yml"
echo 'rack: 9' >"$env/host_vars/web-03.yml"
im inventory vars prod web-03 --explain -e rack=10
assert_eq 'explain' 'ansible_user: "demo"  (group all, inventory/prod/hosts.yml:4:24)
rack: "10"  (-e)
    over 9  (host_vars, inventory/prod/host_vars/web-03.yml:1:7)
zone: "of db"  (group_vars db, inventory/prod/group_vars/db/main.yml:1:7)
    over "d\"e"  (group de, inventory/prod/hosts.yml:9:46)' "$out"
im inventory vars prod web-03
assert_eq 'vars: a line each' 3 "$(printf '%s\n' "$out" | wc -l)"

# ---- other sources
ini=$project/inventory/ini
mkdir -p "$ini"
printf '[web]\nw[1:2]:2222 n=5\n[web:vars]\nn = "x" # text\n' >"$ini/hosts.ini"
im inventory list ini --json
assert_has 'ini' "$out" '"w2":{"n": 5, "ansible_port": 2222}'
script=$project/inventory/script
mkdir -p "$script"
cat >"$script/hosts" <<'SH'
#!/bin/sh
[ "$1" = --list ] && echo '{"web": ["a", "b"]}' && exit
[ "$2" = a ] && echo '{"x": [1e3, "\ud83d\ude00"]}'
exit 0
SH
chmod +x "$script/hosts"
IM_VAULT_PASSWORD_FILE='' im inventory list script --json
assert_has 'an executable' "$out" '"hostvars":{"a":{"x": [1000.0, "😀"]}}'
printf '#!/bin/sh\nprintf "no\\033[0m network\\n" >&2\nexit 3\n' >"$script/hosts"
im inventory list script
assert_eq 'a failing executable' 1 "$rc"
assert_has 'a failing executable' "$err" 'hosts: --list: exit 3: no\x1b[0m network'
im inventory list a.example,b:2222,
assert_eq 'a list of hosts' "0 a.example b " "$rc $(printf '%s\n' "$out" | tr '\n' ' ')"

# ---- validate
rm -r "$ini" "$script"
im validate
assert_eq 'validate' '0 1 environment: no mistakes' "$rc $out"
echo 'x: 1' >"$env/group_vars/gone.yml"
im validate
assert_has 'a file that nobody reads' "$rc $err" '0 warning:'
assert_has 'a file that nobody reads' "$err" 'group_vars/gone.yml: not read: there is no group gone'
rm -r "$env/group_vars"
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

# ---- an inventory that needs -e: validate takes it as a run does
: >"$env/config.yml"
rm -rf "$env/actions" "$env/host_vars" "$env/group_vars"
printf 'all: {hosts: {web-01: {ansible_host: "{{ inventory_hostname }}.{{ domain }}"}}}\n' >"$env/hosts.yml"
im validate prod
assert_eq 'without what it needs' 1 "$rc"
assert_has 'without what it needs' "$err" "'domain' is undefined"
im validate prod -e domain=example.org
assert_eq 'with it' 0 "$rc"
im validate prod -e domain='a b'
assert_eq 'it is looked at' 1 "$rc"
finish
