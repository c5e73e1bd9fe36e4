# ansible_connection: local: this machine between two others, with the same actions and the same ends.
# fault 41: two names of this machine
# shellcheck shell=bash disable=SC2154,SC2016
. test/e2e/lib.sh
start_servers 2
new_project
hosts=$project/inventory/test-multi/hosts.yml
actions=$project/inventory/test-multi/actions
mkdir -p "$actions" "$rig/home/bin" "$work/home/bin" "$project/site"
echo in >"$project/site/x"
export HOME=$work/home IM_TEST_SECRET=never-given

write_hosts() {
    cat >"$hosts" <<HOSTS
all:
  vars:
    ansible_port: $port
    ansible_user: demo
    ansible_ssh_private_key_file: build/demo/id_ed25519
    app_dir: "$rig/home/{{ inventory_hostname }}/app"
    artifact: build/sample.tar.gz
    shared_paths: [log]
    restart_cmd: ./start
    health_cmd: cat VERSION
  hosts:
    web-01: {ansible_host: 127.20.0.1}
    localhost: {ansible_connection: local, app_dir: "$work/here/app"}
    web-02: {ansible_host: 127.20.0.2}
HOSTS
}
write_hosts
mkdir "$work/here"

# ---- the shipped actions, on all three
im provision test-multi
assert_eq 'provision' 0 "$rc"
im deploy test-multi
assert_eq 'deploy' 0 "$rc"
assert_eq 'the same on each' 3 "$(cat "$rig"/home/web-0[12]/app/current/VERSION "$work/here/app/current/VERSION" | wc -l)"
assert_eq 'byte for byte' '' "$(diff -r --exclude=log --exclude='*.log' "$rig/home/web-01/app/current/" "$work/here/app/current/" | grep -v '^Only in\|pid' | head -5)"
for host in web-01 localhost web-02; do
    assert_eq "debug.log: $host" 1 "$(grep -c "completed: deploy for $host in [0-9.a-z]* ok\$" "$project/debug.log")"
done
im check test-multi -l localhost
assert_eq 'check' 0 "$rc"

# ---- no key is needed for this machine, and none is looked for; its user and port say nothing
sed -i 's#^    ansible_ssh_private_key_file:.*#    ansible_ssh_private_key_file: no/such/key#' "$hosts"
im exec test-multi -l localhost -- 'pwd; echo "$HOME"; echo "<$IM_TEST_SECRET$IM_BECOME_PASSWORD>"; id -un'
assert_eq 'without a key' 0 "$rc"
for line in "$HOME" '<>' "$(id -un)"; do assert_has 'as who runs us, in his home' "$out" "localhost: $line"; done
assert_not 'nothing of our environment' "$out" never-given
im exec test-multi -l web-01 -- true
assert_eq 'the others need theirs' 1 "$rc"
write_hosts

# ---- exec and copy; exit codes
im exec test-multi -- 'echo "I am $(cat)"; exit 3'
assert_eq 'exit codes' 2 "$rc"
assert_eq 'stdin is empty everywhere' 3 "$(printf '%s\n' "$out" | grep -c ': I am $')"
assert_eq 'exit codes: each' 3 "$(grep -c 'completed: exec for .* failed: .*exit 3' "$project/debug.log")"
im copy test-multi site "$work/here/copied" -l localhost
assert_eq 'copy of a folder' 'in 0' "$(cat "$work/here/copied/x") $rc"
head -c 3000000 /dev/urandom >"$project/site/big"
im copy test-multi site/big "$work/here/one" -l localhost
assert_eq 'copy of a file' 0 "$rc"
cmp -s "$project/site/big" "$work/here/one" || fail 'copy of a file: other bytes'
rm "$project/site/big"

# ---- every kind of step, sudo with and without a password; scripts and secrets in no argument
cat >"$work/home/bin/sudo" <<'SUDO'
#!/bin/sh
who=root
while :; do
    case $1 in
    -n) asks= ; shift ;;
    -S) asks=1; shift ;;
    -k) shift ;;
    -p) shift 2 ;;
    -u) who=$2; shift 2 ;;
    *) break ;;
    esac
done
echo "$asks $*" >>"$HOME/sudo.log"
if [ -e "$HOME/password" ]; then
    [ -n "$asks" ] || { echo 'sudo: a password is required' >&2; exit 1; }
    IFS= read -r given
    [ "$given" = "$(cat "$HOME/password")" ] || { echo 'sudo: 1 incorrect password attempt' >&2; exit 1; }
fi
IM_WHO=$who exec "$@"
SUDO
chmod 755 "$work/home/bin/sudo"
export PATH=$work/home/bin:$PATH
echo '{{ inventory_hostname }} {{ secret }}' >"$project/site.conf"
cat >"$actions/all.yml" <<ACTION
name: all
mutating: false
steps:
  - {name: Guarded, run: exit 9, unless: test -d .}
  - {name: Template, template: {src: site.conf, dest: "$work/here/conf"}}
  - {name: Folder, upload: {src: site, dest: "$work/here/site"}, become: true}
  - {name: Wait, wait_for: {path: "$work/here/site/x", timeout: 20s}}
  - {name: Root, run: 'echo "as \$IM_WHO"', become: true, become_user: app}
  - name: Arguments
    env: {token: "{{ secret }}"}
    run: |
      for p in /proc/[0-9]*; do tr '\\0' ' ' <\$p/cmdline || :; echo; done 2>/dev/null >args
      printf '%s' "\$token" | cksum
  - {name: Output, run: 'head -c 3000000 /dev/zero | tr "\\\\0" x; echo; echo err >&2'}
finally:
  - {name: Last, run: 'touch last'}
health_check:
  - {name: Gate, run: 'test -e "$work/here/conf"'}
ACTION
for password in '' geheim-1; do
    rm -rf "$work/here/conf" "$work/here/site" "$HOME"/last "$HOME/sudo.log"
    [ -z "$password" ] || echo "$password" >"$HOME/password"
    IM_BECOME_PASSWORD=$password im run all test-multi -l localhost -v -e secret=tiefes-wort
    assert_eq "all kinds «$password»" 0 "$rc"
    assert_has 'guarded' "$out" 'Guarded skipped'
    assert_eq 'template' 'localhost tiefes-wort' "$(cat "$work/here/conf")"
    assert_eq 'folder' in "$(cat "$work/here/site/x")"
    assert_has 'as app' "$out" ': as app'
    assert_has 'the secret came' "$out" ": $(printf tiefes-wort | cksum)"
    [ -e "$HOME/last" ] || fail 'finally'
    if grep -qa 'cksum\|geheim\|as \$IM_WHO' "$HOME/args"; then
        fail "in the arguments of a process: $(grep -a 'cksum\|geheim\|as \$IM_WHO' "$HOME/args")"
    fi
    if [ -n "$password" ] && grep -rqa "$password" "$project/debug.log" "$project/var" "$HOME/sudo.log"; then
        fail 'the password was kept'
    fi
done
IM_BECOME_PASSWORD=falsch im run all test-multi -l localhost -e secret=x
assert_eq 'a wrong password' 2 "$rc"
assert_has 'a wrong password' "$out$err" 'become: wrong password'
rm "$HOME/password"

# ---- limits and Ctrl-C: the whole group is gone when the program says so
cat >"$actions/hold.yml" <<ACTION
name: hold
steps:
  - name: Hold
    timeout: 1s
    run: |
      sleep 1000 &
      first=\$!
      (trap '' TERM; exec sleep 1000) &
      echo \$\$ \$first \$! >held
      wait
ACTION
alive() { # those of `held` that are no zombies
    local pid
    # shellcheck disable=SC2013 # words are wanted
    for pid in $(cat "$HOME/held"); do
        [ ! -e "/proc/$pid/exe" ] || ! readlink "/proc/$pid/exe" >/dev/null || echo "$pid"
    done
}
# shellcheck disable=SC2317 # wait_for calls it
nobody() { [ -z "$(alive)" ]; }
im run hold test-multi -l localhost
assert_eq 'a deadline' 2 "$rc"
assert_has 'a deadline' "$out$err" 'not finished at its time limit: killed'
wait_for 20 nobody
sed -i '/timeout: 1s/d' "$actions/hold.yml"
begin() {
    rm -f "$HOME/held" "$project/debug.log"
    (cd "$project" && exec python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$im_bin" run hold test-multi -l localhost) >"$work/o" 2>"$work/e" </dev/null &
    pid=$!
    wait_for 20 test -s "$HOME/held"
}
begin
kill -INT "$pid"
wait_for 20 grep -q 'no new host is started' "$work/e"
assert_eq 'once: it goes on' 3 "$(alive | sort -u | wc -l)"
kill -INT "$pid"
wait "$pid"
assert_eq 'twice' 2 $?
wait_for 20 nobody
assert_has 'twice: said so' "$(cat "$project/debug.log")" 'closed by the operator: killed'
assert_not 'twice: no doubt' "$(cat "$project/debug.log")" 'may still run'
begin
kill -INT "$pid"
wait_for 20 grep -q 'no new host is started' "$work/e"
kill -INT "$pid"
kill -INT "$pid"
wait "$pid"
wait_for 20 nobody

# ---- a second name for this machine; another connection
sed -i 's/^    web-02:.*/    other: {ansible_connection: local, app_dir: "{{ x }}"}/' "$hosts"
im validate test-multi
assert_eq 'twins' 1 "$rc"
assert_has 'twins' "$err" 'other is the same machine as localhost, with other variables'
sed -i 's/^    other:.*/    other: {ansible_connection: docker}/' "$hosts"
im validate test-multi
assert_has 'docker' "$err" "hosts.yml:14:33: other: ansible_connection: expected ssh or local"
finish
