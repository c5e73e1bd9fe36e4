# The Run page: the verbs of an operator, a canary, the run of another process.
# shellcheck shell=bash disable=SC2154,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
. test/e2e/tui.sh
start_fleet
fleet_project
tui run "$@"
finish
