/*
 * talk.c - the orders that a terminal obeys, one row each.
 *
 * Decides what a line means and how it is answered.  Owns nothing.  Never waits without a deadline.
 */
#include "tui/keys.h"
#include "tui/term.h"

#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

enum { TEXT_MAX = 1 << 24, US_A_MS = 1000 };

__attribute__((format(printf, 1, 2))) static bool
ok(const char *fmt, ...)
{
    va_list ap;

    (void)printf("ok %" PRId64 " ", term_now_us());
    va_start(ap, fmt);
    (void)vprintf(fmt, ap);
    va_end(ap);
    (void)fputs("\n", stdout);
    (void)fflush(stdout);
    return true;
}

__attribute__((format(printf, 1, 2))) static bool
no(const char *fmt, ...)
{
    va_list ap;

    (void)printf("fail %" PRId64 " ", term_now_us());
    va_start(ap, fmt);
    (void)vprintf(fmt, ap);
    va_end(ap);
    (void)fputs("\n", stdout);
    (void)fflush(stdout);
    return true;
}

/* Takes the first word of *rest. */
static char *
word_of(char **rest)
{
    char *word = *rest;
    char *end = word + strcspn(word, " ");

    *rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static int64_t
deadline_of(char **rest)
{
    return term_now_us() + strtoll(word_of(rest), NULL, 10) * US_A_MS;
}

/* ---------------------------------------------------------------- what is seen */

struct want {
    const char *text; /* or, if NULL: */
    regex_t pattern;
    bool gone;
};

static bool
is_seen(struct term *t, const struct want *w)
{
    struct buf text;

    buf_init(&text, TEXT_MAX);
    picture_text(&t->picture, &text);
    const bool found = w->text != NULL ? strstr(text.data, w->text) != NULL
                                       : regexec(&w->pattern, text.data, 0, NULL, 0) == 0;
    buf_release(&text);
    return found != w->gone;
}

/* wait MS text|gone|re|nore WORDS: until the screen has (has not) the text, or the pattern (POSIX
 * extended; ^ and $ are ends of rows).  Answers when the output came that made it so. */
static bool
do_wait(struct term *t, char *rest)
{
    const int64_t until_us = deadline_of(&rest);
    const char *how = word_of(&rest);
    struct want w = {.text = rest, .gone = strcmp(how, "gone") == 0 || strcmp(how, "nore") == 0};
    const bool pattern = strcmp(how, "re") == 0 || strcmp(how, "nore") == 0;
    bool seen = false;

    if (pattern) {
        w.text = NULL;
        if (regcomp(&w.pattern, rest, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) != 0) {
            return no("expected a regular expression, got %s", rest);
        }
    }
    do {
        seen = is_seen(t, &w);
    } while (!seen && term_turn(t, -1, until_us));
    if (pattern) {
        regfree(&w.pattern);
    }
    return seen ? ok("%" PRId64, t->heard_us) : no("%s: not within the time", rest);
}

/* change MS SERIAL: until something was written after the answer that had this serial.  Answers:
 * SERIAL, and when it came. */
static bool
do_change(struct term *t, char *rest)
{
    const int64_t until_us = deadline_of(&rest);
    const uint64_t serial = strtoull(rest, NULL, 10);

    while (t->serial <= serial && term_turn(t, -1, until_us)) {}
    return t->serial > serial ? ok("%" PRIu64 " %" PRId64, t->serial, t->heard_us)
                              : no("nothing was written");
}

/* dump: the rows.  Answers: ROWS COLS SERIAL. */
static bool
do_dump(struct term *t, char *rest)
{
    struct buf text;
    int rows = 0;
    int cols = 0;

    (void)rest;
    buf_init(&text, TEXT_MAX);
    picture_text(&t->picture, &text);
    picture_size(&t->picture, &rows, &cols);
    for (char *line = text.data; *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0';
        (void)printf("|%s\n", line);
        line = end + 1;
    }
    buf_release(&text);
    return ok("%d %d %" PRIu64, rows, cols, t->serial);
}

/* cells: runs of equal looks (picture.h).  Answers: ROWS COLS SERIAL. */
static bool
do_cells(struct term *t, char *rest)
{
    struct buf text;
    int rows = 0;
    int cols = 0;

    (void)rest;
    buf_init(&text, TEXT_MAX);
    picture_cells(&t->picture, &text, "|");
    picture_size(&t->picture, &rows, &cols);
    (void)fputs(text.data, stdout);
    buf_release(&text);
    return ok("%d %d %" PRIu64, rows, cols, t->serial);
}

/* cursor: ROW COL on|off */
static bool
do_cursor(struct term *t, char *rest)
{
    int row = 0;
    int col = 0;

    (void)rest;
    picture_cursor(&t->picture, &row, &col);
    return ok("%d %d %s", row, col, t->picture.cursor_shown ? "on" : "off");
}

/* modes: alternate|main, then the private modes that are on. */
static bool
do_modes(struct term *t, char *rest)
{
    const struct scan *s = &t->picture.scan;
    struct buf text;

    (void)rest;
    buf_init(&text, TEXT_MAX);
    (void)buf_adds(&text, t->picture.alternate ? "alternate" : "main");
    for (size_t i = 0; i < s->mode_count; i++) {
        (void)buf_addf(&text, " %d", s->modes[i]);
    }
    (void)ok("%s", text.data);
    buf_release(&text);
    return true;
}

/* bytes: BYTES FRAMES BAD UNKNOWN; before it a line for the first of the bad. */
static bool
do_bytes(struct term *t, char *rest)
{
    const struct scan *s = &t->picture.scan;

    (void)rest;
    for (size_t i = 0; i < s->told_count; i++) {
        (void)printf("|%s\n", s->told[i]);
    }
    return ok("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64, s->bytes, t->frames, s->bad,
              t->picture.unknown);
}

/* ---------------------------------------------------------------- what is typed */

/* Nothing is typed so soon after Esc that it is taken for one key with it. */
static void
wait_after_esc(struct term *t)
{
    while (term_now_us() < t->quiet_us) {
        (void)term_turn(t, -1, t->quiet_us);
    }
}

/* key NAME...: keys.h */
static bool
do_key(struct term *t, char *rest)
{
    struct err err = {0};

    while (*rest != '\0') {
        const char *name = word_of(&rest);
        wait_after_esc(t);
        if (keys_press(&t->picture, name, t->by_terminfo, &err) < 0) {
            return no("%s", err.text);
        }
        if (strcmp(name, "Esc") == 0) {
            (void)term_turn(t, -1, 0);
            t->quiet_us = term_now_us() + TERM_ESC_US;
        }
    }
    const int64_t now_us = term_now_us();
    (void)term_turn(t, -1, 0);
    return ok("%" PRId64, now_us);
}

/* type TEXT: as it stands. */
static bool
do_type(struct term *t, char *rest)
{
    wait_after_esc(t);
    (void)buf_adds(&t->picture.reply, rest);
    (void)term_turn(t, -1, 0);
    return ok("%s", "");
}

static void
add_hex(struct buf *out, const char *hex)
{
    unsigned byte = 0;

    for (; sscanf(hex, "%2x", &byte) == 1; hex += 2) {
        (void)buf_addc(out, (char)byte);
        if (hex[1] == '\0') {
            return;
        }
    }
}

/* send HEX: these bytes. */
static bool
do_send(struct term *t, char *rest)
{
    add_hex(&t->picture.reply, rest);
    (void)term_turn(t, -1, 0);
    return ok("%s", "");
}

/* paste HEX: the same as a paste, bracketed if the program has asked for that. */
static bool
do_paste(struct term *t, char *rest)
{
    vterm_keyboard_start_paste(t->picture.vt);
    add_hex(&t->picture.reply, rest);
    vterm_keyboard_end_paste(t->picture.vt);
    (void)term_turn(t, -1, 0);
    return ok("%s", "");
}

/* mouse BUTTON ROW COL: pressed and let go; 4 and 5 are the wheel. */
static bool
do_mouse(struct term *t, char *rest)
{
    const int button = atoi(word_of(&rest));
    const int row = atoi(word_of(&rest));
    const int col = atoi(word_of(&rest));

    vterm_mouse_move(t->picture.vt, row, col, VTERM_MOD_NONE);
    vterm_mouse_button(t->picture.vt, button, true, VTERM_MOD_NONE);
    vterm_mouse_button(t->picture.vt, button, false, VTERM_MOD_NONE);
    (void)term_turn(t, -1, 0);
    return ok("%s", "");
}

/* ---------------------------------------------------------------- what happens to it */

/* size COLS ROWS */
static bool
do_size(struct term *t, char *rest)
{
    const int cols = atoi(word_of(&rest));
    const int rows = atoi(word_of(&rest));

    if (cols < 1 || rows < 1) {
        return no("expected columns and rows");
    }
    picture_resize(&t->picture, rows, cols);
    return child_resize(&t->child, rows, cols) == 0 ? ok("%s", "") : no("%s", strerror(errno));
}

/* read on|off: a terminal that is stuck takes nothing. */
static bool
do_read(struct term *t, char *rest)
{
    t->reading = strcmp(rest, "off") != 0;
    return ok("%s", "");
}

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"INT", SIGINT},   {"TERM", SIGTERM}, {"HUP", SIGHUP},   {"KILL", SIGKILL},
    {"TSTP", SIGTSTP}, {"STOP", SIGSTOP}, {"CONT", SIGCONT}, {"QUIT", SIGQUIT},
    {"SEGV", SIGSEGV}, {"ABRT", SIGABRT}, {"BUS", SIGBUS},   {"WINCH", SIGWINCH},
};

/* signal NAME [fg]: to the command, or to who is in the foreground. */
static bool
do_signal(struct term *t, char *rest)
{
    const char *name = word_of(&rest);

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (strcmp(signals[i].name, name) == 0) {
            return child_signal(&t->child, signals[i].number, strcmp(rest, "fg") == 0) == 0
                       ? ok("%s", "")
                       : no("%s", strerror(errno));
        }
    }
    return no("expected the name of a signal, got \"%s\"", name);
}

/* hangup: the window is closed. */
static bool
do_hangup(struct term *t, char *rest)
{
    (void)rest;
    child_hang_up(&t->child);
    return ok("%s", "");
}

/* exit MS: until it is over, and all it wrote is taken.  Answers: exit N, or signal N. */
static bool
do_exit(struct term *t, char *rest)
{
    const int64_t until_us = deadline_of(&rest);

    while (!t->child.over && term_turn(t, -1, until_us)) {}
    if (!t->child.over) {
        return no("it is not over");
    }
    while (term_turn(t, -1, 0)) {}
    return WIFSIGNALED(t->child.status) ? ok("signal %d", WTERMSIG(t->child.status))
                                        : ok("exit %d", WEXITSTATUS(t->child.status));
}

/* state MS stopped|running */
static bool
do_state(struct term *t, char *rest)
{
    const int64_t until_us = deadline_of(&rest);
    const bool stopped = strcmp(rest, "stopped") == 0;

    child_look(&t->child);
    while (!t->child.over && t->child.stopped != stopped && term_turn(t, -1, until_us)) {}
    return !t->child.over && t->child.stopped == stopped ? ok("%s", "") : no("it is not %s", rest);
}

/* termios: same|differs IFLAG OFLAG CFLAG LFLAG, beside how it was in the beginning */
static bool
do_termios(struct term *t, char *rest)
{
    struct termios now = {0};
    const bool same = child_settings_are_same(&t->child, &now);

    (void)rest;
    return ok("%s %x %x %x %x", same ? "same" : "differs", now.c_iflag, now.c_oflag, now.c_cflag,
              now.c_lflag);
}

/* pid: of the command, and the process group in the foreground. */
static bool
do_pid(struct term *t, char *rest)
{
    pid_t group = 0;

    (void)rest;
    (void)ioctl(t->child.master, TIOCGPGRP, &group);
    return ok("%d %d", (int)t->child.pid, (int)group);
}

/* tty: its name */
static bool
do_tty(struct term *t, char *rest)
{
    (void)rest;
    return ok("%s", t->child.name);
}

static bool
do_quit(struct term *t, char *rest)
{
    (void)t;
    (void)rest;
    (void)ok("%s", "");
    return false;
}

static const struct {
    const char *name;
    bool (*obey)(struct term *t, char *rest);
} orders[] = {
    {"wait", do_wait},     {"change", do_change}, {"dump", do_dump},       {"cells", do_cells},
    {"cursor", do_cursor}, {"modes", do_modes},   {"bytes", do_bytes},     {"key", do_key},
    {"type", do_type},     {"send", do_send},     {"paste", do_paste},     {"mouse", do_mouse},
    {"size", do_size},     {"read", do_read},     {"signal", do_signal},   {"hangup", do_hangup},
    {"exit", do_exit},     {"state", do_state},   {"termios", do_termios}, {"pid", do_pid},
    {"tty", do_tty},       {"quit", do_quit},
};

bool
talk_obey(struct term *t, char *line)
{
    char *rest = line;
    const char *name = word_of(&rest);

    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (strcmp(orders[i].name, name) == 0) {
            return orders[i].obey(t, rest);
        }
    }
    return no("unknown order: %s", name);
}
