# Every key of the key table at every place where it means something: a run, its confirmation and its chart, forms and questions.
# shellcheck shell=bash disable=SC2154,SC2119
. test/e2e/lib.sh
. test/e2e/fleet.sh
. test/e2e/tui.sh
start_fleet
fleet_project
if [ $# -gt 0 ]; then tui keys "$@"; else
    tui_at_once keys _chart _form _ask
    tui keys _run _confirm
fi
finish
