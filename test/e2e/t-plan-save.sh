# plan --save, deploy --plan: exactly that plan is run, or it is refused and said what has changed since.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
start_servers 9
new_project
env=$project/inventory/test-multi
mkdir -p "$env/actions"
cat >"$env/actions/deploy.yml" <<'ACTION'
name: deploy
produces: deployed
steps:
  - name: Send
    upload: {src: "{{ artifact }}", dest: "/tmp/im-plan.{{ inventory_hostname }}"}
  - name: Mark
    run: |
      echo "$word $release" >>"mark.$inventory_hostname"
      test ! -e "bad.$inventory_hostname"
    tags: [mark]
  - name: Not here
    run: touch "other.$inventory_hostname"
    tags: [other]
ACTION
sed -i "s#/tmp/im-plan#$rig/home/sent#" "$env/actions/deploy.yml"
printf '%s\n' 'max_parallel_workers: 3' 'order: shuffle' >"$env/config.yml"
echo one >"$project/app.txt"
order() { grep -oE 'processing: deploy for server web-0[1-9]' "$project/debug.log" | grep -o 'web-0[1-9]' | tail -n 4 | tr '\n' ' '; }
save() { im plan deploy test-multi -w 'web-[01-04]' --skip-tags other -e word=hello -e artifact=app.txt --save it.plan; }
save
assert_eq 'save' 0 "$rc"
assert_has 'save says what it is for' "$err" 'inventory-manager deploy test-multi --plan it.plan runs this plan'
assert_eq 'nobody else reads it' 600 "$(stat -c %a "$project/it.plan")"
planned() { python3 -c 'import json, sys
print("".join(h["name"] + " " for h in json.load(open(sys.argv[1]))["hosts"]))' "$project/it.plan"; }
assert_eq 'four hosts' 4 "$(planned | wc -w)"
[ "$(planned)" != 'web-01 web-02 web-03 web-04 ' ] || save # a shuffle may come out as it went in

# ---- it is run as it is
im deploy test-multi --plan it.plan
assert_eq 'run' 0 "$rc"
assert_eq 'these hosts in this order' "$(planned)" "$(order)"
release=$(sha256sum "$project/app.txt" | cut -c1-12)
assert_eq 'with its -e' "hello $release" "$(cat "$rig/home/mark.web-03")"
[ ! -e "$rig/home/mark.web-05" ] || fail 'a host beside the plan'
[ ! -e "$rig/home/other.web-01" ] || fail 'a step that was skipped in the plan'

# ---- and in another checkout of the same files
cp -r "$project" "$work/elsewhere"
project=$work/elsewhere im deploy test-multi --plan it.plan -C -q
assert_eq 'elsewhere' 0 "$rc"

# ---- what contradicts it
contradicts() { # OPTION ARGUMENTS...
    local option=$1
    shift
    im deploy test-multi --plan it.plan "$@"
    assert_eq "$option: exit" 5 "$rc"
    assert_eq "$option" "inventory-manager: $option is not what it.plan was made with: leave it out, or make a new plan" "$err"
}
contradicts -l -l web-01
contradicts -w -w 'web-[01-02]'
contradicts -t -t mark
contradicts --skip-tags --skip-tags mark
contradicts -f -f 9
contradicts --seed --seed 1
contradicts '-e word' -e word=other
contradicts '-e more' -e more=1
im deploy test-multi --plan it.plan -w 'web-[01-04]' -e word=hello -C -q
assert_eq 'what was said is no contradiction' 0 "$rc"
im update test-multi --plan it.plan
assert_eq 'another action' 5 "$rc"
assert_has 'another action' "$err" 'it.plan is a plan of deploy test-multi, not of update test-multi'
im deploy test-multi --force
assert_eq '--force alone' 5 "$rc"

# ---- what has changed
before=$(find "$rig/home" -name 'mark.*' -exec cat {} + | wc -l)
changed() { # LINE
    im deploy test-multi --plan it.plan
    assert_eq "$1: exit" 1 "$rc"
    assert_eq "$1" "$1
inventory-manager: it.plan: 1 thing has changed since it was made; nothing was started (--force takes what is there now)" "$err"
    rm -rf "$project/inventory"
    cp -r "$work/inventory" "$project/inventory"
    cp "$work/app.txt" "$project/app.txt"
}
cp -r "$project/inventory" "$work/inventory"
cp "$project/app.txt" "$work/app.txt"
echo two >"$project/app.txt"
changed 'artifact: app.txt differs'
echo >>"$env/actions/deploy.yml"
changed 'action: inventory/test-multi/actions/deploy.yml differs'
cp "$env/actions/deploy.yml" "$project/conf/actions/deploy.yml" && rm "$env/actions/deploy.yml"
changed 'action: conf/actions/deploy.yml is the file now'
echo 'max_fail: 2' >>"$env/config.yml"
changed 'settings: max_fail was not set, is 2'
sed -i 's/shuffle/sorted/' "$env/config.yml"
changed 'settings: order was "shuffle", is "sorted"'
mkdir -p "$env/host_vars"
echo 'colour: red' >"$env/host_vars/web-02.yml"
changed 'inventory: variables or groups of web-02 differ'
sed -i '/web-04/d' "$env/hosts.yml"
changed 'inventory: web-04 is gone'
im deploy test-multi --plan it.plan -C -q # a comment is no change
echo '# said in passing' >>"$env/config.yml"
im deploy test-multi --plan it.plan -C -q
assert_eq 'a comment in config.yml' 0 "$rc"
assert_eq 'nothing was run by all that' "$before" "$(find "$rig/home" -name 'mark.*' -exec cat {} + | wc -l)"

# ---- a host more: of those that the plan's own -l would select
im plan deploy test-multi -e word=hi -e artifact=app.txt --save all.plan
sed -i 's/^\( *\)web-09:/\1web-10: {ansible_host: 127.20.0.250, app_dir: x}\n&/' "$env/hosts.yml"
im deploy test-multi --plan all.plan
assert_eq 'a host more: exit' 1 "$rc"
assert_has 'a host more' "$err" 'inventory: web-10 was added'
im deploy test-multi --plan all.plan --force --skip-tags other
assert_eq 'a contradiction is none that --force accepts' 5 "$rc"
im deploy test-multi --plan all.plan --force
assert_eq '--force' 0 "$rc"
assert_has '--force says what it takes' "$err" '--force: the hosts and the order are those of the plan, all else is as it is now'
assert_not 'nine hosts, not ten' "$out$err" 'web-10 ok'
assert_eq 'each of them' 9 "$(find "$rig/home" -name 'sent.web-0*' | wc -l)"

# ---- secrets
printf 'word: hush-hush\n' >"$work/secret.yml"
printf 'pass\n' >"$work/pass"
if command -v ansible-vault >/dev/null; then
    ansible-vault encrypt --vault-password-file "$work/pass" "$work/secret.yml" >/dev/null 2>&1
    export IM_VAULT_PASSWORD_FILE=$work/pass
    im plan deploy test-multi -l web-01 -e "@$work/secret.yml" -e artifact=app.txt --save secret.plan
    assert_eq 'save with a secret' 0 "$rc"
    assert_not 'the plan has it not' "$(cat "$project/secret.plan")" hush
    im deploy test-multi --plan secret.plan
    assert_eq 'it is to be given again: exit' 5 "$rc"
    assert_has 'it is to be given again' "$err" '-e word is to be given again: a plan keeps no secrets'
    im deploy test-multi --plan secret.plan -e "@$work/secret.yml"
    assert_eq 'with it' 0 "$rc"
fi

# ---- what is no plan
bad() { # TEXT MESSAGE
    printf '%s' "$1" >"$project/bad.plan"
    im deploy test-multi --plan bad.plan
    assert_eq "a bad plan: exit: $1" 1 "$rc"
    assert_eq "a bad plan: $1" "inventory-manager: bad.plan: $2" "$err"
}
bad '' 'expected a dict'
bad '[1]' 'expected a dict'
bad '{}' 'it is no plan of inventory-manager'
bad '{"inventory_manager_plan": 2}' 'it is a plan of another version (2): make it anew'
bad '{"inventory_manager_plan": 1, "seed": "x"}' 'seed: expected a number'
bad '{"inventory_manager_plan": 1, "seed": "1", "hosts": [{}]}' 'hosts: number 1 is none'
im deploy test-multi --plan none.plan
assert_eq 'no such file' 1 "$rc"
im plan deploy test-multi -e artifact=app.txt --save nowhere/x
assert_eq 'it cannot be written' 1 "$rc"
finish
