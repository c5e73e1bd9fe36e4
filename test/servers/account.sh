# account.sh - what each test server needs: an account, keys, addresses, known_hosts.  Sourced with dir
# (absolute), first and count set.
#
# The only user is `demo` with the key dir/id_ed25519 and the home dir/home.  Servers run under an ordinary
# uid (as root: nobody); libnss-wrapper gives the account.
# shellcheck shell=sh disable=SC2154,SC2034

fail() {
    printf '%s\n' "$0: $1" >&2
    exit 1
}

# ip N: FIRST plus N, within the last two numbers.
ip() {
    n=$((${first##*.} + $1)) head=${first%.*}
    printf '%s.%s.%s\n' "${head%.*}" "$((${head##*.} + n / 250))" "$((n % 250))"
}

# make_account SHELL: before anything runs as it; own_all after everything is written.
make_account() {
    uid=$(id -u) gid=$(id -g)
    [ "$uid" != 0 ] || { uid=65534 gid=65534; }
    mkdir -p "$dir/home" "$dir/bin"
    [ -e "$dir/host_key" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/host_key"
    [ -e "$dir/id_ed25519" ] || ssh-keygen -q -t ed25519 -N '' -C demo -f "$dir/id_ed25519"
    cp "$dir/id_ed25519.pub" "$dir/authorized_keys"
    hash=x
    [ ! -e "$dir/password" ] || hash=$(openssl passwd -6 -stdin <"$dir/password")
    printf 'demo:%s:%s:%s:demo:%s/home:%s\nsshd:x:%s:%s:sshd:%s/home:/bin/false\n' \
        "$hash" "$uid" "$gid" "$dir" "$1" "$((uid + 1))" "$gid" "$dir" >"$dir/passwd"
    printf 'demo:x:%s:\n' "$gid" >"$dir/group"
}
as_user=
own_all() { # PROGRAM: what must be reachable
    [ "$(id -u)" = 0 ] || return 0
    chown -R "$uid:$gid" "$dir"
    as_user="setpriv --reuid=$uid --regid=$gid --clear-groups"
    $as_user test -x "$1" || fail "$dir cannot be reached by the user nobody"
}

# Below the ephemeral range, which collides.
some_port() { printf '%s\n' "$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))"; }

write_known_hosts() {
    i=0
    key=$(cut -d' ' -f1,2 "$dir/host_key.pub")
    while [ $i -lt "$count" ]; do
        printf '[%s]:%s %s\n' "$(ip $i)" "$port" "$key"
        i=$((i + 1))
    done >"$dir/known_hosts"
}
