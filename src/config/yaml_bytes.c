/*
 * yaml_bytes.c - reads a YAML file and refuses what must not reach libyaml.
 *
 * Decides which bytes are text.  A file is at most max bytes, a regular file or a pipe.
 */
#include "config/yaml_bytes.h"

#include "base/escape.h"
#include "base/xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MARK_EVERY = 64, READ_SIZE = 64 * 1024 };

static int
too_large(const char *path, size_t max, struct mistakes *m)
{
    return mistakes_add(m, "%s:1:1: the file is larger than %zu MiB", path, max >> 20);
}

static int
read_all(struct yaml_bytes *b, int fd, const char *path, size_t max, struct mistakes *m)
{
    size_t cap = READ_SIZE;

    b->data = xcalloc(cap, 1);
    for (;;) {
        if (cap - b->len < 2) {
            b->data = xreallocarray(b->data, cap, 2);
            cap *= 2;
        }
        const ssize_t n = read(fd, b->data + b->len, cap - b->len - 1);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return mistakes_add(m, "%s: cannot be read: %s", path, strerror(errno));
        }
        if (n == 0) {
            break;
        }
        b->len += (size_t)n;
        if (b->len > max) {
            return too_large(path, max, m);
        }
    }
    b->data[b->len] = '\0';
    return 0;
}

int
yaml_bytes_read(struct yaml_bytes *b, const char *path, size_t max, struct mistakes *m)
{
    struct stat st;
    int rc = -1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0) {
        return mistakes_add(m, "%s: cannot be opened: %s", path, strerror(errno));
    }
    if (fstat(fd, &st) != 0) {
        mistakes_add(m, "%s: cannot be read: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        mistakes_add(m, "%s: expected a file, got %s", path,
                     S_ISDIR(st.st_mode) ? "a folder" : "something else");
    } else if ((uint64_t)st.st_size > max) {
        too_large(path, max, m);
    } else {
        rc = read_all(b, fd, path, max, m);
    }
    close(fd);
    return rc;
}

static bool
is_text(unsigned code)
{
    if (code < 0x20) {
        return code == '\t' || code == '\n' || code == '\r';
    }
    return code != 0x7f && !(code >= 0x80 && code < 0xa0 && code != 0x85) && code != 0xfeff &&
           code != 0xfffe && code != 0xffff;
}

/* Where the check is. */
struct at {
    size_t byte;
    size_t characters;
    int line, col;
};

static void
remember(struct yaml_bytes *b, const struct at *at)
{
    if (at->characters % MARK_EVERY == 0) {
        b->marks[b->mark_count++] = (uint32_t)at->byte;
    }
}

static int
check_one(struct yaml_bytes *b, struct at *at, const char *path, struct mistakes *m)
{
    const char *p = b->data + at->byte;
    unsigned code = 0;
    const size_t n = utf8_decode(p, b->len - at->byte, &code);

    if (n == 0) {
        return mistakes_add(m, "%s:%d:%d: not UTF-8: byte 0x%02x", path, at->line, at->col,
                            (unsigned char)*p);
    }
    if (!is_text(code)) {
        return mistakes_add(m, "%s:%d:%d: not text: character U+%04X", path, at->line, at->col,
                            code);
    }
    remember(b, at);
    at->byte += n;
    at->characters++;
    at->col++;
    b->ascii = b->ascii && n == 1;
    if (code == '\n') {
        at->line++;
        at->col = 1;
    }
    return 0;
}

/* libyaml compares each %TAG with all before it; nobody writes any. */
static int
check_directive(const struct yaml_bytes *b, const struct at *at, const char *path,
                struct mistakes *m)
{
    if (at->col == 1 && b->len - at->byte >= 4 && memcmp(b->data + at->byte, "%TAG", 4) == 0) {
        return mistakes_add(m, "%s:%d:1: directives (%%TAG) are not supported", path, at->line);
    }
    return 0;
}

/* Nearly every file is nothing but printable ASCII without directives: known at a glance. */
static bool
is_plain(const struct yaml_bytes *b)
{
    for (size_t i = 0; i < b->len; i++) {
        const unsigned char c = (unsigned char)b->data[i];
        if (c > 0x7e || (c < 0x20 && c != '\n' && c != '\t' && c != '\r')) {
            return false;
        }
    }
    return memmem(b->data, b->len, "%TAG", 4) == NULL;
}

int
yaml_bytes_check(struct yaml_bytes *b, const char *path, struct mistakes *m)
{
    static const char bom[] = "\xef\xbb\xbf";
    struct at at = {.line = 1, .col = 1};

    assert(b->len < UINT32_MAX);
    if (is_plain(b)) {
        b->ascii = true;
        return 0;
    }
    if (b->len >= 3 && memcmp(b->data, bom, 3) == 0) {
        b->bom = 3;
    }
    if (b->len >= 2 &&
        (memcmp(b->data, "\xff\xfe", 2) == 0 || memcmp(b->data, "\xfe\xff", 2) == 0)) {
        return mistakes_add(m, "%s:1:1: not UTF-8: this is UTF-16", path);
    }
    b->ascii = true;
    b->marks = xcalloc(b->len / MARK_EVERY + 1, sizeof(*b->marks));
    at.byte = b->bom;
    while (at.byte < b->len) {
        if (check_directive(b, &at, path, m) || check_one(b, &at, path, m)) {
            return -1;
        }
    }
    if (b->ascii) {
        free(b->marks);
        b->marks = NULL;
    }
    return 0;
}

size_t
yaml_bytes_offset(const struct yaml_bytes *b, size_t character)
{
    if (b->ascii) {
        return b->bom + character < b->len ? b->bom + character : b->len;
    }
    if (character / MARK_EVERY >= b->mark_count) {
        return b->len;
    }
    size_t byte = b->marks[character / MARK_EVERY];
    for (size_t left = character % MARK_EVERY; left > 0 && byte < b->len; left--) {
        byte++;
        while (byte < b->len && ((unsigned char)b->data[byte] & 0xc0) == 0x80) {
            byte++;
        }
    }
    return byte;
}

void
yaml_bytes_release(struct yaml_bytes *b)
{
    free(b->data);
    free(b->marks);
    *b = (struct yaml_bytes){0};
}
