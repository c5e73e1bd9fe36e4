# conf/examples: each is a project as it stands: validate finds no mistake, plan knows the waves of each action, and -C
# renders all its steps for each host.
# shellcheck shell=bash disable=SC2154
. test/e2e/lib.sh
cp -r conf "$work/"
for example in node static container binary; do
    project=$work/conf/examples/$example
    im validate
    assert_eq "validate $example" 0 "$rc"
    assert_eq "validate $example says" '1 environment: no mistakes' "$out$err"
    for action in setup provision deploy rollback check; do
        [ "$example $action" != 'container setup' ] || continue
        im plan "$action" prod
        assert_eq "plan $action of $example" 0 "$rc"
        assert_has "plan $action of $example" "$out" "$action prod: 3 hosts"
        run=
        [ "$action" != setup ] || run=run
        im $run "$action" prod -C -e release=one
        assert_eq "-C of $action of $example" 0 "$rc"
        assert_has "-C of $action of $example" "$out" 'web-03:'
        case $action in check | provision) continue ;; esac
        im plan "$action" prod
        assert_has "the first wave of $action of $example" "$out" 'wave 1/3: web-01'
    done
    [ -s "$project/README.md" ] || fail "$example has no README.md"
    grep -q "^| \[$example\](../conf/examples/$example/README.md)" docs/examples.md || fail "docs/examples.md knows no $example"
done
# The environment works where users copy it.
project=$work/own
mkdir -p "$project"
cp -r conf/examples/binary/inventory "$project/"
cp -r conf "$project/"
cp -r conf/examples/binary/app "$project/"
im validate prod
assert_eq 'a copy' 0 "$rc"
im plan deploy prod
assert_eq 'plan of a copy' 0 "$rc"
finish
