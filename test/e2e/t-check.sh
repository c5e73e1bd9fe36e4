# -C: what every host would get, without servers, keys or anything written.
# shellcheck shell=bash disable=SC2154,SC2016
. test/e2e/lib.sh
mkdir -p "$project" "$work/nobody"
cp -r conf inventory "$project/"
(cd "$project" && sh conf/sample/pack >/dev/null)
export HOME=$work/nobody # no key anywhere
env_dir=$project/inventory/test-multi
actions=$env_dir/actions
mkdir -p "$actions" "$project/site/sub"
echo one >"$project/site/index.html"
echo two >"$project/site/sub/two"
ln -s ../index.html "$project/site/sub/link"
printf 'host {{ inventory_hostname }}\n' >"$actions/app.conf"
i=0
while [ $i -lt 50 ]; do echo "line $i" >>"$actions/app.conf"; i=$((i + 1)); done
files_of() { (cd "$project" && find . -type f | sort | xargs sha256sum); }

cat >"$actions/all.yml" <<'ACTION'
name: all
steps:
  - name: Script
    run: echo "$app_dir"
    chdir: /srv
    env: {WHO: "{{ inventory_hostname }}"}
    unless: test -e "$app_dir"
    become: true
    become_user: app
    idempotent: true
    retries: 2
    timeout: 90s
  - name: Only the first
    run: echo first
    when: inventory_hostname == 'web-01'
  - name: File
    upload: {src: build/sample.tar.gz, dest: "{{ app_dir }}.gz", mode: "0600"}
    creates: "{{ app_dir }}.done"
  - name: Folder
    upload: {src: site, dest: "{{ app_dir }}.site"}
  - name: Content
    template: {src: app.conf, dest: "{{ app_dir }}.conf"}
  - name: Port
    wait_for: {port: 8080, host: db-1, timeout: 5s}
  - name: Path
    wait_for: {path: /run/lock-x, state: absent}
    tags: [slow]
  - name: Once
    local: touch never-made
    run_once: true
finally:
  - name: Back
    local: touch never-made-either
ACTION

# ---- every kind of step, and no trace of it
before=$(files_of)
im run all test-multi -C
assert_eq 'check' 0 "$rc"
assert_eq 'it says what it was' 'nothing was done: this is what would be' "$err"
assert_eq 'nothing is written' "$before" "$(files_of)"
[ ! -e "$project/var" ] || fail '-C made var/'
assert_has 'the head of the plan' "$out" 'all test-multi: 9 hosts, rolling, 3 workers, failure budget 0
wave 1/3: web-[01-03]
web-01:
  login demo@127.10.0.1 port 22522
  step 1/8 Script: run, become app, retries 2, timeout 1m30s
    skipped where this exits 0:
      | app_dir='
assert_has 'a script as it is sent' "$out" "    else:
      | app_dir='/tmp/inventory-manager-demo/web-01/app'; export app_dir
      | WHO='web-01'; export WHO
      | set -e
      | CDPATH='' cd -- '/srv' || exit 1
      | echo \"\$app_dir\"
  step 2/8 Only the first: run
"
size=$(stat -c %s "$project/build/sample.tar.gz")
assert_has 'a file' "$out" "  step 3/8 File: upload
    skipped where this exits 0:
      | [ -e '/tmp/inventory-manager-demo/web-02/app.done' ] && exit 0
      | exit 1
    $project/build/sample.tar.gz -> /tmp/inventory-manager-demo/web-02/app.gz, mode 0600, $size bytes
"
assert_has 'a folder' "$out" "$project/site -> /tmp/inventory-manager-demo/web-09/app.site, folder, 3 files, "
assert_has 'content' "$out" '      | host web-05
      | line 0
'
assert_has 'is bounded' "$out" '      | line 38
      ... 11 more lines; -v shows them
  step 6/8 Port: wait_for
    until port 8080 of db-1 is there, at most 5.0s
  step 7/8 Path: wait_for
    until /run/lock-x is gone, at most 5m00s'
assert_has 'local, and finally' "$out" '  step 8/8 Once: local, run_once
      | set -e
      | touch never-made
  finally step 1/1 Back: local
      | set -e
      | touch never-made-either
'
assert_eq 'when' 8 "$(printf '%s\n' "$out" | grep -c '^  step 2/8 Only the first: run, skipped: when$')"
assert_eq 'waves' 'web-[01-03] web-[04-06] web-[07-09]' "$(printf '%s\n' "$out" | sed -n 's/^wave .: //p; s/^wave ...: //p' | tr '\n' ' ' | sed 's/ $//')"
im run all test-multi -C -v -l web-01
assert_has '-v: all of it' "$out" '      | line 49'
im run all test-multi -C -q
assert_eq '-q: only the code' '0  ' "$rc $out $err"
im run all test-multi -C -t slow -l web-02
assert_has 'tags' "$out" '  step 1/1 Path: wait_for'
assert_not 'tags' "$out" 'Script'

# ---- the same mistakes as a run, with the same codes
same() { # WHAT CODE PART ARGUMENTS...
    local what=$1 code=$2 part=$3
    shift 3
    im "$@" -C
    assert_eq "$what: -C" "$code" "$rc"
    assert_has "$what: -C" "$err" "$part"
    assert_eq "$what: nothing on stdout" '' "$out"
}
sed 's/^name: all/name: bad/; s/{{ inventory_hostname }}/{{ nobody }}/' "$actions/all.yml" >"$actions/bad.yml"
same 'undefined' 1 "'nobody' is undefined" run bad test-multi
ln -s /etc/passwd "$project/site/out"
same 'a link that leads out' 1 'site/out: a link that leads out of the folder' run all test-multi
rm "$project/site/out"
same 'no such action' 5 "no action 'al'" run al test-multi
same 'no such host' 5 'web-77' run all test-multi -l web-77
same 'no release to go back to' 1 'web-[01-09]' rollback test-multi
im rollback test-multi -C -e release=r1 -l web-01
assert_eq 'rollback -C' 0 "$rc"
assert_has 'rollback -C' "$out" "release='r1'"
cat >"$project/inventory/test-multi/actions/lists.yml" <<'ACTION'
name: lists
steps: [{name: One, run: "true"}]
health_check: [{run: "true"}]
finally: [{name: Last, run: "true"}]
ACTION
im plan lists test-multi
assert_eq 'plan shows every list' '  step 1/1 One
  check 1/1 run 1
  finally step 1/1 Last' "$(printf '%s\n' "$out" | sed -n '2,4p')"
im plan deploy test-multi -C
assert_eq 'plan takes no -C' 5 "$rc"
im deploy test-multi -o json
assert_eq '-o json of a run' 5 "$rc"
assert_has '-o json of a run' "$err" 'not yet: -o json without --check'
echo 'confirm: true' >>"$env_dir/config.yml"
im deploy test-multi -C
assert_eq 'nothing to confirm' 0 "$rc"
[ ! -e "$project/var" ] || fail '-C of a folder or rollback made var/'

# ---- groups
im exec test-multi -C -b -- 'uptime'
assert_has 'all alike' "$out" 'web-[01-09] (9):
  step 1/1 exec: run
      | uptime'
im exec test-multi -C -b -f 0 -- 'echo $inventory_hostname'
assert_eq 'none alike' 9 "$(printf '%s\n' "$out" | grep -c '^web-0[1-9] (1):$')"
sed -n '/^name/p; /^steps/p; /Only/,/when/p' "$actions/all.yml" | sed 's/^name: all/name: first/' >"$actions/first.yml"
im run first test-multi -C -b
assert_eq 'two groups below the waves' 'wave 1/3: web-[01-03]
wave 2/3: web-[04-06]
wave 3/3: web-[07-09]
web-01 (1):
  step 1/1 Only the first: run
      | set -e
      | echo first
web-[02-09] (8):
  step 1/1 Only the first: run, skipped: when' "$(printf '%s\n' "$out" | sed 1d)"

# ---- for programs
im run all test-multi -C -o jsonl
assert_eq 'jsonl' 0 "$rc"
assert_eq 'a line a host and step' 81 "$(printf '%s\n' "$out" | grep -c '^{"type":"step_planned",.*}$')"
assert_eq 'version first' '{"type":"version","format":1}' "$(printf '%s\n' "$out" | head -n 1)"
im run all test-multi -C -o json -e app_dir="$(printf '/a\377b')"
printf '%s\n' "$out" | /usr/bin/python3 -c '
import base64, json, sys
rows = json.load(sys.stdin)
steps = [r for r in rows if r["type"] == "step_planned"]
assert len(steps) == 81 and rows[1]["hosts"][8] == "web-09" and rows[1]["waves"] == 3
first = [s for s in steps if s["host"] == "web-04"]
assert first[0]["become_user"] == "app" and first[0]["retries"] == 2 and first[0]["wave"] == 2
assert b"/a\xffb" in base64.b64decode(first[0]["script_base64"]) and "script" not in first[0]
assert first[1]["skipped"] == "when" and "script" not in first[1]
assert first[2]["mode"] == "0600" and first[2]["bytes"] > 0 and "files" not in first[2]
assert first[3]["files"] == 3 and "mode" not in first[3]
assert first[4]["content"].startswith("host web-04\nline 0\n") and first[4]["content"].endswith("49\n")
assert first[5]["wait_for"] == "port 8080 of db-1"
assert first[7]["run_once"] and first[8]["finally"] and first[8]["step"] == 1
' 2>"$work/e" || fail "json: $(cat "$work/e")"

# ---- a reader that leaves; a terminal; ten thousand hosts
(cd "$project" && "$im_bin" run all test-multi -C 2>"$work/e"; echo $? >"$work/rc") | head -n 1 >/dev/null
assert_eq 'behind head' 0 "$(cat "$work/rc")"
assert_not 'behind head' "$(cat "$work/e")" 'roken'
(cd "$project" && "$im_bin" run all test-multi -C >/dev/full 2>"$work/e")
assert_eq 'a full disk' 1 $?
evil=$(printf 'a\033[31mb')
terminal=$(cd "$project" && TERM=xterm /usr/bin/python3 -c '
import pty, sys
pty.spawn(sys.argv[1:])' "$im_bin" exec test-multi -C -l web-01 -- "echo $evil")
assert_has 'escaped on a terminal' "$terminal" 'echo a\x1b[31mb'
im exec test-multi -C -l web-01 -- "echo $evil"
assert_has 'raw on a pipe' "$out" "echo $evil"
mkdir -p "$project/inventory/large"
printf 'all:\n  vars: {app_dir: /srv/app}\n  hosts:\n    n[00001:10000]:\n' >"$project/inventory/large/hosts.yml"
peak() { # ARGUMENTS...: kilobytes
    (cd "$project" && ASAN_OPTIONS=quarantine_size_mb=1 /usr/bin/python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$im_bin" "$@")
}
cat >"$actions/../../../conf/actions/big.yml" <<'ACTION'
name: big
mutating: false
steps:
  - run: 'echo "$text" "$inventory_hostname"'
ACTION
text=$(head -c 50000 /dev/zero | tr '\0' x)
small=$(peak run big large -C -e text=x)
big=$(peak run big large -C -e text="$text")
grouped=$(peak run big large -C -b -e text="$text")
[ "$big" -lt $((small + 20000)) ] || fail "500 MB of scripts: $big KB, $small KB for small ones"
[ "$grouped" -lt $((small + 20000)) ] || fail "500 MB of scripts grouped: $grouped KB, $small KB for small ones"
finish
