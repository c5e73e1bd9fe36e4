/*
 * exit.c - from an error to the exit code of the process.
 *
 * Decides 1, 5 and 6; 0, 2, 3, 4 and 7 are decided by core/summary from outcomes.  Owns nothing.
 */
#include "cli/exit.h"

int
exit_of(enum err_kind kind)
{
    switch (kind) {
    case ERR_USAGE:
    case ERR_NO_MATCH:
    case ERR_NOT_YET:
        return EXIT_USAGE;
    case ERR_LOCKED:
        return EXIT_LOCKED;
    case ERR_NONE:
    case ERR_CONFIG:
    case ERR_IO:
    case ERR_STORE:
        break;
    }
    return EXIT_OURS;
}
