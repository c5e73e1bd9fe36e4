/*
 * cmd_inventory.c - hosts, groups and variables of an environment, in Ansible's shapes.
 *
 * Decides which forms there are: list, graph, host, vars.  Owns what it prints.  Connects to
 * nothing, writes nothing.
 */
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/inventory_json.h"
#include "cli/load.h"
#include "cli/show.h"
#include "config/nearest.h"

#include <stdlib.h>
#include <string.h>

enum { OUTPUT_BYTES_MAX = 256 * 1024 * 1024 };

struct form {
    const char *name;
    const char *usage;
    const char *letters;      /* of --json, --explain and --vars: those it takes */
    int words_min, words_max; /* after the form */
    int (*print)(const struct cli *c, const struct loaded *l, struct buf *out, struct err *err);
};

/* ---------------------------------------------------------------- list, graph */

static int
print_list(const struct cli *c, const struct loaded *l, struct buf *out, struct err *err)
{
    if (c->options.json) {
        return inventory_json(l->inventory, l->hosts, l->host_count, out, err);
    }
    for (size_t i = 0; i < l->host_count; i++) {
        buf_adds(out, inventory_host(l->inventory, l->hosts[i])->name);
        buf_addc(out, '\n');
    }
    return 0;
}

static int
print_graph(const struct cli *c, const struct loaded *l, struct buf *out, struct err *err)
{
    const char *group = cli_word(c, 2);
    const struct graph_request r = {.inv = l->inventory,
                                    .group = group == NULL ? "all" : group,
                                    .hosts = l->hosts,
                                    .count = l->host_count,
                                    .vars = c->options.vars};

    return inventory_graph(&r, out, err);
}

/* ---------------------------------------------------------------- host, vars */

static int
find_host(const struct inventory *inv, const char *name, size_t *ret, struct err *err)
{
    const size_t count = inventory_count(inv);
    const char **names = xcalloc(count, sizeof(*names));
    bool found = false;
    int rc = 0;

    for (size_t i = 0; i < count && !found; i++) {
        names[i] = inventory_host(inv, i)->name;
        found = strcmp(names[i], name) == 0;
        *ret = i;
    }
    const char *near = found ? NULL : nearest_word(name, names, count);
    if (!found) {
        rc = err_set(err, ERR_NO_MATCH, "no host '%s'%s%s%s", name,
                     near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                     near == NULL ? "" : "?");
    }
    free(names);
    return rc;
}

static int
print_host(const struct cli *c, const struct loaded *l, struct buf *out, struct err *err)
{
    size_t i = 0;

    if (find_host(l->inventory, cli_word(c, 2), &i, err) != 0) {
        return -1;
    }
    show_json(out, inventory_vars(l->inventory, i), 0);
    buf_addc(out, '\n');
    return 0;
}

static void
json_origin(const struct origin *o, struct buf *out)
{
    buf_adds(out, "{\"value\":");
    show_json(out, o->value, SHOW_COMPACT);
    buf_adds(out, ",\"layer\":");
    show_string(out, o->layer);
    if (o->group != NULL) {
        buf_adds(out, ",\"group\":");
        show_string(out, o->group);
    }
    if (o->value->file != NULL) {
        buf_adds(out, ",\"file\":");
        show_string(out, o->value->file);
        buf_addf(out, ",\"line\":%d,\"column\":%d", o->value->line, o->value->col);
    }
}

/* {"x":{"value":..,"layer":..,"overrode":[{..}]}} */
static void
json_variable(const struct loaded *l, size_t host, const char *name, bool first, struct buf *out)
{
    struct origin *origins = NULL;
    const size_t count = inventory_explain(l->inventory, host, name, &origins);

    buf_adds(out, first ? "" : ",");
    show_string(out, name);
    buf_addc(out, ':');
    json_origin(&origins[0], out);
    buf_adds(out, ",\"overrode\":[");
    for (size_t i = 1; i < count; i++) {
        buf_adds(out, i == 1 ? "" : ",");
        json_origin(&origins[i], out);
        buf_addc(out, '}');
    }
    buf_adds(out, "]}");
    free(origins);
}

static int
print_vars(const struct cli *c, const struct loaded *l, struct buf *out, struct err *err)
{
    size_t host = 0;

    if (find_host(l->inventory, cli_word(c, 2), &host, err) != 0) {
        return -1;
    }
    const struct value *vars = inventory_vars(l->inventory, host);
    size_t *order = show_sorted(vars);
    if (c->options.json && !c->options.explain) {
        show_json(out, vars, 0);
    }
    buf_adds(out, c->options.json && c->options.explain ? "{" : "");
    for (size_t i = 0; i < vars->count; i++) {
        const char *name = vars->keys[order[i]];
        if (!c->options.json) {
            explain_variable(l->inventory, c->root, host, name, c->options.explain, out);
        } else if (c->options.explain) {
            json_variable(l, host, name, i == 0, out);
        }
    }
    buf_adds(out, !c->options.json ? "" : c->options.explain ? "}\n" : "\n");
    free(order);
    return 0;
}

/* ---------------------------------------------------------------- the command */

static const struct form forms[] = {
    {"list", "list ENV [--json]", "J", 1, 1, print_list},
    {"graph", "graph ENV [GROUP] [--vars]", "U", 1, 2, print_graph},
    {"host", "host ENV HOST", "J", 2, 2, print_host},
    {"vars", "vars ENV HOST [--explain] [--json]", "JE", 2, 2, print_vars},
};

static const struct form *
form_of(const struct cli *c, struct err *err)
{
    const char *name = cli_word(c, 0);
    const int words = (int)c->options.words.count - 2;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct form *f = &forms[i];
        if (strcmp(f->name, name) != 0) {
            continue;
        }
        if (words < f->words_min || words > f->words_max) {
            err_set(err, ERR_USAGE, "usage: " CLI_NAME " inventory %s", f->usage);
            return NULL;
        }
        for (const char *p = "JEU"; *p != '\0'; p++) {
            if (strchr(c->options.given, *p) != NULL && strchr(f->letters, *p) == NULL) {
                err_set(err, ERR_USAGE, "usage: " CLI_NAME " inventory %s", f->usage);
                return NULL;
            }
        }
        return f;
    }
    err_set(err, ERR_USAGE, "usage: " CLI_NAME " inventory list|graph|host|vars ENV [HOST]");
    return NULL;
}

int
cmd_inventory(struct cli *c, struct err *err)
{
    const struct form *form = form_of(c, err);
    struct loaded l = {0};
    struct buf out;
    int rc;

    if (form == NULL) {
        return -1;
    }
    buf_init(&out, OUTPUT_BYTES_MAX);
    rc = load_all(&l, c, cli_word(c, 1), NULL, err);
    if (rc == 0) {
        rc = form->print(c, &l, &out, err);
    }
    if (rc == 0 && out.full) {
        rc = err_set(err, ERR_IO, "more than %d MiB to print", OUTPUT_BYTES_MAX >> 20);
    }
    if (rc == 0) {
        fwrite(out.data, 1, out.len, stdout);
    }
    buf_release(&out);
    loaded_release(&l);
    return rc;
}
