# asyncssh.sh - python3-asyncssh under Debian's python3: asyncssh.py beside.
# shellcheck shell=sh disable=SC2154
prepare() {
    /usr/bin/python3 -W ignore -c 'import asyncssh' 2>/dev/null || missing python3-asyncssh
    cp "$here/test/servers/asyncssh.py" "$dir/bin/asyncssh_server.py"
    chmod 755 "$dir/bin/asyncssh_server.py"
    own_all "$dir/bin/asyncssh_server.py"
}

launch() {
    set --
    i=0
    while [ "$i" -lt "$count" ]; do
        set -- "$@" "$(ip "$i")"
        i=$((i + 1))
    done
    under_account /usr/bin/python3 -W ignore "$dir/bin/asyncssh_server.py" "$dir" "$port" "$@"
}

listens() { grep -q '^ready' "$dir/sshd.out" 2>/dev/null; }
