/*
 * yaml_json.h - JSON as the events libyaml would make of it.
 *
 * Ansible reads every YAML file as JSON first, and only what is none as YAML: `1e5` is a number in
 * one and a text in the other.  libyaml refuses the surrogate pairs that JSON is full of.
 */
#ifndef CONFIG_YAML_JSON_H
#define CONFIG_YAML_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

/* Whether the bytes are one JSON value, as Python's json reads it (NaN and Infinity too).  *ret_at:
 * the byte where they are not; may be NULL. */
bool json_valid(const char *data, size_t len, size_t *ret_at);

/* Give the events of a valid value to take, until it returns other than 0, which is returned.
 * Texts are quoted scalars; numbers, true, false and null plain ones; a number with a fraction or
 * an exponent has the tag of a float.  {"__ansible_unsafe": text} and {"__ansible_vault": text} are
 * texts with the tags !unsafe and !vault, as in Ansible (parsing/ajson.py). */
int json_events(const char *data, size_t len, int (*take)(void *arg, yaml_event_t *e), void *arg);

#endif
