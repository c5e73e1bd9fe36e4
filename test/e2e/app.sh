# app.sh - what tests of real applications share: an example of conf/examples on three hosts of the rig, where
# each listens on its own address.  Sourced after lib.sh.
#
# The supervisor is a script of a few lines, since there is no systemd here: restart-app, in the PATH of the
# hosts.  What it started is ended by its process id when the test ends.
# shellcheck shell=bash disable=SC2034,SC2154

app_hosts='web-01 web-02 web-03'
address() { printf '127.20.0.%s\n' "${1#web-0}"; }
app_dir() { printf '%s\n' "$rig/home/$1/app"; }
current() { basename "$(readlink "$(app_dir "$1")/current")"; }
currents() { for h in $app_hosts; do printf '%s ' "$(current "$h")"; done; }

write_supervisor() {
    mkdir -p "$rig/home/bin"
    cat >"$rig/home/bin/restart-app" <<'SCRIPT'
#!/bin/sh
# restart-app PIDFILE [COMMAND...]: end what runs, wait for its end, start COMMAND in a session of its own.
set -eu
pid_file=$1
shift
runs() { readlink "/proc/$1/exe" >/dev/null 2>&1; }    # not one that waits for init to collect it
if [ -s "$pid_file" ]; then
    pid=$(cat "$pid_file")
    ! runs "$pid" || kill "$pid"
    tries=0
    while runs "$pid"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || kill -9 "$pid"
        sleep 0.05
    done
    rm -f "$pid_file"
fi
[ $# -gt 0 ] || exit 0
setsid "$@" </dev/null >"$pid_file.log" 2>&1 &
echo $! >"$pid_file"
SCRIPT
    chmod 755 "$rig/home/bin/restart-app"
}

stop_apps() {
    local h
    for h in $app_hosts; do
        sh "$rig/home/bin/restart-app" "$(app_dir "$h")/shared/app.pid" 2>/dev/null
    done
}

# A port below the ephemeral ones that is free on all three addresses.
free_port() {
    python3 - <<'PYTHON'
import random, socket
while True:
    port = random.randrange(20000, 32000)
    try:
        for last in (1, 2, 3):
            with socket.socket() as s:
                s.bind((f"127.20.0.{last}", port))
    except OSError:
        continue
    print(port)
    break
PYTHON
}

# new_app EXAMPLE START: a copy of the example as the project, on the rig; START is the command restart-app is given.
new_app() {
    project=$work/project
    cp -r "conf/examples/$1" "$project"
    rm "$project/conf/actions"
    cp -r conf/actions "$project/conf/actions"
    write_supervisor
    trap 'stop_apps; cleanup' EXIT
    cp "$rig/id_ed25519" "$rig/known_hosts" "$project/inventory/prod/"
    chmod 600 "$project/inventory/prod/id_ed25519"
    sed -i 's#192\.0\.2\.#127.20.0.#' "$project/inventory/prod/hosts.yml"
    sed -i "s#^ansible_user: .*#ansible_user: demo\\nansible_port: $port\\nansible_ssh_private_key_file: inventory/prod/id_ed25519#" \
        "$project/inventory/prod/group_vars/all.yml"
    app_port=$(free_port)
    cat >"$project/here.yml" <<VARS
app_dir: "$rig/home/{{ inventory_hostname }}/app"
app_port: $app_port
restart_cmd: restart-app "\$app_dir/shared/app.pid" env $2
VARS
}

# app ARGUMENTS...: a command of the program with the variables of this machine.
app() { im "$@" -e "@$project/here.yml"; }

# What a host answers: the status, and the body on one line.
answer() {
    python3 - "http://$(address "$1"):$app_port${2:-/}" <<'PYTHON'
import sys, urllib.error, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=5) as r:
        print(r.status, r.read().decode().strip())
except urllib.error.HTTPError as e:
    print(e.code, e.read().decode().strip())
except OSError as e:
    print("none")
PYTHON
}
answers() { for h in $app_hosts; do printf '%s|' "$(answer "$h")"; done; }
has_answer() { [ "$(answer "$1")" = "$2" ]; }
