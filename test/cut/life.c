/*
 * life.c - drives the lives, several at once, and starts what they need.
 *
 * Decides what a life does next.  Owns the loop, the pool, the proxies and the folder of the sshd.
 * Judges nothing.
 */
#include "cut/life.h"

#include "proc/zygote.h"
#include "ssh/hostkey.h"
#include "ssh/keys.h"
#include "ssh/pool.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    AT_ONCE = 6,
    UPLOAD_SIZE = 100 * 1000,
    LIVES_MAX = 4096,
    LIMIT_S = 240, /* for all that is at once: a hang, not a measure of speed */
};

static struct {
    struct zygote *zygote;
    struct event_base *base;
    struct keyring *keyring;
    struct hostkeys *hostkeys;
    struct pool *pool;
    struct event *next; /* goes on outside the callbacks */
    struct event *late;
    bool is_late;
    struct life lives[LIVES_MAX];
    int count;
    int from, to; /* of the lives under way */
    int round;    /* ids begin again in each */
    char folder[64];
    char key_path[128];
    char upload_path[128];
    const char *key_paths[2];
    int sshd_port;
} all;

/* ---------------------------------------------------------------- what the pool tells */

static void
go_on(void)
{
    event_active(all.next, EV_TIMEOUT, 0);
}

static void
on_connected(void *arg, int32_t id)
{
    struct life *l = &all.lives[id];

    (void)arg;
    l->odd += l->connected;
    l->connected = true;
    go_on();
}

static void
end_life(int32_t id, const char *how, const char *text)
{
    struct life *l = &all.lives[id];

    l->end = how;
    l->ends++;
    (void)snprintf(l->text, sizeof(l->text), "%s", text);
    go_on();
}

static void
on_connect_failed(void *arg, int32_t id, enum cause cause, bool throttled, const char *text)
{
    (void)arg;
    all.lives[id].cause = cause;
    all.lives[id].throttled = throttled;
    end_life(id, "connect_failed", text);
}

static void
on_lost(void *arg, int32_t id, const char *text)
{
    (void)arg;
    end_life(id, "lost", text);
}

static void
on_disconnected(void *arg, int32_t id)
{
    (void)arg;
    end_life(id, "disconnected", "");
}

static void
answer_step(int32_t id, enum answer answer, const char *text)
{
    struct life *l = &all.lives[id];

    if (l->answered >= l->asked) {
        l->odd++;
        return;
    }
    l->answers[l->answered++] = answer;
    (void)snprintf(l->step_text, sizeof(l->step_text), "%s", text);
    go_on();
}

static void
on_step_sent(void *arg, int32_t id)
{
    (void)arg;
    (void)id;
}

static void
on_output(void *arg, int32_t id, int is_stderr, const char *bytes, size_t len)
{
    (void)arg;
    (void)is_stderr;
    (void)bytes;
    (void)len;
    all.lives[id].odd += all.lives[id].asked == 0;
}

static void
on_step_done(void *arg, int32_t id, int exit_code, int sig, const char *note)
{
    (void)arg;
    all.lives[id].exit_code |= exit_code | sig;
    answer_step(id, ANSWER_DONE, note);
}

static void
on_not_started(void *arg, int32_t id, enum cause cause, const char *text)
{
    (void)arg;
    (void)cause;
    answer_step(id, ANSWER_NOT_STARTED, text);
}

static void
on_unknown(void *arg, int32_t id, enum cause cause, const char *text)
{
    (void)arg;
    (void)cause;
    answer_step(id, ANSWER_UNKNOWN, text);
}

static void
on_warning(void *arg, int32_t id, const char *text)
{
    (void)arg;
    (void)id;
    (void)text;
}
/* ---------------------------------------------------------------- one life */

void
life_mark(int id, int step, char ret_path[LIFE_PATH_MAX])
{
    (void)snprintf(ret_path, LIFE_PATH_MAX, "%s/home/ran.%d.%d.%d", all.folder, all.round, id,
                   step);
}

/* Each line is a message of its own; none is as long as an exit status. */
static void
ask(int id, int step)
{
    char path[LIFE_PATH_MAX];
    char script[800];

    life_mark(id, step, path);
    (void)snprintf(script, sizeof(script),
                   "echo ran >>'%s'\nL=0123456789012345678901234567890123456789\n"
                   "for i in 1 2 3 4; do echo $L; echo $L >&2; done\n",
                   path);
    const bool upload = step == LIFE_UPLOAD;
    const struct step_request q = {.kind = upload ? STEP_UPLOAD : STEP_SCRIPT,
                                   .key = "1.0.1.0",
                                   .script = script,
                                   .script_len = strlen(script),
                                   .fd = upload ? open(all.upload_path, O_RDONLY | O_CLOEXEC) : -1,
                                   .size = UPLOAD_SIZE,
                                   .dest = path,
                                   .mode = 0600,
                                   .following = all.lives[id].ahead ? LIFE_STEPS - 1 - step : 0};
    pool_run(all.pool, id, &q);
}

static void
live(int id)
{
    struct life *l = &all.lives[id];

    if (l->end != NULL || !l->connected || l->asked != l->answered) {
        return;
    }
    if (l->asked == LIFE_STEPS) {
        l->asked++; /* once */
        pool_disconnect(all.pool, id);
    } else if (l->asked < LIFE_STEPS) {
        ask(id, l->asked++);
    }
}

static void
on_next(evutil_socket_t fd, short what, void *arg)
{
    bool over = true;

    (void)fd;
    (void)what;
    (void)arg;
    for (int id = all.from; id < all.to; id++) {
        live(id);
        over = over && all.lives[id].end != NULL;
    }
    if (over) {
        (void)event_base_loopbreak(all.base);
    }
}

static void
on_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    all.is_late = true;
    (void)event_base_loopbreak(all.base);
}

static void
begin(int id)
{
    struct life *l = &all.lives[id];

    l->cut = cut_new(all.base, "127.0.0.1", all.sshd_port, &l->plan);
    l->target = (struct target){.name = "web-01",
                                .address = "127.0.0.1",
                                .port = cut_port(l->cut),
                                .user = "demo",
                                .kex = "curve25519-sha256",
                                .key_paths = all.key_paths};
    pool_connect(all.pool, id, &l->target);
}

static void
finish(struct life *l)
{
    l->was_cut = cut_is_done(l->cut);
    l->phase = cut_phase(l->cut);
    l->eof_given = cut_eof_given(l->cut);
    for (int way = 0; way < CUT_WAYS; way++) {
        l->seen[way] = cut_count(l->cut, (enum cut_way)way);
    }
    cut_free(l->cut);
    l->cut = NULL;
}
void
lives_plan(const struct cut_plan *plan, bool ahead)
{
    if (all.count == LIVES_MAX) {
        abort();
    }
    all.lives[all.count++] = (struct life){.plan = *plan, .ahead = ahead};
}

void
lives_forget(void)
{
    memset(all.lives, 0, sizeof(all.lives));
    all.count = 0;
    all.round++;
}

int
lives_run(void)
{
    for (int from = 0; from < all.count; from = all.to) {
        const struct timeval limit = {.tv_sec = LIMIT_S};
        all.from = from;
        all.to = from + AT_ONCE < all.count ? from + AT_ONCE : all.count;
        for (int id = all.from; id < all.to; id++) {
            begin(id);
        }
        (void)evtimer_add(all.late, &limit);
        (void)event_base_loop(all.base, 0);
        (void)evtimer_del(all.late);
        for (int id = all.from; id < all.to; id++) {
            finish(&all.lives[id]);
        }
        if (all.is_late || pool_open_count(all.pool) != 0) {
            return -1;
        }
    }
    return 0;
}

int
lives_count(void)
{
    return all.count;
}

const struct life *
life_at(int id)
{
    return &all.lives[id];
}

/* ---------------------------------------------------------------- the server */

static int
start_sshd(void)
{
    char command[300];
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/extra_config", all.folder);
    FILE *extra = fopen(path, "we");
    if (extra == NULL || fputs("Ciphers aes128-gcm@openssh.com\n", extra) < 0 ||
        fclose(extra) != 0) {
        return -1;
    }
    (void)snprintf(command, sizeof(command), "test/sshd/start %s 127.0.0.1 1", all.folder);
    FILE *said = popen(command, "re");
    if (said == NULL || fscanf(said, "%d", &all.sshd_port) != 1) {
        return -1;
    }
    return pclose(said);
}

static int
make_upload(void)
{
    static char bytes[UPLOAD_SIZE];
    FILE *file = fopen(all.upload_path, "we");

    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 31 >> 3);
    }
    return file != NULL && fwrite(bytes, 1, sizeof(bytes), file) == sizeof(bytes) ? fclose(file)
                                                                                  : -1;
}

static void
start_pool(void)
{
    const struct pool_config config = {
        .base = all.base,
        .zygote = all.zygote,
        .hostkeys = all.hostkeys,
        .keyring = all.keyring,
        .checking = HOST_KEY_OFF,
        .connect_timeout_ms = LIMIT_S * 1000,
        .auth_timeout_ms = LIMIT_S * 1000,
        .events = {.connected = on_connected,
                   .connect_failed = on_connect_failed,
                   .step_sent = on_step_sent,
                   .output = on_output,
                   .step_done = on_step_done,
                   .step_not_started = on_not_started,
                   .step_unknown = on_unknown,
                   .disconnected = on_disconnected,
                   .lost = on_lost,
                   .warning = on_warning},
    };

    all.pool = pool_new(&config);
}

int
lives_start(struct zygote *zygote)
{
    struct err err;

    all.zygote = zygote;
    (void)snprintf(all.folder, sizeof(all.folder), "/tmp/im-cut-XXXXXX");
    if (mkdtemp(all.folder) == NULL || chmod(all.folder, 0755) < 0 || start_sshd() != 0) {
        return -1;
    }
    (void)snprintf(all.key_path, sizeof(all.key_path), "%s/id_ed25519", all.folder);
    (void)snprintf(all.upload_path, sizeof(all.upload_path), "%s/upload", all.folder);
    all.key_paths[0] = all.key_path;
    all.keyring = keyring_new();
    if (make_upload() != 0 || keyring_load(all.keyring, all.key_path, &err) < 0) {
        return -1;
    }
    all.base = event_base_new();
    zygote_attach(all.zygote, all.base);
    all.hostkeys = hostkeys_new();
    all.next = event_new(all.base, -1, 0, on_next, NULL);
    all.late = evtimer_new(all.base, on_late, NULL);
    start_pool();
    return 0;
}

int
lives_stop(void)
{
    char command[300];

    pool_free(all.pool);
    event_free(all.next);
    event_free(all.late);
    hostkeys_free(all.hostkeys);
    keyring_free(all.keyring);
    zygote_detach(all.zygote);
    event_base_free(all.base);
    (void)snprintf(command, sizeof(command), "test/sshd/stop %s; rm -rf %s", all.folder,
                   all.folder);
    return system(command);
}
