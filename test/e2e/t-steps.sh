# Keys of steps on a real sshd: unless, creates, become, run_once, throttle, a folder sent.
. test/e2e/lib.sh
start_servers 9
new_project
actions=$project/inventory/test-multi/actions
mkdir -p "$actions" "$rig/home/bin"
chmod 755 "$rig/home/bin"

# A sudo of ours: -n, -u; who it was for is in IM_WHO.
cat >"$rig/home/bin/sudo" <<'SUDO'
#!/bin/sh
who=root
while :; do
    case $1 in
    -n) shift ;;
    -u) who=$2; shift 2 ;;
    *) break ;;
    esac
done
[ "$who" != nobody-may ] || { echo 'sudo: a password is required' >&2; exit 1; }
IM_WHO=$who exec "$@"
SUDO
chmod 755 "$rig/home/bin/sudo"

# unless and creates: done the first time, skipped the second.
cat >"$actions/guards.yml" <<'ACTION'
name: guards
steps:
  - name: Once
    run: echo "made by $inventory_hostname" >>"made.$inventory_hostname"
    unless: test -e "made.$inventory_hostname"
  - name: Path
    run: echo x >>"path.$inventory_hostname"
    creates: "path.{{ inventory_hostname }}"
  - name: Send
    upload: {src: build/sample.tar.gz, dest: "{{ app_dir }}.sent"}
    unless: |
      # on several lines, with a ' in it
      test -e "$app_dir.sent"
ACTION
for e in 'x'; do mkdir -p "$rig"/home/web-0{1,2,3,4,5,6,7,8,9}; done
[ "$(id -u)" != 0 ] || chmod 777 "$rig"/home/web-0?
im run guards test-multi -o jsonl
assert_eq 'guards, first' 0 "$rc"
assert_eq 'nothing skipped' 0 "$(printf '%s\n' "$out" | grep -c '"outcome":"skipped"')"
im run guards test-multi -o jsonl
assert_eq 'guards, again' 0 "$rc"
assert_eq 'all skipped' 27 "$(printf '%s\n' "$out" | grep -c '"type":"step_finished".*"outcome":"skipped"')"
assert_eq 'done once' 1 "$(wc -l <"$rig/home/made.web-05")"
assert_eq 'path done once' 1 "$(wc -l <"$rig/home/path.web-05")"
im run guards test-multi -l web-01
assert_has 'people are told' "$out" 'step 1/3 Once skipped'

# become: root, a user, one who may not.
cat >"$actions/who.yml" <<'ACTION'
name: who
mutating: false
steps:
  - {run: 'echo "as $IM_WHO"; cat', become: true}
  - {run: 'echo "as $IM_WHO"', become: true, become_user: "{{ app_user }}"}
  - {upload: {src: build/sample.tar.gz, dest: "{{ app_dir }}.root"}, become: true}
ACTION
im run who test-multi -l web-01 -v -e app_user=app
assert_eq 'become' 0 "$rc"
assert_has 'root' "$out" 'as root'
assert_has 'a user' "$out" 'as app'
assert_eq 'sent as root' "$(sha256sum <"$project/build/sample.tar.gz")" "$(sha256sum <"$rig/home/web-01/app.root")"
im run who test-multi -l web-01 -e app_user=nobody-may
assert_eq 'become refused' 2 "$rc"
assert_has 'sudo says why' "$err$out" 'become: sudo: a password is required'

# run_once: on the first host; throttle: two at a time.
cat >"$actions/turns.yml" <<'ACTION'
name: turns
mutating: false
steps:
  - name: Migrate
    run: echo "$inventory_hostname" >>migrated
    run_once: true
  - name: Two
    run: |
      : >"in.$inventory_hostname"
      ls in.* | wc -l >>inside
      sleep 0.05
      rm "in.$inventory_hostname"
    throttle: 2
ACTION
im run turns test-multi -f 9
assert_eq 'turns' 0 "$rc"
assert_eq 'run once, on the first' web-01 "$(cat "$rig/home/migrated")"
assert_eq 'all went through' 9 "$(wc -l <"$rig/home/inside")"
assert_eq 'never more than two' '' "$(awk '$1 > 2' "$rig/home/inside")"
sed -i 's/^    run: echo.*migrated/    run: exit 9/' "$actions/turns.yml"
rm "$rig/home/inside"
im run turns test-multi -f 9
assert_eq 'its failure fails the run' 2 "$rc"
assert_has 'and is named' "$err" 'a run_once step failed'
[ ! -e "$rig/home/inside" ] || fail 'steps behind a failed run_once were run'

# A folder: sent whole, swapped, no leftovers; as the artifact of deploy it makes a release.
mkdir -p "$project/site/sub"
echo one >"$project/site/index.html"
ln -s ../index.html "$project/site/sub/link"
cat >"$actions/site.yml" <<'ACTION'
name: site
steps:
  - upload: {src: site, dest: "{{ app_dir }}.site"}
ACTION
im run site test-multi
assert_eq 'a folder' 0 "$rc"
assert_eq 'is the same' '' "$(diff -r "$project/site" "$rig/home/web-09/app.site" 2>&1)"
rm "$project/site/index.html"
echo two >"$project/site/sub/two"
rm "$project/site/sub/link"
im run site test-multi
assert_eq 'a folder again' 0 "$rc"
assert_eq 'what is gone is gone' 'sub sub/two' "$(cd "$rig/home/web-09/app.site" && find . -mindepth 1 | sed 's#^\./##' | sort | tr '\n' ' ' | sed 's/ $//')"
assert_eq 'nothing beside it' '' "$(find "$rig/home/web-09" -maxdepth 1 -name '.*.*')"
ln -s /etc/passwd "$project/site/out"
im run site test-multi
assert_eq 'a link that leads out' 1 "$rc"
assert_has 'is named' "$err" 'site/out: a link that leads out of the folder'
rm "$project/site/out"
printf '#!/bin/sh\n' >"$project/site/start"
chmod +x "$project/site/start"
im provision test-multi
im deploy test-multi -e artifact=site
assert_eq 'deploy of a folder' 0 "$rc"
assert_eq 'current is it' two "$(cat "$rig/home/web-03/app/current/sub/two")"
release=$(basename "$(readlink "$rig/home/web-03/app/current")")
im deploy test-multi -e artifact=site
assert_eq 'the same folder, the same release' "$release" "$(basename "$(readlink "$rig/home/web-03/app/current")")"
# when, template and wait_for.
printf 'host {{ inventory_hostname }}\ndir {{ app_dir }}\n' >"$actions/app.conf"
cat >"$actions/kinds.yml" <<'ACTION'
name: kinds
steps:
  - name: Only the first
    run: echo first >"kinds.$inventory_hostname"
    when:
      - inventory_hostname == 'web-01'
  - name: Never
    local: touch "$never"
    when: "'nobody' in group_names"
  - template: {src: app.conf, dest: "{{ app_dir }}.conf", mode: "0600"}
  - wait_for: {path: "{{ app_dir }}.conf"}
  - wait_for: {port: "{{ ansible_port }}", timeout: 20s}
  - wait_for: {port: 1, state: stopped}
finally:
  - local: touch "$never"
    when: never_ran is defined
ACTION
im run kinds test-multi -e never="$work/never"
assert_eq 'kinds' 0 "$rc"
assert_eq 'when: one host' kinds.web-01 "$(cd "$rig/home" && echo kinds.*)"
[ ! -e "$work/never" ] || fail 'a step whose condition does not hold was run'
assert_eq 'template' "$(printf 'host web-07\ndir %s' "$rig/home/web-07/app")" "$(cat "$rig/home/web-07/app.conf")"
assert_eq 'its mode' 600 "$(stat -c %a "$rig/home/web-07/app.conf")"
sed -i 's/port: 1, state: stopped/port: 1, timeout: 300ms/; s/.*web-01.$/      - nobody/' "$actions/kinds.yml"
im run kinds test-multi -e never="$work/never"
assert_eq 'an undefined condition' 1 "$rc"
assert_has 'is named' "$err" "kinds.yml:6:9: when: 'nobody' is undefined"
sed -i 's/^      - nobody/      - false/' "$actions/kinds.yml"
im run kinds test-multi -e never="$work/never" -l web-02
assert_eq 'a port that nobody opens' 2 "$rc"
assert_has 'fails, and is named' "$out" 'step 6/6 wait_for 6: exit 1: wait_for: port 1 is not there after 1s'

finish
