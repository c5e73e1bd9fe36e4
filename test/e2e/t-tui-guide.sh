# The guide's tests on the screen: its keys, and the lines of debug.log that it promises.
# shellcheck shell=bash disable=SC2154,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
. test/e2e/tui.sh
start_fleet
fleet_project
tui guide "$@"
finish
