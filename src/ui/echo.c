/*
 * echo.c - what one host of a feed says, in a pager, as it comes.
 *
 * Decides what is new.  Owns the pager.  What the feed has forgotten stays in the pager for as long
 * as it is of the same host.
 */
#include "ui/echo.h"

void
echo_init(struct echo *e)
{
    *e = (struct echo){.pager = pager_new(ECHO_LINES_MAX, ECHO_BYTES_MAX), .host = -1};
}

void
echo_release(struct echo *e)
{
    pager_free(e->pager);
    *e = (struct echo){.host = -1};
}

void
echo_forget(struct echo *e)
{
    pager_clear(e->pager);
    e->host = -1;
    e->seen = 0;
}

void
echo_take(struct echo *e, const struct feed *f, int32_t host)
{
    const int64_t count = feed_output_count(f, host);
    size_t len = 0;

    if (e->host != host || count < e->seen) {
        echo_forget(e);
        e->host = host;
    }
    if (count == e->seen) {
        return;
    }
    const char *bytes = feed_output(f, host, &len);
    const uint64_t fresh = (uint64_t)(count - e->seen);
    if (fresh > len && e->seen > 0) { /* some went by unseen */
        pager_clear(e->pager);
    }
    const size_t taken = fresh < len ? (size_t)fresh : len;
    pager_add(e->pager, bytes + len - taken, taken);
    e->seen = count;
}
