# Each exit code of the table, once, for real; flags that would do nothing, or are promised, are refused.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
start_servers 9
new_project
conf=$project/inventory/test-multi/config.yml
cp "$conf" "$work/config.yml"
# code WHAT CODE PART ARGUMENTS...: PART is in stdout or stderr
code() {
    local what=$1 expected=$2 part=$3
    shift 3
    im "$@"
    assert_eq "$what: exit" "$expected" "$rc"
    assert_has "$what" "$out$err" "$part"
}
# refused PART ARGUMENTS...: exit 5, nothing on stdout, and nothing of a run
refused() {
    local part=$1
    shift
    im "$@"
    assert_eq "$*: exit" 5 "$rc"
    assert_has "$*" "$err" "$part"
    assert_eq "$*: stdout" '' "$out"
}

# ---- what is refused, before there is anything of a run
for command in resume lock completion; do
    refused "not yet: $command" "$command" x y
    refused "not yet: $command" "$command" --help
done
refused 'not yet: -o json without --check' deploy test-multi -o json
for command in deploy check status; do refused 'only exec, copy, inventory and keys take one' "$command" web-01,web-02,; done
for command in status history logs; do
    for flag in -v -q --json -b --seed=1 -lweb-01 -ex=1; do
        refused "usage: inventory-manager $command" "$command" $flag
    done
done
for command in history logs; do refused "usage: inventory-manager $command" "$command" --color=always; done
for flag in -v -q --color=never --json -b -C; do
    refused 'usage: inventory-manager plan ACTION ENV' plan deploy test-multi $flag
done
refused 'a plan is one object: -o json' plan deploy test-multi -o jsonl
refused '--force goes with --plan: there is nothing to compare with' deploy test-multi --force
for flag in -v -q --color=never --explain --vars -ojsonl -b; do
    refused 'usage: inventory-manager inventory' inventory list test-multi $flag
done
refused 'usage: inventory-manager validate [ENV]' validate -v
refused 'usage: inventory-manager check ENV' check test-multi -y
refused '-v adds text' deploy test-multi -o jsonl -v
refused '-b groups text' deploy test-multi -o jsonl -b
refused 'there is no tag in it' deploy test-multi -t ''
refused 'the name is empty' status --root ''
refused 'the command is empty' exec test-multi -- ''
refused 'did you mean deploy' deplyo --help
refused 'nobody can be asked here: IM_SSH_PASSWORD' deploy test-multi -k
refused 'nobody can be asked here: IM_BECOME_PASSWORD' deploy test-multi -K
[ ! -e "$project/var" ] || fail 'what was refused made var/'
[ ! -e "$project/debug.log" ] || fail 'what was refused wrote debug.log'
IM_SSH_PASSWORD='' im status
assert_eq 'an empty secret was not given' 0 "$rc"

# ---- no key at all
mkdir -p "$work/bare"
HOME=$work/bare SSH_AUTH_SOCK='' code 'no key' 1 'h1: no key: set ansible_ssh_private_key_file' exec h1, -- true
assert_not 'no key' "$err" agents
HOME=$work/bare SSH_AUTH_SOCK=/run/no-agent code 'an agent' 1 'h1: the agent at /run/no-agent: No such file' exec h1, -- true

# ---- help, and where stdout goes
code 'help of a command' 0 'usage: inventory-manager deploy ENV' deploy --help
by_option=$out
code 'help COMMAND' 0 'usage: inventory-manager deploy ENV' help deploy
assert_eq 'help COMMAND' "$by_option" "$out"
code 'help' 0 '7 a rollback failed' help
refused 'did you mean deploy' help deplyo
assert_not 'help of a command' "$out" '--raw'
(cd "$project" && "$im_bin" plan deploy test-multi >/dev/full 2>"$work/err")
assert_eq 'a full disk under stdout' 1 $?
assert_has 'a full disk under stdout' "$(cat "$work/err")" 'No space left on device'
(cd "$project" && "$im_bin" --help; echo $? >"$work/rc") 2>"$work/err" | head -n 1 >/dev/null
assert_eq 'a reader that left' '0 ' "$(cat "$work/rc") $(cat "$work/err")"
(cd "$project" && "$im_bin" exec test-multi -l web-01 -- 'echo said' >&- 2>"$work/err")
assert_eq 'stdout closed' 0 $?
assert_not 'stdout closed: not in our files' "$(debug_log)" said
rm -rf "${project:?}/var" "$project/debug.log"

# ---- the table
code 'everything ok' 0 '' exec test-multi -l web-01 -- true
printf 'max_paralel_workers: 3\n' >"$conf"
code 'an error of ours' 1 'did you mean max_parallel_workers' exec test-multi -- true
cp "$work/config.yml" "$conf"
code 'a host failed' 2 'web-01: exit 3' exec test-multi -l web-01 -- 'exit 3'
code 'halted by budget' 3 'not provisioned' deploy test-multi
mv "$project/inventory/test-multi/known_hosts" "$work/"
: >"$project/inventory/test-multi/known_hosts"
code 'only unreachable' 4 'web-01' exec test-multi -l web-01 -- true
mv "$work/known_hosts" "$project/inventory/test-multi/"
code 'no such environment' 5 'did you mean test-multi' exec test-mutli -- true
printf 'on_failure: rollback\n' >"$conf"
code 'no way back' 1 'have no release to go back to' deploy test-multi
printf 'name: torn\nsteps: [{run: exit 1}]\nrollback: [{run: exit 1}]\n' >"$project/conf/actions/torn.yml"
code 'a rollback failed' 7 'rollback failed 1: web-01' run torn test-multi -l web-01
rm "$project/conf/actions/torn.yml"
cp "$work/config.yml" "$conf"

slow_deploy test-multi 30
(cd "$project" && exec "$im_bin" deploy test-multi) >"$work/o" 2>"$work/e" </dev/null &
pid=$!
wait_for 20 three_held
code 'locked' 6 "pid $pid" deploy test-multi
kill -TERM $pid
wait_for 20 grep -q 'no new host is started' "$work/e"
end_held
wait $pid

# ---- stopped before anything started: a large artifact is still being hashed (a file of nothing but a hole)
truncate -s 200G "$project/build/large.tar.gz"
# A background job of a script ignores SIGINT; python gives it back.
stopped() { # CODE SIGNAL
    (cd "$project" && exec python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])' "$im_bin" provision test-multi -e artifact=build/large.tar.gz) >"$work/o" 2>"$work/e" </dev/null &
    pid=$!
    wait_for 20 grep -q '^inventory' "/proc/$pid/comm"
    kill "-$2" "$pid"
    wait "$pid"
    assert_eq "stopped by $2 before anything started" "$1" $?
}
stopped 130 INT
stopped 143 TERM
rm "$project/build/large.tar.gz"
im history
assert_not 'no run of what never started' "$out" ' provision '

# ---- a question before a run: refused where nobody can be asked, answered by --yes
echo 'confirm: true' >>"$conf"
code 'confirm' 5 'give --yes' provision test-multi -l web-01
code 'confirm' 0 '' provision test-multi -l web-01 --yes
cp "$work/config.yml" "$conf"

# ---- a seed: plan's order is the run's
echo 'order: shuffle' >>"$conf"
im plan deploy test-multi
seed=$(printf '%s\n' "$out" | sed -n 's/^order shuffle, seed \([0-9]*\) .*/\1/p')
[ -n "$seed" ] || fail "plan names no seed: $out"
planned=$(printf '%s\n' "$out" | sed -n 's/^ *[0-9][0-9]*  \(web-0[0-9]\) .*/\1/p')
im plan deploy test-multi --seed "$seed"
assert_eq 'the same seed, the same plan' "$planned" "$(printf '%s\n' "$out" | sed -n 's/^ *[0-9][0-9]*  \(web-0[0-9]\) .*/\1/p')"
rm -rf "$project/inventory/test-multi/actions" "$project/debug.log"
im provision test-multi --seed "$seed"
assert_eq 'a run with the seed' 0 "$rc"
assert_eq 'a run keeps the order of the plan' "$planned" \
    "$(sed -n 's/.*Queueing action for workers: provision for server //p' "$project/debug.log")"
im plan deploy test-multi --seed "$((seed % 1000 + 1))"
[ "$planned" != "$(printf '%s\n' "$out" | sed -n 's/^ *[0-9][0-9]*  \(web-0[0-9]\) .*/\1/p')" ] || fail 'another seed, the same order'
cp "$work/config.yml" "$conf"
im plan deploy test-multi
assert_not 'no seed where nothing is shuffled' "$out" seed
im plan deploy test-multi -t depoly
assert_has 'a tag no step has' "$err" "no step of deploy has the tag 'depoly'; did you mean deploy?"

# ---- a list of hosts instead of an environment: default settings, runs noted as _hosts, no lock
mkdir "$project/inventory/_hosts"
cp "$rig/known_hosts" "$project/inventory/_hosts/"
list="127.20.0.1:$port,127.20.0.2:$port,"
im exec "$list" -e ansible_user=demo -e ansible_ssh_private_key_file=build/demo/id_ed25519 -- 'echo $((6 * 7))'
assert_eq 'exec on a list of hosts' 0 "$rc"
assert_has 'exec on a list of hosts' "$out" '127.20.0.2: 42'
im history
assert_has 'its run' "$out" '_hosts'
im status _hosts
assert_has 'its hosts' "$out" '127.20.0.2  '
im validate
assert_eq 'the folder of its known_hosts is no environment' 0 "$rc"
im status
assert_not 'the folder of its known_hosts is no environment' "$out" _hosts
im exec "$list" -l 127.20.0.1 -e ansible_user=demo -e ansible_port=1 \
    -e ansible_ssh_private_key_file=build/demo/id_ed25519 -- true
assert_eq 'a limit of it, and a variable over its port' 4 "$rc"
finish
