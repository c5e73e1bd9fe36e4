# Health checks over real connections: http, https, tcp and run; a host that is not healthy stops the run.
# shellcheck shell=bash disable=SC2154,SC2034,SC2016
. test/e2e/lib.sh
start_servers 4
new_project
actions=$project/inventory/test-multi/actions
mkdir -p "$actions" "$work/web"
export http_proxy=http://127.0.0.1:1 HTTPS_PROXY=http://127.0.0.1:1 # nobody may go there

# A server on each host's address: GET /x answers with the status in the file of that address, `hold` never answers.
cat >"$work/server.py" <<'PYTHON'
import http.server, os, ssl, sys, threading, time
folder, count, cert = sys.argv[1], int(sys.argv[2]), sys.argv[3]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        address = self.server.server_address[0]
        want = open(os.path.join(folder, address)).read().strip()
        with open(os.path.join(folder, "asked"), "a") as f:
            f.write(f"{address} {self.path} {self.headers['Host']} {want}\n")
        while want == "hold":
            time.sleep(0.02)
            want = open(os.path.join(folder, address)).read().strip()
        self.send_response(int(want))
        if want == "302":
            self.send_header("Location", "/elsewhere")
        self.end_headers()
    def log_message(self, *args):
        pass
servers = []
plain = tls = 0
for n in range(1, count + 1):
    for secure in (False, True):
        port = tls if secure else plain
        s = http.server.ThreadingHTTPServer((f"127.20.0.{n}", port), Handler)
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert)
            s.socket = context.wrap_socket(s.socket, server_side=True)
            tls = s.server_address[1]
        else:
            plain = s.server_address[1]
        servers.append(s)
for s in servers:
    threading.Thread(target=s.serve_forever, daemon=True).start()
with open(os.path.join(folder, "ports.new"), "w") as f:
    f.write(f"{plain} {tls}\n")
os.rename(os.path.join(folder, "ports.new"), os.path.join(folder, "ports"))
while True:
    time.sleep(3600)
PYTHON
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" \
    -subj /CN=app.example.org -addext subjectAltName=DNS:app.example.org -days 2 2>/dev/null
cat "$work/key.pem" "$work/cert.pem" >"$work/both.pem"
cp "$work/cert.pem" "$project/ca.pem"
for n in 1 2 3 4; do echo 200 >"$work/web/127.20.0.$n"; done
/usr/bin/python3 "$work/server.py" "$work/web" 4 "$work/both.pem" &
server=$!
trap 'kill $server; cleanup' EXIT
wait_for 20 test -e "$work/web/ports"
read -r http https <"$work/web/ports"

cat >"$actions/up.yml" <<'ACTION'
name: up
steps:
  - run: echo stepped
health_check:
  - name: Web
    http: {port: "{{ http }}", path: "/up?h={{ inventory_hostname }}", status: [200, 204]}
  - name: Secure
    http: {port: "{{ https }}", scheme: https, host: app.example.org, ca: ca.pem}
  - tcp: {port: "{{ http }}"}
  - name: Shell
    run: test ! -e sick
ACTION
cat >>"$project/inventory/test-multi/config.yml" <<'CONFIG'
health_check_retries: 2
health_check_interval: 10ms
health_check_timeout: 10s
CONFIG
up() { im run up test-multi -l 'web-01,web-02,web-03,web-04' -e "http=$http" -e "https=$https" "$@"; }

up -C
assert_eq 'nothing is asked by -C' 0 "$rc"
assert_has 'what would be' "$out" "  check 1/4 Web: http
    GET http://127.20.0.1:$http/up?h=web-01, 200 or 204
  check 2/4 Secure: http
    GET https://127.20.0.1:$https/ as app.example.org, 200
  check 3/4 tcp 3: tcp
    connect to 127.20.0.1:$http
  check 4/4 Shell: run"
[ ! -e "$work/web/asked" ] || fail 'a check was asked by -C'
up
assert_eq 'all healthy' 0 "$rc"
assert_has 'a check is told' "$out" 'web-01 check 1/4 Web ok'
assert_has 'all of them' "$out" 'web-04 check 4/4 Shell ok'
assert_has 'the path and the host that were asked' "$(cat "$work/web/asked")" "127.20.0.1 /up?h=web-01 127.20.0.1:$http 200"
assert_has 'the name of TLS' "$(cat "$work/web/asked")" "127.20.0.2 / app.example.org:$https 200"

# One host is sick: its wave ends, the next does not begin.
echo 503 >"$work/web/127.20.0.2"
up
assert_eq 'one is sick' 3 "$rc"
assert_has 'why' "$out" 'web-02 failed'
assert_has 'what was found' "$out" "check 1/4 Web: http 503: GET http://127.20.0.2:$http/up?h=web-02 (3 tries)"
assert_eq 'tried so often' 3 "$(grep -c '^127.20.0.2 /up.* 503$' "$work/web/asked")"
assert_eq 'the next wave is not begun' 0 "$(printf '%s\n' "$out" | grep -c '^web-04 ')"
assert_has 'debug.log' "$(cat "$project/debug.log")" 'failed: check 1/4 Web: http 503: GET http://127.20.0.2'
im status test-multi
assert_has 'the store knows' "$out" 'check 1/4 Web: http 503'

# A redirect is a status and is not followed.
echo 302 >"$work/web/127.20.0.2"
up
assert_has 'a redirect' "$out" 'http 302'
assert_not 'not followed' "$(cat "$work/web/asked")" /elsewhere
echo 204 >"$work/web/127.20.0.2"
up -o jsonl
assert_eq 'another good status, but not for all checks' 3 "$rc"
assert_has 'events' "$out" '"type":"gate"'
echo 200 >"$work/web/127.20.0.2"

# The host itself says no; then the operator turns the gate off.
touch "$rig/home/sick"
up -l web-01
assert_eq 'sick by its own word' 2 "$rc"
assert_has 'the check' "$out" 'check 4/4 Shell: exit 1 (3 tries)'
echo 'health_check_enabled: false' >>"$project/inventory/test-multi/config.yml"
up
assert_eq 'no gate' 0 "$rc"
sed -i '/health_check_enabled/d' "$project/inventory/test-multi/config.yml"
rm "$rig/home/sick"

# Certificates are verified: another name, another authority, nobody there.
sed 's/app.example.org/other.example.org/' "$actions/up.yml" >"$actions/up.new" && mv "$actions/up.new" "$actions/up.yml"
up -l web-01
assert_has 'another name' "$out" 'Secure: certificate: '
sed '/ca.pem/s/, ca: ca.pem//; s/other.example.org/app.example.org/' "$actions/up.yml" >"$actions/up.new" && mv "$actions/up.new" "$actions/up.yml"
up -l web-01
assert_has 'nobody vouches for it' "$out" 'Secure: certificate: '
im run up test-multi -l web-01 -e http=1 -e "https=$https"
assert_has 'nobody there' "$out" 'check 1/4 Web: connection refused: GET http://127.20.0.1:1/up?h=web-01 (3 tries)'

# While a server holds its answer there is one thread; Ctrl-C twice ends the check.
echo hold >"$work/web/127.20.0.1"
(cd "$project" && exec "$im_bin" run up test-multi -l web-01 -e "http=$http" -e "https=$https") >"$work/out" 2>"$work/err" </dev/null &
run=$!
wait_for 20 grep -q '^127.20.0.1 .* hold$' "$work/web/asked"
assert_eq 'threads' 1 "$(find "/proc/$run/task" -mindepth 1 -maxdepth 1 | wc -l)"
kill -TERM $run
wait_for 20 grep -q terminated "$work/err"
kill -TERM $run
wait $run
rc=$?
assert_eq 'killed in a check' 2 "$rc"
assert_has 'its end is unknown' "$(cat "$work/out")" 'web-01 unknown'
finish
