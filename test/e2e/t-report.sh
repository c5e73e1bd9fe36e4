# report: a run looked back at, in text, as JSON and as the guide's template; also one that is under way
# and one that died.
# shellcheck shell=bash disable=SC2154,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
start_fleet
fleet_project
env_dir=$project/inventory/test-multi
mkdir -p "$env_dir/actions"
cat >"$env_dir/actions/deploy.yml" <<'ACTION'
name: deploy
steps:
  - name: Work
    run: |
      [ ! -e bad ] || exit 3
      [ ! -e hang ] || exec sleep 60
      sleep 0.1
ACTION
sed -i '/max_fail/d' "$env_dir/config.yml"
echo 'max_fail: 1' >>"$env_dir/config.yml"
field() { printf '%s' "$out" | jq -r "$1"; }
mark() { mkdir -p "$rig/home/$2" && touch "$rig/home/$2/$1"; }

# ---- before the first run, and what cannot be
im report test-multi
assert_eq 'no run yet' '0 no run yet' "$rc $err"
im report nowhere
assert_eq 'no such run: exit' 5 "$rc"
assert_has 'no such run' "$err" 'no run nowhere'
im report test-multi -o jsonl
assert_eq 'jsonl' 5 "$rc"
im report test-multi -o json --format guide
assert_eq 'two formats' 5 "$rc"
im report test-multi --format pdf
assert_has 'a format that is none' "$err" 'expected text, json or guide'

# ---- nine hosts, three at a time, one fails
mark bad web-05
im deploy test-multi
assert_eq 'deploy' 2 "$rc"
im report test-multi
assert_eq 'text: exit' 0 "$rc"
run=$(printf '%s\n' "$out" | sed -n '1s/.* run //p')
assert_has 'text' "$out" "deploy test-multi  run 2"
assert_has 'text: the end' "$out" 'did not succeed (exit 2)'
assert_has 'text: the strategy' "$out" 'rolling, 3 workers, 3 at once at most'
assert_has 'text: who is ok' "$out" 'ok          8: web-[01-04,06-09]'
assert_has 'text: why' "$out" 'web-05  failed: step 1/1 Work: exit 3'
assert_has 'text: waves' "$out" '      3      2      1  web-[04-06]'
assert_has 'text: a row a slot' "$out" '     2 |='
assert_has 'text: the step' "$out" '1 Work (longest on web-0'
assert_has 'text: the loop is measured' "$out" '  turns   '
assert_has 'text: commits apart' "$out" '  commits '
text=$out
im report "${run%????}"
assert_eq 'the beginning of an id' "$text" "$out"
(cd "$project" && "$im_bin" report test-multi | head -n 1) >"$work/head" 2>"$work/err"
assert_eq 'a reader that leaves' "${text%%$'\n'*} " "$(cat "$work/head") $(cat "$work/err")"

# ---- JSON has the same
im report test-multi -o json
json=$out
im report "$run" --format json
assert_eq '-o json is --format json' "$json" "$out"
assert_eq 'one line' 1 "$(printf '%s\n' "$out" | wc -l)"
assert_eq 'JSON: the run' "$run over 2 3" "$(field '[.run, .state, .exit_code, .active_max] | join(" ")')"
assert_eq 'JSON: hosts' '9 web-05' "$(field '[(.hosts | length), (.hosts[] | select(.outcome == "failed").host)] | join(" ")')"
assert_eq 'JSON: waves' '3 3,2,3' "$(field '"\(.waves | length) \([.waves[].ok] | join(","))"')"
# What any order of the same hosts needs is no more than it took, and one by one takes longer.
assert_eq 'JSON: times' true "$(field '.time | .ideal_ms <= .wall_ms and .wall_ms < .one_by_one_ms and .ratio >= 1 and .gain_percent > 0')"
assert_eq 'JSON: spans' 9 "$(field '[.hosts[].in_slot[] | select(.slot < 3 and .end_ms >= .begin_ms)] | length')"
assert_eq 'JSON: the loop' true "$(field '.stall | .turns.count > 10 and .turns.max_us >= .turns.p999_us and .commits.count > 0')"

# ---- the guide: the lines of its template, in their order, filled in
im report test-multi --format guide
assert_eq 'guide: exit' 0 "$rc"
shape=$(printf '%s\n' "$out" | sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}$/DATE/; s/^(- Temps .*: ).*/\1T/; s/^(- Gain .*: ).*%/\1G%/')
assert_eq 'guide' '### Test Parallel Execution - DATE

**Configuration**:
- Environment: test-multi
- Servers: 9
- Workers: 3
- Action: deploy

**Résultats**:
- Mode: Parallel ✅
- Temps total: T
- Temps par serveur: T
- Workers actifs: 3/3
- Gain vs séquentiel: G%

**Logs clés**:
```
[ORCHESTRATOR] Running in PARALLEL mode with 3 workers
[ORCHESTRATOR] Worker 2 processing: deploy for server web-03 (active: 3/3)
```

**Conclusion**: Exécution parallèle fonctionnelle ✅; 1/9 serveur n'"'"'est pas ok: web-05' "$shape"
grep -qF '[ORCHESTRATOR] Worker 2 processing: deploy for server web-03 (active: 3/3)' "$project/debug.log" ||
    fail 'the key line is not one of debug.log'
mv "$project/debug.log" "$work/old.log"
guide=$out
im report test-multi --format guide
assert_eq 'guide without debug.log' "$(printf '%s' "$guide" | sed "s/^\*\*Logs clés\*\*/& (d'après le journal du run, absents de debug.log)/")" "$out"
im exec test-multi -l web-01,web-02 -f 0 -- true
im report test-multi --format guide
assert_has 'guide of a sequential run' "$out" '- Mode: Sequential ❌'
assert_has 'guide of a sequential run' "$out" '[ORCHESTRATOR] Sequential processing: exec for server web-01'

# ---- a run that is under way, and then dies
rm -f "$rig/home/web-05/bad"
mark hang web-02
(cd "$project" && exec "$im_bin" deploy test-multi) >/dev/null 2>&1 </dev/null &
pid=$!
one_hangs() { im report test-multi -o json && [ "$(field '.totals | "\(.ok) \(.running)"')" = '2 1' ]; }
wait_for 20 one_hangs
assert_eq 'it goes on' "running" "$(field .state)"
assert_eq 'it goes on: no end' 'web-02' "$(field '.hosts[] | select(.in_slot[0] and (.in_slot[0].end_ms | not)).host')"
im report test-multi
assert_has 'it goes on' "$out" 'it goes on, since'
assert_has 'it goes on' "$out" '|>>>'
kill -9 "$pid"
wait "$pid" 2>/dev/null
im report test-multi
assert_eq 'it died: exit' 0 "$rc"
assert_has 'it died' "$out" 'it died: the last that is known of it'
assert_has 'it died: who may be half done' "$out" 'web-02  unknown: the run was cut off'
assert_not 'it died: the loop is not known' "$out" '  turns   '
im report test-multi --format guide
assert_has 'it died' "$out" 'interrompue avant sa fin'
finish
