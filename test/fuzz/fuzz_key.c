/*
 * fuzz_key.c - whatever a terminal sends, keys are keys, nothing is kept for long, and it makes no
 * difference in which pieces it comes.
 */
#include "ui/key.h"

#include "base/escape.h"
#include "fuzz/fuzz.h"

enum { KEYS_MAX = 4096 };

struct seen {
    struct key keys[KEYS_MAX];
    size_t count;
};

static void
see(void *arg, const struct key *k)
{
    struct seen *s = arg;
    char name[16];

    FUZZ_CHECK(k->code > KEYC_NONE && k->code <= KEYC_CLICK);
    FUZZ_CHECK(k->code != KEYC_CHAR || (k->ch >= 0x20 && !escape_harmful(k->ch)));
    FUZZ_CHECK(!k->pasted || (k->code == KEYC_CHAR && !k->ctrl && !k->alt));
    FUZZ_CHECK(k->row >= 0 && k->col >= 0);
    key_name(k, name);
    FUZZ_CHECK(name[0] != '\0' && strlen(name) < sizeof(name));
    if (s->count < KEYS_MAX) {
        s->keys[s->count] = *k;
    }
    s->count++;
}

static bool
same(const struct key *a, const struct key *b)
{
    return a->code == b->code && a->ch == b->ch && a->ctrl == b->ctrl && a->alt == b->alt &&
           a->shift == b->shift && a->pasted == b->pasted && a->row == b->row && a->col == b->col;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static struct seen whole, single, slow;
    struct key_reader r = {0}, one = {0}, late = {0};

    whole.count = single.count = slow.count = 0;
    key_feed(&r, (const char *)bytes, len, see, &whole);
    for (size_t i = 0; i < len; i++) {
        key_feed(&one, (const char *)bytes + i, 1, see, &single);
        FUZZ_CHECK(one.len < KEY_PENDING_MAX);
        key_feed(&late, (const char *)bytes + i, 1, see, &slow);
        if (i % 7 == 0) {
            key_timeout(&late, see, &slow);
            FUZZ_CHECK(!key_waits(&late));
        }
    }
    FUZZ_CHECK(whole.count == single.count && whole.count <= len && slow.count <= len);
    for (size_t i = 0; i < whole.count && i < KEYS_MAX; i++) {
        FUZZ_CHECK(same(&whole.keys[i], &single.keys[i]));
    }
    key_timeout(&r, see, &whole);
    FUZZ_CHECK(!key_waits(&r) && (r.pasting || r.len == 0));
    return 0;
}
