/*
 * script.c - writes and reads the text form of a case and its facts.
 *
 * What is zero is not written, so that a small case is a short file.
 */
#include "sim/script.h"

#include "sim/say.h"
#include "sim/script_fields.h"

#include "base/xalloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
script_init(struct script *s)
{
    *s = (struct script){0};
    case_init(&s->c);
}

void
script_release(struct script *s)
{
    case_release(&s->c);
    free(s->facts);
}

/* ---- writing */

static void
write_amount(FILE *out, struct amount a)
{
    (void)fprintf(out, " %" PRId32 "%s", a.value, a.percent ? "%" : "");
}

static void
write_field(FILE *out, const struct field *f, const void *base)
{
    const int64_t value = field_get(f, base);

    (void)fprintf(out, "%s", f->name);
    if (f->kind == FIELD_AMOUNT) {
        write_amount(out, *(const struct amount *)(const void *)((const char *)base + f->offset));
    } else if (f->kind == FIELD_ENUM) {
        (void)fprintf(out, " %s", f->word((int)value));
    } else if (f->kind == FIELD_UINT64) {
        (void)fprintf(out, " %" PRIu64, (uint64_t)value);
    } else {
        (void)fprintf(out, " %" PRId64, value);
    }
}

static void
write_steps(FILE *out, const char *list, const struct plan_step *steps, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        (void)fprintf(out, "%s", list);
        for (const struct field *f = step_fields; f->name != NULL; f++) {
            if (field_get(f, &steps[i]) != 0) {
                (void)putc(' ', out);
                write_field(out, f, &steps[i]);
            }
        }
        for (int code = 0; code < 256; code++) {
            if ((steps[i].ok_codes[code / 8] >> (code % 8) & 1) != 0) {
                (void)fprintf(out, " ok %d", code);
            }
        }
        (void)putc('\n', out);
    }
}

static void
write_parting(FILE *out, const char *name, const struct sim_parting *o, int32_t hosts)
{
    (void)fprintf(out, "%s", name);
    write_amount(out, o->limit);
    (void)fprintf(out, " of %" PRId32 " values:", o->value_count);
    for (int32_t i = 0; i < hosts; i++) {
        (void)fprintf(out, " %" PRId32, o->value_of[i]);
    }
    (void)putc('\n', out);
}

static void
write_lists(FILE *out, const struct sim_case *c)
{
    if (c->policy.serial_count > 0) {
        (void)fprintf(out, "serial");
        for (int32_t i = 0; i < c->policy.serial_count; i++) {
            write_amount(out, c->policy.serial[i]);
        }
        (void)putc('\n', out);
    }
    write_steps(out, "step", c->steps, c->step_count);
    write_steps(out, "finally", c->finally_steps, c->finally_count);
    write_steps(out, "rollback", c->rollback_steps, c->rollback_count);
    for (int32_t i = 0; i < c->check_count; i++) {
        (void)fprintf(out, "check %s\n", c->checks[i].local ? "local" : "remote");
    }
    for (int32_t i = 0; i < c->parallel_by_count; i++) {
        write_parting(out, "parallel_by", &c->parallel_by[i], c->host_count);
    }
    for (int32_t i = 0; i < c->budget_by_count; i++) {
        write_parting(out, "budget_by", &c->budget_by[i], c->host_count);
    }
    if (c->sequenced) {
        write_parting(out, "sequence_by", &c->sequence_by, c->host_count);
    }
    for (int32_t i = 0; i < c->verb_count; i++) {
        const struct sim_verb *v = &c->verbs[i];
        (void)fprintf(out, "verb %s at %" PRId64 " host %" PRId32 " value %" PRId64 "\n",
                      verb_name(v->verb), v->at_ms, v->host, v->value);
    }
}

void
script_write(FILE *out, const struct sim_case *c, const struct record *facts, size_t count)
{
    (void)fprintf(out, "hosts %" PRId32 "\n", c->host_count);
    (void)fprintf(out, "names");
    for (int32_t i = 0; i < c->host_count; i++) {
        (void)fprintf(out, " %s", c->names[i]);
    }
    (void)putc('\n', out);
    for (const struct field *f = case_fields; f->name != NULL; f++) {
        if (field_get(f, c) != 0) {
            write_field(out, f, c);
            (void)putc('\n', out);
        }
    }
    write_lists(out, c);
    for (size_t i = 0; i < count; i++) {
        say_fact(out, facts[i].at_ms, &facts[i].fact);
    }
}

/* ---- reading */

struct reader {
    struct script *s;
    char *rest;           /* of the line */
    const char *expected; /* what did not come; NULL: all is well */
};

static const char *
next_word(struct reader *r)
{
    return strtok_r(NULL, " \t\n", &r->rest);
}

static int64_t
to_number(struct reader *r, const char *word)
{
    char *end = NULL;

    if (word == NULL) {
        r->expected = "a number";
        return 0;
    }
    errno = 0;
    const int64_t value =
        word[0] == '-' ? (int64_t)strtoll(word, &end, 10) : (int64_t)strtoull(word, &end, 10);
    if (end == word || (*end != '\0' && strcmp(end, "%") != 0) || errno != 0) {
        r->expected = "a number";
    }
    return value;
}

static int64_t
next_number(struct reader *r)
{
    return to_number(r, next_word(r));
}

static struct amount
to_amount(struct reader *r, const char *word)
{
    struct amount a = {.value = (int32_t)to_number(r, word)};

    a.percent = word != NULL && word[0] != '\0' && word[strlen(word) - 1] == '%';
    return a;
}

/* The index of word among names of which ' ' is written '_'; -1. */
static int
find_word(const char *word, const char *(*name)(int i), int count)
{
    for (int i = 0; word != NULL && i < count; i++) {
        const char *a = word;
        const char *b = name(i);
        while (*a != '\0' && (*a == *b || (*a == '_' && *b == ' '))) {
            a++;
            b++;
        }
        if (*a == '\0' && *b == '\0') {
            return i;
        }
    }
    return -1;
}

static void
read_field(struct reader *r, const struct field *f, void *base)
{
    const char *word = next_word(r);

    if (f->kind == FIELD_ENUM) {
        const int i = find_word(word, f->word, f->words);
        r->expected = i < 0 ? f->name : r->expected;
        field_set(f, base, i < 0 ? 0 : i);
    } else if (f->kind == FIELD_AMOUNT) {
        *(struct amount *)(void *)((char *)base + f->offset) = to_amount(r, word);
    } else {
        field_set(f, base, to_number(r, word));
    }
}

static const struct field *
find_field(const struct field *list, const char *name)
{
    for (; list->name != NULL; list++) {
        if (strcmp(list->name, name) == 0) {
            return list;
        }
    }
    return NULL;
}

static void
read_step(struct reader *r, struct plan_step *list, int32_t *count, int32_t most)
{
    const char *word;

    if (*count == most) {
        r->expected = "fewer steps";
        return;
    }
    struct plan_step *s = &list[(*count)++];
    *s = (struct plan_step){0};
    while ((word = next_word(r)) != NULL) {
        const struct field *f = find_field(step_fields, word);
        if (f != NULL) {
            read_field(r, f, s);
        } else if (strcmp(word, "ok") == 0) {
            const int64_t code = next_number(r) & 255;
            s->ok_codes[code / 8] |= (uint8_t)(1 << (code % 8));
        } else {
            r->expected = "a key of a step";
        }
    }
}

static void
read_parting(struct reader *r, struct sim_parting *o)
{
    o->limit = to_amount(r, next_word(r));
    (void)next_word(r); /* of */
    o->value_count = (int32_t)next_number(r);
    (void)next_word(r); /* values: */
    for (int32_t i = 0; i < r->s->c.host_count; i++) {
        o->value_of[i] = (int32_t)next_number(r);
        if (o->value_of[i] < 0 || o->value_of[i] >= o->value_count) {
            r->expected = "a value below the number of values";
        }
    }
}

static void
read_names(struct reader *r)
{
    struct sim_case *c = &r->s->c;

    for (int32_t i = 0; i < c->host_count; i++) {
        const char *word = next_word(r);
        if (word == NULL || strlen(word) >= SIM_NAME_MAX) {
            r->expected = "a name a host";
            return;
        }
        (void)snprintf(c->name_bytes[i], SIM_NAME_MAX, "%s", word);
        c->names[i] = c->name_bytes[i];
    }
}

static const char *
verb_word(int i)
{
    return verb_name((enum verb)i);
}

static const char *
fact_word(int i)
{
    return fact_name((enum fact_kind)i);
}

static const char *
cause_word(int i)
{
    return cause_name((enum cause)i);
}

static enum verb
read_verb_word(struct reader *r)
{
    const int verb = find_word(next_word(r), verb_word, VERBS);

    r->expected = verb < 0 ? "a verb" : r->expected;
    return verb < 0 ? VERB_PAUSE : (enum verb)verb;
}

static void
read_case_verb(struct reader *r)
{
    struct sim_case *c = &r->s->c;
    struct sim_verb v = {.host = -1};
    const char *word;

    v.verb = read_verb_word(r);
    while ((word = next_word(r)) != NULL) {
        const int64_t n = next_number(r);
        if (strcmp(word, "at") == 0) {
            v.at_ms = n;
        } else if (strcmp(word, "host") == 0) {
            v.host = (int32_t)n;
        } else {
            v.value = n;
        }
    }
    if (c->verb_count == SIM_VERBS_MAX) {
        r->expected = "fewer verbs";
        return;
    }
    c->verbs[c->verb_count++] = v;
}

static void
read_fact_key(struct reader *r, struct fact *f, const char *key)
{
    if (strcmp(key, "cause") == 0) {
        const int cause = find_word(next_word(r), cause_word, CAUSES);
        r->expected = cause < 0 ? "a cause" : r->expected;
        f->cause = cause < 0 ? CAUSE_NONE : (enum cause)cause;
        return;
    }
    const int64_t n = next_number(r);
    if (strcmp(key, "host") == 0) {
        f->host = (int32_t)n;
    } else if (strcmp(key, "step") == 0) {
        f->step = (int32_t)n;
    } else if (strcmp(key, "attempt") == 0) {
        f->attempt = (int32_t)n;
    } else if (strcmp(key, "exit") == 0) {
        f->exit_code = (int32_t)n;
    } else if (strcmp(key, "signal") == 0) {
        f->signal = (int32_t)n;
    } else if (strcmp(key, "value") == 0) {
        f->value = n;
    } else {
        r->expected = "a key of a fact";
    }
}

static void
read_fact(struct reader *r)
{
    struct script *s = r->s;
    struct record k = {.at_ms = next_number(r), .fact = {.host = -1, .step = -1}};
    const char *word = next_word(r);
    const int kind = find_word(word, fact_word, FACT_KINDS);

    if (kind < 0) {
        r->expected = "a fact";
        return;
    }
    k.fact.kind = (enum fact_kind)kind;
    if (k.fact.kind == FACT_VERB) {
        k.fact.verb = read_verb_word(r);
    }
    while ((word = next_word(r)) != NULL) {
        read_fact_key(r, &k.fact, word);
    }
    if (s->count > 0 && k.at_ms < s->facts[s->count - 1].at_ms) {
        r->expected = "a time that does not go backwards";
    }
    s->facts = xgrow(s->facts, s->count, &s->cap, sizeof(*s->facts));
    s->facts[s->count++] = k;
}

static void
read_list(struct reader *r, const char *word)
{
    struct sim_case *c = &r->s->c;

    if (strcmp(word, "step") == 0) {
        read_step(r, c->steps, &c->step_count, SIM_STEPS_MAX);
    } else if (strcmp(word, "finally") == 0) {
        read_step(r, c->finally_steps, &c->finally_count, SIM_FINALLY_MAX);
    } else if (strcmp(word, "rollback") == 0) {
        read_step(r, c->rollback_steps, &c->rollback_count, SIM_ROLLBACK_MAX);
    } else if (strcmp(word, "check") == 0 && c->check_count < SIM_CHECKS_MAX) {
        const char *where = next_word(r);
        c->checks[c->check_count++].local = where != NULL && strcmp(where, "local") == 0;
    } else if (strcmp(word, "parallel_by") == 0 && c->parallel_by_count < PLAN_PARTINGS_MAX) {
        read_parting(r, &c->parallel_by[c->parallel_by_count++]);
    } else if (strcmp(word, "budget_by") == 0 && c->budget_by_count < PLAN_PARTINGS_MAX) {
        read_parting(r, &c->budget_by[c->budget_by_count++]);
    } else if (strcmp(word, "sequence_by") == 0) {
        c->sequenced = true;
        read_parting(r, &c->sequence_by);
    } else {
        r->expected = "a key of a script, each list not too long";
    }
}

static void
read_line(struct reader *r, char *line)
{
    struct sim_case *c = &r->s->c;
    const char *word = strtok_r(line, " \t\n", &r->rest);
    const struct field *f;

    if (word == NULL) {
        return;
    }
    if (strcmp(word, "hosts") == 0) {
        const int64_t hosts = next_number(r);
        if (hosts < 1 || hosts > SIM_HOSTS_MAX || c->host_count != 0) {
            r->expected = "a number of hosts, once";
            return;
        }
        case_room(c, (int32_t)hosts);
    } else if (c->host_count == 0) {
        r->expected = "hosts first";
    } else if ((f = find_field(case_fields, word)) != NULL) {
        read_field(r, f, c);
    } else if (strcmp(word, "names") == 0) {
        read_names(r);
    } else if (strcmp(word, "verb") == 0) {
        read_case_verb(r);
    } else if (strcmp(word, "at") == 0) {
        read_fact(r);
    } else if (strcmp(word, "serial") == 0) {
        while ((word = next_word(r)) != NULL && c->policy.serial_count < POLICY_SERIAL_MAX) {
            c->policy.serial[c->policy.serial_count++] = to_amount(r, word);
        }
    } else {
        read_list(r, word);
    }
}

int
script_read_stream(struct script *s, FILE *in, const char *path, struct err *err)
{
    struct reader r = {.s = s};
    char *line = NULL;
    size_t cap = 0;
    int number = 0;

    while (r.expected == NULL && getline(&line, &cap, in) >= 0) {
        number++;
        line[strcspn(line, "#")] = '\0';
        read_line(&r, line);
    }
    free(line);
    if (r.expected == NULL && (s->c.host_count == 0 || s->c.names[0] == NULL)) {
        r.expected = "hosts and names";
    }
    return r.expected == NULL
               ? 0
               : err_set(err, ERR_CONFIG, "%s:%d: expected %s", path, number, r.expected);
}

int
script_read(struct script *s, const char *path, struct err *err)
{
    FILE *in = fopen(path, "re");

    if (in == NULL) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    const int rc = script_read_stream(s, in, path, err);
    (void)fclose(in);
    return rc;
}
