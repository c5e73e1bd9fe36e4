# Every byte a variable can hold arrives in the script as it is, on dash and on busybox ash; and no value
# can become a command.
# fault 21: values with escape sequences, bidi, half UTF-8
# fault 43: every byte in a variable, on two shells
# shellcheck shell=bash disable=SC2154,SC2034,SC2016,SC2086
. test/e2e/lib.sh
. test/e2e/fleet.sh

cases=${BYTES_CASES:-60} # values of a run
seed=${BYTES_SEED:-$RANDOM}
printf 'seed %s, %s values of each shell\n' "$seed" "$cases"

# make_values DIR: v0 holds the bytes 1 to 255, the next ones what shells and YAML stumble over, the rest is random.
make_values() {
    /usr/bin/python3 - "$1" "$seed" "$cases" <<'PYTHON'
import os, random, sys
folder, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
hard = [
    bytes(range(1, 256)), b"", b"'", b"''\\''", b'"', b"\\", b"\n", b"\n\n", b"a\nb\n", b"-n", b"-e \\033[31m", b"*",
    b"~", b"$HOME", b"$(touch pwned)", b"`touch pwned`", b"'; touch pwned; '", b'"; touch pwned; "', b"${IFS}touch${IFS}pwned",
    b"}\ntouch pwned\n{", b"\nSUP1 x STARTED\n", b"#B\n", b"%s%n%d", b"{{ inventory_hostname }}"[:2] + b" 'x' }}",
    b"\xff\xfe\x80", "\u202eabc\u2066".encode(), b"\x1b]52;c;aGk=\x07", b"a" * 102400, b"\xc3\xa9" * 5000, b" lead and trail ",
    b"\t\t", b"EOF\n", b"\r\n", b"!!", b"\x7f\x01",
]
def word():
    n = int(rng.expovariate(1 / 40))
    kind = rng.random()
    pool = range(1, 256) if kind < 0.5 else b"'\"\\$`(){};&|<>*?[]~#%\n\t =!" if kind < 0.9 else b"abc '"
    return bytes(rng.choice(pool) for _ in range(n))
def plain(v): # a value is a template of its own: braces are text only where they do not open one
    return v.replace(b"{{", b"{ {")
for i in range(count):
    v = plain(hard[i]) if i < len(hard) and i != 23 else plain(word())
    with open(os.path.join(folder, f"v{i}"), "wb") as f:
        f.write(v)
PYTHON
}

# The action writes each value three ways: exported, quoted into the script, under env.
make_action() {
    mkdir -p "$project/conf/actions"
    {
        printf 'name: bytes\nmutating: false\nsteps:\n'
        for ((i = 0; i < cases; i++)); do
            printf '  - run: |\n      printf %%s "$v%d" >got.v%d.export\n' "$i" "$i"
            printf '      printf %%s {{ v%d | quote }} >got.v%d.quote\n' "$i" "$i"
            printf '      printf %%s "$E" >got.v%d.env\n    env: {E: "{{ v%d }}"}\n' "$i" "$i"
        done
    } >"$project/conf/actions/bytes.yml"
}

# try_shell NAME: run it against the fleet that is up; every file must be the value, byte for byte.
try_shell() {
    local arguments=() i way bad=0 home=$rig/home/web-01
    for ((i = 0; i < cases; i++)); do arguments+=(-e "v$i=$(cat "$work/values/v$i"; printf x)"); done
    # $(...) cuts trailing newlines: the x keeps them, and is cut here.
    for ((i = 1; i < ${#arguments[@]}; i += 2)); do arguments[i]=${arguments[i]%x}; done
    rm -f "$home"/got.* "$home/pwned"
    im run bytes test-multi -l web-01 "${arguments[@]}"
    assert_eq "$1: exit" 0 "$rc"
    [ "$rc" = 0 ] || printf '%s\n%s\n' "$out" "$err" | tail -n 20
    for ((i = 0; i < cases; i++)); do
        for way in export quote env; do
            cmp -s "$work/values/v$i" "$home/got.v$i.$way" || { bad=$((bad + 1)); fail "$1: v$i by $way differs"; }
        done
    done
    [ ! -e "$home/pwned" ] || fail "$1: a value was executed"
    printf '%s: %d values, three ways each, %d differences\n' "$1" "$cases" "$bad"
}

mkdir -p "$work/values"
make_values "$work/values"

start_fleet
fleet_project
make_action
try_shell "$(readlink -f /bin/sh)"

# What is not quoted is refused before anything connects, and says what to write.
cat >"$project/conf/actions/inject.yml" <<'ACTION'
name: inject
mutating: false
steps:
  - run: echo {{ v }}
ACTION
for v in '; touch pwned' '$(touch pwned)' '`touch pwned`' $'a\ntouch pwned' 'a b' "'" '*' ''; do
    im run inject test-multi -l web-01 -e "v=$v"
    if [ -z "$v" ]; then
        assert_eq 'an empty value' 0 "$rc"
    else
        assert_eq "«$v» unquoted" 1 "$rc"
        assert_has "«$v» says what to write" "$err" '| quote'
    fi
done
assert_eq 'nothing connected' 2 "$(count_of accepted)"
# Names that a shell obeys are not variables of a script.
for name in IFS PATH LD_PRELOAD ENV PS4; do
    printf 'name: inject\nmutating: false\nsteps:\n  - run: printf %%s "$%s" >got.name\n' "$name" >"$project/conf/actions/inject.yml"
    im run inject test-multi -l web-01 -e "$name=/evil"
    assert_not "$name is not handed over" "$(cat "$rig/home/web-01/got.name" 2>/dev/null)" /evil
done
stop_fleet

# fault 29: no bash and no dash: busybox is /bin/sh
# The same with busybox as /bin/sh, in a mount namespace of the fleet's own.
busybox=$(command -v busybox)
printf '#!/bin/sh\nmount --bind %s /bin/sh && exec "$@"\n' "$busybox" >"$work/with-busybox"
chmod 755 "$work/with-busybox"
wrapper="unshare --mount --propagation private $work/with-busybox"
[ "$(id -u)" = 0 ] || wrapper="unshare --map-root-user --mount --propagation private $work/with-busybox"
if ! $wrapper /bin/sh -c 'exit 0' 2>/dev/null || [ -z "$busybox" ]; then
    printf 'skipped: busybox as /bin/sh: no mount namespace here\n'
else
    assert_has 'sh is busybox' "$($wrapper /bin/sh --help 2>&1 | head -n 1)" BusyBox
    rm -f "$rig/known_hosts"
    start_fleet
    fleet_project
    make_action
    try_shell busybox
    stop_fleet
fi
finish
