/*
 * fuzz_pattern.c - any text is a pattern of -l or is refused; what is taken names hosts in order,
 * and the regular expressions in it never hang.
 */
#include "base/escape.h"
#include "config/inventory.h"
#include "config/pattern.h"
#include "config/pattern_regex.h"
#include "fuzz/fuzz.h"

static struct inventory *
inventory(void)
{
    static const char hosts[] =
        "all:\n"
        "  hosts: {lone: , a.b.c: , aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: }\n"
        "  children:\n"
        "    web: {hosts: {'web-[01:03]': }}\n"
        "    db: {hosts: {db-1: , web-02: }}\n"
        "    site: {children: {web: , db: }}\n"
        "    same: {hosts: {same: }}\n"
        "    empty: \n";
    static struct inventory *inv;
    struct mistakes m = {0};
    char dir[] = "/tmp/fuzz_pattern.XXXXXX";
    char path[64];

    if (inv == NULL) {
        FUZZ_CHECK(mkdtemp(dir) != NULL);
        (void)snprintf(path, sizeof(path), "%s/hosts.yml", dir);
        FILE *f = fopen(path, "w");
        FUZZ_CHECK(f != NULL && fputs(hosts, f) >= 0 && fclose(f) == 0);
        inv = inventory_load(&(struct inventory_request){.root = dir, .dir = dir}, &m);
        FUZZ_CHECK(inv != NULL && unlink(path) == 0 && rmdir(dir) == 0);
        mistakes_release(&m);
    }
    return inv;
}

/* What Python's grammar allows, PCRE2 must take, but for what only it counts: sizes and
 * look-behinds; it is ASCII however the text was. */
static void
check_translation(const char *text)
{
    struct err err = {0};
    struct buf out;

    buf_init(&out, 1 << 20);
    if (pattern_regex_translate(text, &out, &err) == 0) {
        struct pattern_regex *r = pattern_regex_new(text, 10000, &err);
        FUZZ_CHECK(r != NULL || strstr(err.text, "look") != NULL ||
                   strstr(err.text, "large") != NULL || strstr(err.text, "too") != NULL);
        for (size_t i = 0; i < out.len; i++) {
            FUZZ_CHECK(out.data[i] >= ' ' && out.data[i] <= '~');
        }
        pattern_regex_free(r);
    } else {
        FUZZ_CHECK(err.text[0] != '\0');
    }
    buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = fuzz_text(bytes, len);
    struct err err = {0};
    size_t *hosts = NULL;
    size_t count = 0;

    if (strchr(text, '@') == NULL) { /* the files of this machine are no input */
        const int rc = inventory_select(inventory(), text, &hosts, &count, &err);
        FUZZ_CHECK((rc == 0) == (count > 0) && (rc == 0) == (err.text[0] == '\0'));
        for (size_t i = 0; i < count; i++) {
            FUZZ_CHECK(hosts[i] < inventory_count(inventory()) &&
                       (i == 0 || hosts[i] > hosts[i - 1]));
        }
        free(hosts);
    }
    check_translation(text);
    free(text);
    return 0;
}
