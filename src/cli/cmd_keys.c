/*
 * cmd_keys.c - keys scan ENV: the keys that hosts show, and which of them are kept.
 *
 * Decides what is shown and asked.  Owns what it loaded and the scan.  Connects to nothing itself:
 * app/scan does.
 */
#include "app/scan.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/load.h"
#include "cli/request.h"
#include "config/value.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_CHANGED = 2, EXIT_UNREACHABLE = 4, OBJECT_BYTES_MAX = 1 << 20 };

static const char *const state_names[] = {
    [SCAN_NEW] = "new",
    [SCAN_KNOWN] = "known",
    [SCAN_CHANGED] = "CHANGED",
    [SCAN_REVOKED] = "REVOKED",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == SCAN_STATES, "a name a state");

struct tally {
    size_t changed, failed; /* hosts */
};

/* ---------------------------------------------------------------- showing */

static void
show_key(const struct scan_key *key)
{
    printf("  %-8s %-19s %s", state_names[key->state], key->type, key->fingerprint);
    if (key->state != SCAN_NEW && key->path != NULL) {
        printf("  %s", key->state == SCAN_CHANGED ? "not the key at " : "");
        cli_print_near(stdout, key->path);
        printf(":%d", key->line);
    }
    putchar('\n');
}

/* What an operator who knows why does next. */
static void
show_way_out(const struct scan_host *h, const struct scan_key *key)
{
    fputs("           if it was set up anew: ssh-keygen -R '", stdout);
    cli_print(stdout, h->name);
    fputs("' -f ", stdout);
    cli_print_near(stdout, key->path);
    puts(", then scan again");
}

static bool
is_bad(const struct scan_key *key)
{
    return key->state == SCAN_CHANGED || key->state == SCAN_REVOKED;
}

static void
count_host(const struct scan_host *h, struct tally *tally)
{
    bool bad = false;

    for (size_t k = 0; k < h->key_count; k++) {
        bad = bad || is_bad(&h->keys[k]);
    }
    tally->changed += bad;
    tally->failed += h->failed != NULL;
}

static bool
is_all_known(const struct scan_host *h)
{
    for (size_t k = 0; k < h->key_count; k++) {
        if (h->keys[k].state != SCAN_KNOWN) {
            return false;
        }
    }
    return h->failed == NULL;
}

static void
show_host(const struct scan_host *h)
{
    fputs(h->host, stdout);
    if (h->name == NULL) {
        fputs(": this machine: there is no key to look at", stdout);
    } else if (strcmp(h->name, h->host) != 0) {
        putchar(' ');
        cli_print(stdout, h->name);
    }
    putchar('\n');
    for (size_t k = 0; k < h->key_count; k++) {
        show_key(&h->keys[k]);
    }
    for (size_t k = 0; k < h->key_count; k++) {
        if (h->keys[k].state == SCAN_CHANGED && h->keys[k].path != NULL) {
            show_way_out(h, &h->keys[k]);
            break; /* it takes out all lines of the host */
        }
    }
    if (h->failed != NULL) {
        fputs("  not seen: ", stdout);
        cli_print(stdout, h->failed);
        putchar('\n');
    }
}

/* An object a line: {"host", "name", "type", "fingerprint", "state"}, or {"host", "name",
 * "failed"}.
 */
static void
put_object(const struct scan_host *h, const struct scan_key *key)
{
    struct value *dict = value_new(VALUE_DICT);
    struct buf line;

    value_dict_set(dict, "host", value_text(h->host));
    value_dict_set(dict, "name", value_text(h->name));
    if (key != NULL) {
        value_dict_set(dict, "type", value_text(key->type));
        value_dict_set(dict, "fingerprint", value_text(key->fingerprint));
        value_dict_set(dict, "state", value_text(state_names[key->state]));
    } else {
        value_dict_set(dict, "failed", value_text(h->failed));
    }
    buf_init(&line, OBJECT_BYTES_MAX);
    value_to_json(dict, &line);
    puts(line.data);
    buf_release(&line);
    value_free(dict);
}

static void
put_host(const struct scan_host *h)
{
    for (size_t k = 0; k < h->key_count; k++) {
        put_object(h, &h->keys[k]);
    }
    if (h->failed != NULL) {
        put_object(h, NULL);
    }
}

/* ---------------------------------------------------------------- writing */

static int
ask(const struct cli *c, const char *what, struct err *err)
{
    const struct question q = {.text = what,
                               .why = "new keys are kept only after a yes",
                               .undone = "nothing was written",
                               .in = stdin,
                               .out = stderr,
                               .answered = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1};

    return c->options.yes ? 0 : confirm_ask(&q, err);
}

static int
keep_new(const struct cli *c, const struct scan *s, struct err *err)
{
    size_t hosts = 0;
    size_t added = 0;
    const size_t keys = scan_new(s, &hosts);
    int rc = 0;

    if (keys == 0) {
        return 0;
    }
    fflush(stdout);
    char *what = xasprintf("add %zu key%s of %zu host%s to %s", keys, keys == 1 ? "" : "s", hosts,
                           hosts == 1 ? "" : "s", scan_path(s));
    if (ask(c, what, err) != 0 || scan_write(s, &added, err) != 0) {
        rc = -1;
    } else {
        fprintf(stderr, "%zu key%s added to ", added, added == 1 ? "" : "s");
        cli_print_near(stderr, scan_path(s));
        fputc('\n', stderr);
    }
    free(what);
    return rc;
}

static int
scan(struct cli *c, const struct loaded *l, struct err *err)
{
    const struct run_request request = request_of(c, l->env, l, true);
    struct scan *s = app_scan(&request, err);
    struct tally tally = {0};
    int rc = -1;

    if (s == NULL) {
        return -1;
    }
    for (size_t i = 0; i < scan_count(s); i++) {
        const struct scan_host h = scan_host(s, i);
        count_host(&h, &tally);
        if (c->options.output == OUTPUT_JSONL) {
            put_host(&h);
        } else if (!c->options.quiet || !is_all_known(&h)) {
            show_host(&h);
        }
    }
    if (keep_new(c, s, err) == 0) {
        rc = tally.changed > 0 ? EXIT_CHANGED : tally.failed > 0 ? EXIT_UNREACHABLE : 0;
    }
    scan_free(s);
    return rc;
}

int
cmd_keys(struct cli *c, struct err *err)
{
    struct loaded l = {0};
    int rc = -1;

    if (strcmp(cli_word(c, 0), "scan") != 0) {
        return err_set(err, ERR_USAGE, "keys: expected scan, got '%s'", cli_word(c, 0));
    }
    if (c->options.output == OUTPUT_JSON) {
        return err_set(err, ERR_USAGE, "keys: an object a key is -o jsonl");
    }
    if (load_all(&l, c, cli_word(c, 1), NULL, err) == 0) {
        l.action = action_of_script("keys", ":");
        rc = scan(c, &l, err);
    }
    loaded_release(&l);
    return rc;
}
