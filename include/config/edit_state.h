/*
 * edit_state.h - the files of an inventory while a host is changed in them.  Private to edit*.c.
 */
#ifndef CONFIG_EDIT_STATE_H
#define CONFIG_EDIT_STATE_H

#include "base/err.h"
#include "config/edit.h"
#include "config/edit_file.h"
#include "config/inventory_read.h"

#include <stdbool.h>
#include <stddef.h>

/* A variable to be written. */
struct edit_var {
    const char *name;
    const struct value *value;
    const char *text; /* as it is to stand in YAML; NULL: as fits */
};

/* A host to be put in. */
struct edit_new {
    const char *name;
    const char *group;           /* NULL: none */
    const struct edit_var *vars; /* count of them */
    size_t count;
};

/* What is done wherever the host is named, one place after the other. */
enum edit_op {
    EDIT_RENAME, /* to text */
    EDIT_REMOVE,
    EDIT_UNSET,  /* the variable text */
    EDIT_REPORT, /* the port of `web-01:22` to text; NULL: take it away */
};
enum { EDIT_OPS = EDIT_REPORT + 1 };

/* What can be done to a file, by its kind.  Each changes f->now once: 1; 0: there is nothing (left)
 * to do; -1 and err, which names file:line: it cannot be done so. */
struct edit_kind {
    int (*ops[EDIT_OPS])(struct edit_file *f, const char *name, const char *text, struct err *err);
    /* The last place where it stands; the first where the host does. */
    int (*replace)(struct edit_file *f, const char *name, const struct edit_var *v,
                   struct err *err);
    int (*put)(struct edit_file *f, const char *name, const struct edit_var *v, struct err *err);
    /* create: make the group where it is not there. */
    int (*add)(struct edit_file *f, const struct edit_new *n, bool create, struct err *err);
};
extern const struct edit_kind edit_kind_yaml, edit_kind_ini;

/* Whether a pattern of the inventory is this host, maybe with a port: 1; 0; -1 and why: it is a
 * range that holds it. */
int edit_pattern_is(const char *pattern, const char *name, int *ret_port, char ret_why[160]);

struct edit_source {
    struct edit_file file;
    const struct edit_kind *kind; /* NULL: cannot be changed: a program, encrypted */
    bool ini;
};

struct edit_sources {
    const char *dir;           /* borrowed */
    struct edit_source *items; /* owned; in the order of reading */
    size_t count;
    bool whole; /* all of them can be read by us */
};

/* Read all files of the inventory in env_dir.  Release s in any case. */
int edit_sources_read(struct edit_sources *s, const char *env_dir, struct err *err);
void edit_sources_release(struct edit_sources *s);
/* What they say: as they were read, or as they are now.  NULL and err: a mistake in them. */
struct draft *edit_sources_draft(const struct edit_sources *s, bool now, struct err *err);
/* Write those that have changed. */
int edit_sources_write(struct edit_sources *s, struct err *err);

/* What was meant. */
struct edit_meant {
    const char *from;         /* the host; NULL: there was none */
    const char *to;           /* NULL: there is to be none */
    const struct value *vars; /* a dict: all that it is to have in the files; with `to` */
    const char *group;        /* it is to be in; without `from` */
};
/* Whether the drafts (both reconciled) differ by just that.  -1: err says in what else. */
int
edit_compare(struct draft *was, struct draft *now, const struct edit_meant *meant, struct err *err);
/* Whether the environment with these files is one that can be used, if it was one: no mistake, and
 * the host no second name of another. */
int
edit_sources_check(const struct edit_sources *s, const struct edit_meant *meant, struct err *err);

#endif
