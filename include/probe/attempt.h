/*
 * attempt.h - what tcp.c and http.c tell probe.c: how the try at one address ended.
 */
#ifndef PROBE_ATTEMPT_H
#define PROBE_ATTEMPT_H

enum attempt_end {
    ATTEMPT_PASSED,
    ATTEMPT_FAILED,
    ATTEMPT_NO_CONNECTION, /* another address may do better */
};

/* Called once, from the loop, never from inside the start; whatever was started is over then, but
 * must still be freed, and not from inside this call.  text is borrowed for the call, not escaped.
 */
typedef void attempt_done(void *arg, enum attempt_end end, const char *text);

#endif
