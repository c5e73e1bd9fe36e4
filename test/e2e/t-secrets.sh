# Secrets of a vault, on a real sshd: the scripts get their bytes, and nobody else does: no log, no
# store, no output, no argument and no environment of any process, here or on the host.
# fault 44: a vault's values are nowhere
. test/e2e/lib.sh
start_servers 2
new_project
data=$repo/test/data/vault
words=$work/words # never an argument: the search would find itself
{ cat "$data/db_password" && echo && cat "$data/api_token" && echo; } >"$words"
actions=$project/inventory/test-multi/actions
mkdir -p "$actions"
cp "$data/vars.yml" "$project/token.yml"
cp "$data/password" "$project/vault-password"
{
    sed 's/^    app_dir:/    db_password: !vault |\n@@\n    db_url: "db:\/\/app:{{ db_password }}@db"\n    app_dir:/' \
        "$project/inventory/test-multi/hosts.yml"
} >"$work/hosts.yml"
sed "s/^/      /" "$data/db_password.vault" >"$work/blob"
sed -e "/^@@/{r $work/blob" -e 'd}' "$work/hosts.yml" >"$project/inventory/test-multi/hosts.yml"

cat >"$actions/secrets.yml" <<'ACTION'
name: secrets
mutating: false
steps:
  - name: Use
    run: |
      printf '%s' "$db_password" >"got.$inventory_hostname"
      printf '%s' {{ api_token | quote }} >"token.$inventory_hostname"
      printf '%s' "$TOKEN$URL" >"env.$inventory_hostname"
      echo "password: $db_password"
      echo "token: $TOKEN" >&2
      printf %s "${db_password%open}"; sleep 0.1; echo open
      echo "tail: ${db_password%n}"
      set -x; : "$db_url"; set +x
      : >"waits.$inventory_hostname"
      until [ -e go ]; do sleep 0.05; done
    env: {TOKEN: "{{ api_token }}", URL: "{{ db_url }}"}
    unless: test "$db_password" = other
  - name: Here
    local: |
      printf '%s' "$db_password" >"here.$inventory_hostname"
      echo "password: $db_password, token: {{ nested.db | quote }}"
      : >"here-waits.$inventory_hostname"
      until [ -e here-go ]; do sleep 0.05; done
  - name: Write
    template: {src: conf.tmpl, dest: "{{ app_dir }}.conf"}
ACTION
# shellcheck disable=SC2016 # the text of an action
printf '%s\n' 'name: bad' 'mutating: false' 'steps:' '  - name: Fail' \
    '    run: echo "no entry with $db_password" >&2; exit 3' >"$actions/bad.yml"
printf '%s\n' 'name: say' 'mutating: false' 'steps:' '  - name: Say' '    run: exit 4' \
    '    error: "cannot use {{ db_url }} on {{ inventory_hostname }}"' >"$actions/say.yml"
echo 'password = {{ db_password }}' >"$project/conf.tmpl"
mkdir -p "$rig"/home/web-0{1,2}
[ "$(id -u)" != 0 ] || chmod 777 "$rig"/home/web-0?

# no byte of a secret anywhere but where it belongs
clean() { # WHAT FILE...
    local what=$1 found
    shift
    found=$(grep -rlaF -f "$words" "$@" 2>/dev/null)
    [ -z "$found" ] || fail "$what: a secret is in: $found"
}
processes_are_clean() {
    local found
    found=$(grep -laF -f "$words" /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null)
    [ -z "$found" ] || fail "$1: ps would show a secret: $found"
}

# ---- without a password: what is used is refused, what is not used is not missed
im run secrets test-multi -l web-01,web-02 -e @token.yml
assert_eq 'no password' 1 "$rc"
assert_has 'no password' "$err" 'token.yml: encrypted: IM_VAULT_PASSWORD_FILE must name a file'
im run say test-multi -l web-01
assert_eq 'used in error:' 1 "$rc"
assert_has 'used in error:' "$err" "hosts.yml:7:18: encrypted: IM_VAULT_PASSWORD_FILE must name"
im exec test-multi -l web-01 -- 'echo open'
assert_eq 'not used' 0 "$rc"

export IM_VAULT_PASSWORD_FILE=wrong
echo battery >"$project/wrong"
im run say test-multi -l web-01
assert_eq 'another password' 1 "$rc"
assert_has 'another password' "$err" 'IM_VAULT_PASSWORD_FILE holds another password, or the text was changed'
assert_eq 'told once' 1 "$(printf '%s\n' "$err" | grep -c 'another password')"
chmod 666 "$project/wrong"
im run say test-multi -l web-01
assert_eq 'written by everybody' 1 "$rc"
assert_has 'written by everybody' "$err" 'wrong: refused: everybody may write it'
export IM_VAULT_PASSWORD_FILE=vault-password

# ---- the run, held while all processes are looked at
(cd "$project" && exec "$im_bin" run secrets test-multi -l web-01,web-02 -e @token.yml -v) \
    >"$work/run.out" 2>"$work/run.err" </dev/null &
run=$!
wait_for 30 test -e "$rig/home/waits.web-01" -a -e "$rig/home/waits.web-02"
processes_are_clean 'on the hosts'
: >"$rig/home/go"
wait_for 30 test -e "$project/here-waits.web-01" -a -e "$project/here-waits.web-02"
processes_are_clean 'a local step'
: >"$project/here-go"
wait "$run"
assert_eq 'the run' 0 $?
for host in web-01 web-02; do
    cmp -s "$data/db_password" "$rig/home/got.$host" || fail "$host: not the bytes of the password"
    cmp -s "$data/api_token" "$rig/home/token.$host" || fail "$host: not the bytes of the token"
    cmp -s "$data/db_password" "$project/here.$host" || fail "$host: not the bytes here"
    assert_eq "$host: env" "$(cat "$data/api_token")db://app:$(cat "$data/db_password")@db" \
        "$(cat "$rig/home/env.$host")"
    assert_eq "$host: template" "password = $(cat "$data/db_password")" "$(cat "$rig/home/$host/app.conf")"
done
shown=$(cat "$work/run.out")
assert_has 'masked' "$shown" 'password: ***'
assert_has 'stderr' "$(cat "$work/run.out" "$work/run.err")" 'token: ***'
assert_has 'in two pieces' "$shown" 'web-01: ***'
assert_has 'what only begins like one' "$shown" 'tail: Sesam 7Q ope'
clean 'the run' "$work/run.out" "$work/run.err" "$project/var" "$project/debug.log"

# ---- failures: reasons, history, logs, events
for style in '-v' '-o jsonl' '-b'; do
    # shellcheck disable=SC2086 # words
    im run bad test-multi -l web-01 $style
    assert_eq "a failure $style" 2 "$rc"
    assert_has "a failure $style" "$out$err" 'no entry with ***'
    clean "a failure $style" "$work/out" "$work/err"
done
im run say test-multi -l web-01
assert_has 'error:' "$out$err" 'cannot use *** on web-01'
clean 'error:' "$work/out" "$work/err"
# shellcheck disable=SC2016 # the host's
im exec test-multi -l web-01 -- 'echo "$db_password" | tee exec.got'
assert_has 'exec' "$out" 'web-01: ***'
assert_eq 'exec has its bytes' "$(cat "$data/db_password")" "$(cat "$rig/home/exec.got")"
im logs test-multi web-01
im history test-multi
im inventory list test-multi --json
# shellcheck disable=SC2016 # the mark of a vault
assert_has 'as Ansible writes it' "$out" '"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256'
clean 'all that was written' "$work/out" "$work/err" "$project/var" "$project/debug.log"

# ---- where it would be seen
printf '%s\n' 'name: seen' 'mutating: false' 'steps:' '  - name: "Log in to {{ db_url }}"' '    run: "true"' \
    >"$actions/seen.yml"
im run seen test-multi -l web-01
assert_eq 'in a name' 1 "$rc"
assert_has 'in a name' "$err" 'seen.yml:4:22: name: a secret would be seen here'
finish
