# Bad input: a clear message, the right exit code, nothing half-done.
. test/e2e/lib.sh
start_servers 9
new_project
# bad WHAT CODE PART ARGUMENTS...
bad() {
    local what=$1 code=$2 part=$3
    shift 3
    im "$@"
    assert_eq "$what: exit" "$code" "$rc"
    assert_has "$what: message" "$err" "$part"
}
conf=$project/inventory/test-multi/config.yml
bad 'unknown environment' 5 'did you mean test-multi' deploy test-mult
bad 'unknown action' 5 'did you mean deploy' run deply test-multi
bad 'unknown host' 5 'did you mean web-09' deploy test-multi -l web-9
bad 'unknown flag' 5 '--limt' deploy test-multi --limt web-01
bad 'unknown command' 5 'did you mean deploy' deplyo test-multi
cp "$conf" "$work/config.yml"
echo 'max_paralel_workers: 3' >>"$conf"
bad 'unknown key' 1 'config.yml:4:1: max_paralel_workers: unknown key (did you mean max_parallel_workers?)' deploy test-multi
assert_eq 'a path is told from the current folder' 'inventory/test-multi/config.yml:4:1:' \
    "$(printf '%s\n' "$err" | sed -n '1s/ .*//p')"
assert_has 'and from there only' "$(cd / && "$im_bin" --root "$project" validate 2>&1)" "$project/inventory/test-multi/config.yml:4:1:"
printf 'max_parallel_workers: "three"\n' >"$conf"
bad 'wrong value' 1 'config.yml:1:23: max_parallel_workers: expected a number from 0 to 10000' deploy test-multi
printf 'refresh_interval: 50ms\n' >"$conf"
bad 'value out of range' 1 'config.yml:1:19: refresh_interval: expected a duration like 500ms, 30s, 5m, 1h30m, from 100ms to 1h' deploy test-multi
mkdir -p "$project/inventory/sealed"
# shellcheck disable=SC2016 # it begins with a dollar
printf '$ANSIBLE_VAULT;1.1;AES256\n3131\n' >"$project/inventory/sealed/hosts.yml"
bad 'not yet' 5 'hosts.yml: not yet: an inventory that is encrypted as a whole' deploy sealed
rm -r "$project/inventory/sealed"
{
    echo 'a0: &a0 [x,x,x,x,x,x,x,x,x]'
    for i in 1 2 3 4 5 6 7 8 9; do
        p=$((i - 1))
        echo "a$i: &a$i [*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p]"
    done
} >"$conf"
bad 'alias bomb' 1 'config.yml:' deploy test-multi
cp "$work/config.yml" "$conf"
mkdir -p "$project/inventory/test-multi/actions"
printf 'name: greet\nsteps:\n  - run: echo {{ nobody_set_this }}\n' >"$project/inventory/test-multi/actions/greet.yml"
bad 'unknown variable' 1 "greet.yml:3:15: 'nobody_set_this' is undefined" run greet test-multi
mv "$project/build/sample.tar.gz" "$work/"
bad 'missing artifact' 1 'sample.tar.gz' deploy test-multi -e release=x
mv "$work/sample.tar.gz" "$project/build/"
chmod 644 "$project/build/demo/id_ed25519"
bad 'key open to others' 1 'open to others' exec test-multi -- true
mv "$project/build/demo/id_ed25519" "$work/id"
bad 'missing key' 1 'id_ed25519: there is no such file' exec test-multi -- true
mv "$work/id" "$project/build/demo/id_ed25519"
chmod 600 "$project/build/demo/id_ed25519"
before=$(find "$rig/home" | sort)
ssh-keygen -q -t ed25519 -N '' -f "$work/other"
other=$(cut -d' ' -f1,2 "$work/other.pub")
cp "$project/inventory/test-multi/known_hosts" "$work/known"
sed -i "s#^\(\[127.20.0.2\]:$port\) .*#\1 $other#" "$project/inventory/test-multi/known_hosts"
bad 'changed host key' 4 'known_hosts:2' exec test-multi -- true
assert_has 'changed host key names the host' "$err" 'web-02: unreachable: host key'
: >"$project/inventory/test-multi/known_hosts"
bad 'unknown host key' 4 'SHA256:' exec test-multi -l web-01 -- true
cp "$work/known" "$project/inventory/test-multi/known_hosts"
assert_eq 'nothing was touched on the targets' "$before" "$(find "$rig/home" | sort)"
finish
