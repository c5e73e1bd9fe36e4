/*
 * store.c - opens and closes the SQLite file.
 *
 * Decides which file is fit to be trusted and how durable a commit is (WAL, synchronous=FULL).
 * Owns the connection.  Never follows a symlink, never opens a file that others may write, never
 * commits on its own.
 */
#include "store/store.h"

#include "base/xalloc.h"
#include "store/files.h"
#include "store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Another run's transaction is one turn long. */
enum { BUSY_MS_MAX = 5000, BUSY_NAP_MS = 5 };

static int
as_store_error(struct err *err)
{
    if (err != NULL) {
        err->kind = ERR_STORE;
    }
    return -1;
}

static int
check_folder(const char *path, bool create, struct err *err)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash == NULL   ? xstrdup(".")
                : slash == path ? xstrdup("/")
                                : xstrndup(path, (size_t)(slash - path));
    const int fd = files_dir_open(dir, create, err);

    free(dir);
    if (fd < 0) {
        return -1;
    }
    close(fd);
    return 0;
}

/* lstat, not open: closing a second descriptor of the file would drop SQLite's locks in this
 * process.  Nobody can swap the file in between, as the folder was checked. */
static int
check_file(const char *path, bool *ret_exists, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) == 0) {
        *ret_exists = true;
        return files_check(&st, path, err);
    }
    if (errno != ENOENT && errno != ENOTDIR) {
        return err_set(err, ERR_STORE, "%s: %s", path, strerror(errno));
    }
    *ret_exists = false;
    return 0;
}

static int
create_file(const char *path, struct err *err)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        return errno == EEXIST
                   ? 0
                   : err_set(err, ERR_STORE, "%s: cannot be made: %s", path, strerror(errno));
    }
    close(fd);
    return 0;
}

/* Make sure of the file and its two companions; *ret_exists false only for read_only. */
static int
check_place(const char *path, bool read_only, bool *ret_exists, struct err *err)
{
    static const char *const companions[] = {"-wal", "-shm"};
    int rc = 0;

    if (check_file(path, ret_exists, err) != 0) {
        return as_store_error(err);
    }
    if (!*ret_exists && read_only) {
        return 0;
    }
    if (check_folder(path, !read_only, err) != 0) {
        return as_store_error(err);
    }
    if (!*ret_exists && create_file(path, err) != 0) {
        return -1;
    }
    *ret_exists = true;
    for (size_t i = 0; rc == 0 && i < sizeof(companions) / sizeof(companions[0]); i++) {
        bool ignored;
        char *name = xasprintf("%s%s", path, companions[i]);
        rc = check_file(name, &ignored, err);
        free(name);
    }
    return rc == 0 ? 0 : as_store_error(err);
}

/* One try; SQLITE_ROW and the mode it now has, or another code. */
static int
try_wal(struct store *s, bool *ret_is_wal)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL);

    if (rc == SQLITE_OK) {
        rc = sqlite3_step(stmt);
    }
    if (rc == SQLITE_ROW) {
        *ret_is_wal = strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
    }
    sqlite3_finalize(stmt);
    return rc;
}

/* The change of a new file to WAL does not heed the busy timeout, so two programs that make it at
 * once would refuse each other. */
static int
set_wal(struct store *s, struct err *err)
{
    bool is_wal = false;
    int rc = try_wal(s, &is_wal);

    for (int waited_ms = 0; (rc & 0xff) == SQLITE_BUSY && waited_ms < BUSY_MS_MAX;
         waited_ms += BUSY_NAP_MS) {
        sqlite3_sleep(BUSY_NAP_MS);
        rc = try_wal(s, &is_wal);
    }
    if (rc != SQLITE_ROW) {
        return sql_error(s, "cannot be used", err);
    }
    if (!is_wal) {
        return err_set(err, ERR_STORE, "%s: this file system cannot keep a write-ahead log",
                       s->path);
    }
    return 0;
}

static int
set_up(struct store *s, bool on_disk, struct err *err)
{
    sqlite3_busy_timeout(s->db, BUSY_MS_MAX);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* Before anything is written to it: it may not be ours. */
    if (schema_check(s, err) != 0) {
        return -1;
    }
    if (on_disk && set_wal(s, err) != 0) {
        return -1;
    }
    /* Debian's SQLite writes zeros over every page of a run that is forgotten; no secret is in it.
     */
    if (sql_exec(s,
                 "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST",
                 err) != 0) {
        return -1;
    }
    if (schema_migrate(s, err) != 0) {
        return -1;
    }
    return s->read_only ? sql_exec(s, "PRAGMA query_only = ON", err) : 0;
}

/* path: for messages. */
static struct store *
open_it(const char *path, bool on_disk, bool read_only, struct err *err)
{
    struct store *s = xcalloc(1, sizeof(*s));

    s->path = xstrdup(path);
    s->read_only = read_only;
    /* Read-only too: WAL needs its shared memory, and an older schema must be brought up. */
    if (sqlite3_open_v2(on_disk ? path : ":memory:", &s->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                        NULL) != SQLITE_OK) {
        sql_error(s, "cannot be opened", err);
        goto fail;
    }
    if (set_up(s, on_disk, err) != 0) {
        goto fail;
    }
    return s;
fail:
    store_close(s);
    return NULL;
}

struct store *
store_open(const char *path, bool read_only, struct err *err)
{
    bool exists = false;

    return check_place(path, read_only, &exists, err) != 0 ? NULL
                                                           : open_it(path, exists, read_only, err);
}

struct store *
store_memory(struct err *err)
{
    return open_it("(memory)", false, false, err);
}

void
store_close(struct store *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->cached; i++) {
        sqlite3_finalize(s->cache[i].stmt);
    }
    if (s->dirty) {
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    }
    sqlite3_close_v2(s->db);
    strv_clear(&s->live);
    free(s->path);
    free(s);
}
