# plan: what a run would do and how long it takes, by earlier runs or by what is assumed; and what the policy
# does with what is said to go wrong.  Nothing is connected to, but by the runs that make the history.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
start_servers 9
new_project
env=$project/inventory/test-multi
mkdir -p "$env/actions"
cat >"$env/actions/deploy.yml" <<'ACTION'
name: deploy
steps:
  - name: Before
    run: "true"
  - name: Switch
    run: "true"
    switch: true
health_check:
  - name: Well
    run: "true"
rollback:
  - name: Back
    run: "true"
ACTION
cat >"$env/actions/other.yml" <<'ACTION'
name: other
steps:
  - run: "true"
ACTION
config() { printf '%s\n' 'max_parallel_workers: 3' "$@" >"$env/config.yml"; }
json_holds() { # EXPRESSION of d, what the output is as JSON
    printf '%s' "$out" | python3 -c 'import json, sys
d = json.load(sys.stdin)
sys.exit(0 if eval(" ".join(sys.argv[1].split())) else 1)' "$1" || fail "$1 does not hold of $out"
}
has() { # WHAT LINES...: all of them are in the output, in this order
    local what=$1 line rest=$out
    shift
    for line in "$@"; do
        case $rest in
        *"$line"*) rest=${rest#*"$line"} ;;
        *) fail "$what: «$line» is not in, or not there in «$out»" ;;
        esac
    done
}
config

# ---- no history
im plan deploy test-multi
assert_eq 'a plan' 0 "$rc"
has 'no history' 'deploy test-multi: 9 hosts, rolling, 3 workers, failure budget 0' '  step 1/2 Before' \
    'wave 1/3: web-[01-03]' 'web-02                   slot 1' 'wave 3/3: web-[07-09]' \
    'time: unknown, as no earlier run of these steps went well here; --assume 5m says how long a host takes'
[ ! -e "$project/var" ] || fail 'plan made var/'

# ---- assumed: the arithmetic of waves
im plan deploy test-multi --assume 5m
has 'three waves of five minutes' 'wave 1/3' '  takes 5m00s' 'time: 15m00s, if every host takes 5m00s'
im plan deploy test-multi --assume 5m -f 9
has 'one wave' 'wave 1/1' 'time: 5m00s'
config 'wave_pause: 1m' 'wave_bake: 30s' 'host_bake: 30s' 'run_timeout: 10m'
im plan deploy test-multi --assume 5m
has 'bakes and pauses' 'host_bake 30.0s, wave_bake 30.0s, wave_pause 1m00s, run_timeout 10m00s' '  takes 5m30s' \
    'time: 20m00s' 'run_timeout (10m00s) comes before that: the run would be halted'
config 'deployment_strategy: canary' 'canary: 1' 'promote: manual'
im plan deploy test-multi --assume 5m
has 'a canary' 'the canary is wave 1, promoted by an operator' 'wave 1/4: web-01' 'wave 4/4: web-[08-09]' \
    'time: 20m00s' 'the time until somebody promotes is not in it'
config 'deployment_strategy: blue_green'
im plan deploy test-multi --assume 5m -f 9
has 'blue_green' 'every host stops before step 2' 'wave 1/2' '  takes 2m30s' 'wave 2/2' '  takes 2m30s' 'time: 5m00s'
for zone in a b c; do # three hosts each
    case $zone in a) n=1-3 ;; b) n=4-6 ;; c) n=7-9 ;; esac
    mkdir -p "$env/host_vars"
    for i in $(seq "${n%-*}" "${n#*-}"); do echo "zone: $zone" >"$env/host_vars/web-0$i.yml"; done
done
config 'deployment_strategy: parallel' 'max_parallel_by: {zone: 1}' 'budget_by: {zone: 1}' 'max_fail: 2'
im plan deploy test-multi --assume 5m -f 9
has 'limits by value' '  zone=a,b,c: at most 1 of each at a time' '  zone=a,b,c: at most 1 of each may fail' \
    'web-01                   slot 0' 'web-02                   the first slot that frees' \
    'web-04                   slot 1' 'time: 15m00s'

# ---- history: of this action's steps, in this environment, and only what went well
config
im deploy test-multi -w 'web-[01-03]'
assert_eq 'the run that history has' 0 "$rc"
im plan deploy test-multi
has 'one run' '  takes ' 'time: ' '; from 1 run of these steps with 3 hosts; 6 hosts have no time of their own'
im run other test-multi
im deploy test-multi
im plan deploy test-multi
has 'two runs' '; from 2 runs of these steps with 12 hosts'
assert_not 'every host has its own' "$out" 'of their own'
sed -i 's/Before/Ahead/' "$env/actions/deploy.yml"
im plan deploy test-multi
has 'other steps' 'time: unknown'
sed -i 's/Ahead/Before/' "$env/actions/deploy.yml"
im plan deploy test-multi -l web-01 -o json
assert_eq 'json' 0 "$rc"
json_holds 'd["time"]["runs"] == 2 and d["time"]["hosts"] == 12 and d["hosts"][0]["host"] == "web-01"
    and 0 < d["time"]["p50_ms"] <= d["time"]["p95_ms"]'

# ---- what the policy does
im plan deploy test-multi --assume 5m --simulate 'web-05:fail, zone=a:slow'
assert_eq 'simulate' 0 "$rc"
has 'a failure stops the third wave' 'if web-05:fail, zone=a:slow:' '0s  wave 1/3 begins: web-[01-03]' \
    '50m00s  wave 1/3 is over: 3 ok, 0 not' '55m00s  web-05 failed: step 2/2 Switch: exit 1' \
    '55m00s  halt: failure budget spent; no host is started any more' '55m00s  the run ends: exit 3, failure budget spent' \
    'untouched 3: web-[07-09]' 'ok 5: web-[01-04,06]' 'failed 1: web-05'
config 'on_failure: rollback'
im plan deploy test-multi --assume 5m --simulate 'web-02:unhealthy'
has 'rollback' '  rollback step 1/1 Back' 'web-02 failed: it is not healthy' 'then it is rolled back' \
    'web-[01-03] is rolled back' 'untouched 6: web-[04-09]'
config 'deployment_strategy: canary' 'canary: 1' 'promote: manual' 'max_fail: 1'
im plan deploy test-multi --assume 5m --simulate 'web-01:unknown'
has 'nobody promotes a canary that is not well' \
    'web-01 unknown: the connection is lost in step 2/2 Switch, which may have run' \
    'the run waits for an operator (promote, abort or rollback): what comes then is not told here' 'untouched 8: web-[02-09]'
im plan deploy test-multi --assume 5m --simulate 'web-02:flap'
has 'one that is well is' 'the canary is well: it is taken for promoted at once' 'the run ends: exit 0'
im plan deploy test-multi --assume 5m --simulate 'web-09:fail=1' -o json
json_holds 'd["simulated"]["exit_code"] == 2 and d["simulated"]["hosts"]["web-09"]["outcome"] == "failed"'
refused() { # MESSAGE ITEMS
    im plan deploy test-multi --simulate "$2"
    assert_eq "--simulate $2: exit" 5 "$rc"
    assert_eq "--simulate $2" "inventory-manager: --simulate: $1" "$err"
}
refused "no host 'wbe-01'; did you mean web-01?" wbe-01:fail
refused "web-01: no effect 'slwo'; did you mean slow?" web-01:slwo
refused 'no host of this plan has zone=d' zone=d:fail
refused "no host of this plan has a variable 'zoen'; did you mean zone?" zoen=a:fail
refused 'all:fail=3: the plan has 2 steps' all:fail=3
finish
