/*
 * plain.h - follows one direction of a connection while it can be read: banner and packets up to
 * NEWKEYS.
 *
 * Pure: bytes in, ends of messages out (RFC 4253, 4.2 and 6).  Never changes a byte.
 */
#ifndef FLEET_PLAIN_H
#define FLEET_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

enum {
    PLAIN_NONE = -1, /* no message ends in these bytes */
    PLAIN_BANNER = 0,
    PLAIN_KEXINIT = 20, /* RFC 4253, 12; from here on numbers of messages */
    PLAIN_NEWKEYS = 21,
    PLAIN_KEX_FIRST = 30, /* the client's half of the secret */
    PLAIN_KEX_REPLY = 31, /* ours */
};

struct plain {
    bool past_banner;
    bool over;              /* the rest is encrypted */
    unsigned char start[6]; /* length, padding, number of the packet under way; or of the line */
    size_t have;            /* bytes of it, and of the line or packet */
};

/* Zero it to begin.  Returns how many bytes belong to the message that ends here, all of len if
 * none does. */
size_t plain_follow(struct plain *p, const unsigned char *bytes, size_t len, int *ret_message);

#endif
