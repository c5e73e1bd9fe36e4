# The bench's own arithmetic, and that it measures whole trees of processes: bench/tests.
# shellcheck shell=bash
exec /usr/bin/python3 -B bench/tests/test_lib.py
