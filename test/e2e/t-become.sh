# sudo that asks for a password: IM_BECOME_PASSWORD and the inventory's, right and wrong, never shown.
# fault 44: passwords are nowhere
# shellcheck shell=bash disable=SC2154,SC2016
. test/e2e/lib.sh
start_servers 3
new_project
hosts=$project/inventory/test-multi/hosts.yml
actions=$project/inventory/test-multi/actions
mkdir -p "$actions" "$rig/home/bin"
chmod 755 "$rig/home/bin"

# A sudo of ours that asks as sudo does: -S reads a line from standard input, three times; -n fails.  It
# asks where there is a file `password`.  What it was called with is in sudo.log.
cat >"$rig/home/bin/sudo" <<'SUDO'
#!/bin/sh
who=root can_ask=
echo "sudo $*" >>"$HOME/sudo.log"
while :; do
    case $1 in
    -n) can_ask=; shift ;;
    -S) can_ask=1; shift ;;
    -k) shift ;;
    -p) shift 2 ;;
    -u) who=$2; shift 2 ;;
    *) break ;;
    esac
done
[ "$who" != stranger ] || { echo 'demo is not in the sudoers file.' >&2; exit 1; }
if [ -e "$HOME/password" ]; then
    right=$(cat "$HOME/password")
    [ -n "$can_ask" ] || { echo 'sudo: a password is required' >&2; exit 1; }
    n=0
    while :; do
        IFS= read -r given || { echo 'sudo: no password was provided' >&2; break; }
        [ "$given" != "$right" ] || { n=-1; break; }
        n=$((n + 1))
        echo x >>"$HOME/tries"
        [ $n -lt 3 ] || break
        echo 'Sorry, try again.' >&2
    done
    [ $n -lt 0 ] || { echo "sudo: $n incorrect password attempts" >&2; exit 1; }
fi
IM_WHO=$who exec "$@"
SUDO
chmod 755 "$rig/home/bin/sudo"
asks() { printf '%s\n' "$1" >"$rig/home/password"; }
cat >"$actions/who.yml" <<'ACTION'
name: who
mutating: false
steps:
  - {name: Script, run: 'echo "as $IM_WHO"; cat', become: true}
  - {name: User, run: 'echo "as $IM_WHO"', become: true, become_user: app, unless: '[ "$IM_WHO" != app ]'}
  - {name: File, upload: {src: build/sample.tar.gz, dest: "{{ app_dir }}.root"}, become: true}
  - {name: Folder, upload: {src: site, dest: "{{ app_dir }}.site"}, become: true}
  - {name: Plain, run: 'echo "as ${IM_WHO-nobody}"'}
ACTION
mkdir -p "$project/site" "$rig"/home/web-0{1,2,3}
[ "$(id -u)" != 0 ] || chmod 777 "$rig"/home/web-0?
echo in >"$project/site/x"
# run_as PASSWORD ARGUMENTS...
run_as() {
    local password=$1
    shift
    IM_BECOME_PASSWORD=$password im "$@"
}

# ---- passwords that are right, whatever they hold; each is tried once a session
for password in geheim-0 'p a"s'\''$(touch pwned);`touch pwned`&|<>\\ #B' '#B' '-n' 'true' 'schlüssel€' "$(head -c 1024 /dev/zero | tr '\0' x)"; do
    asks "$password"
    rm -f "$rig/home/sudo.log" "$rig/home/tries"
    run_as "$password" run who test-multi -v -l web-01,web-02,web-03
    assert_eq "right: ${password:0:40}" 0 "$rc"
    assert_eq "as root, three times: ${password:0:40}" 3 "$(printf '%s\n' "$out" | grep -c ': as root$')"
    assert_eq "as app: ${password:0:40}" 3 "$(printf '%s\n' "$out" | grep -c ': as app$')"
    assert_eq "plain: ${password:0:40}" 3 "$(printf '%s\n' "$out" | grep -c ': as nobody$')"
    assert_eq "sent: ${password:0:40}" "$(sha256sum <"$project/build/sample.tar.gz") in" \
        "$(sha256sum <"$rig/home/web-02/app.root") $(cat "$rig/home/web-02/app.site/x")"
    [ ! -e "$rig/home/tries" ] || fail "asked more than once: ${password:0:40}"
    assert_eq 'tried once a host' 3 "$(grep -c -- ' -k true$' "$rig/home/sudo.log")"
    rm -rf "$rig"/home/web-0?/app.*
done
[ ! -e "$rig/home/pwned" ] || fail 'a password was run'

# ---- a sudo that does not ask is given a password: it is no command, and nobody reads it
rm "$rig/home/password"
run_as 'touch pwned' run who test-multi -v -l web-01,web-02,web-03
assert_eq 'not asked for' 0 "$rc"
assert_eq 'not asked for: as root' 3 "$(printf '%s\n' "$out" | grep -c ': as root$')"
assert_not 'not asked for: not read' "$out" pwned
[ ! -e "$rig/home/pwned" ] || fail 'a password that sudo did not ask for was run'

# ---- wrong, missing, not allowed
asks geheim-1
rm -f "$rig/home/tries"
run_as falsch-1 run who test-multi -l web-02
assert_eq 'wrong' 2 "$rc"
assert_has 'wrong: says so' "$out$err" 'become: wrong password'
assert_has 'wrong: names the host' "$err" 'failed 1: web-02'
assert_eq 'wrong: one try, for accounts that lock' 1 "$(wc -l <"$rig/home/tries")"
assert_eq 'wrong: debug.log' 1 "$(grep -c 'completed: who for web-02 in [0-9.]*s failed: step 1/5 Script: become: wrong password$' "$project/debug.log")"
im run who test-multi -l web-01
assert_eq 'none' 2 "$rc"
assert_has 'none: sudo says why' "$out$err" 'become: sudo: a password is required'
sed 's/become_user: app/become_user: stranger/; s/^name: who/name: strange/' "$actions/who.yml" >"$actions/strange.yml"
run_as geheim-1 run strange test-multi -l web-01
assert_eq 'not allowed' 2 "$rc"
assert_has 'not allowed: sudo says why' "$out$err" 'not in the sudoers file'
run_as "$(printf 'geheim\nid')" run who test-multi -l web-01
assert_eq 'two lines' 1 "$rc"
assert_has 'two lines' "$err" 'IM_BECOME_PASSWORD: expected one line'

# ---- the inventory: its password, its user, its wish
cp "$hosts" "$work/hosts.yml"
set_vars() { # LINES: variables of all
    awk -v lines="$1" '{ print } /^  vars:/ && !done { print lines; done = 1 }' "$work/hosts.yml" >"$hosts"
}
grep -q '^  vars:$' "$work/hosts.yml" || fail 'the sample inventory has no vars: of all'
set_vars '    ansible_become_password: "geheim-{{ one }}"
    one: 1'
run_as falsch-1 run who test-multi -l web-01
assert_eq 'a template, before the operator' 0 "$rc"
set_vars '    ansible_become: true
    ansible_become_user: vu
    ansible_sudo_pass: geheim-1'
im exec test-multi -l web-01,web-02,web-03 -- 'echo "as ${IM_WHO-nobody}"'
assert_eq 'every step of the host' 3 "$(printf '%s\n' "$out" | grep -c ': as vu$')"
im run who test-multi -l web-01 -v
assert_eq 'every step, before the user of the step' '2 1' \
    "$(printf '%s\n' "$out" | grep -c ': as vu$') $(printf '%s\n' "$out" | grep -c ' User skipped')"
im copy test-multi site "$rig/home/copied" -l web-01
assert_eq 'copy, too' 'in 0' "$(cat "$rig/home/copied/x") $rc"
im exec test-multi -C -l web-01 -- id
assert_has '-C' "$out" 'step 1/1 exec: run, become vu'
im exec test-multi -l web-01 -e ansible_become=false -- 'echo "as ${IM_WHO-nobody}"'
assert_has '-e has the last word' "$out" 'as nobody'
set_vars '    ansible_become: false'
im run who test-multi -l web-01 -v
assert_eq 'false, and the step says true' 0 "$rc"
assert_not 'false, and the step says true' "$out" 'as root'
for bad in 'ansible_become_method: su' 'ansible_become_exe: /opt/sudo' 'ansible_become_flags: -H' 'ansible_become: perhaps'; do
    set_vars "    $bad"
    im validate test-multi
    assert_eq "$bad" 1 "$rc"
    assert_has "$bad" "$err" "hosts.yml:"
    assert_has "$bad" "$err" "${bad%%:*}: expected"
done
set_vars '    ansible_become_method: sudo'
im validate test-multi
assert_eq 'sudo is fine' 0 "$rc"

# ---- the passwords are nowhere
for secret in geheim- falsch- 'touch pwned' schlüssel; do
    if grep -rqa -- "$secret" "$project/debug.log" "$project/var" "$rig/home/sudo.log" "$rig/sshd.log"; then
        fail "«$secret» was kept"
    fi
done
finish
