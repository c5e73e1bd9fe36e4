# Strategies and limits over real connections: canary, max_parallel_by, sequence_by, budget_by, on_failure: pause, bakes.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016
. test/e2e/lib.sh
start_servers 9
new_project
env=$project/inventory/test-multi
conf=$env/config.yml
mkdir -p "$env/actions" "$env/host_vars"
setup() { printf '%s\n' 'max_parallel_workers: 3' "$@" >"$conf"; }
# Zones a b c a b c ...; web-09 has none yet.
for n in 1 2 3 4 5 6 7 8; do
    echo "zone: $(printf %s abc | cut -c $(((n - 1) % 3 + 1)))" >"$env/host_vars/web-0$n.yml"
done
cat >"$env/actions/touch.yml" <<'ACTION'
name: touch
steps:
  - name: Touch
    run: |
      case " $bad " in *" $inventory_hostname "*) exit 1 ;; esac
      mkdir -p "${app_dir%/*}" && touch "$app_dir.touched"
ACTION
touched() { (cd "$rig/home" && echo web-0?/app.touched) | sed 's#/app.touched##g'; }
none_touched() { rm -f "$rig"/home/*/app.touched; }
go() { none_touched && im run touch test-multi -e "bad=${1:-none}" "${@:2}"; }
# started PATTERN...: the hosts of this run in the order in which they began
started() { sed -n 's/.*processing: touch for server web-0\(.\).*/\1/p' "$project/debug.log" | tr '\n' ' '; }

# ---- a variable that a host does not have
setup 'max_parallel_by: {zone: 1}'
for words in 'run touch test-multi -e bad=x' 'run touch test-multi -e bad=x -C' 'plan touch test-multi' \
    'validate test-multi' 'exec test-multi -- true'; do
    # shellcheck disable=SC2086
    im $words
    assert_eq "$words: exit" 1 "$rc"
    assert_has "$words" "$err" 'max_parallel_by: zone: web-09 has no such variable'
done
echo 'zone: [c]' >"$env/host_vars/web-09.yml"
im plan touch test-multi
assert_has 'a list' "$err" 'max_parallel_by: zone: web-09: expected a text, got a list'
echo 'zone: "{{ last_zone }}"' >"$env/host_vars/web-09.yml"
im validate test-multi -e last_zone=c
assert_eq 'a variable that needs -e' 0 "$rc"
echo 'zone: c' >"$env/host_vars/web-09.yml"
mkdir -p "$env/group_vars"

# ---- max_parallel_by: at no time two hosts of one zone
setup 'deployment_strategy: parallel' 'max_parallel_by: {zone: 1}'
go
assert_eq 'max_parallel_by: exit' 0 "$rc"
crowded=$(sed -n 's/.*\(processing\|completed\): touch for \(server \)\?web-0\(.\).*/\1 \3/p' "$project/debug.log" |
    awk '{ z = ($2 - 1) % 3; n[z] += $1 == "processing" ? 1 : -1; if (n[z] > 1) print }')
assert_eq 'two hosts of a zone at a time' '' "$crowded"
assert_eq 'all hosts' 9 "$(started | wc -w)"

# ---- sequence_by: one zone after the other, whatever the strategy
setup 'deployment_strategy: parallel' 'sequence_by: zone'
rm "$project/debug.log"
go
assert_eq 'sequence_by: exit' 0 "$rc"
assert_eq 'a zone after the other' '1 4 7 2 5 8 3 6 9 ' "$(started)"
assert_eq 'each is a wave' 3 "$(grep -c 'Wave [1-3]/3 completed' "$project/debug.log")"

# ---- budget_by: one failure in a zone is borne, two of one zone are not
setup 'deployment_strategy: rolling' 'max_fail: 9' 'budget_by: {zone: 1}'
go 'web-01 web-02'
assert_eq 'one of each zone: exit' 2 "$rc"
assert_eq 'the others' 'web-03 web-04 web-05 web-06 web-07 web-08 web-09' "$(touched)"
go 'web-01 web-04'
assert_eq 'two of one zone: exit' 3 "$rc"
assert_eq 'the others' 'web-02 web-03 web-05 web-06' "$(touched)"

# ---- canary, promoted by itself
setup 'deployment_strategy: canary' 'canary: 1' 'serial: 50%' 'max_fail: 5'
rm "$project/debug.log"
go
assert_eq 'canary: exit' 0 "$rc"
assert_has 'its waves' "$(debug_log)" 'Wave 1/3 started: web-01'
assert_has 'its waves' "$(debug_log)" 'Wave 2/3 started: web-[02-05]'
go web-01
assert_eq 'a canary that fails: exit' 3 "$rc"
assert_eq 'no other host' 'web-0?' "$(touched)"
assert_has 'why' "$err" 'a canary failed'

# ---- canary, promoted by an operator
setup 'deployment_strategy: canary' 'canary: 2' 'promote: manual' 'serial: 100%'
begin() {
    none_touched
    rm -f "$project/debug.log"
    (cd "$project" && exec "$im_bin" run touch test-multi -e bad=none) >"$work/o" 2>"$work/e" </dev/null &
    pid=$!
    wait_for 20 grep -q 'Waiting for promote: inventory-manager ctl test-multi promote' "$project/debug.log"
    assert_eq 'the canary alone' 'web-01 web-02' "$(touched)"
    assert_has 'how to go on' "$(cat "$work/e")" 'the canary waits to be promoted; to go on: inventory-manager ctl test-multi promote'
}
begin
kill -TERM $pid # nobody promotes it
wait $pid
assert_eq 'not promoted: exit' 3 $?
assert_eq 'the canary alone' 'web-01 web-02' "$(touched)"

begin
im ctl test-multi promote
assert_eq 'promote' 0 "$rc"
wait $pid
assert_eq 'promoted: exit' 0 $?
assert_eq 'then all' 9 "$(touched | wc -w)"
assert_has 'its lines' "$(debug_log)" 'Promoted'
assert_has 'its lines' "$(cat "$work/e")" 'promoted: by ctl, uid '

# ---- on_failure: pause waits for an operator, and goes on from there
setup 'deployment_strategy: rolling' 'on_failure: pause'
none_touched
rm "$project/debug.log"
(cd "$project" && exec "$im_bin" run touch test-multi -e 'bad=web-01 web-05') >"$work/o" 2>"$work/e" </dev/null &
pid=$!
for time in 1 2; do
    wait_for 20 eval "[ \$(grep -c 'Paused: too many hosts failed' '$project/debug.log') = $time ]"
    im ctl test-multi continue
    assert_eq 'continue' 0 "$rc"
done
wait $pid
assert_eq 'on_failure: pause: exit' 2 $?
assert_eq 'all others' 7 "$(touched | wc -w)"
assert_eq 'it went on twice' 2 "$(grep -c 'Continued' "$project/debug.log")"

# ---- a bake is told, and holds the next wave back; the last waits too
setup 'deployment_strategy: rolling' 'serial: 5' 'wave_bake: 200ms'
rm "$project/debug.log"
go
assert_eq 'wave_bake: exit' 0 "$rc"
assert_eq 'both waves bake' 2 "$(grep -c 'Baking: wave [12]/2 for 200ms' "$project/debug.log")"
assert_eq 'in order' 'Wave 1/2 started Wave 1/2 completed Baking: wave 1/2 Wave 2/2 started Wave 2/2 completed Baking: wave 2/2' \
    "$(grep -o 'Wave ./2 [a-z]*\|Baking: wave ./2' "$project/debug.log" | tr '\n' ' ' | sed 's/ $//')"
# ---- a host that is done is looked at, over a connection of its own, and found unhealthy while its wave bakes
cat >>"$env/actions/touch.yml" <<'ACTION'
health_check:
  - run: test ! -e "$app_dir.sick"
    error: it is sick
ACTION
setup 'deployment_strategy: rolling' 'serial: 3' 'wave_bake: 10m' 'health_check_interval: 20ms' 'health_check_retries: 1'
none_touched
rm "$project/debug.log"
(cd "$project" && exec "$im_bin" run touch test-multi -e bad=none) >"$work/o" 2>"$work/e" </dev/null &
pid=$!
wait_for 20 grep -q 'Baking: wave 1/3 for 10m' "$project/debug.log"
touch "$rig/home/web-02/app.sick"
wait $pid
assert_eq 'unhealthy: exit' 3 $?
assert_eq 'no further wave' 'web-01 web-02 web-03' "$(touched)"
assert_has 'unhealthy' "$(debug_log)" 'Unhealthy: touch for web-02 after ok: check 1/1 run 1: it is sick'
assert_has 'unhealthy' "$(cat "$work/o")" 'web-02 unhealthy after ok: check 1/1 run 1: it is sick'
assert_eq 'who looks makes no line of its own' 3 "$(grep -c ' check 1/1 ' "$work/o" | awk '{print $1 - 1}')"
assert_has 'the summary' "$(cat "$work/e")" 'failed 1: web-02'
finish
