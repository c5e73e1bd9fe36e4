/*
 * test_page_run.c - the keys and words of the Run page, over a made-up screen and work: what each
 * asks for, and what is seen then.
 */
#include "front/front.h"
#include "front/work.h"

#include "app/control_place.h"
#include "base/xalloc.h"
#include "store/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUN "20261126T050000Z-0123456789abcdef"

enum { HOSTS = 40, ROWS = 30, COLS = 100, SAID = 256, TURNS_MAX = 1000 };

struct run {
    int unused;
};

/* What was asked of it last. */
struct work {
    struct feed *feed;
    struct run run;
    bool runs;
    struct queue_list queue;
    char asked[SAID];
};

struct front {
    struct cli cli;
    struct event_base *base;
    struct work work;
    struct page *page;
    struct page *pushed; /* the last one; owned */
    const char *env;
    char said[SAID];
    void (*answer)(void *arg, bool yes); /* of the question that is open */
    void *answer_arg;
    char seen_log[SAID]; /* what page_hostlog_new was asked for */
    struct canvas *canvas;
};

static const int64_t zero_ms = INT64_C(1795669200000);

/* ---------------------------------------------------------------- made up: front.h */

struct cli *
front_cli(struct front *f)
{
    return &f->cli;
}

struct event_base *
front_base(struct front *f)
{
    return f->base;
}

int64_t
front_wall_ms(const struct front *f)
{
    (void)f;
    return zero_ms + 60000;
}

void
front_changed(struct front *f)
{
    (void)f;
}

void
front_say(struct front *f, unsigned look, const char *fmt, ...)
{
    va_list ap;

    (void)look;
    va_start(ap, fmt);
    (void)vsnprintf(f->said, sizeof(f->said), fmt, ap);
    va_end(ap);
}

void
front_push(struct front *f, struct page *p)
{
    if (f->pushed != NULL) {
        f->pushed->ops->free(f->pushed);
    }
    f->pushed = p;
}

void
front_ask(struct front *f, const char *text, const char *word, void (*answer)(void *arg, bool yes),
          void *arg)
{
    (void)word;
    (void)snprintf(f->said, sizeof(f->said), "%s", text);
    f->answer = answer;
    f->answer_arg = arg;
}

const char *
front_env_name(const struct front *f)
{
    return f->env;
}

struct page *
page_text_new(struct front *f, const char *title, const char *text)
{
    (void)snprintf(f->said, sizeof(f->said), "%s: %s", title, text);
    return NULL;
}

struct page *
page_hostlog_new(struct front *f, const char *env, const char *run_id, const char *host)
{
    (void)snprintf(f->seen_log, sizeof(f->seen_log), "%s %s %s", env, run_id, host);
    return NULL;
}

/* ---------------------------------------------------------------- made up: work.h, alongside.h */

struct work *
front_work(struct front *f)
{
    return &f->work;
}

struct feed *
work_feed(struct work *w)
{
    return w->feed;
}

struct run *
work_run(struct work *w)
{
    return w->runs ? &w->run : NULL;
}

int64_t
work_predicted_ms(const struct work *w)
{
    (void)w;
    return -1;
}

const struct queue_list *
work_queue(struct work *w)
{
    return &w->queue;
}

bool
work_queue_runs(const struct work *w)
{
    (void)w;
    return false;
}

void
work_verb(struct work *w, enum verb verb, const char *host, int32_t number)
{
    (void)snprintf(w->asked, sizeof(w->asked), "%s %s %d", verb_name(verb),
                   host == NULL ? "-" : host, (int)number);
}

const char *
work_question(enum verb verb)
{
    return verb == VERB_ABORT ? "Abort?" : NULL;
}

void
work_propose_retry(struct work *w, const char *run_id)
{
    (void)snprintf(w->asked, sizeof(w->asked), "once more %s", run_id);
}

const char *
app_run_id(const struct run *run)
{
    (void)run;
    return RUN;
}

void
app_glance(const struct run *run, struct snapshot *ret)
{
    (void)run;
    *ret = snapshot_empty();
    ret->state = xstrdup("running");
    ret->workers = 3;
    ret->active = 3;
    ret->host_count = HOSTS;
    ret->wave_due_ms = -1;
}

/* ---------------------------------------------------------------- a run */

static char *names[HOSTS];

static void
tell(struct front *f, struct event e)
{
    sink_event(feed_sink(f->work.feed), &e);
}

static struct event
of_host(enum event_type type, int32_t host)
{
    struct event e = event_make(type, zero_ms);

    e.host = names[host];
    e.host_index = host;
    e.slot = host;
    return e;
}

static void
output(struct front *f, int32_t host, const char *text)
{
    struct event e = of_host(EVENT_OUTPUT, host);

    e.data = text;
    e.len = strlen(text);
    tell(f, e);
}

static void
begin_run(struct front *f, int32_t hosts)
{
    struct event e = event_make(EVENT_RUN_STARTED, zero_ms);

    feed_free(f->work.feed);
    f->work.feed = feed_new(100, NULL);
    f->work.runs = true;
    e.run = RUN;
    e.env = "prod";
    e.action = "deploy";
    e.hosts = (const char *const *)names;
    e.host_count = hosts;
    e.workers = 3;
    tell(f, e);
    for (int32_t i = 0; i < 3 && i < hosts; i++) {
        tell(f, of_host(EVENT_HOST_STARTED, i));
    }
    output(f, 0, "hello from the first\n");
    output(f, 1, "hello from the second\n");
}

static void
front_make(struct front *f)
{
    *f = (struct front){.base = event_base_new(), .canvas = canvas_new(ROWS, COLS, false)};
    f->page = page_run_new(f);
}

static void
front_end(struct front *f)
{
    front_push(f, NULL);
    f->page->ops->free(f->page);
    feed_free(f->work.feed);
    canvas_free(f->canvas);
    event_base_free(f->base);
}

static void
shows_not(struct front *f, struct page *p, const char *text, bool shown)
{
    canvas_clear(f->canvas);
    p->ops->draw(p, f->canvas, canvas_box(f->canvas));
    char *seen = canvas_dump(f->canvas);
    if ((strstr(seen, text) != NULL) != shown) {
        print_error("%s \"%s\" in:\n%s", shown ? "no" : "there is", text, seen);
    }
    assert_int_equal(strstr(seen, text) != NULL, shown);
    free(seen);
}

static void
shows(struct front *f, const char *text)
{
    shows_not(f, f->page, text, true);
}

static bool
act(struct front *f, enum act a)
{
    f->said[0] = f->work.asked[0] = '\0';
    return f->page->ops->act(f->page, a);
}

/* ---------------------------------------------------------------- tests */

static void
test_without_a_run_there_is_nothing_but_what_to_do_and_the_queue(void **state)
{
    char prod[] = "prod";
    char deploy[] = "deploy";
    char check[] = "check";
    struct queued rows[] = {{.id = 7, .env = prod, .action = deploy},
                            {.id = 9, .env = prod, .action = check}};
    struct front f;

    (void)state;
    front_make(&f);
    shows(&f, "Open an environment");
    shows(&f, "The queue is empty");
    strv_add(&rows[0].hosts, "web-01");
    strv_add(&rows[0].hosts, "web-02");
    f.work.queue = (struct queue_list){.rows = rows, .count = 2};
    shows(&f, "deploy prod: 2 hosts, web-[01-02]");
    shows(&f, "check prod: all hosts");
    f.work.queue.rows++;
    f.work.queue.count--;
    shows_not(&f, f.page, "web-[01-02]", false);
    assert_false(act(&f, ACT_DOWN));
    assert_false(act(&f, ACT_ENTER));
    assert_false(act(&f, ACT_BACK));
    assert_true(act(&f, ACT_SKIP));
    assert_string_equal(f.said, "no host is under the cursor");
    strv_clear(&rows[0].hosts);
    front_end(&f);
}

static void
test_each_key_of_a_run_asks_for_its_verb(void **state)
{
    static const struct {
        enum act act;
        const char *asked;
    } rows[] = {
        {ACT_PAUSE, "pause - 0"},
        {ACT_CONTINUE, "continue - 0"},
        {ACT_PROMOTE, "promote - 0"},
        {ACT_ABORT, "abort - 0"},
        {ACT_KILL, "kill - 0"},
        {ACT_ROLL_BACK, "rollback - 0"},
        {ACT_SKIP, "skip web-01 0"},
        {ACT_RETRY, "retry web-01 0"},
        {ACT_MORE_WORKERS, "workers - 4"},
        {ACT_FEWER_WORKERS, "workers - 2"},
    };
    struct front f;
    struct event e = event_make(EVENT_WORKERS, zero_ms);

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(act(&f, rows[i].act));
        assert_string_equal(f.work.asked, rows[i].asked);
    }
    e.workers = 1;
    tell(&f, e);
    assert_true(act(&f, ACT_FEWER_WORKERS));
    assert_string_equal(f.work.asked, "");
    assert_string_equal(f.said, "one worker is the least; p pauses");
    front_end(&f);
}

static void
test_a_run_that_is_over_goes_again_with_all_that_are_not_there(void **state)
{
    struct front f;
    struct event e = event_make(EVENT_RUN_FINISHED, zero_ms);

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    f.work.runs = false;
    e.exit_code = 0;
    tell(&f, e);
    assert_true(act(&f, ACT_RETRY)); /* nothing is left */
    assert_string_equal(f.work.asked, "");
    assert_string_equal(f.said, "all its hosts are there: nothing to do again");
    e.exit_code = 2; /* no halt: hosts failed within the budget */
    tell(&f, e);
    shows(&f, "to go on  R does it again where it is not ok");
    assert_true(act(&f, ACT_RETRY));
    assert_string_equal(f.work.asked, "once more " RUN);
    f.work.asked[0] = '\0';
    e.exit_code = 3;
    e.go_on = "inventory-manager retry " RUN;
    tell(&f, e);
    shows(&f, "to go on  R, or inventory-manager retry");
    assert_true(act(&f, ACT_RETRY));
    assert_string_equal(f.work.asked, "once more " RUN);
    front_end(&f);
}

static void
test_the_cursor_says_whose_output_is_seen_and_acted_on(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    shows(&f, "hello from the first");
    assert_true(act(&f, ACT_DOWN));
    shows(&f, "hello from the second");
    output(&f, 1, "and more\n");
    shows(&f, "and more");
    assert_true(act(&f, ACT_RETRY));
    assert_string_equal(f.work.asked, "retry web-02 0");
    assert_true(act(&f, ACT_LOGS));
    assert_string_equal(f.seen_log, "prod " RUN " web-02");
    assert_true(act(&f, ACT_DOWN));
    shows(&f, "it has said nothing");
    front_end(&f);
}

static void
test_right_leads_into_the_output_and_left_or_escape_out_of_it(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    for (int i = 0; i < 60; i++) {
        char line[32];
        (void)snprintf(line, sizeof(line), "line %d\n", i);
        output(&f, 0, line);
    }
    shows(&f, "Right: scroll");
    shows(&f, "line 59");
    assert_true(act(&f, ACT_RIGHT));
    shows(&f, "Left: back to the hosts");
    assert_true(act(&f, ACT_TOP));
    shows(&f, "hello from the first");
    shows_not(&f, f.page, "line 59", false);
    f.page->ops->filter(f.page, "line 3", false);
    shows_not(&f, f.page, "hello from the first", false);
    assert_true(act(&f, ACT_BACK)); /* the filter */
    assert_true(act(&f, ACT_BACK)); /* the output */
    assert_false(act(&f, ACT_BACK));
    shows(&f, "Right: scroll");
    assert_true(act(&f, ACT_RIGHT));
    assert_true(act(&f, ACT_LEFT));
    assert_true(act(&f, ACT_DOWN));
    shows(&f, "hello from the second");
    front_end(&f);
}

static void
test_the_list_is_filtered_and_sorted_and_both_end(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    f.page->ops->filter(f.page, "web-17", false);
    shows(&f, "1-1 of 1 (40)");
    assert_true(act(&f, ACT_BACK));
    assert_false(act(&f, ACT_BACK));
    assert_true(act(&f, ACT_SORT));
    assert_true(act(&f, ACT_SORT));
    assert_true(act(&f, ACT_SORT_REVERSE));
    assert_true(act(&f, ACT_TOP));
    shows(&f, "state");
    assert_true(act(&f, ACT_SKIP)); /* those that wait are first now */
    assert_string_equal(f.work.asked, "skip web-04 0");
    assert_false(act(&f, ACT_MARK));
    assert_false(act(&f, ACT_MARK_ALL));
    front_end(&f);
}

static void
test_another_run_is_another_list(void **state)
{
    struct front f;
    struct event e = event_make(EVENT_RUN_STARTED, zero_ms);

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    f.page->ops->filter(f.page, "web-17", false);
    assert_true(act(&f, ACT_RIGHT));
    shows(&f, "(40)");
    feed_free(f.work.feed);
    f.work.feed = feed_new(100, NULL);
    assert_false(act(&f, ACT_DOWN)); /* none has begun in it */
    shows(&f, "Open an environment");
    e.run = "20261127T000000Z-0000000000000000";
    e.env = "test";
    e.action = "check";
    e.hosts = (const char *const *)names;
    e.host_count = 2;
    tell(&f, e);
    shows(&f, "1-2 of 2");
    shows(&f, "check test");
    shows(&f, "Right: scroll");
    front_end(&f);
}

static void
test_words_say_how_many_workers_and_which_host(void **state)
{
    static const struct {
        const char *word, *rest, *asked, *said;
    } rows[] = {
        {"workers", "7", "workers - 7", ""},
        {"workers", "0", "workers - 0", ""},
        {"workers", "10001", "", "workers: expected a number from 0 to 10000, got 10001"},
        {"workers", "-1", "", "workers: expected a number from 0 to 10000, got -1"},
        {"workers", "7x", "", "workers: expected a number from 0 to 10000, got 7x"},
        {"skip", "web-09", "skip web-09 0", ""},
        {"retry", "web-09", "retry web-09 0", ""},
    };
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f.said[0] = f.work.asked[0] = '\0';
        assert_true(f.page->ops->command(f.page, rows[i].word, rows[i].rest));
        assert_string_equal(f.work.asked, rows[i].asked);
        assert_string_equal(f.said, rows[i].said);
    }
    assert_false(f.page->ops->command(f.page, "workers", ""));
    assert_false(f.page->ops->command(f.page, "deploy", "now"));
    struct event e = event_make(EVENT_WARNING, zero_ms);
    e.text = "the disk is full";
    assert_true(f.page->ops->command(f.page, "said", ""));
    tell(&f, e);
    assert_true(f.page->ops->command(f.page, "said", ""));
    assert_non_null(strstr(f.said, "warning: the disk is full"));
    front_end(&f);
}

static void
test_a_click_takes_the_keys_to_where_it_was(void **state)
{
    struct key k = {.code = KEYC_CLICK, .row = ROWS - 3, .col = COLS - 10};
    struct front f;

    (void)state;
    front_make(&f);
    begin_run(&f, HOSTS);
    shows(&f, "Right: scroll");
    assert_true(f.page->ops->key(f.page, &k));
    shows(&f, "Left: back to the hosts");
    k = (struct key){.code = KEYC_CLICK, .row = 8, .col = 10};
    assert_true(f.page->ops->key(f.page, &k));
    shows(&f, "Right: scroll");
    k = (struct key){.code = KEYC_CHAR, .ch = 'p'};
    assert_false(f.page->ops->key(f.page, &k));
    front_end(&f);
}

static void
test_the_output_of_a_host_fills_the_screen_and_goes_on(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    assert_null(page_output_new(&f, 0));
    begin_run(&f, HOSTS);
    assert_true(act(&f, ACT_ENTER));
    assert_non_null(f.pushed);
    assert_string_equal(f.pushed->ops->title, "web-01");
    assert_int_equal(f.pushed->ops->where, AT_TEXT);
    shows_not(&f, f.pushed, "hello from the first", true);
    output(&f, 0, "and then\n");
    shows_not(&f, f.pushed, "and then", true);
    f.pushed->ops->search(f.pushed, "nowhere");
    assert_string_equal(f.said, "nowhere: not found");
    f.pushed->ops->search(f.pushed, "hello");
    assert_true(f.pushed->ops->act(f.pushed, ACT_BACK));
    f.pushed->ops->filter(f.pushed, "then", false);
    shows_not(&f, f.pushed, "hello", false);
    assert_true(f.pushed->ops->act(f.pushed, ACT_BACK));
    assert_false(f.pushed->ops->act(f.pushed, ACT_BACK));
    begin_run(&f, 1); /* the same id: but of this host all is new */
    output(&f, 0, "anew\n");
    shows_not(&f, f.pushed, "anew", true);
    feed_free(f.work.feed);
    f.work.feed = NULL; /* what was there stays */
    shows_not(&f, f.pushed, "anew", true);
    assert_null(page_output_new(&f, HOSTS));
    front_end(&f);
}

/* ---------------------------------------------------------------- another process */

/* Who looks on is told text; a verb is answered with itself. */
static void
answer_one(int listener, const char *text)
{
    char line[SAID] = "";
    char answer[2 * SAID];
    struct pollfd p = {.fd = listener, .events = POLLIN};
    const int fd = poll(&p, 1, -1) == 1 ? accept(listener, NULL, NULL) : -1;

    p.fd = fd;
    (void)poll(&p, 1, -1);
    (void)!read(fd, line, sizeof(line) - 1);
    if (strcmp(line, "watch\n") == 0) {
        (void)!write(fd, text, strlen(text));
    } else {
        (void)snprintf(answer, sizeof(answer), "%s %s", strncmp(line, "kill", 4) == 0 ? "no" : "ok",
                       line);
        (void)!write(fd, answer, strlen(answer));
    }
}

/* Hold the lock of prod as a run does, and answer; until killed. */
static _Noreturn void
be_other(const char *root, const char *text, int ready)
{
    char *var = xasprintf("%s/var", root);
    struct lock *l = lock_take(var, "prod", "deploy", zero_ms, NULL);
    const int folder = control_place_open(var, true, NULL);
    const int listener = text == NULL ? -1 : control_place_listen(folder, RUN, NULL);

    lock_note_run(l, RUN);
    (void)!write(ready, "r", 1);
    while (text != NULL) {
        answer_one(listener, text);
    }
    for (;;) {
        pause();
    }
}

static pid_t
start_other(struct front *f, const char *text)
{
    int ready[2];
    char byte;

    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        be_other(f->cli.root, text, ready[1]);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    (void)close(ready[0]);
    (void)close(ready[1]);
    return pid;
}

static void
end_other(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
make_root(struct front *f)
{
    char *var;

    f->cli.root = xstrdup("/tmp/im-page-run-XXXXXX");
    assert_non_null(mkdtemp(f->cli.root));
    var = xasprintf("%s/var", f->cli.root);
    assert_int_equal(mkdir(var, 0700), 0);
    free(var);
    f->env = "prod";
}

static void
drop_root(struct front *f)
{
    char *command = xasprintf("rm -rf '%s'", f->cli.root);

    assert_int_equal(system(command), 0);
    free(command);
    free(f->cli.root);
}

static void
test_a_run_of_another_process_is_told_and_seen_as_it_goes_on(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    make_root(&f);
    f.page->ops->tick(f.page, zero_ms);
    shows(&f, "Servers of prod");
    const pid_t pid = start_other(
        &f, "{\"type\":\"snapshot\",\"run\":\"" RUN
            "\",\"env\":\"prod\",\"action\":\"deploy\",\"pid\":4711,"
            "\"state\":\"paused\",\"host_count\":9,\"totals\":{\"ok\":4,\"untouched\":5}}\n");
    f.page->ops->tick(f.page, zero_ms);
    shows(&f, "deploy prod is under way in another process");
    shows(&f, "inventory-manager status prod --watch");
    assert_true(event_base_loop(f.base, EVLOOP_ONCE) >= 0);
    shows(&f, "paused for");
    shows(&f, "4/9");
    f.page->ops->tick(f.page, zero_ms); /* it is known already */
    shows(&f, "4/9");
    end_other(pid);
    assert_true(event_base_loop(f.base, EVLOOP_ONCE) >= 0);
    f.page->ops->tick(f.page, zero_ms);
    shows(&f, "4/9"); /* its last state, until something else is asked for */
    begin_run(&f, HOSTS);
    f.page->ops->tick(f.page, zero_ms);
    shows(&f, "1-");
    drop_root(&f);
    front_end(&f);
}

/* An answer comes by the loop. */
static void
hears(struct front *f, const char *text)
{
    assert_true(event_base_loop(f->base, EVLOOP_ONCE) >= 0);
    assert_string_equal(f->said, text);
}

static void
test_verbs_reach_a_run_of_another_process(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    make_root(&f);
    const pid_t pid = start_other(&f, "{\"type\":\"snapshot\",\"run\":\"" RUN "\",\"env\":\"prod\","
                                      "\"action\":\"deploy\",\"pid\":4711,\"state\":\"running\","
                                      "\"workers\":3}\n");
    f.page->ops->tick(f.page, zero_ms);
    assert_true(event_base_loop(f.base, EVLOOP_ONCE) >= 0);
    shows(&f, "The verbs of this page reach it");
    assert_true(act(&f, ACT_PAUSE));
    hears(&f, "pause");
    assert_true(act(&f, ACT_MORE_WORKERS));
    hears(&f, "workers 4");
    assert_true(f.page->ops->command(f.page, "skip", "web-02"));
    hears(&f, "skip web-02");
    assert_true(act(&f, ACT_KILL));
    hears(&f, "kill");
    assert_true(act(&f, ACT_RETRY));
    assert_string_equal(f.said, "retry: which host? type :retry HOST");
    assert_true(act(&f, ACT_ABORT)); /* asks first */
    assert_string_equal(f.said, "Abort?");
    f.answer(f.answer_arg, false);
    assert_string_equal(f.said, "Abort?");
    f.answer(f.answer_arg, true);
    hears(&f, "abort");
    assert_string_equal(f.work.asked, "");
    end_other(pid);
    assert_true(event_base_loop(f.base, EVLOOP_ONCE) >= 0);
    assert_true(act(&f, ACT_PAUSE));
    assert_string_equal(f.said, "the run cannot be reached");
    drop_root(&f);
    front_end(&f);
}

static void
test_a_run_of_another_process_that_cannot_be_seen_is_told_all_the_same(void **state)
{
    struct front f;

    (void)state;
    front_make(&f);
    make_root(&f);
    const pid_t pid = start_other(&f, NULL);
    f.page->ops->tick(f.page, zero_ms);
    shows(&f, "deploy prod is under way in another process");
    shows(&f, "cannot connect");
    end_other(pid);
    f.page->ops->tick(f.page, zero_ms);
    shows(&f, "Servers of prod");
    drop_root(&f);
    front_end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_a_run_there_is_nothing_but_what_to_do_and_the_queue),
        cmocka_unit_test(test_each_key_of_a_run_asks_for_its_verb),
        cmocka_unit_test(test_a_run_that_is_over_goes_again_with_all_that_are_not_there),
        cmocka_unit_test(test_the_cursor_says_whose_output_is_seen_and_acted_on),
        cmocka_unit_test(test_right_leads_into_the_output_and_left_or_escape_out_of_it),
        cmocka_unit_test(test_the_list_is_filtered_and_sorted_and_both_end),
        cmocka_unit_test(test_another_run_is_another_list),
        cmocka_unit_test(test_words_say_how_many_workers_and_which_host),
        cmocka_unit_test(test_a_click_takes_the_keys_to_where_it_was),
        cmocka_unit_test(test_the_output_of_a_host_fills_the_screen_and_goes_on),
        cmocka_unit_test(test_a_run_of_another_process_is_told_and_seen_as_it_goes_on),
        cmocka_unit_test(test_verbs_reach_a_run_of_another_process),
        cmocka_unit_test(test_a_run_of_another_process_that_cannot_be_seen_is_told_all_the_same),
    };
    int rc;

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    for (int i = 0; i < HOSTS; i++) {
        names[i] = xasprintf("web-%02d", i + 1);
    }
    rc = cmocka_run_group_tests_name("page_run", tests, NULL, NULL);
    for (int i = 0; i < HOSTS; i++) {
        free(names[i]);
    }
    return rc;
}
