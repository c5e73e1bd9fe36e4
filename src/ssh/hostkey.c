/*
 * hostkey.c - an index over known_hosts files.
 *
 * Decides whether a host's key is known.  Owns the lines.  Plain names are looked up in a map;
 * lines with wildcards or negation are walked, and so are hashed names (0.1 us each, once a name;
 * one that was found is nobody else's and is not looked at again).  No library does it: libssh's
 * own skips `@` lines and re-reads the file for every connection (140 ms for 10,000 hashed lines).
 */
#include "ssh/hostkey.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/strv.h"
#include "base/xalloc.h"
#include "ssh/hostkey_line.h"

#include <assert.h>
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

struct entry {
    struct hostkey_line line; /* owned */
    size_t order;             /* of reading */
    const char *path;         /* borrowed from the index */
    int number;               /* of the line; 0: added by hostkeys_add */
};

struct list {
    struct entry **items; /* owned array of borrowed entries */
    size_t count, cap;
};

struct hostkeys {
    struct entry **entries; /* owned, each owned */
    size_t count, cap;
    struct map *plain;   /* owned: name -> struct list */
    struct list *walked; /* owned: lines that are no plain names and may yet be somebody's */
    struct map *found;   /* owned: name -> struct list of those walked that match; it grows by one a
                            name asked for, and names come from the inventory, never from a server */
    struct strv paths;
    const struct hostkeys **parts; /* owned array, each borrowed: asked after our own lines */
    size_t part_count, part_cap;
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
    h->walked = xcalloc(1, sizeof(*h->walked));
    return h;
}

void
hostkeys_free(struct hostkeys *h)
{
    if (h == NULL) {
        return;
    }
    for (size_t i = 0; i < h->count; i++) {
        hostkey_line_release(&h->entries[i]->line);
        free(h->entries[i]);
    }
    free(h->entries);
    map_free(h->plain);
    map_free(h->found);
    free_list(h->walked);
    strv_clear(&h->paths);
    free((void *)h->parts);
    free(h);
}

void
hostkeys_include(struct hostkeys *h, const struct hostkeys *part)
{
    assert(part->part_count == 0);
    h->parts = xgrow((void *)h->parts, h->part_count, &h->part_cap, sizeof(struct hostkeys *));
    h->parts[h->part_count++] = part;
}

/* ---------------------------------------------------------------- reading */

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

/* Takes over line. */
static void
index_line(struct hostkeys *h, struct hostkey_line line, const char *path, int number)
{
    struct entry *e = xcalloc(1, sizeof(*e));

    *e = (struct entry){.line = line, .order = h->count, .path = path, .number = number};
    h->entries = xgrow(h->entries, h->count, &h->cap, sizeof(struct entry *));
    h->entries[h->count++] = e;
    if (!hostkey_line_is_plain(&line)) {
        list_add(h->walked, e);
        return;
    }
    for (const char *p = line.patterns; *p != '\0';) {
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

static int
too_large(const char *path, struct err *err)
{
    return err_set(err, ERR_IO, "%s: larger than %d MiB", path, HOSTKEY_FILE_MAX >> 20);
}

/* Counts what it reads: a file may grow meanwhile. */
static int
read_lines(struct hostkeys *h, FILE *f, const char *path, struct err *err)
{
    char *line = NULL;
    size_t cap = 0;
    size_t bytes = 0;
    int number = 0;
    ssize_t len;

    errno = 0;
    while (bytes <= HOSTKEY_FILE_MAX && (len = getline(&line, &cap, f)) >= 0) {
        struct hostkey_line read;
        bytes += (size_t)len;
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (hostkey_line_read(line, &read)) {
            index_line(h, read, path, number);
        }
    }
    const int bad = feof(f) || bytes > HOSTKEY_FILE_MAX ? 0 : errno; /* getline(3) can fail without
                                                                        ferror(3) */
    free(line);
    if (bad != 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(bad));
    }
    return bytes > HOSTKEY_FILE_MAX ? too_large(path, err) : 0;
}

/* What was found may not be all any more. */
static void
forget_found(struct hostkeys *h)
{
    map_free(h->found);
    h->found = map_new(free_list);
    h->walked->count = 0;
    for (size_t i = 0; i < h->count; i++) {
        if (!hostkey_line_is_plain(&h->entries[i]->line)) {
            list_add(h->walked, h->entries[i]);
        }
    }
}

int
hostkeys_load(struct hostkeys *h, const char *path, struct err *err)
{
    bool missing = false;
    FILE *f = open_file(path, &missing, err);
    struct stat st = {0};
    int rc;

    if (f == NULL) {
        return missing ? 0 : -1;
    }
    strv_add(&h->paths, path);
    if (fstat(fileno(f), &st) == 0 && st.st_size > HOSTKEY_FILE_MAX) { /* not one line of it */
        rc = too_large(path, err);
    } else {
        forget_found(h);
        rc = read_lines(h, f, h->paths.items[h->paths.count - 1], err);
    }
    (void)fclose(f);
    return rc;
}

/* The name as the files have it: lower case, `[name]:port` unless the port is 22.  The caller's. */
char *
hostkey_name(const char *name, int port)
{
    char *text = port == HOSTKEY_PORT ? xstrdup(name) : xasprintf("[%s]:%d", name, port);

    for (char *c = text; *c != '\0'; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return text;
}

bool
hostkey_name_is_plain(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!isgraph((unsigned char)*c) || strchr("@?*#[]|!,'\"\\", *c) != NULL) {
            return false;
        }
    }
    return name[0] != '\0';
}

void
hostkeys_add(struct hostkeys *h, const struct hostkey_shown *key)
{
    struct hostkey_line line = {
        .patterns = hostkey_name(key->name, key->port),
        .type = hostkey_type_of(key->blob, key->blob_len),
        .blob = xmemdup(key->blob, key->blob_len),
        .blob_len = key->blob_len,
    };

    assert(line.type != NULL && hostkey_name_is_plain(key->name));
    index_line(h, line, "", 0);
}

/* ---------------------------------------------------------------- asking */

static const struct list no_lines = {0};

/* The lines with patterns or hashes that match, found by walking all of them.  The name behind a
 * hash is one: who has it takes it out. */
static const struct list *
walk(const struct hostkeys *h, const char *wanted)
{
    struct list *l = map_get(h->found, wanted);
    size_t kept = 0;

    if (l != NULL) {
        return l;
    }
    if (h->walked->count ==
        0) { /* nor will there be any: each name would be remembered for nothing */
        return &no_lines;
    }
    l = xcalloc(1, sizeof(*l));
    for (size_t i = 0; i < h->walked->count; i++) {
        struct entry *e = h->walked->items[i];
        const bool names = hostkey_line_names(&e->line, wanted);
        if (names) {
            list_add(l, e);
        }
        if (!names || e->line.patterns != NULL) {
            h->walked->items[kept++] = e;
        }
    }
    h->walked->count = kept;
    map_set(h->found, wanted, l);
    return l;
}

/* Call fn with each entry that has this name, in the order of reading. */
static void
each_entry(const struct hostkeys *h, const char *wanted,
           void (*fn)(void *arg, const struct entry *e), void *arg)
{
    const struct list *plain = map_get(h->plain, wanted);
    const struct list *found = walk(h, wanted);
    size_t i = 0;
    size_t k = 0;

    plain = plain == NULL ? &no_lines : plain;
    while (i < plain->count || k < found->count) {
        const bool is_plain = k == found->count ||
                              (i < plain->count && plain->items[i]->order < found->items[k]->order);
        fn(arg, is_plain ? plain->items[i++] : found->items[k++]);
    }
    for (size_t p = 0; p < h->part_count; p++) {
        each_entry(h->parts[p], wanted, fn, arg);
    }
}

struct search {
    const struct hostkey_shown *key;
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
    const struct hostkey_shown *key = s->key;
    const bool same =
        e->line.blob_len == key->blob_len && memcmp(e->line.blob, key->blob, key->blob_len) == 0;

    switch (e->line.mark) {
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
        } else if (strcmp(e->line.type, key->type) == 0) {
            keep_first(&s->changed, e);
        } else {
            keep_first(&s->other, e);
        }
        break;
    }
}

static struct hostkey_place
place_of(const struct entry *e)
{
    struct hostkey_place place = {0};

    if (e != NULL) {
        place.path = e->path;
        place.line = e->number;
    }
    return place;
}

static struct hostkey_answer
answer_of(const struct search *s)
{
    struct hostkey_answer a = {.verdict = HOSTKEY_UNKNOWN, .ca = place_of(s->ca)};

    if (s->revoked != NULL) {
        a.verdict = HOSTKEY_REVOKED;
        a.place = place_of(s->revoked);
    } else if (s->known != NULL) {
        a.verdict = HOSTKEY_KNOWN;
        a.place = place_of(s->known);
    } else if (s->changed != NULL || s->other != NULL) {
        a.verdict = HOSTKEY_CHANGED;
        a.same_type = s->changed != NULL;
        a.place = place_of(s->changed != NULL ? s->changed : s->other);
    } else if (s->ca != NULL) {
        a.verdict = HOSTKEY_CA;
        a.place = a.ca;
    }
    return a;
}

static struct hostkey_answer
check_name(const struct hostkeys *h, const struct hostkey_shown *key, int port)
{
    struct search s = {.key = key};
    char *wanted = hostkey_name(key->name, port);

    each_entry(h, wanted, weigh, &s);
    free(wanted);
    return answer_of(&s);
}

struct hostkey_answer
hostkeys_check(const struct hostkeys *h, const struct hostkey_shown *key)
{
    const struct hostkey_answer a = check_name(h, key, key->port);

    if (key->port == HOSTKEY_PORT || (a.verdict != HOSTKEY_UNKNOWN && a.verdict != HOSTKEY_CA)) {
        return a;
    }
    const struct hostkey_answer bare = check_name(h, key, HOSTKEY_PORT);
    return bare.verdict == HOSTKEY_KNOWN || bare.verdict == HOSTKEY_REVOKED ? bare : a;
}

/* The first key of each type; NULL where it is revoked. */
struct types {
    const struct entry *first[HOSTKEY_TYPES_MAX];
    const char *names[HOSTKEY_TYPES_MAX];
    size_t count;
};

static void
note_type(void *arg, const struct entry *e)
{
    struct types *t = arg;

    if (e->line.mark != MARK_NONE || t->count == HOSTKEY_TYPES_MAX) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->names[i], e->line.type) == 0) {
            return;
        }
    }
    t->names[t->count] = e->line.type;
    t->first[t->count++] = e;
}

static void
drop_revoked(void *arg, const struct entry *e)
{
    struct types *t = arg;

    for (size_t i = 0; e->line.mark == MARK_REVOKED && i < t->count; i++) {
        const struct entry *first = t->first[i];
        if (first != NULL && first->line.blob_len == e->line.blob_len &&
            memcmp(first->line.blob, e->line.blob, e->line.blob_len) == 0) {
            t->first[i] = NULL;
        }
    }
}

size_t
hostkeys_types(const struct hostkeys *h, const char *name, int port, const char *ret_types[],
               size_t max)
{
    struct types t = {.count = 0};
    char *wanted = hostkey_name(name, port);
    size_t count = 0;

    each_entry(h, wanted, note_type, &t);
    each_entry(h, wanted, drop_revoked, &t);
    free(wanted);
    for (size_t i = 0; i < t.count && count < max; i++) {
        if (t.first[i] != NULL) {
            ret_types[count++] = t.names[i];
        }
    }
    return count;
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
