/*
 * escape.c - output of hosts made harmless: plain text, text in UTF-8, and bytes drawn at random.
 *
 * Floor: memcpy of the same bytes.
 */
#include "micro.h"

#include "base/escape.h"
#include "base/prng.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 4096 }; /* bytes at a time, as they come from a channel */

static void
fill(char *bytes, size_t len, const char *words)
{
    const size_t n = strlen(words);

    for (size_t i = 0; i < len; i++) {
        bytes[i] = words[i % n];
    }
}

static void
fill_hostile(char *bytes, size_t len)
{
    struct prng p = {.state = 7};

    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)prng_next(&p);
    }
}

static void
measure(const char *name, const char *bytes, size_t len)
{
    struct buf out;

    buf_init(&out, (size_t)LINE * 16);
    const struct micro_clock c = micro_begin();
    for (size_t at = 0; at < len; at += LINE) {
        buf_clear(&out);
        escape_line(&out, bytes + at, LINE);
    }
    micro_end(&c, name, (int64_t)(len / LINE), (int64_t)len);
    if (out.full) {
        micro_fail("an escaped line did not fit");
    }
    buf_release(&out);
}

static void
measure_copy(const char *bytes, size_t len)
{
    struct buf out;

    buf_init(&out, (size_t)LINE * 16);
    const struct micro_clock c = micro_begin();
    for (size_t at = 0; at < len; at += LINE) {
        buf_clear(&out);
        (void)buf_add(&out, bytes + at, LINE);
    }
    micro_end(&c, "memcpy", (int64_t)(len / LINE), (int64_t)len);
    buf_release(&out);
}

void
micro_escape(int rounds, int64_t size)
{
    const size_t len = (size_t)size / LINE * LINE;
    char *plain = xcalloc(len, 1), *utf8 = xcalloc(len, 1), *hostile = xcalloc(len, 1);

    fill(plain, len, "2026-11-26T02:14:55Z worker[17]: request 4711 served in 12 ms, 200 OK ");
    fill(utf8, len,
         "Fehler: Zugriff auf \xc2\xab/srv/\xc3\xa4pfel\xc2\xbb verweigert \xe2\x80\x94 "
         "\xe6\x97\xa5\xe6\x9c\xac ");
    fill_hostile(hostile, len);
    for (int i = 0; i < rounds; i++) {
        measure_copy(plain, len);
        measure("plain text", plain, len);
        measure("UTF-8", utf8, len);
        measure("random bytes", hostile, len);
    }
    free(plain);
    free(utf8);
    free(hostile);
}
