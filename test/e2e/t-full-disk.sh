# A target's disk is full: the host fails, says so, keeps the release it has; the others go on.
# fault 28: the disk of a target is full: the release it has stays
# shellcheck shell=bash disable=SC2154,SC2034,SC2016,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
# fault 28: disk full
# A small tmpfs on one host's folder, in a mount namespace of the fleet's own.
mkdir -p "$rig/home/web-02"
wrapper='unshare -m'
[ "$(id -u)" = 0 ] || wrapper='unshare -rm'
$wrapper true 2>/dev/null || skip 'no mount namespace to put a small disk in'
cat >"$work/small-disk" <<SH
#!/bin/sh
set -e
mount -t tmpfs -o size=256k,mode=0755 tmpfs "$rig/home/web-02"
exec "\$@"
SH
chmod +x "$work/small-disk"
wrapper="$wrapper $work/small-disk"
start_fleet
fleet_project
echo 'max_fail: 1' >>"$project/inventory/test-multi/config.yml"
sed -i 's/^    app_dir:/    min_free_mb: 0\n&/' "$project/inventory/test-multi/hosts.yml"
im provision test-multi
assert_eq 'provision' 0 "$rc"
im deploy test-multi -e release=small
assert_eq 'a release that fits' 0 "$rc"
head -c 1000000 /dev/urandom >"$project/conf/sample/app/big"
(cd "$project" && sh conf/sample/pack >/dev/null)
im deploy test-multi -e release=big
assert_eq 'deploy with one full disk' 2 "$rc"
assert_has 'host and cause' "$out$err" 'web-02'
assert_has 'the cause' "$(grep 'web-02' "$work/out" "$work/err"; cd "$project" && "$im_bin" logs test-multi web-02 --raw 2>&1)" 'No space left on device'
assert_has 'others' "$err" 'ok 8: web-[01,03-09]'
on=$(on_fleet 127.10.0.2 'basename "$(readlink app/current)"; cat app/current/VERSION; ls -A app/releases')
assert_has 'the old release is whole' "$on" "small
$(cat conf/sample/app/VERSION)"
assert_not 'no half release' "$on" '.big.new'
assert_not 'no part of an upload' "$on" '.part'
finish
