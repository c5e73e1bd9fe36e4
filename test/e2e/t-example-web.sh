# A real web application from conf/examples/binary on three real sshd hosts, asked over http: a broken release is
# stopped by the gate in its first wave, the other hosts serve on, and rollback brings the old one back.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
. test/e2e/app.sh
only_with 'each command is confined and sees no process of another' openssh dropbear asyncssh
[ -x /usr/bin/python3 ] || skip 'there is no /usr/bin/python3'
start_servers 3
new_app binary 'BIND={{ ansible_host }} PORT={{ app_port }} ./hello'
# gate RETRIES: the gate of what starts is patient; what is known to be down is asked three times.
gate() {
    sed -i "s/^health_check_retries: .*/health_check_retries: $1/; s/^health_check_interval: .*/health_check_interval: 100ms/" \
        "$project/inventory/prod/config.yml"
}
all_of() { printf '%s|%s|%s|' "$1" "$1" "$1"; }

app provision prod
assert_eq 'provision' 0 "$rc"
gate 2
app check prod
assert_eq 'check before anything is deployed: nobody listens' 2 "$rc"
gate 30

app deploy prod -e release=one
assert_eq 'deploy' 0 "$rc"
assert_eq 'what they answer' "$(all_of '200 hello 1.0.0')" "$(answers)"
app check prod -b
assert_eq 'check' 0 "$rc"
assert_has 'check' "$out" 'provisioned yes, deployed yes, release one'
assert_has 'check' "$out" 'healthy yes'

app check prod -l web-01 -e health_host=www.example.org -e 'health_cmd=test "$(cat VERSION)" = 1.0.0' -v
assert_eq 'check with a name and a command' 0 "$rc"
assert_has 'check with a name and a command' "$out" 'web-01: healthy yes'
gate 2
app check prod -l web-01 -e health_cmd=false
assert_eq 'check with a command that fails' 2 "$rc"
assert_has 'check with a command that fails' "$out" 'health_cmd failed'
gate 30

# It starts, and answers 500: nothing but the gate can see that.
echo 2.0.0 >"$project/app/VERSION"
sed -i 's/^STATUS = 200/STATUS = 500/' "$project/app/hello"
app deploy prod -e release=two -o jsonl
assert_eq 'a broken release' 3 "$rc"
assert_eq 'who is on it' 'two one one ' "$(currents)"
assert_eq 'what they answer then' '500 hello 2.0.0|200 hello 1.0.0|200 hello 1.0.0|' "$(answers)"
assert_eq 'each host' 'web-01 failed web-02 untouched web-03 untouched ' "$(python3 -c 'import json,sys
for line in sys.stdin:
    e = json.loads(line)
    if e["type"] == "host_finished":
        print(e["host"], e["outcome"], end=" ")' <"$work/out")"
assert_has 'why' "$out" 500
gate 2
app check prod -v
assert_eq 'check of it' 2 "$rc"
assert_has 'check of it' "$err" 'failed 1: web-01'
assert_has 'the others are well' "$out" 'web-02: healthy yes'
assert_not 'and it is not' "$out" 'web-01: healthy yes'
gate 30

app rollback prod
assert_eq 'rollback' 0 "$rc"
assert_has 'who was not reached stays' "$err" 'left as they are: web-[02-03] (-l all: every host goes back)'
assert_eq 'after it' 'one one one ' "$(currents)"
assert_eq 'all serve the old one' "$(all_of '200 hello 1.0.0')" "$(answers)"
im status prod
assert_eq 'status' 3 "$(printf '%s\n' "$out" | grep -c ' ok .* one ')"

# The program does not start at all: build_cmd sees it before the switch.
echo 'exit 1' >"$project/app/hello"
app deploy prod -e release=three
assert_eq 'a program that cannot run' 3 "$rc"
assert_eq 'nothing was switched' 'one one one ' "$(currents)"

# Repaired: the gate lets it through, wave after wave.
cp conf/examples/binary/app/hello "$project/app/hello"
echo 2.0.1 >"$project/app/VERSION"
app deploy prod -e release=two
assert_eq 'the repaired release' 0 "$rc"
assert_eq 'all serve it' "$(all_of '200 hello 2.0.1')" "$(answers)"
app rollback prod
assert_eq 'rollback of all' 0 "$rc"
assert_eq 'all serve the old one again' "$(all_of '200 hello 1.0.0')" "$(answers)"
finish
