/*
 * cli.c - from argv to an exit code.
 *
 * Decides which command is meant and prints its error, once.  Owns the options and the root while
 * the command runs.  Never lets a result be lost in silence: stdout must have taken it.
 */
#include "cli/cli.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/exit.h"
#include "cli/help.h"
#include "cli/place.h"
#include "cli/script_run.h"
#include "config/nearest.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *
cli_word(const struct cli *c, size_t n)
{
    return n + 1 < c->options.words.count ? c->options.words.items[n + 1] : NULL;
}

bool
cli_escapes(FILE *f)
{
    return isatty(fileno(f)) == 1;
}

void
cli_print(FILE *f, const char *text)
{
    struct buf b;

    if (!cli_escapes(f)) {
        fputs(text, f);
        return;
    }
    buf_init(&b, 12 * strlen(text) + 1);
    escape_terminal(&b, text, strlen(text));
    fputs(b.data, f);
    buf_release(&b);
}

void
cli_print_near(FILE *f, const char *text)
{
    char *here = getcwd(NULL, 0);
    const size_t len = here == NULL ? 0 : strlen(here);
    struct buf near;

    buf_init(&near, strlen(text) + 1);
    for (const char *p = text; *p != '\0';) {
        const bool begins = p == text || (p - text >= 2 && p[-1] == ' ' && p[-2] == ':');
        if (begins && len > 1 && strncmp(p, here, len) == 0 && p[len] == '/' &&
            p[len + 1] != '\0') {
            p += len + 1;
        } else {
            (void)buf_addc(&near, *p++);
        }
    }
    cli_print(f, near.len > 0 ? near.data : text);
    buf_release(&near);
    free(here);
}

struct vault *
cli_vault(struct cli *c, struct err *err)
{
    struct script_time time = {0};

    if (c->vault == NULL) {
        c->vault = vault_new(c->secrets->vault_password_file, script_run, &time, err);
    }
    return c->vault;
}

/* ---------------------------------------------------------------- dispatch */

static const struct command *
find_command(const char *name, struct err *err)
{
    const char **names;
    const char *near;

    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }
    names = xcalloc(command_count, sizeof(*names));
    for (size_t i = 0; i < command_count; i++) {
        names[i] = commands[i].name;
    }
    near = nearest_word(name, names, command_count);
    free(names);
    if (near != NULL) {
        err_set(err, ERR_USAGE, "no command '%s'; did you mean %s?", name, near);
    } else {
        err_set(err, ERR_USAGE, "no command '%s'; see " CLI_NAME " --help", name);
    }
    return NULL;
}

/* `COMMAND --help`, or `help COMMAND` as others have it. */
static bool
wants_help(const struct cli *c, const char **ret_name)
{
    const struct strv *words = &c->options.words;
    const size_t at = words->count > 0 && strcmp(words->items[0], "help") == 0 ? 1 : 0;

    *ret_name = at < words->count ? words->items[at] : NULL;
    return c->options.help || at == 1;
}

/* Of this command only, or of all where none is named. */
static int
help(const char *name, struct err *err)
{
    const struct command *cmd;

    if (name == NULL) {
        help_all(stdout);
        return 0;
    }
    cmd = find_command(name, err);
    if (cmd == NULL) {
        return -1;
    }
    if (cmd->run == NULL) {
        return err_set(err, ERR_NOT_YET, "not yet: %s", cmd->name);
    }
    help_command(cmd, stdout);
    return 0;
}

static int
check_words(const struct cli *c, const struct command *cmd, struct err *err)
{
    const int words = (int)c->options.words.count - 1;
    struct err mine = {0};

    if (cmd->words_max >= 0 && words > cmd->words_max) {
        const bool hosts = strchr(cmd->flags, 'l') != NULL;
        return err_set(err, ERR_USAGE, "'%.60s' is one word too many (usage: " CLI_NAME " %s %s%s)",
                       cli_word(c, (size_t)cmd->words_max), cmd->name, cmd->usage,
                       hosts ? "; -l names hosts" : "");
    }
    if (words < cmd->words_min) {
        return err_set(err, ERR_USAGE, "usage: " CLI_NAME " %s %s", cmd->name, cmd->usage);
    }
    if (options_allow(&c->options, cmd->name, cmd->flags, &mine) != 0) {
        return err_set(err, mine.kind, "%.200s (usage: " CLI_NAME " %s %s)", mine.text, cmd->name,
                       cmd->usage);
    }
    return 0;
}

static int
run_command(struct cli *c, struct err *err)
{
    const struct command *cmd = find_command(c->options.words.items[0], err);

    if (cmd == NULL) {
        return -1;
    }
    if (cmd->run == NULL) {
        return err_set(err, ERR_NOT_YET, "not yet: %s", cmd->name);
    }
    if (check_words(c, cmd, err) != 0) {
        return -1;
    }
    return cmd->run(c, err);
}

/* Options of the full screen: they hold for every run that is started there. */
static const char screen_flags[] = "eOLkK";

/* Somebody sits there, at a terminal that can show more than lines. */
static bool
has_terminal(void)
{
    const char *term = getenv("TERM");

    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && term != NULL &&
           term[0] != '\0' && strcmp(term, "dumb") != 0;
}

/* Without a command. */
static int
show(struct cli *c, command_fn *screen, struct err *err)
{
    const bool shows = screen != NULL && has_terminal();

    if (options_allow(&c->options, CLI_NAME " without a command", shows ? screen_flags : "", err) !=
        0) {
        return -1;
    }
    if (shows) {
        const int rc = screen(c, err);
        if (rc >= 0 || err->kind != ERR_USAGE) {
            return rc;
        }
    }
    help_envs(c->root, stdout);
    help_all(stdout);
    if (shows) { /* last: above all this nobody sees it */
        (void)fflush(stdout);
        fprintf(stderr, "\n" CLI_NAME ": no full screen: %s\n", err->text);
        *err = (struct err){0};
    }
    return 0;
}

static int
dispatch(struct cli *c, int argc, char **argv, command_fn *screen, struct err *err)
{
    const char *name;

    if (options_parse(argc, argv, &c->options, err) != 0) {
        return -1;
    }
    if (c->options.version) {
        puts(CLI_NAME " " CLI_VERSION);
        return 0;
    }
    if (wants_help(c, &name)) {
        return help(name, err);
    }
    if (place_root(c->options.root, &c->root, err) != 0) {
        return -1;
    }
    if (c->options.words.count > 0) {
        return run_command(c, err);
    }
    return show(c, screen, err);
}

/* A reader that left has seen enough; a full disk has not. */
static int
close_stdout(struct err *err)
{
    const int failed = fflush(stdout) != 0 ? errno : 0;
    struct pollfd reader = {.fd = STDOUT_FILENO, .events = POLLOUT};

    if (failed == 0 && !ferror(stdout)) {
        return 0;
    }
    if (failed == EPIPE || (poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR) != 0)) {
        return 0;
    }
    return err_set(err, ERR_IO, "standard output: %s",
                   failed != 0 ? strerror(failed) : "not all could be written");
}

int
cli_main(struct zygote *z, struct secrets *secrets, int argc, char **argv, command_fn *screen)
{
    struct cli c = {.zygote = z, .secrets = secrets};
    struct err err = {0};
    int rc = dispatch(&c, argc, argv, screen, &err);

    if (rc == 0) {
        rc = close_stdout(&err);
    } else {
        fflush(stdout);
    }
    if (rc < 0) {
        fputs(CLI_NAME ": ", stderr);
        cli_print_near(stderr, err.text);
        fputc('\n', stderr);
        rc = exit_of(err.kind);
    }
    options_release(&c.options);
    free(c.root);
    vault_free(c.vault);
    return rc;
}
