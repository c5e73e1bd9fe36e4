#!/bin/bash
# flood.sh [HOSTS [BYTES]]: hosts that flood at once; peak memory by sink, beside the same hosts silent.
#
# HOSTS (1000) hosts of the synthetic fleet, all at once, each with BYTES (1000000) of output; then one
# host with 2 GB.  Exits 1 when the memory above the silent run is more than output_memory and a tenth.
# Needs BYTES * HOSTS of room in TMPDIR, for the logs and the file.
# shellcheck shell=bash disable=SC2154
cd "$(dirname "$0")/.." || exit 1
hosts=${1:-1000} bytes=${2:-1000000}
. test/e2e/lib.sh
. test/e2e/fleet.sh
. test/e2e/flood.sh
flood_project "$hosts" "$hosts"

memory_mb=256
silent=0
row() { # NAME OUT ARGUMENTS...
    local name=$1 out=$2
    shift 2
    rm -rf "$project/var/log"
    read -r rc ms peak_kb written <<<"$(bench/peak "$out" "$im_bin" --root "$project" exec many "$@" 2>"$work/err" | tail -n 1)"
    local over=$(((peak_kb - silent) / 1024))
    printf '%-28s %4s %8s ms %7s MB %+7d MB %10s KB\n' "$name" "$rc" "$ms" $((peak_kb / 1024)) "$over" $((written / 1024))
    [ "$silent" = 0 ] || [ "$over" -le $((memory_mb * 11 / 10)) ] || fail "$name: more than $memory_mb MB and a tenth"
}
printf '%d hosts at once, %d bytes each, output_memory %dM\n' "$hosts" "$bytes" "$memory_mb"
printf '%-28s %4s %11s %10s %10s %13s\n' sink exit wall peak above written
row 'silent' /dev/null -- true
silent=$peak_kb
row 'text, a file' "$work/o" -- "flood $bytes"
row 'text, lines without end' "$work/o" -- "gush $bytes"
row 'text, a slow reader' "slow:30000000:$work/o" -- "flood $((bytes / 3))"
row '-b, a file' "$work/o" -b -- "flood $bytes"
row '-o jsonl, a file' "$work/o" -o jsonl -- "flood $bytes"
row '-o jsonl, a slow reader' "slow:30000000:$work/o" -o jsonl -- "flood $((bytes / 3))"
echo "one host, 2 GB"
row 'text, nowhere' /dev/null -l h0000 -- 'flood 2000000000'
row '-b, a file' "$work/o" -b -l h0000 -- 'flood 2000000000'
finish
