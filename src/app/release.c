/*
 * release.c - what the release of a run is called.
 *
 * `-e release=`, else the first 12 hex digits of the artifact's SHA-256, the same for all hosts; in
 * a rollback each host has its own target.  Reads files only before the loop runs.
 */
#include "app/run_state.h"

#include "base/hash.h"
#include "base/map.h"
#include "base/xalloc.h"
#include "config/template.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RELEASE_DIGITS = 12, RELEASE_MAX = 128 };

const char *
run_release(const struct run *run, int32_t host)
{
    return run->releases != NULL ? run->releases[host] : run->release;
}

/* `release` as a whole word at *text. */
static bool
is_release(const char *text)
{
    static const char word[] = "release";

    return strncmp(text, word, sizeof(word) - 1) == 0 && !template_is_word(text[sizeof(word) - 1]);
}

/* $release and ${release} of a script, {{ release }} of a template; not /etc/os-release. */
static bool
is_named(const char *text, const char *word, bool inside)
{
    const ptrdiff_t at = word - text;

    if ((at > 0 && word[-1] == '$') || (at > 1 && word[-1] == '{' && word[-2] == '$')) {
        return true;
    }
    return inside && !template_is_word(word[-1]);
}

static bool
names_release(const char *text)
{
    bool inside = false; /* of {{ }} */

    for (const char *p = text; p != NULL && *p != '\0'; p++) {
        if (strncmp(p, "{{", 2) == 0 || strncmp(p, "}}", 2) == 0) {
            inside = *p == '{';
        } else if (is_release(p) && is_named(text, p, inside)) {
            return true;
        }
    }
    return false;
}

/* In a condition names stand without {{ }}. */
static bool
when_names_release(const struct action_condition *c)
{
    for (const char *p = c->text; *p != '\0'; p++) {
        if (is_release(p) && (p == c->text || !template_is_word(p[-1]))) {
            return true;
        }
    }
    return false;
}

static bool
step_names_release(const struct action_step *s)
{
    for (size_t i = 0; i < s->env_count; i++) {
        if (names_release(s->env[i].value)) {
            return true;
        }
    }
    return names_release(s->script) || names_release(s->src) || names_release(s->dest) ||
           names_release(s->path) || names_release(s->chdir);
}

bool
release_is_mentioned(const struct action_step *s)
{
    const char *const texts[] = {s->name, s->error,   s->port,        s->host,
                                 s->ca,   s->creates, s->become_user, s->unless};
    bool mentioned = step_names_release(s);

    for (size_t i = 0; i < s->when_count && !mentioned; i++) {
        mentioned = when_names_release(&s->when[i]);
    }
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !mentioned; i++) {
        mentioned = names_release(texts[i]);
    }
    return mentioned;
}

bool
run_makes_release(const struct run *run)
{
    bool named = false;

    for (size_t i = 0; i < run->step_count && !named; i++) {
        named = step_names_release(&run->action->steps[run->steps[i]]);
    }
    return named && run->action->produces[0] != '\0';
}

bool
run_tries_release(const struct run *run)
{
    return run->release[0] != '\0' && strcmp(run->action->name, "rollback") != 0 &&
           run_makes_release(run);
}

static bool
safe_name(const char *name)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+";

    return name[0] != '\0' && name[0] != '.' && name[0] != '-' && strlen(name) <= RELEASE_MAX &&
           strspn(name, safe) == strlen(name);
}

/* The artifact as the upload step will look for it: beside the action, then in the root. */
static char *
find_artifact(const struct run *run, const char *artifact)
{
    const char *const places[] = {run->action->dir, run->request->root};

    if (artifact[0] == '/') {
        return access(artifact, F_OK) == 0 ? xstrdup(artifact) : NULL;
    }
    for (size_t i = 0; i < 2; i++) {
        char *path = xasprintf("%s/%s", places[i] == NULL ? "." : places[i], artifact);
        if (access(path, F_OK) == 0) {
            return path;
        }
        free(path);
    }
    return NULL;
}

static int
artifact_of(struct run *run, int32_t host, struct buf *out, struct err *err)
{
    const struct run_request *q = run->request;
    const struct value *vars = inventory_vars(q->inventory, q->hosts[host]);
    struct taint taint = {0};
    const struct scope scope = {
        .extra = q->extra, .magic = run->magic, .vars = vars, .vault = q->vault, .taint = &taint};

    if ((q->extra == NULL || value_dict_get(q->extra, "artifact") == NULL) &&
        value_dict_get(vars, "artifact") == NULL) {
        return 0;
    }
    run_set_magic(run, host);
    int rc = render_text("{{ artifact }}", &scope, false, "artifact", out, err);
    if (rc == 0 && taint.tainted) {
        rc = err_set(err, ERR_CONFIG, "artifact: a secret would be seen here");
    }
    strv_clear(&taint.texts);
    return rc;
}

const struct bundle *
run_bundle(struct run *run, const char *folder, struct err *err)
{
    if (!run->preview && run->var_dir == NULL &&
        app_var_dir(run->request->root, &run->var_dir, err) < 0) {
        return NULL;
    }
    if (run->bundles == NULL) {
        run->bundles = bundles_new(run->preview ? NULL : run->var_dir);
    }
    return bundles_get(run->bundles, folder, err);
}

/* A file's own hash, a folder's as it is sent. */
static int
hash_artifact(struct run *run, const char *path, bool folder, char ret_hex[HASH_SHA256_HEX],
              struct err *err)
{
    if (!folder) {
        return sources_hash(path, ret_hex, err);
    }
    const struct bundle *b = run_bundle(run, path, err);
    if (b == NULL) {
        return -1;
    }
    memcpy(ret_hex, b->sha256, HASH_SHA256_HEX);
    return 0;
}

/* An artifact that is not there is a mistake where the release is named after it; to an action that
 * makes none it is a variable like others. */
static int
check_found(const struct run *run, int32_t host, const char *artifact, const char *path,
            struct err *err)
{
    if (path != NULL || artifact[0] == '\0' || !run_makes_release(run)) {
        return 0;
    }
    return err_set(err, ERR_CONFIG, "%s: artifact: there is no file or folder %s%s%s",
                   run->names[host], artifact, artifact[0] == '/' ? "" : " in ",
                   artifact[0] == '/' ? "" : run->request->root);
}

static int
release_of(struct run *run, int32_t host, struct map *seen, struct err *err)
{
    struct buf artifact;
    char hex[HASH_SHA256_HEX];
    int rc = 0;

    buf_init(&artifact, 4096);
    if (artifact_of(run, host, &artifact, err) < 0) {
        err_prefix(err, "%s: ", run->names[host]);
        rc = -1;
    }
    char *path = rc == 0 && artifact.len > 0 ? find_artifact(run, artifact.data) : NULL;
    struct stat st;
    if (rc == 0) {
        rc = check_found(run, host, artifact.data, path, err);
    }
    if (path != NULL && map_get(seen, path) == NULL && stat(path, &st) == 0 &&
        (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))) {
        rc = hash_artifact(run, path, S_ISDIR(st.st_mode), hex, err);
        if (rc == 0) {
            hex[RELEASE_DIGITS] = '\0';
            map_set(seen, path, xstrdup(hex));
            if (run->release[0] == '\0') {
                free(run->release);
                run->release = xstrdup(hex);
            } else if (strcmp(run->release, hex) != 0) {
                rc = err_set(err, ERR_CONFIG,
                             "%s: artifact %s differs from that of other hosts: "
                             "a run has one release; name it with -e release=",
                             run->names[host], path);
            }
        }
    }
    free(path);
    buf_release(&artifact);
    return rc;
}

static int
check_expected(const struct run *run, struct err *err)
{
    const char *expected = run->request->release;

    if (expected == NULL || strcmp(expected, run->release) == 0 || !run_makes_release(run)) {
        return 0;
    }
    return err_set(err, ERR_CONFIG, "the release is %s now, and was %s",
                   run->release[0] == '\0' ? "none" : run->release,
                   expected[0] == '\0' ? "none" : expected);
}

int
release_prepare(struct run *run, struct err *err)
{
    const struct run_request *q = run->request;
    const struct value *given = q->extra == NULL ? NULL : value_dict_get(q->extra, "release");
    int rc = 0;

    if (q->releases != NULL) {
        run->releases = xcalloc((size_t)run->host_count, sizeof(*run->releases));
        for (int32_t i = 0; i < run->host_count; i++) {
            run->releases[i] = xstrdup(q->releases[i]);
        }
        return 0;
    }
    if (given != NULL) {
        struct buf text;
        buf_init(&text, RELEASE_MAX + 1);
        if (given->secret || value_to_text(given, &text) < 0 || text.full ||
            !safe_name(text.data)) {
            rc = err_set(err, ERR_USAGE, "-e release=: a name of [A-Za-z0-9._+-] was expected");
        } else {
            free(run->release);
            run->release = xstrdup(text.data);
        }
        buf_release(&text);
        return rc == 0 ? check_expected(run, err) : rc;
    }
    struct map *seen = map_new(free);
    for (int32_t i = 0; i < run->host_count && rc == 0; i++) {
        rc = release_of(run, i, seen, err);
    }
    map_free(seen);
    return rc == 0 ? check_expected(run, err) : rc;
}
