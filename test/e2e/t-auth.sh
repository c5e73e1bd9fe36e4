# Logging in to a real sshd: passphrases, agents, certificates, passwords, several methods, the breaker; and
# no secret in any place where somebody else could read it.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
agents=
end_agents() {
    local pid
    for pid in $agents; do kill -CONT "$pid" 2>/dev/null; kill "$pid" 2>/dev/null; done
}
trap 'end_agents; cleanup' EXIT
mkdir -p "$rig"
ssh-keygen -q -t ed25519 -N '' -C ca -f "$rig/ca"
printf 'geheim-wort-7\n' >"$rig/password"
cat >"$rig/extra_config" <<CONFIG
PasswordAuthentication yes
TrustedUserCAKeys $rig/ca.pub
MaxAuthTries 4
CONFIG
start_servers 9
new_project
env=$project/inventory/test-multi
hosts=$env/hosts.yml
export HOME=$work/me
mkdir -p "$HOME/.ssh"
cp "$hosts" "$work/hosts.yml"
# with_key PATH: the inventory names this key; '' none.
with_key() {
    if [ -n "$1" ]; then
        sed "s#^\( *ansible_ssh_private_key_file:\).*#\1 $1#" "$work/hosts.yml" >"$hosts"
    else
        grep -v ansible_ssh_private_key_file "$work/hosts.yml" >"$hosts"
    fi
}
grep -q ansible_ssh_private_key_file "$hosts" || fail 'the sample inventory names no key'
allow() { cat "$@" >"$rig/authorized_keys"; } # public keys
new_key() { rm -f "$1" "$1.pub"; ssh-keygen -q -a 1 -t "${3:-ed25519}" -N "${2:-}" -f "$1" ${4:+-m "$4"}; }
logins() { grep -c "Accepted $1" "$rig/sshd.log"; }
unset SSH_AUTH_SOCK SSH_AGENT_PID
good=$rig/id_ed25519
reach() { im exec test-multi -l "${hosts_wanted:-web-01}" "$@" -- 'echo in'; }
in_ok() { assert_eq "$1: exit" 0 "$rc"; assert_has "$1: in" "$out" 'in'; [ "$rc" = 0 ] || printf '%s\n' "$err"; }
out_says() { # WHAT EXIT TEXT
    assert_eq "$1: exit" "$2" "$rc"
    assert_has "$1" "$out$err" "$3"
}

# ---- passphrases
new_key "$work/locked" 'pass-phrase-3'
allow "$work/locked.pub"
with_key "$work/locked"
reach
out_says 'nobody to ask' 1 "key $work/locked: it has a passphrase: give it in IM_KEY_PASSPHRASE"
assert_eq 'nobody to ask: nothing began' '' "$(find "$project" -name debug.log)"
reach -o jsonl
out_says 'jsonl never asks' 1 'IM_KEY_PASSPHRASE'
IM_KEY_PASSPHRASE=falsch-phrase reach
out_says 'another passphrase' 1 "key $work/locked: IM_KEY_PASSPHRASE is not its passphrase"
assert_not 'another passphrase is not told' "$err" falsch-phrase
IM_KEY_PASSPHRASE=pass-phrase-3 reach
in_ok 'its passphrase'
for form in 'ecdsa PEM' 'rsa PEM' 'ecdsa PKCS8' 'rsa'; do
    # shellcheck disable=SC2086 # words
    new_key "$work/locked" 'pass-phrase-3' $form
    allow "$work/locked.pub"
    IM_KEY_PASSPHRASE=pass-phrase-3 reach
    in_ok "passphrase: $form"
done
new_key "$work/locked" 'pass-phrase-3'
allow "$work/locked.pub"
# at a terminal: asked once for all hosts, three times at most, echo restored
ask_at_terminal() { # ANSWERS...
    python3 - "$project" "$im_bin" "$@" <<'PYTHON'
import os, pty, select, sys, termios, time
project, program, *answers = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.chdir(project)
    os.execv(program, [program, "exec", "test-multi", "-l", "web-01,web-02,web-03", "--", "echo in"])
seen, asked, until = b"", 0, time.time() + 60
while time.time() < until:
    try:
        if not select.select([fd], [], [], 1)[0]:
            continue
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    while seen.count(b"Passphrase of key") > asked:
        echo = termios.tcgetattr(fd)[3] & termios.ECHO
        print("asked, echo", "on" if echo else "off")
        os.write(fd, (answers[asked] if asked < len(answers) else "none").encode() + b"\n")
        asked += 1
print(seen.decode(errors="replace"))
print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PYTHON
}
said=$(ask_at_terminal falsch-1 pass-phrase-3)
assert_eq 'asked until it fits' 2 "$(printf '%s\n' "$said" | grep -c '^asked, echo off')"
assert_has 'asked: all three are in' "$said" 'status 0'
assert_not 'asked: not shown' "$said" 'pass-phrase-3'
said=$(ask_at_terminal falsch-1 falsch-2 falsch-3)
assert_eq 'asked three times' 3 "$(printf '%s\n' "$said" | grep -c '^asked')"
assert_has 'asked three times' "$said" 'wrong passphrase, 3 times'

assert_has 'Ctrl-D' "$(ask_at_terminal $'\004')" "Passphrase of key $work/locked: no answer"

# ---- default keys: a locked one is passed over where another leads in
with_key ''
cp "$work/locked" "$HOME/.ssh/id_ed25519"
reach
out_says 'only a locked default' 1 '.ssh/id_ed25519: it has a passphrase'
new_key "$HOME/.ssh/id_ecdsa" '' ecdsa
allow "$HOME/.ssh/id_ecdsa.pub"
reach
in_ok 'another default key'
allow "$work/locked.pub"
reach
out_says 'the denial names the key that was not opened' 4 '.ssh/id_ed25519 has a passphrase, and was not opened'
rm "$HOME"/.ssh/id_*

# ---- agents
start_agent() { # NAME KEY...: prints its process id
    local name=$1 pid
    shift
    eval "$(ssh-agent -s -a "$work/$name")" >/dev/null
    pid=$SSH_AGENT_PID
    for key in "$@"; do ssh-add -q "$key" 2>/dev/null; done
    unset SSH_AUTH_SOCK SSH_AGENT_PID
    agent_pid=$pid agents="$agents $pid"
}
cp "$rig/id_ed25519.pub" "$rig/authorized_keys"
start_agent agent.1 "$good"
export SSH_AUTH_SOCK=$work/agent.1
hosts_wanted=web-0* reach
in_ok 'keys of the agent'
assert_eq 'all of nine' 9 "$(printf '%s\n' "$out" | grep -c ': in$')"
cp "$good" "$work/is-locked" && cp "$good.pub" "$work/is-locked.pub"
chmod 600 "$work/is-locked"
ssh-keygen -q -p -a 1 -N other-phrase -f "$work/is-locked" >/dev/null
with_key "$work/is-locked"
reach
in_ok 'a locked key that the agent holds'
with_key "$work/is-locked.pub"
reach
in_ok 'a .pub whose key the agent holds'
with_key "$work/locked.pub"
reach
out_says 'a .pub that nobody has' 1 'only its public half is there, and no agent holds it'
with_key "$work/no-such-key"
reach
out_says 'a key that is not there' 1 'no-such-key: there is no such file'
with_key ''
start_agent agent.0
SSH_AUTH_SOCK=$work/agent.0 reach
out_says 'an agent without a key' 1 "web-01: no key: the agent at $work/agent.0 holds none, or is locked: ssh-add"
# more keys than the server lets us try
for n in 1 2 3 4 5; do new_key "$work/many.$n"; done
start_agent agent.2 "$work"/many.[1-5] "$good"
SSH_AUTH_SOCK=$work/agent.2 reach
out_says 'MaxAuthTries' 4 'auth: closed by the server: Too many authentication failures'
assert_has 'MaxAuthTries: what to do' "$out$err" 'the agent has 6 keys'
# it dies, it stops: its own hosts are told why, the others go on
printf '\nauth_timeout: 2s\nmax_fail: 9\n' >>"$env/config.yml"
start_agent agent.3 "$good"
kill -STOP "$agent_pid"
SSH_AUTH_SOCK=$work/agent.3 reach
out_says 'an agent that is stopped before' 1 'agent.3 does not answer'
kill -CONT "$agent_pid"
kill "$agent_pid"
export SSH_AUTH_SOCK=$work/agent.3
reach
out_says 'an agent that is gone' 1 'the agent at'
export SSH_AUTH_SOCK=$work/agent.1
with_key "$good"
hosts_wanted=web-0* SSH_AUTH_SOCK=$work/agent.3 reach
in_ok 'a dead agent beside a key that is there'

# in the middle of a run: a step of the first host stops it, or ends it
mkdir -p "$env/actions" "$env/host_vars"
cat >"$env/actions/freeze.yml" <<'ACTION'
name: freeze
mutating: false
steps:
  - {name: Hit, local: 'kill -"$hit" "$agent" || :'}
  - {name: Go on, run: 'echo "went on"'}
ACTION
with_key ''
echo "ansible_ssh_private_key_file: $good" >"$env/host_vars/web-03.yml"
for hit in STOP KILL; do
    start_agent "agent.$hit" "$good"
    SSH_AUTH_SOCK=$work/agent.$hit seconds_of im run freeze test-multi -f 0 -v \
        -l web-01,web-02,web-03,web-04 -e "agent=$agent_pid" -e "hit=$hit"
    assert_eq "an agent meets $hit: exit" 4 "$rc"
    assert_has "an agent meets $hit: the host before" "$out" 'web-01: went on'
    assert_has "an agent meets $hit: a host with a key of its own" "$out" 'web-03: went on'
    why='auth: nothing to log in with as demo; the agent at'
    assert_has "an agent meets $hit: the host after" "$out$err" "$why"
    [ $took_ms -lt 20000 ] || fail "an agent meets $hit: $took_ms ms"
    assert_has "an agent meets $hit: which hosts" "$err" 'unreachable 2: web-[02,04]'
    assert_eq "an agent meets $hit: said once" 1 "$(printf '%s\n' "$err" | grep -c 'warning: the agent')"
    case $hit in
    STOP) assert_has 'it is waited for' "$out$err" 'agent.STOP has not answered for 1.5 s' ;;
    *) assert_has 'it is gone' "$out$err" 'agent.KILL is gone' ;;
    esac
    kill -CONT "$agent_pid" 2>/dev/null
done
rm -r "$env/host_vars"

# ---- certificates
new_key "$work/signed"
: >"$rig/authorized_keys"
with_key "$work/signed"
export SSH_AUTH_SOCK=
reach
out_says 'without a certificate' 4 "key $work/signed not accepted"
ssh-keygen -q -s "$rig/ca" -I me -n demo -V +1h "$work/signed.pub"
reach
in_ok 'the certificate beside the key'
start_agent agent.4 "$work/signed"
mv "$work/signed" "$work/signed.away"
with_key ''
SSH_AUTH_SOCK=$work/agent.4 reach
in_ok 'a certificate that the agent holds'
start_agent agent.5 "$work/signed.away"
with_key "$work/signed"
SSH_AUTH_SOCK=$work/agent.5 reach
in_ok 'a certificate in a file, its key in the agent'
mv "$work/signed.away" "$work/signed"
ssh-keygen -q -s "$rig/ca" -I me -n demo -V -2h:-1h "$work/signed.pub"
reach
out_says 'an expired certificate' 4 'not accepted'
allow "$work/signed.pub"
reach
in_ok 'an expired certificate: the key itself'

# ---- passwords
with_key ''
: >"$rig/authorized_keys"
IM_SSH_PASSWORD=geheim-wort-7 reach
in_ok 'a password, and no key'
assert_has 'by password' "$(cat "$rig/sshd.log")" 'Accepted password for demo'
IM_SSH_PASSWORD=falsch-wort-7 reach
out_says 'another password' 4 'the password not accepted as demo'
assert_not 'another password is not told' "$out$err" falsch-wort-7
for name in ansible_password ansible_ssh_pass ansible_ssh_password; do
    awk -v line="    $name: \"geheim-{{ 'wort' }}-7\"" \
        '{ print } /^  vars:/ && !done { print line; done = 1 }' "$hosts" >"$work/with"
    cp "$work/with" "$hosts"
    IM_SSH_PASSWORD=falsch-wort-7 reach
    in_ok "$name, before the operator's"
    with_key ''
done
IM_SSH_PASSWORD=geheim-wort-7 im exec test-multi -l web-01 -- 'echo geheim-wort-7'
assert_has 'hidden in output' "$out" 'web-01: ***'

# ---- where others could read: processes here and there, logs, the store
words=$work/words
printf '%s\n' geheim-wort-7 pass-phrase-3 >"$words"
allow "$work/locked.pub"
with_key "$work/locked"
(cd "$project" && IM_KEY_PASSPHRASE=pass-phrase-3 IM_SSH_PASSWORD=geheim-wort-7 exec "$im_bin" exec test-multi \
    -l web-01 -- 'echo $$ >waits; exec sleep 60') >"$work/run.out" 2>&1 </dev/null &
run=$!
wait_for 30 test -s "$rig/home/waits"
found=$(grep -laF -f "$words" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null)
assert_eq 'no process shows a secret' '' "$found"
kill "$(cat "$rig/home/waits")"
wait "$run"
found=$(grep -rlaF -f "$words" "$project/var" "$project/debug.log" "$rig/sshd.log" "$work/run.out" 2>/dev/null)
assert_eq 'no file holds a secret' '' "$found"

# ---- the breaker: three denials on different hosts, and no more connections than slots
sed -i '/^max_fail/d' "$env/config.yml"
printf 'max_fail: 9\n' >>"$env/config.yml"
new_key "$work/stranger"
with_key "$work/stranger"
: >"$rig/sshd.log"
im exec test-multi -f 2 -- 'echo in'
assert_eq 'breaker: exit' 3 "$rc"
refused=$(grep -c '^Connection from' "$rig/sshd.log")
[ "$refused" -ge 3 ] && [ "$refused" -le 5 ] || fail "breaker: $refused connections of 9, two at once"
assert_has 'breaker: debug.log' "$(debug_log)" 'denied'

# ---- two methods
"$repo/test/sshd/stop" "$rig"
printf 'AuthenticationMethods publickey,password\n' >>"$rig/extra_config"
start_servers 9
with_key "$good"
sed -i "s/\(ansible_port:\) .*/\1 $port/" "$hosts"
cp "$rig/known_hosts" "$env/known_hosts"
IM_SSH_PASSWORD=geheim-wort-7 reach
in_ok 'a key and a password'
reach
out_says 'a key alone' 4 'one method passed, then: nothing to go on with as demo: the server would still take: password'
finish
