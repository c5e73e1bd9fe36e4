/*
 * answer_vault.c - opens vaults for test/diff/diff_vault.py.
 *
 * Argument: the password file.  Each line of standard input is the text of a vault in hexadecimal;
 * each line of standard output is what it holds, in hexadecimal after "= ", or "! " and why not.
 */
#include "base/xalloc.h"
#include "config/vault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 16 << 20 };

static size_t
to_bytes(const char *hex, char *ret)
{
    size_t n = 0;

    for (; hex[2 * n] != '\0' && hex[2 * n] != '\n'; n++) {
        const char digits[] = {hex[2 * n], hex[2 * n + 1], '\0'};
        ret[n] = (char)strtoul(digits, NULL, 16);
    }
    return n;
}

int
main(int argc, char **argv)
{
    struct err err = {0};
    struct vault *v = argc == 2 ? vault_new(argv[1], NULL, NULL, &err) : NULL;
    char *line = xcalloc(LINE_MAX_BYTES, 1);
    char *text = xcalloc(LINE_MAX_BYTES, 1);

    if (v == NULL) {
        fprintf(stderr, "answer_vault: %s\n", err.text);
        return 1;
    }
    while (fgets(line, LINE_MAX_BYTES, stdin) != NULL) {
        const size_t len = to_bytes(line, text);
        struct buf out;
        buf_init(&out, VAULT_TEXT_MAX);
        if (vault_open(v, text, len, &out, &err) == 0) {
            printf("= ");
            for (size_t i = 0; i < out.len; i++) {
                printf("%02x", (unsigned char)out.data[i]);
            }
            putchar('\n');
        } else {
            printf("! %s\n", err.text);
        }
        buf_release(&out);
    }
    vault_free(v);
    free(line);
    free(text);
    return 0;
}
