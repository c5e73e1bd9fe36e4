# A monkey at the keyboard: whatever it presses, nothing breaks, and nothing happens that nobody said yes to.
# shellcheck shell=bash disable=SC2154,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
. test/e2e/tui.sh
start_fleet
fleet_project
tui monkey "$@"
finish
