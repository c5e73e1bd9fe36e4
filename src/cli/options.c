/*
 * options.c - the words of the command line, read by one table.
 *
 * Decides what an option is called, what it takes, and which are promised only.  Owns copies of
 * lists; other texts stay in argv.  Never looks at files.
 */
#include "cli/options.h"

#include "base/duration.h"
#include "base/xalloc.h"
#include "cli/foreign.h"
#include "config/nearest.h"
#include "core/policy.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

struct row {
    const char *name;
    char letter;         /* a capital past the real letters where there is no short form */
    bool is_short;       /* the letter can be given as -x */
    const char *arg;     /* NULL: takes none */
    const char *not_yet; /* what to say, or NULL */
    const char *help;
};

static const struct row rows[] = {
    {"limit", 'l', true, "PATTERN", NULL, "only these, as Ansible has it: web:!web-01,db*,@FILE"},
    {"nodes", 'w', true, "NODESET", NULL, "only these, as ClusterShell has it: web[01-03],@db"},
    {"tags", 't', true, "TAGS", NULL, "only steps with one of these tags"},
    {"skip-tags", 'T', false, "TAGS", NULL, "no step with one of these tags"},
    {"forks", 'f', true, "N", NULL, "worker slots, 0..10000 (0: one host at a time)"},
    {"workers", 'f', true, "N", NULL, NULL},
    {"extra-vars", 'e', true, "K=V|@FILE", NULL, "a variable, or a file of them; over all others"},
    {"check", 'C', true, NULL, NULL, "connect to nothing: show what each host would get"},
    {"output", 'o', true, "text|json|jsonl", NULL,
     "for people; one object (report, -C, plan); an object a line"},
    {"format", 'G', false, "text|json|guide", NULL, "of a report; guide: as the guide's template"},
    {"group", 'b', true, NULL, NULL, "identical output once, under the folded names of its hosts"},
    {"verbose", 'v', true, NULL, NULL, "the output of steps too, and checks passed over"},
    {"quiet", 'q', true, NULL, NULL, "only what failed"},
    {"ask-pass", 'k', true, NULL, NULL, "ask for the password of SSH before anything starts"},
    {"ask-become-pass", 'K', true, NULL, NULL, "ask for the password of sudo"},
    {"color", 'O', false, "WHEN", NULL, "auto, always or never"},
    {"root", 'R', false, "DIR", NULL, "the folder that holds inventory/"},
    {"log-file", 'L', false, "FILE", NULL, "instead of debug.log in the root"},
    {"yes", 'y', true, NULL, NULL, "run without asking (config.yml: confirm)"},
    {"seed", 'S', false, "N", NULL, "of shuffles and jitter: the same seed, the same order"},
    {"assume", 'D', false, "DURATION", NULL, "how long every host takes, instead of what is known"},
    {"simulate", 'M', false, "ITEMS", NULL, "what would be done if: web-03:fail, zone=b:slow"},
    {"save", 'A', false, "FILE", NULL, "keep the plan, to run it with --plan"},
    {"plan", 'P', false, "FILE", NULL, "run this plan, and only if nothing has changed since"},
    {"force", 'F', false, NULL, NULL, "whatever has changed since"},
    {"watch", 'W', false, NULL, NULL, "show the run that is under way until it is over"},
    {"json", 'J', false, NULL, NULL, "JSON (inventory)"},
    {"explain", 'E', false, NULL, NULL, "where each value came from (inventory vars)"},
    {"vars", 'U', false, NULL, NULL, "with variables (inventory graph)"},
    {"raw", 'r', false, NULL, NULL, "bytes as they came (logs)"},
    {"help", 'h', true, NULL, NULL, "this text"},
    {"version", 'V', false, NULL, NULL, "name and version"},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static const char everywhere[] = "hVR";

static const struct row *
row_of(int letter)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].letter == letter) {
            return &rows[i];
        }
    }
    return NULL;
}

/* A script's -t "$TAGS" with nothing in it must not mean every step. */
static int
split(struct strv *list, const char *name, const char *text, struct err *err)
{
    const size_t before = list->count;

    while (*text != '\0') {
        const size_t len = strcspn(text, ",");
        if (len > 0) {
            strv_addn(list, text, len);
        }
        text += len + (text[len] == ',');
    }
    return list->count > before ? 0 : err_set(err, ERR_USAGE, "--%s: there is no tag in it", name);
}

static int
take_path(const char **ret, const char *name, const char *text, struct err *err)
{
    if (text[0] == '\0') {
        return err_set(err, ERR_USAGE, "--%s: the name is empty", name);
    }
    *ret = text;
    return 0;
}

static int
read_number(const char *name, const char *text, uint64_t max, uint64_t *ret, struct err *err)
{
    char *end = NULL;
    unsigned long long n;

    errno = 0;
    n = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] < '0' || text[0] > '9' || n > max) {
        return err_set(err, ERR_USAGE, "--%s: expected a number from 0 to %llu, got \"%s\"", name,
                       (unsigned long long)max, text);
    }
    *ret = n;
    return 0;
}

/* Which of the three words text is; -1 and err, with the one that was meant: none. */
static int
word_of(const char *name, const char *const words[3], const char *text, struct err *err)
{
    for (int i = 0; i < 3; i++) {
        if (strcmp(words[i], text) == 0) {
            return i;
        }
    }
    const char *near = nearest_word(text, words, 3);
    return err_set(err, ERR_USAGE, "--%s: expected %s, %s or %s, got \"%s\"%s%s%s", name, words[0],
                   words[1], words[2], text, near != NULL ? " (did you mean " : "",
                   near != NULL ? near : "", near != NULL ? "?)" : "");
}

static int
read_output(struct options *o, const char *text, struct err *err)
{
    static const char *const words[] = {"text", "json", "jsonl"};

    if (strchr(text, '=') != NULL) { /* -o Port=22, as for ssh */
        return err_set(err, ERR_USAGE,
                       "--output: expected text, json or jsonl; options of ssh are "
                       "ansible_ssh_common_args: -e \"ansible_ssh_common_args='-o ...'\"");
    }
    const int n = word_of("output", words, text, err);

    o->output = n < 0 ? o->output : (enum output)n;
    return n < 0 ? -1 : 0;
}

static int
read_format(struct options *o, const char *text, struct err *err)
{
    static const char *const words[] = {"text", "json", "guide"};
    const int n = word_of("format", words, text, err);

    o->format = n < 0 ? o->format : (enum format)n;
    return n < 0 ? -1 : 0;
}

static int
read_color(struct options *o, const char *text, struct err *err)
{
    static const char *const words[] = {"auto", "always", "never"};
    const int n = word_of("color", words, text, err);

    o->color = n < 0 ? o->color : (enum color_when)n;
    return n < 0 ? -1 : 0;
}

static int
read_assume(struct options *o, const char *text, struct err *err)
{
    if (duration_parse(text, &o->assume_ms) != 0) {
        return err_set(err, ERR_USAGE, "--assume: expected a duration like 5m, got \"%s\"", text);
    }
    return 0;
}

static int
take_value(struct options *o, const struct row *row, const char *text, struct err *err)
{
    uint64_t n = 0;

    switch (row->letter) {
    case 'l':
        o->limit = text;
        return 0;
    case 'w':
        o->nodes = text;
        return 0;
    case 't':
        return split(&o->tags, row->name, text, err);
    case 'T':
        return split(&o->skip_tags, row->name, text, err);
    case 'e':
        strv_add(&o->extra, text);
        return 0;
    case 'R':
        return take_path(&o->root, row->name, text, err);
    case 'L':
        return take_path(&o->log_file, row->name, text, err);
    case 'D':
        return read_assume(o, text, err);
    case 'M':
        o->simulate = text;
        return 0;
    case 'A':
        return take_path(&o->save, row->name, text, err);
    case 'P':
        return take_path(&o->plan, row->name, text, err);
    case 'o':
        return read_output(o, text, err);
    case 'G':
        return read_format(o, text, err);
    case 'O':
        return read_color(o, text, err);
    case 'f':
        if (read_number("forks", text, POLICY_WORKERS_MAX, &n, err) != 0) {
            return -1;
        }
        o->forks = (int32_t)n;
        return 0;
    case 'S':
        o->has_seed = true;
        return read_number("seed", text, UINT64_MAX, &o->seed, err);
    default:
        break;
    }
    assert(false && "an option of the table that nobody reads");
    return -1;
}

static void
take_switch(struct options *o, const struct row *row)
{
    o->verbose += row->letter == 'v';
    o->check = o->check || row->letter == 'C';
    o->quiet = o->quiet || row->letter == 'q';
    o->group = o->group || row->letter == 'b';
    o->json = o->json || row->letter == 'J';
    o->explain = o->explain || row->letter == 'E';
    o->vars = o->vars || row->letter == 'U';
    o->raw = o->raw || row->letter == 'r';
    o->yes = o->yes || row->letter == 'y';
    o->watch = o->watch || row->letter == 'W';
    o->force = o->force || row->letter == 'F';
    o->ask_pass = o->ask_pass || row->letter == 'k';
    o->ask_become_pass = o->ask_become_pass || row->letter == 'K';
    o->help = o->help || row->letter == 'h';
    o->version = o->version || row->letter == 'V';
}

/* Rows whose long name begins with these len bytes, a promised one too. */
static size_t
rows_beginning(const char *text, size_t len, const char *ret_names[ROWS])
{
    size_t count = 0;

    for (size_t i = 0; i < ROWS; i++) {
        if (strncmp(rows[i].name, text, len) == 0) {
            ret_names[count++] = rows[i].name;
        }
    }
    return count;
}

/* word: what stands behind the two dashes. */
static int
complain_long(const char *word, struct err *err)
{
    const size_t len = strcspn(word, "=");
    const char *names[ROWS];
    const size_t count = rows_beginning(word, len, names);
    const char *near, *hint;
    char *name = xstrndup(word, len);

    hint = foreign_hint(name);
    if (hint == NULL && count > 1 && len > 0) {
        free(name);
        return err_set(err, ERR_USAGE, "--%.*s is short for several options: --%s, --%s%s",
                       (int)len, word, names[0], names[1], count > 2 ? ", ..." : "");
    }
    rows_beginning("", 0, names);
    near = nearest_word(name, names, ROWS);
    if (hint != NULL) {
        err_set(err, ERR_USAGE, "there is no option --%s: %s", name, hint);
    } else if (near == NULL) {
        err_set(err, ERR_USAGE, "there is no option --%s", name);
    } else {
        err_set(err, ERR_USAGE, "there is no option --%s; did you mean --%s?", name, near);
    }
    free(name);
    return -1;
}

/* getopt(3) has moved past a long option, but not past a cluster of letters it has not finished:
 * the word before optind is the wrong one only if a letter is to blame. */
static int
complain(int got, char **argv, struct err *err)
{
    const char *word = argv[optind - 1];
    const struct row *row = row_of(optopt);
    const bool is_long = strncmp(word, "--", 2) == 0;

    if (got == ':' && is_long) {
        return err_set(err, ERR_USAGE, "%s needs a value", word);
    }
    if (got == ':') {
        return err_set(err, ERR_USAGE, "-%c needs a value", optopt);
    }
    if (optopt == 0) {
        return complain_long(word + 2, err);
    }
    if (is_long && row != NULL && row->arg == NULL && strchr(word, '=') != NULL &&
        strncmp(row->name, word + 2, strcspn(word + 2, "=")) == 0) {
        return err_set(err, ERR_USAGE, "--%s takes no value", row->name);
    }
    if (optopt < ' ' || optopt > '~') {
        return err_set(err, ERR_USAGE, "there is no option -\\x%02x", (unsigned)optopt & 0xffU);
    }
    const char letter[] = {(char)optopt, '\0'};
    const char *hint = foreign_hint(letter);
    return err_set(err, ERR_USAGE, "there is no option -%c%s%s", optopt, hint != NULL ? ": " : "",
                   hint != NULL ? hint : "");
}

static void
make_tables(struct option longs[ROWS + 1], char shorts[3 * ROWS + 2])
{
    size_t n = 0;

    memset(longs, 0, (ROWS + 1) * sizeof(*longs));
    shorts[n++] = ':';
    for (size_t i = 0; i < ROWS; i++) {
        const bool takes = rows[i].arg != NULL;
        longs[i] = (struct option){rows[i].name, takes ? required_argument : no_argument, NULL,
                                   rows[i].letter};
        if (!rows[i].is_short) {
            continue;
        }
        shorts[n++] = rows[i].letter;
        if (takes) {
            shorts[n++] = ':';
        }
    }
    shorts[n] = '\0';
}

/* getopt gives a letter of rows without a short form only for its long one: shorts lacks it. */
int
options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
    struct option longs[ROWS + 1];
    char shorts[3 * ROWS + 2];
    int got;

    *ret = (struct options){.forks = -1, .assume_ms = -1};
    make_tables(longs, shorts);
    opterr = 0;
    optind = 0; /* begin anew, permuting (getopt(3), GNU) */
    while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        const struct row *row = row_of(got);
        if (row == NULL) {
            return complain(got, argv, err);
        }
        if (row->not_yet != NULL) {
            return err_set(err, ERR_NOT_YET, "not yet: %s", row->not_yet);
        }
        if (strchr(ret->given, row->letter) == NULL) {
            ret->given[strlen(ret->given)] = row->letter;
        }
        if (row->arg == NULL) {
            take_switch(ret, row);
        } else if (take_value(ret, row, optarg, err) != 0) {
            return -1;
        }
    }
    for (int i = optind; i < argc; i++) {
        strv_add(&ret->words, argv[i]);
    }
    return 0;
}

void
options_release(struct options *o)
{
    strv_clear(&o->words);
    strv_clear(&o->tags);
    strv_clear(&o->skip_tags);
    strv_clear(&o->extra);
}

int
options_allow(const struct options *o, const char *command, const char *letters, struct err *err)
{
    for (const char *g = o->given; *g != '\0'; g++) {
        const struct row *row = row_of(*g);
        assert(row != NULL); /* only letters of rows are noted as given */
        if (strchr(letters, *g) == NULL && strchr(everywhere, *g) == NULL) {
            return err_set(err, ERR_USAGE, "%s takes no --%s", command, row->name);
        }
    }
    return 0;
}

void
options_help(FILE *f, const char *letters)
{
    for (size_t i = 0; i < ROWS; i++) {
        char left[64];
        char dash[8] = "    ";
        if (rows[i].help == NULL) {
            continue;
        }
        if (letters != NULL && strchr(letters, rows[i].letter) == NULL &&
            strchr(everywhere, rows[i].letter) == NULL) {
            continue;
        }
        if (rows[i].is_short) {
            snprintf(dash, sizeof(dash), "-%c, ", rows[i].letter);
        }
        snprintf(left, sizeof(left), "%s--%s%s%s", dash, rows[i].name,
                 rows[i].arg != NULL ? " " : "", rows[i].arg != NULL ? rows[i].arg : "");
        fprintf(f, "  %-28s %s\n", left, rows[i].help);
    }
}
