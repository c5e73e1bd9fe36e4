#!/usr/bin/env bash
# Good hosts beside bad ones: 2,000 that misbehave in every way test/fleet knows among 2,000 good ones, 200
# workers, and the same 4,000 all good; each ROUNDS times, by turns.  Prints a line a run: how long a good host
# took from start to outcome (median, p99), the turns of the loop without commits (bench/stall.c), commits,
# descriptors and memory at the end, connections the fleet still has.
# Usage: bench/mixed.sh [GOOD [WORKERS [ROUNDS]]]     (default 2000 200 3)
# shellcheck disable=SC2016
set -eu
good=${1:-2000} workers=${2:-200} rounds=${3:-3}
here=$(cd "$(dirname "$0")" && pwd)
im=${IM:-$here/../bin/inventory-manager}
fleet=${FLEET:-$here/../build/release/test/fleet/fleet}
dir=$(mktemp -d)
fleet_pid=
# shellcheck disable=SC2317 # by the trap
cleanup() { [ -z "$fleet_pid" ] || kill "$fleet_pid" 2>/dev/null || :; rm -rf "$dir"; }
trap cleanup EXIT
${CC:-cc} -O2 -shared -fPIC -o "$dir/stall.so" "$here/stall.c"
ssh-keygen -q -t ed25519 -N '' -f "$dir/id"
for type in rsa ecdsa ed25519; do # the fleet would make them while others wait
    ssh-keygen -q -t $type -N "" -f "$dir/host_key.${type/ed25519/other}"
done
mkdir -p "$dir/inventory/mixed"
cat >"$dir/inventory/mixed/config.yml" <<CONFIG
max_parallel_workers: $workers
on_failure: continue
connect_timeout: 2s
auth_timeout: 2s
keepalive_interval: 1s
output_idle_timeout: 3s
retry_delay: 500ms
CONFIG

# Every behaviour that can be met with `exec -- true`, each for its share of the bad hosts.
python3 - "$good" "$dir" <<'PYTHON'
import sys
count, folder = int(sys.argv[1]), sys.argv[2]
phases = "accept banner kex reply newkeys service auth open exec header status end".split()
ways = [[f"{act} {phase}"] for phase in phases for act in "stall silent drop reset garbage huge".split()]
ways += [[w] for w in ("banner lines;banner endless;banner long;banner ssh1;banner escape;banner newlines;"
         "banner nul;algorithms kex;algorithms cipher;algorithms hostkey;hostkey other;hostkey ecdsa;hostkey rsa;"
         "throttle 0:100:1;throttle 0:100:1 once;drop accept once;nochannel;noexec;sessions 1;window 10;nostatus;"
         "status 255;status 4294967295;twice;signal KILL;signal WHAT;noeof;noclose;linger;slow 20000;rekey 65536;"
         "noise debug;noise ignore;noise global;noise channel;noise all;deny;partial").split(";")]
ways += [[f"flood {kind}", "flood-max 1000000"] for kind in "out err both line binary".split()]
with open(f"{folder}/behave", "w") as out:
    for i in range(count):
        for line in ways[i % len(ways)]:
            print(f"127.41.{i // 250}.{i % 250 + 1} {line}", file=out)
PYTHON
: >"$dir/none"

start() { # BEHAVE
    rm -f "$dir/ready"
    "$fleet" --synthetic --delay-ms 50 --host-key "$dir/host_key" --authorized-keys "$dir/id.pub" --user demo \
        --known-hosts "$dir/known_hosts" --behave "$1" --pid-file "$dir/pid" --addresses "$(
            for net in 40 41; do for ((n = 0; n * 250 < good; n++)); do printf '127.%d.%d.1-250,' $net $n; done; done)" \
        >"$dir/ready" 2>"$dir/fleet.log" &
    until grep -q '^ready' "$dir/ready" 2>/dev/null; do sleep 0.05; done
    fleet_pid=$(cat "$dir/pid")
    read -r _ port <"$dir/ready"
    cp "$dir/known_hosts" "$dir/inventory/mixed/"
    awk -v n="$good" -v port="$port" -v id="$dir/id" 'BEGIN {
        printf "all:\n  vars: {ansible_port: %s, ansible_user: demo, ansible_ssh_private_key_file: %s}\n  hosts:\n", port, id
        for (i = 0; i < n; i++) {
            printf "    good-%04d: {ansible_host: 127.40.%d.%d}\n", i, i / 250, i % 250 + 1
            printf "    bad-%04d: {ansible_host: 127.41.%d.%d}\n", i, i / 250, i % 250 + 1
        }
    }' >"$dir/inventory/mixed/hosts.yml"
}

measure() { # NAME BEHAVE
    start "$2"
    rm -f "$dir/stall"
    local t0 t1 rc=0
    t0=$(date +%s%N)
    LD_PRELOAD=$dir/stall.so STALL_OUT=$dir/stall "$im" --root "$dir" exec mixed -o jsonl -- true \
        >"$dir/out" 2>"$dir/err" || rc=$?
    t1=$(date +%s%N)
    sleep 2 # the fleet hears of the last ends
    kill -USR1 "$fleet_pid"
    until grep -q live= "$dir/fleet.log"; do sleep 0.05; done
    python3 - "$1" "$rc" "$(((t1 - t0) / 1000000))" "$dir" <<'PYTHON'
import json, re, sys
name, rc, wall_ms, folder = sys.argv[1:5]
good, ends = [], {}
with open(f"{folder}/out") as lines:
    for line in lines:
        if '"host_finished"' in line[:200]:
            event = json.loads(line)
            ends[event["outcome"]] = ends.get(event["outcome"], 0) + 1
            if event["host"].startswith("good") and event["outcome"] == "ok":
                good.append(event["duration_ms"])
good.sort()
stall = max(open(f"{folder}/stall"), key=lambda line: int(re.search(r"turns=(\d+)", line)[1])).strip()
live = re.findall(r"live=\d+ .*", open(f"{folder}/fleet.log").read())[-1]
print(f"{name}: exit {rc}, {int(wall_ms) / 1000:.1f} s, {ends}")
print(f"  good hosts: {len(good)} ok, median {good[len(good) // 2]} ms, p99 {good[len(good) * 99 // 100]} ms")
print(f"  loop: {stall}")
print(f"  fleet after: {live}", flush=True)
PYTHON
    kill "$fleet_pid"
    wait "$fleet_pid" 2>/dev/null || :
    fleet_pid=
}

for ((round = 0; round < rounds; round++)); do
    measure 'all good' "$dir/none"
    measure 'mixed   ' "$dir/behave"
done
