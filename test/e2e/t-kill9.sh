# kill -9 in the middle of a run: the store opens, status tells ok, unknown and untouched.
. test/e2e/lib.sh
start_servers 9
new_project
mkdir -p "$project/inventory/test-multi/actions"
cat >"$project/inventory/test-multi/actions/deploy.yml" <<'ACTION'
name: deploy
produces: deployed
steps:
  - name: Work
    run: |
      case "$inventory_hostname" in
      web-0[123]) exit 0 ;;
      *)
          echo $$ >"held.$inventory_hostname"
          exec sleep 30
          ;;
      esac
ACTION
(cd "$project" && exec "$im_bin" deploy test-multi) >/dev/null 2>&1 </dev/null &
pid=$!
wait_for 20 grep -q 'processing: deploy for server web-06' "$project/debug.log"
wait_for 20 three_held
kill -9 $pid
wait $pid 2>/dev/null
im status test-multi
assert_eq 'status' 0 "$rc"
assert_eq 'ok' 3 "$(printf '%s\n' "$out" | grep -cE 'web-0[123] +ok')"
assert_eq 'unknown' 3 "$(printf '%s\n' "$out" | grep -cE 'web-0[456] +unknown')"
assert_has 'untouched' "$out" ': web-[07-09]'
im history test-multi
assert_has 'history' "$out" 'untouched 3'
im exec test-multi -l web-01 -- true
assert_eq 'life goes on' 0 "$rc"
end_held
finish
