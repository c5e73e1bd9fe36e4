/*
 * test_cut.c - a real sshd, and the connection cut at every message of a session, in both
 * directions.
 *
 * Each life is: connect, a step with output, an upload, a second step, disconnect, through a proxy
 * that cuts at one place.  What the pool tells must be one terminal answer, the phase the proxy
 * knows of, and no more than can be known of a step; what was told as not started must never have
 * run. CUT_ALL=1: every way of cutting at every place.
 */
#include "base/xalloc.h"
#include "cut/proxy.h"
#include "proc/zygote.h"
#include "ssh/hostkey.h"
#include "ssh/keys.h"
#include "ssh/pool.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    STEPS = 3,
    AT_ONCE = 6,
    UPLOAD_SIZE = 100 * 1000,
    LIVES_MAX = 4096,
    POINTS_MIN = 200,
    LIMIT_S = 240, /* for all that is at once: a hang, not a measure of speed */
    SAMPLE = 7,    /* without CUT_ALL, so much of what is not RST */
};

enum answer { ANSWER_NONE, ANSWER_DONE, ANSWER_NOT_STARTED, ANSWER_UNKNOWN };

/* One session. */
struct life {
    struct cut_plan plan;
    struct cut *cut;
    struct target target;
    int asked; /* steps */
    int answered;
    enum answer answers[STEPS];
    int exit_code;
    bool connected;
    bool throttled;
    enum cause cause;
    char text[ERR_TEXT_MAX];      /* of the end of the session */
    char step_text[ERR_TEXT_MAX]; /* of the last answer */
    const char *end;              /* NULL: not yet */
    int ends;
    int odd; /* callbacks that should not have come */
    bool was_cut;
    enum cut_phase phase;
    bool eof_given;
    int seen[CUT_WAYS];
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

/* The file that step `step` of the life leaves on the target. */
static void
mark_path(int id, int step, char ret_path[160])
{
    (void)snprintf(ret_path, 160, "%s/home/ran.%d.%d.%d", all.folder, all.round, id, step);
}

/* Each line is a message of its own; none is as long as an exit status. */
static void
ask(int id, int step)
{
    char path[160];
    char script[800];

    mark_path(id, step, path);
    (void)snprintf(script, sizeof(script),
                   ": >'%s'\nL=0123456789012345678901234567890123456789\n"
                   "for i in 1 2 3 4; do echo $L; echo $L >&2; done\n",
                   path);
    const bool upload = step == 1;
    const struct step_request q = {.kind = upload ? STEP_UPLOAD : STEP_SCRIPT,
                                   .key = "1.0.1.0",
                                   .script = script,
                                   .script_len = strlen(script),
                                   .fd = upload ? open(all.upload_path, O_RDONLY | O_CLOEXEC) : -1,
                                   .size = UPLOAD_SIZE,
                                   .dest = path,
                                   .mode = 0600};
    pool_run(all.pool, id, &q);
}

static void
live(int id)
{
    struct life *l = &all.lives[id];

    if (l->end != NULL || !l->connected || l->asked != l->answered) {
        return;
    }
    if (l->asked == STEPS) {
        l->asked++; /* once */
        pool_disconnect(all.pool, id);
    } else if (l->asked < STEPS) {
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

static int
open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = 0;

    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count;
}

/* ---------------------------------------------------------------- what must hold */

static const char *const place_names[] = {"before", "in the middle of", "after"};
static const char *const way_names[] = {"client", "server"};
static const char *const how_names[] = {"RST", "FIN", "half close"};

static void
blame(int id, const char *what)
{
    const struct life *l = &all.lives[id];

    print_error("%s %s message %d of the %s (%s, cut=%d eof=%d): %s\n"
                "  %s «%s», cause %d; steps asked %d answered %d: %d %d %d «%s»\n",
                how_names[l->plan.how], place_names[l->plan.place], l->plan.message,
                way_names[l->plan.way], cut_phase_name(l->phase), l->was_cut, l->eof_given, what,
                l->end == NULL ? "no end" : l->end, l->text, (int)l->cause, l->asked, l->answered,
                (int)l->answers[0], (int)l->answers[1], (int)l->answers[2], l->step_text);
}

static bool
starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* What is wrong with the end of a session that was cut; NULL: nothing. */
static const char *
judge_end(const struct life *l)
{
    static const struct {
        const char *end;
        const char *said;
        enum cause cause;
    } rows[] = {
        [CUT_IN_VERSION] = {"connect_failed", "kex: closed before the banner: ", CAUSE_CONNECT},
        [CUT_IN_KEX] = {"connect_failed", "kex: ", CAUSE_KEX},
        [CUT_IN_AUTH] = {"connect_failed", "auth: ", CAUSE_LOST},
        /* The next step may have been asked for before the end was seen. */
        [CUT_IN_READY] = {"lost", "", CAUSE_NONE},
        [CUT_IN_CHANNEL] = {"lost", "channel: connection lost: ", CAUSE_NONE},
        [CUT_IN_EXEC] = {"lost", "exec: connection lost: ", CAUSE_NONE},
        [CUT_IN_STEP] = {"lost", "connection lost: ", CAUSE_NONE},
        [CUT_IN_STATUS] = {"lost", "", CAUSE_NONE},
    };

    if (l->ends != 1 || l->odd != 0) {
        return "not one end, or a callback too many";
    }
    if (l->asked > STEPS) { /* it has asked for the end itself */
        return strcmp(l->end, "disconnected") == 0 ? NULL : "asked to disconnect, told otherwise";
    }
    if (!l->was_cut) {
        return "ended without having been cut";
    }
    if (strcmp(l->end, rows[l->phase].end) != 0 || l->cause != rows[l->phase].cause) {
        return "another end";
    }
    if (!starts(l->text, rows[l->phase].said)) {
        return "another phase is named";
    }
    if (l->connected && strstr(l->text, "connection lost: ") == NULL) {
        return "not told as lost";
    }
    return l->throttled == (l->phase == CUT_IN_VERSION) ? NULL : "throttled";
}

/* ... and with what was told of the step under way. */
static const char *
judge_step(const struct life *l)
{
    const int last = l->answered - 1;

    if (l->exit_code != 0) {
        return "a step failed";
    }
    if (l->asked <= STEPS && l->asked != l->answered) {
        return "a step without an answer";
    }
    for (int i = 0; i < last; i++) {
        if (l->answers[i] != ANSWER_DONE) {
            return "a step was begun behind one that is not done";
        }
    }
    if (last < 0 || l->asked > STEPS) {
        return NULL;
    }
    switch (l->phase) {
    case CUT_IN_CHANNEL:
    case CUT_IN_EXEC:
        return l->answers[last] == ANSWER_NOT_STARTED ? NULL : "it cannot have started";
    case CUT_IN_STEP:
        if (l->answers[last] == ANSWER_DONE) {
            return "done without an exit status";
        }
        return l->eof_given && l->answers[last] != ANSWER_UNKNOWN ? "it may have started" : NULL;
    case CUT_IN_STATUS:
        /* The next one may have been asked for meanwhile. */
        return l->answers[last] == ANSWER_DONE || l->answers[last] == ANSWER_NOT_STARTED
                   ? NULL
                   : "its status was given";
    case CUT_IN_READY:
        return l->answers[last] == ANSWER_NOT_STARTED ? NULL : "it cannot have started";
    case CUT_IN_VERSION:
    case CUT_IN_KEX:
    case CUT_IN_AUTH:
        break;
    }
    return "a step before the connection";
}

/* Run the lives that were planned; how many of them are wrong. */
static int
run_all(void)
{
    int wrong = 0;

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
        assert_false(all.is_late);
        assert_int_equal(pool_open_count(all.pool), 0);
    }
    for (int id = 0; id < all.count; id++) {
        const char *end = judge_end(&all.lives[id]);
        const char *step = judge_step(&all.lives[id]);
        if (end != NULL || step != NULL) {
            blame(id, end != NULL ? end : step);
            wrong++;
        }
    }
    return wrong;
}

/* What was told as done has run, what was told as not started has not: however late it is looked
 * at. */
static int
count_lies(void)
{
    int lies = 0;

    for (int id = 0; id < all.count; id++) {
        for (int step = 0; step < all.lives[id].answered; step++) {
            char path[160];
            mark_path(id, step, path);
            const bool ran = access(path, F_OK) == 0;
            const enum answer answer = all.lives[id].answers[step];
            if ((answer == ANSWER_DONE && !ran) || (answer == ANSWER_NOT_STARTED && ran)) {
                blame(id, ran ? "told as not started, and ran" : "told as done, and did not run");
                lies++;
            }
        }
    }
    return lies;
}

/* ---------------------------------------------------------------- the plans */

static void
plan(enum cut_way way, int message, enum cut_place place, enum cut_how how)
{
    assert_true(all.count < LIVES_MAX);
    all.lives[all.count++] =
        (struct life){.plan = {.way = way, .message = message, .place = place, .how = how}};
}

static void
forget_plans(void)
{
    memset(all.lives, 0, sizeof(all.lives));
    all.count = 0;
    all.round++;
}

/* How many messages a whole life has. */
static void
measure(int ret_messages[CUT_WAYS])
{
    forget_plans();
    plan(CUT_FROM_CLIENT, 0, CUT_BEFORE, CUT_RESET);
    if (run_all() > 0) {
        fail();
    }
    assert_int_equal(all.lives[0].answers[STEPS - 1], ANSWER_DONE);
    assert_int_equal(all.lives[0].phase, CUT_IN_STATUS);
    memcpy(ret_messages, all.lives[0].seen, sizeof(all.lives[0].seen));
}

static void
cut_everywhere(enum cut_how how, int every)
{
    int messages[CUT_WAYS];
    int phases[CUT_PHASES] = {0};
    int answers[ANSWER_UNKNOWN + 1] = {0};
    int cuts = 0;

    measure(messages);
    forget_plans();
    for (int way = 0, n = 0; way < CUT_WAYS; way++) {
        for (int m = 1; m <= messages[way]; m++) {
            for (int place = 0; place < CUT_PLACES; place++) {
                if (n++ % every == 0) {
                    plan((enum cut_way)way, m, (enum cut_place)place, how);
                }
            }
        }
    }
    const int before = open_descriptors();
    const int wrong = run_all();
    for (int id = 0; id < all.count; id++) {
        const struct life *l = &all.lives[id];
        cuts += l->was_cut;
        phases[l->phase] += l->was_cut;
        for (int i = 0; i < l->answered; i++) {
            answers[l->answers[i]]++;
        }
    }
    print_message("%s: %d messages of the client, %d of the server, cut %d times\n", how_names[how],
                  messages[CUT_FROM_CLIENT], messages[CUT_FROM_SERVER], cuts);
    for (int i = 0; i < CUT_PHASES; i++) {
        print_message("  %s %d", cut_phase_name((enum cut_phase)i), phases[i]);
    }
    print_message("\n  steps: done %d, not started %d, unknown %d\n", answers[ANSWER_DONE],
                  answers[ANSWER_NOT_STARTED], answers[ANSWER_UNKNOWN]);
    assert_int_equal(wrong, 0);
    assert_int_equal(count_lies(), 0);
    assert_int_equal(open_descriptors(), before);
    for (int i = 0; i < CUT_PHASES && every == 1; i++) {
        assert_true(phases[i] > 0);
    }
    assert_true(cuts >= POINTS_MIN / every);
}

static int
sample(void)
{
    return getenv("CUT_ALL") != NULL ? 1 : SAMPLE;
}

/* fault 8: RST before, in the middle of and after every message, both directions */
static void
test_names_the_phase_when_the_connection_is_reset_at_any_message(void **state)
{
    (void)state;
    cut_everywhere(CUT_RESET, 1);
}

/* fault 8: FIN before, in the middle of and after messages, both directions */
static void
test_names_the_phase_when_the_connection_is_closed_at_any_message(void **state)
{
    (void)state;
    cut_everywhere(CUT_CLOSE, sample());
}

/* fault 8: FIN of the server's half only, while the client may still send */
static void
test_names_the_phase_when_the_server_closes_its_half_at_any_message(void **state)
{
    (void)state;
    cut_everywhere(CUT_HALF, sample());
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

static int
setup(void **state)
{
    struct err err;

    (void)state;
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

static int
teardown(void **state)
{
    char command[300];

    (void)state;
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_the_phase_when_the_connection_is_reset_at_any_message),
        cmocka_unit_test(test_names_the_phase_when_the_connection_is_closed_at_any_message),
        cmocka_unit_test(test_names_the_phase_when_the_server_closes_its_half_at_any_message),
    };
    struct err err;

    all.zygote = zygote_start(&err);
    const int failed = all.zygote == NULL ? 1 : cmocka_run_group_tests(tests, setup, teardown);
    zygote_free(all.zygote);
    return failed;
}
