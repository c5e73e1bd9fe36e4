/*
 * plain.c - where a message ends.
 *
 * Decides nothing.  Owns nothing.  Never looks into a payload further than its number.
 */
#include "fleet/plain.h"

#include <string.h>

enum { LENGTH_SIZE = 4, NUMBER_AT = 5 };

/* Lines before the version are passed over. */
static bool
banner_byte(struct plain *p, unsigned char byte)
{
    if (p->have < LENGTH_SIZE) {
        p->start[p->have] = byte;
    }
    p->have++;
    if (byte != '\n') {
        return false;
    }
    p->past_banner = p->have > LENGTH_SIZE && memcmp(p->start, "SSH-", LENGTH_SIZE) == 0;
    p->have = 0;
    return p->past_banner;
}

/* True with the last byte of a packet. */
static bool
packet_byte(struct plain *p, unsigned char byte)
{
    if (p->have < sizeof(p->start)) {
        p->start[p->have] = byte;
    }
    p->have++;
    const size_t length = (size_t)p->start[0] << 24 | (size_t)p->start[1] << 16 |
                          (size_t)p->start[2] << 8 | p->start[3];
    if (p->have <= NUMBER_AT || p->have < LENGTH_SIZE + length) {
        return false;
    }
    p->have = 0;
    p->over = p->start[NUMBER_AT] == PLAIN_NEWKEYS;
    return true;
}

size_t
plain_follow(struct plain *p, const unsigned char *bytes, size_t len, int *ret_message)
{
    *ret_message = PLAIN_NONE;
    for (size_t i = 0; i < len && !p->over; i++) {
        if (!p->past_banner) {
            if (banner_byte(p, bytes[i])) {
                *ret_message = PLAIN_BANNER;
                return i + 1;
            }
        } else if (packet_byte(p, bytes[i])) {
            *ret_message = p->start[NUMBER_AT];
            return i + 1;
        }
    }
    return len;
}
