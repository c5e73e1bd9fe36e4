/*
 * form_page.c - what pages that are a form share.
 *
 * Decides which keys are the form's.  Owns nothing.
 */
#include "front/form_page.h"

#include "front/front.h"

bool
form_page_key(struct page *p, struct form *form, const struct key *k, void (*done)(struct page *p),
              void (*typed)(struct page *p))
{
    struct front *f = p->front;

    if (!form_takes(k)) {
        return false;
    }
    switch (form_key(form, k)) {
    case FORM_GOES_ON:
        if (typed != NULL) {
            typed(p);
        }
        break;
    case FORM_DONE:
        done(p); /* it may pop the page */
        break;
    case FORM_CANCELLED:
        front_pop(f);
        break;
    }
    front_changed(f);
    return true;
}

void
form_page_draw(struct form *form, struct canvas *c, struct box box)
{
    const struct box inside = {box.row + 1, box.col + 2, box.rows - 1, box.cols - 4};

    form_draw(form, c, inside);
}
