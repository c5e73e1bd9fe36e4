/*
 * host_range.c - host names with ranges and ports: web[01:50], db-[a:f]:2222, [2001:db8::1]:22.
 *
 * As Ansible's expand_hostname_range: both ends count, the width of the first end is kept when it
 * is padded with zeros, letters go a-z, then A-Z; ports as its parse_address.  An empty range is
 * refused, where Ansible says nothing.  Owns nothing.
 */
#include "config/inventory_read.h"

#include "base/xalloc.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_DIGITS_MAX = 9, PORT_DIGITS_MAX = 9 };

bool
group_name_valid(const char *name)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    const size_t len = strlen(name);

    return len > 0 && len <= HOST_NAME_MAX_BYTES && strspn(name, safe) == len && name[0] != '.' &&
           name[0] != '-';
}

bool
host_name_valid(const char *name)
{
    struct in6_addr address;

    return group_name_valid(name) ||
           (strlen(name) < INET6_ADDRSTRLEN && inet_pton(AF_INET6, name, &address) == 1);
}

struct range {
    bool letters;
    long first, last, step; /* letters: places in `letters` below */
    int width;              /* 0: not padded */
};

static bool
read_number(const char *text, size_t len, long *ret)
{
    char copy[NUMBER_DIGITS_MAX + 1];

    if (len == 0 || len > NUMBER_DIGITS_MAX || strspn(text, "0123456789") < len) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    *ret = strtol(copy, NULL, 10);
    return true;
}

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static bool
read_letter(const char *text, size_t len, long *ret)
{
    const char *at = len == 1 && text[0] != '\0' ? strchr(letters, text[0]) : NULL;

    *ret = at == NULL ? 0 : at - letters;
    return at != NULL;
}

/* FIRST:LAST or FIRST:LAST:STEP between the brackets. */
static bool
read_range(const char *text, size_t len, struct range *r)
{
    const char *colon = memchr(text, ':', len);

    if (colon == NULL) {
        return false;
    }
    const size_t first_len = (size_t)(colon - text);
    const char *last = colon + 1;
    const size_t rest = len - first_len - 1;
    const char *second = memchr(last, ':', rest);
    const size_t last_len = second == NULL ? rest : (size_t)(second - last);

    *r = (struct range){.step = 1};
    if (second != NULL &&
        (!read_number(second + 1, rest - last_len - 1, &r->step) || r->step < 1)) {
        return false;
    }
    if (read_letter(text, first_len, &r->first) && read_letter(last, last_len, &r->last)) {
        r->letters = true;
        return r->first <= r->last;
    }
    if (first_len == 0) {
        r->first = 0; /* [:9] begins at 0, as in Ansible */
    } else if (!read_number(text, first_len, &r->first)) {
        return false;
    }
    if (!read_number(last, last_len, &r->last) || r->first > r->last) {
        return false;
    }
    r->width = first_len > 1 && text[0] == '0' ? (int)first_len : 0;
    return r->width == 0 || last_len == first_len;
}

static int
expand_into(const char *head, const char *pattern, struct strv *names, char why[128])
{
    const char *open = strchr(pattern, '[');
    const char *close = open == NULL ? NULL : strchr(open, ']');
    struct range r;
    int rc = 0;

    if (names->count >= RANGE_HOSTS_MAX) {
        (void)snprintf(why, 128, "a range of more than %d hosts", RANGE_HOSTS_MAX);
        return -1;
    }
    if (strlen(head) > HOST_NAME_MAX_BYTES) {
        (void)snprintf(why, 128, "a host name has at most %d bytes", HOST_NAME_MAX_BYTES);
        return -1;
    }
    if (open == NULL) {
        strv_take(names, head[0] == '\0' ? xstrdup(pattern) : xasprintf("%s%s", head, pattern));
        return 0;
    }
    if (close == NULL || !read_range(open + 1, (size_t)(close - open - 1), &r)) {
        (void)snprintf(why, 128, "a range is [1:9], [01:09], [a:f] or [1:9:2]");
        return -1;
    }
    for (long i = r.first; i <= r.last && rc == 0; i += r.step) {
        char *begun =
            r.letters ? xasprintf("%s%.*s%c", head, (int)(open - pattern), pattern, letters[i])
                      : xasprintf("%s%.*s%0*ld", head, (int)(open - pattern), pattern, r.width, i);
        rc = expand_into(begun, close + 1, names, why);
        free(begun);
    }
    return rc;
}

int
host_range_expand(const char *pattern, struct strv *ret_names, char ret_why[128])
{
    ret_why[0] = '\0';
    return expand_into("", pattern, ret_names, ret_why);
}

/* ---------------------------------------------------------------- ports */

/* Labels with dots between, each begun by a letter, a digit, `_` or a range, none ended by `-` or
 * `_`: only of such a name does Ansible take a port. */
static bool
is_hostname(const char *text, size_t len)
{
    bool begins = true;
    char last = '.';

    for (size_t i = 0; i < len; i++) {
        const char c = text[i];
        if (c == '[') {
            const char *close = memchr(text + i, ']', len - i);
            if (close == NULL) {
                return false;
            }
            i = (size_t)(close - text);
        } else if (c == '.' ? begins || last == '-' || last == '_' : begins && c == '-') {
            return false;
        }
        begins = c == '.';
        last = c;
    }
    return !begins && last != '-' && last != '_';
}

/* The colon before the digits at the end, outside of brackets; NULL: none. */
static const char *
find_port(const char *pattern)
{
    const char *colon = strrchr(pattern, ':');

    if (colon == NULL || colon[1] == '\0' || colon[1 + strspn(colon + 1, "0123456789")] != '\0') {
        return NULL;
    }
    return strlen(colon + 1) > PORT_DIGITS_MAX ? NULL : colon;
}

/* Whether there is no colon outside of brackets: [v6] has its own. */
static bool
is_bare(const char *text, size_t len)
{
    int depth = 0;

    for (size_t i = 0; i < len; i++) {
        depth += text[i] == '[' ? 1 : text[i] == ']' ? -1 : 0;
        if (text[i] == ':' && depth <= 0) {
            return false;
        }
    }
    return true;
}

char *
host_pattern_split(const char *pattern, int *ret_port)
{
    const char *colon = find_port(pattern);
    const size_t len = colon == NULL ? 0 : (size_t)(colon - pattern);
    const bool bracketed = len > 2 && pattern[0] == '[' && colon[-1] == ']';

    *ret_port = 0;
    if (!bracketed && (len == 0 || !is_bare(pattern, len) || !is_hostname(pattern, len))) {
        return xstrdup(pattern);
    }
    *ret_port = (int)strtol(colon + 1, NULL, 10);
    return bracketed ? xstrndup(pattern + 1, len - 2) : xstrndup(pattern, len);
}

int
host_pattern_expand(const char *pattern, struct strv *ret_names, int *ret_port, char ret_why[128])
{
    char *name = host_pattern_split(pattern, ret_port);
    const int rc = host_range_expand(name, ret_names, ret_why);

    free(name);
    return rc;
}
