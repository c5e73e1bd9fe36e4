/*
 * fuzz_template.c - any text renders or is refused; what the shell is given holds no value that it
 * would act on.
 */
#include "config/template.h"
#include "fuzz/fuzz.h"

/* Stands in no template that can be written in bytes of the input: it has a mark at each end. */
static const char hostile[] = "\x01$(x)\x02";

static struct scope *
scope(void)
{
    static struct scope s;
    static struct value *vars;

    if (vars == NULL) {
        struct value *list = value_new(VALUE_LIST);
        struct value *dict = value_new(VALUE_DICT);
        vars = value_new(VALUE_DICT);
        value_list_add(list, value_text("one"));
        value_list_add(list, value_text(hostile));
        value_dict_set(dict, "k", value_text("v"));
        value_dict_set(vars, "a", value_text("plain"));
        value_dict_set(vars, "h", value_text(hostile));
        value_dict_set(vars, "t", value_text("{{ a }}-{{ t2 }}"));
        value_dict_set(vars, "t2", value_text("{{ h }}"));
        value_dict_set(vars, "me", value_text("{{ me }}"));
        value_dict_set(vars, "n", value_new(VALUE_NULL));
        value_dict_set(vars, "l", list);
        value_dict_set(vars, "d", dict);
        s.vars = vars;
    }
    return &s;
}

/* The mark at its beginning only ever stands in quotes of our own: 'X$(x)Y'. */
static void
check_quoted(const struct buf *out)
{
    for (size_t i = 0; i < out->len; i++) {
        if (out->data[i] == '\x01') {
            FUZZ_CHECK(memchr(out->data, '\'', i) != NULL);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = fuzz_text(bytes, len);
    const bool marked = strpbrk(text, "\x01'\"") != NULL;

    for (int shell = 0; shell < 2; shell++) {
        struct buf out;
        struct err err = {0};
        size_t at = 0;
        buf_init(&out, TEMPLATE_TEXT_MAX);
        const int checked = template_render(text, NULL, shell == 1, "input", &out, &at, &err);
        FUZZ_CHECK(checked == 0 || (err.text[0] != '\0' && at <= strlen(text)));
        buf_clear(&out);
        out.full = false;
        const int rc = template_render(text, scope(), shell == 1, "input", &out, &at, &err);
        FUZZ_CHECK(rc == 0 || at <= strlen(text));
        FUZZ_CHECK(checked == 0 || rc < 0); /* what is no syntax never renders */
        FUZZ_CHECK(strchr(err.text, '\n') == NULL);
        if (rc == 0 && shell == 1 && !marked) {
            check_quoted(&out);
        }
        buf_release(&out);
    }
    free(text);
    return 0;
}
