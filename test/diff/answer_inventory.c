/*
 * answer_inventory.c - answers for our inventory reader where diff_inventory.py asks Ansible.
 *
 * A request is a line, `list DIR`, `hosts h1,h2,`, `value TEXT` or `words LINE` (the last two of
 * INI); the answer is a line of JSON.  Of an inventory: "list" as ansible-inventory --list, "order"
 * of the hosts, "groups" with their hosts, "warnings"; or "error" with the mistakes, "not_yet".
 * Owns nothing between two requests.  Never compares.
 */
#include "diff/answer.h"

#include "base/buf.h"
#include "base/strv.h"
#include "cli/inventory_json.h"
#include "cli/script_run.h"
#include "config/ini_value.h"
#include "config/inventory.h"
#include "config/mistakes.h"
#include "config/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 256 << 20 };

/* "order":[...],"groups":{...} */
static void
add_orders(struct buf *out, const struct inventory *inv)
{
    const struct strv *groups = inventory_groups(inv);

    buf_adds(out, "\"order\":[");
    for (size_t i = 0; i < inventory_count(inv); i++) {
        buf_adds(out, i > 0 ? "," : "");
        put_text(out, inventory_host(inv, i)->name);
    }
    buf_adds(out, "],\"groups\":{");
    for (size_t i = 0; i < groups->count; i++) {
        const struct strv *members = inventory_members(inv, groups->items[i]);
        buf_adds(out, i > 0 ? "," : "");
        put_text(out, groups->items[i]);
        buf_adds(out, ":[");
        for (size_t k = 0; members != NULL && k < members->count; k++) {
            buf_adds(out, k > 0 ? "," : "");
            put_text(out, members->items[k]);
        }
        buf_addc(out, ']');
    }
    buf_addc(out, '}');
}

/* "list":{...}, or -1. */
static int
add_json(struct buf *out, const struct inventory *inv, struct err *err)
{
    const size_t count = inventory_count(inv);
    size_t *hosts = calloc(count + 1, sizeof(*hosts));
    int rc = -1;

    for (size_t i = 0; hosts != NULL && i < count; i++) {
        hosts[i] = i;
    }
    if (hosts != NULL) {
        buf_adds(out, "\"list\":");
        rc = inventory_json(inv, hosts, count, out, err);
    }
    free(hosts);
    return rc;
}

static void
add_mistakes(struct buf *out, const struct mistakes *m, const char *late)
{
    buf_addf(out, "{\"not_yet\":%s,", m->not_yet ? "true" : "false");
    if (late != NULL) {
        buf_adds(out, "\"error\":[");
        put_text(out, late);
        buf_addc(out, ']');
    } else {
        buf_adds(out, "\"error\":");
        put_texts(out, &m->errors);
    }
}

static void
answer_inventory(const struct inventory_request *request, struct buf *out)
{
    struct mistakes m = {0};
    struct err err = {0};
    struct inventory *inv = inventory_load(request, &m);

    buf_addc(out, '{');
    if (inv != NULL && add_json(out, inv, &err) == 0) {
        buf_addc(out, ',');
        add_orders(out, inv);
    } else {
        buf_clear(out);
        add_mistakes(out, &m, inv != NULL ? err.text : NULL);
    }
    buf_addc(out, ',');
    buf_adds(out, "\"warnings\":");
    put_texts(out, &m.warnings);
    buf_addc(out, '}');
    inventory_free(inv);
    mistakes_release(&m);
}

static void
answer_list(const char *dir, struct buf *out)
{
    struct script_time time = {0};
    const struct inventory_request request = {
        .root = dir, .dir = dir, .run = script_run, .run_arg = &time};

    answer_inventory(&request, out);
}

static void
answer_hosts(const char *text, struct buf *out)
{
    const struct inventory_request request = {.root = "/", .hosts_text = text};

    answer_inventory(&request, out);
}

static void
add_error(struct buf *out, const char *why)
{
    struct strv list = {0};

    strv_add(&list, why);
    buf_adds(out, "{\"error\":");
    put_texts(out, &list);
    buf_addc(out, '}');
    strv_clear(&list);
}

static void
answer_value(const char *text, struct buf *out)
{
    const char *why = NULL;
    struct value *v = ini_value_read(text, strlen(text), &why);

    if (v == NULL) {
        add_error(out, why);
    } else {
        buf_adds(out, "{\"value\":");
        value_to_json(v, out);
        buf_addc(out, '}');
    }
    value_free(v);
}

static void
answer_words(const char *text, struct buf *out)
{
    struct ini_words words;
    const char *why = NULL;

    if (ini_words_split(&words, text, strlen(text), &why) < 0) {
        add_error(out, why);
    } else {
        buf_adds(out, "{\"value\":");
        put_texts(out, &words.text);
        buf_addc(out, '}');
    }
    ini_words_release(&words);
}

static void
answer(const char *request, struct buf *out)
{
    static const struct {
        const char *word;
        void (*answer)(const char *rest, struct buf *out);
    } kinds[] = {{"list ", answer_list},
                 {"hosts ", answer_hosts},
                 {"value ", answer_value},
                 {"words ", answer_words}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const size_t len = strlen(kinds[i].word);
        if (strncmp(request, kinds[i].word, len) == 0) {
            kinds[i].answer(request + len, out);
            return;
        }
    }
    add_error(out, "unknown request");
}

/* An answer is one line: what inventory_json wrote ends in one. */
static void
print_line(const struct buf *out)
{
    for (size_t i = 0; i < out->len; i++) {
        if (out->data[i] != '\n') {
            putchar(out->data[i]);
        }
    }
    putchar('\n');
    fflush(stdout);
}

int
main(void)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t len;

    while ((len = getline(&line, &cap, stdin)) > 0) {
        struct buf out;
        line[strcspn(line, "\n")] = '\0';
        buf_init(&out, ANSWER_MAX);
        answer(line, &out);
        print_line(&out);
        buf_release(&out);
    }
    free(line);
    return 0;
}
