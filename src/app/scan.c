/*
 * scan.c - looks at the keys that hosts show.
 *
 * Decides which types are asked for and what is new, known or changed.  Owns the run that it stands
 * on, and the keys.  Shows nothing, asks nobody.
 */
#include "app/scan.h"

#include "app/run_state.h"
#include "base/xalloc.h"
#include "ssh/hostkey_write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const asked[] = {
    "ssh-ed25519",
    "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521",
    "rsa-sha2-512,rsa-sha2-256",
};
_Static_assert(sizeof(asked) / sizeof(asked[0]) == SCAN_TYPES, "a key a type");

struct seen {
    struct hostkey_shown key; /* blob owned, type of a table, name of the target */
    char fingerprint[HOSTKEY_FINGERPRINT_SIZE];
    struct hostkey_answer answer;
    enum scan_state state;
};

struct spot {
    struct target target; /* of the host, asking for one type */
    size_t next;          /* of asked */
    struct seen seen[SCAN_TYPES];
    size_t seen_count;
    char *name;   /* owned: as in known_hosts */
    char *failed; /* owned, or NULL */
    bool refused; /* the type is not there: the last connection ended in the key exchange */
    bool over;    /* nothing more is asked of it */
};

struct scan {
    struct run *run; /* owned */
    struct spot *spots;
    size_t count;
    size_t next;   /* to be begun */
    size_t *ready; /* owned: hosts that were begun and go on */
    size_t ready_count;
    size_t busy;
    size_t workers;
    struct event *go; /* owned: connections can be begun */
};

static struct scan *
scan_of(void *arg)
{
    const struct run *run = arg;

    return run->scan;
}

/* ---------------------------------------------------------------- what happens */

static void
on_seen(void *arg, int32_t id, const struct hostkey_shown *key)
{
    struct spot *spot = &scan_of(arg)->spots[id];

    assert(spot->seen_count < SCAN_TYPES);
    struct seen *seen = &spot->seen[spot->seen_count++];
    seen->key = *key; /* its name is of the target, which stays */
    seen->key.blob = xmemdup(key->blob, key->blob_len);
    hostkey_fingerprint(key->blob, key->blob_len, seen->fingerprint);
}

static void
go_on(struct scan *s, struct spot *spot)
{
    spot->over = spot->over || spot->next == SCAN_TYPES;
    if (!spot->over) {
        s->ready[s->ready_count++] = (size_t)(spot - s->spots);
    }
    s->busy--;
    event_active(s->go, EV_TIMEOUT, 0);
}

static void
on_disconnected(void *arg, int32_t id)
{
    struct scan *s = scan_of(arg);

    go_on(s, &s->spots[id]);
}

/* A server that has no key of a type ends the key exchange; anything else will not be better the
 * next time. */
static void
on_connect_failed(void *arg, int32_t id, enum cause cause, bool throttled, const char *text)
{
    struct scan *s = scan_of(arg);
    struct spot *spot = &s->spots[id];

    (void)throttled;
    if (cause != CAUSE_KEX || spot->failed == NULL) {
        free(spot->failed);
        spot->failed = xstrdup(text);
    }
    spot->refused = cause == CAUSE_KEX;
    spot->over = cause != CAUSE_KEX;
    go_on(s, spot);
}

static const struct pool_events events = {
    .connect_failed = on_connect_failed,
    .disconnected = on_disconnected,
    .host_key_seen = on_seen,
};

static void
begin(struct scan *s, size_t i)
{
    struct spot *spot = &s->spots[i];

    spot->target.host_key_algorithms = asked[spot->next++];
    spot->target.host_key_exact = true;
    s->busy++;
    pool_scan(s->run->pool, (int32_t)i, &spot->target);
}

/* A host that was begun goes on before another begins. */
static void
on_go(evutil_socket_t fd, short what, void *arg)
{
    struct scan *s = arg;

    (void)fd;
    (void)what;
    while (s->ready_count > 0) {
        begin(s, s->ready[--s->ready_count]);
    }
    for (; s->next < s->count && s->busy < s->workers; s->next++) {
        if (!s->spots[s->next].over) {
            begin(s, s->next);
        }
    }
    if (s->busy == 0 && s->next == s->count) {
        (void)event_base_loopbreak(s->run->base);
    }
}

/* ---------------------------------------------------------------- judging */

/* A key of a type that is not known yet is new if the host has shown one that is. */
static void
judge(struct spot *spot)
{
    bool proven = false;

    for (size_t i = 0; i < spot->seen_count; i++) {
        struct seen *seen = &spot->seen[i];
        seen->answer = hostkeys_check(spot->target.hostkeys, &seen->key);
        proven = proven || seen->answer.verdict == HOSTKEY_KNOWN;
    }
    for (size_t i = 0; i < spot->seen_count; i++) {
        struct seen *seen = &spot->seen[i];
        switch (seen->answer.verdict) {
        case HOSTKEY_KNOWN:
            seen->state = SCAN_KNOWN;
            break;
        case HOSTKEY_UNKNOWN:
        case HOSTKEY_CA:
            seen->state = SCAN_NEW;
            break;
        case HOSTKEY_CHANGED:
            seen->state = proven && !seen->answer.same_type ? SCAN_NEW : SCAN_CHANGED;
            break;
        case HOSTKEY_REVOKED:
            seen->state = SCAN_REVOKED;
            break;
        }
    }
    if (spot->refused && spot->seen_count > 0) {
        free(spot->failed); /* only a type that the server does not have */
        spot->failed = NULL;
    }
}

/* ---------------------------------------------------------------- from the outside */

static void
make_spots(struct scan *s)
{
    struct run *run = s->run;

    s->count = (size_t)run->host_count;
    s->spots = xcalloc(s->count, sizeof(*s->spots));
    s->ready = xcalloc(s->count, sizeof(*s->ready));
    for (size_t i = 0; i < s->count; i++) {
        const struct target *t = &run->hosts[i].target;
        s->spots[i].target = *t;
        s->spots[i].over = t->local;
        if (!t->local) { /* an alias stands for every port */
            s->spots[i].name = t->key_alias != NULL ? hostkey_name(t->key_alias, HOSTKEY_PORT)
                                                    : hostkey_name(t->address, t->port);
        }
    }
    s->workers = run->policy.workers > 0 ? (size_t)run->policy.workers : 1;
    if (run->request->workers < 0 && s->workers < SCAN_WORKERS) {
        s->workers = SCAN_WORKERS;
    }
}

struct scan *
app_scan(const struct run_request *request, struct err *err)
{
    struct scan *s = xcalloc(1, sizeof(*s));

    s->run = run_new(request);
    s->run->scan = s;
    if (run_load(s->run, err) < 0) {
        scan_free(s);
        return NULL;
    }
    make_spots(s);
    run_make_pool(s->run, &events);
    s->go = event_new(s->run->base, -1, 0, on_go, s);
    event_active(s->go, EV_TIMEOUT, 0);
    (void)event_base_dispatch(s->run->base);
    for (size_t i = 0; i < s->count; i++) {
        judge(&s->spots[i]);
    }
    return s;
}

void
scan_free(struct scan *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; k < s->spots[i].seen_count; k++) {
            free((void *)(uintptr_t)s->spots[i].seen[k].key.blob);
        }
        free(s->spots[i].name);
        free(s->spots[i].failed);
    }
    free(s->spots);
    free(s->ready);
    if (s->go != NULL) {
        event_free(s->go);
    }
    run_free(s->run);
    free(s);
}

size_t
scan_count(const struct scan *s)
{
    return s->count;
}

struct scan_host
scan_host(const struct scan *s, size_t i)
{
    const struct spot *spot = &s->spots[i];
    struct scan_host h = {
        .host = s->run->names[i],
        .name = spot->name,
        .key_count = spot->seen_count,
        .failed = spot->failed,
    };

    for (size_t k = 0; k < spot->seen_count; k++) {
        const struct seen *seen = &spot->seen[k];
        h.keys[k] = (struct scan_key){
            .state = seen->state,
            .type = seen->key.type,
            .fingerprint = seen->fingerprint,
            .path = seen->answer.place.path,
            .line = seen->answer.place.line,
        };
    }
    return h;
}

const char *
scan_path(const struct scan *s)
{
    return s->run->knowns == NULL ? NULL : knowns_env_path(s->run->knowns);
}

/* What is changed or revoked makes the rest of a host doubtful too. */
static bool
is_clean(const struct spot *spot)
{
    for (size_t k = 0; k < spot->seen_count; k++) {
        if (spot->seen[k].state == SCAN_CHANGED || spot->seen[k].state == SCAN_REVOKED) {
            return false;
        }
    }
    return spot->seen_count > 0 && hostkey_name_is_plain(spot->seen[0].key.name);
}

size_t
scan_new(const struct scan *s, size_t *ret_hosts)
{
    size_t keys = 0;

    *ret_hosts = 0;
    for (size_t i = 0; i < s->count; i++) {
        const size_t before = keys;
        for (size_t k = 0; is_clean(&s->spots[i]) && k < s->spots[i].seen_count; k++) {
            keys += s->spots[i].seen[k].state == SCAN_NEW;
        }
        *ret_hosts += keys > before;
    }
    return keys;
}

int
scan_write(const struct scan *s, size_t *ret_added, struct err *err)
{
    size_t hosts = 0;
    struct hostkey_shown *keys = xcalloc(scan_new(s, &hosts), sizeof(*keys));
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++) {
        for (size_t k = 0; is_clean(&s->spots[i]) && k < s->spots[i].seen_count; k++) {
            if (s->spots[i].seen[k].state == SCAN_NEW) {
                keys[count++] = s->spots[i].seen[k].key;
            }
        }
    }
    const int rc = hostkey_write(scan_path(s), keys, count, true, ret_added, err);
    free(keys);
    return rc;
}
