# copy ENV SRC DEST: a file or folder to every host.
# shellcheck shell=bash disable=SC2154,SC2016
. test/e2e/lib.sh
start_servers 9
new_project
dest=$rig/home/in
mkdir -p "$dest"
[ "$(id -u)" != 0 ] || chmod 777 "$dest"
mkdir -p "$project/here/site/sub"
printf 'one\000two' >"$project/here/file"
printf '#!/bin/sh\n' >"$project/here/tool"
printf 'key' >"$project/here/private"
chmod 644 "$project/here/file"
chmod 755 "$project/here/tool"
chmod 600 "$project/here/private"
echo x >"$project/here/site/sub/x"
# here ARGUMENTS...: the program in a folder below the root
here() {
    (cd "$project/here" && "$im_bin" "$@") >"$work/out" 2>"$work/err" </dev/null
    rc=$?
    out=$(cat "$work/out")
    err=$(cat "$work/err")
}

# ---- a file: from the current folder, with its mode, to each host's own place
here copy test-multi file "$dest/{{ inventory_hostname }}.bin"
assert_eq 'a file' 0 "$rc"
for host in web-01 web-05 web-09; do
    assert_eq "$host has it" "$(sha256sum <"$project/here/file")" "$(sha256sum <"$dest/$host.bin")"
done
assert_eq 'to all of them' 9 "$(find "$dest" -name '*.bin' | wc -l)"
assert_has 'a line a host' "$out" 'web-09 ok '
assert_eq 'no host twice' 9 "$(printf '%s\n' "$out" | grep -c '^web-0[1-9] ok [0-9.]*s$')"
assert_eq 'mode' 644 "$(stat -c %a "$dest/web-01.bin")"
here copy test-multi tool "$dest/" -l web-01
assert_eq 'into a folder' 755 "$(stat -c %a "$dest/tool")"
here copy test-multi "$project/here/private" "$dest/p" -l web-01
assert_eq 'what is private stays so' 600 "$(stat -c %a "$dest/p")"
im copy test-multi file "$dest/x" -l web-01
assert_eq 'not from the root' 1 "$rc"
assert_has 'it says where it looked' "$err" "there is no file $project/file"

# ---- a folder
here copy test-multi site "$dest/" -l web-02
assert_eq 'a folder' '0 x' "$rc $(cat "$dest/site/sub/x")"
(cd "$project/here/site" && "$im_bin" copy test-multi . "$dest/" -l web-02 >"$work/out" 2>&1)
assert_eq 'a folder without a name of its own' 'sub' "$(ls "$dest/site")"
here copy test-multi site/ "$dest/other" -l web-02
assert_eq 'a folder under another name' x "$(cat "$dest/other/sub/x")"
ln -s /etc/passwd "$project/here/site/out"
here copy test-multi site "$dest/bad"
assert_eq 'a link that leads out' 1 "$rc"
assert_has 'a link that leads out' "$err" 'site/out: a link that leads out of the folder'
rm "$project/here/site/out"

# ---- names that are not plain
weird='a b'\''{{ x }}$y'
printf w >"$project/here/$weird"
here copy test-multi "$weird" "$dest/w w" -l web-01
assert_eq 'SRC is as it is' '0 w' "$rc $(cat "$dest/w w")"
here copy test-multi "$weird" "$dest/" -l web-01
assert_eq 'a name that would be a template' 5 "$rc"
assert_has 'a name that would be a template' "$err" 'write it behind DEST'
printf w >"$project/here/-v"
here copy test-multi -l web-01 -- -v "$dest/"
assert_eq 'a name like an option' '0 w' "$rc $(cat "$dest/-v")"

# ---- refused, with nothing of a run
runs=$(ls "$project/var/log/test-multi")
refused() { # CODE PART ARGUMENTS...
    local code=$1 part=$2
    shift 2
    here copy "$@"
    assert_eq "copy $*: exit" "$code" "$rc"
    assert_has "copy $*" "$err" "$part"
}
refused 5 'usage: inventory-manager copy ENV SRC DEST' test-multi file
refused 5 "DEST: expected a full path on the hosts (/srv/app/x), got 'x'" test-multi file x
refused 5 'DEST: expected a full path on the hosts' test-multi file ''
refused 5 'SRC is empty' test-multi '' /x
refused 5 'write it behind DEST' test-multi / /x/
refused 1 "dest: expected the full path of a file, got 'x'" test-multi file '{{ to }}' -e to=x
refused 1 "'nobody' is undefined" test-multi file '/x/{{ nobody }}'
refused 1 'no file and no folder' test-multi /dev/null "$dest/null"
refused 5 'takes no --tags' test-multi file /x -t deploy
refused 5 'takes no --yes' test-multi file /x -y
refused 5 'no environment' nowhere file /x
if [ "$(id -u)" != 0 ]; then
    chmod 0 "$project/here/private"
    refused 1 'private: Permission denied' test-multi private "$dest/p"
fi
assert_eq 'no run of what was refused' "$runs" "$(ls "$project/var/log/test-multi")"

# ---- a run like others: codes, events, a look before, beside a deployment
here copy test-multi file /proc/no/such -l web-01
assert_eq 'a host that cannot take it' 2 "$rc"
mv "$project/inventory/test-multi/known_hosts" "$work/"
: >"$project/inventory/test-multi/known_hosts"
here copy test-multi file "$dest/y" -l web-01
assert_eq 'a host that cannot be reached' 4 "$rc"
mv "$work/known_hosts" "$project/inventory/test-multi/"
here copy test-multi file "$dest/{{ inventory_hostname }}" -o jsonl
assert_eq 'jsonl' 9 "$(printf '%s\n' "$out" | grep -c '"type":"step_finished".*"outcome":"ok"')"
before=$(ls "$project/var/log/test-multi")
here copy test-multi tool "$dest/new" -C -l web-03
assert_has '-C' "$out" "copy test-multi: 1 host, parallel, 3 workers, no failure budget
web-03:
  login demo@127.20.0.3 port $port
  step 1/1 copy: upload
    $project/here/tool -> $dest/new, mode 0755, 10 bytes"
[ ! -e "$dest/new" ] || fail '-C sent it'
assert_eq '-C makes no run' "$before" "$(ls "$project/var/log/test-multi")"
slow_deploy test-multi 30
(cd "$project" && exec "$im_bin" deploy test-multi) >"$work/o" 2>"$work/e" </dev/null &
pid=$!
wait_for 20 three_held
here copy test-multi file "$dest/beside" -l web-01
assert_eq 'beside a deployment' '0 0' "$rc $(cmp -s "$project/here/file" "$dest/beside"; echo $?)"
kill -TERM $pid
wait_for 20 grep -q 'no new host is started' "$work/e"
end_held
wait $pid
im history
assert_has 'it is in the history' "$out" ' copy test-multi  1 host '
finish
