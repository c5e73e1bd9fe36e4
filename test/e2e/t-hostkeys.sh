# Host keys on real sshds: unknown, changed, revoked, authorities, hashed names, accept-new, and keys scan.
. test/e2e/lib.sh
start_servers 3
new_project
known=$project/inventory/test-multi/known_hosts
config=$project/inventory/test-multi/config.yml
three='web-01,web-02,web-03'
export HOME=$work/nobody # no known_hosts of whoever runs this
mkdir -p "$HOME"
cp "$known" "$work/known"
key=$(awk '{print $1" "$2}' "$rig/host_key.pub")
other=$(ssh-keygen -q -t ed25519 -N '' -f "$work/other" && awk '{print $1" "$2}' "$work/other.pub")
print=$(ssh-keygen -lf "$rig/host_key.pub" | cut -d' ' -f2)
checking() { # WORD: host_key_checking in config.yml
    sed -i '/^host_key_checking:/d' "$config"
    printf 'host_key_checking: %s\n' "$1" >>"$config"
}
deny() { # WHAT PART: web-01 is not let in, whatever the setting
    local word
    for word in strict accept-new off; do
        checking $word
        cp "$known" "$work/before"
        im exec test-multi -l web-01 -- true
        assert_eq "$1, $word" 4 "$rc"
        assert_has "$1, $word" "$out$err" "$2"
        cmp -s "$known" "$work/before" || fail "$1, $word: known_hosts was written"
    done
}

# ---- strict: unknown, and what to do
: >"$known"
im exec test-multi -l web-01 -- true
assert_eq 'unknown' 4 "$rc"
assert_has 'unknown' "$out$err" "unknown: ssh-ed25519 $print of 127.20.0.1 port $port is in no known_hosts"
assert_has 'unknown: what to do' "$out$err" '`inventory-manager keys scan test-multi`'

# ---- never: changed, revoked, an authority
printf '# ours\n[127.20.0.1]:%s %s\n' "$port" "$other" >"$known"
deny 'changed' 'known_hosts:2'
assert_has 'changed: what to do' "$out$err" "\`ssh-keygen -R '[127.20.0.1]:$port' -f $known\`, then \`inventory-manager keys scan test-multi\`"
printf '[127.20.0.1]:%s %s\n@revoked * %s\n' "$port" "$key" "$key" >"$known"
deny 'revoked' 'known_hosts:2'
printf '@cert-authority *.0.0.1,[127.20.0.*]:%s %s\n' "$port" "$other" >"$known"
deny 'an authority' '@cert-authority at '
printf '@cert-authority * %s\n[127.20.0.1]:%s %s\n' "$key" "$port" "$other" >"$known"
deny 'changed beside an authority' 'host certificates are not supported'

# ---- known in other ways
checking strict
for line in "[127.20.0.*]:$port" "[127.20.0.?]:*" '*,!web-01' '127.20.0.1' "|hashed|"; do
    printf 'x %s\n@cert-authority * %s\n' "$other" "$other" >"$known"
    if [ "$line" = '|hashed|' ]; then
        printf '[127.20.0.1]:%s %s\n' "$port" "$key" >>"$known"
        ssh-keygen -q -H -f "$known" >/dev/null 2>&1 && rm -f "$known.old"
        assert_not 'hashed' "$(cat "$known")" '127.20.0.1'
    else
        printf '%s %s comment\r\n' "$line" "$key" >>"$known"
    fi
    im exec test-multi -l web-01 -- true
    assert_eq "known as $line" 0 "$rc"
done
# a file that cannot be read stops a run that has not begun
rm "$known"
mkdir "$known"
im exec test-multi -l web-01 -- true
assert_eq 'a folder' 1 "$rc"
assert_has 'a folder' "$err" 'known_hosts: not a file'
rmdir "$known"

# ---- off: loudly, and not kept
: >"$known"
checking off
im exec test-multi -l web-01 -- true
assert_eq 'off' 0 "$rc"
assert_has 'off' "$out$err" "$print of 127.20.0.1 port $port accepted without checking"
assert_eq 'off writes nothing' '' "$(cat "$known")"

# ---- accept-new: kept, told once a host, and the next run is strict
checking accept-new
printf '# ours\ntorn' >"$known"
chmod 640 "$known"
im exec test-multi -l "$three" -f 3 -- true
assert_eq 'accept-new' 0 "$rc"
assert_eq 'told once a host' 3 "$(printf '%s\n' "$out$err" | grep -c 'new, accepted: ')"
assert_has 'accept-new' "$out$err" "new, accepted: ssh-ed25519 $print of 127.20.0.1 port $port"
assert_eq 'comments are kept' '# ours torn' "$(head -n 2 "$known" | tr '\n' ' ' | sed 's/ $//')"
assert_eq 'three lines' 3 "$(grep -c "^\[127\.20\.0\.[123]\]:$port ssh-ed25519 " "$known")"
assert_eq 'the mode is kept' 640 "$(stat -c %a "$known")"
assert_eq 'nothing else' '' "$(find "$project/inventory/test-multi" -name 'known_hosts?*')"
cp "$known" "$work/kept"
checking strict
im exec test-multi -l "$three" -f 3 -- true
assert_eq 'the next run' 0 "$rc"
assert_not 'the next run' "$out$err" 'accepted'
cmp -s "$known" "$work/kept" || fail 'the next run has written'

# again and again: a line a host
cp -r "$project/inventory/test-multi" "$project/inventory/twice"
cat >"$project/inventory/twice/hosts.yml" <<HOSTS
all:
  vars: {ansible_user: demo, ansible_port: $port, ansible_ssh_private_key_file: build/demo/id_ed25519}
  hosts:
    a: {ansible_host: 127.20.0.1}
    b: {ansible_host: 127.20.0.2}
HOSTS
: >"$project/inventory/twice/known_hosts"
printf 'host_key_checking: accept-new\n' >"$project/inventory/twice/config.yml"
for i in 1 2 3; do im exec twice -f 2 -- true; done
assert_eq 'again and again' 0 "$rc"
assert_eq 'a line a host' 2 "$(wc -l <"$project/inventory/twice/known_hosts")"

# what cannot be written is told once, and the run goes on
rm "$project/inventory/twice/known_hosts"
ln -s nowhere/known_hosts "$project/inventory/twice/known_hosts"
im exec twice -f 2 -- true
assert_eq 'not writable' 0 "$rc"
assert_eq 'not writable' 1 "$(printf '%s\n' "$out$err" | grep -c 'new host keys hold for this run only')"
rm "$project/inventory/twice/known_hosts"

# ---- keys scan
: >"$known"
im keys scan test-multi -l "$three"
assert_eq 'nobody to ask' 5 "$rc"
assert_has 'nobody to ask' "$err" 'new keys are kept only after a yes, and nobody can be asked here: give --yes'
assert_eq 'nothing was written' '' "$(cat "$known")"
assert_has 'scan' "$out" "web-01 [127.20.0.1]:$port"
assert_has 'scan' "$out" "  new      ssh-ed25519         $print"
im keys scan test-multi -l "$three" -y
assert_eq 'scan -y' 0 "$rc"
assert_has 'scan -y' "$err" '3 keys added to '
assert_eq 'as ssh-keyscan says' "$(ssh-keyscan -t ed25519 -p "$port" 127.20.0.1 127.20.0.2 127.20.0.3 2>/dev/null | sort)" \
    "$(sort "$known")"
im provision test-multi -l "$three" -f 3
assert_eq 'scan, then provision' 0 "$rc"
im deploy test-multi -l "$three" -f 3
assert_eq 'and deploy' 0 "$rc"
im keys scan test-multi -l "$three"
assert_eq 'nothing new: nothing is asked' 0 "$rc"
assert_has 'known' "$out" "  known    ssh-ed25519         $print"
im keys scan test-multi -l "$three" -q
assert_eq 'quiet' '' "$out"
im keys scan test-multi -l web-02 -o jsonl
assert_eq 'jsonl' "{\"host\": \"web-02\", \"name\": \"[127.20.0.2]:$port\", \"type\": \"ssh-ed25519\", \"fingerprint\": \"$print\", \"state\": \"known\"}" "$out"
printf '[127.20.0.1]:%s %s\n' "$port" "$other" >"$known"
im keys scan test-multi -l "$three" -y
assert_eq 'changed' 2 "$rc"
assert_has 'changed' "$out" '  CHANGED  ssh-ed25519'
assert_eq 'a changed one is not added' 3 "$(wc -l <"$known")"
assert_eq 'a changed one is not added' "[127.20.0.1]:$port $other" "$(head -n 1 "$known")"
todo=$(printf '%s\n' "$out" | sed -n "s/.* set up anew: \(ssh-keygen .*\), then scan again$/\1/p")
(cd "$project" && eval "$todo") >/dev/null 2>&1 || fail "what it says to do: «$todo»"
im keys scan test-multi -l web-01 -y
assert_eq 'done as it says' 0 "$rc"
assert_has 'done as it says' "$err" '1 key added to '
# a server with three types, of which one is known; then one of them is another's
for type in rsa ecdsa; do
    ssh-keygen -q -t $type -N '' -f "$rig/host_key_$type"
    printf 'HostKey %s\n' "$rig/host_key_$type" >>"$rig/sshd_config.0"
done
[ "$(id -u)" != 0 ] || chown --reference="$rig/host_key" "$rig"/host_key_*
kill -HUP "$(cat "$rig/pid.0")"
has_rsa() { ssh-keyscan -t rsa -p "$port" 127.20.0.1 2>/dev/null | grep -q ssh-rsa; }
wait_for 20 has_rsa
cp "$work/kept" "$known"
im keys scan test-multi -l web-01 -y
assert_eq 'three types' 0 "$rc"
assert_has 'three types' "$out" '  known    ssh-ed25519 '
assert_has 'three types' "$out" '  new      ecdsa-sha2-nistp256 '
assert_has 'three types' "$out" "  new      ssh-rsa             $(ssh-keygen -lf "$rig/host_key_rsa" | cut -d' ' -f2)"
assert_eq 'three types' 3 "$(grep -c '^\[127\.20\.0\.1\]' "$known")"
grep -v ed25519 "$known" >"$work/without" # the known types are asked for
cp "$work/without" "$known"
im exec test-multi -l web-01 -- true
assert_eq 'known by another type' 0 "$rc"
printf '[127.20.0.1]:%s %s\n' "$port" "$other" >"$known"
im keys scan test-multi -l web-01 -y
assert_eq 'none of the known ones is shown' 2 "$rc"
assert_eq 'none of the known ones is shown' 3 "$(printf '%s\n' "$out" | grep -c '^  CHANGED ')"
assert_eq 'none of the known ones is shown' 1 "$(wc -l <"$known")"
im keys scan test-multi -l web-04 -y # no server there
assert_eq 'no answer' 4 "$rc"
assert_has 'no answer' "$out" "web-04 [127.20.0.4]:$port
  not seen: "
im keys scan "127.20.0.1:$port,"
assert_eq 'a list of hosts' 5 "$rc"
im keys scan "127.20.0.1:$port," -y
assert_eq 'no folder for it' 1 "$rc"
assert_has 'no folder for it' "$err" 'inventory/_hosts: there is no such folder: make it'
im exec "127.20.0.1:$port," -e ansible_user=demo -e ansible_ssh_private_key_file="$rig/id_ed25519" -- true
assert_has 'a list of hosts has no name to scan' "$out$err" '`inventory-manager keys scan ENV`'
im keys lock test-multi
assert_eq 'another word' 5 "$rc"
finish
