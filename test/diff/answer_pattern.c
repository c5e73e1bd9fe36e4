/*
 * answer_pattern.c - answers for our patterns and nodesets where diff_pattern.py and
 * diff_nodeset.py ask Ansible and ClusterShell.
 *
 * A request is a line, a verb and a tab before what it is about; the answer is a line of JSON:
 *   load DIR      {"hosts": [names], "read": [names], "groups": {group: [names]}}, and the
 *                 inventory of what follows; "read" is the order of reading
 *   limit PATTERN {"names": [...]}   hosts of -l
 *   nodes EXPR    {"names": [...]}   hosts of -w
 *   expand EXPR   {"names": [...]}   names without an inventory
 *   fold A B C    {"text": "..."}
 * or {"error": "..."}.  Owns the inventory until the next load.  Never compares.
 */
#include "diff/answer.h"

#include "base/buf.h"
#include "base/nodeset.h"
#include "base/strv.h"
#include "config/inventory.h"
#include "config/mistakes.h"
#include "config/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 64 << 20 };

static void
add_error(struct buf *out, const char *text)
{
    buf_adds(out, "{\"error\":");
    put_text(out, text);
    buf_addc(out, '}');
}

static void
load(struct inventory **inv, const char *dir, struct buf *out)
{
    struct mistakes m = {0};
    struct strv hosts = {0};
    struct strv read = {0};

    inventory_free(*inv);
    *inv = inventory_load(&(struct inventory_request){.root = dir, .dir = dir}, &m);
    if (*inv == NULL) {
        add_error(out, m.errors.count > 0 ? m.errors.items[0] : "?");
        mistakes_release(&m);
        return;
    }
    const struct strv *groups = inventory_groups(*inv);
    for (size_t i = 0; i < inventory_count(*inv); i++) {
        strv_add(&hosts, inventory_host(*inv, i)->name);
        strv_add(&read, inventory_host(*inv, inventory_read_order(*inv)[i])->name);
    }
    buf_adds(out, "{\"hosts\":");
    put_texts(out, &hosts);
    buf_adds(out, ",\"read\":");
    put_texts(out, &read);
    buf_adds(out, ",\"groups\":{");
    for (size_t i = 0; i < groups->count; i++) {
        buf_adds(out, i > 0 ? "," : "");
        put_text(out, groups->items[i]);
        buf_addc(out, ':');
        put_texts(out, inventory_members(*inv, groups->items[i]));
    }
    buf_adds(out, "}}");
    strv_clear(&hosts);
    strv_clear(&read);
    mistakes_release(&m);
}

static void
pick(const struct inventory *inv, const char *verb, const char *text, struct buf *out)
{
    struct strv names = {0};
    struct err err = {0};
    size_t *hosts = NULL;
    size_t count = 0;
    int rc;

    if (strcmp(verb, "expand") == 0) {
        rc = nodeset_expand(text, NULL, &names, &err);
    } else if (strcmp(verb, "limit") == 0) {
        rc = inventory_select(inv, text, &hosts, &count, &err);
    } else {
        rc = inventory_select_nodes(inv, text, &hosts, &count, &err);
    }
    for (size_t i = 0; i < count; i++) {
        strv_add(&names, inventory_host(inv, hosts[i])->name);
    }
    if (rc < 0) {
        add_error(out, err.text);
    } else {
        buf_adds(out, "{\"names\":");
        put_texts(out, &names);
        buf_addc(out, '}');
    }
    strv_clear(&names);
    free(hosts);
}

static void
fold(const char *text, struct buf *out)
{
    struct strv names = {0};
    struct buf folded;

    for (const char *p = text; *p != '\0';) {
        const size_t n = strcspn(p, " ");
        if (n > 0) {
            strv_addn(&names, p, n);
        }
        p += n + (p[n] == ' ');
    }
    buf_init(&folded, ANSWER_MAX);
    nodeset_fold(&folded, (const char *const *)names.items, names.count);
    buf_adds(out, "{\"text\":");
    put_text(out, folded.data);
    buf_addc(out, '}');
    buf_release(&folded);
    strv_clear(&names);
}

static void
answer(struct inventory **inv, char *line, struct buf *out)
{
    char *tab = strchr(line, '\t');

    if (tab == NULL) {
        add_error(out, "a request is a verb, a tab, an argument");
        return;
    }
    *tab = '\0';
    if (strcmp(line, "load") == 0) {
        load(inv, tab + 1, out);
    } else if (strcmp(line, "fold") == 0) {
        fold(tab + 1, out);
    } else if (strcmp(line, "expand") != 0 && *inv == NULL) {
        add_error(out, "no inventory is loaded");
    } else {
        pick(*inv, line, tab + 1, out);
    }
}

int
main(void)
{
    struct inventory *inv = NULL;
    char *line = NULL;
    size_t cap = 0;

    while (getline(&line, &cap, stdin) > 0) {
        struct buf out;
        line[strcspn(line, "\n")] = '\0';
        buf_init(&out, ANSWER_MAX);
        answer(&inv, line, &out);
        puts(out.data);
        fflush(stdout);
        buf_release(&out);
    }
    free(line);
    inventory_free(inv);
    return 0;
}
