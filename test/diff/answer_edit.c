/*
 * answer_edit.c - changes inventories where diff_edit.py asks Ansible what became of them.
 *
 * A request is a line of fields parted by tabs: `add DIR NAME ADDRESS PORT USER VARS GROUP`,
 * `change DIR OLD NAME ADDRESS PORT USER VARS`, `remove DIR NAME`, `read DIR NAME`; the answer is a
 * line of JSON: {"error": text, "texts": [...]}, of what was read; the error "" is none.  Owns
 * nothing between two requests.
 */
#include "diff/answer.h"

#include "config/edit.h"

#include <stdio.h>
#include <string.h>

enum { FIELDS = 8, LINE_MAX_BYTES = 1 << 16 };

static void
split(char *line, char *ret[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        char *tab = strchr(line, '\t');
        ret[i] = line;
        if (tab == NULL) {
            line += strlen(line);
        } else {
            *tab = '\0';
            line = tab + 1;
        }
    }
}

static int
act(char *f[FIELDS], struct strv *texts, struct err *err)
{
    if (strcmp(f[0], "add") == 0) {
        const struct edit_host h = {
            .name = f[2], .address = f[3], .port = f[4], .user = f[5], .vars = f[6], .group = f[7]};
        return edit_add_host(f[1], &h, err);
    }
    if (strcmp(f[0], "change") == 0) {
        struct strv was = {0};
        int rc = edit_read_host(f[1], f[2], &was, err);
        if (rc == 0) {
            const struct edit_host h = {.name = f[3],
                                        .address = f[4],
                                        .port = f[5],
                                        .user = f[6],
                                        .key_file = was.items[EDIT_KEY_FILE],
                                        .vars = f[7]};
            rc = edit_change_host(f[1], f[2], &h, err);
        }
        strv_clear(&was);
        return rc;
    }
    if (strcmp(f[0], "remove") == 0) {
        return edit_remove_host(f[1], f[2], texts, err);
    }
    return edit_read_host(f[1], f[2], texts, err);
}

int
main(void)
{
    static char line[LINE_MAX_BYTES];
    struct buf out;

    buf_init(&out, 1 << 20);
    while (fgets(line, sizeof(line), stdin) != NULL) {
        char *fields[FIELDS];
        struct strv texts = {0};
        struct err err = {0};
        line[strcspn(line, "\n")] = '\0';
        split(line, fields);
        const int rc = act(fields, &texts, &err);
        buf_clear(&out);
        buf_adds(&out, "{\"error\":");
        put_text(&out, rc == 0 ? "" : err.text);
        buf_adds(&out, ",\"texts\":");
        put_texts(&out, &texts);
        buf_adds(&out, "}");
        puts(out.data);
        (void)fflush(stdout);
        strv_clear(&texts);
    }
    buf_release(&out);
    return 0;
}
