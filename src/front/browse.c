/*
 * browse.c - the address of a server for a browser, and the program that opens it.
 *
 * Decides what is an address: http or https, and characters of RFC 3986 alone, since a variable of
 * the inventory becomes a word of a command.  Owns nothing.  No shell ever reads it.
 */
#include "front/servers.h"

#include "base/xalloc.h"
#include "config/template.h"
#include "proc/launch.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { URL_BYTES_MAX = 2000, PORT_MAX = 65535 };

/* ---------------------------------------------------------------- the address */

static bool
is_hex(char c)
{
    return isxdigit((unsigned char)c) != 0;
}

/* RFC 3986, appendix A: unreserved, gen-delims, sub-delims, and %XX. */
static bool
is_url_text(const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        const bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                           (*p >= '0' && *p <= '9') || strchr("-._~:/?#[]@!$&'()*+,;=", *p) != NULL;
        if (!plain && !(*p == '%' && is_hex(p[1]) && is_hex(p[2]))) {
            return false;
        }
    }
    return true;
}

/* 0, or -1 and what is wrong, without the text: it may be anything. */
static int
check_url(const char *url, struct err *err)
{
    const size_t scheme = strncasecmp(url, "http://", 7) == 0    ? 7
                          : strncasecmp(url, "https://", 8) == 0 ? 8
                                                                 : 0;

    if (scheme == 0) {
        return err_set(err, ERR_CONFIG, "url: expected http:// or https:// at its beginning");
    }
    if (strlen(url) > URL_BYTES_MAX) {
        return err_set(err, ERR_CONFIG, "url: longer than %d bytes", URL_BYTES_MAX);
    }
    if (!is_url_text(url) || url[scheme] == '\0' || strchr("/?#", url[scheme]) != NULL) {
        return err_set(err, ERR_CONFIG, "url: not an address that a browser may be given");
    }
    return 0;
}

/* The text of a variable, its templates rendered: 1; 0: there is none; -1 and err. */
static int
read_variable(const struct scope *scope, const char *name, struct buf *out, struct err *err)
{
    const struct value *v = template_find(scope, name);

    buf_clear(out);
    if (v == NULL || v->kind == VALUE_NULL) {
        return 0;
    }
    if (template_value(v, name, scope, name, out, err) != 0) {
        return -1;
    }
    if (scope->taint->tainted) {
        return err_set(err, ERR_CONFIG, "%s holds a secret, which is shown to nobody", name);
    }
    return out->len > 0 ? 1 : 0;
}

static int
read_port(const struct scope *scope, long *ret_port, struct err *err)
{
    struct buf text;
    char *end = NULL;

    buf_init(&text, URL_BYTES_MAX);
    int rc = read_variable(scope, "app_port", &text, err);
    *ret_port = rc == 1 ? strtol(text.data, &end, 10) : 0;
    if (rc == 1 && (!isdigit((unsigned char)text.data[0]) || *end != '\0' || *ret_port < 1 ||
                    *ret_port > PORT_MAX)) {
        rc = err_set(err, ERR_CONFIG, "app_port: expected a port from 1 to %d", PORT_MAX);
    }
    buf_release(&text);
    return rc < 0 ? -1 : 0;
}

/* http://address:app_port/ */
static char *
made_url(const struct host *h, const struct scope *scope, struct err *err)
{
    const bool v6 = strchr(h->address, ':') != NULL;
    long port = 0;

    if (read_port(scope, &port, err) != 0) {
        return NULL;
    }
    const char *scheme = port == 443 || port == 8443 ? "https" : "http";
    char *number = port == 0 ? xstrdup("") : xasprintf(":%ld", port);
    char *url =
        xasprintf("%s://%s%s%s%s/", scheme, v6 ? "[" : "", h->address, v6 ? "]" : "", number);
    free(number);
    return url;
}

char *
browse_url(const struct loaded *l, struct vault *vault, size_t host, struct err *err)
{
    struct value *magic = value_new(VALUE_DICT);
    struct taint taint = {0};
    const struct scope scope = {.extra = l->extra,
                                .magic = magic,
                                .vars = inventory_vars(l->inventory, host),
                                .vault = vault,
                                .taint = &taint};
    struct buf text;
    char *url = NULL;

    buf_init(&text, TEMPLATE_TEXT_MAX);
    inventory_magic(l->inventory, host, magic);
    const int rc = read_variable(&scope, "url", &text, err);
    if (rc == 1) {
        url = xstrdup(text.data);
    } else if (rc == 0) {
        url = made_url(inventory_host(l->inventory, host), &scope, err);
    }
    if (url != NULL && check_url(url, err) != 0) {
        free(url);
        url = NULL;
    }
    if (text.len > 0) {
        explicit_bzero(text.data, text.len);
    }
    buf_release(&text);
    strv_clear(&taint.texts);
    value_free(magic);
    return url;
}

/* ---------------------------------------------------------------- the program */

/* A word of $BROWSER: `%s` is the url. */
static void
add_word(struct strv *words, const char *word, size_t len, const char *url, bool *used)
{
    struct buf out;

    buf_init(&out, len + URL_BYTES_MAX * (len + 1));
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '%' && i + 1 < len && word[i + 1] == 's') {
            (void)buf_adds(&out, url);
            *used = true;
            i++;
        } else {
            (void)buf_addc(&out, word[i]);
        }
    }
    strv_add(words, out.data);
    buf_release(&out);
}

static bool
split_entry(const char *entry, size_t len, const char *url, struct strv *ret_words)
{
    bool used = false;

    for (size_t i = 0; i < len;) {
        const size_t begin = i + strspn(entry + i, " \t");
        size_t end = begin;
        while (end < len && entry[end] != ' ' && entry[end] != '\t') {
            end++;
        }
        if (end > begin && begin < len) {
            add_word(ret_words, entry + begin, end - begin, url, &used);
        }
        i = end > i ? end : i + 1;
    }
    if (ret_words->count > 0 && !used) {
        strv_add(ret_words, url);
    }
    return ret_words->count > 0;
}

bool
browse_words(const char *browser, bool display, size_t n, const char *url, struct strv *ret_words)
{
    const char *at = browser == NULL ? "" : browser;

    while (*at != '\0') {
        const size_t len = strcspn(at, ":");
        if (strspn(at, " \t") < len && n-- == 0) {
            return split_entry(at, len, url, ret_words);
        }
        at += len + (at[len] == ':');
    }
    if (n > 0 || !display) {
        return false;
    }
    strv_add(ret_words, "xdg-open");
    strv_add(ret_words, url);
    return true;
}

static bool
is_set(const char *name)
{
    const char *text = getenv(name);

    return text != NULL && text[0] != '\0';
}

int
browse_open(const char *url, struct err *err)
{
    const bool display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
    struct strv words = {0};
    struct err why = {0};
    bool tried = false;
    int rc = -1;

    for (size_t n = 0; rc != 0; n++) {
        strv_clear(&words);
        if (!browse_words(getenv("BROWSER"), display, n, url, &words)) {
            break;
        }
        rc = launch(words.items, tried ? NULL : &why); /* the first is told: it was meant */
        tried = true;
    }
    strv_clear(&words);
    if (rc == 0) {
        return 1;
    }
    return tried ? err_set(err, why.kind, "%s", why.text) : 0;
}
