# Passwords asked for by keyboard-interactive, and two methods, against the fleet: what OpenSSH's sshd does only
# with PAM.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
. test/e2e/fleet.sh
unset SSH_AUTH_SOCK
export HOME=$work/me
mkdir -p "$HOME"
prepare() { # FLAG...
    stop_fleet
    rm -rf "$project" "$rig/known_hosts"
    start_fleet "$@"
    fleet_project
    hosts=$project/inventory/test-multi/hosts.yml
}
no_key() { sed -i '/ansible_ssh_private_key_file/d' "$hosts"; }
reach() { im exec test-multi -l web-01 -- 'echo in'; }
says() { # WHAT EXIT TEXT
    assert_eq "$1: exit" "$2" "$rc"
    assert_has "$1" "$out$err" "$3"
}

prepare --password geheim-3 --kbd 'Password: '
no_key
IM_SSH_PASSWORD=geheim-3 reach
says 'one hidden question' 0 'web-01: in'
IM_SSH_PASSWORD=falsch-3 reach
says 'another password' 4 'auth: the password not accepted as demo: the server would still take: publickey, keyboard-interactive'
assert_eq 'a password is tried once' 1 "$(count_of refused)"
reach
says 'no password' 1 'web-01: no key'

prepare --password geheim-3 --kbd 'Password: ' --partial
IM_SSH_PASSWORD=geheim-3 reach
says 'a key, then the question' 0 'web-01: in'
reach
says 'a key, and no answer' 4 'one method passed, then: nothing to go on with as demo: the server would still take: keyboard-interactive'

prepare --password geheim-3 --partial
IM_SSH_PASSWORD=geheim-3 reach
says 'a key, then the password' 0 'web-01: in'
IM_SSH_PASSWORD=falsch-3 reach
says 'a key, then another password' 4 'one method passed, then: the password not accepted as demo'
grep -rqa 'geheim-3\|falsch-3' "$project/var" "$project/debug.log" && fail 'a password was kept'
finish
