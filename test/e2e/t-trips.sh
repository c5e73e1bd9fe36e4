# Round trips: 8 to the first output of a host, 1 for each further step, whatever kinds of steps they are.
#
# The fleet counts them (--trips): how often it was waited for what a client sent.  What we send at once may
# arrive in two pieces where this machine has no time for us, so the best of a few runs counts; none can
# have too few.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
. test/e2e/fleet.sh
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

# trips_are WHAT EXPECTED COMMAND...: of web-01, in a line
trips_are() {
    local what=$1 expected=$2 got='' n
    shift 2
    for ((n = 0; n < 12; n++)); do
        : >"$rig/trips"
        im "$@"
        assert_eq "$what: exit code" 0 "$rc"
        got=$(sed -n 's/^127\.10\.0\.1 //p' "$rig/trips" | tr '\n' ' ')
        [ "$got" != "$expected" ] || return 0
    done
    assert_eq "$what: round trips" "$expected" "$got"
}

trips_are 'one command' '8 ' exec test-multi -l web-01 -- echo hi
execs_before=$(count_of execs)
trips_are 'a last step' '8 ' run last test-multi -l web-01
assert_eq 'a last step: nothing was asked for that is not used' 1 $(($(count_of execs) - execs_before))
trips_are 'steps of every kind' '8 9 10 11 12 13 14 15 16 ' run all test-multi -l web-01
# A password is tried by itself, once.
export IM_BECOME_PASSWORD=geheim-0
trips_are 'a password of sudo' '8 9 10 11 13 14 15 16 17 ' run all test-multi -l web-01
unset IM_BECOME_PASSWORD
finish
