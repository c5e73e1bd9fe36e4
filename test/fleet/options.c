/*
 * options.c - the command line of the fleet.
 *
 * Decides what each flag means: one row a flag.  Owns nothing.  Never opens a file.
 */
#include "fleet/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { KIND_TEXT, KIND_NUMBER, KIND_SWITCH };

struct flag {
    const char *name;
    enum kind kind;
    size_t offset;
    long max; /* of a number */
};

#define AT(field) offsetof(struct options, field)

static const struct flag flags[] = {
    {"--listen", KIND_TEXT, AT(listen), 0},
    {"--port", KIND_NUMBER, AT(port), 65535},
    {"--root", KIND_TEXT, AT(root), 0},
    {"--hosts", KIND_TEXT, AT(hosts), 0},
    {"--host-key", KIND_TEXT, AT(host_key), 0},
    {"--authorized-keys", KIND_TEXT, AT(authorized_keys), 0},
    {"--user", KIND_TEXT, AT(user), 0},
    {"--password", KIND_TEXT, AT(password), 0},
    {"--kbd", KIND_TEXT, AT(kbd), 0},
    {"--partial", KIND_SWITCH, AT(partial), 0},
    {"--known-hosts", KIND_TEXT, AT(known_hosts), 0},
    {"--addresses", KIND_TEXT, AT(addresses), 0},
    {"--pid-file", KIND_TEXT, AT(pid_file), 0},
    {"--behave", KIND_TEXT, AT(behave), 0},
    {"--events", KIND_TEXT, AT(events), 0},
    {"--seed", KIND_NUMBER, AT(seed), 1 << 30},
    {"--confine", KIND_TEXT, AT(confine), 0},
    {"--ready-fd", KIND_NUMBER, AT(ready_fd), 1 << 20},
    {"--delay-ms", KIND_NUMBER, AT(delay_ms), 3600L * 1000},
    {"--rtt-ms", KIND_NUMBER, AT(rtt_ms), 60L * 1000},
    {"--trips", KIND_TEXT, AT(trips), 0},
    {"--max-sessions", KIND_NUMBER, AT(max_sessions), 1000},
    {"--synthetic", KIND_SWITCH, AT(synthetic), 0},
    {"--unconfined", KIND_SWITCH, AT(unconfined), 0},
    {"--help", KIND_SWITCH, AT(help), 0},
};

const char *
options_usage(void)
{
    return "usage: fleet --host-key FILE --authorized-keys FILE --user NAME\n"
           "             {--root DIR [--hosts FILE] | --synthetic} [more]\n"
           "\n"
           "Many SSH hosts in one process: the host is picked by the 127.x.y.z a client dials.\n"
           "\n"
           "  --root DIR            commands run in DIR/<address>/ and cannot write elsewhere\n"
           "  --hosts FILE          lines `ADDRESS FOLDER`: only these hosts, in DIR/FOLDER/\n"
           "  --synthetic           run nothing: answer frames as a host would\n"
           "  --listen ADDR         default 0.0.0.0, where only 127.0.0.0/8 is answered\n"
           "  --port N              default 0: a free one\n"
           "  --host-key FILE       made (ed25519) if missing\n"
           "  --authorized-keys F   public keys that may log in, one a line\n"
           "  --user NAME           every other user is refused\n"
           "  --password TEXT       lets in as a key does\n"
           "  --kbd PROMPT          so asked for by keyboard-interactive, not by password\n"
           "  --partial             a key, and then the password\n"
           "  --known-hosts FILE    written, for the addresses of --addresses and --hosts\n"
           "  --addresses LIST      e.g. 127.10.0.1-9,127.10.1.1\n"
           "  --delay-ms N          each exec takes N ms longer\n"
           "  --rtt-ms N            what a client sends is looked at N ms later\n"
           "  --trips FILE          with --rtt-ms: at the first output of each exec a line\n"
           "                        `ADDRESS TRIPS`, the round trips of the connection until then\n"
           "  --max-sessions N      channels open at once on a connection, default 10\n"
           "  --behave FILE         which addresses misbehave, and how: see below\n"
           "  --events FILE         written, as it happens: `login ADDRESS`, `exec ADDRESS` and\n"
           "                        `gone ADDRESS`, which is the end of one that had logged in\n"
           "  --seed N              of what happens by chance\n"
           "  --confine WHAT        landlock, mounts or both; default: all that works here\n"
           "  --unconfined          run commands even where nothing confines them\n"
           "  --pid-file FILE       removed at the end\n"
           "  --ready-fd N          `ready <port>` goes there, default standard output\n"
           "\n"
           "SIGTERM ends it and everything it started; SIGUSR1 prints counts on standard error.\n";
}

static const struct flag *
find(const char *name)
{
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (strcmp(flags[i].name, name) == 0) {
            return &flags[i];
        }
    }
    return NULL;
}

static int
set_number(int *ret_number, const struct flag *flag, const char *text, struct err *err)
{
    char *end = NULL;

    errno = 0;
    const long number = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 0 || number > flag->max) {
        return err_set(err, ERR_USAGE, "%s: expected a number from 0 to %ld, got \"%s\"",
                       flag->name, flag->max, text);
    }
    *ret_number = (int)number;
    return 0;
}

/* Returns how many words were used, or -1. */
static int
set_flag(struct options *o, const char *word, const char *next, struct err *err)
{
    const struct flag *flag = find(word);
    int rc = 2;

    if (flag == NULL) {
        return err_set(err, ERR_USAGE, "%s: unknown flag", word);
    }
    char *field = (char *)o + flag->offset;
    if (flag->kind != KIND_SWITCH && next == NULL) {
        return err_set(err, ERR_USAGE, "%s: a value is missing", word);
    }
    switch (flag->kind) {
    case KIND_TEXT:
        memcpy(field, &next, sizeof(next));
        break;
    case KIND_NUMBER: {
        int number = 0;
        if (set_number(&number, flag, next, err) < 0) {
            rc = -1;
        }
        memcpy(field, &number, sizeof(number));
        break;
    }
    case KIND_SWITCH: {
        const bool on = true;
        memcpy(field, &on, sizeof(on));
        rc = 1;
        break;
    }
    }
    return rc;
}

static int
check(const struct options *o, struct err *err)
{
    if (o->host_key == NULL || o->authorized_keys == NULL || o->user == NULL) {
        return err_set(err, ERR_USAGE, "--host-key, --authorized-keys and --user are needed");
    }
    if ((o->root == NULL) == !o->synthetic) {
        return err_set(err, ERR_USAGE, "give either --root or --synthetic");
    }
    if ((o->kbd != NULL || o->partial) && o->password == NULL) {
        return err_set(err, ERR_USAGE, "--kbd and --partial need --password");
    }
    if (o->hosts != NULL && o->synthetic) {
        return err_set(err, ERR_USAGE, "--hosts needs --root");
    }
    if (o->known_hosts != NULL && o->addresses == NULL && o->hosts == NULL) {
        return err_set(err, ERR_USAGE, "--known-hosts needs --addresses or --hosts");
    }
    if (o->trips != NULL && o->rtt_ms == 0) {
        return err_set(err, ERR_USAGE, "--trips needs --rtt-ms");
    }
    if (o->confine != NULL && strcmp(o->confine, "landlock") != 0 &&
        strcmp(o->confine, "mounts") != 0 && strcmp(o->confine, "both") != 0) {
        return err_set(err, ERR_USAGE, "--confine: expected landlock, mounts or both, got \"%s\"",
                       o->confine);
    }
    return 0;
}

int
options_read(struct options *ret_options, int argc, char **argv, struct err *err)
{
    struct options o = {
        .listen = "0.0.0.0", .ready_fd = STDOUT_FILENO, .max_sessions = OPTIONS_MAX_SESSIONS};

    for (int i = 1; i < argc;) {
        const int used = set_flag(&o, argv[i], argv[i + 1], err);
        if (used < 0) {
            return -1;
        }
        i += used;
    }
    if (!o.help && check(&o, err) < 0) {
        return -1;
    }
    *ret_options = o;
    return 0;
}
