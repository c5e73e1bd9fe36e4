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

/* A secret is seen only where the template itself writes it. */
static void
check_masked(const char *text)
{
    struct taint taint = {0};
    struct scope scope = *fuzz_scope();
    struct err err = {0};
    struct buf open;
    struct buf masked;
    size_t at = 0;

    buf_init(&open, TEMPLATE_TEXT_MAX);
    buf_init(&masked, TEMPLATE_TEXT_MAX);
    scope.taint = &taint;
    const int rc = template_render(text, &scope, false, "input", &open, &at, &err);
    FUZZ_CHECK(strcasestr(err.text, hidden) == NULL);
    FUZZ_CHECK(rc < 0 || taint.tainted || strcasestr(open.data, hidden) == NULL);
    scope.mask = true;
    FUZZ_CHECK(template_render(text, &scope, false, "input", &masked, &at, &err) == rc);
    FUZZ_CHECK(rc < 0 || strcasestr(masked.data, hidden) == NULL);
    strv_clear(&taint.texts);
    buf_release(&open);
    buf_release(&masked);
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
    if (strchr(text, '7') == NULL) {
        check_masked(text);
    }
    free(text);
    return 0;
}
