/*
 * become.c - builds the commands that start a shell on a host.
 *
 * Decides their text; each was tried on dash and busybox ash.  Owns nothing.  Never puts a password
 * or a script into a command.
 */
#include "ssh/become.h"

#include "ssh/frame.h"
#include "ssh/upload.h"

#include <assert.h>
#include <string.h>

/* read(1p) as a builtin takes one byte at a time from a pipe, so what follows `#B` is left. */
static const char read_past[] = "while IFS= read -r l;do [ \"$l\" = \"#B\" ]&&";

/* `cd .` goes to where the way to the home leads now: the shell may have waited for long. */
const char *
become_opener(void)
{
    return "exec /bin/sh -c 'IFS= read -r im||exit 97;cd .;eval \"$im\"'";
}

int
become_validate(const struct become *b, struct err *err)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    static const char rest[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.-";

    if (!b->wanted) {
        return 0;
    }
    if (b->user != NULL) {
        const size_t len = strlen(b->user);
        if (len == 0 || len > BECOME_USER_MAX || strchr(first, b->user[0]) == NULL ||
            strspn(b->user, rest) != len) {
            return err_set(err, ERR_USAGE, "become_user: expected the name of a user");
        }
    }
    if (b->password != NULL &&
        (strlen(b->password) > BECOME_PASSWORD_MAX || strpbrk(b->password, "\r\n") != NULL)) {
        return err_set(err, ERR_USAGE, "become password: expected one line of at most %d bytes",
                       BECOME_PASSWORD_MAX);
    }
    return 0;
}

static void
add_sudo(struct buf *out, const struct become *b, const char *more)
{
    (void)buf_addf(out, "sudo %s%s%s%s ", b->password == NULL ? "-n" : "-S -p ''", more,
                   b->user == NULL ? "" : " -u ", b->user == NULL ? "" : b->user);
}

void
become_command(struct buf *out, const struct become *b, enum step_kind kind)
{
    const char *receive = kind == STEP_UPLOAD ? upload_receiver() : NULL;

    (void)buf_adds(out, "exec ");
    if (b->wanted) {
        add_sudo(out, b, "");
    }
    (void)buf_adds(out, "/bin/sh");
    if (b->wanted && b->password != NULL) {
        (void)buf_addf(out, " -c '%s%s;done%s%s'", read_past,
                       receive == NULL ? "exec /bin/sh" : "break", receive == NULL ? "" : ";",
                       receive == NULL ? "" : receive);
    } else if (receive != NULL) {
        (void)buf_addf(out, " -c '%s'", receive);
    }
    assert(!out->full);
}

void
become_lead(struct buf *out, const struct become *b)
{
    if (b->wanted && b->password != NULL) {
        (void)buf_addf(out, "%s\n#B\n", b->password);
    }
}

void
become_check(struct buf *out, const struct become *b)
{
    (void)buf_adds(out, "exec env LC_ALL=C "); /* what sudo says is looked at */
    add_sudo(out, b, " -k");
    (void)buf_adds(out, "true");
    assert(!out->full);
}
