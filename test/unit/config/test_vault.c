/*
 * test_vault.c - what ansible-vault wrote is opened, once; what is not as it wrote it is refused.
 *
 * The vaults were made by Ansible 2.14 (VaultLib) with the password "correct horse"; many more are
 * compared by test/diff/diff_vault.py.
 */
#include "config/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "told.h"
#include "vault_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

enum { OUT_MAX = 1 << 20 };

static const char label_blob[] =
    "$ANSIBLE_VAULT;1.2;AES256;dev\n"
    "31366437323161626265303565346133633239316237663230313538306563373266353361653063\n"
    "3333393764316630373163326463343562646337393566640a646133663465393766646563333831\n"
    "34656563333063373764383430613433336561663364656531343330356234336239353131353562\n"
    "3864386532643133660a396634613132323733383231306439323866383131333932643861633763\n"
    "38663531646439343936316566646431353037386131376665353934303866646437\n";
static const char block_blob[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "33303238393365653731383961363364323837343438643564373733366339366339306535363430\n"
    "6330343261373166623337613234363535333363663863310a653331316566666235313736393361\n"
    "61343463356437636433643836633933386430613366346164666335643630356333383165376634\n"
    "6338363264343564370a383065353035383736383539393466353539343334386635663365663562\n"
    "34333164306337356538376134363136326261633161353636633936636462663564\n";
static const char empty_blob[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "34623662373536616339343332373837373466633135336665316364353961396434356536323064\n"
    "6239363731643538616437623763396534306334366239300a613530633566393461323736363462\n"
    "38663263326438613765373432346133313234363633623961356139633230313539343830303333\n"
    "6130393935653461610a373464376333356265393933303731633732386130643730326438646633\n"
    "3866\n";
static const char binary_blob[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "39636666633436376166626238363934373666663064336432366261326465633938396464623162\n"
    "3232313032306361663561383035616565373961653464360a356439323137306666613432393462\n"
    "65633762653066316365393263356564363762623663376564653339626665616237633139663331\n"
    "3936666364303632370a653930353864353639343066636432663361623663323161626364616431\n"
    "3565\n";
static const char nul_blob[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "37656461353036663862356139386166373861333732386234613835643866363263313133656533\n"
    "6262656265393561366536636661326637386463373537320a353436643232646165336630643731\n"
    "32336537613231623535643666616432663865356531633638663337636237623634626438313538\n"
    "3039613738336235310a376338356631386231383766396638336635336265623536643863623736\n"
    "6436\n";
static const char file_blob[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "64613539393538613762653561363633386661613863343739313232343135306236626338363939\n"
    "3363643837363564663363333738313361363037366631610a666537383963346530613937323962\n"
    "66643865346531626664323639393131316462666635636234323265393538383731356335343132\n"
    "3163383165643238310a343331356461323966623333316539643536626234333031326631653438\n"
    "65343035346433326561613665383739346232313862323565616261323161653363353333366630\n"
    "39633231386139303334626232396338623862363031313937623164366138333931643132303532\n"
    "37346166386439363937626535646566613534643638393766373461653530396639393931643231\n"
    "61303232363737303264396632643462396638353961646635656537373432343139333365656533\n"
    "6234\n";
static const char bad_file_blob[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "33653534633462643335383533323437663335376565323138373837633564323564376361343531\n"
    "6632373535386532383534393131613962373963336637330a653962313266323061356137643531\n"
    "63323031393062393331373630623630303132336666663130383761313338396361336163323631\n"
    "6462356532636634630a666130353063306266306539613534623333393934656439623563343462\n"
    "62636531643337613536623665636165303063393233643530626261383038303234\n";
static const char tag_file_blob[] =
    "$ANSIBLE_VAULT;1.1;AES256\n"
    "35326431336636306162323938333932306162653361333133323737366432353537666663363439\n"
    "6466316261373237366635613765653461383234386465340a313764646137313836623263353434\n"
    "31346337653330346235363334623136313635623139653965363436323431303261623965373139\n"
    "3635333264353361310a333736326537313633313636356264323639373036336362313537623862\n"
    "32623561373937393932623530623135656235383937396436383763306633666632\n";

static const char no_password[] =
    "encrypted: IM_VAULT_PASSWORD_FILE must name a file with the password";
static const char other_password[] =
    "cannot be opened: IM_VAULT_PASSWORD_FILE holds another password, or the text was changed";

static void
opens(struct vault *v, const char *text, const char *wanted, size_t len)
{
    struct err err = {0};
    struct buf out;

    buf_init(&out, OUT_MAX);
    if (vault_open(v, text, strlen(text), &out, &err) < 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(out.len, len);
    assert_memory_equal(out.data, wanted, len);
    buf_release(&out);
}

static void
refuses(struct vault *v, const char *text, const char *why)
{
    struct err err = {0};
    struct buf out;

    buf_init(&out, OUT_MAX);
    assert_int_equal(vault_open(v, text, strlen(text), &out, &err), -1);
    assert_string_equal(err.text, why);
    assert_int_equal(err.kind, ERR_CONFIG);
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static void
test_opens_what_ansible_wrote(void **state)
{
    struct vault *v = vault_with("correct horse\n");

    (void)state;
    for (int round = 0; round < 2; round++) { /* the second time it is kept */
        opens(v, plain_blob, "s3cr3t Pa55's {{ word }}", 24);
        opens(v, label_blob, "gr\xc3\xbc\xc3\x9f dich\nzwei\n", 17);
        opens(v, block_blob, "0123456789abcdef", 16);
        opens(v, empty_blob, "", 0);
        opens(v, binary_blob, "a\xff\xfe", 3);
        opens(v, nul_blob, "a\0b", 3);
    }
    vault_free(v);
}

static void
test_the_password_is_stripped_as_ansible_does(void **state)
{
    static const char *const same[] = {"correct horse", " \tcorrect horse \r\n\n"};
    static const char *const other[] = {"correct  horse", "correct horse.", "Correct horse"};

    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct vault *v = vault_with(same[i]);
        opens(v, block_blob, "0123456789abcdef", 16);
        vault_free(v);
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        struct vault *v = vault_with(other[i]);
        refuses(v, block_blob, other_password);
        vault_free(v);
    }
}

static void
test_without_a_password_nothing_is_opened(void **state)
{
    struct err err = {0};
    struct vault *v = vault_new(NULL, NULL, NULL, &err);

    (void)state;
    assert_non_null(v);
    refuses(v, plain_blob, no_password);
    refuses(NULL, plain_blob, no_password);
    vault_free(v);
    vault_free(NULL);
}

static void
test_kept_is_what_was_opened_not_what_looks_alike(void **state)
{
    struct vault *v = vault_with("correct horse");
    char *changed = xstrdup(block_blob);

    (void)state;
    opens(v, block_blob, "0123456789abcdef", 16);
    for (size_t at = strlen(changed) - 20; at < strlen(changed) - 1; at++) {
        const char was = changed[at];
        struct err err = {0};
        struct buf out;
        changed[at] = was == '1' ? '2' : '1';
        buf_init(&out, OUT_MAX);
        if (was != '\n') {
            assert_int_equal(vault_open(v, changed, strlen(changed), &out, &err), -1);
            assert_int_equal(out.len, 0);
        }
        buf_release(&out);
        changed[at] = was;
    }
    free(changed);
    vault_free(v);
}

/* ---------------------------------------------------------------- form */

static void
test_says_what_is_wrong_with_the_form(void **state)
{
    static const char head[] = "expected a text that begins with $ANSIBLE_VAULT;";
    static const char version[] = "expected version 1.1 or 1.2 of the vault";
    static const char digits[] =
        "torn or changed: a byte of it is missing, or is no hexadecimal digit";
    static const char inner[] = "torn or changed: a part of it is no line of hexadecimal digits";
    static const char shorter[] = "torn or changed: a part of it is too short";
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"", head},
        {"x", head},
        {"$ANSIBLE_VAULT", head},
        {" $ANSIBLE_VAULT;1.1;AES256\n", head},
        {"$ANSIBLE_VAULT;", version},
        {"$ANSIBLE_VAULT;1.0;AES\n", version},
        {"$ANSIBLE_VAULT;1.1", "expected the cipher AES256"},
        {"$ANSIBLE_VAULT;1.1;AES\n", "expected the cipher AES256"},
        {"$ANSIBLE_VAULT;1.1;AES256", shorter},
        {"$ANSIBLE_VAULT;1.1;AES256\n", shorter},
        {"$ANSIBLE_VAULT;1.2;AES256;a;b\n", shorter},
        {"$ANSIBLE_VAULT;1.1;AES256\n0", digits},
        {"$ANSIBLE_VAULT;1.1;AES256\n0g", digits},
        {"$ANSIBLE_VAULT;1.1;AES256\n00 00", digits},
        {"$ANSIBLE_VAULT;1.1;AES256\n0000", inner},
        {"$ANSIBLE_VAULT;1.1;AES256\n3030\r\n0a0a\r\n", shorter}, /* 00, nothing, nothing */
        {"$ANSIBLE_VAULT;1.1;AES256\n303", digits},
        {"$ANSIBLE_VAULT;1.1;AES256\n30300a300a", inner},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *why = vault_check(rows[i].text, strlen(rows[i].text));
        assert_non_null(why);
        assert_string_equal(why, rows[i].why);
    }
}

static void
test_a_text_that_was_torn_is_refused_wherever(void **state)
{
    struct vault *v = vault_with("correct horse");
    const size_t len = strlen(plain_blob);

    (void)state;
    assert_null(vault_check(plain_blob, len));
    assert_null(vault_check(plain_blob, len - 1)); /* the last line end */
    for (size_t cut = 0; cut + 1 < len; cut++) {
        char *torn = xstrndup(plain_blob, cut);
        struct err err = {0};
        struct buf out;
        buf_init(&out, OUT_MAX);
        if (vault_check(torn, cut) != NULL) { /* else all but the HMAC looks well */
            assert_int_equal(vault_open(v, torn, cut, &out, &err), -1);
        } else {
            refuses(v, torn, other_password);
        }
        assert_int_equal(out.len, 0);
        buf_release(&out);
        free(torn);
    }
    vault_free(v);
}

/* ---------------------------------------------------------------- the password file */

static void
put_password(struct folder *f, char **ret_path, mode_t mode)
{
    folder_make(f);
    folder_text(f, "password", "correct horse\n");
    *ret_path = xasprintf("%s/password", f->path);
    assert_int_equal(chmod(*ret_path, mode), 0);
}

static int
run_fake(void *arg, const char *path, const char *const *argv, struct buf *out, struct err *err)
{
    int *calls = arg;

    assert_int_equal(access(path, X_OK), 0);
    assert_null(argv[0]);
    if (++*calls > 1) {
        return err_set(err, ERR_CONFIG, "it failed");
    }
    return buf_adds(out, "correct horse\r\n");
}

static void
test_a_password_file_that_is_executable_is_run(void **state)
{
    struct err err = {0};
    struct folder f;
    char *path;
    int calls = 0;

    (void)state;
    put_password(&f, &path, 0700);
    assert_null(vault_new(path, NULL, NULL, &err));
    assert_int_equal(err.kind, ERR_NOT_YET);
    struct vault *v = vault_new(path, run_fake, &calls, &err);
    assert_non_null(v);
    opens(v, block_blob, "0123456789abcdef", 16);
    vault_free(v);
    assert_null(vault_new(path, run_fake, &calls, &err));
    char *wanted = xasprintf("IM_VAULT_PASSWORD_FILE: %s: it failed", path);
    assert_string_equal(err.text, wanted);
    free(wanted);
    free(path);
    folder_remove(&f);
}

static void
refuses_file(const char *path, const char *why)
{
    struct err err = {0};
    char *wanted = xasprintf("IM_VAULT_PASSWORD_FILE: %s: %s", path, why);

    assert_null(vault_new(path, NULL, NULL, &err));
    assert_string_equal(err.text, wanted);
    free(wanted);
}

static void
test_says_what_is_wrong_with_a_password_file(void **state)
{
    struct folder f;
    char *path;

    (void)state;
    put_password(&f, &path, 0602);
    refuses_file(path, "refused: everybody may write it (chmod o-w)");
    refuses_file(f.path, "expected a file or a pipe");
    refuses_file("/no/such", "No such file or directory");
    refuses_file("/dev/null", "expected a file or a pipe");
    folder_text(&f, "empty", " \n\n");
    free(path);
    path = xasprintf("%s/empty", f.path);
    refuses_file(path, "the password is empty");
    free(path);
    path = xasprintf("%s/large", f.path);
    char *large = xcalloc(VAULT_PASSWORD_MAX + 2, 1);
    memset(large, 'a', VAULT_PASSWORD_MAX + 1);
    folder_text(&f, "large", large);
    refuses_file(path, "a password has at most 64 KB");
    free(large);
    free(path);
    folder_remove(&f);
}

static void
test_a_password_may_come_through_a_pipe(void **state)
{
    struct err err = {0};
    char path[40];
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "correct horse\n", 14), 14);
    assert_int_equal(close(ends[1]), 0);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
    struct vault *v = vault_new(path, NULL, NULL, &err);
    assert_string_equal(err.text, "");
    opens(v, block_blob, "0123456789abcdef", 16);
    vault_free(v);
    (void)close(ends[0]);
}

/* ---------------------------------------------------------------- values */

static struct value *
value_at(const char *text)
{
    struct value *v = value_text(text);

    v->vault = v->secret = true;
    v->file = "vars.yml";
    v->line = 3;
    v->col = 5;
    return v;
}

static void
test_a_value_is_text_and_its_mistakes_have_its_place(void **state)
{
    static const struct {
        const char *blob, *wanted, *why;
    } rows[] = {
        {plain_blob, "s3cr3t Pa55's {{ word }}", NULL},
        {empty_blob, "", NULL},
        {nul_blob, NULL, "vars.yml:3:5: what it holds has a NUL, which no text can have"},
        {binary_blob, NULL, "vars.yml:3:5: what it holds is not UTF-8"},
    };
    struct vault *v = vault_with("correct horse");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct value *value = value_at(rows[i].blob);
        struct err err = {0};
        char *text = NULL;
        assert_int_equal(vault_text(v, value, &text, &err), rows[i].why == NULL ? 0 : -1);
        if (rows[i].why == NULL) {
            assert_string_equal(text, rows[i].wanted);
        } else {
            assert_string_equal(err.text, rows[i].why);
        }
        free(text);
        value_free(value);
    }
    vault_free(v);
}

static void
test_values_that_are_no_vaults_need_no_password(void **state)
{
    struct value *number = value_int(5432);
    struct value *list = value_new(VALUE_LIST);
    struct err err = {0};
    char *text = NULL;

    (void)state;
    assert_int_equal(vault_text(NULL, number, &text, &err), 0);
    assert_string_equal(text, "5432");
    free(text);
    assert_int_equal(vault_text(NULL, list, &text, &err), -1);
    assert_string_equal(err.text, "expected a text, got a list");
    value_free(number);
    value_free(list);
}

/* ---------------------------------------------------------------- whole files */

static struct yaml *
load_file(struct vault *v, const char *text, struct mistakes *m)
{
    struct folder f;

    folder_make(&f);
    folder_text(&f, "vars.yml", text);
    char *path = xasprintf("%s/vars.yml", f.path);
    struct yaml *y = vault_load_yaml(v, path, YAML_SMALL_MAX, YAML_REPEAT_LAST, m);
    free(path);
    folder_remove(&f);
    return y;
}

static void
all_secret(const struct value *v, bool secret)
{
    assert_int_equal(v->secret, secret);
    for (size_t i = 0; i < v->count; i++) {
        all_secret(v->items[i], secret);
    }
}

static void
test_all_that_an_encrypted_file_holds_is_secret(void **state)
{
    struct vault *v = vault_with("correct horse");

    (void)state;
    for (int plain = 0; plain < 2; plain++) {
        struct mistakes m = {0};
        struct buf json;
        struct yaml *y =
            load_file(v, plain ? "db_password: x\nlist: [1, {a: b}]\n" : file_blob, &m);
        assert_non_null(y);
        struct value *values = value_of_node(yaml_root(y), &m);
        yaml_close(y);
        all_secret(values, !plain);
        buf_init(&json, OUT_MAX);
        value_to_json(values, &json);
        assert_string_equal(json.data,
                            plain ? "{\"db_password\": \"x\", \"list\": [1, {\"a\": \"b\"}]}"
                                  : "{\"db_password\": \"***\", \"port\": \"***\", \"list\": "
                                    "[\"***\", {\"inner\": \"***\"}], \"flag\": \"***\"}");
        if (!plain) {
            assert_string_equal(value_dict_get(values, "db_password")->text, "hunter22-db");
            assert_int_equal(value_dict_get(values, "port")->integer, 5432);
        }
        buf_release(&json);
        value_free(values);
        mistakes_release(&m);
    }
    vault_free(v);
}

static void
file_mistake(struct vault *v, const char *text, const char *wanted)
{
    struct mistakes m = {0};
    struct yaml *y = load_file(v, text, &m);

    if (y != NULL) {
        assert_null(value_of_node(yaml_root(y), &m));
    }
    yaml_close(y);
    assert_int_equal(m.count, 1);
    assert_non_null(strstr(m.errors.items[0], wanted));
    assert_null(strstr(m.errors.items[0], "-secret"));
    mistakes_release(&m);
}

static void
test_mistakes_of_an_encrypted_file_show_nothing_of_it(void **state)
{
    struct vault *v = vault_with("correct horse");
    struct vault *other = vault_with("battery staple");

    (void)state;
    file_mistake(v, bad_file_blob, "/vars.yml:1:6: alias: no anchor '&***' before this alias");
    file_mistake(v, tag_file_blob, "/vars.yml:1:6: this tag is not supported");
    file_mistake(v, binary_blob, "/vars.yml:1:2: not UTF-8: byte 0xff");
    file_mistake(other, file_blob, "/vars.yml: cannot be opened: IM_VAULT_PASSWORD_FILE holds ");
    file_mistake(NULL, file_blob, "/vars.yml: encrypted: IM_VAULT_PASSWORD_FILE must name ");
    file_mistake(v, "$ANSIBLE_VAULT;1.1;AES256\n00", "/vars.yml: torn or changed: ");
    vault_free(v);
    vault_free(other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opens_what_ansible_wrote),
        cmocka_unit_test(test_the_password_is_stripped_as_ansible_does),
        cmocka_unit_test(test_without_a_password_nothing_is_opened),
        cmocka_unit_test(test_kept_is_what_was_opened_not_what_looks_alike),
        cmocka_unit_test(test_says_what_is_wrong_with_the_form),
        cmocka_unit_test(test_a_text_that_was_torn_is_refused_wherever),
        cmocka_unit_test(test_a_password_file_that_is_executable_is_run),
        cmocka_unit_test(test_says_what_is_wrong_with_a_password_file),
        cmocka_unit_test(test_a_password_may_come_through_a_pipe),
        cmocka_unit_test(test_a_value_is_text_and_its_mistakes_have_its_place),
        cmocka_unit_test(test_values_that_are_no_vaults_need_no_password),
        cmocka_unit_test(test_all_that_an_encrypted_file_holds_is_secret),
        cmocka_unit_test(test_mistakes_of_an_encrypted_file_show_nothing_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
