/*
 * foreign.h - options of Ansible and clush that we have not, and what to do instead.
 */
#ifndef CLI_FOREIGN_H
#define CLI_FOREIGN_H

/* What to do instead of an option: of a long one by its name without dashes, of a short one by its
 * letter; NULL: nobody's option that is known here. */
const char *foreign_hint(const char *name);

#endif
