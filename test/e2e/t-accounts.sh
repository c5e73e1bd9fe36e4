# Accounts and hosts that are not as one would like: csh, chatty rc files, forced commands, MaxSessions 1,
# nologin, a folder that cannot be written, a reboot in the middle of a step.
# shellcheck shell=bash disable=SC2154,SC2016
. test/e2e/lib.sh
only_with 'it is about settings of sshd and the login shell' openssh

# serve_as SHELL [LINE OF sshd_config...]: two hosts again, with another login shell.
serve_as() {
    export SSHD_SHELL=$1
    shift
    "$repo/test/servers/stop" "$rig"
    mkdir -p "$rig"
    printf '%s\n' "$@" >"$rig/extra_config"
    start_servers 2
    rm -rf "$project"
    new_project
    mkdir -p "$project/inventory/test-multi/actions"
    rm -rf "$rig"/home/web-0?
}
two='web-01,web-02'
deploys() { # WHAT
    im provision test-multi -l $two
    assert_eq "$1: provision" 0 "$rc"
    im deploy test-multi -l $two
    assert_eq "$1: deploy" 0 "$rc"
    [ -d "$rig/home/web-02/app/current/" ] || fail "$1: there is no current release"
}
# A step and an upload; nothing of the noise is output.
works() { # WHAT
    im exec test-multi -l $two -- 'printf "a\\n%s\\n" "it'\''s \$HOME"; echo b >&2; exit 4'
    assert_eq "$1: exit" 2 "$rc"
    assert_eq "$1: output" "$(printf 'web-01: a\nweb-01: it'\''s $HOME')" "$(grep ^web-01 "$work/out")"
    assert_eq "$1: stderr" "$(printf 'web-01: b\nweb-01: exit 4')" "$(grep ^web-01 "$work/err")"
    rm -f "$rig/home/sent"
    im copy test-multi conf/sample/pack "$rig/home/sent" -l web-01
    assert_eq "$1: copy" 0 "$rc"
    cmp conf/sample/pack "$rig/home/sent" || fail "$1: bytes changed on the way in"
}
# Many steps, each once and in order, whose shells were started before they were ordered.
many() { # WHAT COUNT [LINE OF EACH STEP]
    local i
    rm -rf "$rig"/home/many.* "$rig/home/killed"
    {
        printf 'name: many\nsteps:\n'
        for ((i = 0; i < $2; i++)); do
            printf '  - run: |\n      echo %d >>many.{{ inventory_hostname }}\n' $i
            printf '      %s\n' "${3-:}"
        done
    } >"$project/inventory/test-multi/actions/many.yml"
    im run many test-multi -l $two
    assert_eq "$1: exit" 0 "$rc"
    assert_eq "$1: each once" "$(seq 0 $(($2 - 1)))" "$(cat "$rig/home/many.web-02")"
}
# The shells that wait, of either host, once.
kill_waiting='! mkdir killed 2>/dev/null || for p in /proc/[0-9]*; do [ "$(readlink $p/cwd)" = "$PWD" ] && tr "\000" " " <$p/cmdline |
        grep -q "^/bin/sh -c .*read -r im" && { kill -9 ${p#/proc/} || :; }; done 2>/dev/null; :'

# fault 29: csh as login shell, with a chatty rc file
if [ -x /bin/tcsh ]; then
    mkdir -p "$rig/home"
    printf 'echo welcome to csh\nset prompt="!> "\nsetenv NOISE "!"\n' >"$rig/home/.cshrc"
    serve_as /bin/tcsh
    works csh
    many csh 4
    deploys csh
    rm "$rig/home/.cshrc"
else
    printf 'skipped: csh: tcsh is not installed\n'
fi

# fault 29: chatty rc files; bash reads .bashrc for commands of sshd
printf 'echo welcome; echo "$((1)) SUP1 nonsense STARTED"; echo noise >&2; printf "no newline"\n' >"$rig/home/.bashrc"
serve_as /bin/bash
works 'chatty rc file'
printf 'echo the disk is full, go away >&2; exit 1\n' >"$rig/home/.bashrc"
im exec test-multi -l web-01 -- 'touch ran'
assert_eq 'rc file that ends the shell' 2 "$rc"
assert_has 'rc file that ends the shell: why' "$err" 'ended before the frame began: the disk is full, go away'
[ ! -e "$rig/home/ran" ] || fail 'a step that was not started has run'
rm "$rig/home/.bashrc"

# fault 29: forced command: one that passes on, one that does not
serve_as /bin/sh 'ForceCommand exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"'
works 'forced command that passes on'
many 'forced command that passes on' 4
serve_as /bin/sh 'ForceCommand echo backups only; exit 1'
im exec test-multi -l web-01 -- 'touch ran'
assert_eq 'forced command' 2 "$rc"
assert_has 'forced command: says which' "$err" 'ended before the frame began: backups only'
[ ! -e "$rig/home/ran" ] || fail 'a step was run beside a forced command'

# fault 29: no shell at all
serve_as /usr/sbin/nologin
im exec test-multi -l web-01 -- true
assert_eq 'nologin' 2 "$rc"
assert_has 'nologin: says which' "$err" 'ended before the frame began: This account is currently not available.'
serve_as /bin/true
im exec test-multi -l web-01 -- true
assert_eq 'a shell that does nothing' 2 "$rc"
assert_has 'a shell that does nothing: not started' "$err" 'ended before the frame began'

# fault 17: one channel at a time is enough for many steps
serve_as /bin/sh 'MaxSessions 1'
works 'MaxSessions 1'
many 'MaxSessions 1: forty steps' 40
# fault 18: shells that are killed while they wait; two channels leave room for one of them
serve_as /bin/sh 'MaxSessions 2'
many 'shells that are killed' 6 "$kill_waiting"
# fault 17: none is: refused, and told as not started
serve_as /bin/sh 'MaxSessions 0'
im exec test-multi -l web-01 -- true
assert_eq 'MaxSessions 0' 2 "$rc"
assert_has 'MaxSessions 0: which' "$err" 'channel: refused by the server'

# fault 25: the keys are renewed every 64 KB, while bytes go in and come out
serve_as /bin/sh 'RekeyLimit 64K'
head -c 3000001 /dev/urandom >"$project/bytes"
im copy test-multi bytes "$rig/home/bytes.in" -l web-01
assert_eq 'rekey: copy' 0 "$rc"
cmp "$project/bytes" "$rig/home/bytes.in" || fail 'rekey: bytes changed on the way in'
im exec test-multi -l web-01 -- 'seq 1 200000'
assert_eq 'rekey: exec' 0 "$rc"
assert_eq 'rekey: output' "$(seq 1 200000 | cksum)" "$(sed 's/^web-01: //' "$work/out" | cksum)"

# fault 28: the target is read-only: the release that was current stays
serve_as /bin/sh
deploys 'before it is read-only'
before=$(readlink "$rig/home/web-01/app/current")
chmod 555 "$rig/home/web-01/app" "$rig/home/web-01/app/releases"
im deploy test-multi -l web-01 -e release=two
assert_eq 'read-only' 2 "$rc"
assert_has 'read-only: why' "$out$err" 'Permission denied'
assert_eq 'read-only: the old release stays' "$before" "$(readlink "$rig/home/web-01/app/current")"
chmod 755 "$rig/home/web-01/app" "$rig/home/web-01/app/releases"

# fault 28: the target reboots in the middle of a step: unknown, not run again, the old release whole
build='echo $$ >"$HOME/held.build"; echo x >>"$HOME/builds"; exec sleep 60'
(cd "$project" && exec "$im_bin" deploy test-multi -l web-01 -e release=three -e "build_cmd=$build") >"$work/o" 2>"$work/e" </dev/null &
pid=$!
wait_for 20 test -s "$rig/home/held.build"
"$repo/test/servers/stop" "$rig" KILL
end_held
wait "$pid"
assert_eq 'reboot' 2 $?
assert_has 'reboot: unknown' "$(cat "$work/o" "$work/e")" 'unknown 1: web-01'
assert_eq 'reboot: built once' 1 "$(wc -l <"$rig/home/builds")"
assert_eq 'reboot: the old release' "$before" "$(readlink "$rig/home/web-01/app/current")"
was=$port
start_servers 2
sed -i "s/$was/$port/" "$project/inventory/test-multi/hosts.yml"
cp "$rig/known_hosts" "$project/inventory/test-multi/known_hosts"
im deploy test-multi -l web-01 -e release=three
assert_eq 'after the reboot' 0 "$rc"
assert_eq 'after the reboot: the new release' three "$(basename "$(readlink "$rig/home/web-01/app/current")")"
finish
