/*
 * action_place.h - remembers where the texts of a step stand in the file.
 *
 * Shared by action.c and action_place.c, and by nobody else; action.h has the question.
 */
#ifndef CONFIG_ACTION_PLACE_H
#define CONFIG_ACTION_PLACE_H

#include "config/action.h"
#include "config/yaml.h"

/* Note the place of text, read from node; bytes are those of node's file. */
void action_place_note(struct action_step *s, const char *text, const struct yaml_node *node,
                       const char *bytes);
void action_place_release(struct action_step *s);

#endif
