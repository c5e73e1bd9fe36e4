/*
 * keys.c - the table of names.
 *
 * Decides what a name means; libvterm, or terminfo, what bytes it has.  Owns nothing.
 */
#include "tui/keys.h"

#include "base/escape.h"

#include <stdint.h>
#include <string.h>

extern char *tigetstr(const char *name); /* term.h defines `lines` and the like */

static const struct row {
    const char *name;
    VTermKey key;
    VTermModifier modifier;
    const char *capability; /* of terminfo; NULL: the same everywhere */
} rows[] = {
    {"Enter", VTERM_KEY_ENTER, VTERM_MOD_NONE, NULL},
    {"Tab", VTERM_KEY_TAB, VTERM_MOD_NONE, NULL},
    {"BTab", VTERM_KEY_TAB, VTERM_MOD_SHIFT, "kcbt"},
    {"Esc", VTERM_KEY_ESCAPE, VTERM_MOD_NONE, NULL},
    {"Backspace", VTERM_KEY_BACKSPACE, VTERM_MOD_NONE, "kbs"},
    {"Up", VTERM_KEY_UP, VTERM_MOD_NONE, "kcuu1"},
    {"Down", VTERM_KEY_DOWN, VTERM_MOD_NONE, "kcud1"},
    {"Left", VTERM_KEY_LEFT, VTERM_MOD_NONE, "kcub1"},
    {"Right", VTERM_KEY_RIGHT, VTERM_MOD_NONE, "kcuf1"},
    {"Insert", VTERM_KEY_INS, VTERM_MOD_NONE, "kich1"},
    {"Delete", VTERM_KEY_DEL, VTERM_MOD_NONE, "kdch1"},
    {"Home", VTERM_KEY_HOME, VTERM_MOD_NONE, "khome"},
    {"End", VTERM_KEY_END, VTERM_MOD_NONE, "kend"},
    {"PgUp", VTERM_KEY_PAGEUP, VTERM_MOD_NONE, "kpp"},
    {"PgDn", VTERM_KEY_PAGEDOWN, VTERM_MOD_NONE, "knp"},
    {"F1", VTERM_KEY_FUNCTION(1), VTERM_MOD_NONE, "kf1"},
    {"F2", VTERM_KEY_FUNCTION(2), VTERM_MOD_NONE, "kf2"},
    {"F3", VTERM_KEY_FUNCTION(3), VTERM_MOD_NONE, "kf3"},
    {"F4", VTERM_KEY_FUNCTION(4), VTERM_MOD_NONE, "kf4"},
    {"F5", VTERM_KEY_FUNCTION(5), VTERM_MOD_NONE, "kf5"},
    {"F10", VTERM_KEY_FUNCTION(10), VTERM_MOD_NONE, "kf10"},
};

static int
press_row(struct picture *p, const struct row *row, bool by_terminfo, struct err *err)
{
    if (!by_terminfo || row->capability == NULL) {
        vterm_keyboard_key(p->vt, row->key, row->modifier);
        return 0;
    }
    const char *bytes = tigetstr(row->capability);
    if (bytes == NULL || (intptr_t)bytes == -1) {
        return err_set(err, ERR_USAGE, "%s: this terminal has no such key", row->name);
    }
    return buf_adds(&p->reply, bytes);
}

int
keys_press(struct picture *p, const char *name, bool by_terminfo, struct err *err)
{
    unsigned code = 0;
    const size_t len = strlen(name);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return press_row(p, &rows[i], by_terminfo, err);
        }
    }
    if (strcmp(name, "Space") == 0) {
        return buf_addc(&p->reply, ' ');
    }
    if (len == 3 && name[1] == '-' && name[0] == 'C') {
        return buf_addc(&p->reply, (char)(name[2] & 0x1f));
    }
    if (len == 3 && name[1] == '-' && name[0] == 'M') {
        return buf_addf(&p->reply, "\033%c", name[2]);
    }
    if (len > 0 && utf8_decode(name, len, &code) == len) {
        return buf_adds(&p->reply, name);
    }
    return err_set(err, ERR_USAGE, "expected the name of a key, got \"%s\"", name);
}
