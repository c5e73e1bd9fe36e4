/*
 * rig.h - a whole run in one process: real config, core, store and log in a folder of its own, and
 * sessions that do what a letter says.
 *
 * Stands in for ssh/pool.c, ssh/keys.c, probe/probe.c and proc/zygote.c by defining their
 * functions, so that the archives' own are not linked.  As in the pool, results come from the loop.
 */
#ifndef UNIT_APP_RIG_H
#define UNIT_APP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/run_state.h"
#include "base/xalloc.h"
#include "store/history.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RIG_HOSTS_MAX = 8, RIG_TEXT_MAX = 1 << 20 };

struct rig {
    char root[64];
    struct settings settings;
    struct inventory *inventory; /* owned */
    struct action *action;       /* owned */
    struct value *extra;         /* owned; -e */
    size_t hosts[RIG_HOSTS_MAX];
    struct run_request request;
    struct sink sink; /* writes its events down */
    struct buf events;
    struct buf calls;                    /* what the pool was asked, a line each */
    const char *connects[RIG_HOSTS_MAX]; /* a letter a try; then they go well */
    const char *steps[RIG_HOSTS_MAX];    /* a letter a step or check; then they go well */
    const char *probes[RIG_HOSTS_MAX];   /* a letter an http or tcp check; then they pass */
    int asking;                          /* probes under way */
    /* Called inside the pool; host -1: it is being freed, just before the rest of the run is. */
    void (*look)(struct rig *r, struct run *run, int32_t host, const struct step_request *step);
    uint64_t number; /* for look */
    struct err err;
};

/* ---------------------------------------------------------------- the pool that is none */

struct deed {
    struct pool *pool;
    int32_t id;
    char what;
    struct event *event;
    struct deed *next;
};

struct pool {
    struct pool_config config;
    struct rig *rig;
    struct deed *deeds; /* owned */
    bool hangs[RIG_HOSTS_MAX];
    int32_t open;
};

static inline struct rig *
rig_of(const struct run *run)
{
    return (struct rig *)((uintptr_t)run->request - offsetof(struct rig, request));
}

static inline char
rig_next(const char **letters, char otherwise)
{
    return *letters == NULL || **letters == '\0' ? otherwise : *(*letters)++;
}

static inline void
rig_end_connecting(const struct pool *p, int32_t id, char what)
{
    const struct pool_events *on = &p->config.events;
    void *arg = p->config.arg;

    if (what == 'C' || what == 'L') {
        on->connected(arg, id);
    } else if (what == 'c' || what == 't') {
        on->connect_failed(arg, id, CAUSE_CONNECT, what == 't',
                           "connect: 127.0.0.1 port 1: Connection refused");
    } else if (what == 'a') {
        on->connect_failed(arg, id, CAUSE_AUTH, false, "auth: key not accepted");
    } else {
        fail_msg("no letter of connecting: %c", what);
    }
}

/* True if the session is lost with the step. */
static inline bool
rig_end_step(const struct pool *p, int32_t id, char what)
{
    static const struct {
        char what;
        enum cause cause;
        const char *text;
    } unknown[] = {
        {'u', CAUSE_LOST, "connection lost: closed by the server"},
        {'d', CAUSE_DEADLINE, "not finished at its time limit"},
        {'i', CAUSE_IDLE, "no output for its idle limit"},
        {'e', CAUSE_NO_STATUS, "closed without an exit status"},
        {'K', CAUSE_KILLED, "closed by the operator"},
    };
    const struct pool_events *on = &p->config.events;
    void *arg = p->config.arg;

    if (what == 'r' || what == 'n' || what == 'l') {
        on->step_not_started(arg, id,
                             what == 'r'   ? CAUSE_REFUSED
                             : what == 'n' ? CAUSE_NO_HEADER
                                           : CAUSE_LOST,
                             what == 'r'   ? "channel: refused by the server"
                             : what == 'n' ? "ended before the frame began:"
                                           : "connection lost: before the step");
        return what == 'l';
    }
    on->step_sent(arg, id);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        if (unknown[i].what == what) {
            on->step_unknown(arg, id, unknown[i].cause, unknown[i].text);
            return what != 'e' && what != 'K';
        }
    }
    if (what == 'x') {
        on->output(arg, id, 0, "out\n", 4);
        on->output(arg, id, 1, "first\nlast \033[31mred\r\n\n", 22);
    }
    on->step_done(arg, id,
                  what == 'x'   ? 3
                  : what == '9' ? -1
                                : 0,
                  what == '9' ? 9 : 0,
                  what == 'b' ? "a background process kept the output open; it was cut off" : "");
    return false;
}

static inline void
rig_do(evutil_socket_t fd, short what, void *arg)
{
    struct deed *d = arg;
    struct pool *p = d->pool;

    (void)fd;
    (void)what;
    if (d->what == '-') {
        return; /* it does not answer */
    }
    if (strchr("CctaL", d->what) != NULL) {
        p->open += d->what == 'C';
        rig_end_connecting(p, d->id, d->what);
        if (d->what == 'L') {
            p->config.events.lost(p->config.arg, d->id, "connection lost: closed by the server");
        }
    } else if (d->what == 'D') {
        if (p->hangs[d->id]) {
            p->hangs[d->id] = false;
            (void)rig_end_step(p, d->id, 'K');
        }
        p->open--;
        p->config.events.disconnected(p->config.arg, d->id);
    } else if (d->what == 'w') {
        p->hangs[d->id] = true; /* until it is closed */
        p->config.events.step_sent(p->config.arg, d->id);
    } else if (d->what == 'z' && ((const struct run *)p->config.arg)->interrupts == 0) {
        const struct timeval next_turn = {0};
        (void)event_add(d->event, &next_turn); /* ends well, but not before an interrupt */
    } else if (rig_end_step(p, d->id, d->what)) {
        p->open--;
        p->config.events.lost(p->config.arg, d->id, "connection lost: closed by the server");
    }
}

static inline void
rig_soon(struct pool *p, int32_t id, char what)
{
    struct deed *d = xcalloc(1, sizeof(*d));

    *d = (struct deed){.pool = p, .id = id, .what = what, .next = p->deeds};
    d->event = event_new(p->config.base, -1, 0, rig_do, d);
    event_active(d->event, EV_TIMEOUT, 0);
    p->deeds = d;
}

static inline void
rig_call(struct pool *p, int32_t id, const char *what, const struct step_request *step)
{
    struct run *run = p->config.arg;

    (void)buf_addf(&p->rig->calls, "%s %s\n", what, run->names[id]);
    if (p->rig->look != NULL) {
        p->rig->look(p->rig, run, id, step);
    }
}

struct pool *
pool_new(const struct pool_config *config)
{
    struct pool *p = xcalloc(1, sizeof(*p));

    p->config = *config;
    p->rig = rig_of(config->arg);
    return p;
}

void
pool_free(struct pool *p)
{
    if (p == NULL) {
        return;
    }
    if (p->rig->look != NULL) {
        p->rig->look(p->rig, p->config.arg, -1, NULL);
    }
    while (p->deeds != NULL) {
        struct deed *d = p->deeds;
        p->deeds = d->next;
        event_free(d->event);
        free(d);
    }
    free(p);
}

void
pool_connect(struct pool *p, int32_t id, const struct target *target)
{
    assert_string_equal(target->name, ((const struct run *)p->config.arg)->names[id]);
    rig_call(p, id, "connect", NULL);
    rig_soon(p, id, rig_next(&p->rig->connects[id], 'C'));
}

void
pool_run(struct pool *p, int32_t id, const struct step_request *request)
{
    rig_call(p, id, "run", request);
    if (request->fd >= 0) {
        (void)close(request->fd);
    }
    rig_soon(p, id, rig_next(&p->rig->steps[id], '.'));
}

void
pool_disconnect(struct pool *p, int32_t id)
{
    rig_call(p, id, "disconnect", NULL);
    rig_soon(p, id, 'D');
}

int32_t
pool_open_count(const struct pool *p)
{
    return p->open;
}

/* ---------------------------------------------------------------- probes that ask nobody */

struct probes {
    struct event_base *base;
};

struct probe {
    struct rig *rig;
    char what; /* '.' passes, 'x' does not, 'w' never comes back */
    struct event *event;
    void (*done)(void *arg, bool passed, const char *text);
    void *arg;
};

struct probes *
probes_new(const struct probes_config *config)
{
    struct probes *p = xcalloc(1, sizeof(*p));

    p->base = config->base;
    return p;
}

void
probes_free(struct probes *p)
{
    free(p);
}

int
probes_warm(struct probes *p, const char *ca_file, struct err *err)
{
    (void)p;
    return ca_file == NULL ? 0 : err_set(err, ERR_CONFIG, "%s: cannot be warmed", ca_file);
}

void
probe_cancel(struct probe *p)
{
    p->rig->asking--;
    event_free(p->event);
    free(p);
}

static inline void
rig_probed(evutil_socket_t fd, short what, void *arg)
{
    struct probe *p = arg;
    struct probe was = *p;

    (void)fd;
    (void)what;
    probe_cancel(p);
    was.done(was.arg, was.what == '.', was.what == '.' ? "http 200" : "http 503");
}

struct probe *
probe_start(struct probes *probes, const struct probe_request *q,
            void (*done)(void *arg, bool passed, const char *text), void *arg)
{
    struct run_host *h = arg;
    struct rig *r = rig_of(h->run);
    struct probe *p = xcalloc(1, sizeof(*p));

    (void)buf_addf(&r->calls, "%s %s %s:%d%s%s%s", q->kind == PROBE_TCP ? "tcp" : "http",
                   h->host->name, q->address, q->port, q->kind == PROBE_TCP ? "" : q->path,
                   q->host == NULL ? "" : " as ", q->host == NULL ? "" : q->host);
    for (size_t i = 0; i < q->status_count; i++) {
        (void)buf_addf(&r->calls, " %d", q->statuses[i]);
    }
    (void)buf_addf(&r->calls, " in %d\n", (int)q->timeout_ms);
    *p = (struct probe){
        .rig = r, .what = rig_next(&r->probes[h->index], '.'), .done = done, .arg = arg};
    p->event = event_new(probes->base, -1, 0, rig_probed, p);
    if (p->what != 'w') {
        event_active(p->event, EV_TIMEOUT, 0);
    }
    r->asking++;
    if (r->look != NULL) {
        r->look(r, h->run, h->index, NULL);
    }
    return p;
}

/* ---------------------------------------------------------------- the rest that is none */

struct keyring *
keyring_new(void)
{
    return NULL;
}

void
keyring_free(struct keyring *k)
{
    (void)k;
}

/* Every key is there, but those whose name says otherwise. */
static inline enum keyring_found
rig_found(const char *path)
{
    return strstr(path, "missing") != NULL  ? KEYRING_MISSING
           : strstr(path, "public") != NULL ? KEYRING_PUBLIC
           : strstr(path, "locked") != NULL ? KEYRING_LOCKED
                                            : KEYRING_READY;
}

static struct strv rig_unlocked;

int
keyring_look(struct keyring *k, const char *path, enum keyring_found *ret, struct err *err)
{
    (void)err;
    *ret = keyring_found(k, path);
    return 0;
}

enum keyring_found
keyring_found(const struct keyring *k, const char *path)
{
    (void)k;
    return strv_has(&rig_unlocked, path) ? KEYRING_READY : rig_found(path);
}

/* The passphrase of a key is its name. */
int
keyring_unlock(struct keyring *k, const char *path, const char *passphrase)
{
    (void)k;
    if (strstr(path, passphrase) == NULL) {
        return -1;
    }
    strv_add(&rig_unlocked, path);
    return 0;
}

ssh_key
keyring_get(const struct keyring *k, const char *path)
{
    return keyring_found(k, path) == KEYRING_READY ? (ssh_key)(uintptr_t)1 : NULL;
}

const struct pubkey *
keyring_public(const struct keyring *k, const char *path)
{
    static struct pubkey none;

    (void)k;
    (void)path;
    return &none;
}

int
keyring_load_cert(struct keyring *k, const char *path, struct err *err)
{
    (void)k;
    (void)path;
    (void)err;
    return 0;
}

void
zygote_attach(struct zygote *z, struct event_base *base)
{
    (void)z;
    (void)base;
}

static int rig_detached; /* times */

void
zygote_detach(struct zygote *z)
{
    (void)z;
    rig_detached++;
}

/* ---------------------------------------------------------------- the sink that writes down */

static inline void
rig_event(struct sink *s, const struct event *e)
{
    struct rig *r = (struct rig *)((uintptr_t)s - offsetof(struct rig, sink));
    struct buf *b = &r->events;

    (void)buf_adds(b, event_name(e->type));
    if (e->host != NULL) {
        (void)buf_addf(b, " %s", e->host);
    }
    if (e->step > 0) {
        (void)buf_addf(b, " %s%d/%d %s #%d",
                       e->list == LIST_FINALLY  ? "finally "
                       : e->list == LIST_CHECKS ? "check "
                                                : "",
                       (int)e->step, (int)e->step_count, e->step_name, (int)e->attempt);
    }
    if (e->outcome != NULL) {
        (void)buf_addf(b, " %s", e->outcome);
    }
    if (e->exit_code >= 0 && e->type != EVENT_RUN_STARTED) {
        (void)buf_addf(b, " exit=%d", (int)e->exit_code);
    }
    if (e->signal != 0) {
        (void)buf_addf(b, " signal=%d", (int)e->signal);
    }
    if (e->reason != NULL) {
        (void)buf_addf(b, ": %s", e->reason);
    }
    (void)buf_addc(b, '\n');
}

/* ---------------------------------------------------------------- a run */

static inline void
rig_write(const struct rig *r, const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", r->root, name);
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    free(path);
}

static inline char *
rig_read(const struct rig *r, const char *name)
{
    char *path = xasprintf("%s/%s", r->root, name);
    char *text = xcalloc(RIG_TEXT_MAX, 1);
    FILE *f = fopen(path, "re");

    assert_non_null(f);
    assert_true(fread(text, 1, RIG_TEXT_MAX - 1, f) < RIG_TEXT_MAX - 1);
    assert_int_equal(fclose(f), 0);
    free(path);
    return text;
}

/* inventory: the text of hosts.yml, or NULL for web-01 to web-03; action: that of NAME.yml. */
static inline void
rig_open(struct rig *r, const char *inventory, const char *name, const char *action)
{
    static const struct sink_ops ops = {.event = rig_event};
    struct mistakes m = {0};
    char path[128];

    *r = (struct rig){.sink.ops = &ops};
    (void)snprintf(r->root, sizeof(r->root), "/tmp/im-app-XXXXXX");
    assert_non_null(mkdtemp(r->root));
    assert_int_equal(setenv("HOME", r->root, 1), 0);
    (void)unsetenv("SSH_AUTH_SOCK"); /* whoever runs the tests may have an agent */
    (void)snprintf(path, sizeof(path), "%s/inventory", r->root);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/inventory/test", r->root);
    assert_int_equal(mkdir(path, 0700), 0);
    rig_write(r, "inventory/test/hosts.yml",
              inventory != NULL ? inventory
                                : "all:\n  vars: {ansible_ssh_private_key_file: key}\n"
                                  "  children:\n    web:\n"
                                  "      hosts: {web-01: , web-02: , web-03: }\n");
    r->inventory = inventory_load(&(struct inventory_request){.root = r->root, .dir = path}, &m);
    assert_int_equal(m.errors.count, 0);
    char *file = xasprintf("%s.yml", name);
    rig_write(r, file, action);
    (void)snprintf(path, sizeof(path), "%s/%s", r->root, file);
    r->action = action_load_file(path, &m);
    if (m.errors.count > 0) {
        fail_msg("%s", m.errors.items[0]);
    }
    mistakes_release(&m);
    free(file);
    settings_defaults(&r->settings);
    r->extra = value_new(VALUE_DICT);
    buf_init(&r->events, RIG_TEXT_MAX);
    buf_init(&r->calls, RIG_TEXT_MAX);
    r->request = (struct run_request){
        .root = r->root,
        .env = "test",
        .env_dir = r->root,
        .settings = &r->settings,
        .inventory = r->inventory,
        .hosts = r->hosts,
        .host_count = inventory_count(r->inventory),
        .action = r->action,
        .strategy = STRATEGY_PARALLEL,
        .workers = 3,
        .extra = r->extra,
        .seed = 1,
        .sink = &r->sink,
    };
    assert_in_range(r->request.host_count, 1, RIG_HOSTS_MAX);
    for (size_t i = 0; i < r->request.host_count; i++) {
        r->hosts[i] = i;
    }
}

static inline int
rig_run(struct rig *r)
{
    return app_run(&r->request, &r->err);
}

/* What `history` knows of a host of the only run. */
static inline void
rig_host(const struct rig *r, size_t host, struct host_list *ret_hosts)
{
    char *db = xasprintf("%s/var/runs.db", r->root);
    struct store *s = store_open(db, true, NULL);
    struct run_list runs;

    assert_non_null(s);
    assert_int_equal(history_runs(s, "test", 2, &runs, NULL), 0);
    assert_int_equal(runs.count, 1);
    assert_int_equal(history_hosts(s, runs.rows[0].id, ret_hosts, NULL), 0);
    assert_true(host < ret_hosts->count);
    run_list_release(&runs);
    store_close(s);
    free(db);
}

static inline int
rig_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void
rig_close(struct rig *r)
{
    inventory_free(r->inventory);
    action_free(r->action);
    settings_release(&r->settings);
    value_free(r->extra);
    buf_release(&r->events);
    buf_release(&r->calls);
    assert_int_equal(nftw(r->root, rig_remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* debug.log without times: `[ORCHESTRATOR] ` and before is checked and cut off, `in 1.234s` is
 * `in T`. */
static inline char *
rig_log(const struct rig *r)
{
    char *raw = rig_read(r, "debug.log");
    char *rest = NULL;
    struct buf text;

    buf_init(&text, RIG_TEXT_MAX);
    for (char *line = strtok_r(raw, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        static const char tag[] = " [ORCHESTRATOR] ";
        static const char shape[] = "0000/00/00 00:00:00.000000";
        for (size_t i = 0; i < sizeof(shape) - 1; i++) {
            assert_true(shape[i] == '0' ? line[i] >= '0' && line[i] <= '9' : line[i] == shape[i]);
        }
        line += sizeof(shape) - 1;
        assert_memory_equal(line, tag, sizeof(tag) - 1);
        line += sizeof(tag) - 1;
        char *took = strstr(line, " in ");
        const size_t digits = took == NULL ? 0 : strspn(took + 4, "0123456789.");
        if (digits > 4 && took[4 + digits] == 's') {
            assert_int_equal(took[digits], '.'); /* three digits of milliseconds */
            *took = '\0';
            (void)buf_addf(&text, "%s in T%s\n", line, took + 5 + digits);
        } else {
            (void)buf_addf(&text, "%s\n", line);
        }
    }
    free(raw);
    char *detached = buf_detach(&text);
    buf_release(&text);
    return detached;
}

#endif
