# fault 8: packets nobody asked for, or out of turn: each ends the host with an outcome, most are passed over
# fault 23: data after EOF and after close, close twice
# shellcheck shell=bash disable=SC2154,SC2034
. test/e2e/lib.sh
python() { PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -W ignore "$@"; }
python -c 'import asyncssh' 2>/dev/null || skip 'python3-asyncssh is not installed'
mkdir -p "$project/inventory/odd"
ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
ssh-keygen -q -t ed25519 -N '' -f "$work/id"
python test/e2e/odd_server.py "$work/host_key" "$work/id.pub" >"$work/ready" 2>"$work/server.log" &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; cleanup' EXIT
until grep -q '^ready' "$work/ready"; do
    kill -0 $server 2>/dev/null || { cat "$work/server.log"; exit 1; }
    sleep 0.05
done
read -r _ port <"$work/ready"
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d' ' -f1,2 "$work/host_key.pub")" >"$project/inventory/odd/known_hosts"
printf 'max_parallel_workers: 50\non_failure: continue\n' >"$project/inventory/odd/config.yml"
{
    printf 'all:\n  vars: {ansible_host: 127.0.0.1, ansible_port: %s, ansible_ssh_private_key_file: %s}\n  hosts:\n' \
        "$port" "$work/id"
    for oddity in usual $(python test/e2e/odd_server.py list); do printf '    %s: {ansible_user: %s}\n' "$oddity" "$oddity"; done
} >"$project/inventory/odd/hosts.yml"
im exec odd -- true
assert_eq 'exit code' 2 "$rc"
assert_has 'these are passed over' "$err" \
    'ok 12: after-eof,empty-data,hostkeys,other-channel,past-the-window,short-packet,stray-success,unimplemented,unknown-global,unknown-message,usual,window-overflow'
assert_has 'a status after the close is none' "$err" 'after-close: unknown: step 1/1 exec: closed without an exit status'
assert_has 'the first of two closes counts' "$err" 'close-twice: unknown: step 1/1 exec: closed without an exit status'
# libssh does not always get round to telling the server's words.
grep -qE 'exec for goodbye in .* connection lost: (closed by the server(: go .*x1b.*away.*now)?)$' \
    "$project/debug.log" || fail "goodbye: $(grep 'exec for goodbye' "$project/debug.log")"
assert_eq 'control bytes in debug.log' 0 "$(tr -d '\n' <"$project/debug.log" | tr -dc '\000-\037\177' | wc -c)"
finish
