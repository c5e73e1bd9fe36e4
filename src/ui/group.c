/*
 * group.c - identical output of many hosts shown once, under their folded names.
 *
 * Decides what is identical: the same bytes, as many missing at the same place, the same end; and
 * whose output is cut when all of it is too much.  Owns what is kept.  Never prints.
 */
#include "ui/group.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/nodeset.h"
#include "base/strv.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* Escaped bytes of one host, and the names of all: 10,000 of 253 bytes. */
enum {
    GROUP_TEXT_BYTES_MAX = 8 * GROUP_HOST_BYTES_MAX,
    GROUP_HOST_BYTES_MIN = 2048, /* nobody gives of so little */
    GROUP_PART_BYTES = 512,      /* taken in at a time when room is short */
};

struct said {
    struct kept kept;
    char *end; /* owned or NULL */
};

struct group {
    int32_t hosts;
    struct budget *budget; /* borrowed or NULL */
    struct said *said;     /* owned */
};

/* Hosts with the same output. */
struct same {
    const struct said *said; /* borrowed: of the first */
    struct strv names;
};

struct group *
group_new(int32_t hosts, struct budget *budget)
{
    struct group *g = xcalloc(1, sizeof(*g));

    g->hosts = hosts;
    g->budget = budget;
    g->said = xcalloc((size_t)hosts, sizeof(*g->said));
    return g;
}

void
group_free(struct group *g)
{
    if (g == NULL) {
        return;
    }
    for (int32_t i = 0; i < g->hosts; i++) {
        kept_release(&g->said[i].kept, g->budget);
        free(g->said[i].end);
    }
    free(g->said);
    free(g);
}

/* Room for len more: the host of which most is kept gives half of it, until there is room or nobody
 * has more than a little. */
static void
make_room(struct group *g, size_t len)
{
    while (!budget_fits(g->budget, BUDGET_KEPT, 2 * len)) { /* a buffer grows to twice as much */
        struct kept *most = &g->said[0].kept;
        for (int32_t i = 1; i < g->hosts; i++) {
            most = g->said[i].kept.cap > most->cap ? &g->said[i].kept : most;
        }
        if (most->cap <= GROUP_HOST_BYTES_MIN) {
            return;
        }
        kept_trim(most, g->budget, most->cap / 2);
    }
}

void
group_keep(struct group *g, int32_t host, const char *bytes, size_t len)
{
    struct kept *k = &g->said[host].kept;

    while (len > 0) {
        const size_t part = len < GROUP_PART_BYTES ? len : GROUP_PART_BYTES;
        make_room(g, k->len + part > k->cap ? k->len + part : 0);
        const bool fits = budget_fits(g->budget, BUDGET_KEPT, 0);
        const size_t max = fits || k->cap < GROUP_HOST_BYTES_MIN ? GROUP_HOST_BYTES_MAX : k->cap;
        kept_add(k, g->budget, bytes, part, max);
        bytes += part;
        len -= part;
    }
}

void
group_end(struct group *g, int32_t host, const char *text)
{
    free(g->said[host].end);
    g->said[host].end = xstrdup(text);
}

static void
fingerprint(const struct said *said, char ret_hex[HASH_SHA256_HEX])
{
    const struct kept *k = &said->kept;
    struct hash *h = hash_new();

    /* Lengths first, so that output is never taken for an end. */
    const size_t end_len = said->end != NULL ? strlen(said->end) + 1 : 0;
    hash_update(h, &k->missing, sizeof(k->missing));
    hash_update(h, &k->cut, sizeof(k->cut));
    hash_update(h, &end_len, sizeof(end_len));
    if (said->end != NULL) {
        hash_update(h, said->end, end_len);
    }
    if (k->len > 0) {
        hash_update(h, k->bytes, k->len);
    }
    hash_finish(h, ret_hex);
    hash_free(h);
}

static void
same_free(void *p)
{
    struct same *s = p;

    strv_clear(&s->names);
    free(s);
}

static void
add_lines(const char *at, size_t left, bool escaped, struct buf *out)
{
    while (left > 0) {
        const char *end = memchr(at, '\n', left);
        const size_t len = end != NULL ? (size_t)(end - at) : left;
        if (escaped) {
            escape_terminal(out, at, len);
        } else {
            buf_add(out, at, len);
        }
        buf_addc(out, '\n');
        at += len + (end != NULL);
        left -= len + (end != NULL);
    }
}

static void
add_body(const struct said *said, bool escaped, struct buf *out)
{
    const struct kept *k = &said->kept;
    const size_t head = k->missing > 0 ? k->cut : k->len;

    if (k->len > 0) {
        add_lines(k->bytes, head, escaped, out);
    }
    if (k->missing > 0) {
        buf_addf(out, "... %lld bytes left out, see the logs\n", (long long)k->missing);
        add_lines(k->bytes + head, k->len - head, escaped, out);
    }
    if (said->end != NULL) {
        buf_addf(out, "[%s]\n", said->end);
    }
}

static void
add_same(const struct same *s, bool escaped, struct buf *out)
{
    static const char rule[] = "---------------\n";

    buf_adds(out, rule);
    nodeset_fold(out, (const char *const *)s->names.items, s->names.count);
    if (s->names.count > 1) {
        buf_addf(out, " (%zu)", s->names.count);
    }
    buf_addc(out, '\n');
    buf_adds(out, rule);
    add_body(s->said, escaped, out);
}

void
group_show(const struct group *g, const struct board *b, bool escaped,
           void (*fn)(void *arg, const char *text, size_t len), void *arg)
{
    struct map *groups = map_new(same_free);
    struct buf text;
    const struct same *s;
    const char *key;
    void *iter = NULL;

    for (int32_t i = 0; i < g->hosts && (size_t)i < b->names.count; i++) {
        const struct said *said = &g->said[i];
        char hex[HASH_SHA256_HEX];
        struct same *mine;
        if (said->kept.bytes == NULL && said->end == NULL) {
            continue;
        }
        fingerprint(said, hex);
        mine = map_get(groups, hex);
        if (mine == NULL) {
            mine = xcalloc(1, sizeof(*mine));
            mine->said = said;
            map_set(groups, hex, mine);
        }
        strv_add(&mine->names, b->names.items[i]);
    }
    while ((s = map_next(groups, &iter, &key)) != NULL) {
        buf_init(&text, GROUP_TEXT_BYTES_MAX);
        add_same(s, escaped, &text);
        fn(arg, text.data, text.len);
        buf_release(&text);
    }
    map_free(groups);
}
