/*
 * main.c - starts the fleet, and ends it on a signal.
 *
 * Decides what is made first and what is said when.  Owns everything in struct fleet.  Nothing is
 * answered before the confinement of commands has been tried and found to hold.
 */
#include "fleet/conn.h"
#include "fleet/filter.h"
#include "fleet/fleet.h"
#include "fleet/process.h"
#include "fleet/server.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static void
on_stop(evutil_socket_t signal_number, short what, void *arg)
{
    struct fleet *fleet = arg;

    (void)signal_number;
    (void)what;
    (void)event_base_loopbreak(fleet->base);
}

static int
descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int count = -3; /* `.`, `..` and dir itself */

    while (dir != NULL && readdir(dir) != NULL) {
        count++;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return count;
}

static void
on_stats(evutil_socket_t signal_number, short what, void *arg)
{
    const struct fleet *fleet = arg;
    const struct counts *n = &fleet->counts;
    struct rusage used = {0};

    (void)signal_number;
    (void)what;
    (void)getrusage(RUSAGE_SELF, &used);
    const long cpu_ms = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
                        (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
    (void)fprintf(stderr,
                  "fleet: accepted=%" PRIu64 " logged_in=%" PRIu64 " refused=%" PRIu64
                  " execs=%" PRIu64 " throttled=%" PRIu64 " live=%" PRIu64
                  " children=%zu fds=%d cpu_ms=%ld rss_kb=%ld\n",
                  n->accepted, n->logged_in, n->refused, n->execs, n->throttled, n->live,
                  children_count(fleet->children), descriptors(), cpu_ms, used.ru_maxrss);
}

/* A connection of a real child costs four descriptors. */
static void
raise_limit(void)
{
    struct rlimit limit = {0};

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int
choose_confinement(struct fleet *fleet, struct err *err)
{
    const struct options *o = &fleet->options;
    enum confine wanted = CONFINE_BOTH;

    if (o->synthetic) {
        return 0;
    }
    if (o->confine != NULL && strcmp(o->confine, "both") != 0) {
        wanted = o->confine[0] == 'l' ? CONFINE_LANDLOCK : CONFINE_MOUNTS;
    }
    fleet->confine = o->unconfined ? CONFINE_NONE : confine_probe(wanted, hosts_root(fleet->hosts));
    if (!o->unconfined &&
        (fleet->confine == CONFINE_NONE || (o->confine != NULL && fleet->confine != wanted))) {
        return err_set(err, ERR_IO,
                       "commands cannot be kept inside their folders here: no Landlock, no mount "
                       "namespace (--unconfined starts anyway: they can then write everywhere)");
    }
    (void)fprintf(stderr, "fleet: confinement: %s\n", confine_name(fleet->confine));
    return 0;
}

static int
prepare(struct fleet *fleet, struct err *err)
{
    const struct options *o = &fleet->options;

    fleet->hosts = hosts_new(o->root, o->hosts, err);
    if (fleet->hosts == NULL || choose_confinement(fleet, err) < 0 ||
        (fleet->binds = binds_new(o->host_key, err)) == NULL ||
        (fleet->behaviours = behaviours_new(o->behave, (uint64_t)o->seed, err)) == NULL ||
        keys_load(&fleet->keys, o->authorized_keys, err) < 0) {
        return -1;
    }
    fleet->trips = o->trips == NULL ? NULL : fopen(o->trips, "ae");
    if (o->trips != NULL && fleet->trips == NULL) {
        return err_set(err, ERR_IO, "%s: %s", o->trips, strerror(errno));
    }
    if (o->events != NULL && (fleet->events = fopen(o->events, "we")) == NULL) {
        return err_set(err, ERR_IO, "%s: %s", o->events, strerror(errno));
    }
    fleet->base = event_base_new();
    if (fleet->base == NULL) {
        abort();
    }
    fleet->children = children_new(fleet->base, fleet->confine, process_child_ended);
    return 0;
}

static int
write_pid(const char *path, struct err *err)
{
    FILE *file = fopen(path, "we");

    if (file == NULL || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file) != 0) {
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    }
    return 0;
}

/* Everything a client needs is on disk before `ready` is said. */
static int
announce(const struct fleet *fleet, int port, struct err *err)
{
    const struct options *o = &fleet->options;
    struct strv addresses = {0};
    int rc = 0;

    if (o->known_hosts != NULL &&
        (hosts_addresses(fleet->hosts, o->addresses, &addresses, err) < 0 ||
         keys_write_known_hosts(o->known_hosts, o->host_key, &addresses, port, err) < 0)) {
        rc = -1;
    }
    strv_clear(&addresses);
    if (rc == 0 && o->pid_file != NULL) {
        rc = write_pid(o->pid_file, err);
    }
    if (rc == 0 && dprintf(o->ready_fd, "ready %d\n", port) < 0) {
        rc = err_set(err, ERR_IO, "--ready-fd %d: %s", o->ready_fd, strerror(errno));
    }
    return rc;
}

static int
serve(struct fleet *fleet, struct err *err)
{
    static const int stops[] = {SIGTERM, SIGINT};
    struct event *signals[3] = {NULL};
    struct server *server = server_new(fleet, err);
    int rc = -1;

    if (server == NULL) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        signals[i] = evsignal_new(fleet->base, stops[i], on_stop, fleet);
    }
    signals[2] = evsignal_new(fleet->base, SIGUSR1, on_stats, fleet);
    for (int i = 0; i < 3; i++) {
        if (signals[i] == NULL || evsignal_add(signals[i], NULL) < 0) {
            abort();
        }
    }
    if (announce(fleet, server_port(server), err) == 0) {
        (void)event_base_dispatch(fleet->base);
        rc = 0;
    }
    if (fleet->options.pid_file != NULL) {
        (void)unlink(fleet->options.pid_file);
    }
    server_free(server);
    for (int i = 0; i < 3; i++) {
        event_free(signals[i]);
    }
    return rc;
}

static void
release(struct fleet *fleet)
{
    struct conn *c = NULL;

    while ((c = LIST_FIRST(&fleet->conns)) != NULL) {
        conn_free(c);
    }
    struct filter *f = NULL;
    while ((f = LIST_FIRST(&fleet->filters)) != NULL) {
        filter_free(f);
    }
    children_free(fleet->children);
    keys_release(&fleet->keys);
    if (fleet->trips != NULL) {
        (void)fclose(fleet->trips);
    }
    binds_free(fleet->binds);
    behaviours_free(fleet->behaviours);
    hosts_free(fleet->hosts);
    if (fleet->base != NULL) {
        event_base_free(fleet->base);
    }
    if (fleet->events != NULL) {
        (void)fclose(fleet->events);
    }
}

int
main(int argc, char **argv)
{
    struct fleet fleet = {0};
    struct err err = {0};
    int rc = EXIT_FAILURE;

    LIST_INIT(&fleet.conns);
    LIST_INIT(&fleet.filters);
    if (options_read(&fleet.options, argc, argv, &err) < 0) {
        (void)fprintf(stderr, "fleet: %s\n%s", err.text, options_usage());
        return 2;
    }
    if (fleet.options.help) {
        (void)fputs(options_usage(), stdout);
        behave_print(stdout);
        return EXIT_SUCCESS;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    raise_limit();
    (void)ssh_init();
    if (prepare(&fleet, &err) == 0 && serve(&fleet, &err) == 0) {
        rc = EXIT_SUCCESS;
    } else {
        (void)fprintf(stderr, "fleet: %s\n", err.text);
    }
    release(&fleet);
    (void)ssh_finalize();
    return rc;
}
