#!/bin/bash
# What conf/examples does, step by step, on this machine: examples.sh RENDERER SHELL... | shellcheck
#
# RENDERER is test_shipped itself; SHELL (dash, busybox sh) runs what it rendered.  The container engine and
# nginx are stand-ins (test/unit/config/stand-in): the scenarios hold what happens when, and in which order.
set -u
RENDER=$1
shift
SH=("$@")
T=$(mktemp -d /tmp/examples.XXXXXX)
trap 'rm -rf "$T"' EXIT
pass=0 fail=0

is() {    # WHAT GOT EXPECTED
    if [ "$2" = "$3" ]; then
        pass=$((pass + 1))
    else
        fail=$((fail + 1))
        printf 'FAIL %s: got "%s", expected "%s"\n' "$1" "$2" "$3"
    fi
}

finish() {
    printf '%s: %d passed, %d failed\n' "${SH[*]}" "$pass" "$fail"
    [ "$fail" = 0 ] || { [ ! -e "$T/err" ] || cat "$T/err"; exit 1; }
    exit 0
}

# ---------------------------------------------------------------- shellcheck

check_files() {    # WHAT EXCLUDED FILE...
    local file
    for file in "${@:3}"; do
        [ ! -s "$file" ] || is "shellcheck of $1, ${file##*/}" "$(shellcheck -s sh -e "$2" "$file" 2>&1)" ''
    done
}

# Every script that is sent, with the variables of the first host: guards and hooks too.  Hooks are looked
# at alone: in the script that runs one it is a text.  Some exports are for the hooks only.
check_example() {    # NAME ACTION K=V...
    rm -rf "$T/o" "$T/hooks"
    "$RENDER" example "conf/examples/$1" "$2" "$T/o" "${@:3}" build_cmd=true restart_cmd=true try_cmd=true \
        2>>"$T/err" || is "render $*" failed ok
    check_files "$*" SC2034 "$T"/o/*.sh "$T"/o/*.unless
    "$RENDER" example "conf/examples/$1" "$2" "$T/hooks" "${@:3}" 2>>"$T/err" || is "render $*" failed ok
    check_files "$*" SC2154 "$T"/hooks/*_cmd
}

if [ "${SH[0]}" = shellcheck ]; then
    for action in provision deploy update rollback check; do
        rm -rf "$T/o"
        "$RENDER" render "conf/actions/$action.yml" "$T/o" app_dir=/srv/app artifact=README.md release=r1 \
            shared_paths=log build_cmd=true restart_cmd=true update_cmd=true app_port=80 health_cmd=true \
            2>>"$T/err" || is "render $action" failed ok
        check_files "$action" SC2034 "$T"/o/*.sh
    done
    rm -rf "$T/o"
    "$RENDER" back conf/actions/deploy.yml "$T/o" app_dir=/srv/app release=r1 restart_cmd=true 2>>"$T/err" ||
        is 'render what takes deploy back' failed ok
    check_files 'what takes deploy back' SC2034 "$T"/o/*.sh "$T"/o/*.unless
    for action in setup provision deploy rollback check; do
        for supervisor in systemd systemd-user pm2; do
            check_example node $action "supervisor=$supervisor" package_manager=yarn release=r1
        done
        check_example binary $action release=r1
        check_example static $action release=r1
        [ $action = setup ] || check_example container $action release=r1 registry_user=u registry_password=p
    done
    finish
fi

# ---------------------------------------------------------------- steps on this machine

mkdir "$T/bin"
for name in docker nginx systemctl; do
    ln -s "$PWD/test/unit/config/stand-in" "$T/bin/$name"
done
export STAND_IN=$T/state PATH=$T/bin:$PATH
mkdir -p "$STAND_IN"

# Run an action of an example; prints `ok` or the number of the step that failed.
act() {    # EXAMPLE ACTION K=V...
    local example=$1 action=$2 step
    shift 2
    rm -rf "$T/o"
    "$RENDER" example "conf/examples/$example" "$action" "$T/o" "$@" 2>>"$T/err" || { echo render; return; }
    for step in "$T"/o/*.sh; do
        [ ! -e "${step%.sh}.unless" ] || ! "${SH[@]}" "${step%.sh}.unless" </dev/null >/dev/null 2>&1 || continue
        "${SH[@]}" "$step" </dev/null >>"$T/out" 2>>"$T/err" || { basename "$step" .sh; return; }
    done
    echo ok
}

# ---------------------------------------------------------------- container

box() { act container "$@" "app_dir=$T/hello" stop_seconds=1 try_seconds=1; }
told() {
    : > "$T/out"
    box check > /dev/null
    sed 's/since [-0-9]*T[0-9:]*Z/since TIME/; q' "$T/out"
}
containers() { docker ps; }

is "deploy before provision" "$(box deploy release=1)" 01
is "check before provision" "$(told)" "provisioned no: there is no $T/hello/env"
is "provision" "$(box provision)" ok
is "the environment" "$(tail -n 1 "$T/hello/env")" PORT=8080
is "check then" "$(told)" "provisioned yes, deployed no"
is "deploy without a tag" "$(box deploy)" 02
is "deploy of an image that is not there" "$(box deploy release=none)" 04
is "what runs then" "$(containers)" ''
is "deploy 1" "$(box deploy release=1 registry_user=u 'registry_password=p w')" ok
is "what the login was given" "$(cat "$STAND_IN/login")" "u registry.example.org p w"
is "what runs" "$(containers)" "hello 1 running 8080"
is "check after it" "$(told)" "provisioned yes, deployed yes, release 1, since TIME"
is "deploy 2" "$(box deploy release=2)" ok
is "the one before is kept" "$(containers)" $'hello 2 running 8080\nhello-old 1 exited 8080'
is "check of two" "$(told)" "provisioned yes, deployed yes, release 2, since TIME, previous 1"
is "2 again" "$(box deploy release=2)" ok
is "the one before is still 1" "$(containers)" $'hello 2 running 8080\nhello-old 1 exited 8080'

is "an image that is not well" "$(box deploy release=3-sick)" 05
is "an image that ends at once" "$(box deploy release=3-dead)" 05
is "what runs after both" "$(containers)" $'hello 2 running 8080\nhello-old 1 exited 8080'
is "one that cannot be run in its place" "$(STAND_IN_FAIL='run hello' box deploy release=4)" 06
is "the old one runs again" "$(containers | head -n 1)" "hello 2 running 8080"
is "one that cannot be put aside" "$(STAND_IN_FAIL='rename hello' box deploy release=4)" 06
is "the old one runs again, too" "$(containers | head -n 1)" "hello 2 running 8080"
is "cut off after it was put aside" "$(STAND_IN_FAIL='run hello,rm hello,rename hello-old' box deploy release=4)" 06
is "what is there then" "$(containers)" "hello-old 2 exited 8080"
is "check then" "$(told)" "provisioned yes, deployed broken: there is no hello, hello-old is exited"
is "4 again" "$(box deploy release=4)" ok
is "what is there after it" "$(containers)" $'hello 4 running 8080\nhello-old 2 exited 8080'
is "images that nothing uses are gone" "$(docker images)" $'2\n4'
is "rollback" "$(box rollback release=2)" ok
is "what runs after it" "$(containers)" $'hello 2 running 8080\nhello-old 4 exited 8080'
is "rollback to what is only in the registry" "$(box rollback release=1)" ok
is "rollback to nowhere" "$(box rollback release=none)" 02
is "what runs after both" "$(containers)" $'hello 1 running 8080\nhello-old 2 exited 8080'
docker stop hello
is "check of one that ended" "$(box check) $(told)" "01 provisioned yes, deployed broken: hello is exited"

# ---------------------------------------------------------------- nginx

site() { act static setup "app_dir=$T/site" "nginx_dir=$T/nginx" "ansible_user=$(id -un)" "$@"; }
ours() { grep -h server_name "$T/nginx/hello.conf" | tr -d ' ;'; }
left() { (cd "$T/nginx" && ls -A); }

mkdir "$T/nginx"
: > "$STAND_IN/log"
is "setup that nginx refuses" "$(site server_name=bad)" 03
is "nothing is left of it" "$(left)" ''
is "setup" "$(site server_name=one)" ok
is "setup, changed" "$(site server_name=two)" ok
is "the configuration" "$(ours) $(left)" "server_nametwo hello.conf"
is "setup that nginx refuses, later" "$(site server_name=bad)" 03
is "the old configuration is back" "$(ours) $(left)" "server_nametwo hello.conf"
is "who was reloaded, and never for a bad one" "$(grep -c reload "$STAND_IN/log")" 2
echo 'server_name bad;' > "$T/nginx/other.conf"
is "another site is broken" "$(site server_name=three)" 03
is "ours stays" "$(ours)" server_nametwo
is "the step again" "$("${SH[@]}" "$T/o/03.sh" >/dev/null 2>&1; echo $?)" 1
is "ours stays still" "$(ours)" server_nametwo

# ---------------------------------------------------------------- binary and node: what the hooks decide

hook() {    # EXAMPLE ACTION NUMBER NAME K=V...
    rm -rf "$T/o"
    "$RENDER" example "conf/examples/$1" "$2" "$T/o" release=r1 "${@:5}" 2>>"$T/err" || echo render
    (cd "$T" && app_dir=$T "${SH[@]}" -e "$T/o/$3.$4" </dev/null >>"$T/out" 2>>"$T/err")
}
printf '#!/bin/sh\nshift\nexec "$@"\n' > "$T/bin/sudo"
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "pm2 $*" >> "$STAND_IN/log"\n' > "$T/bin/pm2"
printf '#!/bin/sh\n' > "$T/bin/sleep"
chmod +x "$T"/bin/sudo "$T"/bin/pm2 "$T"/bin/sleep
: > "$STAND_IN/log"
hook binary deploy 09 restart_cmd
is "a unit that stays up" "$?" 0
STAND_IN_FAIL=is-active hook binary deploy 09 restart_cmd
is "a unit that ends at once" "$?" 1
STAND_IN_FAIL=restart hook node deploy 09 restart_cmd
is "a restart that fails" "$?" 1
: > "$STAND_IN/log"
hook node deploy 09 restart_cmd supervisor=pm2
is "pm2" "$? $(tr '\n' ',' < "$STAND_IN/log")" "0 pm2 startOrReload $T/shared/pm2.json --update-env,pm2 save,"
hook node deploy 09 restart_cmd supervisor=upstart
is "a supervisor that is not known" "$?" 1
finish
