# stdout gone early: silent, the run and its exit code unchanged.
. test/e2e/lib.sh
start_servers 9
new_project
slow_deploy test-multi 0
(cd "$project" && "$im_bin" deploy test-multi 2>"$work/e"; echo $? >"$work/rc") | head -n 1 >"$work/head"
assert_eq 'exit code behind head' 0 "$(cat "$work/rc")"
assert_not 'silent' "$(cat "$work/e")" 'Broken pipe'
assert_eq 'all hosts done' 9 "$(grep -c 'completed: deploy for .* ok$' "$project/debug.log")"
im exec test-multi -l web-01 -- 'head -c 3000000 /dev/zero | tr "\\0" x'
assert_eq 'three megabytes in one line' 3000000 "$(printf '%s' "$out" | tr -cd x | wc -c)"
finish
