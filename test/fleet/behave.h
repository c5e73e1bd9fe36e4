/*
 * behave.h - how a host misbehaves, on request.
 *
 * A file of lines `ADDRESS[-LAST] BEHAVIOUR [ARG] [once | times N]`; LAST is a last byte or an
 * address.  Lines for the same address add up.  `once` and `times N`: only the first connections
 * of each address.  `#` begins a comment.
 *
 * Something happens to the connection at a phase (ARG, see below):
 *   stall    nothing is answered any more; what comes is read and thrown away
 *   silent   nothing is read or answered any more, the connection stays: a dead machine
 *   drop     FIN; what comes is read and thrown away
 *   reset    RST
 *   garbage  512 random bytes, then on as if nothing had happened
 *   huge     a packet that says it is 2 GB long, then as stall
 *
 * Phases, each before the next word of ours:
 *   accept   connected; the banner is due            open    a channel is asked for
 *   banner   ours is out; our KEXINIT is due         exec    a command is asked for
 *   kex      our KEXINIT is out                      header  the first output is out
 *   reply    the client's half of the secret is in   output  4 KB of output are out
 *   newkeys  our half is out; NEWKEYS is due         status  all output is out, no exit status
 *   service  keys are exchanged                      end     the exit status is out, no close
 *   auth     a key is offered                        upload  64 KB of input are in
 *
 * Before keys:
 *   banner KIND      lines: 20 lines before ours; endless: lines for ever; long: one of 100 KB;
 *                    ssh1; escape: escape sequences; newlines: a log line in it; nul: a NUL in it
 *   algorithms KIND  nothing in common: kex, cipher, hostkey
 *   hostkey KIND     other: another key of the same type; ecdsa, rsa: another type only
 *   throttle A:P:B   as sshd's MaxStartups, over all addresses of the line: above A connections not
 *                    logged in P percent are closed before the banner, above B all
 *
 * Login and channels:
 *   deny [N]         no key is taken, or only after N were refused
 *   partial          a key is not enough
 *   nochannel, noexec   refused
 *   sessions N       channels at once
 *   from N           a connection's first N - 1 channels are good ones, and their commands: the
 *                    phases from open on, refusals and a command's life are of the later ones
 *
 * A command's life:
 *   window [N]       N bytes of input are taken, then the window is never widened
 *   flood KIND       after the header, for ever: out, err, both, line (one, endless), binary
 *   flood-max N      for N bytes, then on
 *   nostatus         no exit status
 *   status N         this one, whatever the command says; 4294967295 is the most
 *   twice            the exit status, then another
 *   signal NAME      an exit signal instead
 *   noeof, noclose   the channel ends without the one or the other
 *   die              it ends at once: EOF and close behind the answer to the exec request
 *   linger           the exit status, and the streams stay open: a child has them
 *
 * The line:
 *   slow N           bytes a second each way
 *   rekey N          new keys every N bytes
 *   noise KIND       while the command runs: debug, ignore, global (a request that wants a reply),
 *                    channel (one opened by us), all
 *
 * Owns the lines read.  Never touches a socket: filter.h does, and conn.c and chan.c ask.
 */
#ifndef FLEET_BEHAVE_H
#define FLEET_BEHAVE_H

#include "base/err.h"
#include "base/prng.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum act { ACT_NONE, ACT_STALL, ACT_SILENT, ACT_DROP, ACT_RESET, ACT_GARBAGE, ACT_HUGE };

enum phase {
    AT_ACCEPT,
    AT_BANNER,
    AT_KEX,
    AT_REPLY,
    AT_NEWKEYS,
    AT_SERVICE,
    AT_AUTH,
    AT_OPEN,
    AT_EXEC,
    AT_HEADER,
    AT_OUTPUT,
    AT_STATUS,
    AT_END,
    AT_UPLOAD,
};
enum { PHASES = AT_UPLOAD + 1, OUTPUT_BYTES = 4096, UPLOAD_BYTES = 65536 };

enum banner {
    BANNER_PLAIN,
    BANNER_LINES,
    BANNER_ENDLESS,
    BANNER_LONG,
    BANNER_SSH1,
    BANNER_ESCAPE,
    BANNER_NEWLINES,
    BANNER_NUL,
};

enum algorithms { ALGORITHMS_USUAL, ALGORITHMS_KEX, ALGORITHMS_CIPHER, ALGORITHMS_HOSTKEY };
enum host_key { HOST_KEY_PLAIN, HOST_KEY_OTHER, HOST_KEY_ECDSA, HOST_KEY_RSA };
enum flood { FLOOD_NONE, FLOOD_OUT, FLOOD_ERR, FLOOD_BOTH, FLOOD_LINE, FLOOD_BINARY };
enum noise { NOISE_NONE, NOISE_DEBUG, NOISE_IGNORE, NOISE_GLOBAL, NOISE_CHANNEL, NOISE_ALL };

enum { DENY_ALWAYS = 1 << 30 };

/* Shared by the addresses of one line. */
struct throttle {
    long start, percent, full;
    long waiting; /* connections that have not logged in */
    struct prng prng;
};

/* Of one connection; all zero is a good host. */
struct behave {
    long at[PHASES]; /* enum act */
    long banner;
    long algorithms;
    long host_key;
    struct throttle *throttle; /* borrowed; NULL: none */
    long deny;                 /* so many keys are refused */
    long partial;
    long nochannel, noexec;
    long sessions; /* 0: as the fleet says */
    long from;     /* channels before this one are good; 0: none is */
    long window;   /* 0: is widened */
    long flood;
    long flood_max; /* 0: for ever */
    long nostatus, twice, noeof, noclose, linger;
    long die;
    long status; /* exit status and 1; 0: the command's own */
    char signal[32];
    long slow;
    long rekey;
    long noise;
};

struct behaviours;

/* path NULL: all hosts are good.  ERR_CONFIG: a line that cannot be read; ERR_IO. */
struct behaviours *behaviours_new(const char *path, uint64_t seed, struct err *err);
void behaviours_free(struct behaviours *all); /* NULL is fine */

/* How this connection goes, for the caller to free; NULL: well.  Counts for `once`. */
struct behave *behaviours_take(struct behaviours *all, struct in_addr address);

/* Does sshd close it?  Else it waits until throttle_leave. */
bool throttle_enter(struct throttle *t);
void throttle_leave(struct throttle *t);

/* For --help. */
void behave_print(FILE *out);

#endif
