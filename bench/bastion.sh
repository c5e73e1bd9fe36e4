#!/usr/bin/env bash
# Hosts behind one bastion: HOSTS synthetic hosts through a real sshd, WORKERS at once, beside pdsh with `ssh -J`.
# Prints the median of ROUNDS: wall time, CPU time of the client's whole process tree, sessions at the bastion, hosts
# that failed.  The bastion lets many in; with MAXSTARTUPS=10:30:100, sshd's default, pdsh is throttled.
# shellcheck disable=SC2016 # awk's and sh's own variables
# Usage: bench/bastion.sh [HOSTS [WORKERS [ROUNDS]]]     (default 400 50 3)
set -eu
hosts=${1:-400} workers=${2:-50} rounds=${3:-3}
here=$(cd "$(dirname "$0")" && pwd)
im=${IM:-$here/../bin/inventory-manager}
fleet=${FLEET:-$here/../build/release/test/fleet/fleet}
dir=$(mktemp -d)
chmod 755 "$dir"
fleet_pid=
# shellcheck disable=SC2317 # by the trap
cleanup() {
    [ -z "$fleet_pid" ] || kill "$fleet_pid" 2>/dev/null || :
    "$here/../test/sshd/stop" "$dir/sshd" || :
    rm -rf "$dir"
}
trap cleanup EXIT
port=$("$here/../test/sshd/start" "$dir/sshd" 127.20.0.1 1 "${MAXSTARTUPS:-1000:30:2000}")
cp "$dir/sshd/id_ed25519" "$dir/id"
chmod 600 "$dir/id"
ssh-keygen -y -f "$dir/id" >"$dir/id.pub"
addresses=$(for ((n = 0; n * 250 < hosts; n++)); do printf '127.42.%d.1-250,' $n; done)
"$fleet" --synthetic --host-key "$dir/host_key" --authorized-keys "$dir/id.pub" --user demo \
    --known-hosts "$dir/known_hosts" --pid-file "$dir/pid" --addresses "$addresses" >"$dir/ready" 2>"$dir/fleet.log" &
until grep -q '^ready' "$dir/ready" 2>/dev/null; do sleep 0.05; done
fleet_pid=$(cat "$dir/pid")
read -r _ fleet_port <"$dir/ready"
cat "$dir/sshd/known_hosts" >>"$dir/known_hosts"

mkdir -p "$dir/home/.ssh" "$dir/inventory/behind"
cp "$dir/known_hosts" "$dir/inventory/behind/"
cat >"$dir/home/.ssh/config" <<CONFIG
Host *
  User demo
  IdentityFile $dir/id
  UserKnownHostsFile $dir/known_hosts
  KexAlgorithms curve25519-sha256
Host bastion
  HostName 127.20.0.1
  Port $port
Host 127.42.*
  Port $fleet_port
CONFIG
chmod 600 "$dir/home/.ssh/config"
printf 'max_parallel_workers: %s\non_failure: continue\n' "$workers" >"$dir/inventory/behind/config.yml"
awk -v n="$hosts" 'BEGIN {
    print "all:\n  vars: {ansible_ssh_common_args: \"-J bastion\"}\n  hosts:"
    for (i = 0; i < n; i++) printf "    h%04d: {ansible_host: 127.42.%d.%d}\n", i, i / 250, i % 250 + 1
}' >"$dir/inventory/behind/hosts.yml"
awk -v n="$hosts" 'BEGIN { for (i = 0; i < n; i++) printf "127.42.%d.%d\n", i / 250, i % 250 + 1 }' >"$dir/targets"

# ssh takes its configuration from the password file's home; -F goes to the hop as well.
ssh_args="-F $dir/home/.ssh/config -J bastion -o BatchMode=yes -o ControlMaster=no"
with_output() { OUT=$dir/out "$here/rusage" sh -c 'exec "$0" "$@" >"$OUT"' "$@"; }
as_im() { HOME=$dir/home with_output "$im" --root "$dir" exec behind -o jsonl -- true; }
as_pdsh() {
    PDSH_SSH_ARGS_APPEND=$ssh_args with_output pdsh -S -R ssh -u 0 -t 60 -f "$workers" -w "^$dir/targets" true
}
count_im() { grep -vc '"outcome":"ok"' <(grep '"host_finished"' "$dir/out") || :; }
count_pdsh() { grep -c 'ssh exited with exit code' "$dir/err" || :; }

measure() { # NAME
    : >"$dir/sshd/sshd.log"
    local rc=0
    "as_$1" 2>"$dir/err" || rc=$?
    while pgrep -P "$(cat "$dir/sshd/pid")" >/dev/null; do sleep 0.05; done
    printf '%s %s %s %s\n' "$(tail -1 "$dir/err" | cut -d' ' -f1,2)" \
        "$(grep -c 'Accepted publickey' "$dir/sshd/sshd.log" || :)" "$("count_$1")" "$rc" >>"$dir/runs.$1"
}
for ((round = 0; round < rounds; round++)); do
    measure im
    measure pdsh
done
printf '%d hosts behind one bastion, %d at once, median of %d\n' "$hosts" "$workers" "$rounds"
printf '%-18s %9s %9s %9s %7s %5s\n' client 'wall ms' 'cpu ms' sessions failed exit
for name in im pdsh; do
    sort -n "$dir/runs.$name" | sed -n "$((rounds / 2 + 1))p" | { # by wall time
        read -r wall cpu sessions failed rc
        [ $name = im ] && name=inventory-manager || name='pdsh, ssh -J'
        printf '%-18s %9s %9s %9s %7s %5s\n' "$name" "$wall" "$cpu" "$sessions" "$failed" "$rc"
    }
done
