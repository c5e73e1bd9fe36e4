/*
 * asked.h - what a check from the controller asks, in words for people.
 */
#ifndef APP_ASKED_H
#define APP_ASKED_H

#include "config/action.h"
#include "config/render.h"

/* `GET http://192.0.2.1:80/up as www.example.org`, `connect to 192.0.2.1:5432`; the caller frees.
 * step is of the kind http or tcp. */
char *asked_of(const struct action_step *step, const struct rendered *r, const char *address);

#endif
