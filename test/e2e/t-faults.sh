# Servers that misbehave, one host a row of faults_rows.py, all in one run beside three good ones.
# Under valgrind: SLOW=8 runner='valgrind -q --error-exitcode=99 --leak-check=full --child-silent-after-fork=yes'
# bash test/e2e/t-faults.sh (50 s).  KEEP=FOLDER keeps what the run told.
# shellcheck shell=bash disable=SC2154,SC2034
. test/e2e/lib.sh
. test/e2e/fleet.sh
slow=${SLOW:-1} # times longer: under valgrind, 10
table() { SLOW=$slow PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$repo/test/e2e/faults.py" "$@"; }
env=$project/inventory/faults
mkdir -p "$rig" "$env/actions"
ssh-keygen -q -t ed25519 -N '' -C demo -f "$rig/id_ed25519"
table behave rows >"$rig/behave"
serve --root "$rig/home" --addresses 127.60.0.1-250 --behave "$rig/behave"
table inventory rows "$port" >"$env/hosts.yml"
cp "$rig/known_hosts" "$env/"
cp "$rig/id_ed25519" "$project/"
head -c 5000000 /dev/urandom >"$project/payload"
cat >"$env/config.yml" <<CONFIG
max_parallel_workers: 250
on_failure: continue
connect_timeout: $((3 * slow))s
auth_timeout: $((3 * slow))s
keepalive_interval: ${slow}s
output_idle_timeout: $((5 * slow))s
retry_delay: 200ms
max_retries: 0
CONFIG
cat >"$env/actions/fault.yml" <<ACTION
name: fault
mutating: false
steps:
  - name: Send
    upload: {src: payload, dest: "$rig/home/{{ ansible_host }}/payload", mode: "0600"}
    when: kind == "upload"
  - name: Run
    run: eval "\$script"
ACTION
(cd "$project" && ${runner:-} "$im_bin" run fault faults -o jsonl) >"$work/out" 2>"$work/err" </dev/null
rc=$?
[ -z "${KEEP:-}" ] || cp "$work/out" "$work/err" "$project/debug.log" "$KEEP"/ # to look at
sum=$(cksum <"$project/payload")
table check rows "$work/out" "$rc" "$sum" || failures=1

# The store says the same, and is whole.
im history faults
assert_eq 'history' 0 "$rc"
assert_eq 'the store is whole' ok "$(/usr/bin/python3 -c '
import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("pragma integrity_check").fetchone()[0])' "$project/var/runs.db")"
# One record, one line, and nothing a terminal would obey.
assert_eq 'lines of debug.log that are none' 0 \
    "$(grep -cvE '^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:.]{15} \[[A-Z]+\] ' "$project/debug.log")"
assert_eq 'control bytes in debug.log' 0 "$(tr -d '\n' <"$project/debug.log" | tr -dc '\000-\037\177' | wc -c)"
assert_eq 'ends in debug.log' "$(table count rows)" "$(grep -c 'completed: fault for ' "$project/debug.log")"
wait_for 20 no_client
finish
