/*
 * inventory_twins.c - two names for one machine: the first stands.
 *
 * Decides that a machine is an address, a port, a user and the arguments of ssh, and that the one
 * we run on is one whatever they are (ssh_config may make one of more: app/reach.c looks again);
 * names of it with differing variables are a mistake, because a deployment would do both.  Owns
 * nothing.
 */
#include "config/inventory_state.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { SAME_BYTES_MAX = 16 << 20 };

static void
forget_members(struct inventory *inv, const struct map *dropped)
{
    struct strv *list = NULL;
    void *iter = NULL;

    while (map_count(dropped) > 0 && (list = map_next(inv->members, &iter, NULL)) != NULL) {
        size_t kept = 0;
        for (size_t k = 0; k < list->count; k++) {
            if (map_get(dropped, list->items[k]) != NULL) {
                free(list->items[k]);
            } else {
                list->items[kept++] = list->items[k];
            }
        }
        list->count = kept;
        if (list->items != NULL) {
            list->items[kept] = NULL;
        }
    }
}

static void
add_lines(struct buf *text, const struct strv *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        buf_addf(text, "\001%s", lines->items[i]);
    }
    buf_addc(text, '\002');
}

/* Its address, port and user as one text, and the arguments of ssh, among which may be a way there;
 * in the same buffer for every host.  "" is the one we run on. */
static const char *
machine_of(const struct host *h, struct buf *text)
{
    const char port[] = {'\001', (char)('0' + h->port % 64), (char)('0' + h->port / 64 % 64),
                         (char)('0' + h->port / 4096), '\001'};

    buf_clear(text);
    if (h->local) {
        return text->data;
    }
    buf_adds(text, h->address);
    buf_add(text, port, sizeof(port));
    buf_adds(text, h->user == NULL ? "" : h->user);
    add_lines(text, &h->ssh_first);
    add_lines(text, &h->ssh_options);
    buf_adds(text, h->ssh_config == NULL ? "" : h->ssh_config);
    return text->data;
}

/* 1: h is another name of first, and not needed; 0: it stays; -1: m has the mistake. */
static int
compare_twins(const struct inventory *inv, const struct host *first, const struct host *h,
              struct mistakes *m)
{
    if (first == NULL) {
        return 0;
    }
    if (!value_is_same(&inv->vars[first - inv->hosts], &inv->vars[h - inv->hosts])) {
        return mistakes_add(m, "%s:%d:%d: %s is the same machine as %s, with other variables",
                            h->file, h->line, h->col, h->name, first->name);
    }
    mistakes_warn(m, "%s:%d:%d: %s is the same machine as %s: only %s is used", h->file, h->line,
                  h->col, h->name, first->name, first->name);
    return 1;
}

/* Host i is dropped, or moves down to kept. */
static void
settle(struct inventory *inv, size_t i, size_t kept, bool drop)
{
    if (drop) {
        inv->drafts[i]->index = SIZE_MAX;
        inventory_host_release(&inv->hosts[i]);
        inventory_vars_release(&inv->vars[i]);
        return;
    }
    inv->hosts[kept] = inv->hosts[i];
    inv->vars[kept] = inv->vars[i];
    inv->drafts[kept] = inv->drafts[i];
    inv->drafts[kept]->index = kept;
}

int
inventory_merge_twins(struct inventory *inv, struct mistakes *m)
{
    struct map *seen = map_new(NULL);    /* machine -> struct host, the first */
    struct map *dropped = map_new(NULL); /* name -> anything */
    size_t kept = 0;
    struct buf text;
    int rc = 0;

    buf_init(&text, 1 << 16);
    for (size_t i = 0; i < inv->count; i++) {
        const char *machine = machine_of(&inv->hosts[i], &text);
        const int same = compare_twins(inv, map_get(seen, machine), &inv->hosts[i], m);
        if (same > 0) {
            map_set(dropped, inv->hosts[i].name, inv);
        }
        settle(inv, i, kept, same > 0);
        if (same == 0) {
            map_set(seen, machine, &inv->hosts[kept]);
        }
        kept += same <= 0;
        rc = same < 0 ? -1 : rc;
    }
    inv->count = kept;
    forget_members(inv, dropped);
    buf_release(&text);
    map_free(seen);
    map_free(dropped);
    return rc;
}
