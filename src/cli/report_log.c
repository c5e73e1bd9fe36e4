/*
 * report_log.c - the lines of debug.log that show how a run was carried out.
 *
 * Decides which they are: the mode it ran in, and the host with which the most workers were busy.
 * The file is never rotated by us and may be large: its lines stand in the order of their times, so
 * where the run begins is found by halving.  Reads only; trusts no line to be one of ours.
 */
#include "cli/report_read.h"

#include "base/map.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    LOG_BYTES_MAX = 64 << 20, /* read from where the run begins */
    LINE_BYTES = 4096,        /* of one; the rest of a longer one is passed over */
    NEAR_BYTES = 1 << 16,     /* halving ends here */
    STAMP_LEN = 26,           /* 2026/11/26 02:14:00.123456 */
    LOOK_BYTES_MAX = 4 << 20, /* read for one stamp while halving; a longer line may hide it */
    AFTER_MS = 2000,          /* the end is told after the last commit */
};

static const char tag[] = "[ORCHESTRATOR] ";

struct search {
    FILE *file;            /* owned */
    struct report *report; /* borrowed */
    struct map *names;     /* owned */
    char from[STAMP_LEN + 8], until[STAMP_LEN + 8];
    char *mode, *busy; /* owned: the lines that were found; or NULL */
    long most;         /* workers active in busy */
    bool named;        /* lines of this run end with its id */
};

static void
stamp(int64_t wall_ms, char ret[STAMP_LEN + 8])
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm tm;
    char text[32] = "";

    if (localtime_r(&seconds, &tm) == NULL ||
        strftime(text, sizeof(text), "%Y/%m/%d %H:%M:%S", &tm) == 0) {
        text[0] = '\0';
    }
    (void)snprintf(ret, STAMP_LEN + 8, "%.19s.%03d000", text, (int)(wall_ms % 1000));
}

/* The next line without its end, and without what does not fit; at most *room bytes are read, and
 * taken from it.  False: there is none. */
static bool
read_line(FILE *f, char line[LINE_BYTES], size_t *room)
{
    size_t len = 0;
    int c = EOF;

    while (*room > 0 && (c = getc_unlocked(f)) != EOF && c != '\n') {
        --*room;
        if (len < LINE_BYTES - 1) {
            line[len++] = (char)c;
        }
    }
    line[len] = '\0';
    *room -= c == '\n' && *room > 0;
    return c == '\n' || (len > 0 && *room > 0);
}

static bool
is_stamped(const char *line)
{
    return strlen(line) > STAMP_LEN && line[4] == '/' && line[7] == '/' && line[13] == ':' &&
           line[STAMP_LEN] == ' ';
}

/* Whether the first stamped line behind this place is before the run. */
static bool
is_before(struct search *s, off_t at)
{
    char line[LINE_BYTES] = "";
    size_t room = LOOK_BYTES_MAX;

    if (fseeko(s->file, at, SEEK_SET) != 0 || !read_line(s->file, line, &room)) {
        return false;
    }
    while (read_line(s->file, line, &room)) {
        if (is_stamped(line)) {
            return strncmp(line, s->from, STAMP_LEN) < 0;
        }
    }
    return false;
}

static off_t
find_begin(struct search *s, off_t size)
{
    off_t low = 0;
    off_t high = size;

    while (high - low > NEAR_BYTES) {
        const off_t mid = low + (high - low) / 2;
        if (is_before(s, mid)) {
            low = mid;
        } else {
            high = mid;
        }
    }
    return low;
}

/* Lines without an id are those of whoever runs alone in its environment.  True: one of ours. */
static bool
is_ours(struct search *s, const char *text)
{
    const char *id = strstr(text, " run=");

    if (id != NULL && strcmp(id + strlen(" run="), s->report->run) != 0) {
        return false;
    }
    if (id != NULL && !s->named) {
        s->named = true;
        free(s->mode);
        free(s->busy);
        s->mode = s->busy = NULL;
        s->most = 0;
    }
    return id != NULL || !s->named;
}

static void
take_mode(struct search *s, const char *text)
{
    char wanted[64];

    (void)snprintf(wanted, sizeof(wanted), "PARALLEL mode with %d workers",
                   (int)s->report->workers);
    if (s->mode == NULL &&
        (strstr(text, wanted) != NULL || strstr(text, "SEQUENTIAL mode") != NULL)) {
        s->mode = xstrdup(text);
    }
}

/* `Worker 0 processing: deploy for server web-01 (active: 1/3)`, or `Sequential processing: ...`,
 * of a host of ours. */
static void
take_processing(struct search *s, const char *text)
{
    static const char server[] = " for server ";
    const char *what = strstr(text, " processing: ");
    const char *host = what == NULL ? NULL : strstr(what, server);
    const char *active = host == NULL ? NULL : strstr(host, "(active: ");

    if (host == NULL) {
        return;
    }
    what += strlen(" processing: ");
    const size_t action_len = strlen(s->report->action);
    if ((size_t)(host - what) != action_len || strncmp(what, s->report->action, action_len) != 0) {
        return;
    }
    host += strlen(server);
    char *name = xstrndup(host, strcspn(host, " "));
    const long count = active == NULL ? 1 : strtol(active + strlen("(active: "), NULL, 10);
    if (count > s->most && map_get(s->names, name) != NULL) {
        free(s->busy);
        s->busy = xstrdup(text);
        s->most = count;
    }
    free(name);
}

static void
scan(struct search *s)
{
    char line[LINE_BYTES] = "";
    size_t room = LOG_BYTES_MAX;

    while (read_line(s->file, line, &room)) {
        if (!is_stamped(line) || strncmp(line, s->from, STAMP_LEN) < 0) {
            continue;
        }
        if (strncmp(line, s->until, STAMP_LEN) > 0) {
            break;
        }
        const char *text = line + STAMP_LEN + 1;
        if (strncmp(text, tag, strlen(tag)) != 0 || !is_ours(s, text)) {
            continue;
        }
        if (strncmp(text + strlen(tag), "Running in ", strlen("Running in ")) == 0) {
            take_mode(s, text);
        } else {
            take_processing(s, text);
        }
    }
}

static FILE *
open_log(const char *root, off_t *ret_size)
{
    char *path = xasprintf("%s/debug.log", root);
    const int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    FILE *f = NULL;

    free(path);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        *ret_size = st.st_size;
        f = fdopen(fd, "r");
    }
    if (f == NULL && fd >= 0) {
        (void)close(fd);
    }
    return f;
}

static struct map *
index_names(const struct report *r)
{
    struct map *m = map_new(NULL);

    for (size_t i = 0; i < r->names.count; i++) {
        map_set(m, r->names.items[i], &r->hosts[i]);
    }
    return m;
}

void
report_find_log(const char *root, struct report *r)
{
    struct search s = {.report = r};
    off_t size = 0;

    s.file = open_log(root, &size);
    r->log_found = false;
    if (s.file == NULL) {
        return;
    }
    s.names = index_names(r);
    const int64_t from_ms = report_ms(r->started_wall_ms); /* a damaged row may say anything */
    stamp(from_ms, s.from);
    stamp(from_ms + r->wall_ms + AFTER_MS, s.until);
    if (fseeko(s.file, find_begin(&s, size), SEEK_SET) == 0) {
        scan(&s);
    }
    r->log_found = s.mode != NULL && (s.busy != NULL || r->span_count == 0);
    if (r->log_found) {
        strv_clear(&r->log);
        strv_add(&r->log, s.mode);
    }
    if (r->log_found && s.busy != NULL) {
        strv_add(&r->log, s.busy);
    }
    free(s.mode);
    free(s.busy);
    map_free(s.names);
    (void)fclose(s.file);
}
