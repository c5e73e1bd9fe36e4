/*
 * fuzz_ini.c - any hosts.ini is read within bounds, and what comes out of it holds together; any
 * value is a literal or itself.
 */
#include "base/escape.h"
#include "config/ini_value.h"
#include "config/inventory_read.h"
#include "fuzz/fuzz.h"

static void
check_draft(struct draft *d)
{
    struct host_refs all = {0};
    const struct draft_group *g;
    const struct draft_host *h;
    void *iter = NULL;

    draft_members(d, d->all, &all);
    FUZZ_CHECK(all.count == map_count(d->hosts));
    free(all.items);
    while ((h = map_next(d->hosts, &iter, NULL)) != NULL) {
        FUZZ_CHECK(host_name_valid(h->name));
        FUZZ_CHECK(h->groups.count > 0);
    }
    iter = NULL;
    while ((g = map_next(d->groups, &iter, NULL)) != NULL) {
        FUZZ_CHECK(group_name_valid(g->name));
        FUZZ_CHECK(g->depth >= 0 && g->depth <= YAML_DEPTH_MAX);
    }
}

static void
check_value(const uint8_t *bytes, size_t len)
{
    char *text = fuzz_text(bytes, len);
    const char *why = NULL;
    struct value *v = ini_value_read(text, strlen(text), &why);
    struct buf json;

    FUZZ_CHECK((v == NULL) == (why != NULL));
    if (v != NULL) {
        buf_init(&json, 64 << 20);
        value_to_json(v, &json);
        FUZZ_CHECK(!json.full);
        FUZZ_CHECK(!utf8_valid(text, strlen(text)) || utf8_valid(json.data, json.len));
        buf_release(&json);
    }
    value_free(v);
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct draft *d = draft_new();
    struct mistakes m = {0};
    const int rc = inventory_parse_ini(d, (const char *)bytes, len, "hosts.ini", &m);

    FUZZ_CHECK((rc < 0) == (m.count > 0));
    if (draft_reconcile(d, &m) == 0) {
        check_draft(d);
    }
    for (size_t k = 0; k < m.errors.count; k++) {
        FUZZ_CHECK(strncmp(m.errors.items[k], "hosts.ini:", 10) == 0);
        FUZZ_CHECK(strchr(m.errors.items[k], '\n') == NULL);
    }
    draft_free(d);
    mistakes_release(&m);
    check_value(bytes, len);
    return 0;
}
