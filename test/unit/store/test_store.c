/*
 * test_store.c - which files are opened, and what a commit promises.
 *
 * Injects failures by a VFS in front of the real one and by RLIMIT_FSIZE.  The power loss is played
 * by cutting the WAL at what was synced.
 */
#include "unit/store/place.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

/* ---------------------------------------------------------------- a VFS that watches and fails */

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    int fail_syncs; /* of the WAL, from now on */
    int syncs;      /* of the WAL and of the database */
    int64_t synced_wal_bytes;
} shim;

struct shim_file {
    sqlite3_file base;
    bool is_wal;
    sqlite3_file *real;
};

static sqlite3_file *
real_of(sqlite3_file *f)
{
    return ((struct shim_file *)(void *)f)->real;
}

static int
shim_close(sqlite3_file *f)
{
    const int rc = real_of(f)->pMethods->xClose(real_of(f));

    sqlite3_free(real_of(f));
    return rc;
}
static int
shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), to, n, at);
}
static int
shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xWrite(real_of(f), from, n, at);
}
static int
shim_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), n);
}
static int
shim_size(sqlite3_file *f, sqlite3_int64 *n)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), n);
}
static int
shim_sync(sqlite3_file *f, int flags)
{
    const bool is_wal = ((struct shim_file *)(void *)f)->is_wal;
    int rc;

    shim.syncs++;
    if (is_wal && shim.fail_syncs > 0) {
        shim.fail_syncs--;
        return SQLITE_IOERR_FSYNC;
    }
    rc = real_of(f)->pMethods->xSync(real_of(f), flags);
    if (rc == SQLITE_OK && is_wal)
        shim_size(f, (sqlite3_int64 *)&shim.synced_wal_bytes);
    return rc;
}
static int
shim_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}
static int
shim_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}
static int
shim_reserved(sqlite3_file *f, int *out)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), out);
}
static int
shim_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}
static int
shim_sector(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}
static int
shim_traits(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}
static int
shim_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    return real_of(f)->pMethods->xShmMap(real_of(f), page, size, extend, out);
}
static int
shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    return real_of(f)->pMethods->xShmLock(real_of(f), offset, n, flags);
}
static void
shim_shm_barrier(sqlite3_file *f)
{
    real_of(f)->pMethods->xShmBarrier(real_of(f));
}
static int
shim_shm_unmap(sqlite3_file *f, int remove)
{
    return real_of(f)->pMethods->xShmUnmap(real_of(f), remove);
}

static const sqlite3_io_methods shim_methods = {
    .iVersion = 2,
    .xClose = shim_close,
    .xRead = shim_read,
    .xWrite = shim_write,
    .xTruncate = shim_truncate,
    .xSync = shim_sync,
    .xFileSize = shim_size,
    .xLock = shim_lock,
    .xUnlock = shim_unlock,
    .xCheckReservedLock = shim_reserved,
    .xFileControl = shim_control,
    .xSectorSize = shim_sector,
    .xDeviceCharacteristics = shim_traits,
    .xShmMap = shim_shm_map,
    .xShmLock = shim_shm_lock,
    .xShmBarrier = shim_shm_barrier,
    .xShmUnmap = shim_shm_unmap,
};

static int
shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out)
{
    struct shim_file *file = (struct shim_file *)(void *)f;
    int rc;

    (void)vfs;
    *file = (struct shim_file){.is_wal = (flags & SQLITE_OPEN_WAL) != 0};
    file->real = sqlite3_malloc(shim.real->szOsFile);
    memset(file->real, 0, (size_t)shim.real->szOsFile);
    rc = shim.real->xOpen(shim.real, name, file->real, flags, out);
    if (rc == SQLITE_OK)
        file->base.pMethods = &shim_methods;
    else
        sqlite3_free(file->real);
    return rc;
}

static int
shim_install(void **state)
{
    place_make(state);
    memset(&shim, 0, sizeof(shim));
    shim.real = sqlite3_vfs_find("unix");
    shim.vfs = *shim.real;
    shim.vfs.pNext = NULL;
    shim.vfs.zName = "shim";
    shim.vfs.szOsFile = sizeof(struct shim_file);
    shim.vfs.xOpen = shim_open;
    return sqlite3_vfs_register(&shim.vfs, 1);
}

static int
shim_uninstall(void **state)
{
    sqlite3_vfs_unregister(&shim.vfs);
    sqlite3_vfs_register(shim.real, 1);
    return place_remove(state);
}

/* ---------------------------------------------------------------- helpers */

static void
refused(const struct place *p, const char *text)
{
    struct err err = {0};

    assert_null(store_open(p->db, false, &err));
    assert_int_equal(err.kind, ERR_STORE);
    if (strstr(err.text, text) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", text, err.text);
    assert_non_null(strstr(err.text, p->dir));
}

static void
make_store(const struct place *p)
{
    store_close(place_open(p));
}

/* ---------------------------------------------------------------- opening */

static void
test_makes_a_file_only_we_can_read(void **state)
{
    const struct place *p = *state;
    struct store *s;
    struct stat st;
    const mode_t old = umask(0);
    char name[128];

    s = place_open(p);
    journal_free(place_begin(s, "test", 1));
    place_commit(s);
    for (int i = 0; i < 3; i++) {
        static const char *const suffix[] = {"", "-wal", "-shm"};
        snprintf(name, sizeof(name), "%s%s", p->db, suffix[i]);
        assert_int_equal(stat(name, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    umask(old);
    store_close(s);
}

static void
test_makes_missing_folders_for_the_owner_alone(void **state)
{
    const struct place *p = *state;
    char path[128];
    struct stat st;
    struct store *s;

    snprintf(path, sizeof(path), "%s/var/deep/state.db", p->dir);
    s = store_open(path, false, NULL);
    assert_non_null(s);
    store_close(s);
    snprintf(path, sizeof(path), "%s/var/deep", p->dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void
test_a_missing_file_is_empty_when_only_read(void **state)
{
    const struct place *p = *state;
    struct store *s = store_open(p->db, true, NULL);
    struct run_list runs;

    assert_non_null(s);
    assert_int_equal(history_runs(s, NULL, 10, &runs, NULL), 0);
    assert_int_equal(runs.count, 0);
    run_list_release(&runs);
    store_close(s);
    assert_int_equal(access(p->db, F_OK), -1);
}

static void
test_reads_beside_a_writer(void **state)
{
    const struct place *p = *state;
    struct store *w = place_open(p);
    struct store *r = store_open(p->db, true, NULL);
    struct run_list runs;

    assert_non_null(r);
    journal_free(place_begin(w, "test", 1));
    assert_int_equal(history_runs(r, NULL, 10, &runs, NULL), 0);
    assert_int_equal(runs.count, 0);
    place_commit(w);
    assert_int_equal(history_runs(r, NULL, 10, &runs, NULL), 0);
    assert_int_equal(runs.count, 1);
    run_list_release(&runs);
    store_close(r);
    /* A second descriptor closed must not have cost the writer its locks. */
    journal_free(place_begin(w, "test", 1));
    place_commit(w);
    store_close(w);
}

static void
test_marks_the_file_as_ours(void **state)
{
    const struct place *p = *state;

    make_store(p);
    assert_int_equal(place_number(p->db, "PRAGMA application_id"), 0x494d7374);
    assert_int_equal(place_number(p->db, "PRAGMA user_version"), 5);
    make_store(p);
}

/* As earlier versions made it: what is new has its default, what was there stays. */
static void
test_an_older_file_is_brought_up(void **state)
{
    static const char second[] = "DROP TABLE queue_hosts; DROP TABLE queue;"
                                 "DROP TABLE run_stalls;"
                                 "ALTER TABLE host_states DROP COLUMN rollback;"
                                 "ALTER TABLE run_hosts DROP COLUMN rollback;"
                                 "ALTER TABLE run_hosts DROP COLUMN rollback_reason;"
                                 "ALTER TABLE run_hosts DROP COLUMN before_known;"
                                 "ALTER TABLE run_hosts DROP COLUMN release_older;"
                                 "ALTER TABLE run_hosts DROP COLUMN state_before;"
                                 "ALTER TABLE runs DROP COLUMN rolled_back;"
                                 "ALTER TABLE runs DROP COLUMN rollbacks_failed;"
                                 "PRAGMA user_version = 2;";
    const struct place *p = *state;

    make_store(p);
    place_sql(p, second);
    place_sql(p, "ALTER TABLE host_states DROP COLUMN release_tried; PRAGMA user_version = 1;"
                 "INSERT INTO host_states VALUES ('e', 'h', 'r', 1, 1, 0, '', 'v1', '', '', '')");
    make_store(p);
    assert_int_equal(place_number(p->db, "PRAGMA user_version"), 5);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM host_states WHERE release = 'v1'"
                                         " AND release_tried = '' AND rollback = 0"),
                     1);
    place_sql(p, second);
    place_sql(p, "UPDATE host_states SET release_tried = 'v2'");
    make_store(p);
    assert_int_equal(place_number(p->db, "PRAGMA user_version"), 5);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM host_states WHERE release = 'v1'"
                                         " AND release_tried = 'v2' AND rollback = 0"),
                     1);
}

static void
test_refuses_a_newer_schema(void **state)
{
    const struct place *p = *state;

    make_store(p);
    place_sql(p, "PRAGMA user_version = 7");
    refused(p, "it has schema version 7, this program knows up to 5");
    assert_int_equal(place_number(p->db, "PRAGMA user_version"), 7);
}

static void
test_refuses_a_database_of_another_program(void **state)
{
    const struct place *p = *state;

    place_sql(p, "PRAGMA application_id = 1196444487; CREATE TABLE layers (x)");
    refused(p, "another program (application id 1196444487)");
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM sqlite_master"), 1);
}

static void
test_refuses_a_nameless_database_with_tables(void **state)
{
    const struct place *p = *state;

    place_sql(p, "CREATE TABLE cookies (x)");
    refused(p, "another program");
}

static void
test_refuses_a_file_that_is_no_database(void **state)
{
    const struct place *p = *state;
    const int fd = open(p->db, O_WRONLY | O_CREAT, 0600);
    static const char text[] = "Dear diary, today I was taken for a database. It was a long day.";

    for (int i = 0; i < 40; i++)
        assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
    close(fd);
    refused(p, "not a database");
}

/* fault 45: a link in the place of the store */
static void
test_refuses_a_symlink(void **state)
{
    const struct place *p = *state;
    char other[128];

    make_store(p);
    snprintf(other, sizeof(other), "%s/other.db", p->dir);
    assert_int_equal(rename(p->db, other), 0);
    assert_int_equal(symlink(other, p->db), 0);
    refused(p, "a symbolic link");
    assert_int_equal(unlink(p->db), 0);
    assert_int_equal(symlink("nowhere", p->db), 0);
    refused(p, "a symbolic link");
}

static void
test_refuses_a_planted_wal(void **state)
{
    const struct place *p = *state;
    char wal[128];

    make_store(p);
    snprintf(wal, sizeof(wal), "%s-wal", p->db);
    assert_int_equal(symlink("nowhere", wal), 0);
    refused(p, "a symbolic link");
}

static void
test_refuses_a_file_others_may_write(void **state)
{
    const struct place *p = *state;

    make_store(p);
    assert_int_equal(chmod(p->db, 0620), 0);
    refused(p, "mode 0620 lets others write it");
    assert_int_equal(chmod(p->db, 0602), 0);
    refused(p, "mode 0602 lets others write it");
    assert_int_equal(chmod(p->db, 0600), 0);
    make_store(p);
}

/* fault 45: the folder of the store */
static void
test_refuses_a_folder_everybody_may_write(void **state)
{
    const struct place *p = *state;

    make_store(p);
    assert_int_equal(chmod(p->dir, 0777), 0);
    refused(p, "lets everybody write it");
    assert_int_equal(chmod(p->dir, 0770), 0); /* a group's clone is fine */
    make_store(p);
}

/* fault 45: somebody else's store */
static void
test_refuses_a_foreign_file(void **state)
{
    const struct place *p = *state;

    if (geteuid() != 0)
        skip();
    make_store(p);
    assert_int_equal(chown(p->db, 65534, 65534), 0);
    refused(p, "owned by uid 65534");
}

/* Children that open the file and tell by their exit status; all at once, as far as can be. */
static void
open_at_once(const struct place *p)
{
    pid_t pids[6];
    int gate[2], status;
    char c;

    assert_int_equal(pipe(gate), 0);
    for (int i = 0; i < 6; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            struct err err = {0};
            struct store *s;
            close(gate[1]);
            (void)!read(gate[0], &c, 1); /* the gate opens by being closed */
            s = store_open(p->db, i % 3 == 2, &err);
            if (s == NULL)
                fprintf(stderr, "%s\n", err.text);
            store_close(s);
            _exit(s == NULL);
        }
    }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
}

static void
test_many_processes_may_make_the_file_at_once(void **state)
{
    static const char *const suffix[] = {"", "-wal", "-shm"};
    const struct place *p = *state;
    char name[128];

    for (int round = 0; round < 30; round++) {
        open_at_once(p);
        assert_int_equal(place_number(p->db, "PRAGMA user_version"), 5);
        for (int i = 0; i < 3; i++) {
            snprintf(name, sizeof(name), "%s%s", p->db, suffix[i]);
            unlink(name);
        }
    }
}

/* ---------------------------------------------------------------- commits */

static void
test_only_what_is_committed_stays(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j;

    assert_false(store_dirty(s));
    assert_int_equal(store_commit(s, NULL), 0);
    j = place_begin(s, "test", 2);
    assert_true(store_dirty(s));
    place_commit(s);
    assert_false(store_dirty(s));
    place_fact(j, FACT_CONNECTED, 0, -1);
    place_commit(s);
    place_fact(j, FACT_CONNECTED, 1, -1);
    journal_free(j);
    store_close(s);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM facts"), 1);
}

/* After a failure: no write, no commit, and a reopened file has what was committed before it. */
static void
check_dead(struct store *s, struct journal *j, const struct place *p)
{
    const struct fact f = {.kind = FACT_CONNECTED, .host = 1, .step = -1};
    struct err err = {0};

    assert_int_equal(journal_fact(j, 1, &f, NULL, &err), -1);
    assert_int_equal(err.kind, ERR_STORE);
    assert_non_null(strstr(err.text, "an earlier write failed"));
    assert_int_equal(store_commit(s, &err), -1);
    assert_false(store_dirty(s));
    journal_free(j);
    store_close(s);

    s = place_open(p);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM facts WHERE host = 0"), 1);
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM facts WHERE host = 1"), 0);
    j = place_begin(s, "test", 2);
    place_commit(s);
    journal_free(j);
    store_close(s);
}

static void
test_a_full_disk_kills_the_store_and_nothing_else(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 3);
    struct rlimit old, tight;
    struct err err = {0};
    char wal[128];
    struct stat st;

    place_fact(j, FACT_CONNECTED, 0, -1);
    place_commit(s);
    snprintf(wal, sizeof(wal), "%s-wal", p->db);
    assert_int_equal(stat(wal, &st), 0);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = (rlim_t)st.st_size + 100;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);

    place_fact(j, FACT_CONNECTED, 2, -1);
    assert_int_equal(store_commit(s, &err), -1);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(err.kind, ERR_STORE);
    assert_non_null(strstr(err.text, "cannot commit"));
    check_dead(s, j, p);
}

/* A transaction too large for the cache is written before its commit. */
static void
test_a_disk_that_fills_before_the_commit_kills_the_store_too(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 3);
    const struct fact f = {.kind = FACT_CONNECTED, .host = 2, .step = -1};
    struct rlimit old, tight;
    char *reason = malloc(100000);
    int rc = 0;

    memset(reason, 'x', 99999);
    reason[99999] = '\0';
    place_fact(j, FACT_CONNECTED, 0, -1);
    place_commit(s);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = 1000000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    for (int i = 0; i < 200 && rc == 0; i++)
        rc = journal_fact(j, 1, &f, reason, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(rc, -1);
    free(reason);
    check_dead(s, j, p);
}

static void
test_a_failed_fsync_is_never_retried(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 3);
    struct err err = {0};
    int syncs;

    place_fact(j, FACT_CONNECTED, 0, -1);
    place_commit(s);
    shim.fail_syncs = 1;
    place_fact(j, FACT_CONNECTED, 2, -1);
    assert_int_equal(store_commit(s, &err), -1);
    assert_int_equal(shim.fail_syncs, 0);
    assert_non_null(strstr(err.text, "cannot commit"));
    syncs = shim.syncs;
    assert_int_equal(store_commit(s, NULL), -1);
    assert_int_equal(journal_finish(j, 1, 1, 0, "", NULL), -1);
    journal_free(j);
    store_close(s);
    assert_int_equal(shim.syncs, syncs);
    /* What the sync was for may be there or not; what was acknowledged before is. */
    store_close(place_open(p));
    assert_int_equal(place_number(p->db, "SELECT count(*) FROM facts WHERE host = 0"), 1);
}

static void
copy_bytes(const char *from, const char *to, int64_t len)
{
    const int in = open(from, O_RDONLY);
    const int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    char piece[4096];
    ssize_t n;

    assert_true(in >= 0 && out >= 0);
    while (len > 0 && (n = read(in, piece, sizeof(piece))) > 0) {
        const ssize_t take = n < len ? n : (ssize_t)len;
        assert_int_equal(write(out, piece, (size_t)take), take);
        len -= take;
    }
    close(in);
    close(out);
}

/* The disk as a power loss leaves it: of the WAL only what was synced, then garbage. */
static void
lose_power(const struct place *p, const char *db, bool garbage)
{
    char from[128], to[128];

    copy_bytes(p->db, db, INT64_MAX);
    snprintf(from, sizeof(from), "%s-wal", p->db);
    snprintf(to, sizeof(to), "%s-wal", db);
    copy_bytes(from, to, shim.synced_wal_bytes);
    if (garbage) {
        const int fd = open(to, O_WRONLY | O_APPEND);
        char noise[5000];
        memset(noise, 0xa5, sizeof(noise));
        assert_int_equal(write(fd, noise, sizeof(noise)), sizeof(noise));
        close(fd);
    }
}

static void
test_acknowledged_facts_survive_a_power_loss(void **state)
{
    const struct place *p = *state;
    struct store *s = place_open(p);
    struct journal *j = place_begin(s, "test", 3);
    char db[128];

    place_commit(s);
    snprintf(db, sizeof(db), "%s/after.db", p->dir);
    for (int turn = 1; turn <= 40; turn++) {
        char expected[96];
        struct store *after;
        place_fact(j, FACT_CONNECTED, 0, turn);
        place_commit(s);
        lose_power(p, db, turn % 2 == 0);
        after = store_open(db, false, NULL);
        assert_non_null(after);
        snprintf(expected, sizeof(expected), "SELECT count(*) = %d FROM facts", turn);
        assert_int_equal(place_number(db, expected), 1);
        store_close(after);
    }
    journal_free(j);
    store_close(s);
}

#define SHIMMED(f) cmocka_unit_test_setup_teardown(f, shim_install, shim_uninstall)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLACED(test_makes_a_file_only_we_can_read),
        PLACED(test_makes_missing_folders_for_the_owner_alone),
        PLACED(test_a_missing_file_is_empty_when_only_read),
        PLACED(test_reads_beside_a_writer),
        PLACED(test_marks_the_file_as_ours),
        PLACED(test_an_older_file_is_brought_up),
        PLACED(test_refuses_a_newer_schema),
        PLACED(test_refuses_a_database_of_another_program),
        PLACED(test_refuses_a_nameless_database_with_tables),
        PLACED(test_refuses_a_file_that_is_no_database),
        PLACED(test_refuses_a_symlink),
        PLACED(test_refuses_a_planted_wal),
        PLACED(test_refuses_a_file_others_may_write),
        PLACED(test_refuses_a_folder_everybody_may_write),
        PLACED(test_refuses_a_foreign_file),
        PLACED(test_many_processes_may_make_the_file_at_once),
        PLACED(test_only_what_is_committed_stays),
        PLACED(test_a_full_disk_kills_the_store_and_nothing_else),
        PLACED(test_a_disk_that_fills_before_the_commit_kills_the_store_too),
        SHIMMED(test_a_failed_fsync_is_never_retried),
        SHIMMED(test_acknowledged_facts_survive_a_power_loss),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
