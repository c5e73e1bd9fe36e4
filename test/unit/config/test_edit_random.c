/*
 * test_edit_random.c - random changes of random inventories: what was meant is read, all else is
 * what it was, line by line, and the way back leads to where one came from.
 *
 * EDIT_ROUNDS (300) in the environment for a campaign, EDIT_SEED (1) for another one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/prng.h"
#include "config/edit.h"
#include "inventory_fixture.h"

enum { HOSTS = 12, TEXT_MAX = 1 << 18, ROUNDS = 300 };

/* ---------------------------------------------------------------- inventories */

/* All that is about a host has its name in it; `#c` are comments of nobody, `#h` of a host. */
struct maker {
    struct prng p;
    struct buf out;
    int step;
    const char *end;
    int comments;
    bool addressed[HOSTS];
};

static bool
chance(struct maker *m, uint64_t of)
{
    return prng_below(&m->p, of) == 0;
}

static void
line_end(struct maker *m, const char *kind)
{
    if (chance(m, 4)) {
        (void)buf_addf(&m->out, " #%s%d", kind, m->comments++);
    }
    (void)buf_adds(&m->out, m->end);
    if (chance(m, 6)) {
        (void)buf_addf(&m->out, "%*s#%s%d%s", (int)prng_below(&m->p, 8), "", kind, m->comments++,
                       m->end);
    }
    (void)buf_adds(&m->out, chance(m, 12) ? m->end : "");
}

static const char *
quote_of(struct maker *m)
{
    static const char *const quotes[] = {"", "", "'", "\""};

    return quotes[prng_below(&m->p, 4)];
}

static void
yaml_host(struct maker *m, int indent, size_t h, bool flow)
{
    const char *q = quote_of(m);
    const char *v = quote_of(m);
    const bool address = !m->addressed[h] && !chance(m, 3);
    const bool bare = !address && chance(m, 2);

    m->addressed[h] = m->addressed[h] || address;
    (void)buf_addf(&m->out, "%*s%sweb-%02zu%s:", indent, "", q, h, q);
    if (bare) {
        (void)buf_adds(&m->out, chance(m, 3) || flow ? " {}" : "");
    } else if (flow || chance(m, 3)) {
        (void)buf_addf(&m->out, " {zone: %sz_web-%02zu%s", v, h, v);
        if (address) {
            (void)buf_addf(&m->out, ", ansible_host: 10.0.0.%zu, ansible_port: 22", h + 1);
        }
        (void)buf_adds(&m->out, "}");
    } else {
        const char *of = chance(m, 2) ? "ansible_user" : "list";
        line_end(m, "h");
        if (address) {
            (void)buf_addf(&m->out, "%*sansible_host: %s10.0.0.%zu%s", indent + m->step, "", v,
                           h + 1, v);
            line_end(m, "h");
        }
        (void)buf_addf(&m->out,
                       strcmp(of, "list") == 0 ? "%*s%s: [1, u_web-%02zu]" : "%*s%s: u_web-%02zu",
                       indent + m->step, "", of, h);
    }
}

static void
yaml_hosts(struct maker *m, int indent)
{
    const uint64_t style = prng_below(&m->p, 8);
    const uint64_t count = style < 2 ? 0 : 1 + prng_below(&m->p, 4);
    size_t h = prng_below(&m->p, HOSTS);

    (void)buf_addf(&m->out, "%*shosts:", indent, "");
    (void)buf_adds(&m->out, style == 0 ? " {}" : "");
    if (style == 2) {
        (void)buf_adds(&m->out, " {");
        for (uint64_t i = 0; i < count; i++, h = (h + 1) % HOSTS) {
            (void)buf_adds(&m->out, i > 0 ? ", " : "");
            yaml_host(m, 0, h, true);
        }
        (void)buf_adds(&m->out, chance(m, 3) ? ", }" : "}");
    }
    line_end(m, "c");
    for (uint64_t i = 0; style > 2 && i < count; i++, h = (h + 1) % HOSTS) {
        yaml_host(m, indent + m->step, h, false);
        line_end(m, "h");
    }
    if (style == 7 && chance(m, 4)) {
        (void)buf_addf(&m->out, "%*sdb[1:3]: {zone: z}", indent + m->step, "");
        line_end(m, "c");
    }
}

static void
yaml_group(struct maker *m, int indent, int number, int depth)
{
    (void)buf_addf(&m->out, number < 0 ? "%*sall:" : "%*sg%d:", indent, "", number);
    line_end(m, "c");
    if (chance(m, 3)) {
        (void)buf_addf(&m->out, "%*svars: {x: %d}", indent + m->step, "", number + 1);
        line_end(m, "c");
    }
    if (!chance(m, 5)) {
        yaml_hosts(m, indent + m->step);
    }
    if (depth < 2 && !chance(m, 3)) {
        (void)buf_addf(&m->out, "%*schildren:", indent + m->step, "");
        line_end(m, "c");
        for (uint64_t i = 0; i < 1 + prng_below(&m->p, 2); i++) {
            yaml_group(m, indent + 2 * m->step, number * 2 + 3 + (int)i, depth + 1);
        }
    }
}

static void
make_yaml(struct maker *m)
{
    (void)buf_adds(&m->out, chance(m, 4) ? "---" : "# head #c");
    (void)buf_adds(&m->out, m->end);
    if (!chance(m, 4)) {
        yaml_group(m, 0, -1, 0);
    }
    yaml_group(m, 0, 40, 1);
}

static void
ini_hosts(struct maker *m)
{
    size_t h = prng_below(&m->p, HOSTS);

    for (uint64_t i = prng_below(&m->p, 4); i > 0; i--, h = (h + 1) % HOSTS) {
        (void)buf_addf(&m->out, "web-%02zu", h);
        if (!m->addressed[h] && !chance(m, 3)) {
            (void)buf_addf(&m->out, "%s ansible_host=10.0.0.%zu", chance(m, 4) ? ":2222" : "",
                           h + 1);
            m->addressed[h] = true;
        }
        (void)buf_addf(&m->out, chance(m, 2) ? " zone='z_web-%02zu x'" : "", h);
        line_end(m, "h");
    }
}

static void
make_ini(struct maker *m)
{
    (void)buf_addf(&m->out, "; head%s", m->end);
    ini_hosts(m);
    for (int g = 0; g < 4; g++) {
        (void)buf_addf(&m->out, "[g%d]", g);
        line_end(m, "c");
        ini_hosts(m);
        if (chance(m, 4)) {
            (void)buf_addf(&m->out, "[g%d:vars]%sx=%d%s", g, m->end, g, m->end);
        }
        if (g > 0 && chance(m, 3)) {
            (void)buf_addf(&m->out, "[g%d:children]%sg%d%s", g, m->end, g - 1, m->end);
        }
    }
}

/* ---------------------------------------------------------------- what it says */

static struct inventory *
read_inventory(const struct folder *f)
{
    const struct inventory_request r = {.root = f->path, .dir = f->path, .empty_ok = true};
    struct mistakes m = {0};
    struct inventory *inv = inventory_load(&r, &m);

    if (inv == NULL) {
        fail_msg("%s", m.errors.count > 0 ? m.errors.items[0] : "?");
    }
    mistakes_release(&m);
    return inv;
}

/* Every host but one, with its groups and variables; in order. */
static char *
meaning(const struct folder *f, const char *skip)
{
    struct inventory *inv = read_inventory(f);
    struct buf out;

    buf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < inventory_count(inv); i++) {
        const struct host *h = inventory_host(inv, i);
        if (skip != NULL && strcmp(h->name, skip) == 0) {
            continue;
        }
        (void)buf_addf(&out, "%s", h->name);
        for (size_t k = 0; k < h->groups.count; k++) {
            (void)buf_addf(&out, " %s", h->groups.items[k]);
        }
        value_to_json(inventory_vars(inv, i), &out);
        (void)buf_addc(&out, '\n');
    }
    inventory_free(inv);
    char *text = xstrdup(out.data);
    buf_release(&out);
    return text;
}

static char *
read_file(const struct folder *f, const char *name)
{
    char *path = xasprintf("%s/%s", f->path, name);
    char *text = xcalloc(1, TEXT_MAX);
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    text[fread(text, 1, TEXT_MAX - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    free(path);
    return text;
}

/* ---------------------------------------------------------------- lines */

static size_t
line_len(const char *text)
{
    const char *end = strchr(text, '\n');

    return end == NULL ? strlen(text) : (size_t)(end - text) + 1;
}

static bool
is_about(const char *line, size_t len, const char *name)
{
    return memmem(line, len, name, strlen(name)) != NULL;
}

/* An end may have come to the last line. */
static bool
is_same_line(const char *a, size_t a_len, const char *b, size_t b_len)
{
    while (a_len > 0 && strchr("\r\n", a[a_len - 1]) != NULL) {
        a_len--;
    }
    while (b_len > 0 && strchr("\r\n", b[b_len - 1]) != NULL) {
        b_len--;
    }
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* Every line of before that is not about the host stands in after, in the same order.  `hosts:` may
 * have been filled or emptied, and the address of a block has no name in it. */
static void
lines_stay(const char *before, const char *after, const char *name, const char *address)
{
    const char *at = after;

    for (const char *line = before; *line != '\0'; line += line_len(line)) {
        const size_t len = line_len(line);
        if (strspn(line, " \r\n") >= len || is_about(line, len, name) ||
            is_about(line, len, "hosts:") || is_about(line, len, "#h") ||
            is_about(line, len, "ansible_host") || is_about(line, len, address)) {
            continue;
        }
        const char *found = at;
        while (*found != '\0' && !is_same_line(found, line_len(found), line, len)) {
            found += line_len(found);
        }
        if (*found == '\0' && !(name[0] == 'n' && is_about(line, len, ":"))) {
            fail_msg("lost: %.*s\n--- before\n%s\n--- after\n%s", (int)len, line, before, after);
        }
        at = *found == '\0' ? at : found + line_len(found);
    }
}

static void
comments_stay(const char *before, const char *after, int count, bool all)
{
    char word[16];

    for (int i = 0; i < count; i++) {
        (void)snprintf(word, sizeof(word), "#c%d", i);
        if (strstr(before, word) != NULL && strstr(after, word) == NULL) {
            fail_msg("lost: %s\n--- before\n%s\n--- after\n%s", word, before, after);
        }
        (void)snprintf(word, sizeof(word), "#h%d", i);
        if (all && strstr(before, word) != NULL && strstr(after, word) == NULL) {
            fail_msg("lost: %s\n--- before\n%s\n--- after\n%s", word, before, after);
        }
    }
}

/* ---------------------------------------------------------------- changes */

struct round {
    struct maker *m;
    struct folder *f;
    const char *file;
    char *text, *said; /* owned: before */
    int refused, done;
};

static void
is_like_before(const struct round *r, const char *what)
{
    char *now = meaning(r->f, NULL);

    if (strcmp(now, r->said) != 0) {
        char *after = read_file(r->f, r->file);
        fail_msg("%s: not where it came from\n--- before\n%s\n%s--- after\n%s\n%s", what, r->text,
                 r->said, after, now);
    }
    free(now);
}

static void
others_stay(const struct round *r, const char *was, const char *name)
{
    char *before = xstrdup(was);
    char *after = meaning(r->f, name);

    if (strcmp(before, after) != 0) {
        fail_msg("others are not what they were\n%s\n---\n%s\n---\n%s", r->text, before, after);
    }
    free(before);
    free(after);
}

static void
add_one(struct round *r)
{
    static const char *const groups[] = {"", "g40", "g3", "g0", "fresh"};
    struct maker *m = r->m;
    const struct edit_host h = {.name = "new-1",
                                .address = chance(m, 3) ? "" : "10.1.0.1",
                                .port = chance(m, 2) ? "" : "2222",
                                .user = chance(m, 2) ? "" : "me",
                                .vars = chance(m, 2) ? "" : "zone=z, list=[1, two], n=3",
                                .group = groups[prng_below(&m->p, 5)]};
    struct strv left = {0};
    struct err err = {0};

    if (edit_add_host(r->f->path, &h, &err) < 0) {
        fail_msg("%s\n%s", err.text, r->text);
    }
    char *after = read_file(r->f, r->file);
    lines_stay(r->text, after, "new-1", "10.1.0.1");
    comments_stay(r->text, after, m->comments, true);
    others_stay(r, r->said, "new-1");
    struct inventory *inv = read_inventory(r->f);
    const struct value *vars = NULL;
    const struct host *host = host_named(inv, "new-1", &vars);
    assert_string_equal(host->address, h.address[0] == '\0' ? "new-1" : h.address);
    assert_int_equal(host->port, h.port[0] == '\0' ? 0 : 2222);
    assert_true(strv_has(&host->groups, h.group[0] == '\0' ? "ungrouped" : h.group));
    inventory_free(inv);
    assert_int_equal(edit_remove_host(r->f->path, "new-1", &left, &err), 0);
    is_like_before(r, "add, remove");
    free(after);
    r->done++;
}

/* Its texts as they are. */
static struct edit_host
as_it_is(const char *name, const struct strv *was)
{
    return (struct edit_host){.name = name,
                              .address = was->items[EDIT_ADDRESS],
                              .port = was->items[EDIT_PORT],
                              .user = was->items[EDIT_USER],
                              .key_file = was->items[EDIT_KEY_FILE],
                              .vars = was->items[EDIT_VARS]};
}

static void
change_one(struct round *r, const char *name)
{
    struct maker *m = r->m;
    struct strv was = {0};
    struct err err = {0};
    const bool renamed = chance(m, 3);

    assert_int_equal(edit_read_host(r->f->path, name, &was, &err), 0);
    const struct edit_host old = as_it_is(name, &was);
    struct edit_host h = old;
    h.name = renamed ? "web-01x" : name;
    h.address = chance(m, 3) ? "10.2.0.1" : h.address;
    h.port = chance(m, 3) ? "2200" : chance(m, 4) ? "" : h.port;
    h.user = chance(m, 3) ? "me" : h.user;
    char *vars = chance(m, 3) ? xasprintf("%s%sextra='it''s', n=[1]", h.vars, h.vars[0] ? ", " : "")
                              : xstrdup(h.vars);
    h.vars = vars;
    char *others = meaning(r->f, name);
    if (edit_change_host(r->f->path, name, &h, &err) < 0) {
        fail_msg("%s\n%s", err.text, r->text);
    }
    char *after = read_file(r->f, r->file);
    lines_stay(r->text, after, name, "ansible_port");
    comments_stay(r->text, after, m->comments, h.port[0] != '\0' || old.port[0] == '\0');
    others_stay(r, others, h.name);
    struct strv now = {0};
    assert_int_equal(edit_read_host(r->f->path, h.name, &now, &err), 0);
    assert_string_equal(now.items[EDIT_ADDRESS], h.address);
    assert_string_equal(now.items[EDIT_PORT], h.port);
    assert_string_equal(now.items[EDIT_USER], h.user);
    if (edit_change_host(r->f->path, h.name, &old, &err) < 0) {
        fail_msg("back: %s\n%s", err.text, after);
    }
    strv_clear(&now);
    assert_int_equal(edit_read_host(r->f->path, name, &now, &err), 0);
    for (size_t i = 0; i < EDIT_VARS; i++) {
        assert_string_equal(now.items[i], was.items[i]);
    }
    others_stay(r, others, name);
    strv_clear(&now);
    strv_clear(&was);
    free(vars);
    free(others);
    free(after);
    r->done++;
}

static void
remove_one(struct round *r, const char *name)
{
    struct strv left = {0};
    struct err err = {0};
    char *others = meaning(r->f, name);
    char *address = xasprintf("10.0.0.%d", atoi(name + 4) + 1);

    if (edit_remove_host(r->f->path, name, &left, &err) < 0) {
        fail_msg("%s\n%s", err.text, r->text);
    }
    char *after = read_file(r->f, r->file);
    lines_stay(r->text, after, name, address);
    others_stay(r, others, name);
    assert_null(strstr(after, name));
    free(others);
    free(address);
    free(after);
    r->done++;
}

static void
one_round(struct round *r, bool ini)
{
    struct maker *m = r->m;
    struct err err = {0};
    struct strv left = {0};

    buf_clear(&m->out);
    m->step = chance(m, 2) ? 2 : 4;
    m->end = chance(m, 6) ? "\r\n" : "\n";
    m->comments = 0;
    memset(m->addressed, 0, sizeof(m->addressed));
    if (ini) {
        make_ini(m);
    } else {
        make_yaml(m);
    }
    if (chance(m, 4)) { /* the last line has no end */
        while (m->out.len > 0 && strchr("\r\n", m->out.data[m->out.len - 1]) != NULL) {
            m->out.data[--m->out.len] = '\0';
        }
    }
    r->file = ini ? "hosts.ini" : "hosts.yml";
    folder_put(r->f, r->file, m->out.data, m->out.len);
    r->text = read_file(r->f, r->file);
    r->said = meaning(r->f, NULL);
    struct inventory *inv = read_inventory(r->f);
    const size_t count = inventory_count(inv);
    char *name = count == 0 ? NULL : xstrdup(inventory_host(inv, prng_below(&m->p, count))->name);
    inventory_free(inv);
    if (name == NULL || chance(m, 3)) {
        add_one(r);
    } else if (strncmp(name, "db", 2) == 0) {
        assert_int_equal(edit_remove_host(r->f->path, name, &left, &err), -1);
        is_like_before(r, "refused");
        r->refused++;
    } else if (chance(m, 2)) {
        change_one(r, name);
    } else {
        remove_one(r, name);
    }
    free(name);
    free(r->text);
    free(r->said);
}

static void
run_rounds(bool ini)
{
    const char *rounds = getenv("EDIT_ROUNDS");
    const char *seed = getenv("EDIT_SEED");
    struct maker m = {.p = {.state = seed == NULL ? 1 : strtoull(seed, NULL, 10)}};
    struct folder f;
    struct round r = {.m = &m, .f = &f};

    (void)snprintf(f.path, sizeof(f.path), "/dev/shm/test_config.XXXXXX"); /* syncing is quick */
    if (mkdtemp(f.path) == NULL) {
        folder_make(&f);
    }
    buf_init(&m.out, TEXT_MAX);
    for (int i = 0; i < (rounds == NULL ? ROUNDS : atoi(rounds)); i++) {
        one_round(&r, ini);
    }
    assert_true(r.done > 10 * r.refused);
    buf_release(&m.out);
    folder_remove(&f);
}

static void
test_random_changes_of_yaml_say_what_was_meant(void **state)
{
    (void)state;
    run_rounds(false);
}

static void
test_random_changes_of_ini_say_what_was_meant(void **state)
{
    (void)state;
    run_rounds(true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_changes_of_yaml_say_what_was_meant),
        cmocka_unit_test(test_random_changes_of_ini_say_what_was_meant),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
