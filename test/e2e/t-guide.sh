# Every grep, awk, sed, cat and echo of the guide, against real runs.
. test/e2e/lib.sh
start_servers 9
new_project
cd "$project" || exit 1
# How many hosts of debug.log were at work at once: facts, where seconds would depend on the machine.
at_once() {
    awk '/ processing: /{ if (++now > most) most = now } / completed: /{ now-- } END { print most + 0 }' debug.log
}

# Configuration 1
for e in docker test-multi; do
    assert_eq "cat $e" 'max_parallel_workers: 3' "$(cat inventory/$e/config.yml | grep max_parallel_workers)"
done
assert_has 'strategy' "$(cat inventory/test-multi/config.yml)" 'provisioning_strategy: parallel'
assert_has 'strategy' "$(cat inventory/test-multi/config.yml)" 'deployment_strategy: rolling'

# Test 2: nine servers, three workers, one second each
cd "$repo" || exit 1
slow_deploy test-multi 1
seconds_of im deploy test-multi
assert_eq 'deploy' 0 "$rc"
cd "$project" || exit 1
[ "$took_ms" -ge 3000 ] || fail "three waves of one second took $took_ms ms"
assert_eq 'three at once' 3 "$(at_once)"
line() { sed -n "s/^[^[]*\(\[ORCHESTRATOR\] $1\)/\1/p" debug.log; }
assert_eq 'max workers' '[ORCHESTRATOR] Max workers set to 3 (0=sequential, >0=parallel)' "$(line 'Max')"
assert_eq 'mode' '[ORCHESTRATOR] Running in PARALLEL mode with 3 workers' "$(line 'Running')"
for w in 0 1 2; do
    assert_has "worker $w" "$(cat debug.log)" "[ORCHESTRATOR] Worker $w started"
    assert_has "worker $w takes the server" "$(cat debug.log)" \
        "[ORCHESTRATOR] Worker $w processing: deploy for server web-0$((w + 1)) (active: $((w + 1))/3)"
done
order=$(grep -nE 'Max workers|Running in|Queueing|started|processing' debug.log | sed 's/.*\] \(Max\|Running\|Queueing\|Worker [0-9] started\|Wave 1\|Worker [0-9] processing\).*/\1/' |
    head -n 18 | sed 's/[0-9] //' | uniq | tr '\n' ' ')
assert_eq 'order of the first lines' 'Max Running Queueing Worker started Wave 1 Worker processing ' "$order"
assert_has 'wave 1' "$(cat debug.log)" 'Wave 1/3 started: web-[01-03]'
assert_has 'wave 2' "$(cat debug.log)" 'Wave 2/3 started: web-[04-06]'
assert_has 'wave 3' "$(cat debug.log)" 'Wave 3/3 started: web-[07-09]'
assert_eq 'completed waves' 3 "$(grep -cE 'Wave [123]/3 completed in [1-9][0-9]*\.[0-9]{3}s: 3 ok, 0 failed' debug.log)"

# Debugging
assert_has 'grep Max' "$(grep "Max workers set to" debug.log | tail -1)" 'Max workers set to 3'
assert_has 'grep mode' "$(grep "Running in.*mode" debug.log | tail -1)" 'PARALLEL'
assert_eq 'grep started' 3 "$(grep "Worker.*started" debug.log | wc -l)"
assert_eq 'grep active' 9 "$(grep "active:" debug.log | tail -10 | wc -l)"
assert_has 'active counter' "$(grep "active:" debug.log | tail -10)" '(active: 3/3)'

# Monitoring
assert_eq 'active lines' 9 "$(grep "active:" debug.log | tail -20 | wc -l)"
table=$(grep "Worker.*completed" debug.log | awk '{print $1, $2, $9, $11, $12}')
assert_eq 'rows of the table' 9 "$(printf '%s\n' "$table" |
    grep -cE '^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:.]{15} web-0[1-9] [1-9][0-9]*\.[0-9]{3}s ok$')"
minute=$(date +%H:%M)
within=$(grep "Worker.*completed" debug.log | grep "$minute" | wc -l)
[ "$within" -ge 1 ] || [ "$minute" != "$(date +%H:%M)" ] ||
    [ "$(grep -c 'Worker.*completed' debug.log)" -gt 0 ] || fail 'throughput'
assert_eq 'pipeline of web-01' 3 "$(grep "web-01" debug.log | grep -E "(Queueing|processing|completed)" | wc -l)"
assert_eq 'all workers' 24 "$(grep "Worker" debug.log | tail -50 | wc -l)"
assert_eq 'modes' 1 "$(grep "Running in" debug.log | wc -l)"

# Example 1: append to a file that has the key
cd "$repo" || exit 1
slow_deploy docker 0
cd "$project" || exit 1
echo "max_parallel_workers: 3" >> inventory/docker/config.yml
im deploy docker
assert_eq 'deploy docker' 0 "$rc"
assert_has 'a warning names both lines' "$err" 'max_parallel_workers: given twice'
for w in 0 1 2; do
    assert_has "docker worker $w" "$(grep 'docker\|Worker' debug.log)" "Worker $w processing: deploy for server web-0$((w + 1))"
done

# Example 3: sequential, and back
cd "$repo" || exit 1
slow_deploy docker 1
cd "$project" || exit 1
sed -i 's/max_parallel_workers: 3/max_parallel_workers: 0/' inventory/docker/config.yml
rm -f debug.log
seconds_of im deploy docker
assert_eq 'sequential deploy' 0 "$rc"
[ "$took_ms" -ge 3000 ] || fail "three hosts of one second, one at a time, took $took_ms ms"
assert_eq 'one at a time' 1 "$(at_once)"
assert_has 'sequential mode' "$(grep 'Running in' debug.log)" 'Running in SEQUENTIAL mode (max_parallel_workers is 0)'
assert_eq 'no worker' 0 "$(grep -c 'Worker' debug.log)"
assert_eq 'sequential lines' 3 "$(grep -cE 'Sequential completed: deploy for web-0[123] in [1-9][0-9]*\.[0-9]{3}s ok$' debug.log)"
sed -i 's/max_parallel_workers: 0/max_parallel_workers: 3/' inventory/docker/config.yml
rm -f debug.log
im deploy docker
assert_eq 'deploy docker again' 0 "$rc"
assert_eq 'what three workers gain: three at once' 3 "$(at_once)"
finish
