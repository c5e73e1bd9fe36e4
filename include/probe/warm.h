/*
 * warm.h - reads certificate authorities ahead.
 */
#ifndef PROBE_WARM_H
#define PROBE_WARM_H

#include <curl/curl.h>
#include <stdbool.h>

/* Let multi read and keep the authorities of ca_file (NULL: the system's).  Takes tens of
 * milliseconds, at most 2 s.  False when the file cannot be used. */
bool warm_up(CURLM *multi, const char *ca_file);

#endif
