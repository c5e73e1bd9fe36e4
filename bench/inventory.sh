#!/bin/bash
# A large environment: 10,000 hosts with 3 variables each, each in one or two of 200 groups with 50
# variables each.  Prints the time and the peak memory of `inventory list` and `plan deploy` on it,
# beside the floor: libyaml's bare event loop over the same file, in the same run.
# Usage: bench/inventory.sh [HOSTS [GROUPS [VARS]]]     (default 10000 200 50)
# shellcheck disable=SC2016 # awk's own variables
set -eu
hosts=${1:-10000} groups=${2:-200} vars=${3:-50}
here=$(cd "$(dirname "$0")" && pwd)
im=${IM:-$here/../bin/inventory-manager}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/inventory/large"

awk -v H="$hosts" -v G="$groups" -v V="$vars" 'BEGIN {
    print "all:\n  children:"
    for (g = 0; g < G; g++) {
        printf "    group_%03d:\n      vars:\n", g
        for (v = 0; v < V; v++) printf "        group_%03d_var_%02d: value-%d-of-%d\n", g, v, v, g
        print "      hosts:"
        for (h = g; h < H; h += G) {
            printf "        host-%05d:\n", h
            printf "          ansible_host: 10.%d.%d.%d\n", h / 65536, h / 256 % 256, h % 256
            printf "          zone: zone-%d\n          app_port: %d\n", h % 7, 8000 + h % 100
        }
        # every second host of the next group is in this one too
        for (h = (g + 1) % G; h < H; h += 2 * G) printf "        host-%05d:\n", h
    }
}' >"$dir/inventory/large/hosts.yml"
mkdir -p "$dir/conf/actions"
cp "$here/../conf/actions/deploy.yml" "$dir/conf/actions/"

${CC:-cc} -O2 -o "$dir/floor" "$here/yaml_floor.c" -lyaml

# The best of seven; the CPU time says what a busy machine hides.
measure() {
    local name=$1
    shift
    for _ in 1 2 3 4 5 6 7; do
        "$here/rusage" "$@" 2>&1 >/dev/null | tail -1
    done | sort -n | head -1 | awk -v name="$name" \
        '{ printf "%-24s %5d ms %5d ms cpu %7.1f MB\n", name, $1, $2, $3 / 1024 }'
}

stat -c '%s bytes of YAML' "$dir/inventory/large/hosts.yml"
measure 'libyaml, events only' "$dir/floor" "$dir/inventory/large/hosts.yml"
measure 'inventory list' "$im" --root "$dir" inventory list large
measure 'plan deploy' "$im" --root "$dir" plan deploy large
measure 'inventory list --json' "$im" --root "$dir" inventory list large --json
