/*
 * test_given.c - what a run was given, kept and read again; secrets are not kept.
 */
#include "app/given.h"
#include "unit/app/rig.h"

static const char action[] = "name: act\nsteps:\n  - run: one\n";

static char *
json_of(const struct value *v)
{
    struct buf text;

    buf_init(&text, 1 << 20);
    value_to_json(v, &text);
    char *json = buf_detach(&text);
    buf_release(&text);
    return json;
}

static void
test_what_was_given_comes_back(void **state)
{
    struct strv tags = {0}, skip = {0};
    struct given g;
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "act", action);
    strv_add(&tags, "a b");
    strv_add(&skip, "quo\"te");
    value_dict_set(r.extra, "word", value_text("1"));
    value_dict_set(r.extra, "number", value_int(7));
    value_dict_set(r.extra, "list", value_new(VALUE_LIST));
    value_list_add(value_dict_get(r.extra, "list"), value_text("{{ word }}"));
    r.request.tags = &tags;
    r.request.skip_tags = &skip;
    struct value *v = given_value(&r.request);
    char *json = json_of(v);
    struct value *back = given_parse(json, strlen(json), "x", &r.err);
    assert_non_null(back);
    assert_int_equal(given_read(back, &g, &r.err), 0);
    assert_int_equal(g.workers, 3);
    assert_string_equal(g.tags.items[0], "a b");
    assert_string_equal(g.skip_tags.items[0], "quo\"te");
    assert_true(value_is_same(g.extra, r.extra));
    assert_int_equal(g.secret.count, 0);
    given_release(&g);
    value_free(back);
    free(json);
    value_free(v);
    strv_clear(&tags);
    strv_clear(&skip);
    rig_close(&r);
}

static void
test_a_secret_is_kept_by_its_name_only(void **state)
{
    struct given g;
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "act", action);
    struct value *list = value_new(VALUE_LIST);
    value_list_add(list, value_text("hush-hush"));
    list->items[0]->secret = true; /* below one that is none */
    value_dict_set(r.extra, "deep", list);
    value_dict_set(r.extra, "plain", value_text("seen"));
    struct value *v = given_value(&r.request);
    char *json = json_of(v);
    assert_null(strstr(json, "hush"));
    assert_int_equal(given_read(v, &g, &r.err), 0);
    assert_int_equal(g.secret.count, 1);
    assert_string_equal(g.secret.items[0], "deep");
    assert_null(value_dict_get(g.extra, "deep"));
    assert_non_null(value_dict_get(g.extra, "plain"));
    given_release(&g);
    free(json);
    value_free(v);
    rig_close(&r);
}

static void
test_what_is_none_of_ours_is_refused(void **state)
{
    static const struct {
        const char *json, *message;
    } rows[] = {
        {"{}", "extra: expected a dict, got nothing"},
        {"{\"extra\": [], \"workers\": 1}", "extra: expected a dict, got a list"},
        {"{\"extra\": {}, \"workers\": \"1\"}", "workers: expected a number, got a text"},
        {"{\"extra\": {}, \"workers\": 1}", "tags: expected a list, got nothing"},
        {"{\"extra\": {}, \"workers\": 1, \"tags\": [1]}", "tags: expected texts, got a number"},
        {"{\"extra\": {}, \"workers\": -2, \"tags\": [], \"skip_tags\": [], \"extra_secret\": []}",
         "workers: out of range"},
        {"{\"extra\": {}, \"workers\": 10001, \"tags\": [], \"skip_tags\": [], "
         "\"extra_secret\": []}",
         "workers: out of range"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct err err = {0};
        struct given g;
        struct value *v = given_parse(rows[i].json, strlen(rows[i].json), "x", &err);
        assert_non_null(v);
        assert_int_equal(given_read(v, &g, &err), -1);
        assert_string_equal(err.text, rows[i].message);
        given_release(&g);
        value_free(v);
    }
}

static void
test_a_text_that_is_no_dict_is_named(void **state)
{
    static const char *const texts[] = {"", "[]", "3", "{", "{\"a\": 1, \"a\": 2}"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct err err = {0};
        assert_null(given_parse(texts[i], strlen(texts[i]), "it", &err));
        assert_int_equal(err.kind, ERR_CONFIG);
        assert_memory_equal(err.text, "it", 2);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_given_comes_back),
        cmocka_unit_test(test_a_secret_is_kept_by_its_name_only),
        cmocka_unit_test(test_what_is_none_of_ours_is_refused),
        cmocka_unit_test(test_a_text_that_is_no_dict_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
