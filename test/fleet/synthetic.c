/*
 * synthetic.c - reads frames, makes up answers.
 *
 * Decides what a script would have printed and how it would have ended.  Owns the answer until it
 * is released.  Never runs anything.
 */
#include "fleet/synthetic.h"

#include "base/xalloc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MAX = 1 << 20, NONCE_MAX = 64, CUT_EXIT = 2, FLOOD_COLUMNS = 80 };

bool
synthetic_reads_input(const char *command)
{
    return strstr(command, "exec /bin/sh") != NULL;
}

/* `N=<nonce>` at the start of a line: in a frame before a blank, in an upload before `;`. */
static const char *
find_nonce(const char *text, size_t *ret_len)
{
    const char *at = strncmp(text, "N=", 2) == 0 ? text : strstr(text, "\nN=");

    if (at == NULL) {
        return NULL;
    }
    at += *at == '\n' ? 3 : 2;
    *ret_len = strspn(at, "0123456789abcdefABCDEF");
    return *ret_len > 0 && *ret_len <= NONCE_MAX ? at : NULL;
}

/* The value of `S='...'`, quotes undone; free it. */
static char *
find_script(const char *text)
{
    const char *at = strstr(text, "\nS=");
    char *script = NULL;
    size_t len = 0;
    bool quoted = false;

    if (at == NULL) {
        return NULL;
    }
    at += 3;
    script = xcalloc(strlen(at) + 1, 1);
    for (; *at != '\0' && (quoted || !isspace((unsigned char)*at)); at++) {
        if (*at == '\'') {
            quoted = !quoted;
        } else {
            at += !quoted && *at == '\\' && at[1] != '\0' ? 1 : 0;
            script[len++] = *at;
        }
    }
    return script;
}

static void
play_command(struct answer *a, char *line, bool *ret_done)
{
    char *rest = NULL;
    const char *word = strtok_r(line, " \t", &rest);

    if (word == NULL) {
        return;
    }
    if (strcmp(word, "exit") == 0) {
        a->exit_code = (int)strtol(rest, NULL, 10) & 255;
        *ret_done = true;
    } else if (strcmp(word, "sleep") == 0) {
        a->sleep_ms += (int)(strtod(rest, NULL) * 1000);
    } else if (strcmp(word, "echo") == 0) {
        (void)buf_adds(&a->out, rest);
        (void)buf_addc(&a->out, '\n');
    } else if (strcmp(word, "flood") == 0 || strcmp(word, "gush") == 0) {
        a->flood = strtoul(rest, NULL, 10);
        a->flood_ends = *word == 'f';
    } else if (strcmp(word, "false") == 0) {
        a->exit_code = 1;
        *ret_done = true;
    }
}

static void
play(struct answer *a, char *script)
{
    char *rest = NULL;
    bool done = false;

    for (char *w = strtok_r(script, "\n;&|{}", &rest); w != NULL && !done;
         w = strtok_r(NULL, "\n;&|{}", &rest)) {
        play_command(a, w, &done);
    }
}

/* A brace group, or an upload's header line, that was cut never runs.  Before it stands the command
 * that takes it in. */
static bool
is_whole(const struct buf *input)
{
    const char *first = strchr(input->data, '\n');

    if (first != NULL && first[1] == '{') {
        return input->len > 2 && strcmp(input->data + input->len - 3, "\n}\n") == 0;
    }
    return strstr(input->data, "\n#B\n") != NULL;
}

void
synthetic_answer(const char *command, const struct buf *input, struct answer *ret_answer)
{
    struct answer *a = ret_answer;
    size_t nonce_len = 0;

    *a = (struct answer){0};
    buf_init(&a->head, 256);
    buf_init(&a->out, ANSWER_MAX);
    buf_init(&a->err, ANSWER_MAX);
    if (!synthetic_reads_input(command)) {
        char *script = xstrdup(command);
        play(a, script);
        free(script);
        return;
    }
    const char *nonce = find_nonce(input->data, &nonce_len);
    if (nonce == NULL || !is_whole(input)) {
        (void)buf_adds(&a->err, "sh: syntax error: unexpected end of file\n");
        a->exit_code = CUT_EXIT;
        return;
    }
    (void)buf_addf(&a->head, "SUP1 %.*s STARTED\n", (int)nonce_len, nonce);
    char *script = find_script(input->data);
    if (script != NULL) {
        play(a, script);
    }
    free(script);
}

size_t
synthetic_flood(const struct answer *a, size_t at, char *ret_bytes, size_t max)
{
    const size_t left = at < a->flood ? a->flood - at : 0;
    const size_t n = left < max ? left : max;

    for (size_t i = 0; i < n; i++) {
        const size_t column = (at + i) % FLOOD_COLUMNS;
        ret_bytes[i] = a->flood_ends && column == FLOOD_COLUMNS - 1
                           ? '\n'
                           : (char)('a' + (at + i) / FLOOD_COLUMNS % 26);
    }
    return n;
}

void
synthetic_release(struct answer *a)
{
    buf_release(&a->head);
    buf_release(&a->out);
    buf_release(&a->err);
}
