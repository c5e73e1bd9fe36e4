/*
 * sshconfig.c - which lines of ssh_config count for a destination.
 *
 * Decides what Host and Match take in, that the first line of a keyword counts, and that the files
 * are gone through a second time when a `Match final` is among them.  Owns what is found while it
 * is looked for.  Reads no file: sshconfig_read.c has.
 */
#include "ssh/sshconfig_state.h"

#include "base/buf.h"
#include "base/escape.h"
#include "base/xalloc.h"
#include "ssh/wildcard.h"

#include <assert.h>
#include <ctype.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* As OpenSSH has it, and as many certificates; what a query says by name. */
enum { IDENTITIES_MAX = 100, GIVEN = 3 };

/* Files in each other: whether what they hold counts. */
struct nest {
    bool active;
    bool never; /* included by a line that did not count */
};

/* ---------------------------------------------------------------- the name */

static bool
looks_like_address(const char *name)
{
    return strpbrk(name, "%:") != NULL || strspn(name, "0123456789.") == strlen(name);
}

/* A literal address as libc writes it; NULL: it is none. */
static char *
written_address(const char *name, int family)
{
    const struct addrinfo hints = {.ai_family = family,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    char text[NI_MAXHOST];
    struct addrinfo *all = NULL;

    if (getaddrinfo(name, "22", &hints, &all) != 0) {
        return NULL;
    }
    const bool good =
        all->ai_next == NULL && getnameinfo(all->ai_addr, all->ai_addrlen, text, sizeof(text), NULL,
                                            0, NI_NUMERICHOST) == 0;
    freeaddrinfo(all);
    return good ? xstrdup(text) : NULL;
}

/* What HostName comes to, with %h for the name that was given; the caller's. */
static char *
expand_hostname(const struct sshconfig_found *f, struct err *err)
{
    const struct sshconfig_line *line = f->first[KEY_HOSTNAME];
    const struct sshconfig_tokens tokens = {.host = f->query->host};
    const char *why = NULL;

    if (f->hostname != NULL || line == NULL) {
        return xstrdup(f->hostname != NULL ? f->hostname : f->query->host);
    }
    char *name = sshconfig_percent(line->args.items[0], "h", &tokens, &why);
    if (name == NULL) {
        (void)sshconfig_refuse(line, f->query->where, err, "%s", why);
    }
    return name;
}

/* After the first pass the name is settled: an address, or in lower case (ssh.c, main). */
static int
settle_hostname(struct sshconfig_found *f, struct err *err)
{
    const struct sshconfig_line *family = f->first[KEY_FAMILY];
    char *name = expand_hostname(f, err);

    if (name == NULL) {
        return -1;
    }
    char *written = written_address(name, family == NULL ? AF_UNSPEC : (int)family->value);
    if (written != NULL && strcasecmp(written, name) != 0) {
        free(name);
        f->hostname = written;
        return 0;
    }
    const bool lower = written == NULL && !looks_like_address(name);
    for (char *p = name; lower && *p != '\0'; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    free(written);
    f->hostname = name;
    return 0;
}

/* ---------------------------------------------------------------- Host and Match */

static bool
host_matches(const struct sshconfig_found *f, const struct sshconfig_line *line)
{
    const char *name = f->final_pass ? f->hostname : f->query->host;
    bool found = false;

    for (size_t i = 0; i < line->args.count; i++) {
        const char *pattern = line->args.items[i];
        const bool negated = pattern[0] == '!';
        if (wildcard_match(pattern + negated, name)) {
            if (negated) {
                return false;
            }
            found = true;
        }
    }
    return found;
}

static bool
name_matches(const char *name, const char *list)
{
    char *lower = xstrdup(name);

    for (char *p = lower; *p != '\0'; p++) {
        *p = (char)tolower((unsigned char)*p);
    }
    const bool found = wildcard_list(list, lower, true);
    free(lower);
    return found;
}

/* 1, 0; -1: err. */
static int
test_name(const struct sshconfig_found *f, const char *list, struct err *err)
{
    char *name = expand_hostname(f, err);

    if (name == NULL) {
        return -1;
    }
    const bool found = name_matches(name, list);
    free(name);
    return found;
}

static int
test_one(const struct sshconfig_found *f, const struct sshconfig_line *line,
         const struct sshconfig_condition *t, struct err *err)
{
    const struct sshconfig_line *user = f->first[KEY_USER];

    switch (t->test) {
    case TEST_ALL:
        return 1;
    case TEST_FINAL:
        return f->final_pass;
    case TEST_HOST:
        return test_name(f, t->text, err);
    case TEST_ORIGINAL_HOST:
        return name_matches(f->query->host, t->text);
    case TEST_USER:
        return wildcard_list(t->text, user == NULL ? f->config->user : user->args.items[0], false);
    case TEST_LOCAL_USER:
        return wildcard_list(t->text, f->config->user, false);
    case TEST_EXEC:
        return sshconfig_refuse(line, f->query->where, err,
                                "exec is not supported: it would run a program for each host");
    }
    return 0;
}

/* 1, 0; -1: err.  Conditions behind one that does not hold are not looked at. */
static int
match_holds(const struct sshconfig_found *f, const struct sshconfig_line *line, struct err *err)
{
    for (size_t i = 0; i < line->condition_count; i++) {
        const struct sshconfig_condition *t = &line->conditions[i];
        const int holds = test_one(f, line, t, err);
        if (holds < 0 || (holds == 1) == t->negated) {
            return holds < 0 ? -1 : 0;
        }
    }
    return 1;
}

/* ---------------------------------------------------------------- values */

static void
note(struct sshconfig_found *f, const struct sshconfig_line *line, const char *what)
{
    const char *name = line->keyword != NULL ? line->keyword->said : line->name;

    if (line->file != NULL && line->ours && !f->final_pass) {
        strv_take(f->notes, xasprintf("%s:%d: %s: %s", line->file, line->number, name, what));
    }
}

static int
add_file(struct sshconfig_found *f, const struct sshconfig_line *line, struct err *err)
{
    const bool identity = line->key == KEY_IDENTITY_FILE;
    const struct sshconfig_line ***list = identity ? &f->identities : &f->certificates;
    size_t *count = identity ? &f->identity_count : &f->certificate_count;
    size_t *cap = identity ? &f->identity_cap : &f->certificate_cap;

    if (*count >= IDENTITIES_MAX) {
        return sshconfig_refuse(line, f->query->where, err, "more than %d of them", IDENTITIES_MAX);
    }
    for (size_t i = 0; i < *count; i++) {
        if ((*list)[i]->ours == line->ours &&
            strcmp((*list)[i]->args.items[0], line->args.items[0]) == 0) {
            return 0;
        }
    }
    *list = xgrow((void *)*list, *count, cap, sizeof(struct sshconfig_line *));
    (*list)[(*count)++] = line;
    return 0;
}

/* As ssh has it, a time of `none` and an empty list leave the place to a later line. */
static bool
says_nothing(const struct sshconfig_line *line)
{
    return (line->keyword->kind == KIND_TIME && line->value < 0) ||
           (line->keyword->kind == KIND_LIST && line->args.count == 0);
}

/* A line that counts. */
static int
take(struct sshconfig_found *f, const struct sshconfig_line *line, struct err *err)
{
    const bool proxy = line->key == KEY_PROXY_JUMP || line->key == KEY_PROXY_COMMAND;

    if (line->key == KEY_UNUSED) {
        note(f, line, "not used here");
        return 0;
    }
    if (line->key == KEY_IDENTITY_FILE || line->key == KEY_CERTIFICATE_FILE) {
        return add_file(f, line, err);
    }
    if (f->first[line->key] == NULL && !says_nothing(line) &&
        (!proxy || (f->first[KEY_PROXY_JUMP] == NULL && f->first[KEY_PROXY_COMMAND] == NULL))) {
        f->first[line->key] = line;
    }
    return 0;
}

/* Also where it would not count: ssh reads no file with one. */
static int
judge_unknown(struct sshconfig_found *f, const struct sshconfig_line *line, struct err *err)
{
    const struct sshconfig_line *ignored = f->first[KEY_IGNORE_UNKNOWN];

    if (ignored != NULL && wildcard_list(ignored->args.items[0], line->name, true)) {
        note(f, line, "unknown, ignored as IgnoreUnknown says");
        return 0;
    }
    return sshconfig_refuse(line, f->query->where, err, "bad configuration option");
}

/* ---------------------------------------------------------------- passes */

/* A line of a file.  1, 0, or -1: err. */
static int
walk(struct sshconfig_found *f, const struct sshconfig_line *line, struct nest *now,
     struct err *err)
{
    int rc = 0;

    if (line->key == KEY_HOST) {
        now->active = !now->never && host_matches(f, line);
    } else if (line->key == KEY_MATCH) {
        rc = now->never ? 0 : match_holds(f, line, err);
        now->active = rc == 1;
    } else if (line->key == KEY_UNKNOWN) {
        rc = judge_unknown(f, line, err);
    } else if (now->active) {
        rc = take(f, line, err);
    }
    return rc;
}

static int
pass_files(struct sshconfig_found *f, struct err *err)
{
    struct nest nests[SSHCONFIG_DEPTH_MAX + 2] = {{.active = false}};
    struct nest now = {.active = true};
    size_t depth = 0;

    for (size_t i = 0; i < f->config->count; i++) {
        const struct sshconfig_line *line = &f->config->lines[i];
        if (line->key == KEY_BEGIN) {
            assert(depth < sizeof(nests) / sizeof(nests[0]));
            nests[depth++] = now;
            now.never = now.never || !now.active;
        } else if (line->key == KEY_END) {
            assert(depth > 0); /* sshconfig_read.c makes pairs */
            now = nests[--depth];
        } else if (walk(f, line, &now, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Lines as they stand behind -o; kept until the answer is made. */
static int
pass_options(struct sshconfig_found *f, const struct strv *texts, struct sshconfig_line *lines,
             struct err *err)
{
    for (size_t i = 0; texts != NULL && i < texts->count; i++) {
        struct sshconfig_line *line = &lines[i];
        line->ours = true;
        const int rc = sshconfig_line_read(line, texts->items[i], err);
        if (rc < 0) {
            if (f->query->where != NULL) {
                err_prefix(err, "%s: ", f->query->where);
            }
            return -1;
        }
        if (rc == 0) {
            continue;
        }
        if (line->key == KEY_HOST || line->key == KEY_MATCH || line->key == KEY_INCLUDE) {
            return sshconfig_refuse(line, f->query->where, err, "is for files only");
        }
        if ((line->key == KEY_UNKNOWN ? judge_unknown(f, line, err) : take(f, line, err)) < 0) {
            return -1;
        }
    }
    return 0;
}

/* What the query says by name, as lines; the values are borrowed. */
static int
pass_query(struct sshconfig_found *f, struct sshconfig_line lines[GIVEN], struct err *err)
{
    const struct sshconfig_query *q = f->query;
    char port[16];
    const struct {
        enum sshconfig_key key;
        const char *text;
    } given[GIVEN] = {{KEY_PORT, q->port > 0 ? port : NULL},
                      {KEY_IDENTITY_FILE, q->identity},
                      {KEY_USER, q->user}};

    (void)snprintf(port, sizeof(port), "%d", q->port);
    for (size_t i = 0; i < GIVEN; i++) {
        lines[i] = (struct sshconfig_line){.key = given[i].key, .ours = true, .value = q->port};
        lines[i].keyword = sshconfig_keyword_of(given[i].key);
        if (given[i].text == NULL) {
            continue;
        }
        strv_add(&lines[i].args, given[i].text);
        if (take(f, &lines[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

static size_t
count_of(const struct strv *texts)
{
    return texts == NULL ? 0 : texts->count;
}

static int
find(struct sshconfig_found *f, struct sshconfig_line *lines, struct err *err)
{
    const size_t firsts = count_of(f->query->first);

    if (pass_options(f, f->query->first, lines, err) < 0 ||
        pass_query(f, lines + firsts, err) < 0 ||
        pass_options(f, f->query->options, lines + firsts + GIVEN, err) < 0 ||
        pass_files(f, err) < 0 || settle_hostname(f, err) < 0) {
        return -1;
    }
    if (f->config->final) {
        f->final_pass = true;
        return pass_files(f, err);
    }
    return 0;
}

int
sshconfig_resolve(const struct sshconfig *c, const struct sshconfig_query *q,
                  struct sshconfig_options *ret, struct err *err)
{
    const size_t count = count_of(q->first) + GIVEN + count_of(q->options);
    struct sshconfig_line *lines = xcalloc(count, sizeof(*lines));
    struct sshconfig_found f = {.config = c, .query = q, .notes = &ret->notes};
    int rc = -1;

    *ret = (struct sshconfig_options){0};
    if (find(&f, lines, err) == 0) {
        rc = sshconfig_fill(&f, ret, err);
    }
    for (size_t i = 0; i < count; i++) {
        sshconfig_line_release(&lines[i]);
    }
    free(lines);
    free((void *)f.identities);
    free((void *)f.certificates);
    free(f.hostname);
    return rc;
}

void
sshconfig_options_release(struct sshconfig_options *o)
{
    free(o->hostname);
    free(o->user);
    strv_clear(&o->identity_files);
    strv_clear(&o->certificate_files);
    free(o->identity_agent);
    free(o->proxy_jump);
    free(o->proxy_command);
    strv_clear(&o->user_known_hosts);
    strv_clear(&o->global_known_hosts);
    free(o->host_key_alias);
    free(o->host_key_algorithms);
    free(o->kex);
    free(o->ciphers);
    free(o->macs);
    free(o->pubkey_algorithms);
    free(o->bind_address);
    strv_clear(&o->notes);
    *o = (struct sshconfig_options){0};
}
