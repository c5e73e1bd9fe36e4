# The scenarios of docs/strategies.md as a user can try them: `plan --simulate` runs the core and connects to nothing.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
mkdir -p "$project/inventory/prod/actions"
cat >"$project/inventory/prod/hosts.yml" <<'HOSTS'
all:
  children:
    web: {hosts: {"web-[01:12]": {ansible_user: nobody}}}
    a: {hosts: {"web-[01:12:3]": }, vars: {zone: a}}
    b: {hosts: {"web-[02:12:3]": }, vars: {zone: b}}
    c: {hosts: {"web-[03:12:3]": }, vars: {zone: c}}
HOSTS
cat >"$project/inventory/prod/actions/release.yml" <<'ACTION'
name: release
steps:
  - {name: Migrate, run: "true", run_once: true}
  - {name: Upload, run: "true", idempotent: true}
  - {name: Switch, run: "true", switch: true}
health_check:
  - {name: Web, tcp: {port: 80}}
rollback:
  - {name: Back, run: "true"}
ACTION
# with CONFIG...: the keys of config.yml beside four workers, one a word group
with() { printf '%s\n' 'max_parallel_workers: 4' "$@" >"$project/inventory/prod/config.yml"; }
# if_ ITEMS: what would be done
if_() {
    im plan release prod --assume 10s --simulate "$1"
    assert_eq "plan --simulate '$1'" 0 "$rc"
    out=${out#*$'\nif '}
}
has() { assert_has "$1" "$out" "$2"; }

with 'deployment_strategy: rolling'
if_ 'web-02:fail'
has '1: the first wave is the last' 'untouched 8: web-[05-12]'
has '1: those in flight go on to their end' 'ok 3: web-[01,03-04]'
has '1: exit' 'exit 3, failure budget spent'

with 'deployment_strategy: rolling' 'max_fail: 10%'
if_ 'web-01:fail, web-05:fail, web-09:fail'
has '2: one of twelve is borne, the second is not' 'untouched 4: web-[09-12]'

with 'deployment_strategy: rolling'
if_ 'web-02:unreachable'
has '3: it counts' 'untouched 8: web-[05-12]'
with 'deployment_strategy: rolling' 'max_fail: 1'
if_ 'web-02:unreachable'
has '3: and is told apart' 'the run ends: exit 4'

with 'deployment_strategy: canary' 'canary: 1' 'max_fail: 50%' 'on_failure: rollback'
if_ 'web-01:unhealthy'
has '4: a sick canary' 'a canary failed'
has '4: nobody else' 'untouched 11: web-[02-12]'
has '4: it goes back' 'web-01 is rolled back'

with 'deployment_strategy: rolling'
if_ 'web-01:late'
has '5: it is seen' 'web-01 was ok, and fails now'
has '5: it counts' 'halt: failure budget spent'

with 'deployment_strategy: rolling'
if_ 'web-01:unknown=1'
has '6: the migration whose end nobody saw' 'web-[02-04] failed: run_once'
has '6: nobody tries it again' 'untouched 8: web-[05-12]'

with 'deployment_strategy: parallel' 'max_parallel_by: {zone: 1}'
if_ 'zone=b:slow=30s'
has '7: all are done, one after the other in b' 'the run ends: exit 0'
assert_eq '7: four times 30 s' 1 "$(grep -cE '^ +2m00s  the run ends' <<<"$out")"

with 'deployment_strategy: rolling'
if_ 'web-02:unknown=2'
has '9: a connection lost in a step' 'unknown 1: web-02'

with 'deployment_strategy: rolling' 'on_failure: rollback'
if_ 'web-06:unhealthy'
has '10: the last ones first' 'web-[05-08] goes back'
assert_eq '10: all that were reached' 8 "$(grep -oE 'web-[^ ]+ is rolled back' <<<"$out" |
    sed 's/.*\[01-04\].*/1\n2\n3\n4/' | wc -l)"
has '10: and no other' 'untouched 4: web-[09-12]'
finish
