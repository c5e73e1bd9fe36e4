# libssh.sh - test/fleet, on libssh's server: here every address has the same folder, DIR/home, as with the others.
# shellcheck shell=sh disable=SC2154
prepare() {
    fleet=${FLEET:-$here/build/release/test/fleet/fleet}
    [ -x "$fleet" ] || missing "$fleet (make fleet)"
    cp "$fleet" "$dir/bin/fleet"
    mkdir -p "$dir/home/tmp" # it makes one, and tests look at what is there
    i=0
    while [ "$i" -lt "$count" ]; do
        printf '%s home\n' "$(ip "$i")"
        i=$((i + 1))
    done >"$dir/hosts"
    own_all "$dir/bin/fleet"
}

launch() {
    under_account "$dir/bin/fleet" --root "$dir" --hosts "$dir/hosts" --host-key "$dir/host_key" \
        --authorized-keys "$dir/authorized_keys" --user demo --port "$port"
}

listens() { grep -q '^ready' "$dir/sshd.out" 2>/dev/null; }
