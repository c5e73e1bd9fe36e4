/*
 * agent.c - what an agent holds, and the agent that libssh believes to talk to.
 *
 * Decides which of its keys can be used, and what libssh is told.  Owns the list of keys.  Never
 * signs anything that libssh did not ask for, and passes on nothing but requests to sign.
 */
#include "ssh/agent.h"

#include "base/map.h"
#include "base/xalloc.h"
#include "ssh/agent_wire.h"
#include "ssh/seam.h"

#include <assert.h>
#include <errno.h>
#include <libssh/libssh.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    /* draft-miller-ssh-agent 6.1 */
    MESSAGE_FAILURE = 5,
    MESSAGE_REQUEST_IDENTITIES = 11,
    MESSAGE_IDENTITIES_ANSWER = 12,
    MESSAGE_SIGN_REQUEST = 13,
    MESSAGE_SIGN_RESPONSE = 14,
    REQUEST_BYTES_MAX = 64 * 1024, /* of libssh's */
};

struct agent {
    struct wire *wire;   /* owned */
    struct pubkey *keys; /* owned, each owned */
    size_t count;
    bool told;
    struct err err; /* why it gave no list */
};

struct agents {
    struct map *agents; /* owned: path -> agent */
    int fd;             /* owned: what libssh takes for the socket of each; -1 before the loop */
    const struct agent_login *served; /* borrowed: who answers there; NULL: nobody */
};

/* ---------------------------------------------------------------- messages */

static void
add_u32(struct buf *out, size_t n)
{
    const unsigned char bytes[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
                                    (unsigned char)(n >> 8), (unsigned char)n};

    (void)buf_add(out, bytes, sizeof(bytes));
}

static void
add_string(struct buf *out, const void *bytes, size_t len)
{
    add_u32(out, len);
    (void)buf_add(out, bytes, len);
}

/* The length in front of a message, whose place is kept by the first four bytes. */
static void
set_length(struct buf *message)
{
    const size_t n = message->len - 4;

    assert(!message->full);
    for (int i = 0; i < 4; i++) {
        message->data[i] = (char)(n >> (24 - 8 * i));
    }
}

static const unsigned char *
bytes_of(const struct buf *b)
{
    return (const unsigned char *)b->data;
}

/* 0: there is none. */
static int
type_of(const struct buf *message)
{
    return message->len > 4 ? bytes_of(message)[4] : 0;
}

/* ---------------------------------------------------------------- the list of keys */

/* libssh stops at the first key of a list that it does not know: leave those out. */
static bool
is_usable(const struct pubkey *k)
{
    size_t at = 0;
    size_t len = 0;
    char type[64];
    const unsigned char *said = pubkey_string(k->blob, k->len, &at, &len);

    if (said == NULL || len >= sizeof(type)) {
        return false;
    }
    memcpy(type, said, len);
    type[len] = '\0';
    return ssh_key_type_from_name(type) != SSH_KEYTYPE_UNKNOWN;
}

static void
read_list(struct agent *a, const struct buf *reply)
{
    const unsigned char *bytes = bytes_of(reply);
    size_t at = 5;
    size_t count = 0;

    if (type_of(reply) != MESSAGE_IDENTITIES_ANSWER || reply->len < 9) {
        return;
    }
    for (int i = 0; i < 4; i++) {
        count = count << 8 | bytes[at++];
    }
    count = count < AGENT_KEYS_MAX ? count : AGENT_KEYS_MAX;
    a->keys = xcalloc(count, sizeof(*a->keys));
    for (size_t i = 0; i < count; i++) {
        size_t len = 0;
        size_t comment_len = 0;
        const unsigned char *blob = pubkey_string(bytes, reply->len, &at, &len);
        if (blob == NULL || pubkey_string(bytes, reply->len, &at, &comment_len) == NULL) {
            return;
        }
        struct pubkey *key = &a->keys[a->count];
        if (pubkey_copy(blob, len, key) == 0 && is_usable(key)) {
            a->count++;
        } else {
            pubkey_release(key);
        }
    }
}

static void
free_agent(void *arg)
{
    struct agent *a = arg;

    for (size_t i = 0; i < a->count; i++) {
        pubkey_release(&a->keys[i]);
    }
    free(a->keys);
    wire_free(a->wire);
    free(a);
}

struct agents *
agents_new(void)
{
    struct agents *a = xcalloc(1, sizeof(*a));

    a->agents = map_new(free_agent);
    a->fd = -1;
    return a;
}

void
agents_free(struct agents *a)
{
    if (a == NULL) {
        return;
    }
    map_free(a->agents);
    if (a->fd >= 0) {
        (void)close(a->fd);
    }
    free(a);
}

int
agents_load(struct agents *all, const char *path, struct err *err)
{
    static const char request_bytes[] = {0, 0, 0, 1, MESSAGE_REQUEST_IDENTITIES};
    struct agent *a = map_get(all->agents, path);
    struct buf request;
    struct buf reply;

    if (a == NULL) {
        a = xcalloc(1, sizeof(*a));
        a->wire = wire_new(path);
        map_set(all->agents, path, a);
        buf_init(&request, sizeof(request_bytes));
        buf_init(&reply, WIRE_MESSAGE_MAX);
        (void)buf_add(&request, request_bytes, sizeof(request_bytes));
        if (wire_ask(path, &request, &reply, AGENT_LIST_MS, &a->err) == 0) {
            read_list(a, &reply);
        }
        buf_release(&request);
        buf_release(&reply);
    }
    if (a->err.kind != ERR_NONE) {
        if (err != NULL) {
            *err = a->err;
        }
        return -1;
    }
    return (int)a->count;
}

const struct pubkey *
agents_key(const struct agents *all, const char *path, size_t i)
{
    const struct agent *a = map_get(all->agents, path);

    return a == NULL || i >= a->count ? NULL : &a->keys[i];
}

bool
agents_has(const struct agents *all, const char *path, const struct pubkey *key)
{
    const struct pubkey *own;

    for (size_t i = 0; (own = agents_key(all, path, i)) != NULL; i++) {
        if (pubkey_equal(own, key)) {
            return true;
        }
    }
    return false;
}

void
agents_attach(struct agents *all, struct event_base *base, int64_t sign_ms)
{
    void *iter = NULL;
    const char *path;
    struct agent *a;

    while ((a = map_next(all->agents, &iter, &path)) != NULL) {
        wire_attach(a->wire, base, sign_ms);
    }
    if (all->fd < 0) {
        all->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
}

/* ---------------------------------------------------------------- one login */

struct agent_login {
    struct agents *all;         /* borrowed */
    struct agent *agent;        /* borrowed */
    struct agent_offer *offers; /* owned */
    size_t count;
    size_t first;             /* of those that are still to be shown */
    size_t signing;           /* the one that libssh last asked a signature of */
    struct buf asked, answer; /* owned: what libssh sends, and what it has to read yet */
    struct wire_job job;      /* a request to sign, and its answer */
    bool refused;             /* the last signature */
    bool unwilling;           /* any */
    void (*wake)(void *arg);
    void *arg; /* borrowed */
};

static void
on_done(void *arg)
{
    struct agent_login *l = arg;

    l->wake(l->arg);
}

static void
answer_list(struct agent_login *l)
{
    buf_clear(&l->answer);
    (void)buf_add(&l->answer, "\0\0\0\0\x0c", 5);
    add_u32(&l->answer, l->count - l->first);
    for (size_t i = l->first; i < l->count; i++) {
        add_string(&l->answer, l->offers[i].shown->blob, l->offers[i].shown->len);
        add_string(&l->answer, "key", 3);
    }
    set_length(&l->answer);
}

/* Which offer the request is about; false: none, or it is torn. */
static bool
find_offer(struct agent_login *l, size_t *ret_rest)
{
    size_t at = 5;
    size_t len = 0;
    const unsigned char *blob = pubkey_string(bytes_of(&l->asked), l->asked.len, &at, &len);

    *ret_rest = at;
    for (size_t i = l->first; blob != NULL && i < l->count; i++) {
        const struct pubkey *shown = l->offers[i].shown;
        if (shown->len == len && memcmp(shown->blob, blob, len) == 0) {
            l->signing = i;
            return true;
        }
    }
    return false;
}

/* Hand over the signature that is there; libssh ends its call without one. */
static void
answer_signature(struct agent_login *l)
{
    l->job.state = WIRE_IDLE;
    l->refused = type_of(&l->job.reply) != MESSAGE_SIGN_RESPONSE;
    l->unwilling = l->unwilling || l->refused;
    if (!l->refused) {
        (void)buf_add(&l->answer, l->job.reply.data, l->job.reply.len);
    }
}

/* As libssh asked it, but of the key that signs for what was shown. */
static void
ask_signature(struct agent_login *l)
{
    struct buf request;
    size_t rest = 0;

    buf_clear(&l->answer);
    if (l->job.state == WIRE_UNDER_WAY || !find_offer(l, &rest)) {
        return;
    }
    l->first = l->signing; /* those before were refused: they need not be shown again */
    const struct pubkey *signs = l->offers[l->signing].signs;
    buf_init(&request, REQUEST_BYTES_MAX + PUBKEY_BYTES_MAX);
    (void)buf_add(&request, "\0\0\0\0\x0d", 5);
    add_string(&request, signs->blob, signs->len);
    (void)buf_add(&request, l->asked.data + rest, l->asked.len - rest);
    set_length(&request);
    const bool same = l->job.state == WIRE_DONE && l->job.request.len == request.len &&
                      memcmp(l->job.request.data, request.data, request.len) == 0;
    if (same) {
        buf_release(&request);
    } else {
        buf_release(&l->job.request);
        l->job.request = request;
        wire_begin(l->agent->wire, &l->job);
    }
    if (l->job.state == WIRE_DONE) {
        answer_signature(l);
    }
}

static ssize_t
on_send(void *arg, const void *bytes, size_t len)
{
    struct agent_login *l = arg;

    if (buf_add(&l->asked, bytes, len) < 0) {
        errno = EMSGSIZE;
        return -1;
    }
    const unsigned char *p = bytes_of(&l->asked);
    if (l->asked.len < 5 ||
        l->asked.len - 4 < ((size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3])) {
        return (ssize_t)len;
    }
    if (p[4] == MESSAGE_REQUEST_IDENTITIES) {
        answer_list(l);
    } else if (p[4] == MESSAGE_SIGN_REQUEST) {
        ask_signature(l);
    }
    buf_clear(&l->asked);
    return (ssize_t)len;
}

static ssize_t
on_recv(void *arg, void *bytes, size_t len)
{
    struct agent_login *l = arg;

    if (l->answer.len == 0) {
        errno = EIO; /* anything but EAGAIN, for which libssh would wait */
        return -1;
    }
    const size_t n = len < l->answer.len ? len : l->answer.len;
    memcpy(bytes, l->answer.data, n);
    buf_drain(&l->answer, n);
    return (ssize_t)n;
}

static const struct seam_peer peer = {.send = on_send, .recv = on_recv};

struct agent_login *
agent_login_new(struct agents *all, const char *path, const struct agent_offer *offers,
                size_t count, void (*wake)(void *arg), void *arg)
{
    struct agent *a = map_get(all->agents, path);

    if (a == NULL || all->fd < 0) {
        return NULL;
    }
    struct agent_login *l = xcalloc(1, sizeof(*l));
    *l = (struct agent_login){.all = all,
                              .agent = a,
                              .offers = xmemdup(offers, count * sizeof(*offers)),
                              .count = count,
                              .job = {.done = on_done, .arg = l},
                              .wake = wake,
                              .arg = arg};
    buf_init(&l->asked, REQUEST_BYTES_MAX);
    buf_init(&l->answer, WIRE_MESSAGE_MAX);
    buf_init(&l->job.request, REQUEST_BYTES_MAX);
    buf_init(&l->job.reply, REQUEST_BYTES_MAX);
    return l;
}

void
agent_login_free(struct agent_login *l)
{
    if (l == NULL) {
        return;
    }
    wire_cancel(&l->job);
    if (l->all->served == l) {
        seam_forget(l->all->fd);
        l->all->served = NULL;
    }
    buf_release(&l->asked);
    buf_release(&l->answer);
    buf_release(&l->job.request);
    buf_release(&l->job.reply);
    free(l->offers);
    free(l);
}

/* libssh asks and reads in one call: one number does for all. */
int
agent_login_fd(struct agent_login *l)
{
    seam_serve(l->all->fd, &peer, l);
    l->all->served = l;
    return l->all->fd;
}

enum agent_state
agent_login_state(const struct agent_login *l)
{
    if (l->job.state == WIRE_UNDER_WAY) {
        return AGENT_WAITS;
    }
    if (l->job.state == WIRE_DEAD) {
        return AGENT_DEAD;
    }
    return l->refused ? AGENT_REFUSED : AGENT_IDLE;
}

bool
agent_login_next(struct agent_login *l)
{
    l->refused = false;
    l->first = l->signing + 1;
    return l->first < l->count;
}

size_t
agent_login_offers(const struct agent_login *l)
{
    return l->count;
}

const char *
agent_login_trouble(const struct agent_login *l)
{
    const char *trouble = wire_trouble(l->agent->wire);

    return trouble[0] == '\0' && l->unwilling ? "the agent would not sign" : trouble;
}

bool
agent_login_is_dead(const struct agent_login *l)
{
    return wire_trouble(l->agent->wire)[0] != '\0';
}

bool
agent_login_trouble_is_new(struct agent_login *l)
{
    const bool is_new = !l->agent->told && agent_login_is_dead(l);

    l->agent->told = l->agent->told || is_new;
    return is_new;
}
