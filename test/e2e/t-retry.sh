# retry: a run once more, for the hosts that it did not bring there, with what it was given.
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
  - name: Mark
    run: |
      echo "$word" >>"mark.$inventory_hostname"
      test ! -e "bad.$inventory_hostname"
    tags: [mark]
  - name: Not here
    run: touch "other.$inventory_hostname"
    tags: [other]
ACTION
marks() { (cd "$rig/home" && cat "mark.$1" 2>/dev/null | tr '\n' ' '); }
run_of() { im history test-multi && printf '%s\n' "$out" | head -n 1 | grep -oE '[0-9]{8}T[0-9]{6}Z-[0-9a-f]{16}'; }
# ---- the second of three waves fails: its own host and the last wave are left
touch "$rig/home/bad.web-05"
im deploy test-multi -t mark -e word=one -f 3
assert_eq 'a run that is halted' 3 "$rc"
first=$(run_of)
assert_has 'it says what goes on' "$out$err" "to go on: inventory-manager retry $first"
rm "$rig/home/bad.web-05"
im retry "${first:0:20}"
assert_eq 'retry' 0 "$rc"
assert_has 'it says whom it is for' "$err" "deploy test-multi once more, for 4 of the 9 hosts of $first: web-[05,07-09]"
for host in web-05; do assert_eq "$host twice" 'one one ' "$(marks $host)"; done
for host in web-01 web-06; do assert_eq "$host once" 'one ' "$(marks $host)"; done
for host in web-07 web-09; do assert_eq "$host in the second run, with the same -e" 'one ' "$(marks $host)"; done
[ ! -e "$rig/home/other.web-07" ] || fail 'the tags were not those of the run'
second=$(run_of)
[ "$second" != "$first" ] || fail 'retry made no run of its own'

# ---- nothing is left
im retry "$second"
assert_eq 'nothing left' 0 "$rc"
assert_has 'nothing left' "$err" "nothing is left of run $second: every host is ok or was skipped"
im retry test-multi
assert_has 'by the environment: its newest run' "$err" "nothing is left of run $second"
assert_eq 'no run of it' "$second" "$(run_of)"

# ---- what cannot be
im retry nowhere
assert_eq 'no such run' 5 "$rc"
assert_has 'no such run' "$err" 'no run nowhere'
im exec test-multi -l web-01 -- false
im retry "$(run_of)"
assert_eq 'exec' 5 "$rc"
assert_has 'exec' "$err" 'is of exec, whose words are not kept: give it again'
im retry "$first" -l web-05
assert_eq 'its hosts are fixed' 5 "$rc"
im retry "$first" --plan x
assert_eq 'no plan' 5 "$rc"

# ---- a host that is gone is left out; -e can be changed
touch "$rig/home/bad.web-02"
im deploy test-multi -t mark -e word=two -f 3
assert_eq 'halted again' 3 "$rc"
rm "$rig/home/bad.web-02"
cp "$env/hosts.yml" "$work/hosts.yml"
sed -i '/web-09/d' "$env/hosts.yml"
im retry test-multi -e word=three -C
assert_eq '-C of a retry' 0 "$rc"
assert_has '-C' "$out" 'web-02:'
assert_not '-C' "$out" 'web-01:'
im retry test-multi -e word=three
assert_eq 'without the one that is gone' 0 "$rc"
assert_has 'it is told' "$err" 'warning: not in the inventory any more, and left out: web-09'
assert_eq 'another word' 'one two three ' "$(marks web-02)"
assert_eq 'the first wave was there' 'one two ' "$(marks web-01)"
cp "$work/hosts.yml" "$env/hosts.yml"

# ---- a run that nobody ended: what may have run, and what never began
cp "$env/actions/deploy.yml" "$work/deploy.yml"
slow_deploy test-multi 30
(cd "$project" && exec "$im_bin" deploy test-multi -f 3) >/dev/null 2>&1 </dev/null &
pid=$!
wait_for 30 three_held
im retry test-multi
assert_eq 'one that runs' 5 "$rc"
assert_has 'one that runs' "$err" 'is not over; `inventory-manager ctl test-multi retry HOST` is for one that runs'
kill -9 $pid
wait $pid 2>/dev/null
end_held
sed -i 's/exec sleep 30/true/' "$env/actions/deploy.yml"
im retry test-multi
assert_eq 'one that died' 0 "$rc"
assert_has 'all of it' "$err" 'for 9 of the 9 hosts'

# ---- a run that took itself back: nobody is on its release
cat >"$env/actions/deploy.yml" <<'ACTION'
name: deploy
produces: deployed
steps:
  - name: Mark
    run: test ! -e "bad.$inventory_hostname"
rollback:
  - name: Back
    run: echo back >>"back.$inventory_hostname"
ACTION
cp "$env/config.yml" "$work/config.yml"
echo 'on_failure: rollback' >>"$env/config.yml"
touch "$rig/home/bad.web-05"
im deploy test-multi -f 3
assert_eq 'taken back' 3 "$rc"
assert_has 'it says what goes on' "$out$err" 'to go on: inventory-manager retry '
rm "$rig/home/bad.web-05"
im retry test-multi
assert_eq 'after a rollback' 0 "$rc"
assert_has 'rolled back hosts too' "$err" 'for 9 of the 9 hosts'
cp "$work/config.yml" "$env/config.yml"
cp "$work/deploy.yml" "$env/actions/deploy.yml"

# ---- secrets are not kept, nor their traces
printf 'word: hush-hush\n' >"$work/secret.yml"
printf 'pass\n' >"$work/pass"
if command -v ansible-vault >/dev/null; then
    ansible-vault encrypt --vault-password-file "$work/pass" "$work/secret.yml" >/dev/null 2>&1
    touch "$rig/home/bad.web-01"
    export IM_VAULT_PASSWORD_FILE=$work/pass
    im deploy test-multi -t mark -e "@$work/secret.yml" -f 3
    assert_eq 'halted with a secret' 3 "$rc"
    rm "$rig/home/bad.web-01"
    im retry test-multi
    assert_eq 'a secret is to be given again' 5 "$rc"
    assert_has 'which one' "$err" 'secrets are not kept: give them again with -e: word'
    ! grep -rqa hush-hush "$project/var" || fail 'the store knows the secret'
    im retry test-multi -e "@$work/secret.yml"
    assert_eq 'with it' 0 "$rc"
fi

# ---- the release is the old run's, or it is said
cat >"$env/actions/deploy.yml" <<'ACTION'
name: deploy
produces: deployed
steps:
  - name: Mark
    run: |
      echo "$release" >>"release.$inventory_hostname"
      test ! -e "bad.$inventory_hostname"
ACTION
touch "$rig/home/bad.web-01"
im deploy test-multi -f 3
assert_eq 'a release that fails' 3 "$rc"
rm "$rig/home/bad.web-01"
artifact=$(find "$project" -name '*.tar.gz' | head -n 1)
cp "$artifact" "$work/artifact"
printf x >>"$artifact"
im retry test-multi
assert_eq 'another artifact' 1 "$rc"
assert_has 'another artifact' "$err" 'the release is '
im retry test-multi --force
assert_eq '--force' 0 "$rc"
cp "$work/artifact" "$artifact"
finish
