/*
 * test_control.c - who is let in at the control socket, what a line may be, who is sent away; and
 * where the sockets of runs are.
 */
#include "app/control.h"
#include "app/control_place.h"
#include "base/buf.h"
#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 22, TURNS_MAX = 10000 };

/* A socket, its loop in this process, and a clock that stands until it is moved. */
struct place {
    char root[64];
    char *var;
    struct event_base *base;
    struct control *control;
    int folder;
    int64_t now_ms;
    struct buf lines; /* what was asked */
    bool late;        /* lines are not answered at once */
    uint32_t last_client;
    size_t answer_bytes; /* 0: the line itself is the answer */
    int asked;
};

static int64_t
now_of(void *arg)
{
    return ((const struct place *)arg)->now_ms;
}

static void
on_line(void *arg, uint32_t client, uid_t uid, const char *line, size_t len)
{
    struct place *p = arg;

    assert_int_equal(uid, geteuid());
    assert_int_equal(line[len], '\0');
    p->asked++;
    p->last_client = client;
    (void)buf_add(&p->lines, line, len);
    (void)buf_addc(&p->lines, '\n');
    if (p->answer_bytes > 0) {
        char *text = xcalloc(p->answer_bytes, 1);
        memset(text, 'x', p->answer_bytes);
        control_say(p->control, client, text, p->answer_bytes);
        free(text);
    } else if (!p->late) {
        control_say(p->control, client, line, len);
    }
}

static void
open_control(struct place *p)
{
    struct err err = {0};
    const struct control_config config = {
        .base = p->base, .var_dir = p->var, .now_ms = now_of, .line = on_line, .arg = p};

    p->control = control_new(&config, &err);
    if (p->control == NULL) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(control_publish(p->control, "run", &err), 0);
}

/* below: folders that the root has below the temporary one; or NULL. */
static void
open_place(struct place *p, const char *below)
{
    *p = (struct place){.folder = -1};
    (void)snprintf(p->root, sizeof(p->root), "/tmp/im-control-XXXXXX");
    assert_non_null(mkdtemp(p->root));
    p->var = xasprintf("%s%s/var", p->root, below == NULL ? "" : below);
    p->base = event_base_new();
    buf_init(&p->lines, TEXT_MAX);
    open_control(p);
    p->folder = control_place_open(p->var, false, NULL);
    assert_true(p->folder >= 0);
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void
close_place(struct place *p)
{
    control_free(p->control);
    event_base_free(p->base);
    close(p->folder);
    buf_release(&p->lines);
    free(p->var);
    assert_int_equal(nftw(p->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static int
call(const struct place *p)
{
    struct err err = {0};
    const int fd = control_place_connect(p->folder, "run", &err);

    if (fd < 0) {
        fail_msg("%s", err.text);
    }
    return fd;
}

static void
say(int fd, const char *text, size_t len)
{
    assert_int_equal(send(fd, text, len, MSG_NOSIGNAL), len);
}

static void
turn(struct place *p)
{
    assert_true(event_base_loop(p->base, EVLOOP_NONBLOCK) >= 0);
}

/* What comes up to the end of a line, or of the connection; the caller's. */
static char *
hear(struct place *p, int fd)
{
    struct buf text;
    char c;

    buf_init(&text, TEXT_MAX);
    for (int i = 0; i < TURNS_MAX; i++) {
        turn(p);
        ssize_t n;
        while ((n = recv(fd, &c, 1, 0)) == 1 && c != '\n') {
            (void)buf_addc(&text, c);
        }
        if (n == 1 || n == 0 || (n < 0 && errno != EAGAIN)) {
            break;
        }
    }
    char *line = buf_detach(&text);
    buf_release(&text);
    return line;
}

static void
expect(struct place *p, int fd, const char *expected)
{
    char *line = hear(p, fd);

    assert_string_equal(line, expected);
    free(line);
}

static void
expect_closed(struct place *p, int fd)
{
    char c;
    ssize_t n = -1;

    for (int i = 0; i < TURNS_MAX && n < 0; i++) {
        turn(p);
        n = recv(fd, &c, 1, 0);
        if (n < 0 && errno == ECONNRESET) {
            n = 0;
        }
    }
    assert_int_equal(n, 0);
    close(fd);
}

/* ---------------------------------------------------------------- lines */

static void
test_two_clients_are_answered_each_its_own(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, NULL);
    const int one = call(&p);
    const int two = call(&p);
    say(one, "pause\n", 6);
    say(two, "status\nwat", 10);
    expect(&p, one, "pause");
    expect(&p, two, "status");
    say(two, "ch\n", 3);
    expect(&p, two, "watch");
    close(one);
    close(two);
    close_place(&p);
}

static void
test_the_next_line_is_taken_when_the_last_is_answered(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, NULL);
    p.late = true;
    const int fd = call(&p);
    say(fd, "one\ntwo\n", 8);
    turn(&p);
    turn(&p);
    assert_string_equal(p.lines.data, "one\n");
    p.late = false;
    control_say(p.control, p.last_client, "first", 5);
    expect(&p, fd, "first");
    expect(&p, fd, "two");
    close(fd);
    close_place(&p);
}

static void
test_who_asks_and_shuts_its_side_is_still_answered(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, NULL);
    const int fd = call(&p);
    say(fd, "one\ntwo", 7); /* without an end */
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    expect(&p, fd, "one");
    expect(&p, fd, "two");
    expect_closed(&p, fd);
    close_place(&p);
}

static void
test_an_answer_to_who_has_left_goes_nowhere(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, NULL);
    p.late = true;
    const int fd = call(&p);
    say(fd, "kill\n", 5);
    turn(&p);
    turn(&p);
    const uint32_t left = p.last_client;
    close(fd);
    turn(&p);
    turn(&p);
    control_say(p.control, left, "ok", 2);
    control_watch(p.control, left);
    p.late = false;
    const int other = call(&p);
    say(other, "status\n", 7);
    expect(&p, other, "status"); /* and not "ok" */
    close(other);
    close_place(&p);
}

static void
test_a_line_may_have_4096_bytes_and_no_more(void **state)
{
    struct place p;
    char text[CONTROL_LINE_BYTES + 2];

    (void)state;
    open_place(&p, NULL);
    memset(text, 'a', sizeof(text));
    text[CONTROL_LINE_BYTES] = '\n';
    const int fd = call(&p);
    say(fd, text, CONTROL_LINE_BYTES + 1);
    text[CONTROL_LINE_BYTES] = '\0';
    expect(&p, fd, text);
    text[CONTROL_LINE_BYTES] = 'a';
    say(fd, text, CONTROL_LINE_BYTES + 1); /* its end never comes */
    expect(&p, fd, "no a line has at most 4096 bytes");
    expect_closed(&p, fd);
    assert_int_equal(p.asked, 1);
    close_place(&p);
}

static void
test_a_nul_in_a_line_is_passed_on_with_its_length(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, NULL);
    const int fd = call(&p);
    say(fd, "a\0b\n", 4);
    for (int i = 0; i < TURNS_MAX && p.asked == 0; i++) {
        turn(&p);
    }
    assert_int_equal(p.lines.len, 4);
    assert_memory_equal(p.lines.data, "a\0b\n", 4);
    close(fd);
    close_place(&p);
}

/* ---------------------------------------------------------------- who is sent away */

static void
test_only_the_same_user_is_admitted(void **state)
{
    (void)state;
    assert_true(control_admits(1000, 1000));
    assert_true(control_admits(0, 0));
    assert_false(control_admits(1001, 1000));
    assert_false(control_admits(0, 1000)); /* root has its own ways */
    assert_false(control_admits(1000, 0));
}

static void
test_the_seventeenth_is_told_that_it_is_one_too_many(void **state)
{
    struct place p;
    int fds[CONTROL_CLIENTS];

    (void)state;
    open_place(&p, NULL);
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        fds[i] = call(&p);
        say(fds[i], "status\n", 7);
        expect(&p, fds[i], "status");
    }
    const int more = call(&p);
    expect(&p, more, "no too many speak to this run already");
    expect_closed(&p, more);
    close(fds[3]);
    turn(&p);
    turn(&p);
    const int next = call(&p);
    say(next, "status\n", 7);
    expect(&p, next, "status");
    close(next);
    for (size_t i = 0; i < CONTROL_CLIENTS; i++) {
        if (i != 3) {
            close(fds[i]);
        }
    }
    close_place(&p);
}

static void
test_a_silent_client_is_closed_and_one_that_waits_or_watches_is_not(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, NULL);
    const int silent = call(&p);
    const int watcher = call(&p);
    say(watcher, "watch\n", 6);
    expect(&p, watcher, "watch");
    control_watch(p.control, p.last_client);
    p.late = true;
    const int waiter = call(&p);
    say(waiter, "pause\n", 6);
    for (int i = 0; i < TURNS_MAX && p.asked < 2; i++) {
        turn(&p);
    }
    p.now_ms += CONTROL_SILENT_MS - 1;
    control_sweep(p.control);
    turn(&p);
    p.now_ms++;
    control_sweep(p.control);
    expect(&p, silent, "no nothing was asked for 10 s");
    expect_closed(&p, silent);
    control_say(p.control, p.last_client, "ok", 2);
    expect(&p, waiter, "ok");
    control_tell(p.control, "news", 4);
    expect(&p, watcher, "news");
    close(waiter);
    close(watcher);
    close_place(&p);
}

/* It asks, and takes no answer off: more than the socket holds. */
static void
test_who_does_not_read_is_asked_nothing_more_and_then_closed(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, NULL);
    p.answer_bytes = 300000;
    const int fd = call(&p);
    for (int i = 0; i < 8; i++) {
        say(fd, "status\n", 7);
    }
    for (int i = 0; i < 100; i++) {
        turn(&p);
    }
    const int asked = p.asked;
    assert_in_range(asked, 1, 4); /* not one line more is taken before the answer is */
    p.now_ms += CONTROL_STALLED_MS - 1;
    control_sweep(p.control);
    turn(&p);
    assert_int_equal(p.asked, asked);
    p.now_ms++;
    control_sweep(p.control);
    turn(&p);
    char *rest = hear(&p, fd); /* what the socket held */
    assert_true(strlen(rest) < (size_t)p.answer_bytes * (size_t)asked);
    free(rest);
    p.answer_bytes = 0;
    const int other = call(&p);
    say(other, "status\n", 7);
    expect(&p, other, "status");
    close(other);
    close(fd);
    close_place(&p);
}

static void
test_a_flood_of_lines_without_answers_is_cut_off(void **state)
{
    struct place p;
    char text[8192];

    (void)state;
    open_place(&p, NULL);
    p.late = true;
    memset(text, '\n', sizeof(text));
    const int fd = call(&p);
    say(fd, text, sizeof(text));
    say(fd, text, sizeof(text));
    expect_closed(&p, fd);
    assert_int_equal(p.asked, 1);
    close_place(&p);
}

/* ---------------------------------------------------------------- news */

static void
test_a_watcher_that_reads_slowly_misses_news_and_gets_the_newest(void **state)
{
    struct place p;
    char *big = xcalloc(400001, 1);

    (void)state;
    memset(big, 'b', 400000);
    open_place(&p, NULL);
    const int fd = call(&p);
    say(fd, "watch\n", 6);
    expect(&p, fd, "watch");
    assert_false(control_is_watched(p.control));
    control_watch(p.control, p.last_client);
    assert_true(control_is_watched(p.control));
    control_tell(p.control, big, 400000); /* more than the socket holds */
    control_tell(p.control, "missed", 6);
    control_tell(p.control, "newest", 6);
    expect(&p, fd, big);
    expect(&p, fd, "newest");
    control_tell(p.control, "next", 4);
    expect(&p, fd, "next");
    close(fd);
    for (int i = 0; i < TURNS_MAX && control_is_watched(p.control); i++) {
        turn(&p);
    }
    assert_false(control_is_watched(p.control));
    free(big);
    close_place(&p);
}

static void
test_the_last_news_are_there_after_the_end(void **state)
{
    struct place p;

    (void)state;
    open_place(&p, NULL);
    const int fd = call(&p);
    say(fd, "watch\n", 6);
    expect(&p, fd, "watch");
    control_watch(p.control, p.last_client);
    control_tell(p.control, "over", 4);
    control_free(p.control);
    p.control = NULL;
    expect(&p, fd, "over");
    expect_closed(&p, fd);
    close_place(&p);
}

/* ---------------------------------------------------------------- places */

static void
mode_is(const struct place *p, const char *name, mode_t mode)
{
    struct stat st;
    char *path = xasprintf("%s/%s", p->var, name);

    assert_int_equal(lstat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
    free(path);
}

static bool
is_there(const struct place *p, const char *name)
{
    struct stat st;

    return fstatat(p->folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
test_socket_and_folder_are_closed_to_others_and_go_with_the_run(void **state)
{
    struct place p;

    (void)state;
    const mode_t before = umask(0);
    open_place(&p, NULL);
    assert_int_equal(umask(before), 0); /* it is as it was */
    mode_is(&p, "ctl", 0700);
    mode_is(&p, "ctl/run", 0600);
    control_free(p.control);
    p.control = NULL;
    assert_false(is_there(&p, "run"));
    assert_int_equal(control_place_connect(p.folder, "run", NULL), -1);
    assert_int_equal(errno, ENOENT);
    close_place(&p);
}

/* Both ends, and the current folder is what it was. */
static void
test_a_root_of_any_length_has_a_socket(void **state)
{
    struct place p;
    char below[481] = "";
    char *here = getcwd(NULL, 0);

    (void)state;
    for (size_t i = 0; i < sizeof(below) - 1; i++) {
        below[i] = i % 60 == 0 ? '/' : 'l';
    }
    open_place(&p, below);
    const int fd = call(&p);
    say(fd, "status\n", 7);
    expect(&p, fd, "status");
    close(fd);
    char *after = getcwd(NULL, 0);
    assert_string_equal(after, here);
    free(after);
    free(here);
    close_place(&p);
}

static void
test_the_name_of_a_socket_has_its_own_limit(void **state)
{
    struct place p;
    struct err err = {0};
    char name[120];

    (void)state;
    open_place(&p, NULL);
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(control_place_listen(p.folder, name, &err), -1);
    assert_int_equal(errno, ENAMETOOLONG);
    assert_int_equal(err.kind, ERR_IO);
    close_place(&p);
}

/* A process that listens, and is killed. */
static pid_t
leave_socket(const struct place *p, const char *name)
{
    const pid_t child = fork();

    if (child == 0) {
        _exit(control_place_listen(p->folder, name, NULL) >= 0 ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    return child;
}

static void
test_sockets_of_dead_runs_are_removed_and_of_living_ones_not(void **state)
{
    struct place p;
    char name[32];

    (void)state;
    open_place(&p, NULL);
    const pid_t child = leave_socket(&p, "dead");
    (void)snprintf(name, sizeof(name), ".%ld", (long)child); /* it died before it had an id */
    leave_socket(&p, name);
    (void)snprintf(name, sizeof(name), ".%ld", (long)getppid()); /* this one is about to listen */
    leave_socket(&p, name);
    assert_true(is_there(&p, "dead"));
    const int file = openat(p.folder, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    close(file);
    const int again = control_place_open(p.var, true, NULL);
    assert_true(again >= 0);
    assert_false(is_there(&p, "dead"));
    assert_true(is_there(&p, "run"));
    assert_true(is_there(&p, "file"));
    assert_true(is_there(&p, name));
    (void)snprintf(name, sizeof(name), ".%ld", (long)child);
    assert_false(is_there(&p, name));
    close(again);
    close_place(&p);
}

static void
test_a_folder_that_is_a_link_is_refused(void **state)
{
    struct place p;
    struct err err = {0};

    (void)state;
    open_place(&p, NULL);
    char *var = xasprintf("%s/other", p.root);
    char *link = xasprintf("%s/ctl", var);
    assert_int_equal(mkdir(var, 0700), 0);
    assert_int_equal(symlink("/tmp", link), 0);
    assert_int_equal(control_place_open(var, true, &err), -1);
    assert_non_null(strstr(err.text, "symbolic link"));
    free(link);
    free(var);
    close_place(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_clients_are_answered_each_its_own),
        cmocka_unit_test(test_the_next_line_is_taken_when_the_last_is_answered),
        cmocka_unit_test(test_who_asks_and_shuts_its_side_is_still_answered),
        cmocka_unit_test(test_an_answer_to_who_has_left_goes_nowhere),
        cmocka_unit_test(test_a_line_may_have_4096_bytes_and_no_more),
        cmocka_unit_test(test_a_nul_in_a_line_is_passed_on_with_its_length),
        cmocka_unit_test(test_only_the_same_user_is_admitted),
        cmocka_unit_test(test_the_seventeenth_is_told_that_it_is_one_too_many),
        cmocka_unit_test(test_a_silent_client_is_closed_and_one_that_waits_or_watches_is_not),
        cmocka_unit_test(test_who_does_not_read_is_asked_nothing_more_and_then_closed),
        cmocka_unit_test(test_a_flood_of_lines_without_answers_is_cut_off),
        cmocka_unit_test(test_a_watcher_that_reads_slowly_misses_news_and_gets_the_newest),
        cmocka_unit_test(test_the_last_news_are_there_after_the_end),
        cmocka_unit_test(test_socket_and_folder_are_closed_to_others_and_go_with_the_run),
        cmocka_unit_test(test_a_root_of_any_length_has_a_socket),
        cmocka_unit_test(test_the_name_of_a_socket_has_its_own_limit),
        cmocka_unit_test(test_sockets_of_dead_runs_are_removed_and_of_living_ones_not),
        cmocka_unit_test(test_a_folder_that_is_a_link_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
