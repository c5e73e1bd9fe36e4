/*
 * page_edit_server.c - the form of a new server, or of one there is.
 *
 * Decides what is right beyond each field alone: a name that nobody has, an address that another
 * has already (which is told, and keeps nobody).  Owns form and texts.  The file is config/edit's
 * to change; what it refuses, it tells in its own words.
 */
#include "front/form_page.h"
#include "front/servers.h"

#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "config/edit.h"

#include <stdlib.h>
#include <string.h>

enum field { NAME, ADDRESS, PORT, USER, KEY_FILE, VARS, GROUP };
enum { FIELDS = GROUP + 1, PLACE_BYTES_MAX = 4096, DEFAULT_PORT = 22 };

struct page_edit {
    struct page page; /* first */
    struct form *form;
    char *host;            /* owned: its name now; NULL: a new one */
    char *env;             /* owned: the environment it is of */
    struct strv was;       /* what stood in the files when it was opened (EDIT_HOST_TEXTS) */
    char *presets[FIELDS]; /* owned: what an empty field stands for */
    struct form_field fields[FIELDS];
};

static struct page_edit *
self(struct page *p)
{
    return (struct page_edit *)p;
}

/* The form is of an environment that is still the open one. */
static bool
is_open(const struct page_edit *p)
{
    const char *env = front_env_name(p->page.front);

    return env != NULL && front_env(p->page.front) != NULL && strcmp(env, p->env) == 0;
}

/* ---------------------------------------------------------------- checks */

static int
check_name(void *arg, const char *text, struct err *err)
{
    struct page_edit *p = arg;
    struct front *f = p->page.front;

    if (edit_check_name(NULL, text, err) != 0) {
        return -1;
    }
    if (!is_open(p) || (p->host != NULL && strcmp(p->host, text) == 0)) {
        return 0;
    }
    const ptrdiff_t i = server_number(f, text);
    if (i >= 0) {
        const struct host *h = inventory_host(front_env(f)->inventory, (size_t)i);
        struct buf place;
        buf_init(&place, PLACE_BYTES_MAX);
        explain_path(front_cli(f)->root, h->file, &place);
        (void)err_set(err, ERR_USAGE, "%s is there already (%.400s:%d)", text, place.data, h->line);
        buf_release(&place);
        return -1;
    }
    if (inventory_members(front_env(f)->inventory, text) != NULL) {
        return err_set(err, ERR_USAGE, "%s is a group: a server of the same name would be both",
                       text);
    }
    return 0;
}

static int
check_group(void *arg, const char *text, struct err *err)
{
    struct page_edit *p = arg;

    if (edit_check_group(NULL, text, err) != 0) {
        return -1;
    }
    return text[0] != '\0' && is_open(p) && server_number(p->page.front, text) >= 0
               ? err_set(err, ERR_USAGE, "%s is a server: a group of the same name would be both",
                         text)
               : 0;
}

static int
check_key_file(void *arg, const char *text, struct err *err)
{
    struct page_edit *p = arg;

    return edit_check_key_file(front_cli(p->page.front)->root, text, err);
}

static const struct form_field all_fields[FIELDS] = {
    [NAME] = {.name = "name",
              .help = "Letters, digits, dots, dashes and underscores; how it is called everywhere.",
              .check = check_name},
    [ADDRESS] = {.name = "address",
                 .help = "An address or a name that is looked up (ansible_host).",
                 .check = edit_check_address},
    [PORT] = {.name = "port",
              .help = "Of its SSH server, 1 to 65535 (ansible_port).",
              .check = edit_check_port},
    [USER] = {.name = "user",
              .help = "Who logs in there (ansible_user).",
              .check = edit_check_user},
    [KEY_FILE] = {.name = "key file",
                  .help = "A private key; a path that is not absolute begins at the root "
                          "(ansible_ssh_private_key_file).",
                  .check = check_key_file},
    [VARS] = {.name = "variables",
              .help = "More of them, as name=value, with commas between: role=web, weight=3",
              .check = edit_check_vars},
    [GROUP] = {.name = "group",
               .help = "The group it is put into; made if it is not there.",
               .check = check_group},
};

/* ---------------------------------------------------------------- two names of one machine */

/* The first other server with this address and port; 0: a group may set it, so any is the same.
 * NULL: there is none. */
static const struct host *
find_twin(const struct page_edit *p, const char *address, int port)
{
    const struct inventory *inv = front_env(p->page.front)->inventory;

    for (size_t i = 0; i < inventory_count(inv); i++) {
        const struct host *h = inventory_host(inv, i);
        const int its = h->port == 0 ? DEFAULT_PORT : h->port;
        if ((port == 0 || its == port) && strcmp(h->address, address) == 0 &&
            (p->host == NULL || strcmp(h->name, p->host) != 0)) {
            return h;
        }
    }
    return NULL;
}

/* Told, and no more: user and jump host may make two of them. */
static void
note_twin(struct page *page)
{
    struct page_edit *p = self(page);
    const char *name = form_value(p->form, NAME);
    const char *address = form_value(p->form, ADDRESS);
    const char *port = form_value(p->form, PORT);
    const struct host *twin = NULL;

    if (is_open(p) && (address[0] != '\0' || name[0] != '\0')) {
        twin = find_twin(p, address[0] != '\0' ? address : name, (int)strtol(port, NULL, 10));
    }
    if (twin == NULL) {
        form_note(p->form, NULL);
        return;
    }
    char *text = xasprintf("%s has the same address%s: two names of one machine are taken for one, "
                           "and the first counts.",
                           twin->name, port[0] == '\0' ? "" : " and port");
    form_note(p->form, text);
    free(text);
}

/* ---------------------------------------------------------------- writing */

static struct edit_host
read_form(const struct page_edit *p)
{
    return (struct edit_host){.name = form_value(p->form, NAME),
                              .address = form_value(p->form, ADDRESS),
                              .port = form_value(p->form, PORT),
                              .user = form_value(p->form, USER),
                              .key_file = form_value(p->form, KEY_FILE),
                              .vars = form_value(p->form, VARS),
                              .group = p->host == NULL ? form_value(p->form, GROUP) : NULL};
}

/* "inventory/prod/hosts.yml", as it is named after the file was read again; was: its name before,
 * or NULL. */
static void
say_done(struct front *f, const char *name, const char *was, const char *what)
{
    const ptrdiff_t i = server_number(f, name);
    const struct loaded *l = front_env(f);
    struct buf place;

    if (i < 0) {
        front_say(f, LOOK_WARN, "%s is written, but the inventory does not have it", name);
        return;
    }
    buf_init(&place, PLACE_BYTES_MAX);
    explain_path(front_cli(f)->root, inventory_host(l->inventory, (size_t)i)->file, &place);
    if (was != NULL && strcmp(was, name) != 0) {
        front_say(f, LOOK_WARN, "%s: %s %s; its earlier runs and state stay with the name %s", name,
                  what, place.data, was);
    } else {
        front_say(f, LOOK_OK, "%s: %s %s", name, what, place.data);
    }
    buf_release(&place);
}

/* What is not touched here would be put back to what it was. */
static int
check_unchanged(const struct page_edit *p, struct err *err)
{
    struct strv now = {0};
    int rc = edit_read_host(front_env(p->page.front)->env_dir, p->host, &now, err);
    bool same = now.count == p->was.count;

    for (size_t i = 0; same && i < now.count; i++) {
        same = strcmp(now.items[i], p->was.items[i]) == 0;
    }
    if (rc == 0 && !same) {
        rc = err_set(err, ERR_CONFIG,
                     "somebody else has changed %s meanwhile: Esc, and e reads it again", p->host);
    }
    strv_clear(&now);
    return rc;
}

static int
write_form(const struct page_edit *p, const struct edit_host *h, struct err *err)
{
    const char *dir = front_env(p->page.front)->env_dir;

    if (p->host == NULL) {
        return edit_add_host(dir, h, err);
    }
    return check_unchanged(p, err) < 0 ? -1 : edit_change_host(dir, p->host, h, err);
}

static void
save(struct page *page)
{
    struct page_edit *p = self(page);
    struct front *f = p->page.front;
    struct err err = {0};

    if (!is_open(p)) {
        form_blame(p->form, "Another environment was opened: Esc leaves this form.");
        return;
    }
    const struct edit_host h = read_form(p);
    if (write_form(p, &h, &err) != 0) {
        form_blame(p->form, err.text);
        return;
    }
    char *name = xstrdup(h.name);
    char *was = p->host == NULL ? NULL : xstrdup(p->host);
    const char *what = p->host == NULL ? "added to" : "changed in";
    front_pop(f); /* from here on the form may be gone */
    front_reload_env(f);
    page_servers_go(f, name);
    if (was != NULL) {
        page_server_follow(f, was, name);
    }
    say_done(f, name, was, what);
    free(was);
    free(name);
}

/* ---------------------------------------------------------------- the page */

static void
draw(struct page *page, struct canvas *c, struct box box)
{
    form_page_draw(self(page)->form, c, box);
}

static void
subtitle(struct page *page, char *ret, size_t size)
{
    const struct page_edit *p = self(page);

    snprintf(ret, size, "%s%s%s", p->env, p->host == NULL ? ", a new one" : ", ",
             p->host == NULL ? "" : p->host);
}

static bool
key(struct page *page, const struct key *k)
{
    return form_page_key(page, self(page)->form, k, save, note_twin);
}

static void
release(struct page *page)
{
    struct page_edit *p = self(page);

    form_free(p->form);
    for (size_t i = 0; i < FIELDS; i++) {
        free(p->presets[i]);
    }
    strv_clear(&p->was);
    free(p->host);
    free(p->env);
    free(p);
}

/* What an empty field stands for: of a server there is, what is set elsewhere (a group, host_vars).
 */
static void
set_presets(struct page_edit *p, const struct host *h)
{
    p->presets[ADDRESS] = xstrdup(h == NULL ? "its name" : h->address);
    p->presets[PORT] =
        h != NULL && h->port > 0 ? xasprintf("%d", h->port) : xstrdup("ssh_config, or 22");
    p->presets[USER] = xstrdup(h != NULL && h->user != NULL ? h->user : "ssh_config, or you");
    p->presets[KEY_FILE] =
        xstrdup(h != NULL && h->key_path != NULL ? h->key_path : "agent, default keys");
    p->presets[VARS] = xstrdup("none");
    p->presets[GROUP] = xstrdup("none");
    for (size_t i = 0; i < FIELDS; i++) {
        p->fields[i].preset = p->presets[i];
    }
}

struct page *
page_edit_server_new(struct front *f, const char *host)
{
    static const struct page_ops ops = {
        .where = AT_FORM,
        .title = "Server",
        .draw = draw,
        .subtitle = subtitle,
        .key = key,
        .free = release,
    };
    static const size_t texts[EDIT_HOST_TEXTS] = {[EDIT_ADDRESS] = ADDRESS,
                                                  [EDIT_PORT] = PORT,
                                                  [EDIT_USER] = USER,
                                                  [EDIT_KEY_FILE] = KEY_FILE,
                                                  [EDIT_VARS] = VARS};
    const char *values[FIELDS] = {[NAME] = host};
    const ptrdiff_t number = host == NULL ? -1 : server_number(f, host);
    struct strv now = {0};
    struct err err = {0};

    if (front_env(f) == NULL || (host != NULL && number < 0)) {
        front_say(f, LOOK_WARN, host == NULL ? "no environment is open" : "no such server");
        return NULL;
    }
    if (host != NULL && edit_read_host(front_env(f)->env_dir, host, &now, &err) != 0) {
        front_say(f, LOOK_BAD, "%s", err.text);
        strv_clear(&now);
        return NULL;
    }
    struct page_edit *p = xcalloc(1, sizeof(*p));
    p->page = (struct page){.ops = &ops, .front = f};
    p->host = host == NULL ? NULL : xstrdup(host);
    p->env = xstrdup(front_env_name(f));
    memcpy(p->fields, all_fields, sizeof(all_fields));
    set_presets(p, host == NULL ? NULL : inventory_host(front_env(f)->inventory, (size_t)number));
    for (size_t i = 0; i < now.count && i < EDIT_HOST_TEXTS; i++) {
        values[texts[i]] = now.items[i];
    }
    p->form = form_new(host == NULL ? "A new server" : "Edit a server", p->fields,
                       host == NULL ? FIELDS : FIELDS - 1, values, p);
    p->was = now;
    return &p->page;
}
