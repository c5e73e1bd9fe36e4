# conf/examples/node on three real sshd hosts: packages from the lock file, a build on the host, .env for all releases.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
. test/e2e/app.sh
only_with 'each command is confined and sees no process of another' openssh dropbear asyncssh
for tool in node npm; do
    env -i PATH=/usr/local/bin:/usr/bin:/bin sh -c "command -v $tool" >/dev/null || skip "$tool is not installed here"
done
env -i PATH=/usr/local/bin:/usr/bin:/bin node --env-file=/dev/null -e 0 2>/dev/null ||
    skip 'node is older than 20.6 here'
start_servers 3
new_app node 'HOST={{ ansible_host }} node --env-file=.env server.js'
# Asked more often than a deployment would, for as long.
sed -i 's/^health_check_retries: .*/health_check_retries: 200/; s/^health_check_interval: .*/health_check_interval: 100ms/' \
    "$project/inventory/prod/config.yml"
up() { wait_for 20 has_answer "$1" "200 {\"name\":\"hello\",\"version\":\"$2\",\"built\":{\"version\":\"$2\",\"node\":\"$node\"}}"; }
node=$(env -i PATH=/usr/local/bin:/usr/bin:/bin node -p process.version)

app provision prod
assert_eq 'provision' 0 "$rc"
app deploy prod -e release=early
assert_eq 'deploy before setup' 3 "$rc"
assert_has 'what is missing' "$out" 'there is no .env: the action setup makes it'
app run setup prod -t env
assert_eq 'setup' 0 "$rc"
assert_eq 'the environment' '600' "$(stat -c %a "$(app_dir web-02)/shared/.env")"
app deploy prod -e release=one
assert_eq 'deploy' 0 "$rc"
for h in $app_hosts; do up "$h" 1.0.0; done

# A release that does not build changes nothing; no host but the first hears of it.
sed -i 's/"build": .*/"build": "node missing.js",/' "$project/app/package.json"
app deploy prod -e release=two
assert_eq 'a build that fails' 3 "$rc"
assert_has 'a build that fails' "$out" 'build_cmd failed: the release that was current still is'
assert_eq 'releases then' 'one one one ' "$(currents)"
up web-01 1.0.0
assert_not 'the second host' "$out" 'web-02 step'

sed -i 's/"build": .*/"build": "node build.js",/; s/1\.0\.0/2.0.0/' "$project/app/package.json"
sed -i 's/1\.0\.0/2.0.0/' "$project/app/package-lock.json"
app deploy prod -e release=two
assert_eq 'the next release' 0 "$rc"
for h in $app_hosts; do up "$h" 2.0.0; done
app rollback prod
assert_eq 'rollback' 0 "$rc"
assert_eq 'releases after it' 'one one one ' "$(currents)"
for h in $app_hosts; do up "$h" 1.0.0; done
finish
