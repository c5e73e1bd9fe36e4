/*
 * front.h - the full screen: pages, one over the other, over one loop, beside at most one run.
 *
 * front.c owns terminal, loop and the order of things; what pages share is here.  work.c owns the
 * run under way and the queue (front/work.h).
 */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "cli/command.h"
#include "cli/load.h"
#include "front/page.h"
#include "ui/screen.h"

#include <event2/event.h>

struct front;

/* The command without words, on a terminal (cli.h calls it): the exit code, or -1 and err. */
int front_main(struct cli *c, struct err *err);

/* ---- what pages share */
struct cli *front_cli(struct front *f); /* root, options, secrets, zygote */
struct event_base *front_base(struct front *f);
struct screen *front_screen(struct front *f);
int64_t front_wall_ms(const struct front *f); /* UTC */
/* Something has changed that may be seen. */
void front_changed(struct front *f);
/* End the loop, and with it the program, with this exit code. */
void front_leave(struct front *f, int exit_code);

/* One line above the lower bar, until the next key or some seconds; look: LOOK_OK, _BAD, _WARN.
 * Texts of errors come as they are. */
void front_say(struct front *f, unsigned look, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A page over this one; it is freed when it is left (ACT_BACK), NULL is ignored.  A page may leave
 * from inside of its own functions: it is freed by the loop, later. */
void front_push(struct front *f, struct page *p);
void front_pop(struct front *f);
struct page *front_top(struct front *f); /* the page that is seen; borrowed until the loop */
/* One of the six pages of the bar, which live as long as the screen does; the pages over the one
 * that was seen are left. */
void front_go(struct front *f, enum where where);
/* The same page, made if it was never seen; NULL: there is none. */
struct page *front_page(struct front *f, enum where where);
/* The `:` line with a text in it, to go on with: "run ". */
void front_type(struct front *f, const char *text);

/* ---- questions, over the page; answered later, from the loop */
/* Yes or no.  text may have several lines, the first stands out.  Enter and y are yes; Esc and n
 * no.  word: must be typed for a yes (deleting); NULL: a key is enough.  A question that is open
 * when another comes is answered with no. */
void front_ask(struct front *f, const char *text, const char *word,
               void (*answer)(void *arg, bool yes), void *arg);

/* ---- the environment that is open */
/* Open it: read config.yml and inventory, write the guide's two lines.  false: it was told why not
 * (all mistakes are on a page of text). */
bool front_open_env(struct front *f, const char *name);
/* NULL: none is open.  Borrowed until it is opened or read again: ask again after the loop. */
const struct loaded *front_env(const struct front *f);
const char *front_env_name(const struct front *f);
/* Its files have changed (by us): read it again; marks stay with their names. */
void front_reload_env(struct front *f);
/* Somebody asked for it: the same, told; while a run is under way a large one waits. */
void front_refresh_env(struct front *f);
/* Changes each time it is read again. */
unsigned front_env_version(const struct front *f);
/* Names of the servers that are marked on the Servers page, or, if none is, the one under its
 * cursor. */
void front_chosen(struct front *f, struct strv *ret_names);
/* The same, marked ones only. */
void front_marked(struct front *f, struct strv *ret_names);
/* Mark the servers of a pattern (-l); -1 and err. */
int front_mark_pattern(struct front *f, const char *pattern, struct err *err);

/* ---- the pages; each file makes its own */
struct page *page_envs_new(struct front *f);
struct page *page_servers_new(struct front *f);
struct page *page_server_new(struct front *f, const char *host); /* details */
struct page *page_run_new(struct front *f);
struct page *page_history_new(struct front *f);
struct page *page_settings_new(struct front *f);
struct page *page_log_new(struct front *f); /* debug.log */
/* A run looked back at: Gantt, hosts; down to a host's log. */
struct page *page_chart_new(struct front *f, const char *run_id);
/* The log of a host of a run, from the store's files. */
struct page *
page_hostlog_new(struct front *f, const char *env, const char *run_id, const char *host);
/* What a host of the run that is shown has said and says. */
struct page *page_output_new(struct front *f, int32_t host);
/* Any text; of mistakes, help, an action. */
struct page *page_text_new(struct front *f, const char *title, const char *text);
/* Made from the key table: what is possible at `at`, then everywhere. */
struct page *page_help_new(struct front *f, enum where at);
/* Forms. */
struct page *page_edit_server_new(struct front *f, const char *host); /* NULL: a new one */
struct page *page_new_env_new(struct front *f);

/* A copy of `path:line: ...` with paths from the root on; the caller frees it. */
char *front_near_root(const struct front *f, const char *text);
/* A page with all that is wrong, paths from the root on. */
void front_show_mistakes(struct front *f, const char *title, const struct mistakes *m);
/* The loop ends, with this exit code. */
void front_leave(struct front *f, int exit_code);

/* The settings of an environment, which need not be open, nor be one that can be. */
void front_show_settings(struct front *f, const char *env);
/* `KEY VALUE` into config.yml of the open environment; tells what was done, or why not. */
void front_set(struct front *f, const char *rest);

#endif
