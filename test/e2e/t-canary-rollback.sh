# A canary that an operator promotes, a host that fails its gate in a later wave, and the way back: each host to
# the release that it had.  The run docs/strategies.md shows: SHOW_LOG=FILE keeps its debug.log, without paths and clocks.
# shellcheck shell=bash disable=SC2154,SC2317
. test/e2e/lib.sh
start_servers 9
new_project
config=$project/inventory/test-multi/config.yml
# Healthy is who does not run release two beside a file `sick`.
# shellcheck disable=SC2016
healthy='test "$(readlink "$app_dir/current")" != "$app_dir/releases/two" || test ! -e "$app_dir/sick"'
current() { basename "$(readlink "$rig/home/web-0$1/app/current")"; }
currents() {
    local n
    for n in 1 2 3 4 5 6 7 8 9; do printf '%s ' "$(current $n)"; done
}
promoted() {
    im ctl test-multi promote
    [ "$rc" = 0 ]
}

im provision test-multi
assert_eq 'provision' 0 "$rc"
# The first release goes out in waves; web-03 has a fix that the others have not.
for release in one:web one-fix:web-03; do
    im deploy test-multi -l "${release#*:}" -e "release=${release%%:*}" -e "health_cmd=$healthy"
    assert_eq "deploy ${release%%:*}" 0 "$rc"
done
cat >"$config" <<'CONFIG'
deployment_strategy: canary
canary: 1
promote: manual
max_parallel_workers: 3
on_failure: rollback
host_bake: 100ms
health_check_retries: 1
health_check_interval: 20ms
CONFIG
touch "$rig/home/web-06/app/sick"
before='one one one-fix one one one one one one '
assert_eq 'before' "$before" "$(currents)"
rm "$project/debug.log"

# ---- the second: the canary waits for the operator
(cd "$project" && exec "$im_bin" deploy test-multi -e release=two -e "health_cmd=$healthy") \
    >"$work/run.out" 2>"$work/run.err" </dev/null &
run=$!
wait_for 30 grep -q 'Wave 1/4 completed' "$project/debug.log"
wait_for 10 grep -q 'promote' "$work/run.out" "$work/run.err" # it says what it waits for
assert_eq 'the canary has it, and nobody else' 'two one one-fix one one one one one one ' "$(currents)"
assert_not 'nobody else has begun' "$(debug_log)" 'processing: deploy for server web-02'
im status test-multi
assert_eq 'status of a run that waits' 0 "$rc"
wait_for 10 promoted
wait $run
assert_eq 'exit: hosts were rolled back, and untouched ones remain' 3 $?

# ---- what has become of them
assert_eq 'each is back on what it had' "$before" "$(currents)"
log=$(debug_log)
assert_has 'wave 1' "$log" '[ORCHESTRATOR] Wave 1/4 started: web-01'
assert_has 'the canary waits' "$log" '[ORCHESTRATOR] Waiting for promote: inventory-manager ctl test-multi promote'
assert_has 'until it is promoted' "$log" $'[ORCHESTRATOR] Promoted\n'
assert_has 'wave 2' "$log" '[ORCHESTRATOR] Wave 2/4 started: web-[02-04]'
assert_has 'wave 3' "$log" '[ORCHESTRATOR] Wave 3/4 started: web-[05-07]'
assert_not 'no wave 4' "$log" 'Wave 4/4 started'
assert_eq 'one host failed' 1 "$(grep -c 'Worker .* completed: deploy for web-06 in .*s failed: check .*health_cmd failed' "$project/debug.log")"
assert_eq 'six were ok' 6 "$(grep -c 'completed: deploy for web-0[1-57] in .*s ok$' "$project/debug.log")"
assert_eq 'two were never started' 2 "$(grep -c 'Skipped: deploy for web-0[89] ' "$project/debug.log")"
assert_has 'who goes back' "$log" '[ORCHESTRATOR] Rolling back: web-[01-07]'
for n in 1 2 3 4 5 6 7; do
    assert_eq "web-0$n rolled back, once" 1 "$(grep -c "Worker .* completed: rollback for web-0$n in .*s ok$" "$project/debug.log")"
done
assert_eq 'and nobody else' 7 "$(grep -c 'completed: rollback for ' "$project/debug.log")"
assert_has 'the last ones first' "$(grep -m 3 'processing: rollback' "$project/debug.log")" web-07
im status test-multi
assert_eq 'status' 0 "$rc"
assert_eq 'the store knows where they are' 8 "$(printf '%s\n' "$out" | grep -cE '^  web-0[0-9] .* one ')"
assert_eq 'and the one with the fix' 1 "$(printf '%s\n' "$out" | grep -cE '^  web-03 .* one-fix ')"

# ---- the next deployment begins like any other
rm "$rig/home/web-06/app/sick"
sed -i 's/^promote: manual/promote: auto/' "$config"
im deploy test-multi -e release=three -e "health_cmd=$healthy"
assert_eq 'the next one' 0 "$rc"
assert_eq 'all have it' 'three three three three three three three three three ' "$(currents)"

if [ -n "${SHOW_LOG:-}" ]; then
    # A clock that begins at ten, and no folder of this machine.
    awk -v root="$project" '
        { split($2, t, "[:.]"); now = ((t[1] * 60 + t[2]) * 60 + t[3]) * 1000 + substr(t[4], 1, 3) }
        NR == 1 { first = now }
        { ms = now - first + 36000000
          $1 = "2026/01/05"
          $2 = sprintf("%02d:%02d:%02d.%03d000", ms / 3600000, ms / 60000 % 60, ms / 1000 % 60, ms % 1000)
          while (i = index($0, root)) $0 = substr($0, 1, i - 1) "." substr($0, i + length(root))
          print }' <<<"$log" >"$SHOW_LOG"
fi
finish
