# ~/.ssh/config: where a host is and who we are there; what is wrong with it is told with its line.
# shellcheck shell=bash disable=SC2154,SC2016
. test/e2e/lib.sh
start_servers 3
new_project
env=$project/inventory/conf
home=$work/user
mkdir -p "$home/.ssh" "$env"
chmod 700 "$home" "$home/.ssh"
export HOME=$home
unset SSH_AUTH_SOCK
cp "$rig/id_ed25519" "$home/.ssh/id_demo"
chmod 600 "$home/.ssh/id_demo"
cp "$rig/known_hosts" "$env/known_hosts"
cat >"$env/hosts.yml" <<HOSTS
all:
  vars:
    app_dir: "$rig/home/{{ inventory_hostname }}/conf"
    artifact: build/sample.tar.gz
    restart_cmd: "true"
  hosts: {web-01: , web-02: }
HOSTS
config() { # what stands in ~/.ssh/config, from standard input
    cat >"$home/.ssh/config"
    chmod 600 "$home/.ssh/config"
}
good() {
    cat <<CONFIG
Include hosts/*
Host web-*
  User demo
  Port $port
  IdentityFile ~/.ssh/nosuch
  IdentityFile ~/.ssh/id_%r
  Ciphers +aes256-cbc
  Compression yes
Host *
  User nobody
CONFIG
}
mkdir -p "$home/.ssh/hosts"
printf 'Host web-01\n  HostName 127.20.0.1\n' >"$home/.ssh/hosts/1"
printf 'Host web-02\n  HostName 127.20.0.2\n' >"$home/.ssh/hosts/2"
chmod 600 "$home"/.ssh/hosts/*
good | config

# ---- HostName, Port, User and IdentityFile of the user's file, and of what it includes
im provision conf
assert_eq 'provision' 0 "$rc"
im deploy conf
assert_eq 'deploy' 0 "$rc"
for h in web-01 web-02; do
    [ -L "$rig/home/$h/conf/current" ] || fail "deployed to $h"
done
im exec conf -l web-02 -- 'set -- $SSH_CONNECTION; echo "at $3"'
assert_has 'HostName' "$out" 'at 127.20.0.2'

# ---- the inventory has the word before the file, its arguments of ssh behind its variables
im exec conf -l web-01 -e ansible_port=1 -- true
assert_eq 'ansible_port' 4 "$rc"
assert_has 'ansible_port' "$out$err" '127.20.0.1 port 1:'
im exec conf -l web-01 -e ansible_ssh_common_args='-o HostName=127.20.0.3 -b 127.0.0.5' -- 'echo "$SSH_CONNECTION"'
assert_eq 'arguments of ssh' 0 "$rc"
assert_has 'arguments of ssh' "$out" "127.0.0.5 "
assert_has 'arguments of ssh' "$out" " 127.20.0.3 $port"
im exec conf -l web-01 -e ansible_ssh_common_args='-F none' -e ansible_host=127.20.0.1 -e ansible_user=demo \
    -e ansible_port="$port" -e ansible_ssh_private_key_file="$home/.ssh/id_demo" -- true
assert_eq '-F none' 0 "$rc"
IM_SSH_PASSWORD=geheim im exec conf -l web-01 -e ansible_ssh_common_args='-F none' -e ansible_host=127.20.0.1 \
    -e ansible_user=demo -e ansible_port="$port" -- true
assert_has 'a password that nobody asks for' "$out$err" \
    'auth: no key, and no password is taken as demo: the server would take: publickey'
im exec conf -l web-01 -e ansible_ssh_common_args='-o Ciphers=aes256-cbc -4' -- true
assert_eq 'a cipher the server has not' 4 "$rc"
assert_has 'a cipher the server has not' "$out$err" 'kex: '
im exec conf -l web-01 -e ansible_ssh_common_args='-6' -- true
assert_has 'a family it has no address of' "$out$err" 'is of the family that AddressFamily names'
im exec conf -l web-01 -e ansible_ssh_common_args='-N' -- true
assert_eq 'no argument for us' 1 "$rc"
assert_has 'no argument for us' "$err" 'web-01: ansible_ssh_common_args: takes -o -J'

# ---- -v tells what is not used
im exec conf -l web-01 -v -- true
assert_has '-v' "$err" "$home/.ssh/config:8: Compression: not used here"
assert_has '-v: a key that is not there' "$err" 'nosuch: there is no such file'
im exec conf -l web-01 -- true
assert_not 'without -v' "$err" 'not used here'

# ---- before a run: -C shows what it comes to, and looks at no key
(good; printf 'Host web-02\n  ProxyJump me@127.20.0.3:%s\n' "$port") | config
im exec conf -C -v -- true
assert_eq '-C' 0 "$rc"
assert_has '-C' "$out" "web-01:
  login demo@127.20.0.1 port $port
  step"
assert_has '-C: the way' "$out" "  login demo@127.20.0.2 port $port, through me@127.20.0.3 port $port"
assert_has '-C -v' "$out" "$home/.ssh/config:8: Compression: not used here"
im exec conf -C -o jsonl -- true
assert_has '-C for programs' "$out" \
    '"host":"web-02","user":"demo","address":"127.20.0.2","port":'"$port"',"through":[{"user":"me","address":"127.20.0.3","port":'"$port"'}]}'

# ---- mistakes: nothing is started
(good; echo 'Hots other') | config
for words in 'validate conf' 'exec conf -C -- true'; do
    # shellcheck disable=SC2086 # words
    im $words
    assert_eq "$words: a typing error" 1 "$rc"
    assert_has "$words: a typing error" "$err" "$home/.ssh/config:11: hots: bad configuration option"
done
im deploy conf
assert_eq 'a typing error' 1 "$rc"
assert_has 'a typing error' "$err" "$home/.ssh/config:11: hots: bad configuration option"
(good; echo 'StrictHostKeyChecking perhaps') | config
im exec conf -- true
assert_has 'a wrong value' "$err" "$home/.ssh/config:11: StrictHostKeyChecking: unsupported option"
(good; echo 'Match host 127.20.0.2 exec "touch '"$work"'/ran"') | config
im exec conf -l web-01 -- true
assert_eq 'exec of another host' 0 "$rc"
im exec conf -l web-02 -- true
assert_eq 'exec' 1 "$rc"
assert_has 'exec' "$err" "web-02: $home/.ssh/config:11: Match: exec is not supported"
[ ! -e "$work/ran" ] || fail 'a command of ssh_config was run'
(good; echo 'RevokedHostKeys /x') | config
im exec conf -- true
assert_has 'RevokedHostKeys' "$err" ':11: RevokedHostKeys: not supported: a revoked key would be accepted'
good | config
chmod 666 "$home/.ssh/config"
im exec conf -- true
assert_eq 'writable by everybody' 1 "$rc"
assert_has 'writable by everybody' "$err" "$home/.ssh/config: bad owner or permissions"

# ---- one machine under two names, which only the file tells
good | sed 's/^Include.*/HostName 127.20.0.1/' | config
im exec conf -- true
assert_eq 'one machine' 1 "$rc"
assert_has 'one machine' "$err" 'web-02 is the same machine as web-01'
im exec conf -l web-02 -- true
assert_eq 'one of its names' 0 "$rc"

im validate conf
assert_eq 'validate: one machine' 1 "$rc"
assert_has 'validate: one machine' "$err" 'web-02 is the same machine as web-01'

# ---- host keys: of config.yml and the file the stricter word counts
good | config
: >"$env/known_hosts"
im exec conf -l web-01 -- true
assert_eq 'an unknown key' 4 "$rc"
(good; echo 'StrictHostKeyChecking no') | config
im exec conf -l web-01 -- true
assert_eq 'the file says no, config.yml nothing' 0 "$rc"
assert_has 'the file says no' "$err" 'accepted without checking'
echo 'host_key_checking: strict' >"$env/config.yml"
im exec conf -l web-01 -- true
assert_eq 'the file says no, config.yml strict' 4 "$rc"
finish
