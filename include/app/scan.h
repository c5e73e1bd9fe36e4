/*
 * scan.h - looks at the keys that hosts show, and adds new ones to the environment's known_hosts.
 *
 * Connects to each host once for each type of key (ed25519, ecdsa, rsa), as ssh-keyscan does, and
 * leaves behind the key exchange: nobody logs in.  Who calls shows what was seen, and asks.
 */
#ifndef APP_SCAN_H
#define APP_SCAN_H

#include "app/run.h"

#include <stdbool.h>
#include <stddef.h>

enum { SCAN_TYPES = 3, SCAN_WORKERS = 32 };

enum scan_state {
    SCAN_NEW,     /* nobody knows it, and it contradicts nothing */
    SCAN_KNOWN,   /* in one of the files that the host is looked up in */
    SCAN_CHANGED, /* another one is known, and none of the host's known keys was shown */
    SCAN_REVOKED, /* marked @revoked */
};
enum { SCAN_STATES = SCAN_REVOKED + 1 };

/* All borrowed from the scan. */
struct scan_key {
    enum scan_state state;
    const char *type;
    const char *fingerprint; /* SHA256:... */
    const char *path;        /* of the line that decided, or NULL */
    int line;
};
struct scan_host {
    const char *host; /* its name in the inventory */
    const char *name; /* as known_hosts has it: [192.0.2.7]:2222; NULL: a local host */
    struct scan_key keys[SCAN_TYPES];
    size_t key_count;
    const char *failed; /* why not all could be seen, or NULL */
};

struct scan;

/* Connect to all hosts, `workers` of the request at a time (-1: as the settings say, but at least
 * SCAN_WORKERS), and return when the last is done.  The request's action is what exec would be
 * asked; it is not run.  NULL and err; nothing was connected to then. */
struct scan *app_scan(const struct run_request *request, struct err *err);
void scan_free(struct scan *s); /* NULL is fine */

size_t scan_count(const struct scan *s);
struct scan_host scan_host(const struct scan *s, size_t i);

/* The file that is written: the environment's known_hosts. */
const char *scan_path(const struct scan *s);
/* How many keys would be written, of how many hosts: the new ones of hosts that show nothing
 * changed or revoked. */
size_t scan_new(const struct scan *s, size_t *ret_hosts);
int scan_write(const struct scan *s, size_t *ret_added, struct err *err);

#endif
