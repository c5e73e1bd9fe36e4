# rollback: each host to its own target; a host without one stops the run before it begins.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
start_servers 9
new_project
hosts=web-01,web-02,web-03
current() { basename "$(readlink "$rig/home/$1/app/current")"; }
currents() { printf '%s ' "$(current web-01)" "$(current web-02)" "$(current web-03)"; }
none() { # WHAT NAMES ARGUMENTS...: refused, and no run of it
    local what=$1 names=$2
    shift 2
    im "$@"
    assert_eq "$what: exit" 1 "$rc"
    assert_eq "$what" "inventory-manager: no earlier release is known for $names; name one: -e release=..." "$err"
    im history
    assert_not "$what: no run" "$out" ' rollback '
}
none 'before any run' 'web-[01-03]' rollback test-multi -l "$hosts"
[ ! -e "$project/var" ] || fail 'a refused rollback made var/'
im provision test-multi -l "$hosts"
assert_eq 'provision' 0 "$rc"
im deploy test-multi -l "$hosts" -e release=one
assert_eq 'deploy one' 0 "$rc"
none 'after one release' 'web-[01-03]' rollback test-multi -l "$hosts"
im deploy test-multi -l web-01,web-02 -e release=two
assert_eq 'deploy two' 0 "$rc"
none 'one host of three' web-03 rollback test-multi -l "$hosts"
assert_eq 'nothing was moved' 'two two one ' "$(currents)"

# ---- each its own
im deploy test-multi -l web-02,web-03 -e release=three
assert_eq 'deploy three' 0 "$rc"
assert_eq 'before' 'two three three ' "$(currents)"
im rollback test-multi -l "$hosts"
assert_eq 'rollback' 0 "$rc"
assert_eq 'each to its own' 'one two one ' "$(currents)"
im status test-multi
for pair in web-01:one web-02:two web-03:one; do
    assert_eq "status of ${pair%:*}" 1 "$(printf '%s\n' "$out" | grep -cE "^  ${pair%:*} +ok .* ${pair#*:} ")"
done

# ---- a named one, the same for all
im rollback test-multi -l web-01,web-03 -e release=one
assert_eq 'a named release' 0 "$rc"
assert_eq 'to the named one' 'one two one ' "$(currents)"
im rollback test-multi -l web-01 -e release=never-was
assert_eq 'a release that is not on the host' 2 "$rc"
assert_has 'a release that is not on the host' "$out$err" 'release never-was is not on this host'
assert_eq 'it stays where it was' one "$(current web-01)"
for name in '' ../x 'a b' .; do
    im rollback test-multi -l web-01 -e "release=$name"
    assert_eq "release=$name is no name: exit" 5 "$rc"
    assert_eq "release=$name: stays" one "$(current web-01)"
done
# ---- a deploy that failed after its switch: back is the release that worked, not the one before it
im deploy test-multi -l "$hosts" -e release=four
assert_eq 'deploy four' 0 "$rc"
im deploy test-multi -l web-02 -e release=five -e restart_cmd=false
assert_eq 'a restart that fails' 2 "$rc"
assert_has 'a restart that fails' "$out" 'restart_cmd failed: `current` is the new release, `rollback` goes back'
assert_eq 'where it is' five "$(current web-02)"
im rollback test-multi -l web-02
assert_eq 'rollback of what failed' 0 "$rc"
assert_eq 'to the one that worked' four "$(current web-02)"

# ---- a rollback that failed is repeated, not undone
im deploy test-multi -l web-02 -e release=eight
assert_eq 'deploy eight' 0 "$rc"
im rollback test-multi -l web-02 -e restart_cmd=false
assert_eq 'a rollback that fails' 2 "$rc"
assert_eq 'where it is' four "$(current web-02)"
im rollback test-multi -l web-02
assert_eq 'once more' 0 "$rc"
assert_eq 'still to the one before' four "$(current web-02)"

# ---- the same where nobody lived to say that it failed
(cd "$project" && exec "$im_bin" deploy test-multi -l web-02 -e release=seven \
    -e 'restart_cmd=echo $$ >"$app_dir/held"; exec sleep 30') >/dev/null 2>&1 </dev/null &
pid=$!
wait_for 30 test -s "$rig/home/web-02/app/held"
kill -9 $pid
wait $pid 2>/dev/null
kill "$(cat "$rig/home/web-02/app/held")"
assert_eq 'where it is' seven "$(current web-02)"
im check test-multi -l web-02
im rollback test-multi -l web-02
assert_eq 'rollback of what was cut off' 0 "$rc"
assert_eq 'to the one that worked' four "$(current web-02)"

# ---- the release of a rollback counts as the newest: the next deploy keeps it, whatever its age
im rollback test-multi -l web-01 -e release=one
im deploy test-multi -l web-01 -e release=six -e keep_releases=2
assert_eq 'deploy keeping two' 0 "$rc"
im rollback test-multi -l web-01
assert_eq 'rollback to what was current' 0 "$rc"
assert_eq 'it is still there' one "$(current web-01)"
im plan rollback test-multi -l web-01
assert_eq 'plan rollback' 0 "$rc"
finish
