/*
 * sshconfig_state.h - what sshconfig*.c share: a configuration as lines that were read, and the
 * keywords they begin with.  Private to them.
 *
 * sshconfig_words.c takes lines apart, sshconfig_keyword.c has the table of keywords and checks
 * values, sshconfig_read.c reads files, sshconfig.c finds what counts for a destination,
 * sshconfig_fill.c makes the answer of it, sshconfig_expand.c tokens.
 */
#ifndef SSH_SSHCONFIG_STATE_H
#define SSH_SSHCONFIG_STATE_H

#include "ssh/algorithms.h"
#include "ssh/sshconfig.h"

#include <stddef.h>
#include <sys/types.h>

/* What is remembered of a destination: the first line of each counts, but for the files of keys,
 * which add up.  Those behind USED are no answers of ours: they are refused where they say more
 * than nothing. */
enum sshconfig_key {
    KEY_HOSTNAME,
    KEY_PORT,
    KEY_USER,
    KEY_IDENTITY_FILE,
    KEY_CERTIFICATE_FILE,
    KEY_IDENTITIES_ONLY,
    KEY_IDENTITY_AGENT,
    KEY_PROXY_JUMP,
    KEY_PROXY_COMMAND,
    KEY_CHECKING,
    KEY_USER_KNOWN_HOSTS,
    KEY_GLOBAL_KNOWN_HOSTS,
    KEY_HOST_KEY_ALIAS,
    KEY_HOST_KEY_ALGORITHMS,
    KEY_KEX,
    KEY_CIPHERS,
    KEY_MACS,
    KEY_PUBKEY_ALGORITHMS,
    KEY_CONNECT_TIMEOUT,
    KEY_ALIVE_INTERVAL,
    KEY_ALIVE_COUNT,
    KEY_FAMILY,
    KEY_BIND_ADDRESS,
    KEY_RSA_BITS,
    KEY_PUBKEY_AUTH,
    KEY_PASSWORD_AUTH,
    KEY_IGNORE_UNKNOWN,
    KEY_REVOKED,
    KEY_KNOWN_HOSTS_COMMAND,
    KEY_BIND_INTERFACE,
    KEY_CANONICALIZE,
    KEY_CANONICAL_CNAMES,
    KEY_FDPASS,
    KEYS,
    /* Lines that are no values. */
    KEY_HOST = KEYS,
    KEY_MATCH,
    KEY_INCLUDE,
    KEY_BEGIN, /* an included file */
    KEY_END,
    KEY_UNUSED, /* means nothing here */
    KEY_UNKNOWN,
};

enum { KEY_USED = KEY_REVOKED };

/* What may stand behind a keyword. */
enum sshconfig_kind {
    KIND_TEXT,    /* one word */
    KIND_WORD,    /* one of several, see sshconfig_choice */
    KIND_TIME,    /* 90, 1m30s; none: -1 */
    KIND_NUMBER,  /* from 0 */
    KIND_PORT,    /* a number, or a name of services(5) */
    KIND_LIST,    /* any number of words; none only alone */
    KIND_COMMAND, /* the rest of the line as it is */
    KIND_JUMP,    /* the same, hosts */
    KIND_EXACT,   /* names of algorithms with commas; + - ^ before them */
    KIND_PATTERN, /* the same, wildcards too */
    KIND_AGENT,   /* a path with ${ENV}, or $ENV */
    KIND_HOST,    /* patterns */
    KIND_MATCH,
    KIND_INCLUDE,
    KIND_ANY, /* nobody looks */
};

struct sshconfig_choice {
    const char *word; /* in any case; NULL: the end */
    int value;
};

struct sshconfig_keyword {
    const char *name; /* in lower case */
    const char *said; /* as people write it */
    enum sshconfig_key key;
    enum sshconfig_kind kind;
    const struct sshconfig_choice *choices; /* of KIND_WORD */
};

enum sshconfig_test {
    TEST_ALL,
    TEST_FINAL, /* `canonical` too */
    TEST_HOST,
    TEST_ORIGINAL_HOST,
    TEST_USER,
    TEST_LOCAL_USER,
    TEST_EXEC,
};

/* One condition of a Match. */
struct sshconfig_condition {
    enum sshconfig_test test;
    bool negated;
    bool final; /* the word was `final`: the files are read a second time */
    char *text; /* owned; NULL: it has none */
};

/* A line that says something.  Comes from a file, or from a command line. */
struct sshconfig_line {
    enum sshconfig_key key;
    const struct sshconfig_keyword *keyword; /* NULL: nobody knows it, or KEY_BEGIN, KEY_END */
    char *name;                              /* owned: in lower case */
    const char *file; /* borrowed, NULL: of a command line, which has no numbers */
    int number;
    bool ours;                              /* the user's own file, or a command line */
    struct strv args;                       /* without quotes */
    char *rest;                             /* owned: behind the keyword, as it is written */
    int64_t value;                          /* of words, times and numbers */
    struct sshconfig_condition *conditions; /* owned; of a Match */
    size_t condition_count;
};

struct sshconfig {
    struct strv files; /* their names, each once for each time it was read */
    struct sshconfig_line *lines;
    size_t count, cap;
    bool final; /* there is a `Match final` */
    struct algorithms *algorithms;
    char *home;
    char *user;
    char *machine; /* %l */
    uid_t uid;
};

/* ---- sshconfig_words.c */

/* Cut the next word off *at as OpenSSH's strdelim does (misc.c): blanks or one `=` end it, double
 * quotes hold it together.  Writes into the text.  NULL: there is none, or a quote is not closed.
 */
char *sshconfig_cut(char **at);
/* The words of a text as OpenSSH's argv_split has them; a `#` at the beginning of one ends the
 * text. -1: a quote is not closed. */
int sshconfig_split(const char *text, struct strv *ret);
/* 90, 1m30s, 1w; -1: it is no time. */
int64_t sshconfig_time(const char *text);
int sshconfig_number(const char *text, int64_t max, int64_t *ret); /* strtonum(3) from 0 */

/* ---- sshconfig_keyword.c */

/* NULL: nobody knows it. */
const struct sshconfig_keyword *sshconfig_keyword(const char *name);
/* The first keyword of a key. */
const struct sshconfig_keyword *sshconfig_keyword_of(enum sshconfig_key key);
/* Look at what stands behind the keyword; fill value and conditions.  NULL, or what is wrong
 * (static). */
const char *sshconfig_check(struct sshconfig_line *line);

/* ---- sshconfig_read.c */

/* Take text, one line of a file, apart.  1: it says something, and line (release it in any case)
 * has it; 0: it says nothing; -1: err, without a place. */
int sshconfig_line_read(struct sshconfig_line *line, const char *text, struct err *err);
void sshconfig_line_release(struct sshconfig_line *line);
/* "file:line: keyword: " before the text of err, which is set to it. */
int sshconfig_refuse(const struct sshconfig_line *line, const char *where, struct err *err,
                     const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- sshconfig.c: what was found for one destination */

struct sshconfig_found {
    const struct sshconfig *config; /* borrowed, as all but the lists and `hostname` */
    const struct sshconfig_query *query;
    const struct sshconfig_line *first[KEYS]; /* of the two of proxies at most one is set */
    const struct sshconfig_line **identities; /* owned array */
    size_t identity_count, identity_cap;
    const struct sshconfig_line **certificates; /* owned array */
    size_t certificate_count, certificate_cap;
    char *hostname; /* owned: %h, when it is known */
    struct strv *notes;
    bool final_pass;
};

/* ---- sshconfig_fill.c */

int sshconfig_fill(struct sshconfig_found *f, struct sshconfig_options *ret, struct err *err);

/* ---- sshconfig_expand.c */

struct sshconfig_tokens {
    const char *host;     /* %h */
    const char *original; /* %n */
    const char *alias;    /* %k */
    const char *port;     /* %p */
    const char *remote;   /* %r */
    const char *user;     /* %u */
    const char *home;     /* %d and ~ */
    const char *machine;  /* %l, and %L up to its first dot */
    uid_t uid;            /* %i */
};

/* Replace tokens; `which` lists those allowed.  NULL and *ret_why (static). */
char *sshconfig_percent(const char *text, const char *which, const struct sshconfig_tokens *t,
                        const char **ret_why);
/* Replace ~ at the beginning, ${ENV} and all tokens.  NULL and *ret_why (static). */
char *sshconfig_path(const char *text, const struct sshconfig_tokens *t, const char **ret_why);
/* Whether each ${ENV} in it has a value; NULL, or what is wrong (static). */
const char *sshconfig_env_misfit(const char *text);

#endif
