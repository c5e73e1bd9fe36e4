/*
 * warm.c - makes curl read certificate authorities before anybody waits for it.
 *
 * curl has no call for that: it reads them while it waits for the first bytes of a server.  So this
 * file is, for a moment, a server that takes a connection and hangs up.  Never uses the network.
 */
#include "probe/warm.h"

#include "probe/exchange.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { WARM_TURNS_MAX = 20, WARM_TURN_MS = 100 };

/* A listener on an abstract UNIX socket with a name the kernel picks; -1 with errno. */
static int
open_abstract(char *ret_name, size_t size)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(a.sun_family);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)&a, len) == 0 && listen(fd, 1) == 0) {
        len = sizeof(a);
        (void)getsockname(fd, (struct sockaddr *)&a, &len);
        (void)snprintf(ret_name, size, "%.*s",
                       (int)(len - offsetof(struct sockaddr_un, sun_path) - 1), a.sun_path + 1);
        return fd;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return -1;
}

static CURLcode
hang_up_on(CURLM *multi, int listener)
{
    CURLMsg *message = NULL;
    int running;
    int left;

    for (int i = 0; i < WARM_TURNS_MAX && message == NULL; i++) {
        (void)curl_multi_perform(multi, &running);
        message = curl_multi_info_read(multi, &left);
        const int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0) {
            (void)close(fd);
        }
        if (message == NULL) {
            (void)curl_multi_poll(multi, NULL, 0, WARM_TURN_MS, NULL);
        }
    }
    return message == NULL ? CURLE_OK : message->data.result;
}

static CURLcode
read_ahead(CURLM *multi, const char *ca_file, const char *name, int listener)
{
    CURL *easy = curl_easy_init();

    assert(easy != NULL);
    exchange_set_tls(easy, ca_file);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(easy, CURLOPT_URL, "https://warm.invalid/"); /* never looked up */
    (void)curl_easy_setopt(easy, CURLOPT_ABSTRACT_UNIX_SOCKET, name);
    (void)curl_multi_add_handle(multi, easy);
    const CURLcode code = hang_up_on(multi, listener);
    (void)curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    return code;
}

bool
warm_up(CURLM *multi, const char *ca_file)
{
    char name[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    const int listener = open_abstract(name, sizeof(name));

    if (listener < 0) {
        return true; /* then the first probe reads them */
    }
    const CURLcode code = read_ahead(multi, ca_file, name, listener);
    (void)close(listener);
    return code != CURLE_SSL_CACERT_BADFILE;
}
