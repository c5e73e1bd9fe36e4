/*
 * sshconfig_words.c - words, times and numbers as OpenSSH reads them.
 *
 * Decides where a word ends.  Owns nothing.  Knows no keyword.
 */
#include "ssh/sshconfig_state.h"

#include "base/xalloc.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

char *
sshconfig_cut(char **at)
{
    char *word = *at;

    if (word == NULL) {
        return NULL;
    }
    char *stop = word + strcspn(word, " \t\r\n\"=");
    const char ended_by = *stop;
    if (ended_by == '\0') {
        *at = NULL;
        return word;
    }
    if (ended_by == '"') {
        char *close = strchr(stop + 1, '"');
        *at = close;
        if (close == NULL) {
            return NULL;
        }
        memmove(stop, stop + 1, (size_t)(close - stop) - 1);
        close[-1] = '\0';
        *at = close + 1 + strspn(close + 1, blanks);
        return word;
    }
    *stop = '\0';
    *at = stop + 1 + strspn(stop + 1, blanks);
    if (ended_by != '=' && **at == '=') {
        *at += 1 + strspn(*at + 1, blanks);
    }
    return word;
}

/* One word from text on; its end, or NULL: a quote is not closed. */
static const char *
take_word(const char *p, char *word)
{
    char quote = '\0';

    for (; *p != '\0' && (quote != '\0' || (*p != ' ' && *p != '\t')); p++) {
        if (*p == '\\' && p[1] != '\0' &&
            strchr(quote == '\0' ? "'\"\\ " : "'\"\\", p[1]) != NULL) {
            *word++ = *++p;
        } else if (quote == '\0' && (*p == '"' || *p == '\'')) {
            quote = *p;
        } else if (quote != '\0' && *p == quote) {
            quote = '\0';
        } else {
            *word++ = *p;
        }
    }
    *word = '\0';
    return quote == '\0' ? p : NULL;
}

int
sshconfig_split(const char *text, struct strv *ret)
{
    const char *p = text + strspn(text, " \t");
    char *word = xcalloc(strlen(text) + 1, 1);

    while (p != NULL && *p != '\0' && *p != '#') {
        p = take_word(p, word);
        if (p != NULL) {
            strv_add(ret, word);
            p += strspn(p, " \t");
        }
    }
    free(word);
    return p == NULL ? -1 : 0;
}

int64_t
sshconfig_time(const char *text)
{
    static const struct {
        char unit;
        int64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    int64_t total = 0;

    for (const char *p = text; p == text || *p != '\0';) {
        char *end = NULL;
        errno = 0;
        const int64_t n = strtoll(p, &end, 10);
        if (end == p || errno != 0 || n < 0 || n > INT_MAX) {
            return -1;
        }
        int64_t seconds = *end == '\0' ? 1 : 0;
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
            if (tolower((unsigned char)*end) == units[i].unit) {
                seconds = units[i].seconds;
            }
        }
        total += n * seconds;
        if (seconds == 0 || total > INT_MAX) {
            return -1;
        }
        p = *end == '\0' ? end : end + 1;
    }
    return total;
}

int
sshconfig_number(const char *text, int64_t max, int64_t *ret)
{
    char *end = NULL;

    errno = 0;
    const int64_t n = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || n < 0 || n > max) {
        return -1;
    }
    *ret = n;
    return 0;
}
