/*
 * fuzz_condition.c - any text is a condition or is refused; what was taken as one never fails for
 * its syntax later.
 */
#include "config/condition.h"
#include "fuzz/fuzz.h"
#include "fuzz/vars.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = fuzz_text(bytes, len);
    struct err err = {0};
    struct err why = {0};
    bool holds = false;

    const int checked = condition_check(text, &err);
    const int found = condition_holds(text, fuzz_scope(), &holds, &why);
    FUZZ_CHECK((checked == 0) == (err.text[0] == '\0'));
    FUZZ_CHECK((found == 0) == (why.text[0] == '\0'));
    FUZZ_CHECK(checked == 0 || found != 0);
    FUZZ_CHECK(checked != 0 || found == 0 || strncmp(why.text, "when: in the condition", 22) != 0);
    free(text);
    return 0;
}
