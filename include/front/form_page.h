/*
 * form_page.h - what pages that are a form share: where it stands, and whose a key is.
 */
#ifndef FRONT_FORM_PAGE_H
#define FRONT_FORM_PAGE_H

#include "front/page.h"
#include "ui/form.h"

#include <stdbool.h>

/* For page_ops.key: done is called when all is right and Enter was pressed, typed (or NULL) after
 * any other key; a form that is left pops its page. */
bool form_page_key(struct page *p, struct form *form, const struct key *k,
                   void (*done)(struct page *p), void (*typed)(struct page *p));
void form_page_draw(struct form *form, struct canvas *c, struct box box);

#endif
