/*
 * sshconfig_keyword.c - the keywords of ssh_config(5): what may stand behind each, and who uses it.
 *
 * Decides which are used here, which mean nothing here (KEY_UNUSED), and which are refused where
 * they would count (behind KEY_USED).  Owns tables.
 */
#include "ssh/sshconfig_state.h"

#include "base/xalloc.h"

#include <ctype.h>
#include <limits.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* ---------------------------------------------------------------- words */

static const struct sshconfig_choice flags[] = {
    {"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {NULL, 0}};
static const struct sshconfig_choice flags_or_ask[] = {{"true", 1}, {"false", 0}, {"yes", 1},
                                                       {"no", 0},   {"ask", 2},   {NULL, 0}};
static const struct sshconfig_choice checking[] = {{"true", HOST_KEY_STRICT},
                                                   {"false", HOST_KEY_OFF},
                                                   {"yes", HOST_KEY_STRICT},
                                                   {"no", HOST_KEY_OFF},
                                                   {"ask", HOST_KEY_STRICT},
                                                   {"off", HOST_KEY_OFF},
                                                   {"accept-new", HOST_KEY_ACCEPT_NEW},
                                                   {NULL, 0}};
static const struct sshconfig_choice families[] = {
    {"inet", AF_INET}, {"inet6", AF_INET6}, {"any", AF_UNSPEC}, {NULL, 0}};
static const struct sshconfig_choice masters[] = {{"true", 1},    {"yes", 1},  {"false", 0},
                                                  {"no", 0},      {"auto", 0}, {"ask", 0},
                                                  {"autoask", 0}, {NULL, 0}};
static const struct sshconfig_choice tunnels[] = {
    {"ethernet", 1}, {"point-to-point", 1}, {"true", 1}, {"yes", 1}, {"false", 0}, {"no", 0},
    {NULL, 0}};
static const struct sshconfig_choice terminals[] = {
    {"true", 1}, {"yes", 1}, {"false", 0}, {"no", 0}, {"force", 1}, {"auto", 0}, {NULL, 0}};
static const struct sshconfig_choice sessions[] = {
    {"none", 0}, {"subsystem", 0}, {"default", 0}, {NULL, 0}};
static const struct sshconfig_choice canonical[] = {{"true", 1}, {"false", 0},  {"yes", 1},
                                                    {"no", 0},   {"always", 1}, {NULL, 0}};
static const struct sshconfig_choice pubkey[] = {
    {"true", 1}, {"false", 0}, {"yes", 1}, {"no", 0}, {"unbound", 1}, {"host-bound", 1}, {NULL, 0}};
static const struct sshconfig_choice yes_no[] = {{"yes", 1}, {"no", 0}, {NULL, 0}};

#define USED(name, said, key, kind)                                                                \
    {                                                                                              \
        name, said, key, kind, NULL                                                                \
    }
#define WORD(name, said, key, choices)                                                             \
    {                                                                                              \
        name, said, key, KIND_WORD, choices                                                        \
    }
#define UNUSED(name, said, kind)                                                                   \
    {                                                                                              \
        name, said, KEY_UNUSED, kind, NULL                                                         \
    }
#define UNUSED_FLAG(name, said)                                                                    \
    {                                                                                              \
        name, said, KEY_UNUSED, KIND_WORD, flags                                                   \
    }

static const struct sshconfig_keyword keywords[] = {
    USED("host", "Host", KEY_HOST, KIND_HOST),
    USED("match", "Match", KEY_MATCH, KIND_MATCH),
    USED("include", "Include", KEY_INCLUDE, KIND_INCLUDE),
    USED("hostname", "HostName", KEY_HOSTNAME, KIND_TEXT),
    USED("port", "Port", KEY_PORT, KIND_PORT),
    USED("user", "User", KEY_USER, KIND_TEXT),
    USED("identityfile", "IdentityFile", KEY_IDENTITY_FILE, KIND_TEXT),
    USED("identityfile2", "IdentityFile2", KEY_IDENTITY_FILE, KIND_TEXT),
    USED("certificatefile", "CertificateFile", KEY_CERTIFICATE_FILE, KIND_TEXT),
    WORD("identitiesonly", "IdentitiesOnly", KEY_IDENTITIES_ONLY, flags),
    USED("identityagent", "IdentityAgent", KEY_IDENTITY_AGENT, KIND_AGENT),
    USED("proxyjump", "ProxyJump", KEY_PROXY_JUMP, KIND_JUMP),
    USED("proxycommand", "ProxyCommand", KEY_PROXY_COMMAND, KIND_COMMAND),
    WORD("stricthostkeychecking", "StrictHostKeyChecking", KEY_CHECKING, checking),
    USED("userknownhostsfile", "UserKnownHostsFile", KEY_USER_KNOWN_HOSTS, KIND_LIST),
    USED("globalknownhostsfile", "GlobalKnownHostsFile", KEY_GLOBAL_KNOWN_HOSTS, KIND_LIST),
    USED("hostkeyalias", "HostKeyAlias", KEY_HOST_KEY_ALIAS, KIND_TEXT),
    USED("hostkeyalgorithms", "HostKeyAlgorithms", KEY_HOST_KEY_ALGORITHMS, KIND_PATTERN),
    USED("kexalgorithms", "KexAlgorithms", KEY_KEX, KIND_EXACT),
    USED("ciphers", "Ciphers", KEY_CIPHERS, KIND_EXACT),
    USED("macs", "MACs", KEY_MACS, KIND_EXACT),
    USED("pubkeyacceptedalgorithms", "PubkeyAcceptedAlgorithms", KEY_PUBKEY_ALGORITHMS,
         KIND_PATTERN),
    USED("pubkeyacceptedkeytypes", "PubkeyAcceptedKeyTypes", KEY_PUBKEY_ALGORITHMS, KIND_PATTERN),
    USED("connecttimeout", "ConnectTimeout", KEY_CONNECT_TIMEOUT, KIND_TIME),
    USED("serveraliveinterval", "ServerAliveInterval", KEY_ALIVE_INTERVAL, KIND_TIME),
    USED("protocolkeepalives", "ProtocolKeepAlives", KEY_ALIVE_INTERVAL, KIND_TIME), /* Debian */
    USED("setuptimeout", "SetupTimeOut", KEY_ALIVE_INTERVAL, KIND_TIME),             /* likewise */
    USED("serveralivecountmax", "ServerAliveCountMax", KEY_ALIVE_COUNT, KIND_NUMBER),
    WORD("addressfamily", "AddressFamily", KEY_FAMILY, families),
    USED("bindaddress", "BindAddress", KEY_BIND_ADDRESS, KIND_TEXT),
    USED("requiredrsasize", "RequiredRSASize", KEY_RSA_BITS, KIND_NUMBER),
    WORD("pubkeyauthentication", "PubkeyAuthentication", KEY_PUBKEY_AUTH, pubkey),
    WORD("dsaauthentication", "DSAAuthentication", KEY_PUBKEY_AUTH, pubkey),
    WORD("passwordauthentication", "PasswordAuthentication", KEY_PASSWORD_AUTH, flags),
    USED("ignoreunknown", "IgnoreUnknown", KEY_IGNORE_UNKNOWN, KIND_TEXT),

    USED("revokedhostkeys", "RevokedHostKeys", KEY_REVOKED, KIND_TEXT),
    USED("knownhostscommand", "KnownHostsCommand", KEY_KNOWN_HOSTS_COMMAND, KIND_COMMAND),
    USED("bindinterface", "BindInterface", KEY_BIND_INTERFACE, KIND_TEXT),
    WORD("canonicalizehostname", "CanonicalizeHostname", KEY_CANONICALIZE, canonical),
    USED("canonicalizepermittedcnames", "CanonicalizePermittedCNAMEs", KEY_CANONICAL_CNAMES,
         KIND_LIST),
    WORD("proxyusefdpass", "ProxyUseFdpass", KEY_FDPASS, flags),

    UNUSED("addkeystoagent", "AddKeysToAgent", KIND_ANY),
    UNUSED_FLAG("batchmode", "BatchMode"),
    UNUSED("canonicaldomains", "CanonicalDomains", KIND_LIST),
    UNUSED_FLAG("canonicalizefallbacklocal", "CanonicalizeFallbackLocal"),
    UNUSED("canonicalizemaxdots", "CanonicalizeMaxDots", KIND_NUMBER),
    UNUSED("casignaturealgorithms", "CASignatureAlgorithms", KIND_PATTERN),
    UNUSED_FLAG("challengeresponseauthentication", "ChallengeResponseAuthentication"),
    UNUSED_FLAG("checkhostip", "CheckHostIP"),
    UNUSED_FLAG("clearallforwardings", "ClearAllForwardings"),
    WORD("compression", "Compression", KEY_UNUSED, yes_no),
    UNUSED("connectionattempts", "ConnectionAttempts", KIND_NUMBER),
    WORD("controlmaster", "ControlMaster", KEY_UNUSED, masters),
    UNUSED("controlpath", "ControlPath", KIND_TEXT),
    UNUSED("controlpersist", "ControlPersist", KIND_ANY),
    UNUSED("dynamicforward", "DynamicForward", KIND_ANY),
    UNUSED_FLAG("enableescapecommandline", "EnableEscapeCommandline"),
    UNUSED_FLAG("enablesshkeysign", "EnableSSHKeysign"),
    UNUSED("escapechar", "EscapeChar", KIND_ANY),
    UNUSED_FLAG("exitonforwardfailure", "ExitOnForwardFailure"),
    UNUSED("fingerprinthash", "FingerprintHash", KIND_ANY),
    UNUSED_FLAG("forkafterauthentication", "ForkAfterAuthentication"),
    UNUSED("forwardagent", "ForwardAgent", KIND_ANY),
    UNUSED_FLAG("forwardx11", "ForwardX11"),
    UNUSED("forwardx11timeout", "ForwardX11Timeout", KIND_TIME),
    UNUSED_FLAG("forwardx11trusted", "ForwardX11Trusted"),
    UNUSED_FLAG("gatewayports", "GatewayPorts"),
    UNUSED_FLAG("gssapiauthentication", "GSSAPIAuthentication"),
    UNUSED_FLAG("gssapidelegatecredentials", "GSSAPIDelegateCredentials"),
    UNUSED("gssapiclientidentity", "GSSAPIClientIdentity", KIND_TEXT), /* Debian, Red Hat */
    UNUSED("gssapikexalgorithms", "GSSAPIKexAlgorithms", KIND_ANY),
    UNUSED_FLAG("gssapikeyexchange", "GSSAPIKeyExchange"),
    UNUSED_FLAG("gssapirenewalforcesrekey", "GSSAPIRenewalForcesRekey"),
    UNUSED("gssapiserveridentity", "GSSAPIServerIdentity", KIND_TEXT),
    UNUSED_FLAG("gssapitrustdns", "GSSAPITrustDns"),
    UNUSED_FLAG("hashknownhosts", "HashKnownHosts"),
    UNUSED("hostbasedacceptedalgorithms", "HostbasedAcceptedAlgorithms", KIND_PATTERN),
    UNUSED_FLAG("hostbasedauthentication", "HostbasedAuthentication"),
    UNUSED("hostbasedkeytypes", "HostbasedKeyTypes", KIND_PATTERN),
    UNUSED("ipqos", "IPQoS", KIND_ANY),
    UNUSED_FLAG("kbdinteractiveauthentication", "KbdInteractiveAuthentication"),
    UNUSED("kbdinteractivedevices", "KbdInteractiveDevices", KIND_TEXT),
    UNUSED_FLAG("keepalive", "KeepAlive"),
    UNUSED("localcommand", "LocalCommand", KIND_COMMAND),
    UNUSED("localforward", "LocalForward", KIND_ANY),
    UNUSED("loglevel", "LogLevel", KIND_ANY),
    UNUSED("logverbose", "LogVerbose", KIND_LIST),
    UNUSED_FLAG("nohostauthenticationforlocalhost", "NoHostAuthenticationForLocalhost"),
    UNUSED("numberofpasswordprompts", "NumberOfPasswordPrompts", KIND_NUMBER),
    UNUSED_FLAG("permitlocalcommand", "PermitLocalCommand"),
    UNUSED("permitremoteopen", "PermitRemoteOpen", KIND_ANY),
    UNUSED("pkcs11provider", "PKCS11Provider", KIND_TEXT),
    UNUSED("preferredauthentications", "PreferredAuthentications", KIND_TEXT),
    UNUSED("rekeylimit", "RekeyLimit", KIND_ANY),
    UNUSED("remotecommand", "RemoteCommand", KIND_COMMAND),
    UNUSED("remoteforward", "RemoteForward", KIND_ANY),
    WORD("requesttty", "RequestTTY", KEY_UNUSED, terminals),
    UNUSED("securitykeyprovider", "SecurityKeyProvider", KIND_TEXT),
    UNUSED("sendenv", "SendEnv", KIND_ANY),
    WORD("sessiontype", "SessionType", KEY_UNUSED, sessions),
    UNUSED("setenv", "SetEnv", KIND_ANY),
    UNUSED_FLAG("skeyauthentication", "SkeyAuthentication"),
    UNUSED("smartcarddevice", "SmartcardDevice", KIND_TEXT),
    UNUSED_FLAG("stdinnull", "StdinNull"),
    UNUSED("streamlocalbindmask", "StreamLocalBindMask", KIND_ANY),
    UNUSED_FLAG("streamlocalbindunlink", "StreamLocalBindUnlink"),
    UNUSED("syslogfacility", "SyslogFacility", KIND_ANY),
    UNUSED_FLAG("tcpkeepalive", "TCPKeepAlive"),
    UNUSED_FLAG("tisauthentication", "TISAuthentication"),
    WORD("tunnel", "Tunnel", KEY_UNUSED, tunnels),
    UNUSED("tunneldevice", "TunnelDevice", KIND_ANY),
    WORD("updatehostkeys", "UpdateHostKeys", KEY_UNUSED, flags_or_ask),
    WORD("verifyhostkeydns", "VerifyHostKeyDNS", KEY_UNUSED, flags_or_ask),
    UNUSED_FLAG("visualhostkey", "VisualHostKey"),
    UNUSED("xauthlocation", "XAuthLocation", KIND_TEXT),

    /* of the past, which OpenSSH reads past */
    UNUSED("afstokenpassing", "AFSTokenPassing", KIND_ANY),
    UNUSED("cipher", "Cipher", KIND_ANY),
    UNUSED("compressionlevel", "CompressionLevel", KIND_ANY),
    UNUSED("fallbacktorsh", "FallBackToRsh", KIND_ANY),
    UNUSED("globalknownhostsfile2", "GlobalKnownHostsFile2", KIND_ANY),
    UNUSED("kerberosauthentication", "KerberosAuthentication", KIND_ANY),
    UNUSED("kerberostgtpassing", "KerberosTgtPassing", KIND_ANY),
    UNUSED("protocol", "Protocol", KIND_ANY),
    UNUSED("rhostsauthentication", "RhostsAuthentication", KIND_ANY),
    UNUSED("rhostsrsaauthentication", "RhostsRSAAuthentication", KIND_ANY),
    UNUSED("rsaauthentication", "RSAAuthentication", KIND_ANY),
    UNUSED("useprivilegedport", "UsePrivilegedPort", KIND_ANY),
    UNUSED("userknownhostsfile2", "UserKnownHostsFile2", KIND_ANY),
    UNUSED("useroaming", "UseRoaming", KIND_ANY),
    UNUSED("usersh", "UseRsh", KIND_ANY),

    /* of OpenSSH after 9.2 */
    UNUSED("channeltimeout", "ChannelTimeout", KIND_ANY),
    UNUSED("obscurekeystroketiming", "ObscureKeystrokeTiming", KIND_ANY),
    UNUSED("versionaddendum", "VersionAddendum", KIND_ANY),
    UNUSED("warnweakcrypto", "WarnWeakCrypto", KIND_ANY),
};
enum { KEYWORDS = sizeof(keywords) / sizeof(keywords[0]) };

const struct sshconfig_keyword *
sshconfig_keyword(const char *name)
{
    for (size_t i = 0; i < KEYWORDS; i++) {
        if (strcmp(keywords[i].name, name) == 0) {
            return &keywords[i];
        }
    }
    return NULL;
}

const struct sshconfig_keyword *
sshconfig_keyword_of(enum sshconfig_key key)
{
    size_t i = 0;

    while (i + 1 < KEYWORDS && keywords[i].key != key) {
        i++;
    }
    return &keywords[i];
}

/* ---------------------------------------------------------------- values */

static const char *
check_word(struct sshconfig_line *line)
{
    const struct sshconfig_choice *c = line->keyword->choices;

    while (c->word != NULL && strcasecmp(c->word, line->args.items[0]) != 0) {
        c++;
    }
    line->value = c->value;
    return c->word != NULL ? NULL : "unsupported option";
}

static const char *
check_time(struct sshconfig_line *line)
{
    line->value =
        strcmp(line->args.items[0], "none") == 0 ? -1 : sshconfig_time(line->args.items[0]);
    return line->value >= 0 || strcmp(line->args.items[0], "none") == 0
               ? NULL
               : "expected a time like 30, 5m or 1h30m";
}

static const char *
check_number(struct sshconfig_line *line)
{
    return sshconfig_number(line->args.items[0], INT_MAX, &line->value) == 0 ? NULL
                                                                             : "expected a number";
}

static const char *
check_port(struct sshconfig_line *line)
{
    if (sshconfig_number(line->args.items[0], 65535, &line->value) < 0) {
        const struct servent *service = getservbyname(line->args.items[0], "tcp");
        line->value = service == NULL ? 0 : ntohs((uint16_t)service->s_port);
    }
    return line->value > 0 ? NULL : "expected a port from 1 to 65535";
}

static const char *
check_list(const struct sshconfig_line *line)
{
    for (size_t i = 0; i < line->args.count; i++) {
        if (line->args.items[i][0] == '\0') {
            return "empty argument";
        }
        if (line->keyword->kind == KIND_LIST && line->args.count > 1 &&
            strcasecmp(line->args.items[i], "none") == 0) {
            return "\"none\" must stand alone";
        }
    }
    return NULL;
}

/* OpenSSH takes no wildcards where it checks the names; what it does not know is dropped here. */
static const char *
check_algorithms(const struct sshconfig_line *line)
{
    const char *list = line->args.items[0];
    const bool takes_away = list[0] == '-';

    list += takes_away || list[0] == '+' || list[0] == '^';
    if (takes_away) {
        return NULL;
    }
    if (list[0] == '\0') {
        return "expected names of algorithms";
    }
    if (strchr(list, '!') != NULL) {
        return "`!` has no meaning here";
    }
    return line->keyword->kind == KIND_EXACT && strpbrk(list, "*?") != NULL
               ? "wildcards are for lists that begin with `-`"
               : NULL;
}

static const char *
check_agent(const struct sshconfig_line *line)
{
    const char *text = line->args.items[0];

    if (text[0] == '$' && text[1] != '{') {
        for (const char *p = text + 1; *p != '\0'; p++) {
            if (!isalnum((unsigned char)*p) && *p != '_') {
                return "no name of an environment variable";
            }
        }
        return text[1] != '\0' ? NULL : "no name of an environment variable";
    }
    return sshconfig_env_misfit(text);
}

/* `none` is only one without a comment behind it, as in OpenSSH (readconf.c, parse_jump). */
static const char *
check_jump(struct sshconfig_line *line)
{
    struct sshconfig_hop hops[SSHCONFIG_HOPS_MAX];
    int count = 0;

    if (strcasecmp(line->rest, "none") == 0) {
        return NULL;
    }
    line->value = 1;
    line->rest[strcspn(line->rest, "#")] = '\0';
    for (size_t n = strlen(line->rest); n > 0 && isspace((unsigned char)line->rest[n - 1]); n--) {
        line->rest[n - 1] = '\0';
    }
    if (strpbrk(line->rest, " \t\r\f") != NULL) {
        return "a blank in it: OpenSSH would leave out what follows";
    }
    const int rc = sshconfig_hops(line->rest, hops, &count);
    for (int i = 0; i < count; i++) {
        sshconfig_hop_release(&hops[i]);
    }
    return rc == 0 ? NULL : "expected hosts like user@host:port, with commas between them";
}

/* ---------------------------------------------------------------- Match */

static const struct {
    const char *word;
    enum sshconfig_test test;
    bool has_text;
} tests[] = {
    {"all", TEST_ALL, false},
    {"final", TEST_FINAL, false},
    {"canonical", TEST_FINAL, false},
    {"host", TEST_HOST, true},
    {"originalhost", TEST_ORIGINAL_HOST, true},
    {"user", TEST_USER, true},
    {"localuser", TEST_LOCAL_USER, true},
    {"exec", TEST_EXEC, true},
};
enum { TESTS = sizeof(tests) / sizeof(tests[0]) };

static bool
is_text(const char *word)
{
    return word != NULL && word[0] != '\0' && word[0] != '#';
}

/* One condition from *at on.  *ret_end: `all`, behind which nothing may stand. */
static const char *
take_condition(struct sshconfig_line *line, char *word, char **at, size_t *cap, bool *ret_end)
{
    const bool negated = word[0] == '!';
    size_t i = 0;

    while (i < TESTS && strcasecmp(word + negated, tests[i].word) != 0) {
        i++;
    }
    if (i == TESTS) {
        return "conditions are all, final, canonical, host, originalhost, user, localuser (and "
               "exec, which is not supported)";
    }
    const char *text = tests[i].has_text || tests[i].test == TEST_ALL ? sshconfig_cut(at) : NULL;
    if (tests[i].has_text && !is_text(text)) {
        return "a condition says nothing";
    }
    *ret_end = tests[i].test == TEST_ALL;
    if (*ret_end && (line->condition_count > 1 || is_text(text))) {
        return "`all` must stand alone";
    }
    if (*ret_end && text != NULL && text[0] == '#') {
        *at = NULL;
    }
    line->conditions =
        xgrow(line->conditions, line->condition_count, cap, sizeof(*line->conditions));
    line->conditions[line->condition_count++] = (struct sshconfig_condition){
        .test = tests[i].test,
        .negated = negated,
        .final = strcasecmp(word + negated, "final") == 0,
        .text = tests[i].has_text ? xstrdup(text) : NULL,
    };
    return NULL;
}

static const char *
check_match(struct sshconfig_line *line)
{
    char *copy = xstrdup(line->rest);
    char *at = copy;
    const char *misfit = NULL;
    size_t cap = 0;
    bool end = false;

    while (misfit == NULL && !end) {
        char *word = sshconfig_cut(&at);
        if (word == NULL || word[0] == '\0') {
            break;
        }
        if (word[0] == '#') {
            at = NULL;
            break;
        }
        misfit = take_condition(line, word, &at, &cap, &end);
    }
    if (misfit == NULL && line->condition_count == 0) {
        misfit = "expected a condition";
    }
    if (misfit == NULL && at != NULL && *at != '\0') {
        misfit = "extra arguments";
    }
    free(copy);
    return misfit;
}

static const char *
check_kind(struct sshconfig_line *line)
{
    switch (line->keyword->kind) {
    case KIND_WORD:
        return check_word(line);
    case KIND_TIME:
        return check_time(line);
    case KIND_NUMBER:
        return check_number(line);
    case KIND_PORT:
        return check_port(line);
    case KIND_LIST:
    case KIND_HOST:
    case KIND_INCLUDE:
        return check_list(line);
    case KIND_JUMP:
        return check_jump(line);
    case KIND_EXACT:
    case KIND_PATTERN:
        return check_algorithms(line);
    case KIND_AGENT:
        return check_agent(line);
    case KIND_MATCH:
        return check_match(line);
    case KIND_TEXT:
    case KIND_COMMAND:
    case KIND_ANY:
        return NULL;
    }
    return NULL;
}

const char *
sshconfig_check(struct sshconfig_line *line)
{
    const enum sshconfig_kind kind = line->keyword->kind;
    const bool many = kind == KIND_LIST || kind == KIND_COMMAND || kind == KIND_JUMP ||
                      kind == KIND_HOST || kind == KIND_MATCH || kind == KIND_INCLUDE ||
                      kind == KIND_ANY;

    if (!many && (line->args.count == 0 || line->args.items[0][0] == '\0')) {
        return "missing argument";
    }
    if (!many && line->args.count > 1) {
        return "extra arguments at the end of the line";
    }
    return check_kind(line);
}
