/*
 * test_sshconfig.c - what ssh_config says of a host, what it refuses and where, and its limits.
 *
 * test/diff/diff_sshconfig.py compares random files with `ssh -G`; here stand the rules by name.
 */
#include "ssh/sshconfig.h"
#include "ssh/wildcard.h"

#include "base/buf.h"
#include "base/xalloc.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char home[] = "/tmp/im-sshconfig-XXXXXX";
static char *config, *second; /* files in it */

static void
write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    for (const char *p = text; *p != '\0'; p++) { /* @ is the folder */
        assert_true(*p == '@' && p[1] == '/' ? fputs(home, f) >= 0 : fputc(*p, f) != EOF);
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static struct sshconfig *
load(const char *file, struct err *err)
{
    return sshconfig_load(&(struct sshconfig_request){.home = home, .user = "me", .file = file},
                          err);
}

static struct sshconfig_options
resolve_text(const char *text, const struct sshconfig_query *q)
{
    struct sshconfig_options o;
    struct err err = {0};

    write_file(config, text, 0600);
    struct sshconfig *c = load(config, &err);
    if (c == NULL || sshconfig_resolve(c, q, &o, &err) < 0) {
        fail_msg("%s: %s", text, err.text);
    }
    sshconfig_free(c);
    return o;
}

/* One value as text: of the lists the whole, with blanks between. */
static void
show(const struct sshconfig_options *o, const char *what, struct buf *out)
{
    const struct {
        const char *what;
        const char *text;
    } texts[] = {{"host", o->hostname},
                 {"user", o->user},
                 {"jump", o->proxy_jump},
                 {"command", o->proxy_command},
                 {"agent", o->identity_agent},
                 {"alias", o->host_key_alias},
                 {"ciphers", o->ciphers},
                 {"kex", o->kex},
                 {"macs", o->macs},
                 {"hostkeys", o->host_key_algorithms},
                 {"pubkeys", o->pubkey_algorithms},
                 {"bind", o->bind_address}};
    const struct {
        const char *what;
        const struct strv *list;
    } lists[] = {{"keys", &o->identity_files},
                 {"certificates", &o->certificate_files},
                 {"known", &o->user_known_hosts},
                 {"global", &o->global_known_hosts},
                 {"notes", &o->notes}};
    const struct {
        const char *what;
        int64_t n;
    } numbers[] = {{"port", o->port},
                   {"timeout", o->connect_timeout_ms},
                   {"alive", o->alive_interval_ms},
                   {"count", o->alive_count},
                   {"family", o->family},
                   {"checking", o->checking},
                   {"only", o->identities_only},
                   {"no_identity", o->no_identity},
                   {"no_password", o->no_password},
                   {"bits", o->rsa_bits_min}};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(texts[i].what, what) == 0) {
            (void)buf_adds(out, texts[i].text == NULL ? "-" : texts[i].text);
            return;
        }
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t k = 0; strcmp(lists[i].what, what) == 0 && k < lists[i].list->count; k++) {
            (void)buf_addf(out, "%s%s", k > 0 ? " " : "", lists[i].list->items[k]);
        }
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(numbers[i].what, what) == 0) {
            (void)buf_addf(out, "%lld", (long long)numbers[i].n);
        }
    }
}

/* text: the file; of host web-01 unless it says another; what: one answer; @ is the home. */
static const struct {
    const char *text, *what, *expected;
} answers[] = {
    /* the first counts; Host is patterns, and one that is negated takes the host out */
    {"Port 1\nPort 2\n", "port", "1"},
    {"Host db\nPort 1\nHost web-* !web-02\nPort 2\nHost *\nPort 3\n", "port", "2"},
    {"Host * !web-01\nPort 1\n", "port", "0"},
    {"Host db web-0?\n Port=2\n", "port", "2"},
    {"Host WEB-01\nPort 2\n", "port", "0"},
    {"host web-01\npORT = \"22\"\n", "port", "22"},
    {"Port 22 # of old\n", "port", "22"},
    {"\t Port\t22 \f\r\n", "port", "22"},
    {"Port ssh\n", "port", "22"},
    {"\"Port\" 23\n", "port", "23"},
    /* names */
    {"HostName %h.Example.ORG\n", "host", "web-01.example.org"},
    {"HostName %%h\n", "host", "%h"},
    {"HostName 127.1\n", "host", "127.0.0.1"},
    {"HostName 0::1\n", "host", "::1"},
    {"HostName 2001:DB8::1\n", "host", "2001:DB8::1"}, /* as it is, where only letters differ */
    {"", "host", "web-01"},
    /* Match */
    {"Match host web-*\nPort 1\n", "port", "1"},
    {"HostName db\nMatch host web-*\nPort 1\nMatch host DB,x originalhost WEB-01\nPort 2\n", "port",
     "2"},
    {"Match !host web-*\nPort 1\nMatch all\nPort 2\n", "port", "2"},
    {"User x\nMatch user me\nPort 1\nMatch user x localuser m?\nPort 2\n", "port", "2"},
    {"Match user \"x,me\"\nPort 2\n", "port", "2"},
    {"Match host nobody exec \"touch /nowhere\"\nPort 1\n", "port", "0"},
    {"Match final\nPort 1\nMatch all\nPort 2\nMatch canonical\nUser y\n", "port", "2"},
    {"Match final host db\nUser y\nMatch all\nHostName db\nHost db\nPort 3\n", "port", "3"},
    {"Match final host db\nUser y\nMatch all\nHostName db\n", "user", "y"},
    {"Match canonical\nUser y\n", "user", "-"},
    /* files of keys add up, each once */
    {"IdentityFile ~/.ssh/a\nHost web-01\nIdentityFile /k/%h-%p-%r-%n-%u-%%\nIdentityFile "
     "~/.ssh/a\n",
     "keys", "@/.ssh/a /k/web-01-22-me-web-01-me-%"},
    {"IdentityFile none\n", "no_identity", "1"},
    {"IdentityFile none\nIdentityFile /a\n", "keys", "/a"},
    {"IdentityFile \"/a b/c\"\n", "keys", "/a b/c"},
    {"IdentityFile ${IM_TEST}/k\nCertificateFile ~/c-%L\n", "keys", "/from/env/k"},
    {"CertificateFile ~/c-%k\nHostKeyAlias AL\n", "certificates", "@/c-al"},
    {"PubkeyAuthentication no\nIdentityFile /a\n", "keys", ""},
    {"PubkeyAuthentication no\nIdentityFile /a\n", "agent", "none"},
    {"IdentityAgent $IM_TEST\n", "agent", "/from/env"},
    {"IdentityAgent SSH_AUTH_SOCK\n", "agent", "-"},
    {"IdentityAgent ~/%r.sock\n", "agent", "@/me.sock"},
    {"IdentityAgent $IM_UNSET\n", "agent", "none"},
    {"UserKnownHostsFile ~/a \"/b c\"\n", "known", "@/a /b c"},
    {"UserKnownHostsFile none\n", "known", "/dev/null"},
    {"GlobalKnownHostsFile ~/a\n", "global", "~/a"},
    /* the first of the two proxies counts */
    {"ProxyJump a,u@b:23\nProxyCommand nc\n", "jump", "a,u@b:23"},
    {"ProxyJump a\nProxyCommand nc\n", "command", "-"},
    {"ProxyCommand nc %h %p '%n' # x\nProxyJump a\n", "command", "nc web-01 22 'web-01' # x"},
    {"ProxyCommand none\nProxyJump a\n", "jump", "-"},
    {"ProxyJump none\nProxyCommand nc\n", "command", "-"},
    {"ProxyJump a # the old one\n", "jump", "a"},
    /* the rest */
    {"StrictHostKeyChecking ask\n", "checking", "1"},
    {"StrictHostKeyChecking accept-new\n", "checking", "2"},
    {"StrictHostKeyChecking off\n", "checking", "3"},
    {"ConnectTimeout 1m30\n", "timeout", "90000"},
    {"ConnectTimeout none\nConnectTimeout 2\n", "timeout", "2000"},
    {"ServerAliveInterval 5\nServerAliveCountMax 7\n", "count", "7"},
    {"AddressFamily inet6\nBindAddress ::1\n", "bind", "::1"},
    {"IdentitiesOnly yes\n", "only", "1"},
    {"PasswordAuthentication no\n", "no_password", "1"},
    {"RequiredRSASize 3072\n", "bits", "3072"},
    {"Ciphers +aes256-cbc\n", "ciphers",
     "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,"
     "aes256-gcm@openssh.com,aes256-cbc"},
    {"Ciphers -*-ctr,chacha*\n", "ciphers", "aes128-gcm@openssh.com,aes256-gcm@openssh.com"},
    {"Ciphers ^aes256-ctr\nHost *\nCiphers aes128-cbc\n", "ciphers",
     "aes256-ctr,chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes128-gcm@openssh.com,"
     "aes256-gcm@openssh.com"},
    {"KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256\n", "kex",
     "curve25519-sha256"},
    {"MACs hmac-sha2-512,hmac-sha2-512\n", "macs", "hmac-sha2-512"},
    {"HostKeyAlgorithms ssh-ed25519*\n", "hostkeys", "ssh-ed25519"},
    {"PubkeyAcceptedKeyTypes rsa-sha2-256,ssh-ed25519\n", "pubkeys", "rsa-sha2-256,ssh-ed25519"},
    /* what is passed over */
    {"IgnoreUnknown Nosuch*\nNosuchThing x\nPort 1\n", "port", "1"},
    {"RevokedHostKeys none\nPort 1\n", "port", "1"},
    {"Host db\nRevokedHostKeys /x\nHost *\nPort 1\n", "port", "1"},
    {"KnownHostsCommand none\nKnownHostsCommand /x\nPort 1\n", "port", "1"},
    {"ForwardAgent yes\nCompression yes\nHost db\nTunnel yes\n", "notes",
     "@/config:1: ForwardAgent: not used here @/config:2: Compression: not used here"},
    {"Ciphers aes128-ctr,nosuch\n", "notes",
     "@/config:1: Ciphers: nosuch is not supported, and left out"},
};

static void
put_home(struct buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '@' && (p[1] == '/' || p[1] == ':')) {
            (void)buf_adds(out, home);
        } else {
            (void)buf_addc(out, *p);
        }
    }
}

static void
test_answers_as_ssh_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct buf got, expected;
        buf_init(&got, 65536);
        buf_init(&expected, 65536);
        struct sshconfig_options o =
            resolve_text(answers[i].text, &(struct sshconfig_query){.host = "web-01"});
        show(&o, answers[i].what, &got);
        put_home(&expected, answers[i].expected);
        if (strcmp(got.data, expected.data) != 0) {
            fail_msg("%s: %s: %s, not %s", answers[i].text, answers[i].what, got.data,
                     expected.data);
        }
        sshconfig_options_release(&o);
        buf_release(&got);
        buf_release(&expected);
    }
}

static const struct {
    const char *text, *told; /* @ is the file's folder */
} mistakes[] = {
    {"Prot 22\n", "@/config:1: prot: bad configuration option"},
    {"Host db\n\n  Prot 22\n", "@/config:3: prot: bad configuration option"},
    {"Port 22x\n", "@/config:1: Port: expected a port from 1 to 65535"},
    {"Port 0\n", "@/config:1: Port: expected a port from 1 to 65535"},
    {"Port\n", "@/config:1: Port: no argument after the keyword"},
    {"Port # 22\n", "@/config:1: Port: missing argument"},
    {"Port 22 23\n", "@/config:1: Port: extra arguments at the end of the line"},
    {"User \"a\n", "@/config:1: User: a quote is not closed"},
    {"User \"a b\"\n", "@/config:1: User: expected the name of a user"},
    {"HostName -oProxyCommand=x\n", "@/config:1: HostName: expected a name or an address"},
    {"HostName %x\n",
     "@/config:1: HostName: a `%` in it is no token that may stand there (%% is a percent sign)"},
    {"IdentityFile /%T\n", "@/config:1: IdentityFile: a `%` in it is no token that may stand there "
                           "(%% is a percent sign)"},
    {"IdentityFile ${IM_UNSET}\n",
     "@/config:1: IdentityFile: an environment variable in it is not set"},
    {"IdentityFile ~nobody-at-all/x\n", "@/config:1: IdentityFile: no such user"},
    {"StrictHostKeyChecking perhaps\n", "@/config:1: StrictHostKeyChecking: unsupported option"},
    {"ConnectTimeout 5x\n", "@/config:1: ConnectTimeout: expected a time like 30, 5m or 1h30m"},
    {"ServerAliveCountMax -1\n", "@/config:1: ServerAliveCountMax: expected a number"},
    {"BindAddress localhost\n",
     "@/config:1: BindAddress: expected an address of this machine, not a name"},
    {"Ciphers nosuch\n", "@/config:1: Ciphers: nothing in it is supported"},
    {"Ciphers aes*\n", "@/config:1: Ciphers: wildcards are for lists that begin with `-`"},
    {"ProxyJump a b\n",
     "@/config:1: ProxyJump: a blank in it: OpenSSH would leave out what follows"},
    {"ProxyJump web-01\n", "@/config:1: ProxyJump: the host is its own jump host"},
    {"ProxyJump u@\n",
     "@/config:1: ProxyJump: expected hosts like user@host:port, with commas between them"},
    {"UserKnownHostsFile none /x\n", "@/config:1: UserKnownHostsFile: \"none\" must stand alone"},
    {"Match exec true\n",
     "@/config:1: Match: exec is not supported: it would run a program for each host"},
    {"Match user\n", "@/config:1: Match: a condition says nothing"},
    {"Match all user x\n", "@/config:1: Match: `all` must stand alone"},
    {"Include second\n", "@/.ssh/second:1: nosuch: bad configuration option"},
    {"RevokedHostKeys /x\n", "@/config:1: RevokedHostKeys: not supported: a revoked key would be "
                             "accepted; write `@revoked` lines into a known_hosts file"},
    {"KnownHostsCommand /x\n",
     "@/config:1: KnownHostsCommand: not supported: it would run a program for each host"},
    {"CanonicalizeHostname yes\n",
     "@/config:1: CanonicalizeHostname: not supported: names are looked up as they are written"},
    {"ProxyUseFdpass yes\nProxyCommand x\n",
     "@/config:1: ProxyUseFdpass: not supported: ProxyCommand must carry the bytes itself"},
    {"Include @/config\n", "@/config:1: Include: more than 16 files in each other"},
    {"\x1b[31m 1\n", "@/config:1: \\x1b[31m: bad configuration option"},
};

static void
test_a_mistake_names_file_and_line(void **state)
{
    (void)state;
    char *folder = xasprintf("%s/.ssh/second", home);
    write_file(folder, "Nosuch 1\n", 0600);
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        struct sshconfig_options o = {0};
        struct err err = {0};
        struct buf expected;
        buf_init(&expected, 65536);
        write_file(config, mistakes[i].text, 0600);
        struct sshconfig *c = load(config, &err);
        if (c != NULL) {
            assert_int_equal(
                sshconfig_resolve(c, &(struct sshconfig_query){.host = "web-01"}, &o, &err), -1);
        }
        put_home(&expected, mistakes[i].told);
        if (strcmp(err.text, expected.data) != 0) {
            fail_msg("%s: \"%s\", not \"%s\"", mistakes[i].text, err.text, expected.data);
        }
        assert_int_equal(err.kind, ERR_CONFIG);
        sshconfig_options_release(&o);
        sshconfig_free(c);
        buf_release(&expected);
    }
    free(folder);
}

/* An inventory of others must not run a program here. */
static void
test_no_name_reaches_the_shell_of_a_proxy_command(void **state)
{
    static const struct {
        const char *host, *user;
        bool good;
    } rows[] = {
        {"web-01", "demo", true},   {"fe80::1%eth0", "demo", true}, {"web-01", "DOM\\demo", true},
        {"web-01", "a$b", true},    {"x;id", "demo", false},        {"$(id)", "demo", false},
        {"`id`", "demo", false},    {"a'b", "demo", false},         {"a|b", "demo", false},
        {"a&b", "demo", false},     {"a>b", "demo", false},         {"a\\b", "demo", false},
        {"web-01", "a;b", false},   {"web-01", "a`b`", false},      {"web-01", "a\\", false},
        {"web-01", "$(id)", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct sshconfig_query q = {.host = rows[i].host, .user = rows[i].user};
        struct sshconfig_options o = {0};
        struct err err = {0};
        write_file(config, "ProxyCommand nc %h %p\n", 0600);
        struct sshconfig *c = load(config, &err);
        assert_non_null(c);
        if ((sshconfig_resolve(c, &q, &o, &err) == 0) != rows[i].good) {
            fail_msg("%s %s: %s %s", rows[i].host, rows[i].user,
                     o.proxy_command == NULL ? "" : o.proxy_command, err.text);
        }
        sshconfig_options_release(&o);
        sshconfig_free(c);
        write_file(config, "ProxyCommand none\n", 0600);
        c = load(config, &err);
        assert_int_equal(sshconfig_resolve(c, &q, &o, &err), 0);
        sshconfig_options_release(&o);
        sshconfig_free(c);
    }
}

static void
test_files_in_each_other_keep_what_counts_apart(void **state)
{
    (void)state;
    write_file(second, "Host db\nPort 1\nMatch all\nUser inside\nInclude @/nosuch*\n", 0600);
    struct sshconfig_options o = resolve_text(
        "Host web-*\nInclude @/second\nPort 2\nHost db\nInclude @/second\nUser never\n",
        &(struct sshconfig_query){.host = "web-01"});
    assert_int_equal(o.port, 2);
    assert_string_equal(o.user, "inside");
    sshconfig_options_release(&o);
    o = resolve_text("Host nobody\nInclude @/second\nHost *\nPort 3\n",
                     &(struct sshconfig_query){.host = "db"});
    assert_int_equal(o.port, 3);
    assert_null(o.user);
    sshconfig_options_release(&o);
}

static void
test_the_command_line_comes_before_the_files(void **state)
{
    struct strv first = {0}, after = {0};

    (void)state;
    strv_add(&first, "IdentitiesOnly yes");
    strv_add(&after, "Port 5");
    strv_add(&after, "StrictHostKeyChecking=no");
    strv_add(&after, "ConnectTimeout 3");
    const struct sshconfig_query q = {.host = "web-01",
                                      .first = &first,
                                      .port = 4,
                                      .user = "deploy",
                                      .identity = "/k with blank",
                                      .options = &after};
    struct sshconfig_options o = resolve_text("Port 6\nUser x\nIdentityFile /other\nConnectTimeout "
                                              "9\nMatch user deploy\nHostKeyAlias a\n",
                                              &q);
    assert_int_equal(o.port, 4);
    assert_string_equal(o.user, "deploy");
    assert_int_equal(o.identity_files.count, 2);
    assert_string_equal(o.identity_files.items[0], "/k with blank");
    assert_int_equal(o.checking, HOST_KEY_OFF);
    assert_int_equal(o.connect_timeout_ms, 3000);
    assert_string_equal(o.host_key_alias, "a");
    assert_true(o.identities_only);
    sshconfig_options_release(&o);
    strv_clear(&first);
    strv_clear(&after);
}

static void
test_a_mistake_of_the_command_line_names_where_it_stands(void **state)
{
    static const char *const rows[][2] = {
        {"Port x", "hosts.yml:3:5: Port: expected a port from 1 to 65535"},
        {"Nosuch x", "hosts.yml:3:5: nosuch: bad configuration option"},
        {"Host x", "hosts.yml:3:5: Host: is for files only"},
        {"RevokedHostKeys=/x", "hosts.yml:3:5: RevokedHostKeys: not supported: a revoked key would "
                               "be accepted; write `@revoked` lines into a known_hosts file"},
    };
    struct err err = {0};

    (void)state;
    struct sshconfig *c = load("none", &err);
    assert_non_null(c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sshconfig_options o;
        struct strv options = {0};
        strv_add(&options, rows[i][0]);
        assert_int_equal(sshconfig_resolve(c,
                                           &(struct sshconfig_query){.host = "web-01",
                                                                     .where = "hosts.yml:3:5",
                                                                     .options = &options},
                                           &o, &err),
                         -1);
        assert_string_equal(err.text, rows[i][1]);
        sshconfig_options_release(&o);
        strv_clear(&options);
    }
    sshconfig_free(c);
}

static void
test_the_own_file_must_be_nobody_elses_to_write(void **state)
{
    struct sshconfig_options o;
    struct err err = {0};

    (void)state;
    char *mine = xasprintf("%s/.ssh/config", home);
    struct sshconfig *c = load(NULL, &err); /* missing: fine */
    assert_non_null(c);
    sshconfig_free(c);
    write_file(mine, "Host web-01\nPort 77\n", 0644);
    c = load(NULL, &err);
    assert_non_null(c);
    assert_int_equal(sshconfig_resolve(c, &(struct sshconfig_query){.host = "web-01"}, &o, &err),
                     0);
    assert_int_equal(o.port, 77);
    sshconfig_options_release(&o);
    sshconfig_free(c);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(chmod(mine, i == 0 ? 0664 : 0602), 0);
        assert_null(load(NULL, &err));
        assert_non_null(strstr(err.text, "/.ssh/config: bad owner or permissions"));
    }
    assert_int_equal(unlink(mine), 0);
    /* a file of -F is taken as it is, what it includes is not */
    write_file(second, "Port 1\n", 0666);
    write_file(config, "Include @/second\n", 0666);
    assert_null(load(config, &err));
    assert_non_null(strstr(err.text, "/second: bad owner"));
    free(mine);
}

static void
test_everything_has_a_limit(void **state)
{
    struct err err = {0};
    struct buf text;

    (void)state;
    assert_null(load("/nonexistent/config", &err));
    assert_non_null(strstr(err.text, "/nonexistent/config: "));
    assert_null(load(home, &err));
    assert_non_null(strstr(err.text, "is a folder"));
    assert_null(load("/dev/zero", &err));
    assert_non_null(strstr(err.text, "is larger than 1 MiB"));
    buf_init(&text, 4 << 20);
    (void)buf_adds(&text, "User ");
    while (text.len <= SSHCONFIG_LINE_MAX) {
        (void)buf_adds(&text, "aaaaaaaaaaaaaaaa");
    }
    write_file(config, text.data, 0600);
    assert_null(load(config, &err));
    assert_non_null(strstr(err.text, "line 1 is longer than"));
    buf_clear(&text);
    for (int i = 0; i < 101; i++) {
        (void)buf_addf(&text, "IdentityFile /%d\n", i);
    }
    struct sshconfig_options o;
    write_file(config, text.data, 0600);
    struct sshconfig *c = load(config, &err);
    assert_non_null(c);
    assert_int_equal(sshconfig_resolve(c, &(struct sshconfig_query){.host = "a"}, &o, &err), -1);
    assert_non_null(strstr(err.text, ":101: IdentityFile: more than 100 of them"));
    sshconfig_options_release(&o);
    sshconfig_free(c);
    buf_release(&text);
    /* two files that include each other twice end at the depth, not at 2^16 files */
    write_file(config, "Include @/config @/config\n", 0600);
    assert_null(load(config, &err));
}

static void
test_takes_destinations_of_a_jump_apart(void **state)
{
    static const struct {
        const char *text, *shown; /* NULL: it is none */
    } rows[] = {
        {"a", "-@a:0"},
        {"u@a:22,b", "u@a:22 -@b:0"},
        {"[::1]:2222", "-@::1:2222"},
        {"ssh://u@h:23/", "u@h:23"},
        {"ssh://u%41;x=y@h", "uA@h:0"},
        {"u@x@h", "u@x@h:0"},
        {"h:", "-@h:0"},
        {"h:ssh", "-@h:22"},
        {"", NULL},
        {"a,", NULL},
        {"@a", NULL},
        {"a/b", NULL},
        {"a:0", NULL},
        {"a:65536", NULL},
        {"ssh://h/path", NULL},
        {"ssh://h/23", NULL},
        {"ssh://[::1]", NULL},
        {"ssh://u%4@h", NULL},
        {"[::1", NULL},
        {"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sshconfig_hop hops[SSHCONFIG_HOPS_MAX];
        int count = -1;
        struct buf text;
        buf_init(&text, 1024);
        const int rc = sshconfig_hops(rows[i].text, hops, &count);
        for (int k = 0; k < count; k++) {
            (void)buf_addf(&text, "%s%s@%s:%d", k > 0 ? " " : "",
                           hops[k].user == NULL ? "-" : hops[k].user, hops[k].host, hops[k].port);
            sshconfig_hop_release(&hops[k]);
        }
        if ((rc == 0) != (rows[i].shown != NULL) ||
            strcmp(text.data, rc == 0 ? rows[i].shown : "") != 0) {
            fail_msg("%s: %d %s", rows[i].text, rc, text.data);
        }
        buf_release(&text);
    }
}

static void
test_wildcards_cost_no_more_than_their_length(void **state)
{
    char text[2000], pattern[2000];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (size_t i = 0; i + 1 < sizeof(pattern); i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    }
    pattern[sizeof(pattern) - 2] = 'b';
    pattern[sizeof(pattern) - 1] = '\0';
    assert_false(wildcard_match(pattern, text));
    assert_false(wildcard_list(text, text, false)); /* longer than match.c takes */
    assert_true(wildcard_list("b,A*,!c", "ab", true));
    assert_false(wildcard_list("a*,!ab", "ab", false));
    assert_true(wildcard_list("", "", false) == false);
}

static int
open_folder(void **state)
{
    (void)state;
    if (mkdtemp(home) == NULL || setenv("IM_TEST", "/from/env", 1) != 0) {
        return -1;
    }
    (void)unsetenv("IM_UNSET");
    config = xasprintf("%s/config", home);
    second = xasprintf("%s/second", home);
    char *ssh = xasprintf("%s/.ssh", home);
    const int rc = mkdir(ssh, 0700);
    free(ssh);
    return rc;
}

static int
close_folder(void **state)
{
    static const char *const left[] = {"config", "second", ".ssh/second", ".ssh"};

    (void)state;
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        char *path = xasprintf("%s/%s", home, left[i]);
        (void)remove(path);
        free(path);
    }
    free(config);
    free(second);
    return rmdir(home);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers_as_ssh_does),
        cmocka_unit_test(test_a_mistake_names_file_and_line),
        cmocka_unit_test(test_no_name_reaches_the_shell_of_a_proxy_command),
        cmocka_unit_test(test_files_in_each_other_keep_what_counts_apart),
        cmocka_unit_test(test_the_command_line_comes_before_the_files),
        cmocka_unit_test(test_a_mistake_of_the_command_line_names_where_it_stands),
        cmocka_unit_test(test_the_own_file_must_be_nobody_elses_to_write),
        cmocka_unit_test(test_everything_has_a_limit),
        cmocka_unit_test(test_takes_destinations_of_a_jump_apart),
        cmocka_unit_test(test_wildcards_cost_no_more_than_their_length),
    };

    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
