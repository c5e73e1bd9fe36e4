/*
 * action_check.c - the checks under health_check: what a host must pass after its steps.
 *
 * Decides which keys a check has: a script on the host, or http and tcp from the controller.  How
 * often and how long it is tried is config.yml's business.  Renders nothing, asks nobody.
 */
#include "config/action_read.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum { STATUS_MIN = 100, STATUS_MAX = 599, STATUSES_MAX = 100 };

enum {
    RUN = 1U << ACTION_RUN,
    HTTP = 1U << ACTION_HTTP,
    TCP = 1U << ACTION_TCP,
    ANY_KIND = RUN | HTTP | TCP,
};

/* ---- what stands under http and tcp */

static int
part_scheme(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    const char *text = v->kind == YAML_NODE_SCALAR ? v->text : "";

    s->tls = strcmp(text, "https") == 0;
    return s->tls || strcmp(text, "http") == 0 ? 0 : action_expected(d, v, key, "http or https");
}

static int
part_status(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    static const char wanted[] = "a number from 100 to 599, or a list of some";
    const bool one = v->kind == YAML_NODE_SCALAR;

    if (v->kind == YAML_NODE_MAP || (!one && (v->count == 0 || v->count > STATUSES_MAX))) {
        return action_expected(d, v, key, wanted);
    }
    s->statuses = xcalloc(one ? 1 : v->count, sizeof(*s->statuses));
    for (size_t i = 0; i < (one ? 1 : v->count); i++) {
        const struct yaml_node *item = one ? v : v->items[i];
        const bool digits = item->kind == YAML_NODE_SCALAR && item->len == 3 &&
                            strspn(item->text, "0123456789") == item->len;
        const long status = digits ? strtol(item->text, NULL, 10) : 0;
        if (status < STATUS_MIN || status > STATUS_MAX) {
            (void)action_expected(d, item, key, wanted);
            continue;
        }
        s->statuses[s->status_count++] = (int)status;
    }
    return 0;
}

static const struct action_rule http_parts[] = {
    {"port", ACTION_TEXT(port, NULL), 0}, {"path", ACTION_TEXT(path, NULL), 0},
    {"status", part_status, 0, NULL, 0},  {"scheme", part_scheme, 0, NULL, 0},
    {"host", ACTION_TEXT(host, NULL), 0}, {"ca", ACTION_TEXT(ca, "the path of a file"), 0},
};
static const struct action_rule tcp_parts[] = {
    {"port", ACTION_TEXT(port, NULL), 0},
};
enum { HTTP_PARTS = 6, TCP_PARTS = 1 };
_Static_assert(sizeof(http_parts) / sizeof(http_parts[0]) == HTTP_PARTS, "the keys of http");

static int
check_http(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    s->kind = ACTION_HTTP;
    s->rule.local = true;
    d->kinds++;
    if (v->kind != YAML_NODE_MAP) {
        return action_expected(d, v, key, "{port: ..., path: ..., status: ...}");
    }
    action_take_keys(d, v, http_parts, HTTP_PARTS, s);
    if (s->ca && !s->tls) {
        return yaml_mistake(d->m, yaml_get(v, "ca"), "ca: only with scheme: https");
    }
    return 0;
}

static int
check_tcp(struct decoder *d, const struct yaml_node *v, const char *key, struct action_step *s)
{
    s->kind = ACTION_TCP;
    s->rule.local = true;
    d->kinds++;
    if (v->kind != YAML_NODE_MAP || !yaml_get(v, "port")) {
        return action_expected(d, v, key, "{port: ...}");
    }
    action_take_keys(d, v, tcp_parts, TCP_PARTS, s);
    return 0;
}

/* ---- a check */

static const struct action_rule check_keys[] = {
    {"name", ACTION_TEXT(name, NULL), ANY_KIND},
    {"run", action_take_script, 0, NULL, ANY_KIND},
    {"http", check_http, 0, NULL, ANY_KIND},
    {"tcp", check_tcp, 0, NULL, ANY_KIND},
    {"when", action_take_when, 0, NULL, ANY_KIND},
    {"error", ACTION_TEXT(error, NULL), ANY_KIND},
    {"chdir", ACTION_TEXT(chdir, NULL), RUN},
    {"env", action_take_env, 0, NULL, RUN},
    {"shell_options", action_take_shell_options, 0, NULL, RUN},
    {"become", action_take_become, 0, NULL, RUN},
    {"become_user", ACTION_TEXT(become_user, "the name of a user"), RUN},
};
enum { CHECK_KEYS = sizeof(check_keys) / sizeof(check_keys[0]) };
_Static_assert(CHECK_KEYS == 11, "the keys of docs/actions.md");

static void
read_check(struct decoder *d, const struct yaml_node *node, size_t number, struct action_step *s)
{
    *s = (struct action_step){.set_e = true, .line = node->line, .col = node->col};
    d->kinds = d->misread = 0;
    if (node->kind != YAML_NODE_MAP) {
        (void)action_expected(d, node, "health_check",
                              "a check: `http: ...`, `tcp: ...` or `run:`");
        return;
    }
    action_take_keys(d, node, check_keys, CHECK_KEYS, s);
    if (d->kinds == 0 && d->misread == 0) {
        yaml_mistake(d->m, node, "a check needs one of run, http, tcp");
    } else if (d->kinds > 1) {
        yaml_mistake(d->m, node, "a check has one of run, http, tcp, not %d", d->kinds);
    } else {
        action_check_keys(d, node, check_keys, CHECK_KEYS, s);
    }
    action_check_become(d, node, s);
    if (!s->name) {
        s->name = xasprintf("%s %zu", action_kind_name(s->kind), number);
    }
}

int
action_read_checks(struct decoder *d, const struct yaml_node *v, const char *key,
                   struct action_step **ret_checks, size_t *ret_count)
{
    return action_read_list(d, v, key, read_check, ret_checks, ret_count);
}
