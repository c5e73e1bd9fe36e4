/*
 * ansible_words.h - what a word of a playbook is called in an action.
 */
#ifndef CONFIG_ANSIBLE_WORDS_H
#define CONFIG_ANSIBLE_WORDS_H

#include <stdbool.h>

/* What to write for a key of a task or play, for a message: "write run"; NULL: no word of
 * Ansible's that is known here.  *ret_verb: the key says what the task does. */
const char *ansible_words_hint(const char *key, bool *ret_verb);

#endif
