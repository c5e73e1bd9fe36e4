/*
 * answer_sshconfig.c - answers for our ssh_config where diff_sshconfig.py asks `ssh -G`.
 *
 * A request is a line: `resolve`, then with tabs between them the file of -F (empty: the usual
 * two), the host, and options as they stand behind -o.  The answer is a line of JSON: what is said,
 * or {"error": "..."}.  Who runs it is $USER, the home is $HOME.  Never compares.
 */
#include "diff/answer.h"

#include "ssh/sshconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ANSWER_MAX = 16 << 20 };

static void
put_name(struct buf *out, const char *name, const char *text)
{
    buf_addf(out, "%s\"%s\":", out->len > 1 ? "," : "", name);
    if (text == NULL) {
        buf_adds(out, "null");
    } else {
        put_text(out, text);
    }
}

static void
put_list(struct buf *out, const char *name, const struct strv *list)
{
    buf_addf(out, ",\"%s\":", name);
    put_texts(out, list);
}

static void
put_number(struct buf *out, const char *name, int64_t n)
{
    buf_addf(out, ",\"%s\":%lld", name, (long long)n);
}

/* Destinations as `ssh -G` writes them: an address stands in brackets. */
static void
put_jump(struct buf *out, const char *jump)
{
    struct sshconfig_hop hops[SSHCONFIG_HOPS_MAX];
    int count = 0;
    struct buf text;

    if (jump == NULL || sshconfig_hops(jump, hops, &count) < 0) {
        put_name(out, "proxyjump", NULL);
        return;
    }
    buf_init(&text, ANSWER_MAX);
    for (int i = 0; i < count; i++) {
        const bool address = strchr(hops[i].host, ':') != NULL ||
                             strspn(hops[i].host, "1234567890.") == strlen(hops[i].host);
        buf_addf(&text, "%s%s%s%s%s%s", i > 0 ? "," : "", hops[i].user == NULL ? "" : hops[i].user,
                 hops[i].user == NULL ? "" : "@", address ? "[" : "", hops[i].host,
                 address ? "]" : "");
        if (hops[i].port > 0) {
            buf_addf(&text, ":%d", hops[i].port);
        }
        sshconfig_hop_release(&hops[i]);
    }
    put_name(out, "proxyjump", text.data);
    buf_release(&text);
}

static void
put_options(struct buf *out, const struct sshconfig_options *o)
{
    static const char *const checking[] = {NULL, "strict", "accept-new", "off"};

    buf_adds(out, "{");
    put_name(out, "hostname", o->hostname);
    put_name(out, "user", o->user);
    put_name(out, "identityagent", o->identity_agent);
    put_jump(out, o->proxy_jump);
    put_name(out, "proxycommand", o->proxy_command);
    put_name(out, "stricthostkeychecking", checking[o->checking]);
    put_name(out, "hostkeyalias", o->host_key_alias);
    put_name(out, "hostkeyalgorithms", o->host_key_algorithms);
    put_name(out, "kexalgorithms", o->kex);
    put_name(out, "ciphers", o->ciphers);
    put_name(out, "macs", o->macs);
    put_name(out, "pubkeyacceptedalgorithms", o->pubkey_algorithms);
    put_name(out, "bindaddress", o->bind_address);
    put_name(out, "addressfamily",
             o->family == AF_INET ? "inet" : (o->family == AF_INET6 ? "inet6" : "any"));
    put_list(out, "identityfile", &o->identity_files);
    put_list(out, "certificatefile", &o->certificate_files);
    put_list(out, "userknownhostsfile", &o->user_known_hosts);
    put_list(out, "globalknownhostsfile", &o->global_known_hosts);
    put_list(out, "notes", &o->notes);
    put_number(out, "port", o->port);
    put_number(out, "identitiesonly", o->identities_only);
    put_number(out, "no_identity", o->no_identity);
    put_number(out, "no_password", o->no_password);
    put_number(out, "connecttimeout", o->connect_timeout_ms / 1000);
    put_number(out, "serveraliveinterval", o->alive_interval_ms / 1000);
    put_number(out, "serveralivecountmax", o->alive_count);
    put_number(out, "requiredrsasize", o->rsa_bits_min);
    buf_adds(out, "}");
}

/* The text up to the next tab; NULL: there is no more. */
static char *
next_field(char **at)
{
    char *field = *at;

    if (field != NULL) {
        char *tab = strchr(field, '\t');
        *at = tab == NULL ? NULL : tab + 1;
        if (tab != NULL) {
            *tab = '\0';
        }
    }
    return field;
}

static int
resolve(char *at, struct sshconfig_options *ret, struct err *err)
{
    const char *file = next_field(&at);
    const char *host = next_field(&at);
    struct strv options = {0};
    int rc = -1;

    for (const char *text = next_field(&at); text != NULL; text = next_field(&at)) {
        strv_add(&options, text);
    }
    struct sshconfig *c = sshconfig_load(
        &(struct sshconfig_request){
            .home = getenv("HOME"), .user = getenv("USER"), .file = *file == '\0' ? NULL : file},
        err);
    if (c != NULL && host != NULL) {
        rc = sshconfig_resolve(c, &(struct sshconfig_query){.host = host, .options = &options}, ret,
                               err);
    }
    sshconfig_free(c);
    strv_clear(&options);
    return rc;
}

int
main(void)
{
    char *line = NULL;
    size_t cap = 0;

    while (getline(&line, &cap, stdin) > 0) {
        struct sshconfig_options o = {0};
        struct err err = {0};
        struct buf out;
        line[strcspn(line, "\n")] = '\0';
        buf_init(&out, ANSWER_MAX);
        char *tab = strchr(line, '\t');
        if (tab != NULL && resolve(tab + 1, &o, &err) == 0) {
            put_options(&out, &o);
        } else {
            buf_adds(&out, "{\"error\":");
            put_text(&out, err.text);
            buf_adds(&out, "}");
        }
        puts(out.data);
        fflush(stdout);
        buf_release(&out);
        sshconfig_options_release(&o);
    }
    free(line);
    return 0;
}
