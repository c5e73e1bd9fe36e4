/*
 * redact.c - finds secrets in a stream: the automaton of Aho and Corasick (CACM 18, 1975).
 *
 * Decides what counts as an occurrence and how long a byte must wait.  Owns copies of the secrets.
 * Nodes are only ever added, so that a stream under way stays right when the set grows.
 */
#include "base/redact.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROOT = 0,
    NONE = 0,        /* the root is nobody's child */
    SPARE_MAX = 512, /* bytes of room that a stream may keep */
};

/* What a stream may have seen of a secret: the way from the root to here. */
struct node {
    int32_t child, sibling; /* NONE: there is none */
    int32_t fail;           /* the longest other way that these bytes end in */
    int32_t depth;
    int32_t hit; /* bytes of the longest secret that these bytes end in; 0: none */
    unsigned char byte;
    bool is_secret;
};

struct redact {
    struct node *nodes; /* owned; the root first */
    size_t count, cap;
    int32_t first[256]; /* children of the root */
    bool linked;        /* fail and hit are right */
};

struct redact *
redact_new(void)
{
    struct redact *r = xcalloc(1, sizeof(*r));

    r->nodes = xgrow(NULL, 0, &r->cap, sizeof(*r->nodes));
    r->nodes[ROOT] = (struct node){0};
    r->count = 1;
    r->linked = true;
    return r;
}

void
redact_free(struct redact *r)
{
    if (r == NULL) {
        return;
    }
    explicit_bzero(r->nodes, r->cap * sizeof(*r->nodes));
    free(r->nodes);
    free(r);
}

bool
redact_is_empty(const struct redact *r)
{
    return r == NULL || r->count == 1;
}

/* ---------------------------------------------------------------- the set */

static int32_t
child_of(const struct redact *r, int32_t node, unsigned char byte)
{
    if (node == ROOT) {
        return r->first[byte];
    }
    int32_t at = r->nodes[node].child;
    while (at != NONE && r->nodes[at].byte != byte) {
        at = r->nodes[at].sibling;
    }
    return at;
}

/* xgrow leaves what it grew out of as it was. */
static void
make_room(struct redact *r)
{
    if (r->count < r->cap) {
        return;
    }
    struct node *nodes = xcalloc(2 * r->cap, sizeof(*nodes));
    memcpy(nodes, r->nodes, r->count * sizeof(*nodes));
    explicit_bzero(r->nodes, r->cap * sizeof(*nodes));
    free(r->nodes);
    r->nodes = nodes;
    r->cap *= 2;
}

static int32_t
add_child(struct redact *r, int32_t parent, unsigned char byte)
{
    const int32_t at = (int32_t)r->count;

    make_room(r);
    r->count++;
    r->nodes[at] = (struct node){.byte = byte, .depth = r->nodes[parent].depth + 1};
    if (parent == ROOT) {
        r->first[byte] = at;
    }
    r->nodes[at].sibling = r->nodes[parent].child;
    r->nodes[parent].child = at;
    r->linked = false;
    return at;
}

static int
add_bytes(struct redact *r, const char *bytes, size_t len)
{
    int32_t node = ROOT;
    int32_t next;
    size_t known = 0;

    while (known < len && (next = child_of(r, node, (unsigned char)bytes[known])) != NONE) {
        node = next;
        known++;
    }
    if (r->count + (len - known) > REDACT_BYTES_MAX) {
        return -1;
    }
    for (size_t i = known; i < len; i++) {
        node = add_child(r, node, (unsigned char)bytes[i]);
    }
    r->linked = r->linked && r->nodes[node].is_secret;
    r->nodes[node].is_secret = true;
    return 0;
}

static bool
is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

int
redact_add(struct redact *r, const char *bytes, size_t len)
{
    while (len > 0 && is_line_end(bytes[0])) {
        bytes++;
        len--;
    }
    while (len > 0 && is_line_end(bytes[len - 1])) {
        len--;
    }
    if (len >= REDACT_BYTES_MIN && add_bytes(r, bytes, len) < 0) {
        return -1;
    }
    for (size_t begin = 0, end = 0; begin < len; begin = end + 1) {
        for (end = begin; end < len && !is_line_end(bytes[end]);) {
            end++;
        }
        if (end - begin >= REDACT_LINE_MIN && end - begin < len &&
            add_bytes(r, bytes + begin, end - begin) < 0) {
            return -1;
        }
    }
    return 0;
}

static int32_t
next_of(const struct redact *r, int32_t node, unsigned char byte)
{
    int32_t next = child_of(r, node, byte);

    while (next == NONE && node != ROOT) {
        node = r->nodes[node].fail;
        next = child_of(r, node, byte);
    }
    return next;
}

static void
link_node(struct redact *r, int32_t parent, int32_t at)
{
    struct node *n = &r->nodes[at];

    n->fail = parent == ROOT ? ROOT : next_of(r, r->nodes[parent].fail, n->byte);
    n->hit = n->is_secret ? n->depth : r->nodes[n->fail].hit;
}

/* Level by level: what a node falls back to is nearer to the root. */
static void
link_nodes(struct redact *r)
{
    int32_t *queue = xcalloc(r->count, sizeof(*queue));
    size_t filled = 1;

    for (size_t i = 0; i < filled; i++) {
        const int32_t parent = queue[i];
        for (int32_t at = r->nodes[parent].child; at != NONE; at = r->nodes[at].sibling) {
            link_node(r, parent, at);
            queue[filled++] = at;
        }
    }
    free(queue);
    r->linked = true;
}

/* ---------------------------------------------------------------- a stream */

/* Room for cap bytes; what is held stays. */
static void
resize(struct redact_stream *s, size_t cap)
{
    char *held = xcalloc(cap, 1);

    if (s->held_len > 0) {
        memcpy(held, s->held, s->held_len);
    }
    if (s->held != NULL) {
        explicit_bzero(s->held, s->held_cap);
    }
    free(s->held);
    s->held = held;
    s->held_cap = cap;
}

static void
hold(struct redact_stream *s, const char *bytes, size_t len)
{
    if (s->held_cap - s->held_len < len) {
        resize(s, s->held_len + len);
    }
    memcpy(s->held + s->held_len, bytes, len);
    s->held_len += len;
}

/* The secret that ends at `end`; it swallows those that it overlaps or touches. */
static void
note_span(struct redact_stream *s, size_t begin, size_t end)
{
    while (s->span_count > 0 && s->spans[s->span_count - 1].end >= begin) {
        const size_t first = s->spans[--s->span_count].begin;
        begin = first < begin ? first : begin;
    }
    s->spans = xgrow(s->spans, s->span_count, &s->span_cap, sizeof(*s->spans));
    s->spans[s->span_count++] = (struct redact_span){begin, end};
}

static void
pass_plain(struct redact_stream *s, size_t begin, size_t end, struct buf *out)
{
    if (begin < end) {
        (void)buf_add(out, s->held + begin, end - begin);
        s->in_secret = false;
    }
}

/* Pass on the first len held bytes. */
static void
pass_on(struct redact_stream *s, size_t len, struct buf *out)
{
    size_t at = 0;
    size_t kept = 0;

    for (size_t i = 0; i < s->span_count; i++) {
        struct redact_span *span = &s->spans[i];
        if (span->begin < len) {
            pass_plain(s, at, span->begin, out);
            if (!s->in_secret) {
                (void)buf_adds(out, REDACT_MARK);
                s->in_secret = true;
            }
            at = span->end < len ? span->end : len;
        }
        if (span->end > len) {
            s->spans[kept].begin = span->begin < len ? 0 : span->begin - len;
            s->spans[kept++].end = span->end - len;
        }
    }
    pass_plain(s, at, len, out);
    s->span_count = kept;
    s->held_len -= len;
    memmove(s->held, s->held + len, s->held_len);
    if (s->held_cap > SPARE_MAX) { /* there may be 10,000 streams */
        resize(s, s->held_len);
    }
}

int
redact_feed(struct redact *r, struct redact_stream *s, const char *bytes, size_t len,
            struct buf *out)
{
    const size_t before = s->held_len;

    if (len == 0) {
        return 0;
    }
    if (!r->linked) {
        link_nodes(r);
    }
    hold(s, bytes, len);
    for (size_t i = 0; i < len; i++) {
        if (s->node == ROOT && r->first[(unsigned char)bytes[i]] == NONE) {
            continue; /* most bytes */
        }
        s->node = next_of(r, s->node, (unsigned char)bytes[i]);
        const size_t hit = (size_t)r->nodes[s->node].hit;
        if (hit > 0) {
            note_span(s, before + i + 1 - hit, before + i + 1);
        }
    }
    pass_on(s, s->held_len - (size_t)r->nodes[s->node].depth, out);
    return out->full ? -1 : 0;
}

int
redact_flush(struct redact_stream *s, struct buf *out)
{
    if (s->held_len > 0) {
        pass_on(s, s->held_len, out);
    }
    s->node = ROOT;
    s->in_secret = false;
    return out->full ? -1 : 0;
}

void
redact_stream_release(struct redact_stream *s)
{
    if (s->held != NULL) {
        explicit_bzero(s->held, s->held_cap);
    }
    free(s->held);
    free(s->spans);
    *s = (struct redact_stream){0};
}

int
redact_text(struct redact *r, const char *bytes, size_t len, struct buf *out)
{
    struct redact_stream s = {0};

    (void)redact_feed(r, &s, bytes, len, out);
    (void)redact_flush(&s, out);
    redact_stream_release(&s);
    return out->full ? -1 : 0;
}
