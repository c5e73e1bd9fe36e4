# Short runs under conditions drawn at random (test/chaos/chaos.py): each ends, with the exit code of its
# replay, and leaves nothing behind.  `CHAOS_RUNS=N bash test/e2e/t-chaos.sh SEED [FIRST]` for campaigns.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
. test/e2e/fleet.sh
program=${CHAOS:-$repo/build/release/test/chaos/inventory-manager}
[ -x "$program" ] || skip "no $program: make chaos"
start_servers 1 # the jump host
mkdir -p "$work/chaos/project"
/usr/bin/python3 test/chaos/chaos.py --program "$program" --fleet "$fleet_bin" --key "$rig/id_ed25519" \
    --bastion "demo@127.20.0.1:$port" --bastion-known "$rig/known_hosts" --work "$work/chaos" \
    --seed "${1:-1}" --first "${2:-0}" --runs "${CHAOS_RUNS:-25}" --kill "${CHAOS_KILL:-6}" || {
    fail 'see above'
    [ -z "${CHAOS_KEEP:-}" ] || cp -r "$work/chaos"/wrong-* "$CHAOS_KEEP/"
}
finish
