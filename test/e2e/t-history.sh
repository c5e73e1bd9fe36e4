# status, history and logs: every form, and where there is nothing to show.
# shellcheck shell=bash disable=SC2154,SC2016
. test/e2e/lib.sh
start_servers 9
new_project
shows() { # WHAT CODE OUT ERR ARGUMENTS...
    local what=$1 code=$2 o=$3 e=$4
    shift 4
    im "$@"
    assert_eq "$what: exit" "$code" "$rc"
    assert_eq "$what: stdout" "$o" "$out"
    assert_eq "$what: stderr" "$e" "$err"
}
me='inventory-manager:'
# ---- before the first run
shows 'history' 0 '' 'no run yet' history
shows 'history ENV' 0 '' 'no run yet' history docker
shows 'history of a typo' 5 '' "$me no environment 'dokcer' in $project/inventory; did you mean docker?" history dokcer
shows 'status' 0 'docker: no run yet
test-multi: no run yet' '' status
shows 'status of a typo' 5 '' "$me no environment 'dokcer' in $project/inventory; did you mean docker?" status dokcer
shows 'logs' 0 '' 'no run yet' logs
shows 'logs ENV' 0 '' 'no run yet' logs docker
shows 'logs of a typo' 5 '' "$me no environment or run 'dokcer'; did you mean docker?" logs dokcer
shows 'logs of nothing known' 5 '' "$me no run 20200101" logs 20200101
[ ! -e "$project/var" ] || fail 'looking made var/'
mkdir "$work/empty"
shows 'status without environments' 0 '' "no environment in $work/empty/inventory" status --root "$work/empty"
shows 'history without environments' 0 '' 'no run yet' history --root "$work/empty"

# ---- after some
im exec test-multi -l web-01,web-02 -- 'echo out of $inventory_hostname; echo to stderr >&2'
assert_eq 'exec' 0 "$rc"
im exec test-multi -l web-03 -- true
assert_eq 'exec that says nothing' 0 "$rc"
im history
assert_eq 'two runs' 2 "$(printf '%s\n' "$out" | grep -c '  exec test-multi  ')"
silent=$(printf '%s\n' "$out" | sed -n '1s/ .*//p')
spoke=$(printf '%s\n' "$out" | sed -n '2s/ .*//p')
assert_has 'newest first' "$(printf '%s\n' "$out" | head -n 1)" '  1 host  '
shows 'history of the other environment' 0 '' 'no run yet' history docker
im logs "$spoke"
assert_eq 'logs RUN' 0 "$rc"
assert_has 'titles' "$out" '==> web-01 <=='
assert_has 'titles' "$out" '==> web-02 <=='
im logs "$spoke" web-02
assert_has 'logs RUN HOST' "$out" "out of web-02"
assert_not 'logs RUN HOST: of others' "$out" web-01
assert_not 'logs RUN HOST: no title' "$out" '==>'
im logs "${spoke%??}" web-01
assert_has 'the beginning of an id is enough' "$out" "out of web-01"
common=$(printf '%s\n%s\n' "$silent" "$spoke" | sed -e 'N;s/^\(.*\).*\n\1.*$/\1/')
im logs "$common"
assert_eq 'the beginning of two ids' 5 "$rc"
assert_has 'the beginning of two ids' "$err" 'several runs'
shows 'a host that said nothing' 0 '' "web-03 said nothing in run $silent" logs test-multi web-03
shows 'a host the run did not have' 5 '' "$me no host 'web-09' in run $silent; did you mean web-03?" logs test-multi web-09
im logs test-multi ../../../runs.db
assert_eq 'a path is no host' 5 "$rc"
assert_eq 'a path is no host: stdout' '' "$out"
im exec test-multi -l web-01 -- 'printf "\033[31mred\n"'
im logs test-multi web-01
assert_has 'bytes as they came, on a pipe' "$out" "$(printf '\033[31mred')"
im logs test-multi web-01 --raw
assert_has '--raw' "$out" "$(printf '\033[31mred')"

# ---- an environment whose folder is gone keeps its history
mv "$project/inventory/test-multi" "$work/gone"
im history test-multi
assert_eq 'history of a folder that is gone' 3 "$(printf '%s\n' "$out" | grep -c ' exec test-multi ')"
im logs test-multi
assert_has 'logs of a folder that is gone' "$out" red
im status test-multi
assert_has 'status of a folder that is gone' "$out" 'test-multi: '
mv "$work/gone" "$project/inventory/test-multi"

# ---- the root: flag, variable, the folder above
cd "$project/conf" || exit 1
assert_eq 'the folder above' 3 "$("$im_bin" history | grep -c test-multi)"
cd / || exit 1
assert_eq '--root' 3 "$("$im_bin" history --root "$project" | grep -c test-multi)"
assert_eq 'the variable' 3 "$(INVENTORY_MANAGER_ROOT=$project "$im_bin" history | grep -c test-multi)"
assert_eq 'the flag wins' '' "$(INVENTORY_MANAGER_ROOT=$project "$im_bin" history --root "$work/empty" 2>/dev/null)"
cd "$repo" || exit 1

# ---- a store that cannot be read is our error, and is not made anew
printf 'no database at all, but long enough to be taken for one ..............................' >"$project/var/runs.db"
for command in history status logs; do
    im $command
    assert_eq "$command on a broken store" 1 "$rc"
    assert_has "$command on a broken store" "$err" runs.db
done
assert_has 'it is left as it is' "$(cat "$project/var/runs.db")" 'no database at all'
finish
