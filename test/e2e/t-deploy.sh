# Provision, deploy, redeploy, roll back nine servers over a real sshd; status, history and logs tell it.
. test/e2e/lib.sh
start_servers 9
new_project
im deploy test-multi
assert_eq 'deploy before provision' 3 "$rc"
assert_has 'what to do first' "$err$out" 'not provisioned: run `inventory-manager provision test-multi` first'
im provision test-multi
assert_eq 'provision' 0 "$rc"
im deploy test-multi
assert_eq 'deploy' 0 "$rc"
first=$(sha256sum "$project/build/sample.tar.gz" | cut -c1-12)
for i in 1 2 3 4 5 6 7 8 9; do
    assert_eq "release of web-0$i" "$first" "$(basename "$(readlink "$rig/home/web-0$i/app/current")")"
done
assert_has 'folded names' "$err" 'ok 9: web-[01-09]'
im deploy test-multi -e release=two
assert_eq 'a second release' 0 "$rc"
assert_eq 'current after it' two "$(basename "$(readlink "$rig/home/web-05/app/current")")"
im status test-multi
assert_eq 'status' 0 "$rc"
assert_eq 'hosts in status with the release' 9 "$(printf '%s\n' "$out" | grep -c ' ok .*deployed.* two ')"
im history test-multi
assert_eq 'runs in history' 4 "$(printf '%s\n' "$out" | grep -c test-multi)"
im rollback test-multi -l web-05
assert_eq 'rollback' 0 "$rc"
assert_eq 'current after rollback' "$first" "$(basename "$(readlink "$rig/home/web-05/app/current")")"
assert_eq 'the others stay' two "$(basename "$(readlink "$rig/home/web-04/app/current")")"
im exec test-multi -b -- 'echo same'
assert_eq 'exec' 0 "$rc"
assert_has 'grouped' "$out" 'web-[01-09]'
im exec test-multi -l web-01 -- 'echo one; exit 3'
assert_eq 'exit code of a failed host' 2 "$rc"
assert_has 'its exit' "$err" 'web-01: exit 3'
im logs test-multi web-01
assert_has 'logs' "$out" one
im check test-multi
assert_eq 'check' 0 "$rc"
im deploy test-multi -o jsonl
assert_eq 'each line is JSON' '' "$(printf '%s\n' "$out" | python3 -c 'import json,sys
for l in sys.stdin: json.loads(l)' 2>&1)"
assert_has 'first event' "$(printf '%s\n' "$out" | head -n 1)" '"format":1'
assert_eq 'host_finished events' 9 "$(printf '%s\n' "$out" | grep -c '"type":"host_finished"')"
finish
