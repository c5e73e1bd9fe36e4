# check: what is on a host, from the host itself: it holds when the journal is lost, and for hosts changed by hand.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
start_servers 3
new_project
hosts=web-01,web-02,web-03
app() { printf '%s\n' "$rig/home/$1/app"; }
# The line of a host, without the time.
state() { printf '%s\n' "$out" | sed -n "s/^$1: //p" | sed 's/since [-0-9]*T[0-9:]*Z/since TIME/'; }
check() { im check test-multi -l "$hosts"; }

check
assert_eq 'before anything: exit' 2 "$rc"
assert_eq 'before anything' "provisioned no: there is no folder $(app web-02)/releases" "$(state web-02)"
im provision test-multi -l "$hosts"
check
assert_eq 'provisioned: exit' 0 "$rc"
assert_eq 'provisioned' 'provisioned yes, deployed no' "$(state web-01)"
im deploy test-multi -l web-01,web-02 -e release=one
im deploy test-multi -l web-01 -e release=two
rm -rf "${project:?}/var"
check
assert_eq 'deployed: exit' 0 "$rc"
assert_eq 'two releases' 'provisioned yes, deployed yes, release two, since TIME, previous one' "$(state web-01)"
assert_eq 'one release' 'provisioned yes, deployed yes, release one, since TIME' "$(state web-02)"
assert_eq 'none' 'provisioned yes, deployed no' "$(state web-03)"
im status test-multi
assert_not 'check makes no state of its own' "$out" two

im deploy test-multi -l web-01,web-02 -e release=three -e build_cmd=false -e max_fail=2
assert_eq 'a failed deploy' 2 "$rc"
rm "$(app web-02)/current"
ln -s nowhere "$(app web-02)/current"
rm -r "$(app web-03)/shared"
check
assert_eq 'one whole, two not: exit' 2 "$rc"
assert_eq 'half a deploy' \
    'provisioned yes, deployed yes, release two, since TIME, previous one, unfinished three' "$(state web-01)"
assert_eq 'a link that leads nowhere' \
    "provisioned yes, deployed broken: $(app web-02)/current leads nowhere, unfinished three" "$(state web-02)"
assert_eq 'no shared folder' "provisioned no: there is no folder $(app web-03)/shared" "$(state web-03)"
assert_has 'who failed' "$err" 'failed 2: web-[02-03]'
assert_eq 'a line once, also of one that fails' 1 "$(printf '%s\n' "$out" | grep -c 'leads nowhere')"
assert_not 'what does not apply is not told' "$out" skipped
im check test-multi -l "$hosts" -q
assert_not 'quiet: what is well is not shown' "$out" 'deployed yes'
assert_has 'quiet: why one failed' "$out" 'web-02 | provisioned yes, deployed broken'
im check test-multi -l "$hosts" -b
assert_has 'grouped' "$out" 'provisioned yes, deployed yes, release two'
finish
