/*
 * say.c - one line for a fact, one for an order; what does not apply is left out.
 */
#include "sim/say.h"

#include <inttypes.h>

static void
say_word(FILE *out, const char *word)
{
    for (; *word != '\0'; word++) {
        (void)putc(*word == ' ' ? '_' : *word, out);
    }
}

void
say_fact(FILE *out, int64_t at_ms, const struct fact *f)
{
    (void)fprintf(out, "at %" PRId64 " %s", at_ms, fact_name(f->kind));
    if (f->kind == FACT_VERB) {
        (void)fprintf(out, " %s", verb_name(f->verb));
    }
    if (f->host != -1 || (f->kind != FACT_VERB && f->kind != FACT_TICK)) {
        (void)fprintf(out, " host %" PRId32, f->host);
    }
    if (f->step != -1 && f->kind != FACT_TICK && f->kind != FACT_VERB) {
        (void)fprintf(out, " step %" PRId32, f->step);
    }
    if (f->attempt != 0) {
        (void)fprintf(out, " attempt %" PRId32, f->attempt);
    }
    if (f->cause != CAUSE_NONE) {
        (void)fprintf(out, " cause ");
        say_word(out, cause_name(f->cause));
    }
    if (f->exit_code != 0) {
        (void)fprintf(out, " exit %" PRId32, f->exit_code);
    }
    if (f->signal != 0) {
        (void)fprintf(out, " signal %" PRId32, f->signal);
    }
    if (f->value != 0) {
        (void)fprintf(out, " value %" PRId64, f->value);
    }
    (void)putc('\n', out);
}

void
say_order(FILE *out, const struct order *o)
{
    (void)fprintf(out, "      -> %s", order_name(o->kind));
    if (o->host >= 0) {
        (void)fprintf(out, " host %" PRId32, o->host);
    }
    if (o->slot >= 0 && o->host >= 0) {
        (void)fprintf(out, " slot %" PRId32, o->slot);
    }
    if (o->step >= 0) {
        (void)fprintf(out, " step %" PRId32, o->step);
    }
    if (o->attempt != 0) {
        (void)fprintf(out, " attempt %" PRId32, o->attempt);
    }
    if (o->host < 0) {
        (void)fprintf(out, " value %" PRId64, o->value);
    }
    (void)putc('\n', out);
}
