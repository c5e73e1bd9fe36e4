/*
 * inventory_fixture.h - a hosts.yml written to a folder, read, and asked.
 *
 * A mistake is written in tests as it is told, without the folder: "hosts.yml:3:5: ...".  Owns the
 * folder of a test from setup to teardown.
 */
#ifndef TEST_CONFIG_INVENTORY_FIXTURE_H
#define TEST_CONFIG_INVENTORY_FIXTURE_H

#include "base/buf.h"
#include "config/inventory_read.h"

#include "folder.h"

static inline int
setup(void **state)
{
    struct folder *f = xcalloc(1, sizeof(*f));

    folder_make(f);
    *state = f;
    return 0;
}

static inline int
teardown(void **state)
{
    folder_remove(*state);
    free(*state);
    return 0;
}

static inline struct inventory *
load_folder(const struct folder *f, struct mistakes *m)
{
    const struct inventory_request request = {.root = "/root-of-project", .dir = f->path};

    return inventory_load(&request, m);
}

static inline struct inventory *
load(const struct folder *f, const char *text, struct mistakes *m)
{
    folder_text(f, "hosts.yml", text);
    return load_folder(f, m);
}

static inline struct inventory *
load_good(const struct folder *f, const char *text)
{
    struct mistakes m = {0};
    struct inventory *inv = load(f, text, &m);

    if (inv == NULL) {
        fail_msg("%s", m.errors.count > 0 ? m.errors.items[0] : "no inventory and no mistake");
    }
    assert_int_equal(m.count, 0);
    mistakes_release(&m);
    return inv;
}

/* Every error of text, a line each, is expected. */
static inline void
tells(const struct folder *f, const char *text, const char *expected, bool not_yet)
{
    struct mistakes m = {0};
    struct inventory *inv = load(f, text, &m);
    struct buf got;

    buf_init(&got, 1 << 20);
    for (size_t i = 0; i < m.errors.count; i++) {
        buf_addf(&got, "%s%s", i == 0 ? "" : "\n", folder_strip(f, m.errors.items[i]));
    }
    assert_string_equal(got.data, expected);
    assert_null(inv);
    assert_int_equal(m.not_yet, not_yet);
    buf_release(&got);
    mistakes_release(&m);
}

static inline const struct host *
host_named(const struct inventory *inv, const char *name, const struct value **ret_vars)
{
    for (size_t i = 0; i < inventory_count(inv); i++) {
        if (strcmp(inventory_host(inv, i)->name, name) == 0) {
            *ret_vars = inventory_vars(inv, i);
            return inventory_host(inv, i);
        }
    }
    fail_msg("there is no host %s", name);
    return NULL;
}

static inline void
has_var(const struct inventory *inv, const char *host, const char *name, const char *expected)
{
    const struct value *vars = NULL;
    struct buf got;

    (void)host_named(inv, host, &vars);
    const struct value *v = value_dict_get(vars, name);
    buf_init(&got, 4096);
    if (v != NULL) {
        value_to_json(v, &got);
    } else {
        buf_adds(&got, "absent");
    }
    assert_string_equal(got.data, expected);
    buf_release(&got);
}

static inline void
is_list(const struct strv *list, const char *expected)
{
    struct buf got;

    assert_non_null(list);
    buf_init(&got, 4096);
    for (size_t i = 0; i < list->count; i++) {
        buf_addf(&got, "%s%s", i == 0 ? "" : " ", list->items[i]);
    }
    assert_string_equal(got.data, expected);
    buf_release(&got);
}

#endif
