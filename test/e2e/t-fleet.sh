# The fleet itself: commands really run, each in its host's folder and nowhere else; nothing is left.
# fault 23: exit status and exit signal of a real command
# shellcheck shell=bash disable=SC2154,SC2016,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
start_fleet
fleet_project
assert_has 'it says what confines' "$(cat "$rig/fleet.log")" 'fleet: confinement: '

# Confinement
mkdir -p "$work/outside" "$rig/home/web-02"
echo precious >"$work/outside/file"
chmod 644 "$work/outside/file"
on_fleet 127.10.0.1 "touch $work/outside/new; echo x >>$work/outside/file; rm $work/outside/file; touch ../web-02/new" \
    >"$work/said" 2>&1
assert_eq 'outside is as it was' "file precious" "$(ls "$work/outside") $(cat "$work/outside/file")"
assert_eq 'another host is as it was' '' "$(ls "$rig/home/web-02")"
assert_eq 'each write was refused' 4 "$(grep -cE 'Permission denied|Read-only file system' "$work/said")"
assert_eq 'inside is open' "$rig/home/web-01 ok" \
    "$(on_fleet 127.10.0.1 'mkdir -p a/b && echo ok >a/b/c && echo "$HOME $(cat a/b/c)" && ln -s a l && rm -r l && : >/dev/null')"
assert_eq 'a temporary file is inside too' "$rig/home/web-01/tmp" "$(on_fleet 127.10.0.1 'dirname "$(mktemp)"')"
for how in landlock mounts; do
    log=$work/$how.log
    rm -f "$work/trial.out"
    "$fleet_bin" --root "$rig/trial" --confine $how --host-key "$rig/host_key" --user demo \
        --authorized-keys "$rig/id_ed25519.pub" --pid-file "$work/trial.pid" >"$work/trial.out" 2>"$log" &
    trial=$!
    until [ -s "$work/trial.out" ] || ! kill -0 $trial 2>/dev/null; do sleep 0.02; done
    kill $trial 2>/dev/null
    wait $trial 2>/dev/null
    grep -qE "confinement: .*$how|cannot be kept inside" "$log" || fail "--confine $how: $(cat "$log")"
done

# Ends of a process
on_fleet 127.10.0.1 'exit 7'
assert_eq 'exit status' 7 $?
im exec test-multi -l web-01 -- 'kill -9 $$'
assert_eq 'a signal is 128 and more to the frame' 2 "$rc"
on_fleet 127.10.0.1 'kill -9 $$' 2>/dev/null
assert_eq 'exit signal' 255 $?

# Who may log in
fleet_user=root on_fleet 127.10.0.1 true 2>/dev/null && fail 'another user came in'
ssh-keygen -q -t ed25519 -N '' -f "$work/stranger"
ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile="$rig/known_hosts" -i "$work/stranger" \
    -p "$port" demo@127.10.0.1 true 2>/dev/null && fail 'another key came in'

# Bytes
head -c 5000000 /dev/urandom >"$work/bytes"
on_fleet 127.10.0.3 'cat' >"$work/none"
assert_eq 'no input' '' "$(cat "$work/none")"
ssh -F none -o BatchMode=yes -o UserKnownHostsFile="$rig/known_hosts" -i "$rig/id_ed25519" -p "$port" \
    demo@127.10.0.3 'tee copy' <"$work/bytes" >"$work/back"
cmp "$work/bytes" "$work/back" || fail 'bytes changed on the way'
cmp "$work/bytes" "$rig/home/web-03/copy" || fail 'bytes changed on the way in'

# The main job, at the shipped addresses
im provision test-multi
assert_eq 'provision' 0 "$rc"
im deploy test-multi
assert_eq 'deploy' 0 "$rc"
release=$(sha256sum "$project/build/sample.tar.gz" | cut -c1-12)
for n in 1 2 3 4 5 6 7 8 9; do
    assert_eq "release of web-0$n" "$release" "$(basename "$(readlink "$rig/home/web-0$n/app/current")")"
done

# Nothing is left
wait_for 10 no_client
fds=$(count_of fds)
im exec test-multi -f 9 -- 'head -c 300000 /dev/zero | tr "\0" x'
assert_eq 'nine at once' 0 "$rc"
wait_for 10 no_client
assert_eq 'descriptors after it' "$fds" "$(count_of fds)"
daemon=$(on_fleet 127.10.0.4 'sleep 600 >/dev/null 2>&1 & echo $!')
kill -0 "$daemon" || fail 'a background process ended with its channel'
stop_fleet
kill -0 "$daemon" 2>/dev/null && fail 'a background process outlived the fleet'
[ ! -e "$rig/fleet.pid" ] || fail 'the pid file is still there'

# Synthetic answers: five hundred hosts
serve --synthetic --addresses 127.30.0.1-250,127.30.1.1-250
mkdir -p "$project/inventory/many"
echo 'max_parallel_workers: 100' >"$project/inventory/many/config.yml"
cp "$rig/known_hosts" "$project/inventory/many/known_hosts"
{
    printf 'all:\n  vars: {ansible_port: %s, ansible_user: demo, ansible_ssh_private_key_file: build/demo/id_ed25519}\n  hosts:\n' "$port"
    for ((n = 0; n < 500; n++)); do
        printf '    h%03d: {ansible_host: 127.30.%d.%d}\n' "$n" $((n / 250)) $((n % 250 + 1))
    done
} >"$project/inventory/many/hosts.yml"
im exec many -- true
assert_eq 'five hundred synthetic hosts' 0 "$rc"
assert_has 'all of them' "$err" 'ok 500: h[000-499]'
im exec many -l 'h00?' -- 'echo hello; exit 3'
assert_eq 'a synthetic exit status' 2 "$rc"
assert_eq 'synthetic output' 10 "$(grep -c '^h00.: hello$' "$work/out")"
wait_for 10 no_client
assert_eq 'logins' 510 "$(count_of logged_in)"
finish
