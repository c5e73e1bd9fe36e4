/*
 * sshconfig_read.c - the files of ssh_config as lines, Include followed.
 *
 * Decides which files are read, and whom they may belong to.  Owns what it read until
 * sshconfig_free.  Reads all of it once, whole; whether a line counts for a host is not its matter.
 */
#include "ssh/sshconfig_state.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/xalloc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char system_folder[] = "/etc/ssh";
enum { SHOWN_BYTES_MAX = 120 };

/* How a file is read. */
struct source {
    const char *path;
    bool ours;     /* the user's: Include is relative to ~/.ssh */
    bool checked;  /* owner and mode count */
    bool optional; /* missing is fine */
    int depth;
};

/* ---------------------------------------------------------------- lines */

void
sshconfig_line_release(struct sshconfig_line *line)
{
    for (size_t i = 0; i < line->condition_count; i++) {
        free(line->conditions[i].text);
    }
    free(line->conditions);
    strv_clear(&line->args);
    free(line->name);
    free(line->rest);
    *line = (struct sshconfig_line){0};
}

int
sshconfig_refuse(const struct sshconfig_line *line, const char *where, struct err *err,
                 const char *fmt, ...)
{
    const char *name = line->keyword != NULL ? line->keyword->said : line->name;
    char *text = NULL;
    struct buf shown;
    va_list ap;

    va_start(ap, fmt);
    text = xvasprintf(fmt, ap);
    va_end(ap);
    buf_init(&shown, ERR_TEXT_MAX);
    if (line->file != NULL) {
        escape_line(&shown, line->file, strlen(line->file));
        (void)buf_addf(&shown, ":%d: ", line->number);
    } else if (where != NULL) {
        (void)buf_addf(&shown, "%s: ", where);
    }
    escape_line(&shown, name, strnlen(name, SHOWN_BYTES_MAX));
    (void)err_set(err, ERR_CONFIG, "%s: %s", shown.data, text);
    buf_release(&shown);
    free(text);
    return -1;
}

static void
trim(char *text)
{
    for (size_t n = strlen(text); n > 1 && strchr(" \t\r\n\f", text[n - 1]) != NULL; n--) {
        text[n - 1] = '\0';
    }
}

/* The keyword is cut off; the rest is looked at as its kind wants it. */
static int
read_rest(struct sshconfig_line *line, const char *rest, struct err *err)
{
    line->keyword = sshconfig_keyword(line->name);
    line->key = line->keyword == NULL ? KEY_UNKNOWN : line->keyword->key;
    if (sshconfig_split(rest, &line->args) < 0) {
        return sshconfig_refuse(line, NULL, err, "a quote is not closed");
    }
    const bool whole = line->keyword != NULL &&
                       (line->keyword->kind == KIND_COMMAND || line->keyword->kind == KIND_JUMP);
    line->rest = xstrdup(rest + (whole ? strspn(rest, " \t\r\n=") : 0));
    const char *misfit = line->keyword == NULL ? NULL : sshconfig_check(line);
    return misfit == NULL ? 1 : sshconfig_refuse(line, NULL, err, "%s", misfit);
}

int
sshconfig_line_read(struct sshconfig_line *line, const char *text, struct err *err)
{
    char *copy = xstrdup(text);
    char *at = copy;
    int rc = 0;

    trim(copy);
    char *word = sshconfig_cut(&at);
    if (word != NULL && word[0] == '\0') { /* the line is indented */
        word = sshconfig_cut(&at);
    }
    if (word == NULL || word[0] == '\0' || word[0] == '#') {
        goto out;
    }
    line->name = xstrdup(word);
    for (char *p = line->name; *p != '\0'; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    const char *rest = at == NULL ? "" : at + strspn(at, " \t\r\n");
    line->keyword = sshconfig_keyword(line->name);
    rc = rest[0] == '\0' ? sshconfig_refuse(line, NULL, err, "no argument after the keyword")
                         : read_rest(line, rest, err);
out:
    free(copy);
    return rc;
}

/* ---------------------------------------------------------------- files */

static int
refuse_file(struct err *err, enum err_kind kind, const char *path, const char *why)
{
    struct buf shown;

    buf_init(&shown, ERR_TEXT_MAX);
    escape_line(&shown, path, strlen(path));
    (void)err_set(err, kind, "%s: %s", shown.data, why);
    buf_release(&shown);
    return -1;
}

static const char *
misfit_of(const struct source *s, const struct stat *st)
{
    if (S_ISDIR(st->st_mode)) {
        return "is a folder";
    }
    if (s->checked && ((st->st_uid != 0 && st->st_uid != getuid()) || (st->st_mode & 022) != 0)) {
        return "bad owner or permissions: ssh reads it only if it is yours and nobody else may "
               "write it (chmod go-w)";
    }
    return st->st_size > SSHCONFIG_FILE_MAX ? "is larger than 1 MiB" : NULL;
}

/* 1: out has it; 0: it is missing, which is fine; -1. */
static int
read_file(const struct source *s, struct buf *out, struct err *err)
{
    char bytes[8192];
    struct stat st;
    ssize_t n = 0;
    const int fd = open(s->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        return s->optional && (errno == ENOENT || errno == ENOTDIR)
                   ? 0
                   : refuse_file(err, ERR_CONFIG, s->path, strerror(errno));
    }
    const char *misfit = fstat(fd, &st) < 0 ? strerror(errno) : misfit_of(s, &st);
    while (misfit == NULL && (n = read(fd, bytes, sizeof(bytes))) > 0) {
        if (buf_add(out, bytes, (size_t)n) < 0) {
            misfit = "is larger than 1 MiB";
        }
    }
    if (misfit == NULL && n < 0) {
        misfit = strerror(errno);
    }
    (void)close(fd);
    return misfit == NULL ? 1 : refuse_file(err, ERR_CONFIG, s->path, misfit);
}

static struct sshconfig_line *
add_line(struct sshconfig *c, enum sshconfig_key key)
{
    c->lines = xgrow(c->lines, c->count, &c->cap, sizeof(*c->lines));
    c->lines[c->count] = (struct sshconfig_line){.key = key};
    return &c->lines[c->count++];
}

static int read_source(struct sshconfig *c, const struct source *s, struct err *err);

/* ~/x, x of ~/.ssh or /etc/ssh, or an absolute path; NULL: a file of the system may not say ~. */
static char *
include_pattern(const struct sshconfig *c, const struct source *s, const char *arg)
{
    if (arg[0] == '/') {
        return xstrdup(arg);
    }
    if (arg[0] != '~') {
        return s->ours ? xasprintf("%s/.ssh/%s", c->home, arg)
                       : xasprintf("%s/%s", system_folder, arg);
    }
    if (!s->ours) {
        return NULL;
    }
    return arg[1] == '/' || arg[1] == '\0' ? xasprintf("%s%s", c->home, arg + 1) : xstrdup(arg);
}

static int
include_one(struct sshconfig *c, const struct source *s, const struct sshconfig_line *line,
            const char *arg, struct err *err)
{
    char *pattern = include_pattern(c, s, arg);
    glob_t found = {0};
    int rc = 0;

    if (pattern == NULL) {
        return sshconfig_refuse(line, NULL, err, "a file of the system may not include ~");
    }
    const int bad = glob(pattern, GLOB_TILDE, NULL, &found);
    if (bad != 0 && bad != GLOB_NOMATCH) {
        rc = sshconfig_refuse(line, NULL, err, "cannot be searched for");
    }
    for (size_t i = 0; rc == 0 && bad == 0 && i < found.gl_pathc; i++) {
        const struct source below = {
            .path = found.gl_pathv[i], .ours = s->ours, .checked = true, .depth = s->depth + 1};
        rc = below.depth > SSHCONFIG_DEPTH_MAX
                 ? sshconfig_refuse(line, NULL, err, "more than %d files in each other",
                                    SSHCONFIG_DEPTH_MAX)
                 : read_source(c, &below, err);
    }
    globfree(&found);
    free(pattern);
    return rc;
}

static int
include(struct sshconfig *c, const struct source *s, const struct sshconfig_line *line,
        struct err *err)
{
    int rc = 0;

    for (size_t i = 0; i < line->args.count && rc == 0; i++) {
        rc = include_one(c, s, line, line->args.items[i], err);
    }
    return rc;
}

static int
take_line(struct sshconfig *c, const struct source *s, const char *file, int number,
          const char *text, struct err *err)
{
    struct sshconfig_line line = {.file = file, .number = number, .ours = s->ours};
    int rc = sshconfig_line_read(&line, text, err);

    if (rc > 0 && line.key == KEY_INCLUDE) {
        rc = include(c, s, &line, err);
    } else if (rc > 0 && c->count >= SSHCONFIG_LINES_MAX) {
        rc = sshconfig_refuse(&line, NULL, err, "more than %d lines in all", SSHCONFIG_LINES_MAX);
    } else if (rc > 0) {
        for (size_t i = 0; i < line.condition_count; i++) {
            c->final = c->final || line.conditions[i].final;
        }
        struct sshconfig_line *kept = add_line(c, line.key);
        *kept = line;
        return 0;
    }
    sshconfig_line_release(&line);
    return rc < 0 ? -1 : 0;
}

static int
take_text(struct sshconfig *c, const struct source *s, const char *file, struct buf *text,
          struct err *err)
{
    int number = 0;
    int rc = 0;

    if (memchr(text->data, '\0', text->len) != NULL) {
        return refuse_file(err, ERR_CONFIG, s->path, "holds a NUL byte");
    }
    for (char *p = text->data; *p != '\0' && rc == 0;) {
        const size_t len = strcspn(p, "\n");
        char *next = p + len + (p[len] == '\n');
        p[len] = '\0';
        number++;
        if (len > SSHCONFIG_LINE_MAX) {
            char *why = xasprintf("line %d is longer than %d bytes", number, SSHCONFIG_LINE_MAX);
            rc = refuse_file(err, ERR_CONFIG, s->path, why);
            free(why);
        } else {
            rc = take_line(c, s, file, number, p, err);
        }
        p = next;
    }
    return rc;
}

static int
read_source(struct sshconfig *c, const struct source *s, struct err *err)
{
    struct buf text;
    int rc = -1;

    if (c->files.count >= SSHCONFIG_FILES_MAX) {
        return refuse_file(err, ERR_CONFIG, s->path, "more than 1000 files are included");
    }
    buf_init(&text, SSHCONFIG_FILE_MAX);
    rc = read_file(s, &text, err);
    if (rc > 0) {
        strv_add(&c->files, s->path);
        const char *file = c->files.items[c->files.count - 1];
        (void)add_line(c, KEY_BEGIN);
        rc = take_text(c, s, file, &text, err);
        (void)add_line(c, KEY_END);
    }
    buf_release(&text);
    return rc < 0 ? -1 : 0;
}

static int
read_usual(struct sshconfig *c, struct err *err)
{
    char *mine = xasprintf("%s/.ssh/config", c->home);
    char *theirs = xasprintf("%s/ssh_config", system_folder);
    const struct source user = {.path = mine, .ours = true, .checked = true, .optional = true};
    const struct source all = {.path = theirs, .optional = true};
    int rc = read_source(c, &user, err);

    if (rc == 0) {
        rc = read_source(c, &all, err);
    }
    free(mine);
    free(theirs);
    return rc;
}

struct sshconfig *
sshconfig_load(const struct sshconfig_request *request, struct err *err)
{
    struct sshconfig *c = xcalloc(1, sizeof(*c));
    char machine[256] = "localhost";
    int rc = 0;

    c->home = xstrdup(request->home);
    c->user = xstrdup(request->user);
    (void)gethostname(machine, sizeof(machine) - 1);
    c->machine = xstrdup(machine);
    c->uid = getuid();
    c->algorithms = algorithms_new();
    if (request->file == NULL) {
        rc = read_usual(c, err);
    } else if (strcasecmp(request->file, "none") != 0) {
        const struct source only = {.path = request->file, .ours = true};
        rc = read_source(c, &only, err);
    }
    if (rc < 0) {
        sshconfig_free(c);
        return NULL;
    }
    return c;
}

void
sshconfig_free(struct sshconfig *c)
{
    if (c == NULL) {
        return;
    }
    for (size_t i = 0; i < c->count; i++) {
        sshconfig_line_release(&c->lines[i]);
    }
    free(c->lines);
    strv_clear(&c->files);
    algorithms_free(c->algorithms);
    free(c->home);
    free(c->user);
    free(c->machine);
    free(c);
}
