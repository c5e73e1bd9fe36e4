# The driver of terminals, before anything is believed that it says.
# shellcheck shell=bash disable=SC2154,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
. test/e2e/tui.sh
start_fleet
fleet_project
tui driver "$@"
finish
