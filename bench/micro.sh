#!/bin/bash
# What the scheduler alone costs: 1,000,000 hosts in a world where everything goes well, and 10,000 beside it.
# Usage: bench/micro.sh [HOSTS [SLOTS]]     (default 1000000 1000)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
make -s -C "$here/.." BUILD="${BUILD:-build/release}" bench-micro
exec "$here/../${BUILD:-build/release}/bench/micro/micro" "$@"
