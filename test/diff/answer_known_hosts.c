/*
 * answer_known_hosts.c - host keys for test/diff/diff_known_hosts.py.
 *
 * A line of standard input is a verb, a tab and words; a line of standard output is JSON:
 * "load PATH": {}; "ask NAME PORT BASE64": verdict and line; "order NAME PORT": algorithms;
 * "decide VERDICT CHECKING": what is done.
 */
#include "base/hash.h"
#include "base/xalloc.h"
#include "diff/answer.h"
#include "ssh/hostcheck.h"
#include "ssh/hostkey_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 4, BLOB_MAX = 16384 };

static const char *const verdicts[] = {"known", "unknown", "changed", "revoked", "ca"};
static const char *const decisions[] = {"take", "loudly", "new", "refuse"};

static int
index_of(const char *const *words, int count, const char *word)
{
    int i = 0;

    while (i < count && strcmp(words[i], word) != 0) {
        i++;
    }
    return i;
}

static void
ask(const struct hostkeys *h, const char *const *w)
{
    unsigned char blob[BLOB_MAX];
    struct hostkey_shown key = {.name = w[0], .port = atoi(w[1]), .blob = blob};

    if (base64_decode(w[2], strlen(w[2]), blob, sizeof(blob), &key.blob_len) < 0 ||
        (key.type = hostkey_type_of(blob, key.blob_len)) == NULL) {
        printf("{\"error\": \"no key\"}\n");
        return;
    }
    const struct hostkey_answer a = hostkeys_check(h, &key);
    printf("{\"verdict\": \"%s\", \"line\": %d}\n", verdicts[a.verdict], a.place.line);
}

static void
order(const struct hostkeys *h, const char *const *w)
{
    const char *known[HOSTKEY_TYPES_MAX];
    const size_t count = hostkeys_types(h, w[0], atoi(w[1]), known, HOSTKEY_TYPES_MAX);
    struct buf out;

    buf_init(&out, 4096);
    hostcheck_order(NULL, known, count, &out);
    printf("{\"order\": \"%s\"}\n", out.data);
    buf_release(&out);
}

static void
decide(const char *const *w)
{
    static const char *const checkings[] = {"", "yes", "accept-new", "no"}; /* of target.h */
    const int verdict = index_of(verdicts, HOSTKEY_VERDICTS, w[0]);
    const int checking = index_of(checkings, 4, w[1]);

    printf("{\"decision\": \"%s\"}\n",
           decisions[hostcheck_decide((enum hostkey_verdict)verdict,
                                      (enum host_key_checking)checking)]);
}

static void
load(struct hostkeys **h, const char *path)
{
    struct err err = {0};

    hostkeys_free(*h);
    *h = hostkeys_new();
    printf(hostkeys_load(*h, path, &err) < 0 ? "{\"error\": \"not read\"}\n" : "{}\n");
}

int
main(void)
{
    struct hostkeys *h = hostkeys_new();
    char *line = NULL;
    size_t cap = 0;

    while (getline(&line, &cap, stdin) >= 0) {
        const char *words[WORDS_MAX] = {"", "", "", ""};
        char *rest = NULL;
        const char *verb = strtok_r(line, "\t \n", &rest);
        for (int i = 0; i < WORDS_MAX; i++) {
            const char *w = strtok_r(NULL, "\t \n", &rest);
            words[i] = w == NULL ? words[i] : w;
        }
        if (verb == NULL || strcmp(verb, "load") == 0) {
            load(&h, words[0]);
        } else if (strcmp(verb, "ask") == 0) {
            ask(h, words);
        } else if (strcmp(verb, "order") == 0) {
            order(h, words);
        } else {
            decide(words);
        }
        (void)fflush(stdout);
    }
    free(line);
    hostkeys_free(h);
    return 0;
}
