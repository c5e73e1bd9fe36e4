# The pictures of docs/tui.md are what the program shows.
# shellcheck shell=bash
exec test/tui/captures check
