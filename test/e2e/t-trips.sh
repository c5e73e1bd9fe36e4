# Round trips: 8 to the first output of a host, 1 for each further step, whatever kinds of steps they are.
#
# The fleet counts them (--trips): how often it was waited for what a client sent.  What we send at once may
# arrive in two pieces where this machine has no time for us.  So both ends run before everything else where
# that is allowed, and then one run must do, or one of three; elsewhere the best of a few counts.  How many
# channels and commands were asked for is exact in each run, and no run can have too few round trips.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
. test/e2e/fleet.sh
tries=12
if chrt -f 10 true 2>/dev/null; then
    tries=3
    wrapper='chrt -f 10'
    printf '#!/bin/sh\nexec chrt -f 10 "%s" "$@"\n' "$im_bin" >"$work/im-first"
    chmod 755 "$work/im-first"
    im_bin=$work/im-first
fi
start_fleet --rtt-ms 60 --trips "$rig/trips"
fleet_project
actions=$project/inventory/test-multi/actions
mkdir -p "$actions" "$project/site" "$rig/home/web-01/bin"
[ "$(id -u)" != 0 ] || chmod 777 "$rig/home/web-01"
echo in >"$project/site/x"
echo 'hello {{ inventory_hostname }}' >"$project/hello"
cat >"$rig/home/web-01/bin/sudo" <<'SUDO'
#!/bin/sh
while :; do
    case $1 in
    -n | -k) shift ;;
    -S) [ -z "${SUDO_ASKS-}" ] || read -r _; shift ;;
    -p | -u) shift 2 ;;
    *) break ;;
    esac
done
exec "$@"
SUDO
chmod 755 "$rig/home/web-01/bin/sudo"

# A check's and a finally step's channel are sent ahead, too; so is one of a step behind others that are not
# for this host, or not for a host at all.
cat >"$actions/all.yml" <<'ACTION'
name: all
mutating: false
steps:
  - {name: Script, run: 'echo a'}
  - {name: File, upload: {src: hello, dest: "{{ app_dir }}.file"}}
  - {name: Folder, upload: {src: site, dest: "{{ app_dir }}.site"}}
  - {name: Template, template: {src: hello, dest: "{{ app_dir }}.made"}}
  - {name: Root, run: 'echo b', become: true}
  - {name: Not here, run: 'echo c', when: inventory_hostname == 'web-02'}
  - {name: Own, local: 'true'}
  - {name: App, run: 'echo d', become: true, become_user: app}
  - {name: Guarded, run: 'echo e', unless: 'true'}
health_check:
  - {name: Well, run: 'true'}
finally:
  - {name: End, run: 'echo f'}
ACTION
cat >"$actions/last.yml" <<'ACTION'
name: last
mutating: false
steps:
  - {name: One, run: 'echo a'}
  - {name: Not here, run: 'echo b', when: inventory_hostname == 'web-02'}
  - {name: Own, local: 'true'}
ACTION

# not_less WHAT EXPECTED GOT: number by number, and as many of them
not_less() {
    local -a want had
    local i
    read -ra want <<<"$2"
    read -ra had <<<"$3"
    assert_eq "$1: outputs" "${#want[@]}" "${#had[@]}"
    for i in "${!had[@]}"; do
        [ "${had[i]}" -ge "${want[i]:-0}" ] || fail "$1: fewer round trips than there can be: «$3»"
    done
}

# trips_are WHAT EXPECTED EXECS COMMAND...: of web-01, in a line
trips_are() {
    local what=$1 expected=$2 execs=$3 got='' n before
    shift 3
    for ((n = 0; n < tries; n++)); do
        : >"$rig/trips"
        before=$(count_of execs)
        im "$@"
        assert_eq "$what: exit code" 0 "$rc"
        assert_eq "$what: commands asked for" "$execs" $(($(count_of execs) - before))
        got=$(sed -n 's/^127\.10\.0\.1 //p' "$rig/trips" | tr '\n' ' ')
        not_less "$what" "$expected" "$got"
        [ "$got" != "$expected" ] || return 0
    done
    assert_eq "$what: round trips" "$expected" "$got"
}

trips_are 'one command' '8 ' 1 exec test-multi -l web-01 -- echo hi
trips_are 'a last step' '8 ' 1 run last test-multi -l web-01
trips_are 'steps of every kind' '8 9 10 11 12 13 14 15 16 ' 9 run all test-multi -l web-01
# A password is tried by itself, once.
export IM_BECOME_PASSWORD=geheim-0
trips_are 'a password of sudo' '8 9 10 11 13 14 15 16 17 ' 10 run all test-multi -l web-01
unset IM_BECOME_PASSWORD
finish
