/*
 * fuzz_nodeset.c - any text is a nodeset or is refused; what it names folds to a text that names
 * the same again, and folding that is no change.
 */
#include "base/map.h"
#include "base/nodeset.h"
#include "base/strv.h"
#include "fuzz/fuzz.h"

enum { FOLDED_MAX = 64 << 20, CHECKED_MAX = 2000 };

static const struct strv *
all_names(void *ctx)
{
    return ctx;
}

static int
group_names(void *ctx, const char *name, struct strv *ret_names, struct err *err)
{
    (void)ctx;
    if (strncmp(name, "g", 1) != 0) {
        return err_set(err, ERR_NO_MATCH, "no such group");
    }
    strv_add(ret_names, "web1");
    strv_add(ret_names, "r1-n2");
    return 0;
}

static int
known(void *ctx, const char *name, struct err *err)
{
    (void)ctx;
    return name[0] != 'x' ? 0 : err_set(err, ERR_NO_MATCH, "nobody");
}

static void
check_in_world(const char *text)
{
    static struct strv all;
    const struct nodeset_world world = {&all, group_names, all_names, known};
    struct strv names = {0};
    struct err err = {0};

    if (all.count == 0) {
        strv_add(&all, "web1");
        strv_add(&all, "web02");
        strv_add(&all, "r1-n2");
        strv_add(&all, "lone");
    }
    const int rc = nodeset_expand(text, &world, &names, &err);
    FUZZ_CHECK((rc == 0) == (err.text[0] == '\0') && (rc == 0 || names.count == 0));
    strv_clear(&names);
}

/* A name that folding writes as it is can be read again: none of the letters with a meaning. */
static bool
is_plain(const struct strv *names)
{
    bool plain = true;

    for (size_t i = 0; i < names->count && plain; i++) {
        plain = names->items[i][0] != '\0' && strpbrk(names->items[i], " \t\n\v\f\r[],!&^") == NULL;
    }
    return plain;
}

static void
check_round(struct strv *names)
{
    struct strv back = {0};
    struct buf once;
    struct buf twice;

    buf_init(&once, FOLDED_MAX);
    buf_init(&twice, FOLDED_MAX);
    nodeset_fold(&once, (const char *const *)names->items, names->count);
    FUZZ_CHECK(!once.full);
    if (nodeset_expand(once.data, NULL, &back, NULL) == 0) {
        strv_sort(names);
        strv_sort(&back);
        FUZZ_CHECK(names->count == back.count);
        for (size_t i = 0; i < names->count; i++) {
            FUZZ_CHECK(strcmp(names->items[i], back.items[i]) == 0);
        }
        nodeset_fold(&twice, (const char *const *)back.items, back.count);
        FUZZ_CHECK(strcmp(once.data, twice.data) == 0);
    } else {
        FUZZ_CHECK(names->count == 0 || strlen(once.data) > 18); /* numbers past 18 digits */
    }
    buf_release(&once);
    buf_release(&twice);
    strv_clear(&back);
}

/* A hundred thousand names are right, and too slow to be many inputs a second. */
static bool
is_slow(const char *text)
{
    bool slow = false;

    for (const char *p = strchr(text, '-'); p != NULL && !slow; p = strchr(p + 1, '-')) {
        const size_t digits = strspn(p + 1, "0123456789");
        slow = digits > 3 && digits < 18;
    }
    return slow;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = fuzz_text(bytes, len);
    struct strv names = {0};
    struct err err = {0};

    if (is_slow(text)) {
        free(text);
        return 0;
    }
    const int rc = nodeset_expand(text, NULL, &names, &err);
    FUZZ_CHECK((rc == 0) == (err.text[0] == '\0') && (rc == 0 || names.count == 0));
    FUZZ_CHECK(names.count <= NODESET_NAMES_MAX);
    if (rc == 0 && names.count <= CHECKED_MAX && is_plain(&names)) {
        check_round(&names);
    }
    strv_clear(&names);
    check_in_world(text);
    free(text);
    return 0;
}
