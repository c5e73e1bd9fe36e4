/*
 * keytable.c - the table of keys as lines, for the tests that press all of them.
 *
 * A line for each key of each place, as dispatch sees it (the first row that fits counts), and one
 * for each word of the `:` line: `PLACE <tab> KEY or :WORD <tab> ACT <tab> HELP`.  PLACE is the bit
 * of enum where, ACT the number of enum act.
 */
#include "ui/keymap.h"

#include <locale.h>
#include <stdio.h>

static void
tell(const struct binding *b, unsigned place)
{
    const char *help = b->help == NULL ? "" : b->help;
    char name[16] = "";

    if (b->key.code != KEYC_NONE && keymap_find((enum where)place, &b->key) == b) {
        key_name(&b->key, name);
        (void)printf("%u\t%s\t%d\t%s\n", place, name, (int)b->act, help);
    }
    if (b->word != NULL && (place & (AT_FORM | AT_ASK)) == 0) {
        (void)printf("%u\t:%s\t%d\t%s\n", place, b->word, (int)b->act, help);
    }
}

int
main(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    for (unsigned place = 1; place < AT_ALL; place <<= 1) {
        for (size_t i = 0; i < keymap_count; i++) {
            if ((keymap[i].where & place) != 0) {
                tell(&keymap[i], place);
            }
        }
    }
    return 0;
}
