# fleet.sh - the fleet instead of a real sshd, for what needs it: slow hosts, many hosts, a full disk.
#
# Sourced after lib.sh.  web-01 to web-99 answer on 127.10.0.1 to .99, each in $rig/home/<name>.  The
# fleet is ended by its own pid.
# shellcheck shell=bash disable=SC2034,SC2154

fleet_bin=${FLEET:-$repo/build/release/test/fleet/fleet}
fleet_pid=

# start_fleet [FLAG...]; under the command in `wrapper`, if set.  Sets port and fleet_pid.
start_fleet() {
    mkdir -p "$rig/home"
    [ -e "$rig/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C demo -f "$rig/id_ed25519"
    local n
    for ((n = 1; n <= 99; n++)); do printf '127.10.0.%d web-%02d\n' "$n" "$n"; done >"$rig/hosts"
    serve --root "$rig/home" --hosts "$rig/hosts" "$@"
}

# serve FLAG...: what every fleet is given, and the wait until it listens.
serve() {
    rm -f "$rig/fleet.ready"
    mkdir -p "$rig"
    ${wrapper:-} "$fleet_bin" --host-key "$rig/host_key" --authorized-keys "$rig/id_ed25519.pub" \
        --user demo --known-hosts "$rig/known_hosts" --pid-file "$rig/fleet.pid" "$@" \
        >"$rig/fleet.ready" 2>"$rig/fleet.log" &
    local started=$!
    until grep -q '^ready' "$rig/fleet.ready" 2>/dev/null; do
        kill -0 "$started" 2>/dev/null || { cat "$rig/fleet.log"; fail 'the fleet does not start'; exit 1; }
        sleep 0.02
    done
    read -r _ port <"$rig/fleet.ready"
    fleet_pid=$(cat "$rig/fleet.pid")
}

stop_fleet() {
    [ -n "$fleet_pid" ] || return 0
    kill "$fleet_pid" 2>/dev/null
    while kill -0 "$fleet_pid" 2>/dev/null; do sleep 0.02; done
    fleet_pid=
}
# A background job that is ended before it has become its command would run the trap too.
trap '[ "$BASHPID" != $$ ] || { stop_fleet; cleanup; }' EXIT

# fleet_counts: the line that SIGUSR1 asks for.
fleet_counts() {
    local before
    before=$(grep -c 'accepted=' "$rig/fleet.log")
    kill -USR1 "$fleet_pid"
    until [ "$(grep -c 'accepted=' "$rig/fleet.log")" -gt "$before" ]; do sleep 0.02; done
    grep 'accepted=' "$rig/fleet.log" | tail -n 1
}
count_of() { fleet_counts | sed "s/.*$1=\([0-9]*\).*/\1/"; }
no_client() { [ "$(count_of live)" = 0 ]; }

# The project of lib.sh, at the addresses the shipped inventories name.
fleet_project() {
    mkdir -p "$project/build/demo"
    cp -r conf inventory "$project/"
    cp "$rig/id_ed25519" "$project/build/demo/"
    (cd "$project" && sh conf/sample/pack >/dev/null)
    sed -i "s/22522/$port/; s#/tmp/inventory-manager-demo#$rig/home#" "$project/inventory/test-multi/hosts.yml"
    cp "$rig/known_hosts" "$project/inventory/test-multi/known_hosts"
}

on_fleet() { # ADDRESS COMMAND: with OpenSSH's client
    ssh -F none -o BatchMode=yes -o UserKnownHostsFile="$rig/known_hosts" -o GlobalKnownHostsFile=/dev/null \
        -o KexAlgorithms=curve25519-sha256 -i "$rig/id_ed25519" -p "$port" "${fleet_user:-demo}@$1" "$2" </dev/null
}

# hold_action FILE: an action `hold`.  Each host waits until its file `go` is there, and ends as it says: no test of
# time.  One of a run that was cut off leaves as soon as the next run begins.
hold_action() {
    cat >"$1" <<ACTION
name: hold
steps:
  - name: Hold
    run: |
      echo \$\$ >waiting
      while [ ! -e go ]; do
        [ "\$(cat waiting 2>/dev/null)" = \$\$ ] || exit 9
        sleep 0.02
      done
      exit "\$(cat go)"
ACTION
}
waiting() { # HOST...: each of them is at its step
    local host
    for host; do wait_for 20 test -e "$rig/home/$host/waiting" || return 1; done
}
go() { # CODE HOST...: each of them ends with it
    local code=$1 host
    shift
    for host; do
        mkdir -p "$rig/home/$host"
        echo "$code" >"$rig/home/$host/.go" && mv "$rig/home/$host/.go" "$rig/home/$host/go"
    done
}
