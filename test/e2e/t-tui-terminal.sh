# The terminal of the screen: stopped, closed, resized, not read, without colors; and the program killed on it.
# shellcheck shell=bash disable=SC2154,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
. test/e2e/tui.sh
start_fleet
fleet_project
tui terminal "$@"
finish
