# A default sshd (MaxStartups 10:30:100) and a hundred hosts at once: it drops connections at random, and
# no host is lost for it, without max_retries; connect_rate holds; 64 open files are enough for forty at once.
# shellcheck shell=bash disable=SC2154,SC2034
. test/e2e/lib.sh
command -v prlimit >/dev/null || skip 'no prlimit here (util-linux)'
ANY_ADDRESS=1 "$repo/test/sshd/start" "$rig" 127.20.0.1 100 10:30:100 >"$work/port" || exit 1
port=$(cat "$work/port")
mkdir -p "$project/inventory/hundred"
cp "$rig/known_hosts" "$project/inventory/hundred/known_hosts"
{
    printf 'all:\n  vars: {ansible_port: %s, ansible_user: demo, ansible_ssh_private_key_file: %s}\n  hosts:\n' \
        "$port" "$rig/id_ed25519"
    for ((n = 1; n <= 100; n++)); do printf '    h%03d: {ansible_host: 127.20.0.%d}\n' "$n" "$n"; done
} >"$project/inventory/hundred/hosts.yml"
settings() { printf '%s\n' "$@" >"$project/inventory/hundred/config.yml"; }

# One sshd is a hundred hosts: what it drops is tried again, a few at a time, until all are in.
settings 'max_parallel_workers: 100' 'max_retries: 0'
seconds_of im exec hundred -- true
assert_eq 'a hundred at once' 0 "$rc"
assert_has 'all of them' "$err" 'ok 100: h[001-100]'
dropped=$(grep -c 'drop connection' "$rig/sshd.log")
printf 'sshd dropped %s connections; all hundred came in after %s ms\n' "$dropped" "$took_ms"
[ "$dropped" -gt 0 ] || fail 'sshd dropped nothing: this tested nothing'

# A server that never lets in is said to throttle, and how often it was tried.
settings 'max_parallel_workers: 10' 'max_retries: 0'
python3 - "$work/closing" <<'P' &
import os, socket, sys
s = socket.create_server(("127.20.0.1", 0))
open(sys.argv[1] + ".new", "w").write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    s.accept()[0].close()
P
closing=$!
wait_for 10 test -s "$work/closing"
im exec hundred -l 'h00[1-3]' -e ansible_port="$port" -- true
sed -i "s/h001: {/h001: {ansible_port: $(cat "$work/closing"), /" "$project/inventory/hundred/hosts.yml"
im exec hundred -l 'h001,h002,h003' -- true
kill $closing
assert_eq 'one is unreachable' 4 "$rc"
assert_has 'its own class' "$err" 'h001: unreachable: kex: throttled: closed before the banner'
assert_has 'how often' "$err" '(tried 4 times)'
assert_has 'the others are in' "$err" 'ok 2: h[002-003]'
sed -i 's/h001: {ansible_port: [0-9]*, /h001: {/' "$project/inventory/hundred/hosts.yml"

# connect_rate: twenty connections at ten a second take two seconds.
settings 'max_parallel_workers: 20' 'connect_rate: 10'
seconds_of im exec hundred -l 'h0[01]?,h020' -- true
assert_eq 'twenty, ten a second' 0 "$rc"
[ "$took_ms" -ge 1850 ] || fail "connect_rate: 10 did not hold: twenty hosts in $took_ms ms"

# Out of descriptors: fewer workers, and it is said, once.
settings 'max_parallel_workers: 40'
(cd "$project" && prlimit --nofile=64:64 "$im_bin" exec hundred -l 'h0[0-3]?,h040' -- 'echo here') \
    >"$work/out" 2>"$work/err" </dev/null
assert_eq 'forty with 64 files' 0 $?
err=$(cat "$work/err")
assert_eq 'all forty answered' 40 "$(grep -c ': here$' "$work/out")"
assert_eq 'it is said, once' 1 "$(grep -c 'of 40 workers: .*the 64 files that this process may open' "$work/err")"
assert_not 'and nothing ran out' "$err" 'short of files'
assert_eq 'output is in the logs too' 40 "$(cat "$project"/var/log/hundred/*/*.log | grep -c '^here$' | tail -n 1)"
finish
