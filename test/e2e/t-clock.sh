# fault 27: the wall clock jumps a day at each look: deadlines, durations and ends are as ever
# shellcheck shell=bash disable=SC2154,SC2034
. test/e2e/lib.sh
. test/e2e/fleet.sh
case $(readlink -f "$im_bin" | xargs nm -D 2>/dev/null) in *__asan_init*) skip 'a preloaded library and ASan do not go together' ;; esac
"${CC:-cc}" -shared -fPIC -O1 -o "$work/jump.so" test/e2e/jump.c || exit 1
mkdir -p "$project/inventory/late" "$rig"
ssh-keygen -q -t ed25519 -N '' -f "$rig/id_ed25519"
printf '127.60.1.3 stall kex\n127.60.1.4 stall header\n' >"$rig/behave"
serve --root "$rig/home" --addresses 127.60.1.1-4 --behave "$rig/behave"
cp "$rig/known_hosts" "$project/inventory/late/"
cat >"$project/inventory/late/config.yml" <<'CONFIG'
max_parallel_workers: 4
on_failure: continue
connect_timeout: 2s
keepalive_interval: 500ms
CONFIG
cat >"$project/inventory/late/hosts.yml" <<HOSTS
all:
  vars: {ansible_port: $port, ansible_user: demo, ansible_ssh_private_key_file: $rig/id_ed25519}
  hosts:
    good-1: {ansible_host: 127.60.1.1}
    good-2: {ansible_host: 127.60.1.2}
    silent: {ansible_host: 127.60.1.3}
    lost: {ansible_host: 127.60.1.4}
HOSTS
(cd "$project" && LD_PRELOAD=$work/jump.so "$im_bin" exec late -o jsonl -- sleep 1) >"$work/out" 2>"$work/err" </dev/null
assert_eq 'exit code' 2 $?
ends=$(/usr/bin/python3 - "$work/out" <<'PYTHON'
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
times = [event["at_ms"] for event in events if "at_ms" in event]
if max(times) - min(times) < 12 * 3600 * 1000:
    print("the clock did not jump")
for event in events:
    if event["type"] == "host_finished":
        # Half a minute is a busy machine; a day is the clock.
        long = "" if 0 <= event["duration_ms"] < 30000 else f" in {event['duration_ms']} ms"
        print(event["host"], event["outcome"], event.get("reason", "").split(": ")[-1] + long, sep="|")
PYTHON
)
assert_has 'a good host' "$ends" 'good-1|ok|
'
assert_has 'another' "$ends" 'good-2|ok|
'
assert_has 'the connect deadline' "$ends" 'silent|unreachable|no answer in time
'
assert_has 'the keepalive deadline' "$ends"$'\n' 'lost|unknown|3 keepalives without an answer
'
assert_not 'the test' "$ends" 'did not jump'
finish
