/*
 * test_page_run_other.c - the Run page beside a run of another process: told, seen, spoken to.
 */
#include "unit/front/page_run_rig.h"

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
