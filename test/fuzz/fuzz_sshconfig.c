/*
 * fuzz_sshconfig.c - no ssh_config stalls, crashes, or gives an answer that could not be used.
 */
#include "fuzz/fuzz.h"
#include "ssh/sshconfig.h"

#include <sys/socket.h>

/* What goes into messages, resolvers and /bin/sh. */
static void
check_answer(const struct sshconfig_options *o)
{
    FUZZ_CHECK(o->hostname != NULL && o->hostname[0] != '\0' && o->hostname[0] != '-');
    FUZZ_CHECK(o->port >= 0 && o->port <= 65535);
    FUZZ_CHECK(o->user == NULL || (o->user[0] != '\0' && o->user[0] != '-'));
    FUZZ_CHECK(o->proxy_jump == NULL || o->proxy_command == NULL);
    FUZZ_CHECK(o->family == 0 || o->family == AF_INET || o->family == AF_INET6);
    FUZZ_CHECK(o->connect_timeout_ms >= 0 && o->alive_interval_ms >= 0 && o->alive_count >= 0);
    FUZZ_CHECK(o->identity_files.count <= 100 && o->certificate_files.count <= 100);
    FUZZ_CHECK(o->kex == NULL || o->kex[0] != '\0');
    FUZZ_CHECK(o->ciphers == NULL || o->ciphers[0] != '\0');
    if (o->proxy_jump != NULL) {
        struct sshconfig_hop hops[SSHCONFIG_HOPS_MAX];
        int count = 0;
        FUZZ_CHECK(sshconfig_hops(o->proxy_jump, hops, &count) == 0 && count > 0);
        for (int i = 0; i < count; i++) {
            FUZZ_CHECK(hops[i].host != NULL);
            sshconfig_hop_release(&hops[i]);
        }
    }
}

/* An error is one line of printable bytes that names the file. */
static void
check_error(const struct err *err, const char *path)
{
    FUZZ_CHECK(err->kind == ERR_CONFIG && strncmp(err->text, path, strlen(path)) == 0);
    for (const char *p = err->text; *p != '\0'; p++) {
        FUZZ_CHECK((unsigned char)*p >= ' ' && *p != 0x7f);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const hosts[] = {"web-01", "10.0.0.1", "::1"};
    const char *path = fuzz_file(bytes, len);
    struct err err = {0};

    /* Include reads the machine: nothing of it may decide. */
    if (memmem(bytes, len, "nclude", 6) != NULL || memmem(bytes, len, "NCLUDE", 6) != NULL) {
        return 0;
    }
    struct sshconfig *c = sshconfig_load(
        &(struct sshconfig_request){.home = "/home/me", .user = "me", .file = path}, &err);
    if (c == NULL) {
        check_error(&err, path);
        return 0;
    }
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct sshconfig_options o;
        if (sshconfig_resolve(c, &(struct sshconfig_query){.host = hosts[i]}, &o, &err) == 0) {
            check_answer(&o);
        } else {
            check_error(&err, path);
        }
        sshconfig_options_release(&o);
    }
    sshconfig_free(c);
    return 0;
}
