/*
 * pattern_regex.c - a regular expression on host names, run by PCRE2 within limits.
 *
 * Decides how much a match may cost.  Owns the compiled expression.  The only user of PCRE2, with
 * pattern.c; never compiles to machine code.
 */
#include "config/pattern_regex.h"

#include "base/xalloc.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { HEAP_KIB_MAX = 16384, OUT_MAX = 1 << 20 };

struct pattern_regex {
    pcre2_code *code; /* owned, as all below */
    pcre2_match_data *match;
    pcre2_match_context *context;
    char *text; /* as the user wrote it */
};

static int
compile(struct pattern_regex *r, const char *text, struct err *err)
{
    pcre2_compile_context *how = pcre2_compile_context_create(NULL);
    PCRE2_UCHAR why[256] = "";
    PCRE2_SIZE at = 0;
    struct buf out;
    int number = 0;

    buf_init(&out, OUT_MAX);
    int rc = how == NULL ? -1 : pattern_regex_translate(text, &out, err);
    if (rc == 0) {
        (void)pcre2_set_newline(how, PCRE2_NEWLINE_LF);
        (void)pcre2_set_parens_nest_limit(how, 250);
        r->code = pcre2_compile((PCRE2_SPTR)out.data, out.len,
                                PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &number, &at, how);
    }
    if (rc == 0 && r->code == NULL) {
        (void)pcre2_get_error_message(number, why, sizeof(why));
        rc = err_set(err, ERR_USAGE, "regular expression '%.200s': %s", text, (const char *)why);
    }
    pcre2_compile_context_free(how);
    buf_release(&out);
    return rc;
}

struct pattern_regex *
pattern_regex_new(const char *text, uint32_t steps_max, struct err *err)
{
    struct pattern_regex *r = xcalloc(1, sizeof(*r));

    if (compile(r, text, err) < 0) {
        pattern_regex_free(r);
        return NULL;
    }
    r->text = xstrdup(text);
    r->match = pcre2_match_data_create(1, NULL);
    r->context = pcre2_match_context_create(NULL);
    if (r->match == NULL || r->context == NULL) {
        abort(); /* out of memory, as xalloc has it */
    }
    (void)pcre2_set_match_limit(r->context, steps_max);
    (void)pcre2_set_depth_limit(r->context, steps_max);
    (void)pcre2_set_heap_limit(r->context, HEAP_KIB_MAX);
    return r;
}

void
pattern_regex_free(struct pattern_regex *r)
{
    if (r == NULL) {
        return;
    }
    pcre2_match_context_free(r->context);
    pcre2_match_data_free(r->match);
    pcre2_code_free(r->code);
    free(r->text);
    free(r);
}

int
pattern_regex_match(const struct pattern_regex *r, const char *name, bool *ret_match,
                    struct err *err)
{
    PCRE2_UCHAR why[256] = "";
    const int got = pcre2_match(r->code, (PCRE2_SPTR)name, strlen(name), 0, PCRE2_ANCHORED,
                                r->match, r->context);

    *ret_match = got >= 0;
    if (got >= 0 || got == PCRE2_ERROR_NOMATCH) {
        return 0;
    }
    if (got == PCRE2_ERROR_MATCHLIMIT || got == PCRE2_ERROR_DEPTHLIMIT ||
        got == PCRE2_ERROR_HEAPLIMIT) {
        return err_set(err, ERR_USAGE, "regular expression '%.200s': takes too long on %s", r->text,
                       name);
    }
    (void)pcre2_get_error_message(got, why, sizeof(why));
    return err_set(err, ERR_USAGE, "regular expression '%.200s': %s", r->text, (const char *)why);
}
