/*
 * http.c - curl's sockets and clocks as events of the loop.
 *
 * Decides nothing about answers: exchange.c does.  Owns a multi handle for each ca_file, the events
 * of its sockets and its timer.  Never polls, never waits.
 */
#include "probe/http.h"

#include "base/xalloc.h"
#include "probe/warm.h"

#include <assert.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct watch {             /* a socket of curl's */
    struct client *client; /* borrowed */
    struct watch *next;    /* owned: among the spent ones */
    struct event event;
};

struct client {          /* curl with the authorities of one file */
    struct client *next; /* owned */
    char *ca_file;       /* owned; NULL: the system's */
    bool warm;
    CURLM *multi;        /* owned */
    struct event *timer; /* owned */
    struct watch *spent; /* owned: freed outside their own callbacks */
};

struct http {
    struct event_base *base; /* borrowed */
    struct client *clients;  /* owned */
    int count;
};

struct http_call {
    struct client *client;     /* borrowed */
    struct exchange *exchange; /* owned */
    attempt_done *fn;
    void *arg; /* borrowed */
};

static void
free_spent(struct client *c)
{
    while (c->spent != NULL) {
        struct watch *w = c->spent;
        c->spent = w->next;
        free(w);
    }
}

static void
tell_ended(struct client *c)
{
    char text[PROBE_TEXT_MAX];
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(c->multi, &left)) != NULL) {
        struct http_call *call = NULL;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        const enum attempt_end end =
            exchange_end(call->exchange, message->data.result, text, sizeof(text));
        call->fn(call->arg, end, text);
    }
}

static void
drive(struct client *c, curl_socket_t fd, int what)
{
    int running;

    free_spent(c);
    (void)curl_multi_socket_action(c->multi, fd, what, &running);
    tell_ended(c);
}

static void
on_ready(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;

    drive(w->client, fd,
          ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
              ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    drive(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int
on_timer_wanted(CURLM *multi, long ms, void *arg)
{
    struct client *c = arg;
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    (void)multi;
    (void)(ms < 0 ? evtimer_del(c->timer) : evtimer_add(c->timer, &tv));
    return 0;
}

/* May come while w's own event runs, so w is only put aside. */
static void
forget_socket(struct client *c, curl_socket_t fd, struct watch *w)
{
    if (w != NULL) {
        (void)event_del(&w->event);
        w->next = c->spent;
        c->spent = w;
        (void)curl_multi_assign(c->multi, fd, NULL);
    }
}

static int
on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct client *c = arg;
    struct watch *w = socket_arg;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        forget_socket(c, fd, w);
        return 0;
    }
    if (w == NULL) {
        w = xcalloc(1, sizeof(*w));
        w->client = c;
        (void)curl_multi_assign(c->multi, fd, w);
    } else {
        (void)event_del(&w->event);
    }
    const int events = EV_PERSIST | ((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
                       ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0);
    (void)event_assign(&w->event, event_get_base(c->timer), fd, (short)events, on_ready, w);
    (void)event_add(&w->event, NULL);
    return 0;
}

static bool
same_file(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Past the limit the newest serves other files too: right, but the file is read at each change. */
static struct client *
client_for(struct http *h, const char *ca_file)
{
    for (struct client *c = h->clients; c != NULL; c = c->next) {
        if (same_file(c->ca_file, ca_file)) {
            return c;
        }
    }
    if (h->count == PROBE_CA_FILES_MAX) {
        return h->clients;
    }
    struct client *c = xcalloc(1, sizeof(*c));
    c->ca_file = ca_file != NULL ? xstrdup(ca_file) : NULL;
    c->multi = curl_multi_init();
    c->timer = evtimer_new(h->base, on_timer, c);
    assert(c->multi != NULL && c->timer != NULL);
    const bool set =
        curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted) == CURLM_OK &&
        curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c) == CURLM_OK &&
        curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted) == CURLM_OK &&
        curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c) == CURLM_OK;
    assert(set);
    c->next = h->clients;
    h->clients = c;
    h->count++;
    return c;
}

struct http *
http_new(struct event_base *base)
{
    struct http *h = xcalloc(1, sizeof(*h));
    const CURLcode rc = curl_global_init(CURL_GLOBAL_DEFAULT);

    assert(rc == CURLE_OK);
    h->base = base;
    return h;
}

void
http_free(struct http *h)
{
    if (h == NULL) {
        return;
    }
    while (h->clients != NULL) {
        struct client *c = h->clients;
        h->clients = c->next;
        (void)curl_multi_cleanup(c->multi); /* may still want its timer */
        event_free(c->timer);
        free_spent(c);
        free(c->ca_file);
        free(c);
    }
    curl_global_cleanup();
    free(h);
}

struct http_call *
http_start(struct http *h, const struct exchange_order *order, attempt_done *fn, void *arg)
{
    struct exchange *x = exchange_new(order);

    if (x == NULL) {
        return NULL;
    }
    struct http_call *call = xcalloc(1, sizeof(*call));
    call->client = client_for(h, order->request->tls ? order->request->ca_file : NULL);
    call->exchange = x;
    call->fn = fn;
    call->arg = arg;
    const CURLcode rc = curl_easy_setopt(exchange_easy(x), CURLOPT_PRIVATE, call);
    const CURLMcode rcm = curl_multi_add_handle(call->client->multi, exchange_easy(x));
    assert(rc == CURLE_OK && rcm == CURLM_OK);
    return call;
}

void
http_call_free(struct http_call *call)
{
    if (call == NULL) {
        return;
    }
    (void)curl_multi_remove_handle(call->client->multi, exchange_easy(call->exchange));
    exchange_free(call->exchange);
    free(call);
}

void
http_overdue(struct http_call *call, const char *waited, char *ret_text, size_t size)
{
    exchange_overdue(call->exchange, waited, ret_text, size);
}

int
http_warm(struct http *h, const char *ca_file, struct err *err)
{
    struct client *c = client_for(h, ca_file);

    if (c->warm || !same_file(c->ca_file, ca_file)) {
        return 0;
    }
    if (!warm_up(c->multi, ca_file)) {
        return err_set(err, ERR_CONFIG, "%s: cannot be read as certificates in PEM",
                       ca_file != NULL ? ca_file : "the system's certificate authorities");
    }
    c->warm = true;
    return 0;
}
