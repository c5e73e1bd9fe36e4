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
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* PATTERN_BYTES_MAX is match.c's: a line with a longer one matches no host at all. */
enum { KEY_BYTES_MAX = 16384, PATTERN_BYTES_MAX = 1022 };

enum marker { MARK_NONE, MARK_REVOKED, MARK_CA };

struct entry {
    enum marker marker;
    char *patterns; /* owned: the first field, lower case; NULL: the name is hashed */
    unsigned char salt[HASH_SHA1_BYTES], name_hash[HASH_SHA1_BYTES];
    char *type;          /* owned */
    unsigned char *blob; /* owned */
    size_t blob_len;
    size_t order;     /* of reading */
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
    struct map *found;  /* owned: name -> struct list of those walked that match; it grows by one a
                           name asked for, and names come from the inventory, never from a server */
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
    h->found = map_new(free_list);
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
    map_free(h->found);
    free(h->walked.items);
    strv_clear(&h->paths);
    free(h);
}

/* The next word of a line; *line moves past it.  NULL at the end. */
static char *
word(char **line)
{
    char *begin = *line + strspn(*line, " \t");
    char *end = begin + strcspn(begin, " \t");

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

/* |1|base64(salt)|base64(HMAC-SHA1(salt, name)) */
static bool
read_hashed(const char *text, struct entry *e)
{
    const char *salt = text + 3;
    const char *bar = strchr(salt, '|');
    size_t salt_len = 0;
    size_t hash_len = 0;

    return bar != NULL &&
           base64_decode(salt, (size_t)(bar - salt), e->salt, sizeof(e->salt), &salt_len) == 0 &&
           base64_decode(bar + 1, strlen(bar + 1), e->name_hash, sizeof(e->name_hash), &hash_len) ==
               0 &&
           salt_len == sizeof(e->salt) && hash_len == sizeof(e->name_hash);
}

/* The bytes of the string at *at (RFC 4251, 5: a length, then so many bytes), *at moves past it;
 * NULL if they are not all there. */
static const unsigned char *
next_string(const unsigned char *blob, size_t len, size_t *at, size_t *ret_len)
{
    const unsigned char *p = blob + *at;

    if (len - *at < 4) {
        return NULL;
    }
    *ret_len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
    if (*ret_len > len - *at - 4) {
        return NULL;
    }
    *at += 4 + *ret_len;
    return p + 4;
}

/* A key says its type itself (RFC 4253, 6.6); ssh takes no line that says another, and none that
 * was cut: every kind of host key is strings to its last byte. */
static bool
is_key_of_type(const unsigned char *blob, size_t len, const char *type)
{
    size_t at = 0;
    size_t part = 0;
    const unsigned char *name = next_string(blob, len, &at, &part);

    if (name == NULL || part != strlen(type) || memcmp(name, type, part) != 0 || at == len) {
        return false;
    }
    while (at < len) {
        if (next_string(blob, len, &at, &part) == NULL) {
            return false;
        }
    }
    return true;
}

/* The next word as a key; false if it is none.  A file that went through Windows has a CR behind
 * it. */
static bool
read_key(char **line, struct entry *e)
{
    unsigned char blob[KEY_BYTES_MAX];
    size_t len = 0;
    const char *type = word(line);
    const char *key = type == NULL ? NULL : word(line);

    if (key == NULL || base64_decode(key, strcspn(key, "\r"), blob, sizeof(blob), &len) < 0 ||
        !is_key_of_type(blob, len, type)) {
        return false;
    }
    e->type = xstrdup(type);
    e->blob = xmemdup(blob, len);
    e->blob_len = len;
    return true;
}

/* Lower case in place; false if ssh would match this line with no host. */
static bool
settle_patterns(char *patterns)
{
    for (char *p = patterns; *p != '\0';) {
        p += *p == '!';
        const size_t len = strcspn(p, ",");
        if (len > PATTERN_BYTES_MAX) {
            return false;
        }
        for (size_t i = 0; i < len; i++) {
            p[i] = (char)tolower((unsigned char)p[i]);
        }
        p += len + (p[len] == ',');
    }
    return true;
}

/* NULL: a comment, or nothing that ssh would read.  One thing is read that ssh passes over: a
 * marker with a tab behind it, since who wrote `@revoked` meant it. */
static struct entry *
parse_line(char *line)
{
    struct entry read = {.marker = MARK_NONE};
    char *patterns = word(&line);
    bool ok = patterns != NULL && patterns[0] != '#';

    if (ok && patterns[0] == '@') {
        read.marker = marker_of(patterns, &ok);
        patterns = word(&line);
        ok = ok && patterns != NULL && patterns[0] != '@'; /* one marker a line */
    }
    if (!ok) {
        return NULL;
    }
    const bool hashed = patterns[0] == '|';
    if (hashed && (strncmp(patterns, "|1|", 3) != 0 || !read_hashed(patterns, &read))) {
        return NULL;
    }
    if ((!hashed && !settle_patterns(patterns)) || !read_key(&line, &read)) {
        return NULL;
    }
    read.patterns = hashed ? NULL : xstrdup(patterns);
    struct entry *e = xcalloc(1, sizeof(*e));
    *e = read;
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
    e->order = h->count;
    h->entries[h->count++] = e;
    if (e->patterns == NULL || strpbrk(e->patterns, "*?!") != NULL) {
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

/* NULL: err says why, but for a file that is not there; a device (/dev/null, as people write it) is
 * as one that is not there.  A FIFO must not be waited for. */
static FILE *
open_file(const char *path, bool *ret_missing, struct err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st = {0};

    *ret_missing = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    if (fd < 0) {
        (void)err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
        return NULL;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        *ret_missing = S_ISCHR(st.st_mode);
        (void)err_set(err, ERR_IO, "%s: not a file", path);
        (void)close(fd);
        return NULL;
    }
    return fdopen(fd, "r");
}

int
hostkeys_load(struct hostkeys *h, const char *path, struct err *err)
{
    bool missing = false;
    FILE *f = open_file(path, &missing, err);
    char *line = NULL;
    size_t cap = 0;
    int number = 0;

    if (f == NULL) {
        return missing ? 0 : -1;
    }
    map_free(h->found); /* what was found may not be all any more */
    h->found = map_new(free_list);
    strv_add(&h->paths, path);
    const char *kept = h->paths.items[h->paths.count - 1];
    errno = 0;
    while (getline(&line, &cap, f) >= 0) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        struct entry *e = parse_line(line);
        if (e != NULL) {
            e->path = kept;
            e->line = number;
            index_entry(h, e);
        }
    }
    const int bad = feof(f) ? 0 : errno; /* getline(3) can fail without ferror(3) */
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

static bool
match_hashed(const struct entry *e, const char *name)
{
    unsigned char hash[HASH_SHA1_BYTES];

    hash_hmac_sha1(e->salt, sizeof(e->salt), name, strlen(name), hash);
    return memcmp(hash, e->name_hash, sizeof(hash)) == 0;
}

/* The name as the files have it: lower case, `[name]:port` unless the port is 22.  The caller's. */
static char *
file_name(const char *name, int port)
{
    char *text = port == 22 ? xstrdup(name) : xasprintf("[%s]:%d", name, port);

    for (char *c = text; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return text;
}

/* The lines with patterns or hashes that match, found by walking all of them: a microsecond a hash,
 * so each name pays once. */
static const struct list *
walk(const struct hostkeys *h, const char *wanted)
{
    struct list *l = map_get(h->found, wanted);

    if (l != NULL) {
        return l;
    }
    l = xcalloc(1, sizeof(*l));
    for (size_t i = 0; i < h->walked.count; i++) {
        struct entry *e = h->walked.items[i];
        if (e->patterns == NULL ? match_hashed(e, wanted) : match_patterns(e->patterns, wanted)) {
            list_add(l, e);
        }
    }
    map_set(h->found, wanted, l);
    return l;
}

/* Call fn with each entry that names this host, in the order of reading. */
static void
each_entry(const struct hostkeys *h, const char *name, int port,
           void (*fn)(void *arg, const struct entry *e), void *arg)
{
    static const struct list none = {0};
    char *wanted = file_name(name, port);
    const struct list *plain = map_get(h->plain, wanted);
    const struct list *found = walk(h, wanted);
    size_t i = 0;
    size_t k = 0;

    free(wanted);
    plain = plain == NULL ? &none : plain;
    while (i < plain->count || k < found->count) {
        const bool is_plain = k == found->count ||
                              (i < plain->count && plain->items[i]->order < found->items[k]->order);
        fn(arg, is_plain ? plain->items[i++] : found->items[k++]);
    }
}

struct search {
    const char *type;
    const unsigned char *blob;
    size_t blob_len;
    const struct entry *revoked, *known, *changed, *other, *ca;
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
        } else {
            keep_first(&s->other, e);
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
    } else if (s.changed != NULL || s.other != NULL) {
        verdict = HOSTKEY_CHANGED;
        e = s.changed != NULL ? s.changed : s.other;
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
