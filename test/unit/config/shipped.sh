#!/bin/bash
# The shipped actions, step by step, on this machine: shipped.sh RENDERER SHELL...
#
# RENDERER is test_shipped itself; SHELL (dash, busybox sh) runs what it rendered.
set -u
RENDER=$1
shift
SH=("$@")
T=$(mktemp -d /tmp/shipped.XXXXXX)
trap 'rm -rf "$T"' EXIT
A="$T/my app"    # a blank in every path
pass=0 fail=0

is() {    # WHAT GOT EXPECTED
    if [ "$2" = "$3" ]; then
        pass=$((pass + 1))
    else
        fail=$((fail + 1))
        printf 'FAIL %s: got "%s", expected "%s"\n' "$1" "$2" "$3"
    fi
}

# Run an action; prints `ok` or the number of the step that failed.
act() {    # ACTION K=V...
    local action=$1 step
    shift
    rm -rf "$T/o"
    "$RENDER" render "conf/actions/$action.yml" "$T/o" "app_dir=$A" "$@" 2>>"$T/err" || { echo render; return; }
    for step in "$T"/o/*.sh; do
        "${SH[@]}" "$step" </dev/null >>"$T/out" 2>>"$T/err" || { basename "$step" .sh; return; }
    done
    echo ok
}

# Take a deploy back, by its own list; prints `ok`, `left alone` or the number of the step that failed.
back() {    # RELEASE K=V...
    local step said=ok release=$1
    shift
    rm -rf "$T/o"
    "$RENDER" back conf/actions/deploy.yml "$T/o" "app_dir=$A" "release=$release" "$@" 2>>"$T/err" || { echo render; return; }
    for step in "$T"/o/*.sh; do
        if [ -e "${step%.sh}.unless" ] && "${SH[@]}" "${step%.sh}.unless" </dev/null >>"$T/out" 2>>"$T/err"; then
            said='left alone'
            continue
        fi
        "${SH[@]}" "$step" </dev/null >>"$T/out" 2>>"$T/err" || { basename "$step" .sh; return; }
    done
    echo "$said"
}

says() {    # ACTION K=V...: what it prints
    : > "$T/out"
    act "$@" > /dev/null
    cat "$T/out"
}

pack() {    # VERSION
    rm -rf "$T/src"
    mkdir -p "$T/src/log"
    echo "$1" > "$T/src/VERSION"
    echo seed > "$T/src/log/first"
    tar -C "$T/src" -czf "$T/$1.tgz" .
}

# What check says, without the time.
told() { says check "$@" | sed 's/since [0-9]*-[0-9]*-[0-9]*T[0-9]*:[0-9]*Z/since TIME/'; }

version() { cat "$A/current/VERSION"; }
releases() { (cd "$A/releases" && echo *); }
hidden() { find "$A/releases" "$A" -maxdepth 1 -name '.*' | wc -l; }

is "check of an empty host" "$(act check)" 01
is "what check says of it" "$(says check)" "provisioned no: there is no folder $A/releases"
is "deploy to an empty host" "$(act deploy artifact=/etc/hostname release=r)" 01
is "provision" "$(act provision)" ok
is "provision again" "$(act provision)" ok
is "provision without room" "$(act provision min_free_mb=999999999)" 03
is "provision of a relative path" "$(A=relative act provision)" 01
is "check after provision" "$(says check)" "provisioned yes, deployed no"
is "update before deploy" "$(act update update_cmd=true)" 01

for v in 1 2 3; do
    pack $v
    # shellcheck disable=SC2016
    is "deploy $v" "$(act deploy "artifact=$T/$v.tgz" "release=r$v" shared_paths=log \
        'restart_cmd=echo "restarted $release" > "$app_dir/shared/r"' \
        "build_cmd=echo \"it's built\" > built")" ok
    is "what is there after $v" \
        "$(cat "$A"/current/{VERSION,built,log/first} "$A/shared/r" | tr '\n' ' ')" \
        "$v it's built seed restarted r$v "
    touch -t "20200101000$v" "$A/releases/r$v"
done
is "check after deploy" "$(act check) $(told)" \
    "ok provisioned yes, deployed yes, release r3, since TIME, previous r2"
mv "$A/shared/log" "$A/shared/gone"
is "check of a shared path that is gone" "$(act check shared_paths=log) $(told shared_paths=log)" \
    "01 provisioned yes, deployed broken: $A/current/log leads nowhere"
mv "$A/shared/gone" "$A/shared/log"
is "check of shared paths, one of them not in this release" "$(act check $'shared_paths=log\nnew')" ok
is "the same release again" "$(act deploy "artifact=$T/3.tgz" release=r3 shared_paths=log)" ok
is "releases" "$(releases)" "r1 r2 r3"
is "nothing left over" "$(hidden)" 0

head -c 100 "$T/3.tgz" > "$T/cut.tgz"
is "a cut artifact" "$(act deploy "artifact=$T/cut.tgz" release=r4)" 05
is "the old release after it" "$(version) $(hidden)" "3 0"
dd if=/dev/urandom of="$T/src/big" bs=1k count=200 2>/dev/null
tar -C "$T/src" -czf "$T/big.tgz" .
"$RENDER" render conf/actions/deploy.yml "$T/full" "app_dir=$A" "artifact=$T/big.tgz" release=r5
"${SH[@]}" "$T/full/03.sh"
"${SH[@]}" "$T/full/04.sh"
(ulimit -f 100; trap '' XFSZ; "${SH[@]}" "$T/full/05.sh" 2>/dev/null) && full=unseen || full=seen
is "a full disk" "$full" seen
is "the old release after it" "$(version) $(hidden)" "3 0"
is "a failing build" "$(act deploy "artifact=$T/2.tgz" release=r4 build_cmd=false)" 07
is "the old release after it" "$(version)" 3
is "check after it" "$(act check) $(told)" \
    "ok provisioned yes, deployed yes, release r3, since TIME, previous r2, unfinished r4"
is "a failure after it" "$(act deploy "artifact=$T/2.tgz" release=r5 build_cmd=false)" 07
is "what the first one left is gone" "$(cd "$A/releases" && echo .r* *.tar.gz)" ".r5.new r5.tar.gz"
is "the first one again" "$(act deploy "artifact=$T/2.tgz" release=r4 build_cmd=false)" 07
is "a failing restart" "$(act deploy "artifact=$T/3.tgz" release=r3 restart_cmd=false)" 09
# shellcheck disable=SC2016
is "a health_cmd that fails" "$(act deploy "artifact=$T/3.tgz" release=r3 health_cmd='[ "$(cat VERSION)" = 4 ]')" 13
# shellcheck disable=SC2016
is "one that does not" "$(act deploy "artifact=$T/3.tgz" release=r3 health_cmd='[ "$(cat VERSION)" = 3 ]')" ok
is "check with it" "$(act check health_cmd=true) $(told health_cmd=true | tail -n 1)" "ok healthy yes"
is "check of one that is not well" "$(act check health_cmd=false)" 04
is "shared paths outside" "$(act deploy "artifact=$T/3.tgz" release=r7 shared_paths=../x)" 06
is "a bad release name" "$(act deploy "artifact=$T/3.tgz" release=a/b)" 02

# What a run that takes itself back does: only where the release before is not current any more.
# shellcheck disable=SC2016
tell='restart_cmd=echo "back to $release" > "$app_dir/shared/r"'
echo untouched > "$A/shared/r"
is "back where nothing was switched" "$(back r3 "$tell")" "left alone"
is "it is not restarted" "$(cat "$A/shared/r")" untouched
is "back to the one before" "$(back r2 "$tell")" ok
is "after it" "$(version) $(cat "$A/shared/r")" "2 back to r2"
is "back once more" "$(back r2 restart_cmd=false)" "left alone"
is "back with a failing restart" "$(back r3 restart_cmd=false)" 02
is "after it" "$(version)" 3
is "back to what is gone" "$(back r9)" 01
mv "$A/releases/r2" "$A/releases/.r2.old"
is "back to one that was cut off between two renames" "$(back r2)" ok
ln -sfn nowhere "$A/current"
is "back where current leads nowhere" "$(back r3)" ok
is "after all this" "$(version) $(cd "$A/releases" && echo r?)" "3 r1 r2 r3"
for v in 1 2 3; do touch -t "20200101000$v" "$A/releases/r$v"; done

is "rollback to nowhere" "$(act rollback release=r9)" 02
is "rollback to a bad name" "$(act rollback release=../r1)" 02
is "rollback" "$(act rollback release=r1)" ok
is "after rollback" "$(version)" 1
is "check after rollback" "$(told)" \
    "provisioned yes, deployed yes, release r1, since TIME, previous r3, unfinished r7"

# r1 is the oldest of the three, but it was current until now: rollback must find it.
pack 6
is "deploy keeping two" "$(act deploy "artifact=$T/6.tgz" release=r6 keep_releases=2)" ok
is "the newest are kept" "$(releases)" "r1 r6"
is "left-overs of failures are gone" "$(hidden)" 0
# shellcheck disable=SC2016
is "update" "$(act update 'update_cmd=echo "$app_dir" > up')" ok
is "after update" "$(cat "$A/current/up")" "$A"

# A host whose mv has no options and that has no perl.  (busybox sh prefers its own mv.)
mkdir "$T/bin"
# shellcheck disable=SC2016
printf '#!/bin/sh\ncase $1 in -*) exit 1 ;; esac\nexec /bin/mv "$@"\n' > "$T/bin/mv"
printf '#!/bin/sh\nexit 1\n' > "$T/bin/perl"
chmod +x "$T"/bin/*
is "deploy without mv -T" "$(PATH=$T/bin:$PATH act deploy "artifact=$T/1.tgz" release=r8)" ok
is "after it" "$(version)" 1

# Releases that cannot be removed keep none of the others.  (busybox sh prefers its own rm.)
if [ "${SH[0]}" = dash ]; then
    rm "$T/bin/mv"
    # shellcheck disable=SC2016
    printf '#!/bin/sh\ncase $* in *./r6*) exit 1 ;; esac\nexec /bin/rm "$@"\n' > "$T/bin/rm"
    chmod +x "$T/bin/rm"
    is "deploy where one stays" "$(PATH=$T/bin:$PATH act deploy "artifact=$T/1.tgz" release=r8 keep_releases=1)" 10
    is "what stays" "$(releases)" "r6 r8"
fi

# Cut off between the two renames of a release that is deployed again.
for action in deploy rollback; do
    mv "$A/releases/r8" "$A/releases/.r8.old"
    is "check between two renames" "$(act check) $(told)" \
        "01 provisioned yes, deployed broken: $A/current leads nowhere, unfinished r8"
    is "$action then" "$(act $action "artifact=$T/cut.tgz" release=r8)" "$([ $action = deploy ] && echo 05 || echo ok)"
    is "the release is back" "$(version)" 1
    rm -f "$A/releases/r8.tar.gz"
done

ln -sfn ../.. "$A/current"
is "check of a link that leads elsewhere" "$(act check) $(told)" \
    "01 provisioned yes, deployed broken: $A/current leads out of releases, to ${T%/*}"
ln -sfn nowhere "$A/current"
is "check of a broken link" "$(act check) $(told)" "01 provisioned yes, deployed broken: $A/current leads nowhere"
rm "$A/current"
mkdir "$A/current"
is "check of a folder" "$(act check) $(told)" "01 provisioned yes, deployed broken: $A/current is no link"
is "current is a folder" "$(act deploy "artifact=$T/6.tgz" release=r7)" 08

printf '%s: %d passed, %d failed\n' "${SH[*]}" "$pass" "$fail"
[ "$fail" = 0 ] || { cat "$T/err"; exit 1; }
