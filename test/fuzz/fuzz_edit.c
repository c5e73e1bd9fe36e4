/*
 * fuzz_edit.c - any file is changed as was meant, or left as it was: servers in YAML and INI, keys
 * of config.yml.
 *
 * The first byte says what is done to the rest, which is the file.
 */
#include "config/edit.h"
#include "config/inventory.h"
#include "config/settings.h"
#include "fuzz/fuzz.h"

#include "base/buf.h"
#include "base/xalloc.h"

enum { FILE_MAX = 1 << 16, SAID_MAX = 64 << 20 };

static const char *
folder(void)
{
    static char path[] = "/dev/shm/fuzz_edit.XXXXXX";
    static bool made;

    if (!made) {
        FUZZ_CHECK(mkdtemp(path) != NULL);
        made = true;
    }
    return path;
}

static void
put(const char *path, const char *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");

    FUZZ_CHECK(f != NULL && fwrite(bytes, 1, len, f) == len && fclose(f) == 0);
}

static bool
is_same(const char *path, const char *bytes, size_t len)
{
    char *now = xcalloc(1, len + 2);
    FILE *f = fopen(path, "rb");

    FUZZ_CHECK(f != NULL);
    const bool same = fread(now, 1, len + 1, f) == len && memcmp(now, bytes, len) == 0;
    (void)fclose(f);
    free(now);
    return same;
}

/* All hosts but one; NULL: it is no inventory, or one with two names for a machine, of which the
 * second comes to light when the first is changed. */
static char *
said(const char *skip)
{
    const struct inventory_request r = {.root = "/", .dir = folder(), .empty_ok = true};
    struct mistakes m = {0};
    struct inventory *inv = inventory_load(&r, &m);
    struct buf out;
    char *text = NULL;

    buf_init(&out, SAID_MAX);
    for (size_t i = 0; inv != NULL && i < inventory_count(inv); i++) {
        const struct host *h = inventory_host(inv, i);
        if (strcmp(h->name, skip) != 0) {
            (void)buf_addf(&out, "%s ", h->name);
            value_to_json(inventory_vars(inv, i), &out);
        }
    }
    for (size_t i = 0; i < m.warnings.count; i++) {
        out.full = out.full || strstr(m.warnings.items[i], "is the same machine") != NULL;
    }
    if (inv != NULL && !out.full) {
        text = xstrdup(out.data);
    }
    buf_release(&out);
    inventory_free(inv);
    mistakes_release(&m);
    return text;
}

static int
change(unsigned what, struct err *err)
{
    const struct edit_host h = {.name = what % 5 == 2 ? "b" : "a",
                                .address = what % 2 == 0 ? "10.9.9.9" : "",
                                .port = what % 3 == 0 ? "2222" : "",
                                .user = "me",
                                .vars = what % 7 == 0 ? NULL : "x=1, y=[a, 'b c']",
                                .group = what % 2 == 0 ? "web" : NULL};
    struct strv left = {0};
    int rc;

    switch (what % 5) {
    case 0:
        return edit_add_host(folder(), &h, err);
    case 1:
    case 2:
        return edit_change_host(folder(), "a", &h, err);
    case 3:
        rc = edit_remove_host(folder(), "a", &left, err);
        strv_clear(&left);
        return rc;
    default:
        rc = edit_read_host(folder(), "a", &left, err);
        strv_clear(&left);
        return rc;
    }
}

static void
change_inventory(const char *path, unsigned what, const char *bytes, size_t len)
{
    struct err err = {0};

    put(path, bytes, len);
    char *before = said("a");
    const int rc = change(what, &err);
    if (rc < 0) {
        FUZZ_CHECK(err.text[0] != '\0');
        FUZZ_CHECK(is_same(path, bytes, len));
    } else if (before != NULL) {
        char *after = said(what % 5 == 2 ? "b" : "a");
        FUZZ_CHECK(after != NULL && strcmp(before, after) == 0);
        free(after);
    }
    free(before);
    FUZZ_CHECK(unlink(path) == 0);
}

static void
change_setting(const char *path, unsigned what, const char *bytes, size_t len)
{
    static const char *const keys[] = {"max_parallel_workers", "serial", "confirm", "order"};
    static const char *const values[] = {"7", "[1, 20%]", "true", NULL};
    const char *key = keys[what % 4];
    const char *value = values[what / 4 % 4];
    struct err err = {0};

    put(path, bytes, len);
    const int rc = edit_setting(path, key, value, &err);
    if (rc < 0) {
        FUZZ_CHECK(err.text[0] != '\0');
        FUZZ_CHECK(is_same(path, bytes, len));
    } else {
        char *text = edit_setting_text(path, key);
        FUZZ_CHECK((text == NULL) == (value == NULL));
        FUZZ_CHECK(value == NULL || strcmp(text, value) == 0);
        free(text);
    }
    FUZZ_CHECK(unlink(path) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0 || len > FILE_MAX) {
        return 0;
    }
    const unsigned kind = bytes[0] % 3U;
    const unsigned what = bytes[0] / 3U;
    const char *const names[] = {"hosts.yml", "hosts.ini", "config.yml"};
    char *path = xasprintf("%s/%s", folder(), names[kind]);

    if (kind < 2) {
        change_inventory(path, what, (const char *)bytes + 1, len - 1);
    } else {
        change_setting(path, what, (const char *)bytes + 1, len - 1);
    }
    free(path);
    return 0;
}
