/*
 * hostkey.c - an index over known_hosts files.
 *
 * Decides whether a host's key is known.  Owns the lines.  Plain names are looked up in a map;
 * lines with wildcards, negation or hashed names are walked (one HMAC each).  No library does it:
 * libssh's own skips `@` lines and re-reads the file for every connection (140 ms for 10,000 hashed
 * lines).
 */
#include "ssh/hostkey.h"

#include "base/buf.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/strv.h"
#include "base/xalloc.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_BYTES_MAX = 16384, NAME_BYTES_MAX = 1100, SALT_BYTES_MAX = 64 };

enum marker { MARK_NONE, MARK_REVOKED, MARK_CA };

struct entry {
    enum marker marker;
    char *patterns; /* owned: the first field, lower case unless hashed */
    bool hashed;
    char *type;          /* owned */
    unsigned char *blob; /* owned */
    size_t blob_len;
    const char *path; /* borrowed from the index */
    int line;
};

struct list {
    struct entry **items; /* owned array of borrowed entries */
    size_t count, cap;
};

struct hostkeys {
    struct entry **entries; /* owned, each owned */
    size_t count, cap;
    struct map *plain;  /* owned: name -> struct list */
    struct list walked; /* lines that are no plain names */
    struct strv paths;
};

static void
free_list(void *p)
{
    struct list *l = p;

    free(l->items);
    free(l);
}

static void
list_add(struct list *l, struct entry *e)
{
    l->items = xgrow(l->items, l->count, &l->cap, sizeof(struct entry *));
    l->items[l->count++] = e;
}

struct hostkeys *
hostkeys_new(void)
{
    struct hostkeys *h = xcalloc(1, sizeof(*h));

    h->plain = map_new(free_list);
    return h;
}

static void
entry_free(struct entry *e)
{
    free(e->patterns);
    free(e->type);
    free(e->blob);
    free(e);
}

void
hostkeys_free(struct hostkeys *h)
{
    if (h == NULL) {
        return;
    }
    for (size_t i = 0; i < h->count; i++) {
        entry_free(h->entries[i]);
    }
    free(h->entries);
    map_free(h->plain);
    free(h->walked.items);
    strv_clear(&h->paths);
    free(h);
}

/* The next word of a line; *line moves past it.  NULL at the end. */
static char *
word(char **line)
{
    char *begin = *line + strspn(*line, " \t");
    char *end = begin + strcspn(begin, " \t\r\n");

    if (begin == end) {
        return NULL;
    }
    *line = *end == '\0' ? end : end + 1;
    *end = '\0';
    return begin;
}

static enum marker
marker_of(const char *text, bool *ret_ok)
{
    *ret_ok = true;
    if (strcmp(text, "@revoked") == 0) {
        return MARK_REVOKED;
    }
    if (strcmp(text, "@cert-authority") == 0) {
        return MARK_CA;
    }
    *ret_ok = false;
    return MARK_NONE;
}

static struct entry *
parse_line(char *line)
{
    unsigned char blob[KEY_BYTES_MAX];
    size_t blob_len = 0;
    enum marker marker = MARK_NONE;
    char *patterns = word(&line);

    if (patterns == NULL || patterns[0] == '#') {
        return NULL;
    }
    if (patterns[0] == '@') {
        bool ok = false;
        marker = marker_of(patterns, &ok);
        patterns = ok ? word(&line) : NULL;
    }
    const char *type = patterns == NULL ? NULL : word(&line);
    const char *key = type == NULL ? NULL : word(&line);
    if (key == NULL || base64_decode(key, strlen(key), blob, sizeof(blob), &blob_len) < 0) {
        return NULL;
    }
    struct entry *e = xcalloc(1, sizeof(*e));
    *e = (struct entry){
        .marker = marker,
        .patterns = xstrdup(patterns),
        .hashed = strncmp(patterns, "|1|", 3) == 0,
        .type = xstrdup(type),
        .blob = xmemdup(blob, blob_len),
        .blob_len = blob_len,
    };
    for (char *c = e->patterns; *c != '\0' && !e->hashed; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return e;
}

static void
index_name(struct hostkeys *h, const char *name, size_t len, struct entry *e)
{
    char *key = xstrndup(name, len);
    struct list *l = map_get(h->plain, key);

    if (l == NULL) {
        l = xcalloc(1, sizeof(*l));
        map_set(h->plain, key, l);
    }
    if (l->count == 0 || l->items[l->count - 1] != e) {
        list_add(l, e);
    }
    free(key);
}

static void
index_entry(struct hostkeys *h, struct entry *e)
{
    h->entries = xgrow(h->entries, h->count, &h->cap, sizeof(struct entry *));
    h->entries[h->count++] = e;
    if (e->hashed || strpbrk(e->patterns, "*?!") != NULL) {
        list_add(&h->walked, e);
        return;
    }
    for (const char *p = e->patterns; *p != '\0';) {
        const size_t len = strcspn(p, ",");
        if (len > 0) {
            index_name(h, p, len, e);
        }
        p += len + (p[len] == ',');
    }
}

int
hostkeys_load(struct hostkeys *h, const char *path, struct err *err)
{
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t cap = 0;
    int number = 0;

    if (f == NULL) {
        if (errno == ENOENT || errno == ENOTDIR) {
            return 0;
        }
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    strv_add(&h->paths, path);
    const char *kept = h->paths.items[h->paths.count - 1];
    errno = 0;
    while (getline(&line, &cap, f) >= 0) {
        number++;
        struct entry *e = parse_line(line);
        if (e != NULL) {
            e->path = kept;
            e->line = number;
            index_entry(h, e);
        }
    }
    const int bad = ferror(f) ? errno : 0;
    free(line);
    (void)fclose(f);
    return bad == 0 ? 0 : err_set(err, ERR_IO, "%s: %s", path, strerror(bad));
}

/* `*` and `?` of OpenSSH's match.c; iterative, so that a hostile pattern costs no exponential time.
 */
static bool
glob(const char *p, const char *end, const char *text)
{
    const char *star = NULL;
    const char *mark = NULL;

    while (*text != '\0') {
        if (p < end && *p == '*') {
            star = ++p;
            mark = text;
        } else if (p < end && (*p == '?' || *p == *text)) {
            p++;
            text++;
        } else if (star != NULL) {
            p = star;
            text = ++mark;
        } else {
            return false;
        }
    }
    while (p < end && *p == '*') {
        p++;
    }
    return p == end;
}

static bool
match_patterns(const char *patterns, const char *name)
{
    bool found = false;

    for (const char *p = patterns; *p != '\0';) {
        const size_t len = strcspn(p, ",");
        const bool negated = *p == '!';
        if (glob(p + negated, p + len, name)) {
            if (negated) {
                return false;
            }
            found = true;
        }
        p += len + (p[len] == ',');
    }
    return found;
}

/* |1|base64(salt)|base64(HMAC-SHA1(salt, name)) */
static bool
match_hashed(const char *patterns, const char *name)
{
    const char *salt_text = patterns + 3;
    const char *bar = strchr(salt_text, '|');
    unsigned char salt[SALT_BYTES_MAX];
    unsigned char want[HASH_SHA1_BYTES];
    unsigned char got[HASH_SHA1_BYTES];
    size_t salt_len = 0;
    size_t want_len = 0;

    if (bar == NULL ||
        base64_decode(salt_text, (size_t)(bar - salt_text), salt, sizeof(salt), &salt_len) < 0 ||
        base64_decode(bar + 1, strlen(bar + 1), want, sizeof(want), &want_len) < 0 ||
        want_len != sizeof(want) || salt_len != HASH_SHA1_BYTES) {
        return false;
    }
    hash_hmac_sha1(salt, salt_len, name, strlen(name), got);
    return memcmp(want, got, sizeof(want)) == 0;
}

/* The name as the files have it: lower case, `[name]:port` unless the port is 22. */
static void
file_name(const char *name, int port, char ret[NAME_BYTES_MAX])
{
    (void)snprintf(ret, NAME_BYTES_MAX, port == 22 ? "%.1024s" : "[%.1024s]:%d", name, port);
    for (char *c = ret; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
}

/* Call fn with each entry that names this host. */
static void
each_entry(const struct hostkeys *h, const char *name, int port,
           void (*fn)(void *arg, const struct entry *e), void *arg)
{
    char wanted[NAME_BYTES_MAX];

    file_name(name, port, wanted);
    const struct list *l = map_get(h->plain, wanted);
    for (size_t i = 0; l != NULL && i < l->count; i++) {
        fn(arg, l->items[i]);
    }
    for (size_t i = 0; i < h->walked.count; i++) {
        const struct entry *e = h->walked.items[i];
        if (e->hashed ? match_hashed(e->patterns, wanted) : match_patterns(e->patterns, wanted)) {
            fn(arg, e);
        }
    }
}

struct search {
    const char *type;
    const unsigned char *blob;
    size_t blob_len;
    const struct entry *revoked, *known, *changed, *ca;
};

/* Of several lines that say the same, the first in the order of reading is named. */
static void
keep_first(const struct entry **kept, const struct entry *e)
{
    if (*kept == NULL) {
        *kept = e;
    }
}

static void
weigh(void *arg, const struct entry *e)
{
    struct search *s = arg;
    const bool same = e->blob_len == s->blob_len && memcmp(e->blob, s->blob, s->blob_len) == 0;

    switch (e->marker) {
    case MARK_REVOKED:
        if (same) {
            keep_first(&s->revoked, e);
        }
        break;
    case MARK_CA:
        keep_first(&s->ca, e);
        break;
    case MARK_NONE:
        if (same) {
            keep_first(&s->known, e);
        } else if (strcmp(e->type, s->type) == 0) {
            keep_first(&s->changed, e);
        }
        break;
    }
}

enum hostkey_verdict
hostkeys_check(const struct hostkeys *h, const char *name, int port, const char *type,
               const unsigned char *blob, size_t blob_len, struct hostkey_place *ret_place)
{
    struct search s = {.type = type, .blob = blob, .blob_len = blob_len};
    enum hostkey_verdict verdict = HOSTKEY_UNKNOWN;

    each_entry(h, name, port, weigh, &s);
    const struct entry *e = NULL;
    if (s.revoked != NULL) {
        verdict = HOSTKEY_REVOKED;
        e = s.revoked;
    } else if (s.known != NULL) {
        verdict = HOSTKEY_KNOWN;
        e = s.known;
    } else if (s.changed != NULL) {
        verdict = HOSTKEY_CHANGED;
        e = s.changed;
    } else if (s.ca != NULL) {
        verdict = HOSTKEY_CA;
        e = s.ca;
    }
    if (ret_place != NULL) {
        *ret_place = (struct hostkey_place){.path = e == NULL ? NULL : e->path,
                                            .line = e == NULL ? 0 : e->line};
    }
    return verdict;
}

struct types {
    const char **types;
    size_t count, max;
};

static void
note_type(void *arg, const struct entry *e)
{
    struct types *t = arg;

    if (e->marker != MARK_NONE || t->count == t->max) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->types[i], e->type) == 0) {
            return;
        }
    }
    t->types[t->count++] = e->type;
}

size_t
hostkeys_types(const struct hostkeys *h, const char *name, int port, const char *ret_types[],
               size_t max)
{
    struct types t = {.types = ret_types, .max = max};

    each_entry(h, name, port, note_type, &t);
    return t.count;
}

void
hostkey_fingerprint(const unsigned char *blob, size_t len, char ret_text[HOSTKEY_FINGERPRINT_SIZE])
{
    unsigned char digest[HASH_SHA256_BYTES];
    char text[HOSTKEY_FINGERPRINT_SIZE];

    hash_sha256(blob, len, digest);
    base64_encode(digest, sizeof(digest), text);
    text[strcspn(text, "=")] = '\0';
    (void)snprintf(ret_text, HOSTKEY_FINGERPRINT_SIZE, "SHA256:%.50s", text);
}
