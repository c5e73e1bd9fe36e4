/*
 * ssh_args.c - arguments of ssh, as an inventory has them, as lines of ssh_config.
 *
 * Decides which are taken, which mean nothing here, and which are refused.  Owns a table.  Never
 * looks at what stands behind -o: ssh/sshconfig.c does.
 */
#include "config/ssh_args.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "config/ini_value.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES_MAX = 65536 };

static const char not_taken[] =
    "takes -o -J -i -p -l -F -b -c -m -B -4 -6; -A -a -C -D -I -K -k -L -M -n -q -R -S -T -t -v -X "
    "-x -Y -y mean nothing here; nothing else may stand in it";

/* How one is said in ssh_config; NULL: it means nothing here. */
static const struct option {
    char letter;
    bool has_value;
    const char *keyword;
    const char *value; /* of an option that has none of its own */
} options[] = {
    {'o', true, "", NULL},
    {'J', true, "ProxyJump", NULL},
    {'i', true, "IdentityFile", NULL},
    {'p', true, "Port", NULL},
    {'l', true, "User", NULL},
    {'F', true, "", NULL},
    {'b', true, "BindAddress", NULL},
    {'c', true, "Ciphers", NULL},
    {'m', true, "MACs", NULL},
    {'B', true, "BindInterface", NULL},
    {'4', false, "AddressFamily", "inet"},
    {'6', false, "AddressFamily", "inet6"},
    {'A', false, NULL, NULL},
    {'a', false, NULL, NULL},
    {'C', false, NULL, NULL},
    {'D', true, NULL, NULL},
    {'I', true, NULL, NULL},
    {'K', false, NULL, NULL},
    {'k', false, NULL, NULL},
    {'L', true, NULL, NULL},
    {'M', false, NULL, NULL},
    {'n', false, NULL, NULL},
    {'q', false, NULL, NULL},
    {'R', true, NULL, NULL},
    {'S', true, NULL, NULL},
    {'T', false, NULL, NULL},
    {'t', false, NULL, NULL},
    {'v', false, NULL, NULL},
    {'X', false, NULL, NULL},
    {'x', false, NULL, NULL},
    {'Y', false, NULL, NULL},
    {'y', false, NULL, NULL},
};

static const struct option *
find(char letter)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (options[i].letter == letter) {
            return &options[i];
        }
    }
    return NULL;
}

/* `Keyword "value"`; a list of hosts has no quotes. */
static void
add_line(struct ssh_args *args, const char *keyword, const char *value)
{
    const bool quoted = strcmp(keyword, "ProxyJump") != 0;
    struct buf line;

    buf_init(&line, LINE_BYTES_MAX);
    (void)buf_addf(&line, "%s %s", keyword, quoted ? "\"" : "");
    for (const char *p = value; *p != '\0'; p++) {
        if (quoted && (*p == '"' || *p == '\\')) {
            (void)buf_addc(&line, '\\');
        }
        (void)buf_addc(&line, *p);
    }
    (void)buf_adds(&line, quoted ? "\"" : "");
    strv_take(&args->lines, buf_detach(&line));
    buf_release(&line);
}

static void
take(struct ssh_args *args, const struct option *o, const char *value)
{
    if (o->keyword == NULL || value == NULL) {
        return;
    }
    if (o->letter == 'o') {
        strv_add(&args->lines, value);
    } else if (o->letter == 'F') {
        free(args->file);
        args->file = xstrdup(value);
    } else {
        add_line(args, o->keyword, value);
    }
}

/* One word with a dash before it; *i moves on when the next word is its value. */
static const char *
take_word(struct ssh_args *args, const struct strv *words, size_t *i)
{
    const char *p = words->items[*i] + 1;

    if (words->items[*i][0] != '-' || *p == '\0') {
        return not_taken;
    }
    for (; *p != '\0'; p++) {
        const struct option *o = find(*p);
        if (o == NULL) {
            return not_taken;
        }
        if (!o->has_value) {
            take(args, o, o->value);
            continue;
        }
        if (p[1] == '\0' && *i + 1 == words->count) {
            return "the last option has no value";
        }
        take(args, o, p[1] != '\0' ? p + 1 : words->items[++*i]);
        return NULL;
    }
    return NULL;
}

const char *
ssh_args_read(const char *text, struct ssh_args *ret)
{
    struct ini_words words;
    const char *why = NULL;

    (void)ini_words_split_all(&words, text, strlen(text), &why);
    for (size_t i = 0; why == NULL && i < words.text.count; i++) {
        why = take_word(ret, &words.text, &i);
    }
    ini_words_release(&words);
    return why;
}

void
ssh_args_release(struct ssh_args *args)
{
    strv_clear(&args->lines);
    free(args->file);
    *args = (struct ssh_args){0};
}
