/*
 * request.c - from the command line and what was loaded to the request of a run.
 *
 * Decides strategy, tags and seed: once, so that plan shows what a run would do.  Owns nothing.
 * Never reads a file, never connects.
 */
#include "cli/request.h"

#include "base/xalloc.h"
#include "cli/ask.h"
#include "config/nearest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { CONNECTION_BYTES = 128 * 1024 };

static bool
is_provision(const struct loaded *l)
{
    return strcmp(l->action->name, "provision") == 0;
}

static enum strategy
strategy_of(const struct loaded *l, bool scripted)
{
    if (scripted || !l->action->mutating) {
        return STRATEGY_PARALLEL;
    }
    return is_provision(l) ? l->settings.provisioning_strategy : l->settings.deployment_strategy;
}

static const struct strv *
tags_of(const struct cli *c, const struct loaded *l, bool scripted)
{
    if (scripted || c->options.tags.count > 0) {
        return &c->options.tags;
    }
    return is_provision(l) ? &l->settings.provisioning_tags : &l->settings.deployment_tags;
}

static uint64_t
seed_of(const struct options *o)
{
    uint64_t seed;

    if (o->has_seed) {
        return o->seed;
    }
    if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed)) {
        seed = (uint64_t)getpid();
    }
    return seed;
}

/* A program that reads events has nobody to ask. */
static bool
asks(const struct options *o)
{
    return o->output != OUTPUT_JSONL && ask_can();
}

static int
ask_here(void *arg, const char *prompt, bool again, char **ret, struct err *err)
{
    (void)arg;
    return ask_once_more(prompt, again, ret, err);
}

/* A run of an environment has a control socket; one of a list of hosts has no name (cli/place.h),
 * so that only who started it can be asked. */
static bool
is_answerable(const char *env)
{
    return env[0] != '_' || (isatty(STDIN_FILENO) != 0 && isatty(STDERR_FILENO) != 0);
}

int
request_ask(const struct cli *c, struct err *err)
{
    const struct options *o = &c->options;
    char *answer = NULL;

    if ((o->ask_pass || o->ask_become_pass) && !asks(o)) {
        return err_set(err, ERR_USAGE, "nobody can be asked here: %s gives the password",
                       o->ask_pass ? "IM_SSH_PASSWORD" : "IM_BECOME_PASSWORD");
    }
    if (o->ask_pass) {
        if (ask_hidden("SSH password: ", &answer, err) < 0) {
            return -1;
        }
        secrets_set(&c->secrets->ssh_password, answer);
    }
    if (o->ask_become_pass) {
        const char *ssh = c->secrets->ssh_password;
        if (ask_hidden(o->ask_pass ? "sudo password (empty: that of SSH): " : "sudo password: ",
                       &answer, err) < 0) {
            return -1;
        }
        if (answer[0] == '\0' && o->ask_pass && ssh != NULL) {
            free(answer);
            answer = xstrdup(ssh);
        }
        secrets_set(&c->secrets->become_password, answer);
    }
    return 0;
}

struct run_request
request_of(const struct cli *c, const char *env, const struct loaded *l, bool scripted)
{
    return (struct run_request){
        .zygote = c->zygote,
        .root = c->root,
        .env = env,
        .env_dir = l->env_dir,
        .settings = &l->settings,
        .inventory = l->inventory,
        .hosts = l->hosts,
        .host_count = l->host_count,
        .action = l->action,
        .strategy = strategy_of(l, scripted),
        .workers = c->options.forks,
        .max_fail_given = l->settings.max_fail_given,
        .tags = tags_of(c, l, scripted),
        .skip_tags = &c->options.skip_tags,
        .become_password = c->secrets == NULL ? NULL : c->secrets->become_password,
        .ssh_password = c->secrets == NULL ? NULL : c->secrets->ssh_password,
        .key_passphrase = c->secrets == NULL ? NULL : c->secrets->key_passphrase,
        .answerable = is_answerable(env),
        .verbose = c->options.verbose > 0,
        .ask = asks(&c->options) ? ask_here : NULL,
        .seed = seed_of(&c->options),
        .vault = c->vault,
        .extra = l->extra,
        .release = c->release,
        .log_path = c->options.log_file};
}

/* What a connection reads into comes off first: libssh holds up to a packet twice, once as it comes
 * and once deciphered.  With very many connections and little memory a quarter is left all the
 * same. */
int64_t
request_output_budget(const struct run_request *r)
{
    const int64_t all = r->settings->output_memory;
    struct policy policy;

    app_policy(r, &policy);
    const int64_t at_once =
        (int64_t)r->host_count < policy.workers ? (int64_t)r->host_count : policy.workers;
    const int64_t left = all - at_once * CONNECTION_BYTES;
    return left > all / 4 ? left : all / 4;
}

/* ---------------------------------------------------------------- tags */

struct words {
    const char **items; /* owned; each borrowed */
    size_t count, cap;
};

static void
add_tags(struct words *w, const struct action_step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < steps[i].tags.count; k++) {
            w->items = xgrow(w->items, w->count, &w->cap, sizeof(*w->items));
            w->items[w->count++] = steps[i].tags.items[k];
        }
    }
}

static bool
has_word(const struct words *w, const char *word)
{
    for (size_t i = 0; i < w->count; i++) {
        if (strcmp(w->items[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static bool
means_itself(const char *tag)
{
    static const char *const special[] = {"all", "tagged", "untagged", "always", "never"};

    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (strcmp(special[i], tag) == 0) {
            return true;
        }
    }
    return false;
}

const char *
request_unknown_tag(const struct action *a, const struct strv *tags, const char **ret_near)
{
    struct words known = {0};
    const char *unknown = NULL;

    add_tags(&known, a->steps, a->step_count);
    add_tags(&known, a->finally_steps, a->finally_count);
    *ret_near = NULL;
    for (size_t i = 0; i < tags->count && unknown == NULL; i++) {
        if (!means_itself(tags->items[i]) && !has_word(&known, tags->items[i])) {
            unknown = tags->items[i];
        }
    }
    if (unknown != NULL) {
        *ret_near = nearest_word(unknown, known.items, known.count);
    }
    free(known.items);
    return unknown;
}

static void
tell_tag(const struct action *a, const struct strv *tags)
{
    const char *near = NULL;
    const char *unknown = request_unknown_tag(a, tags, &near);

    if (unknown == NULL) {
        return;
    }
    fprintf(stderr, "warning: no step of %s has the tag '", a->name);
    cli_print(stderr, unknown);
    fputs(near != NULL ? "'; did you mean " : "'", stderr);
    if (near != NULL) {
        cli_print(stderr, near);
        fputc('?', stderr);
    }
    fputc('\n', stderr);
}

void
request_tell_tags(const struct cli *c, const struct loaded *l)
{
    tell_tag(l->action, &c->options.tags);
    tell_tag(l->action, &c->options.skip_tags);
}
