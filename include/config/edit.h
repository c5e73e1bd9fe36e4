/*
 * edit.h - changes to files that people wrote, which keep every comment, order and style of theirs.
 *
 * A change touches the bytes it is about and no others; what is taken out takes the comments inside
 * and behind it with it.  The file is read as it would be, and must say just what was meant and
 * otherwise what it said before; else nothing is written.
 * Written beside, synced and renamed; mode, owner (where we may) and a symbolic link stay.  Where a
 * file cannot be changed so (an executable, JSON, a range `web[01:50]`, an anchor, a vault, the
 * file was changed since it was read), the error names file:line and says what to do by hand.
 */
#ifndef CONFIG_EDIT_H
#define CONFIG_EDIT_H

#include "base/err.h"
#include "base/strv.h"
#include "config/mistakes.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- what is typed: 0, or -1 and what is wrong with it, for people.  arg is not used.  Where an
 * address, a port, a user or a key file holds `{{`, it is a template, which is not looked into. */
int edit_check_name(void *arg, const char *text, struct err *err);    /* of a host */
int edit_check_env(void *arg, const char *text, struct err *err);     /* of an environment */
int edit_check_address(void *arg, const char *text, struct err *err); /* "" too: the name is it */
int edit_check_port(void *arg, const char *text, struct err *err);    /* "" too */
int edit_check_user(void *arg, const char *text, struct err *err);    /* "" too */
int edit_check_group(void *arg, const char *text, struct err *err);   /* "" too: none */
/* arg: the root (const char *): a relative path is from there.  "" too; it must be there, a key
 * that we may read. */
int edit_check_key_file(void *arg, const char *text, struct err *err);
/* "a=1, b=two": further variables, as they stand in YAML (`[1, 2]`, "a, b"); "" too.  Not those
 * that have a field of their own. */
int edit_check_vars(void *arg, const char *text, struct err *err);

/* ---- a host in the inventory of an environment; "" or NULL: not set */
struct edit_host {
    const char *name;
    const char *address, *port, *user, *key_file;
    const char *vars;  /* further variables, as edit_check_vars has them; NULL: left as they are */
    const char *group; /* one it is put into (made if it is not there); adding only */
};
/* Places in what edit_read_host tells. */
enum {
    EDIT_ADDRESS,
    EDIT_PORT,
    EDIT_USER,
    EDIT_KEY_FILE,
    EDIT_VARS, /* those that can be written in a line: the others stay whatever comes back */
    EDIT_HOST_TEXTS
};
/* What stands in the inventory file itself of this host: EDIT_HOST_TEXTS texts owned by the
 * caller's strv; "" where nothing does. */
int edit_read_host(const char *env_dir, const char *name, struct strv *ret, struct err *err);
int edit_add_host(const char *env_dir, const struct edit_host *h, struct err *err);
/* name: as it is called now; h->name may be another. */
int
edit_change_host(const char *env_dir, const char *name, const struct edit_host *h, struct err *err);
/* Files about a host that no change of the inventory touches: `host_vars/web-01.yml`, from env_dir;
 * to be told where it is renamed. */
void edit_host_files(const char *env_dir, const char *name, struct strv *ret);
/* Takes it out of every group of the inventory's files.  ret_left: files about it that stay
 * (host_vars/web-01.yml), for people. */
int edit_remove_host(const char *env_dir, const char *name, struct strv *ret_left, struct err *err);

/* ---- config.yml */
/* Set a key to a value as one types it into the file (`3`, `[1, 10%]`, `{zone: 1}`); NULL: take it
 * out.  A file that is not there is made.  -1: the mistake that `validate` would tell. */
int edit_setting(const char *config_path, const char *key, const char *value, struct err *err);
/* The same without writing: -1 and what is wrong with it. */
int edit_check_setting(const char *key, const char *value, struct err *err);
/* The text of the value as it stands in the file, in one line; NULL: it does not.  free() it. */
char *edit_setting_text(const char *config_path, const char *key);

/* The same of all keys at once. */
struct edit_setting {
    char *text; /* owned; NULL: it does not stand there */
    int line;
    bool bad; /* m has a mistake in this line */
};
/* ret: one for each row of settings_row; all are set.  m: what is wrong with the file; a file that
 * is not there is none. */
void edit_settings_read(const char *config_path, struct edit_setting *ret, struct mistakes *m);
void edit_settings_release(struct edit_setting *settings);

/* ---- environments */
/* <root>/inventory/<name>/ with a config.yml and a hosts.yml that say what they are. */
int edit_create_env(const char *root, const char *name, struct err *err);
/* What would go with it: paths relative to the root, folders with a `/`; at most some hundred. */
int edit_list_env(const char *root, const char *name, struct strv *ret_paths, struct err *err);
/* Links are removed, not followed.  Runs and logs under var/ stay. */
int edit_delete_env(const char *root, const char *name, struct err *err);

#endif
