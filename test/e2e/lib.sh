# lib.sh - what every e2e test shares: a project in a temporary folder, nine servers, and short words to
# assert with.  Sourced by test/e2e/t-*.sh, which run in the repository's root.  SERVER says what the
# servers are (test/servers/start); by default a real sshd.
#
# Waiting is always for a fact (a line in a log, a file), bounded by wait_for.
# shellcheck shell=bash disable=SC2034

set -u
umask 022 # the account of the servers reads what we write
repo=$PWD
im_bin=${IM:-$repo/bin/inventory-manager}
work=$(mktemp -d "${TMPDIR:-/tmp}/im-e2e.XXXXXX")
chmod 755 "$work"
rig=$work/sshd
project=$work/project
# Nobody's own ssh_config, keys, known hosts or agent have a say, nor a password left in the environment.
export HOME=$work/home-of-nobody
mkdir -m 700 "$HOME"
unset SSH_AUTH_SOCK SSH_AGENT_PID "${!IM_@}"
server=${SERVER:-openssh}
failures=0

cleanup() {
    [ ! -e "$rig/pid" ] || "$repo/test/servers/stop" "$rig"
    rm -rf "$work"
}
trap cleanup EXIT

fail() {
    printf 'FAIL: %s\n' "$*"
    failures=$((failures + 1))
}

# skip WHY: this cannot be tried here.
skip() {
    printf '%s\n' "$*"
    exit 77
}

# assert_eq WHAT EXPECTED GOT
assert_eq() { [ "$2" = "$3" ] || fail "$1: expected «$2», got «$3»"; }
# assert_has WHAT TEXT PART
assert_has() { case $2 in *"$3"*) ;; *) fail "$1: «$3» is not in «$2»" ;; esac; }
assert_not() { case $2 in *"$3"*) fail "$1: «$3» is in «$2»" ;; esac; }

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    local until=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || { fail "waited in vain for: $*"; return 1; }
        sleep 0.02
    done
}

# im ARGUMENTS...: run the program in the project; sets rc, out, err.
im() {
    (cd "$project" && "$im_bin" "$@") >"$work/out" 2>"$work/err" </dev/null
    rc=$?
    out=$(cat "$work/out")
    err=$(cat "$work/err")
}

start_servers() { # [COUNT]
    "$repo/test/servers/start" "$server" "$rig" 127.20.0.1 "${1:-9}" >"$work/port" || exit $?
    port=$(cat "$work/port")
}

# only_with WHY SERVER...: skip against any other.
only_with() {
    local why=$1
    shift
    case " $* " in *" $server "*) ;; *) skip "not against $server: $why" ;; esac
}

# A project whose test-multi is served by the rig: web-01 to web-09, three at a time.
new_project() {
    mkdir -p "$project/build/demo"
    cp -r conf inventory "$project/"
    cp "$rig/id_ed25519" "$project/build/demo/"
    chmod 600 "$project/build/demo/id_ed25519"
    (cd "$project" && sh conf/sample/pack >/dev/null)
    local e
    for e in test-multi docker; do
        sed -i "s/127\.10\.[01]\./127.20.0./; s/22522/$port/; s#/tmp/inventory-manager-demo#$rig/home#" \
            "$project/inventory/$e/hosts.yml"
        cp "$rig/known_hosts" "$project/inventory/$e/known_hosts"
    done
}

# An action `deploy` of this environment that takes a while on each host: step_s seconds.
slow_deploy() {
    mkdir -p "$project/inventory/$1/actions"
    cat >"$project/inventory/$1/actions/deploy.yml" <<ACTION
name: deploy
produces: deployed
steps:
  - name: Work
    run: |
      echo \$\$ >"held.\$inventory_hostname"
      exec sleep $2
ACTION
}

# What a step holds up writes its process id to held.<host> in the home: how many do, and their end.
three_held() { [ "$(cat "$rig"/home/held.* 2>/dev/null | wc -l)" -ge 3 ]; }
end_held() {
    local file
    for file in "$rig"/home/held.*; do
        [ ! -s "$file" ] || kill "$(cat "$file")" 2>/dev/null
        rm -f "$file"
    done
}

debug_log() { cat "$project/debug.log"; }
seconds_of() { # how long a command takes, in milliseconds
    local t0 t1
    t0=$(date +%s%N)
    "$@"
    t1=$(date +%s%N)
    took_ms=$(((t1 - t0) / 1000000))
}

finish() {
    [ "$failures" = 0 ] && exit 0
    exit 1
}
