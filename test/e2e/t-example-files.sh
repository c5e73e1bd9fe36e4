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
# A registry that asks, as the README of container has it.
project=$work/conf/examples/container
vars=$project/inventory/prod/group_vars/all
if command -v ansible-vault >/dev/null; then
    echo 'a password of a vault' >"$work/vault-password"
    echo 'registry_user: deploy' >"$vars/registry.yml"
    printf 'open sesame' | ansible-vault encrypt_string --vault-password-file "$work/vault-password" \
        --stdin-name registry_password >>"$vars/registry.yml" 2>"$work/vault-said" || fail "$(cat "$work/vault-said")"
    for words in validate 'plan deploy prod' 'rollback prod -C -e release=one'; do
        # shellcheck disable=SC2086 # words
        im $words
        assert_eq "$words needs no password" 0 "$rc"
    done
    im deploy prod -C -e release=one
    assert_eq 'deploy does' 1 "$rc"
    assert_has 'deploy does' "$err" IM_VAULT_PASSWORD_FILE
    export IM_VAULT_PASSWORD_FILE=$work/vault-password
    im deploy prod -C -e release=one
    unset IM_VAULT_PASSWORD_FILE
    assert_eq 'with it' 0 "$rc"
    assert_has 'with it' "$out" "registry_password='***'"
    assert_not 'nobody sees it' "$out$err" sesame
fi
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
