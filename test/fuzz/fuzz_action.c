/*
 * fuzz_action.c - any file is an action or a list of mistakes, each with its place.
 */
#include "config/action.h"
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *path = fuzz_file(bytes, len);
    struct mistakes m = {0};
    struct action *a = action_load_file(path, &m);

    FUZZ_CHECK(m.count > 0 || (a != NULL && a->step_count > 0));
    for (size_t k = 0; k < m.errors.count; k++) {
        FUZZ_CHECK(strncmp(m.errors.items[k], path, strlen(path)) == 0);
        FUZZ_CHECK(strchr(m.errors.items[k], '\n') == NULL);
    }
    action_free(a);
    mistakes_release(&m);
    return 0;
}
