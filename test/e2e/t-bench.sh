# The bench's own arithmetic, that it measures whole trees of processes, and what it reads of its peers: test/bench.
# shellcheck shell=bash
rc=0
for test in test/bench/test_*.py; do
    /usr/bin/python3 -B "$test" || rc=1
done
exit $rc
