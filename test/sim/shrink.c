/*
 * shrink.c - first the case, run live anew each time; then the facts, told whatever is answered.
 *
 * Each change is kept if the failure stays.  A live case is a new story after each change, so a few
 * seeds of the world are tried.
 */
#include "sim/shrink.h"

#include "sim/script_fields.h"

#include "base/xalloc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WORLDS = 6, KEY_MAX = 256, SECONDS_MAX = 60 };

struct shrinker {
    struct world *world; /* borrowed */
    struct run run;
    struct script *best;  /* borrowed: what is made small */
    struct sim_case next; /* a change of best->c to try */
    struct record *facts; /* owned: facts to try */
    size_t facts_cap;
    char key[KEY_MAX]; /* of the failure */
    char *why;         /* borrowed */
    size_t why_cap;
    time_t until;
    bool replays; /* the facts alone make it fail */
};

/* A sentence without its numbers. */
static void
key_of(const char *why, char *ret)
{
    size_t n = 0;

    for (; *why != '\0' && n + 1 < KEY_MAX; why++) {
        if (isdigit((unsigned char)*why) == 0) {
            ret[n++] = *why;
        }
    }
    ret[n] = '\0';
}

static bool
is_same(const struct shrinker *s)
{
    char key[KEY_MAX];

    key_of(s->run.wrong, key);
    return strcmp(key, s->key) == 0;
}

static bool
is_late(const struct shrinker *s)
{
    return time(NULL) > s->until;
}

static void
take_why(struct shrinker *s)
{
    (void)snprintf(s->why, s->why_cap, "%s", s->run.wrong);
}

/* ---- the case, live */

/* next fails in the world too, with its seed or one of a few others: then it is the best. */
static bool
try_live(struct shrinker *s)
{
    const uint64_t seed = s->next.seed;

    for (uint64_t i = 0; i < WORLDS && !is_late(s); i++) {
        s->next.seed = i == 0 ? seed : i;
        if (run_live(&s->run, s->world, &s->next) == RUN_FAILED && is_same(s)) {
            case_copy(&s->best->c, &s->next);
            take_why(s);
            return true;
        }
    }
    return false;
}

static bool
try_replay(struct shrinker *s, const struct sim_case *c, const struct record *facts, size_t count)
{
    return run_replay(&s->run, s->world, c, facts, count) == RUN_FAILED && is_same(s);
}

/* Facts of hosts that are no more are left out. */
static size_t
facts_within(struct shrinker *s, const struct sim_case *c)
{
    size_t n = 0;

    for (size_t i = 0; i < s->best->count; i++) {
        const int32_t host = s->best->facts[i].fact.host;
        if (host < c->host_count || host >= s->best->c.host_count) {
            s->facts[n++] = s->best->facts[i];
        }
    }
    return n;
}

static bool
try_case(struct shrinker *s)
{
    if (!s->replays) {
        return try_live(s);
    }
    const size_t count = facts_within(s, &s->next);
    if (!try_replay(s, &s->next, s->facts, count)) {
        return false;
    }
    case_copy(&s->best->c, &s->next);
    memcpy(s->best->facts, s->facts, count * sizeof(*s->facts));
    s->best->count = count;
    take_why(s);
    return true;
}

static bool
fewer_hosts(struct shrinker *s)
{
    bool any = false;

    for (int32_t cut = s->best->c.host_count / 2; cut >= 1 && !is_late(s);) {
        if (s->best->c.host_count <= cut) {
            cut /= 2;
            continue;
        }
        case_copy(&s->next, &s->best->c);
        s->next.host_count -= cut;
        if (try_case(s)) {
            any = true;
        } else {
            cut /= 2;
        }
    }
    return any;
}

/* Take element i of a list of `count` things of `size` bytes away. */
static void
remove_at(void *list, int32_t *count, int32_t i, size_t size)
{
    char *base = list;

    memmove(base + (size_t)i * size, base + (size_t)(i + 1) * size,
            (size_t)(*count - i - 1) * size);
    (*count)--;
}

static bool
fewer_of(struct shrinker *s, size_t list, size_t count, size_t size, int32_t least)
{
    bool any = false;
    int32_t i = 0;

    while (!is_late(s)) {
        case_copy(&s->next, &s->best->c);
        int32_t *n = (int32_t *)(void *)((char *)&s->next + count);
        if (i >= *n || *n <= least) {
            break;
        }
        remove_at((char *)&s->next + list, n, i, size);
        if (try_case(s)) {
            any = true;
        } else {
            i++;
        }
    }
    return any;
}

#define FEWER(s, list, count, least)                                                               \
    fewer_of(s, offsetof(struct sim_case, list), offsetof(struct sim_case, count),                 \
             sizeof((s)->next.list[0]), least)

static bool
fewer_things(struct shrinker *s)
{
    bool any = FEWER(s, verbs, verb_count, 0);

    if (!s->replays) { /* facts name steps by number */
        any = FEWER(s, steps, step_count, 1) || any;
        any = FEWER(s, rollback_steps, rollback_count, 0) || any;
        any = FEWER(s, finally_steps, finally_count, 0) || any;
        any = FEWER(s, checks, check_count, 0) || any;
    }
    any = FEWER(s, policy.serial, policy.serial_count, 0) || any;
    for (int32_t *n = &s->next.parallel_by_count; n != NULL;) {
        case_copy(&s->next, &s->best->c);
        if (*n == 0) {
            break;
        }
        --*n;
        if (!try_case(s)) {
            break;
        }
        any = true;
    }
    for (int32_t *n = &s->next.budget_by_count; n != NULL;) {
        case_copy(&s->next, &s->best->c);
        if (*n == 0) {
            break;
        }
        --*n;
        if (!try_case(s)) {
            break;
        }
        any = true;
    }
    case_copy(&s->next, &s->best->c);
    if (s->next.sequenced) {
        s->next.sequenced = false;
        any = try_case(s) || any;
    }
    return any;
}

/* Each number to zero, else to one, else to half. */
static bool
simpler_field(struct shrinker *s, const struct field *f, size_t base)
{
    for (int64_t way = 0; way < 3 && !is_late(s); way++) {
        case_copy(&s->next, &s->best->c);
        char *place = (char *)&s->next + base;
        const int64_t value = field_get(f, place);
        const int64_t simple = way == 2 ? value / 2 : way;
        if (value == 0 || value == simple || (way == 2 && value < 4) ||
            (way > 0 && (f->kind == FIELD_ENUM || f->kind == FIELD_BOOL))) {
            continue;
        }
        field_set(f, place, simple);
        if (try_case(s)) {
            return true;
        }
    }
    return false;
}

static bool
simpler_steps(struct shrinker *s, size_t list, int32_t count)
{
    bool any = false;

    for (int32_t i = 0; i < count; i++) {
        const size_t base = list + (size_t)i * sizeof(struct plan_step);
        for (const struct field *f = step_fields; f->name != NULL; f++) {
            any = simpler_field(s, f, base) || any;
        }
        struct plan_step *step = (struct plan_step *)(void *)((char *)&s->next + base);
        case_copy(&s->next, &s->best->c);
        memset(step->ok_codes, 0, sizeof(step->ok_codes));
        if (memcmp(&s->next.steps, &s->best->c.steps, sizeof(s->next.steps)) != 0) {
            any = try_case(s) || any;
        }
    }
    return any;
}

static bool
simpler_numbers(struct shrinker *s)
{
    bool any = false;

    for (const struct field *f = case_fields; f->name != NULL; f++) {
        if (strcmp(f->name, "seed") != 0) {
            any = simpler_field(s, f, 0) || any;
        }
    }
    any = simpler_steps(s, offsetof(struct sim_case, steps), s->best->c.step_count) || any;
    any = simpler_steps(s, offsetof(struct sim_case, rollback_steps), s->best->c.rollback_count) ||
          any;
    return simpler_steps(s, offsetof(struct sim_case, finally_steps), s->best->c.finally_count) ||
           any;
}

static void
shrink_case(struct shrinker *s)
{
    for (bool any = true; any && !is_late(s);) {
        any = fewer_hosts(s);
        any = fewer_things(s) || any;
        any = simpler_numbers(s) || any;
    }
}

/* ---- the facts, told whatever is answered */

static bool
keep_facts(struct shrinker *s, size_t count)
{
    if (!try_replay(s, &s->best->c, s->facts, count)) {
        return false;
    }
    memcpy(s->best->facts, s->facts, count * sizeof(*s->facts));
    s->best->count = count;
    take_why(s);
    return true;
}

/* Delta debugging: pieces of half the list, of a quarter, ... of one fact. */
static bool
fewer_facts(struct shrinker *s)
{
    bool any = false;

    for (size_t piece = s->best->count / 2; piece >= 1 && !is_late(s); piece /= 2) {
        for (size_t at = 0; at < s->best->count && !is_late(s);) {
            const size_t end = at + piece < s->best->count ? at + piece : s->best->count;
            const size_t tail = s->best->count - end;
            memcpy(s->facts, s->best->facts, at * sizeof(*s->facts));
            memcpy(s->facts + at, s->best->facts + end, tail * sizeof(*s->facts));
            if (keep_facts(s, at + tail)) {
                any = true;
            } else {
                at += piece;
            }
        }
    }
    return any;
}

/* The best case fails live; take its facts, up to where it fails, if these alone do it. */
static void
take_facts(struct shrinker *s)
{
    struct script *b = s->best;

    (void)run_live(&s->run, s->world, &b->c);
    const size_t count = s->run.journal_count + 1;
    b->facts = xreallocarray(b->facts, count, sizeof(*b->facts));
    s->facts = xreallocarray(s->facts, count, sizeof(*s->facts));
    b->cap = count;
    b->count = s->run.journal_count;
    if (b->count > 0) {
        memcpy(b->facts, s->run.journal, b->count * sizeof(*b->facts));
    }
    if (s->run.has_last) {
        b->facts[b->count++] = s->run.last;
    }
    s->replays = b->count > 0 && try_replay(s, &b->c, b->facts, b->count);
    if (!s->replays) {
        b->count = 0;
    }
}

void
shrink(struct world *w, const struct sim_case *c, const char *why, struct script *ret,
       char *ret_why, size_t why_cap)
{
    struct shrinker s = {
        .world = w, .best = ret, .why = ret_why, .why_cap = why_cap, .until = time(NULL)};

    s.until += SECONDS_MAX;
    run_init(&s.run);
    case_init(&s.next);
    case_copy(&ret->c, c);
    key_of(why, s.key);
    (void)snprintf(ret_why, why_cap, "%s", why);
    shrink_case(&s);
    take_facts(&s);
    for (bool any = s.replays; any && !is_late(&s);) {
        any = fewer_facts(&s);
        any = fewer_hosts(&s) || any;
        any = fewer_things(&s) || any;
        any = simpler_numbers(&s) || any;
    }
    run_release(&s.run);
    case_release(&s.next);
    free(s.facts);
}
