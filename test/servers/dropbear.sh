# dropbear.sh - Debian's dropbear-bin.  At most ten addresses a process (DROPBEAR_MAX_PORTS); it clears the
# environment of commands, so PATH is set by a forced command that does nothing else.
# shellcheck shell=sh disable=SC2154
ADDRESSES_MAX=10

prepare() {
    command -v dropbear >/dev/null || missing dropbear-bin
    cp "$(command -v dropbear)" "$dir/bin/dropbear"
    rm -f "$dir/dropbear_key"
    dropbearkey -t ed25519 -f "$dir/dropbear_key" 2>/dev/null | grep '^ssh-ed25519' >"$dir/host_key.pub"
    mkdir -p "$dir/home/.ssh"
    cp "$dir/authorized_keys" "$dir/home/.ssh/authorized_keys"
    chmod 700 "$dir/home/.ssh"
    cat >"$dir/bin/with-path" <<SCRIPT
#!/bin/sh
PATH=$dir/home/bin:/usr/local/bin:/usr/bin:/bin
export PATH
exec /bin/sh -c "\$SSH_ORIGINAL_COMMAND"
SCRIPT
    chmod 755 "$dir/bin/with-path"
    own_all "$dir/bin/dropbear"
}

launch() {
    processes=0 i=0
    while [ "$i" -lt "$count" ]; do
        set --
        while [ "$i" -lt "$count" ] && [ $# -lt $((2 * ADDRESSES_MAX)) ]; do
            set -- "$@" -p "$(ip "$i"):$port"
            i=$((i + 1))
        done
        # Not detached, to standard error, no passwords, no forwarding, no message of the day.
        under_account "$dir/bin/dropbear" -F -E -s -j -k -m -r "$dir/dropbear_key" \
            -c "exec $dir/bin/with-path" "$@"
        processes=$((processes + 1))
    done
}

# It goes on when an address is taken: then it must end.
listens() {
    if grep -q 'Failed listening' "$dir/sshd.log"; then
        while read -r pid; do kill "$pid" 2>/dev/null || :; done <"$dir/pid"
        return 1
    fi
    [ "$(grep -c 'Not backgrounding' "$dir/sshd.log")" = "$processes" ] && accepts
}
accepts() { (exec 2>/dev/null; python3 -c "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)" "$(ip 0)" "$port"); }
