/*
 * rangeset.c - runs of digits: compared, folded to 01-03,7 and read from it.
 *
 * Decides where a fold ends.  Owns nothing.  Never makes a number of digits it only compares.
 */
#include "base/rangeset.h"

#include "base/xalloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A range's ends fit 64 bits with room to step. */
enum { END_DIGITS_MAX = 18 };

int
digits_compare(const struct digits *a, const struct digits *b)
{
    if (a->len != b->len) {
        return a->len < b->len ? -1 : 1;
    }
    return memcmp(a->at, b->at, a->len);
}

static struct digits
without_zeros(struct digits d)
{
    while (d.len > 1 && d.at[0] == '0') {
        d.at++;
        d.len--;
    }
    return d;
}

static bool
all_are(const char *at, size_t len, char c)
{
    while (len > 0 && at[len - 1] == c) {
        len--;
    }
    return len == 0;
}

bool
digits_follow(const struct digits *a, const struct digits *b)
{
    const struct digits x = without_zeros(*a);
    const struct digits y = without_zeros(*b);
    size_t i = 0;

    if (y.len == x.len + 1) {
        return all_are(x.at, x.len, '9') && y.at[0] == '1' && all_are(y.at + 1, x.len, '0');
    }
    if (y.len != x.len) {
        return false;
    }
    while (i < x.len && x.at[i] == y.at[i]) {
        i++;
    }
    return i < x.len && y.at[i] == x.at[i] + 1 && all_are(x.at + i + 1, x.len - i - 1, '9') &&
           all_are(y.at + i + 1, x.len - i - 1, '0');
}

static int
by_digits(const void *a, const void *b)
{
    return digits_compare(a, b);
}

size_t
rangeset_sort(struct digits *list, size_t count)
{
    size_t n = count > 0 ? 1 : 0;
    bool sorted = true;

    for (size_t i = 1; sorted && i < count; i++) {
        sorted = digits_compare(&list[i - 1], &list[i]) < 0;
    }
    if (sorted) {
        return count;
    }
    qsort(list, count, sizeof(*list), by_digits);
    for (size_t i = 1; i < count; i++) {
        if (digits_compare(&list[n - 1], &list[i]) != 0) {
            list[n++] = list[i];
        }
    }
    return n;
}

/* The width of a number that begins with zeros, else 0. */
static size_t
padding_of(const struct digits *d)
{
    return d->len > 1 && d->at[0] == '0' ? d->len : 0;
}

static void
add_run(struct buf *out, const struct digits *first, const struct digits *last)
{
    (void)buf_add(out, first->at, first->len);
    if (first != last) {
        (void)buf_addc(out, '-');
        (void)buf_add(out, last->at, last->len);
    }
}

/* pad is ClusterShell's: the width all numbers must have since the last padded one began a run.  It
 * outlives a gap after a single number, so 01,98-99,100 folds in three, and 01-02,98-100 in two. */
void
rangeset_fold(struct buf *out, const struct digits *list, size_t count)
{
    size_t first = 0;
    size_t pad = count > 0 ? padding_of(&list[0]) : 0;

    for (size_t i = 1; i <= count; i++) {
        const bool end = i == count;
        const bool other = !end && (pad > 0 ? list[i].len != pad : padding_of(&list[i]) > 0);
        if (!end && !other && digits_follow(&list[i - 1], &list[i])) {
            continue;
        }
        add_run(out, &list[first], &list[i - 1]);
        if (end) {
            break;
        }
        (void)buf_addc(out, ',');
        if (other || i - first > 1) {
            pad = padding_of(&list[i]);
        }
        first = i;
    }
}

/* ---- reading */

/* One a-b/step under the hand. */
struct range {
    struct digits first, last;
    uint64_t begin, end, step;
};

static struct digits
trimmed(const char *text, size_t len)
{
    while (len > 0 && strchr(" \t\n\v\f\r", text[0]) != NULL) {
        text++;
        len--;
    }
    while (len > 0 && strchr(" \t\n\v\f\r", text[len - 1]) != NULL) {
        len--;
    }
    return (struct digits){text, len};
}

static bool
are_digits(const struct digits *d)
{
    size_t i = 0;

    while (i < d->len && d->at[i] >= '0' && d->at[i] <= '9') {
        i++;
    }
    return d->len > 0 && i == d->len;
}

static uint64_t
number_of(const struct digits *d)
{
    uint64_t n = 0;

    for (size_t i = 0; i < d->len; i++) {
        n = n * 10 + (uint64_t)(d->at[i] - '0');
    }
    return n;
}

static int
wrong(const struct digits *text, const char *why, struct err *err)
{
    return err_set(err, ERR_USAGE, "[%.*s]: %s", (int)(text->len < 100 ? text->len : 100), text->at,
                   why);
}

static int
read_range(const struct digits *text, struct range *r, struct err *err)
{
    const char *slash = memchr(text->at, '/', text->len);
    const size_t len = slash == NULL ? text->len : (size_t)(slash - text->at);
    const char *dash = memchr(text->at, '-', len);
    struct digits step = {"1", 1};

    if (slash != NULL) {
        step = trimmed(slash + 1, text->len - len - 1);
    }
    r->first = trimmed(text->at, dash == NULL ? len : (size_t)(dash - text->at));
    r->last = dash == NULL ? r->first : trimmed(dash + 1, len - (size_t)(dash - text->at) - 1);
    if (text->len == 0) {
        return wrong(text, "an empty range", err);
    }
    if (!are_digits(&r->first) || !are_digits(&r->last) || !are_digits(&step)) {
        return wrong(text, "expected numbers like 1, 01-03 or 10-20/5", err);
    }
    if (step.len > END_DIGITS_MAX || (dash != NULL && r->last.len > END_DIGITS_MAX)) {
        return wrong(text, "a number of more than 18 digits", err);
    }
    r->step = number_of(&step);
    if (r->step == 0 || (dash == NULL && r->step != 1)) {
        return wrong(text, "a step belongs to a range, and is 1 or more", err);
    }
    return 0;
}

static int
check_ends(const struct digits *text, struct range *r, struct err *err)
{
    const bool padded =
        padding_of(&r->first) > 0 || (padding_of(&r->last) > 0 && number_of(&r->last) > 0);

    if (padded && r->first.len != r->last.len) {
        return wrong(text, "with zeros in front, both ends have the same width", err);
    }
    if (r->first.len > END_DIGITS_MAX) {
        return wrong(text, "a number of more than 18 digits", err);
    }
    r->begin = number_of(&r->first);
    r->end = number_of(&r->last);
    return r->begin > r->end ? wrong(text, "the range runs backwards", err) : 0;
}

static int
add_range(const struct digits *text, size_t max, struct strv *list, struct err *err)
{
    struct range r = {.step = 1};

    if (read_range(text, &r, err) < 0) {
        return -1;
    }
    if (r.first.at == r.last.at) {
        strv_addn(list, r.first.at, r.first.len);
        return list->count > max ? wrong(text, "too many names", err) : 0;
    }
    if (check_ends(text, &r, err) < 0) {
        return -1;
    }
    if (list->count > max || (r.end - r.begin) / r.step >= max - list->count) {
        return wrong(text, "too many names", err);
    }
    const int width = (int)padding_of(&r.first);
    for (uint64_t n = r.begin; n <= r.end; n += r.step) {
        strv_take(list, xasprintf("%0*llu", width, (unsigned long long)n));
    }
    return 0;
}

int
rangeset_parse(const char *text, size_t len, size_t max, struct strv *ret_list, struct err *err)
{
    for (size_t from = 0; from <= len;) {
        const char *comma = memchr(text + from, ',', len - from);
        const size_t n = comma == NULL ? len - from : (size_t)(comma - text) - from;
        const struct digits one = trimmed(text + from, n);
        if (add_range(&one, max, ret_list, err) < 0) {
            return -1;
        }
        from += n + 1;
    }
    return 0;
}
