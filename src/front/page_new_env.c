/*
 * page_new_env.c - the form of a new environment: its name.
 *
 * Decides that nobody has the name yet.  Owns the form.  Files are config/edit's to make; the
 * environment is opened when it is there.
 */
#include "front/form_page.h"
#include "front/front.h"

#include "base/strv.h"
#include "base/xalloc.h"
#include "cli/command.h"
#include "cli/place.h"
#include "config/edit.h"

#include <stdlib.h>
#include <string.h>

enum { NAME, FIELDS };

struct page_new_env {
    struct page page; /* first */
    struct form *form;
    struct strv taken; /* names there are */
};

static struct page_new_env *
self(struct page *p)
{
    return (struct page_new_env *)p;
}

static int
check_name(void *arg, const char *text, struct err *err)
{
    const struct page_new_env *p = arg;

    if (edit_check_env(NULL, text, err) != 0) {
        return -1;
    }
    return strv_has(&p->taken, text)
               ? err_set(err, ERR_USAGE, "inventory/%s is there already", text)
               : 0;
}

static const struct form_field fields[FIELDS] = {
    [NAME] = {.name = "name",
              .help = "A folder of this name is made in inventory/, with a config.yml and a "
                      "hosts.yml that say what they are.",
              .check = check_name},
};

static void
make(struct page *page)
{
    const struct page_new_env *p = self(page);
    struct front *f = p->page.front;
    struct err err = {0};

    if (edit_create_env(front_cli(f)->root, form_value(p->form, NAME), &err) != 0) {
        form_blame(p->form, err.text);
        return;
    }
    char *name = xstrdup(form_value(p->form, NAME));
    front_pop(f); /* from here on the form may be gone */
    if (front_open_env(f, name)) {
        front_go(f, AT_SERVERS);
        front_say(f, LOOK_OK, "inventory/%s is made; n adds a server, 5 shows its settings", name);
    }
    free(name);
}

static void
draw(struct page *page, struct canvas *c, struct box box)
{
    form_page_draw(self(page)->form, c, box);
}

static bool
key(struct page *page, const struct key *k)
{
    return form_page_key(page, self(page)->form, k, make, NULL);
}

static void
release(struct page *page)
{
    struct page_new_env *p = self(page);

    form_free(p->form);
    strv_clear(&p->taken);
    free(p);
}

struct page *
page_new_env_new(struct front *f)
{
    static const struct page_ops ops = {
        .where = AT_FORM,
        .title = "New environment",
        .draw = draw,
        .key = key,
        .free = release,
    };
    struct page_new_env *p = xcalloc(1, sizeof(*p));

    p->page = (struct page){.ops = &ops, .front = f};
    place_envs(front_cli(f)->root, &p->taken);
    p->form = form_new("A new environment", fields, FIELDS, NULL, p);
    return &p->page;
}
