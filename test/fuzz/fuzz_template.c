/*
 * fuzz_template.c - any text renders or is refused; what the shell is given holds no value that it
 * would act on.
 */
#include "config/template.h"
#include "fuzz/fuzz.h"
#include "fuzz/vars.h"

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
        const int rc = template_render(text, fuzz_scope(), shell == 1, "input", &out, &at, &err);
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
