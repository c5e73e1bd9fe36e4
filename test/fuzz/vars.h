/*
 * vars.h - the variables that fuzzed templates and conditions see: one of each kind, made once.
 */
#ifndef FUZZ_VARS_H
#define FUZZ_VARS_H

#include "config/render.h"

/* Stands in no template that can be written in bytes of the input: it has a mark at each end. */
static const char hostile[] = "\x01$(x)\x02";
static const char hidden[] = "7QWORD"; /* a secret; no filter changes its digit */

static inline struct scope *
fuzz_scope(void)
{
    static struct scope s;
    static struct value *vars;

    if (vars == NULL) {
        struct value *list = value_new(VALUE_LIST);
        struct value *dict = value_new(VALUE_DICT);
        struct value *secret = value_text(hidden);
        secret->secret = true;
        vars = value_new(VALUE_DICT);
        value_list_add(list, value_text("one"));
        value_list_add(list, value_text(hostile));
        value_list_add(list, value_text("{{ a }}"));
        value_list_add(list, value_new(VALUE_NULL));
        value_list_add(list, value_copy(secret));
        value_dict_set(dict, "k", value_text("v"));
        value_dict_set(vars, "s", secret);
        value_dict_set(vars, "u", value_text("({{ s }})"));
        value_dict_set(vars, "a", value_text("plain"));
        value_dict_set(vars, "h", value_text(hostile));
        value_dict_set(vars, "t", value_text("{{ a }}-{{ t2 }}"));
        value_dict_set(vars, "t2", value_text("{{ h }}"));
        value_dict_set(vars, "me", value_text("{{ me }}"));
        value_dict_set(vars, "n", value_new(VALUE_NULL));
        value_dict_set(vars, "b", value_new(VALUE_BOOL));
        value_dict_set(vars, "i", value_new(VALUE_INT));
        value_dict_set(vars, "l", list);
        value_dict_set(vars, "d", dict);
        s.vars = vars;
    }
    return &s;
}

#endif
