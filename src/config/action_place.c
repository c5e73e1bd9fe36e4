/*
 * action_place.c - which line and column of the file a byte of a script is.
 *
 * A script loses its indentation, its folds and its quotes when YAML is read, but no `{`: the n-th
 * of the text is the n-th of the file's bytes.  Where the two counts differ (an alias, "\x7b") the
 * value's own place has to do.  Owns the places of a step.  Reads no file.
 */
#include "config/action_place.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

static size_t
count_braces(const char *bytes, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        count += bytes[i] == '{';
    }
    return count;
}

/* A comment may stand behind the `|` of a block, and is none of the text. */
static size_t
text_begin(const struct yaml_node *node, const char *bytes)
{
    if (node->style != YAML_STYLE_LITERAL) {
        return node->start;
    }
    return node->start + strcspn(bytes + node->start, "\r\n");
}

static void
find_braces(struct action_place *p, const struct yaml_node *node, const char *bytes)
{
    const size_t begin = text_begin(node, bytes);
    struct action_spot at = {.line = node->line, .col = node->col};

    if (begin >= node->end || count_braces(bytes + begin, node->end - begin) != p->brace_count) {
        return;
    }
    p->braces = xcalloc(p->brace_count, sizeof(*p->braces));
    for (size_t i = begin, n = 0; i < node->end; i++) {
        if (bytes[i] == '{') {
            p->braces[n++] = at;
        }
        if (bytes[i] == '\n' || (bytes[i] == '\r' && bytes[i + 1] != '\n')) {
            at.line++;
            at.col = 1;
        } else if (((unsigned char)bytes[i] & 0xC0) != 0x80) { /* columns are characters */
            at.col++;
        }
    }
}

void
action_place_note(struct action_step *s, const char *text, const struct yaml_node *node,
                  const char *bytes)
{
    struct action_place p = {.text = text, .line = node->line, .col = node->col};

    p.brace_count = count_braces(text, strlen(text));
    if (p.brace_count == 0) {
        return;
    }
    find_braces(&p, node, bytes);
    s->places = xgrow(s->places, s->place_count, &s->place_cap, sizeof(*s->places));
    s->places[s->place_count++] = p;
}

void
action_place_release(struct action_step *s)
{
    for (size_t i = 0; i < s->place_count; i++) {
        free(s->places[i].braces);
    }
    free(s->places);
    s->places = NULL;
    s->place_count = 0;
    s->place_cap = 0;
}

struct action_spot
action_place_of(const struct action_step *s, const char *text, size_t at)
{
    for (size_t i = 0; i < s->place_count; i++) {
        const struct action_place *p = &s->places[i];
        if (p->text != text) {
            continue;
        }
        const size_t n = count_braces(text, at);
        return p->braces != NULL && n < p->brace_count
                   ? p->braces[n]
                   : (struct action_spot){.line = p->line, .col = p->col};
    }
    return (struct action_spot){.line = s->line, .col = s->col};
}
