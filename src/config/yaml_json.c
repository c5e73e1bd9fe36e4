/*
 * yaml_json.c - reads JSON (RFC 8259) and tells it as libyaml's events.
 *
 * Decides what is JSON: Python's json module is the measure.  Own, because jansson knows no lines,
 * and takes no NaN.  Owns the text of the scalar at work.
 */
#include "config/yaml_json.h"

#include "base/buf.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MAX = 200, TEXT_MAX = 64 << 20 };

static const char float_tag[] = "tag:yaml.org,2002:float";

struct reader {
    const char *data;
    size_t len, at;
    int depth;
    int (*take)(void *arg, yaml_event_t *e); /* NULL: only look */
    void *arg;
    int rc;           /* of take */
    yaml_mark_t mark; /* of byte marked */
    size_t marked;
    struct buf text; /* of the scalar at work */
};

static bool read_value(struct reader *r);

static void
skip_blanks(struct reader *r)
{
    while (r->at < r->len && strchr(" \t\r\n", r->data[r->at]) != NULL && r->data[r->at] != '\0') {
        r->at++;
    }
}

static char
peek(const struct reader *r)
{
    return r->at < r->len ? r->data[r->at] : '\0';
}

static bool
take_char(struct reader *r, char c)
{
    if (peek(r) != c) {
        return false;
    }
    r->at++;
    return true;
}

static bool
take_word(struct reader *r, const char *word)
{
    const size_t n = strlen(word);

    if (r->len - r->at < n || memcmp(r->data + r->at, word, n) != 0) {
        return false;
    }
    r->at += n;
    return true;
}

/* ---------------------------------------------------------------- events */

/* Bytes are asked for in ascending order. */
static yaml_mark_t
mark_of(struct reader *r, size_t byte)
{
    for (; r->marked < byte; r->marked++) {
        const unsigned char c = (unsigned char)r->data[r->marked];
        if ((c & 0xc0) != 0x80) {
            r->mark.index++;
            r->mark.column++;
        }
        if (c == '\n') {
            r->mark.line++;
            r->mark.column = 0;
        }
    }
    return r->mark;
}

static bool
give(struct reader *r, yaml_event_t *e, size_t begin)
{
    e->start_mark = mark_of(r, begin);
    e->end_mark = mark_of(r, r->at);
    r->rc = r->take(r->arg, e);
    return r->rc == 0;
}

static bool
give_scalar(struct reader *r, const char *text, size_t len, const char *tag, bool quoted,
            size_t begin)
{
    char copy[64];
    yaml_event_t e = {.type = YAML_SCALAR_EVENT};

    if (r->take == NULL) {
        return true;
    }
    /* the event wants bytes that are not const; it changes none */
    if (tag != NULL) {
        memcpy(copy, tag, strlen(tag) + 1);
        e.data.scalar.tag = (yaml_char_t *)copy;
    }
    buf_clear(&r->text);
    buf_add(&r->text, text, len);
    e.data.scalar.value = (yaml_char_t *)r->text.data;
    e.data.scalar.length = r->text.len;
    e.data.scalar.style = quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE;
    return give(r, &e, begin);
}

static bool
give_open(struct reader *r, bool map, size_t begin)
{
    yaml_event_t e = {.type = map ? YAML_MAPPING_START_EVENT : YAML_SEQUENCE_START_EVENT};

    if (map) {
        e.data.mapping_start.style = YAML_FLOW_MAPPING_STYLE;
    } else {
        e.data.sequence_start.style = YAML_FLOW_SEQUENCE_STYLE;
    }
    return r->take == NULL || give(r, &e, begin);
}

static bool
give_close(struct reader *r, bool map)
{
    yaml_event_t e = {.type = map ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT};

    return r->take == NULL || give(r, &e, r->at - 1);
}

/* ---------------------------------------------------------------- scalars */

static size_t
take_digits(struct reader *r)
{
    const size_t before = r->at;

    while (isdigit((unsigned char)peek(r))) {
        r->at++;
    }
    return r->at - before;
}

static bool
read_number(struct reader *r)
{
    const size_t begin = r->at;
    bool real = false;

    (void)take_char(r, '-');
    if (!take_char(r, '0') && take_digits(r) == 0) {
        return false;
    }
    if (r->len - r->at > 1 && peek(r) == '.' && isdigit((unsigned char)r->data[r->at + 1])) {
        real = true;
        r->at++;
        (void)take_digits(r);
    }
    if (peek(r) == 'e' || peek(r) == 'E') {
        real = true;
        r->at++;
        r->at += peek(r) == '-' || peek(r) == '+';
        if (take_digits(r) == 0) {
            return false;
        }
    }
    return give_scalar(r, r->data + begin, r->at - begin, real ? float_tag : NULL, false, begin);
}

static int
hex_of(const struct reader *r, size_t at)
{
    int code = 0;

    if (r->len - at < 4) {
        return -1;
    }
    for (size_t i = 0; i < 4; i++) {
        const unsigned char c = (unsigned char)r->data[at + i];
        if (!isxdigit(c)) {
            return -1;
        }
        code = code * 16 + (isdigit(c) ? c - '0' : tolower(c) - 'a' + 10);
    }
    return code;
}

static void
put_code(struct buf *out, int code)
{
    const char bytes[4] = {(char)(0xf0 | code >> 18), (char)(0x80 | (code >> 12 & 0x3f)),
                           (char)(0x80 | (code >> 6 & 0x3f)), (char)(0x80 | (code & 0x3f))};

    if (code < 0x80) {
        buf_addc(out, (char)code);
    } else if (code < 0x800) {
        buf_addc(out, (char)(0xc0 | code >> 6));
        buf_add(out, bytes + 3, 1);
    } else if (code < 0x10000) {
        buf_addc(out, (char)(0xe0 | code >> 12));
        buf_add(out, bytes + 2, 2);
    } else {
        buf_add(out, bytes, 4);
    }
}

/* After `\u`: a character, or two that are one; half of a pair alone is U+FFFD. */
static bool
take_unicode(struct reader *r, struct buf *out)
{
    int code = hex_of(r, r->at);

    if (code < 0) {
        return false;
    }
    r->at += 4;
    if (code >= 0xd800 && code < 0xdc00 && r->len - r->at >= 6 && r->data[r->at] == '\\' &&
        r->data[r->at + 1] == 'u') {
        const int low = hex_of(r, r->at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            r->at += 6;
        }
    }
    put_code(out, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
    return true;
}

static bool
take_escape(struct reader *r, struct buf *out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    const char c = peek(r);
    const char *known = c == '\0' ? NULL : strchr(from, c);

    r->at++;
    if (known != NULL) {
        buf_addc(out, to[known - from]);
        return true;
    }
    return c == 'u' && take_unicode(r, out);
}

/* A text in quotes, unescaped into out. */
static bool
take_string(struct reader *r, struct buf *out)
{
    if (!take_char(r, '"')) {
        return false;
    }
    while (r->at < r->len && r->data[r->at] != '"') {
        const unsigned char c = (unsigned char)r->data[r->at];
        if (c < 0x20) {
            return false;
        }
        r->at++;
        if (c != '\\') {
            buf_addc(out, (char)c);
        } else if (r->at >= r->len || !take_escape(r, out)) {
            return false;
        }
    }
    return take_char(r, '"');
}

static bool
read_string(struct reader *r)
{
    const size_t begin = r->at;
    struct buf text;
    bool good;

    buf_init(&text, TEXT_MAX);
    good = take_string(r, &text) && give_scalar(r, text.data, text.len, NULL, true, begin);
    buf_release(&text);
    return good;
}

/* ---------------------------------------------------------------- lists and objects */

/* {"__ansible_unsafe": "text"}, whole, as one text; else nothing is read. */
static bool
read_tagged(struct reader *r, size_t begin)
{
    static const struct {
        const char *key, *tag;
    } known[] = {{"__ansible_unsafe", "!unsafe"}, {"__ansible_vault", "!vault"}};
    const size_t before = r->at;
    const char *tag = NULL;
    struct buf key;
    struct buf text;
    bool good;

    buf_init(&key, TEXT_MAX);
    buf_init(&text, TEXT_MAX);
    skip_blanks(r);
    good = take_string(r, &key);
    skip_blanks(r);
    good = good && take_char(r, ':');
    skip_blanks(r);
    good = good && take_string(r, &text);
    skip_blanks(r);
    good = good && take_char(r, '}');
    for (size_t i = 0; good && i < sizeof(known) / sizeof(known[0]); i++) {
        tag = strcmp(key.data, known[i].key) == 0 ? known[i].tag : tag;
    }
    good = good && tag != NULL && give_scalar(r, text.data, text.len, tag, true, begin);
    r->at = tag == NULL ? before : r->at;
    buf_release(&key);
    buf_release(&text);
    return good;
}

static bool
read_item(struct reader *r, bool map)
{
    if (map) {
        skip_blanks(r);
        if (!read_string(r)) {
            return false;
        }
        skip_blanks(r);
        if (!take_char(r, ':')) {
            return false;
        }
    }
    return read_value(r);
}

static bool
read_items(struct reader *r, bool map)
{
    const char close = map ? '}' : ']';
    const size_t begin = r->at++;

    if (map && read_tagged(r, begin)) {
        return true;
    }
    if (r->rc != 0 || !give_open(r, map, begin)) {
        return false;
    }
    skip_blanks(r);
    if (take_char(r, close)) {
        return give_close(r, map);
    }
    do {
        if (!read_item(r, map)) {
            return false;
        }
        skip_blanks(r);
    } while (take_char(r, ','));
    return take_char(r, close) && give_close(r, map);
}

static bool
read_word(struct reader *r)
{
    static const struct {
        const char *json, *yaml;
    } words[] = {{"true", "true"}, {"false", "false"},   {"null", "null"},
                 {"NaN", ".nan"},  {"Infinity", ".inf"}, {"-Infinity", "-.inf"}};
    const size_t begin = r->at;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (take_word(r, words[i].json)) {
            return give_scalar(r, words[i].yaml, strlen(words[i].yaml), NULL, false, begin);
        }
    }
    return false;
}

static bool
read_value(struct reader *r)
{
    bool good;

    skip_blanks(r);
    const char c = peek(r);
    if (c == '"') {
        return read_string(r);
    }
    if (c == '{' || c == '[') {
        if (r->depth == DEPTH_MAX) {
            return false;
        }
        r->depth++;
        good = read_items(r, c == '{');
        r->depth--;
        return good;
    }
    return read_word(r) || (r->rc == 0 && read_number(r));
}

bool
json_valid(const char *data, size_t len, size_t *ret_at)
{
    struct reader r = {.data = data, .len = len};
    bool good = read_value(&r);

    skip_blanks(&r);
    if (ret_at != NULL) {
        *ret_at = r.at < len ? r.at : len;
    }
    return good && r.at == len;
}

int
json_events(const char *data, size_t len, int (*take)(void *arg, yaml_event_t *e), void *arg)
{
    struct reader r = {.data = data, .len = len, .take = take, .arg = arg};

    buf_init(&r.text, TEXT_MAX);
    (void)read_value(&r);
    buf_release(&r.text);
    return r.rc;
}
