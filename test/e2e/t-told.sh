# What is told of each step is what its host has seen (test/chaos/told.py): hosts that misbehave where channels
# are sent ahead, drawn at random.  `TOLD_RUNS=N bash test/e2e/t-told.sh SEED [FIRST]` for campaigns.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
. test/e2e/fleet.sh
mkdir -p "$work/told"
ssh-keygen -q -t ed25519 -N '' -C demo -f "$work/told/id"
/usr/bin/python3 test/chaos/told.py --program "$im_bin" --fleet "$fleet_bin" --key "$work/told/id" --work "$work/told" \
    --seed "${1:-6}" --first "${2:-0}" --runs "${TOLD_RUNS:-1}" || {
    fail 'see above'
    [ -z "${TOLD_KEEP:-}" ] || cp -r "$work/told"/wrong-* "$TOLD_KEEP/"
}
finish
