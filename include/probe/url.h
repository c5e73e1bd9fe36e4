/*
 * url.h - the URL of a request.
 */
#ifndef PROBE_URL_H
#define PROBE_URL_H

#include "probe/probe.h"

#include <curl/curl.h>

/* The caller's, to be freed with curl_url_cleanup.  NULL when host and path make none. */
CURLU *url_build(const struct probe_request *q);

#endif
