/*
 * play.c - reads what play.h says and shows it to the checker.
 */
#include "sim/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM_MAX = 96 };

struct player {
    struct check *k; /* borrowed */
    int64_t now_ms;
    bool turn; /* a fact was told, and perhaps orders */
    char bad[ITEM_MAX + 32];
};

struct numbers {
    int32_t host, step, attempt, exit_code, slot;
    int64_t value;
    enum cause cause;
};

/* False when the word is none. */
static bool
cause_of(const char *word, enum cause *ret_cause)
{
    static const struct {
        const char *word;
        enum cause cause;
    } causes[] = {
        {"auth", CAUSE_AUTH},       {"connect", CAUSE_CONNECT}, {"lost", CAUSE_LOST},
        {"refused", CAUSE_REFUSED}, {"idle", CAUSE_IDLE},       {"killed", CAUSE_KILLED},
        {"hostkey", CAUSE_HOSTKEY}, {"name", CAUSE_NAME},
    };

    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (strcmp(word, causes[i].word) == 0) {
            *ret_cause = causes[i].cause;
            return true;
        }
    }
    return false;
}

static struct numbers
read_numbers(struct player *p, char **save)
{
    struct numbers n = {.host = -1, .step = -1, .slot = -1};
    const char *word;

    while ((word = strtok_r(NULL, " ", save)) != NULL) {
        char *end = NULL;
        const long number = strtol(word + (word[0] < '0' || word[0] > '9'), &end, 10);
        switch (word[0]) {
        case '#':
            n.attempt = (int32_t)number;
            break;
        case 'x':
            n.exit_code = (int32_t)number;
            break;
        case 's':
            n.slot = (int32_t)number;
            break;
        case 'v':
            n.value = number;
            break;
        case 'c':
            end += cause_of(word + 1, &n.cause) ? strlen(end) : 0;
            break;
        default:
            n.host = (int32_t)number;
            if (*end == '.') {
                n.step = (int32_t)strtol(end + 1, &end, 10);
            }
            break;
        }
        if (*end != '\0') {
            (void)snprintf(p->bad, sizeof(p->bad), "cannot read %s", word);
        }
    }
    return n;
}

static void
end_turn(struct player *p)
{
    if (p->turn) {
        check_turn(p->k, p->now_ms);
    }
    p->turn = false;
}

static bool
find(const char *word, const char *(*name)(int i), int count, int *ret_i)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(word, name(i)) == 0) {
            *ret_i = i;
            return true;
        }
    }
    return false;
}

static const char *
name_of_fact(int i)
{
    return fact_name((enum fact_kind)i);
}

static const char *
name_of_verb(int i)
{
    return verb_name((enum verb)i);
}

static const char *
name_of_order(int i)
{
    return order_name((enum order_kind)i);
}

static void
play_fact(struct player *p, const char *word, const struct numbers *n)
{
    struct fact f = {.host = n->host,
                     .step = n->step,
                     .attempt = n->attempt,
                     .cause = n->cause,
                     .exit_code = n->exit_code,
                     .value = n->value};
    int i = 0;

    if (find(word, name_of_fact, FACT_KINDS, &i)) {
        f.kind = (enum fact_kind)i;
    } else if (find(word, name_of_verb, VERBS, &i)) {
        f.kind = FACT_VERB;
        f.verb = (enum verb)i;
    } else {
        (void)snprintf(p->bad, sizeof(p->bad), "no such fact: %s", word);
        return;
    }
    end_turn(p);
    check_fact(p->k, p->now_ms, &f);
    p->turn = true;
}

static void
play_order(struct player *p, const char *word, const struct numbers *n)
{
    struct order o = {.host = n->host,
                      .step = n->step,
                      .attempt = n->attempt,
                      .slot = n->slot,
                      .value = n->value};
    int i = 0;

    if (!find(word, name_of_order, ORDER_KINDS, &i)) {
        (void)snprintf(p->bad, sizeof(p->bad), "no such order: %s", word);
        return;
    }
    o.kind = (enum order_kind)i;
    check_order(p->k, p->now_ms, &o);
}

static void
play_item(struct player *p, char *item)
{
    char *save = NULL;
    const char *sign = strtok_r(item, " ", &save);

    if (sign == NULL) {
        return;
    }
    if (sign[0] == '@') {
        end_turn(p);
        p->now_ms = strtol(sign + 1, NULL, 10);
        return;
    }
    const char *word = strtok_r(NULL, " ", &save);

    if (word == NULL || strchr("<>", sign[0]) == NULL) {
        (void)snprintf(p->bad, sizeof(p->bad), "cannot read %s", sign);
        return;
    }
    const struct numbers n = read_numbers(p, &save);

    if (sign[0] == '<') {
        play_fact(p, word, &n);
    } else {
        play_order(p, word, &n);
    }
}

const char *
play(struct check *k, const char *script, bool ends, char *text, size_t size)
{
    struct player p = {.k = k, .turn = true};

    while (*script != '\0' && p.bad[0] == '\0' && check_wrong(k) == NULL) {
        const size_t len = strcspn(script, ";");
        char item[ITEM_MAX];
        (void)snprintf(item, sizeof(item), "%.*s", (int)len, script);
        play_item(&p, item);
        script += len + (script[len] == ';');
    }
    end_turn(&p);
    if (ends) {
        check_end(k);
    }
    const char *wrong = p.bad[0] != '\0' ? p.bad : check_wrong(k);

    (void)snprintf(text, size, "%s", wrong == NULL ? "" : wrong);
    return wrong == NULL ? NULL : text;
}
