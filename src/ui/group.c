/*
 * group.c - identical output of many hosts shown once, under their folded names.
 *
 * Decides what is identical: the same bytes, as many bytes missing, the same end.  Owns the output
 * kept, within two limits.  Never prints.
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
enum { GROUP_TEXT_BYTES_MAX = 8 * GROUP_HOST_BYTES_MAX };

struct kept {
    struct buf bytes; /* data is NULL until needed */
    int64_t missing;
    char *end; /* owned or NULL */
};

struct group {
    int32_t hosts;
    size_t bytes;
    struct kept *kept; /* owned */
};

/* Hosts with the same output. */
struct same {
    const struct kept *kept; /* borrowed: of the first */
    struct strv names;
};

struct group *
group_new(int32_t hosts)
{
    struct group *g = xcalloc(1, sizeof(*g));

    g->hosts = hosts;
    g->kept = xcalloc((size_t)hosts, sizeof(*g->kept));
    return g;
}

void
group_free(struct group *g)
{
    if (g == NULL) {
        return;
    }
    for (int32_t i = 0; i < g->hosts; i++) {
        buf_release(&g->kept[i].bytes);
        free(g->kept[i].end);
    }
    free(g->kept);
    free(g);
}

void
group_keep(struct group *g, int32_t host, const char *bytes, size_t len)
{
    struct kept *k = &g->kept[host];

    if (k->bytes.data == NULL) {
        buf_init(&k->bytes, GROUP_HOST_BYTES_MAX);
    }
    if (k->missing > 0 || g->bytes + len > GROUP_ALL_BYTES_MAX ||
        buf_add(&k->bytes, bytes, len) != 0) {
        k->missing += (int64_t)len;
    } else {
        g->bytes += len;
    }
}

void
group_end(struct group *g, int32_t host, const char *text)
{
    free(g->kept[host].end);
    g->kept[host].end = xstrdup(text);
}

static void
fingerprint(const struct kept *k, char ret_hex[HASH_SHA256_HEX])
{
    struct hash *h = hash_new();

    /* Lengths first, so that output is never taken for an end. */
    const size_t end_len = k->end != NULL ? strlen(k->end) + 1 : 0;
    hash_update(h, &k->missing, sizeof(k->missing));
    hash_update(h, &end_len, sizeof(end_len));
    if (k->end != NULL) {
        hash_update(h, k->end, end_len);
    }
    if (k->bytes.data != NULL) {
        hash_update(h, k->bytes.data, k->bytes.len);
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
add_body(const struct kept *k, bool escaped, struct buf *out)
{
    const char *at = k->bytes.data;
    size_t left = k->bytes.len;

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
    if (k->missing > 0) {
        buf_addf(out, "[%lld more bytes are in the logs]\n", (long long)k->missing);
    }
    if (k->end != NULL) {
        buf_addf(out, "[%s]\n", k->end);
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
    add_body(s->kept, escaped, out);
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
        const struct kept *k = &g->kept[i];
        char hex[HASH_SHA256_HEX];
        struct same *mine;
        if (k->bytes.data == NULL && k->end == NULL) {
            continue;
        }
        fingerprint(k, hex);
        mine = map_get(groups, hex);
        if (mine == NULL) {
            mine = xcalloc(1, sizeof(*mine));
            mine->kept = k;
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
