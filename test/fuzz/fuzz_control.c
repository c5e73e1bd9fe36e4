/*
 * fuzz_control.c - no line of a client is taken for what it is not.
 */
#include "app/verbs.h"
#include "core/policy.h"
#include "fuzz/fuzz.h"

#include <string.h>

/* What was taken can be written down again, and is then the same. */
static void
read_again(const struct asked_verb *a)
{
    char line[4200];
    struct asked_verb b = {0};
    const char *name = a->ask == ASK_STATUS  ? "status"
                       : a->ask == ASK_WATCH ? "watch"
                                             : verb_name(a->verb);

    if (a->ask == ASK_VERB && verb_operand(a->verb) == OPERAND_HOST) {
        (void)snprintf(line, sizeof(line), "%s %s", name, a->host);
    } else if (a->ask == ASK_VERB && verb_operand(a->verb) == OPERAND_NUMBER) {
        (void)snprintf(line, sizeof(line), "%s %d", name, (int)a->number);
    } else {
        (void)snprintf(line, sizeof(line), "%s", name);
    }
    FUZZ_CHECK(verbs_read(line, strlen(line), &b, NULL) == 0);
    FUZZ_CHECK(b.ask == a->ask && b.verb == a->verb && b.number == a->number);
    FUZZ_CHECK((a->host == NULL) == (b.host == NULL));
    FUZZ_CHECK(a->host == NULL || strcmp(a->host, b.host) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const size_t used = len < 4096 ? len : 4096;
    struct asked_verb a = {0};
    struct err err = {0};
    char *line = malloc(used + 1);

    FUZZ_CHECK(line != NULL);
    memcpy(line, bytes, used);
    line[used] = '\0';
    if (verbs_read(line, used, &a, &err) == 0) {
        FUZZ_CHECK(strlen(line) == used);
        FUZZ_CHECK(a.number >= 0 && a.number <= POLICY_WORKERS_MAX);
        FUZZ_CHECK(a.host == NULL || (a.host[0] != '\0' && a.host > line && a.host < line + used));
        FUZZ_CHECK((a.host != NULL) == (a.ask == ASK_VERB && verb_operand(a.verb) == OPERAND_HOST));
        read_again(&a);
    } else {
        FUZZ_CHECK(err.kind == ERR_USAGE && err.text[0] != '\0');
        for (const char *p = err.text; *p != '\0'; p++) {
            FUZZ_CHECK((unsigned char)*p >= ' ' && *p != '\x7f');
        }
    }
    free(line);
    return 0;
}
