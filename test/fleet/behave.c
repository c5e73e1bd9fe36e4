/*
 * behave.c - the table of behaviours, and the file that gives them to addresses.
 *
 * Decides what a line means: one row a behaviour.  Owns the lines.  Never does what they say.
 */
#include "fleet/behave.h"

#include "base/xalloc.h"
#include "fleet/lines.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind {
    KIND_PHASE,  /* at[word] = value */
    KIND_WORD,   /* field = place of the word in the list, from 1 */
    KIND_SET,    /* field = value */
    KIND_NUMBER, /* field = number + value */
    KIND_MAYBE,  /* the same; without a number, value alone */
    KIND_NAME,   /* of a signal */
    KIND_THROTTLE,
};

struct row {
    const char *name;
    enum kind kind;
    long value;
    size_t offset;
    const char *words; /* separated by a space */
    const char *help;
};

#define PHASE_WORDS                                                                                \
    "accept banner kex reply newkeys service auth open exec header output status end upload"
#define AT(field) offsetof(struct behave, field)

static const struct row rows[] = {
    {"stall", KIND_PHASE, ACT_STALL, AT(at), PHASE_WORDS, "nothing is answered any more"},
    {"silent", KIND_PHASE, ACT_SILENT, AT(at), PHASE_WORDS, "nothing is read or answered any more"},
    {"drop", KIND_PHASE, ACT_DROP, AT(at), PHASE_WORDS, "FIN"},
    {"reset", KIND_PHASE, ACT_RESET, AT(at), PHASE_WORDS, "RST"},
    {"garbage", KIND_PHASE, ACT_GARBAGE, AT(at), PHASE_WORDS, "random bytes in between"},
    {"huge", KIND_PHASE, ACT_HUGE, AT(at), PHASE_WORDS, "a packet of 2 GB, then stall"},
    {"banner", KIND_WORD, 0, AT(banner), "lines endless long ssh1 escape newlines nul",
     "an odd first line, or lines before it"},
    {"algorithms", KIND_WORD, 0, AT(algorithms), "kex cipher hostkey", "nothing in common"},
    {"hostkey", KIND_WORD, 0, AT(host_key), "other ecdsa rsa", "not the key in --known-hosts"},
    {"throttle", KIND_THROTTLE, 0, AT(throttle), NULL, "START:PERCENT:FULL, as MaxStartups"},
    {"deny", KIND_MAYBE, DENY_ALWAYS, AT(deny), NULL, "refuse all keys, or the first N"},
    {"partial", KIND_SET, 1, AT(partial), NULL, "a key is not enough"},
    {"nochannel", KIND_SET, 1, AT(nochannel), NULL, "refuse channels"},
    {"noexec", KIND_SET, 1, AT(noexec), NULL, "refuse commands"},
    {"sessions", KIND_NUMBER, 0, AT(sessions), NULL, "N channels at once"},
    {"from", KIND_NUMBER, 0, AT(from), NULL, "only from a connection's Nth channel on"},
    {"window", KIND_MAYBE, 16384, AT(window), NULL, "take N bytes of input, then no more"},
    {"flood", KIND_WORD, 0, AT(flood), "out err both line binary", "output for ever"},
    {"flood-max", KIND_NUMBER, 0, AT(flood_max), NULL, "... for N bytes"},
    {"nostatus", KIND_SET, 1, AT(nostatus), NULL, "no exit status"},
    {"status", KIND_NUMBER, 1, AT(status), NULL, "this exit status"},
    {"twice", KIND_SET, 1, AT(twice), NULL, "the exit status, then another"},
    {"signal", KIND_NAME, 0, AT(signal), NULL, "an exit signal of this name"},
    {"noeof", KIND_SET, 1, AT(noeof), NULL, "close without EOF"},
    {"noclose", KIND_SET, 1, AT(noclose), NULL, "EOF without close"},
    {"linger", KIND_SET, 1, AT(linger), NULL, "exit status, but neither EOF nor close"},
    {"die", KIND_SET, 1, AT(die), NULL, "closed as soon as the command is there"},
    {"slow", KIND_NUMBER, 0, AT(slow), NULL, "N bytes a second each way"},
    {"rekey", KIND_NUMBER, 0, AT(rekey), NULL, "new keys every N bytes"},
    {"noise", KIND_WORD, 0, AT(noise), "debug ignore global channel all",
     "packets nobody asked for"},
};

struct rule {
    uint32_t first, last; /* host order */
    const struct row *row;
    long number;
    char name[32];            /* KIND_NAME */
    struct throttle throttle; /* KIND_THROTTLE */
    uint32_t times;           /* 0: always */
    uint32_t *counts;         /* owned: connections by address; NULL with times 0 */
};

struct behaviours {
    struct rule *rules; /* owned */
    size_t count;
    size_t cap;
    uint64_t seed; /* of what happens by chance */
};

/* ---------------------------------------------------------------- reading */

static const struct row *
find_row(const char *name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

/* `127.10.0.1`, `127.10.0.1-9` or `127.10.0.1-127.10.3.9`. */
static int
read_range(struct rule *r, char *word)
{
    char *dash = strchr(word, '-');
    struct in_addr in;
    char *end = NULL;

    if (dash != NULL) {
        *dash = '\0';
    }
    if (inet_pton(AF_INET, word, &in) != 1) {
        return -1;
    }
    r->first = r->last = ntohl(in.s_addr);
    if (dash == NULL) {
        return 0;
    }
    if (inet_pton(AF_INET, dash + 1, &in) == 1) {
        r->last = ntohl(in.s_addr);
    } else {
        const unsigned long last = strtoul(dash + 1, &end, 10);
        if (*end != '\0' || last > 255) {
            return -1;
        }
        r->last = (r->first & ~255U) | (uint32_t)last;
    }
    return r->first <= r->last && r->last - r->first < (1U << 20) ? 0 : -1;
}

static int
read_number(const char *word, long *ret_number)
{
    char *end = NULL;

    if (word == NULL) {
        return -1;
    }
    errno = 0;
    *ret_number = strtol(word, &end, 10);
    return errno == 0 && end != word && *end == '\0' && *ret_number >= 0 &&
                   *ret_number <= UINT32_MAX
               ? 0
               : -1;
}

/* The place of the word in the list, from 1; 0: it is not there. */
static long
place_of(const char *words, const char *word)
{
    const size_t len = word == NULL ? 0 : strlen(word);
    long place = 1;

    for (const char *at = words; len > 0 && *at != '\0'; place++) {
        const size_t n = strcspn(at, " ");
        if (n == len && strncmp(at, word, n) == 0) {
            return place;
        }
        at += n + strspn(at + n, " ");
    }
    return 0;
}

static bool
is_count_word(const char *word)
{
    return word == NULL || strcmp(word, "once") == 0 || strcmp(word, "times") == 0;
}

/* Returns whether the word was used, -1: it makes no sense. */
static int
read_argument(struct rule *r, const char *word)
{
    const struct row *row = r->row;

    switch (row->kind) {
    case KIND_PHASE:
    case KIND_WORD:
        r->number = place_of(row->words, word);
        return r->number > 0 ? 1 : -1;
    case KIND_SET:
        r->number = row->value;
        return 0;
    case KIND_MAYBE:
        r->number = row->value;
        return is_count_word(word) ? 0 : (read_number(word, &r->number) == 0 ? 1 : -1);
    case KIND_NUMBER:
        if (read_number(word, &r->number) < 0) {
            return -1;
        }
        r->number += row->value;
        return 1;
    case KIND_NAME:
        (void)snprintf(r->name, sizeof(r->name), "%s", word == NULL ? "" : word);
        return r->name[0] != '\0' ? 1 : -1;
    case KIND_THROTTLE:
        return word != NULL && sscanf(word, "%ld:%ld:%ld", &r->throttle.start, &r->throttle.percent,
                                      &r->throttle.full) == 3
                   ? 1
                   : -1;
    }
    return -1;
}

static int
read_times(struct rule *r, const char *word, const char *next)
{
    long times = 1;

    if (word == NULL) {
        return 0;
    }
    if (strcmp(word, "once") != 0 &&
        (strcmp(word, "times") != 0 || read_number(next, &times) < 0 || times == 0)) {
        return -1;
    }
    r->times = (uint32_t)times;
    r->counts = xcalloc(r->last - r->first + 1, sizeof(*r->counts));
    return 0;
}

static int
read_line(void *arg, char *line, struct err *err)
{
    struct behaviours *all = arg;
    enum { WORDS = 6 };
    char *words[WORDS + 1] = {NULL};
    char *rest = NULL;
    struct rule r = {.throttle = {.prng = {all->seed}}};

    line[strcspn(line, "#\r\n")] = '\0';
    words[0] = strtok_r(line, " \t", &rest);
    for (int i = 1; i < WORDS && words[i - 1] != NULL; i++) {
        words[i] = strtok_r(NULL, " \t", &rest);
    }
    if (words[0] == NULL) {
        return 0;
    }
    r.row = words[1] == NULL ? NULL : find_row(words[1]);
    if (r.row == NULL || read_range(&r, words[0]) < 0) {
        return err_set(err, ERR_CONFIG, "expected `ADDRESS[-LAST] BEHAVIOUR`: see --help");
    }
    const int used = read_argument(&r, words[2]);
    if (used < 0) {
        return err_set(err, ERR_CONFIG, "%s: expected %s", r.row->name,
                       r.row->words != NULL ? r.row->words : r.row->help);
    }
    if (read_times(&r, words[2 + used], words[3 + used]) < 0) {
        return err_set(err, ERR_CONFIG, "expected once or times N, got \"%s\"", words[2 + used]);
    }
    all->rules = xgrow(all->rules, all->count, &all->cap, sizeof(*all->rules));
    all->rules[all->count++] = r;
    return 0;
}

struct behaviours *
behaviours_new(const char *path, uint64_t seed, struct err *err)
{
    struct behaviours *all = xcalloc(1, sizeof(*all));

    all->seed = seed;
    if (path != NULL && lines_read(path, read_line, all, err) < 0) {
        behaviours_free(all);
        return NULL;
    }
    return all;
}

void
behaviours_free(struct behaviours *all)
{
    if (all == NULL) {
        return;
    }
    for (size_t i = 0; i < all->count; i++) {
        free(all->rules[i].counts);
    }
    free(all->rules);
    free(all);
}

/* ---------------------------------------------------------------- using */

static void
apply(struct rule *r, struct behave *b)
{
    char *field = (char *)b + r->row->offset;

    switch (r->row->kind) {
    case KIND_PHASE:
        b->at[r->number - 1] = r->row->value;
        break;
    case KIND_NAME:
        memcpy(b->signal, r->name, sizeof(r->name));
        break;
    case KIND_THROTTLE:
        b->throttle = &r->throttle;
        break;
    case KIND_WORD:
    case KIND_SET:
    case KIND_NUMBER:
    case KIND_MAYBE:
        memcpy(field, &r->number, sizeof(r->number));
        break;
    }
}

struct behave *
behaviours_take(struct behaviours *all, struct in_addr address)
{
    const uint32_t at = ntohl(address.s_addr);
    struct behave *b = NULL;

    for (size_t i = 0; i < all->count; i++) {
        struct rule *r = &all->rules[i];
        if (at < r->first || at > r->last ||
            (r->times > 0 && r->counts[at - r->first]++ >= r->times)) {
            continue;
        }
        if (b == NULL) {
            b = xcalloc(1, sizeof(*b));
        }
        apply(r, b);
    }
    return b;
}

/* sshd.c, should_drop_connection: the chance grows from PERCENT at START to 100 at FULL. */
bool
throttle_enter(struct throttle *t)
{
    long chance = 0;

    if (t->waiting >= t->full) {
        chance = 100;
    } else if (t->waiting >= t->start) {
        chance = t->percent + (100 - t->percent) * (t->waiting - t->start) / (t->full - t->start);
    }
    if (chance > 0 && (long)prng_below(&t->prng, 100) < chance) {
        return true;
    }
    t->waiting++;
    return false;
}

void
throttle_leave(struct throttle *t)
{
    t->waiting--;
}

void
behave_print(FILE *out)
{
    (void)fputs("\n--behave FILE: lines `ADDRESS[-LAST] BEHAVIOUR [ARG] [once | times N]`\n", out);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *r = &rows[i];
        const char *arg = r->kind == KIND_PHASE    ? "PHASE"
                          : r->kind == KIND_WORD   ? "KIND"
                          : r->kind == KIND_SET    ? ""
                          : r->kind == KIND_MAYBE  ? "[N]"
                          : r->kind == KIND_NUMBER ? "N"
                          : r->kind == KIND_NAME   ? "NAME"
                                                   : "A:P:B";
        (void)fprintf(out, "  %-11s %-6s %s", r->name, arg, r->help);
        (void)fprintf(out, r->kind == KIND_WORD ? ": %s\n" : "\n", r->words);
    }
    (void)fputs("  phases: " PHASE_WORDS "\n", out);
}
