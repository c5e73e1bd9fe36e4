/*
 * missing.c - stands in for parts that have not landed; goes when all have.
 */
#include "front/front.h"
#include "front/work.h"
#include "ui/pager.h"
#include "ui/screen.h"

#include "config/edit.h"

#include <stdlib.h>
#include <string.h>

#define NOT_YET(f, what) (front_say((f), LOOK_WARN, "not there yet: " what), (struct page *)NULL)

#if !__has_include("../ui/canvas.c")
struct canvas *
canvas_new(int rows, int cols, bool ascii)
{
    (void)rows;
    (void)cols;
    (void)ascii;
    return NULL;
}
void
canvas_free(struct canvas *c)
{
    (void)c;
}
struct box
canvas_box(const struct canvas *c)
{
    (void)c;
    return (struct box){0};
}
void
canvas_fill(struct canvas *c, struct box b, unsigned l)
{
    (void)c;
    (void)b;
    (void)l;
}
int
canvas_text(struct canvas *c, int r, int k, int w, unsigned l, const char *t)
{
    (void)c;
    (void)r;
    (void)k;
    (void)w;
    (void)l;
    (void)t;
    return 0;
}
int
canvas_bytes(struct canvas *c, int r, int k, int w, unsigned l, const char *t, size_t n)
{
    (void)c;
    (void)r;
    (void)k;
    (void)w;
    (void)l;
    (void)t;
    (void)n;
    return 0;
}
int
canvas_right(struct canvas *c, int r, int k, int w, unsigned l, const char *t)
{
    (void)c;
    (void)r;
    (void)k;
    (void)w;
    (void)l;
    (void)t;
    return 0;
}
int
canvas_print(struct canvas *c, int r, int k, int w, unsigned l, const char *t, ...)
{
    (void)c;
    (void)r;
    (void)k;
    (void)w;
    (void)l;
    (void)t;
    return 0;
}
void
canvas_ornament(struct canvas *c, int r, int k, unsigned l, enum ornament o)
{
    (void)c;
    (void)r;
    (void)k;
    (void)l;
    (void)o;
}
struct box
canvas_frame(struct canvas *c, struct box b, unsigned l, const char *t)
{
    (void)c;
    (void)l;
    (void)t;
    return b;
}
int
canvas_width_of(const struct canvas *c, const char *b, size_t n)
{
    (void)c;
    (void)b;
    (void)n;
    return 0;
}
void
canvas_cursor(struct canvas *c, int r, int k)
{
    (void)c;
    (void)r;
    (void)k;
}
#endif
#if !__has_include("../ui/key.c")
void
key_name(const struct key *k, char ret[16])
{
    (void)k;
    ret[0] = '\0';
}
#endif
#if !__has_include("../ui/screen.c")
struct screen *
screen_open(const struct screen_config *c, struct err *e)
{
    (void)c;
    (void)err_set(e, ERR_USAGE, "it is not there yet");
    return NULL;
}
void
screen_close(struct screen *s)
{
    (void)s;
}
void
screen_changed(struct screen *s)
{
    (void)s;
}
void
screen_leave(struct screen *s)
{
    (void)s;
}
void
screen_enter(struct screen *s)
{
    (void)s;
}
void
screen_redraw(struct screen *s)
{
    (void)s;
}
void
screen_suspend(struct screen *s)
{
    (void)s;
}
void
screen_forget(struct screen *s)
{
    (void)s;
}
bool
screen_is_ascii(const struct screen *s)
{
    (void)s;
    return true;
}
#endif
#if !__has_include("../ui/pager.c")
struct pager *
pager_new(size_t l, size_t b)
{
    (void)l;
    (void)b;
    return NULL;
}
void
pager_free(struct pager *p)
{
    (void)p;
}
void
pager_add(struct pager *p, const char *b, size_t n)
{
    (void)p;
    (void)b;
    (void)n;
}
void
pager_filter(struct pager *p, const char *t, bool n)
{
    (void)p;
    (void)t;
    (void)n;
}
const char *
pager_filter_text(const struct pager *p)
{
    (void)p;
    return "";
}
bool
pager_search(struct pager *p, const char *t, bool b)
{
    (void)p;
    (void)t;
    (void)b;
    return false;
}
const char *
pager_search_text(const struct pager *p)
{
    (void)p;
    return "";
}
bool
pager_act(struct pager *p, enum act a)
{
    (void)p;
    (void)a;
    return false;
}
bool
pager_wheel(struct pager *p, const struct key *k)
{
    (void)p;
    (void)k;
    return false;
}
void
pager_draw(struct pager *p, struct canvas *c, struct box b)
{
    (void)p;
    (void)c;
    (void)b;
}
void
pager_place(const struct pager *p, char ret[64])
{
    (void)p;
    ret[0] = '\0';
}
#endif
#if !__has_include("../ui/feed.c")
const struct board *
feed_board(const struct feed *f)
{
    (void)f;
    return NULL;
}
bool
feed_end(const struct feed *f, struct feed_end *e)
{
    (void)f;
    (void)e;
    return false;
}
#endif
#if !__has_include("../app/alongside.c")
struct event_base *
app_loop_new(void)
{
    return event_base_new();
}
int
app_tell_mode(const char *r, const char *l, const struct settings *s, struct err *e)
{
    (void)r;
    (void)l;
    (void)s;
    (void)e;
    return 0;
}
#endif
#if !__has_include("../config/edit_host.c")
int
edit_read_host(const char *e, const char *n, struct strv *r, struct err *err)
{
    (void)e;
    (void)n;
    (void)r;
    return err_set(err, ERR_NOT_YET, "not there yet: editing");
}
int
edit_add_host(const char *e, const struct edit_host *h, struct err *err)
{
    (void)h;
    return edit_read_host(e, NULL, NULL, err);
}
int
edit_change_host(const char *e, const char *n, const struct edit_host *h, struct err *err)
{
    (void)h;
    return edit_read_host(e, n, NULL, err);
}
int
edit_remove_host(const char *e, const char *n, struct strv *r, struct err *err)
{
    return edit_read_host(e, n, r, err);
}
#endif

#if !__has_include("page_hostlog.c")
struct page *
page_hostlog_new(struct front *f, const char *env, const char *run_id, const char *host)
{
    (void)env;
    (void)run_id;
    (void)host;
    return NOT_YET(f, "logs");
}
#endif

#if !__has_include("../config/edit_env.c")
int
edit_create_env(const char *r, const char *n, struct err *e)
{
    (void)r;
    (void)n;
    return err_set(e, ERR_NOT_YET, "not there yet: making environments");
}
int
edit_list_env(const char *r, const char *n, struct strv *p, struct err *e)
{
    (void)r;
    (void)n;
    (void)p;
    return err_set(e, ERR_NOT_YET, "not there yet");
}
int
edit_delete_env(const char *r, const char *n, struct err *e)
{
    (void)r;
    (void)n;
    return err_set(e, ERR_NOT_YET, "not there yet");
}
#endif
#if !__has_include("work.c")
struct work *
work_new(struct front *f)
{
    return (struct work *)f;
}
void
work_free(struct work *w)
{
    (void)w;
}
void
work_propose(struct work *w, const char *a, const struct strv *h)
{
    (void)h;
    front_say((struct front *)w, LOOK_WARN, "%s: not there yet", a);
}
void
work_propose_retry(struct work *w, const char *id)
{
    front_say((struct front *)w, LOOK_WARN, "%s: not there yet", id);
}
struct feed *
work_feed(struct work *w)
{
    (void)w;
    return NULL;
}
struct run *
work_run(struct work *w)
{
    (void)w;
    return NULL;
}
const char *
work_env(const struct work *w)
{
    (void)w;
    return NULL;
}
const char *
work_action(const struct work *w)
{
    (void)w;
    return NULL;
}
const struct queue_list *
work_queue(struct work *w)
{
    (void)w;
    return NULL;
}
void
work_test(struct work *w, const struct strv *h)
{
    (void)w;
    (void)h;
}
struct work_test
work_test_of(const struct work *w, const char *e, const char *h)
{
    (void)w;
    (void)e;
    (void)h;
    return (struct work_test){0};
}
void
work_verb(struct work *w, enum verb v, const char *h, int32_t n)
{
    (void)w;
    (void)v;
    (void)h;
    (void)n;
}
bool
work_queue_runs(const struct work *w)
{
    (void)w;
    return false;
}
void
work_start_stop(struct work *w)
{
    (void)w;
}
void
work_clear(struct work *w)
{
    (void)w;
}
bool
work_interrupt(struct work *w)
{
    (void)w;
    return false;
}
void
work_hangup(struct work *w)
{
    (void)w;
}
void
work_leave_when_over(struct work *w)
{
    (void)event_base_loopbreak(front_base((struct front *)w));
}
void
work_tell_plain(struct work *w)
{
    (void)w;
}
int64_t
work_predicted_ms(const struct work *w)
{
    (void)w;
    return -1;
}
bool
work_queue_runs(const struct work *w)
{
    (void)w;
    return false;
}
void
work_verb(struct work *w, enum verb verb, const char *host, int32_t number)
{
    (void)w;
    (void)verb;
    (void)host;
    (void)number;
}
#endif
#if !__has_include("page_hostlog.c")
struct page *
page_hostlog_new(struct front *f, const char *env, const char *run_id, const char *host)
{
    (void)env;
    (void)run_id;
    (void)host;
    return NOT_YET(f, "the log of a host");
}
#endif
#if !__has_include("page_servers.c")
struct page *
page_servers_new(struct front *f)
{
    return NOT_YET(f, "servers");
}
void
front_chosen(struct front *f, struct strv *r)
{
    (void)f;
    (void)r;
}
int
front_mark_pattern(struct front *f, const char *p, struct err *e)
{
    (void)f;
    (void)p;
    return err_set(e, ERR_NOT_YET, "not there yet");
}
#endif
#if !__has_include("page_new_env.c")
struct page *
page_new_env_new(struct front *f)
{
    return NOT_YET(f, "a new environment");
}
#endif
#if !__has_include("page_run.c")
struct page *
page_run_new(struct front *f)
{
    return NOT_YET(f, "the run");
}
#endif
#if !__has_include("page_history.c")
struct page *
page_history_new(struct front *f)
{
    return NOT_YET(f, "history");
}
#endif
#if !__has_include("page_settings.c")
struct page *
page_settings_new(struct front *f)
{
    return NOT_YET(f, "settings");
}
#endif
#if !__has_include("page_log.c")
struct page *
page_log_new(struct front *f)
{
    return NOT_YET(f, "the log");
}
#endif
