/*
 * wildcard.c - patterns of OpenSSH, without its exponential time.
 *
 * Decides nothing else.  Owns nothing.
 */
#include "ssh/wildcard.h"

#include <stddef.h>
#include <string.h>

enum { PATTERN_BYTES_MAX = 1022 };

static unsigned char
lower_of(char c, bool lower)
{
    const unsigned char byte = (unsigned char)c;

    return lower && byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20U) : byte;
}

/* Only the last star has to give way: what an earlier one could take, the last one can take. */
static bool
match_span(const char *p, size_t len, const char *text, bool lower)
{
    const char *end = p + len;
    const char *after_star = NULL;
    const char *retry = NULL;

    for (;;) {
        if (p < end && *p == '*') {
            after_star = ++p;
            retry = text;
        } else if (*text == '\0') {
            return p == end;
        } else if (p < end && (*p == '?' || lower_of(*p, lower) == (unsigned char)*text)) {
            p++;
            text++;
        } else if (after_star != NULL) {
            p = after_star;
            text = ++retry;
        } else {
            return false;
        }
    }
}

bool
wildcard_match(const char *pattern, const char *text)
{
    return match_span(pattern, strlen(pattern), text, false);
}

bool
wildcard_list(const char *list, const char *text, bool lower)
{
    bool found = false;

    for (const char *p = list; *p != '\0';) {
        const bool negated = *p == '!';
        p += negated;
        const size_t len = strcspn(p, ",");
        if (len > PATTERN_BYTES_MAX) {
            return false;
        }
        if (match_span(p, len, text, lower)) {
            if (negated) {
                return false;
            }
            found = true;
        }
        p += len + (p[len] == ',');
    }
    return found;
}
