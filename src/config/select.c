/*
 * select.c - which hosts `-l` means: Ansible's patterns on our inventory.
 *
 * Decides the order of terms (plain ones, then `&`, then `!`) and what one of them matches, as
 * inventory/manager.py of ansible-core 2.14 does; unlike there, a term that matches nothing is an
 * error.  Owns its selection during a call.
 */
#include "config/select.h"

#include "base/glob.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "config/nearest.h"
#include "config/pattern.h"
#include "config/pattern_regex.h"

#include <stdlib.h>
#include <string.h>

enum {
    STEPS_TOTAL = 100000000, /* of all regular expressions on all names: about a second */
    STEPS_LEAST = 1000,
    STEPS_MOST = 1000000,
};

static const char all[] = "all";
static const char ungrouped[] = "ungrouped";

/* ---- what -l and -w share */

static void
free_picks(void *p)
{
    struct picks *picks = p;

    free(picks->hosts);
    free(picks);
}

void
selection_init(struct selection *s, const struct inventory *inv)
{
    const size_t n = inventory_count(inv);

    *s = (struct selection){.inv = inv,
                            .count = n,
                            .in = xcalloc(n, sizeof(*s->in)),
                            .hosts = map_new(NULL),
                            .groups = map_new(free_picks)};
    for (size_t i = 0; i < n; i++) {
        map_set(s->hosts, inventory_host(inv, i)->name, &s->in[i]);
    }
}

void
selection_release(struct selection *s)
{
    map_free(s->hosts);
    map_free(s->groups);
    free(s->in);
    *s = (struct selection){0};
}

ptrdiff_t
selection_host(const struct selection *s, const char *name)
{
    const bool *in = map_get(s->hosts, name);

    return in == NULL ? -1 : in - s->in;
}

static void
add_pick(struct picks *picks, size_t host)
{
    picks->hosts = xgrow(picks->hosts, picks->count, &picks->cap, sizeof(*picks->hosts));
    picks->hosts[picks->count++] = host;
}

static void
add_picks(struct picks *picks, const struct picks *more)
{
    for (size_t i = 0; i < more->count; i++) {
        add_pick(picks, more->hosts[i]);
    }
}

const struct picks *
selection_group(struct selection *s, const char *name)
{
    struct picks *picks = map_get(s->groups, name);
    const struct strv *members = inventory_members(s->inv, name);

    if (picks != NULL || (members == NULL && strcmp(name, ungrouped) != 0)) {
        return picks;
    }
    picks = xcalloc(1, sizeof(*picks));
    for (size_t i = 0; members != NULL && i < members->count; i++) {
        const ptrdiff_t host = selection_host(s, members->items[i]);
        if (host >= 0) {
            add_pick(picks, (size_t)host);
        }
    }
    map_set(s->groups, name, picks);
    return picks;
}

int
selection_unknown(const struct selection *s, const char *name, struct err *err)
{
    const struct strv *groups = inventory_groups(s->inv);
    const char **words = xcalloc(s->count + groups->count, sizeof(*words));

    for (size_t i = 0; i < s->count; i++) {
        words[i] = inventory_host(s->inv, i)->name;
    }
    for (size_t i = 0; i < groups->count; i++) {
        words[s->count + i] = groups->items[i];
    }
    const char *near = nearest_word(name, words, s->count + groups->count);
    (void)err_set(err, ERR_NO_MATCH,
                  near == NULL ? "no host or group matches '%.200s'"
                               : "no host or group matches '%.200s' (did you mean %s?)",
                  name, near);
    free((void *)words);
    return -1;
}

/* Nothing is a mistake of the one who asked, never "all is done". */
int
selection_take(const struct selection *s, const char *text, size_t **ret_hosts, size_t *ret_count,
               struct err *err)
{
    size_t *hosts = xcalloc(s->count, sizeof(*hosts));
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++) {
        if (s->in[i]) {
            hosts[count++] = i;
        }
    }
    if (count == 0) {
        free(hosts);
        return err_set(err, ERR_NO_MATCH, "'%.200s' leaves no host", text);
    }
    *ret_hosts = hosts;
    *ret_count = count;
    return 0;
}

/* ---- one term */

/* A term without its `&`, `!` and subscript, ready to be held against names. */
struct matcher {
    char *text; /* owned, as all below */
    struct glob *glob;
    struct pattern_regex *regex;
};

static void
matcher_release(struct matcher *m)
{
    free(m->text);
    glob_free(m->glob);
    pattern_regex_free(m->regex);
}

static bool
is_scan(const char *text)
{
    return text[0] == '~' || strpbrk(text, "*?[") != NULL;
}

static int
matcher_init(struct matcher *m, const char *text, size_t len, uint32_t steps_max, struct err *err)
{
    *m = (struct matcher){.text = xstrndup(text, len)};
    if (m->text[0] == '~') {
        m->regex = pattern_regex_new(m->text + 1, steps_max, err);
        return m->regex == NULL ? -1 : 0;
    }
    if (is_scan(m->text)) {
        m->glob = glob_new(m->text);
    }
    return 0;
}

static int
is_match(const struct matcher *m, const char *name, bool *ret_match, struct err *err)
{
    if (m->regex != NULL) {
        return pattern_regex_match(m->regex, name, ret_match, err);
    }
    *ret_match = m->glob != NULL ? glob_match(m->glob, name) : strcmp(m->text, name) == 0;
    return 0;
}

static int
pick_group(struct selection *s, const struct matcher *m, const char *name, struct picks *picks,
           bool *found, struct err *err)
{
    const struct picks *members = NULL;
    bool match = false;

    if (is_match(m, name, &match, err) < 0) {
        return -1;
    }
    if (match) {
        members = selection_group(s, name);
    }
    if (members != NULL) {
        *found = true;
        add_picks(picks, members);
    }
    return 0;
}

/* all and ungrouped come first, as Ansible makes them first. */
static int
pick_groups(struct selection *s, const struct matcher *m, struct picks *picks, bool *found,
            struct err *err)
{
    const struct strv *groups = inventory_groups(s->inv);
    int rc = pick_group(s, m, all, picks, found, err);

    if (rc == 0) {
        rc = pick_group(s, m, ungrouped, picks, found, err);
    }
    for (size_t i = 0; i < groups->count && rc == 0; i++) {
        if (strcmp(groups->items[i], all) != 0 && strcmp(groups->items[i], ungrouped) != 0) {
            rc = pick_group(s, m, groups->items[i], picks, found, err);
        }
    }
    return rc;
}

/* In the order of reading, which a subscript counts by: `web-*[0]`. */
static int
pick_hosts(const struct selection *s, const struct matcher *m, struct picks *picks, struct err *err)
{
    if (m->glob == NULL && m->regex == NULL) {
        const ptrdiff_t host = selection_host(s, m->text);
        if (host >= 0) {
            add_pick(picks, (size_t)host);
        }
        return 0;
    }
    const size_t *order = inventory_read_order(s->inv);
    for (size_t i = 0; i < s->count; i++) {
        bool match = false;
        if (is_match(m, inventory_host(s->inv, order[i])->name, &match, err) < 0) {
            return -1;
        }
        if (match) {
            add_pick(picks, order[i]);
        }
    }
    return 0;
}

/* Groups first; hosts too when the term is a pattern, or has a dot, or is no group. */
static int
enumerate(struct selection *s, const struct matcher *m, const char *term, struct picks *picks,
          struct err *err)
{
    const bool plain = m->glob == NULL && m->regex == NULL;
    bool found = false;
    int rc = 0;

    if (plain) {
        const struct picks *members = selection_group(s, m->text);
        found = members != NULL;
        if (found) {
            add_picks(picks, members);
        }
    } else {
        rc = pick_groups(s, m, picks, &found, err);
    }
    if (rc == 0 && (!found || !plain || strchr(m->text, '.') != NULL)) {
        rc = pick_hosts(s, m, picks, err);
    }
    return rc == 0 && !found && picks->count == 0 ? selection_unknown(s, term, err) : rc;
}

static int
match_term(struct selection *s, const char *term, uint32_t steps_max, struct picks *picks,
           struct err *err)
{
    struct subscript sub;
    struct matcher m;
    size_t from = 0;
    size_t end = 0;
    int rc = matcher_init(&m, term, pattern_subscript(term, &sub), steps_max, err);

    if (rc == 0) {
        rc = enumerate(s, &m, term, picks, err);
    }
    if (rc == 0 && subscript_apply(&sub, picks->count, &from, &end) < 0) {
        rc = err_set(err, ERR_NO_MATCH, "'%.200s': %.200s has %zu host%s", term, m.text,
                     picks->count, picks->count == 1 ? "" : "s");
    }
    if (rc == 0 && from < end) {
        memmove(picks->hosts, picks->hosts + from, (end - from) * sizeof(*picks->hosts));
    }
    if (rc == 0) {
        picks->count = end - from;
    }
    matcher_release(&m);
    return rc;
}

/* ---- all terms */

static void
apply(struct selection *s, char kind, const struct picks *picks)
{
    bool *mark = xcalloc(s->count, sizeof(*mark));

    for (size_t i = 0; i < picks->count; i++) {
        mark[picks->hosts[i]] = true;
    }
    for (size_t i = 0; i < s->count; i++) {
        if (kind == '&') {
            s->in[i] = s->in[i] && mark[i];
        } else if (kind == '!') {
            s->in[i] = s->in[i] && !mark[i];
        } else {
            s->in[i] = s->in[i] || mark[i];
        }
    }
    free(mark);
}

static char
kind_of(const char *term)
{
    if (term[0] == '&' || term[0] == '!') {
        return term[0];
    }
    return '+';
}

static int
want_term(struct selection *s, const char *term, uint32_t steps_max, struct err *err)
{
    const char kind = kind_of(term);
    const ptrdiff_t host = selection_host(s, term);
    struct picks picks = {0};
    int rc = 0;

    if (host >= 0) {
        s->in[host] = true; /* a host wins over a group of its name */
        return 0;
    }
    const char *name = kind == '+' ? term : term + 1;
    if (name[0] == '\0') {
        return err_set(err, ERR_USAGE, "'%s' stands for itself: a name is missing", term);
    }
    rc = match_term(s, name, steps_max, &picks, err);
    if (rc == 0) {
        apply(s, kind, &picks);
    }
    free(picks.hosts);
    return rc;
}

/* What each match of a regular expression may cost, so that all together end in time. */
static int
share_steps(const struct selection *s, const struct strv *terms, uint32_t *ret_steps,
            struct err *err)
{
    size_t scans = 0;
    size_t regexes = 0;

    for (size_t i = 0; i < terms->count; i++) {
        const char *text = terms->items[i] + (kind_of(terms->items[i]) == '+' ? 0 : 1);
        scans += is_scan(text) ? 1 : 0;
        regexes += text[0] == '~' ? 1 : 0;
    }
    if (scans > PATTERN_SCANS_MAX) {
        return err_set(err, ERR_USAGE, "more than %d globs and regular expressions",
                       PATTERN_SCANS_MAX);
    }
    const size_t names = s->count + inventory_groups(s->inv)->count + 2;
    const size_t share = STEPS_TOTAL / (names * (regexes + 1));
    *ret_steps = (uint32_t)(share < STEPS_LEAST  ? STEPS_LEAST
                            : share > STEPS_MOST ? STEPS_MOST
                                                 : share);
    return 0;
}

static int
want_all_terms(struct selection *s, const struct strv *terms, struct err *err)
{
    uint32_t steps_max = 0;
    bool plain = false;
    int rc = share_steps(s, terms, &steps_max, err);

    for (const char *kind = "+&!"; *kind != '\0' && rc == 0; kind++) {
        for (size_t i = 0; i < terms->count && rc == 0; i++) {
            if (kind_of(terms->items[i]) == *kind) {
                rc = want_term(s, terms->items[i], steps_max, err);
                plain = plain || *kind == '+';
            }
        }
        /* Without a plain term, all are meant. */
        for (size_t i = 0; !plain && *kind == '+' && i < s->count; i++) {
            s->in[i] = true;
        }
    }
    return rc;
}

int
inventory_select(const struct inventory *inv, const char *pattern, size_t **ret_hosts,
                 size_t *ret_count, struct err *err)
{
    struct selection s;
    struct strv terms = {0};
    int rc = pattern_split(pattern, &terms, err);

    selection_init(&s, inv);
    if (rc == 0 && terms.count == 0) {
        rc = err_set(err, ERR_NO_MATCH, "an empty pattern matches no host");
    }
    if (rc == 0) {
        rc = want_all_terms(&s, &terms, err);
    }
    if (rc == 0) {
        rc = selection_take(&s, pattern, ret_hosts, ret_count, err);
    }
    selection_release(&s);
    strv_clear(&terms);
    return rc;
}
