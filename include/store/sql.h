/*
 * sql.h - statements, transactions and the life of a store; for src/store alone.
 *
 * Owns the connection and the cache of prepared statements.  Every write begins the transaction if
 * none is open; a write or commit that fails makes the store dead, for good.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "base/err.h"
#include "base/strv.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

enum { SQL_CACHE = 32 };

struct store {
    struct sqlite3 *db; /* owned */
    char *path;         /* owned */
    bool read_only;
    bool dirty; /* a transaction is open */
    bool dead;  /* a write or a commit failed: nothing is written any more */
    struct strv live;
    size_t cached;
    struct {
        const char *text;          /* borrowed: a constant, its address is the key */
        struct sqlite3_stmt *stmt; /* owned */
    } cache[SQL_CACHE];
};

/* Set err from the connection: "PATH: WHAT: text of SQLite"; returns -1. */
int sql_error(const struct store *s, const char *what, struct err *err);

/* Run statements that return nothing, outside of the transaction handling. */
int sql_exec(struct store *s, const char *text, struct err *err);

/* One number, for pragmas and counts. */
int sql_number(struct store *s, const char *text, int64_t *ret_number, struct err *err);

/* A cached statement that writes, ready to be bound; begins the transaction.  text is a constant.
 */
struct sqlite3_stmt *sql_write(struct store *s, const char *text, struct err *err);

/* Carry out what sql_write gave. */
int sql_run(struct store *s, struct sqlite3_stmt *stmt, struct err *err);

/* A statement that reads; the caller finalizes it (NULL is fine there). */
struct sqlite3_stmt *sql_read(struct store *s, const char *text, struct err *err);

/* 1: a row; 0: the end; -1: failed. */
int sql_row(struct store *s, struct sqlite3_stmt *stmt, struct err *err);

/* Bind count numbers to the parameters from first on. */
void sql_ints(struct sqlite3_stmt *stmt, int first, const int64_t *values, int count);
/* Borrowed until the statement has run; NULL binds NULL. */
void sql_text(struct sqlite3_stmt *stmt, int index, const char *text);

/* Column values; the text is owned by the caller, "" for NULL. */
char *sql_column_text(struct sqlite3_stmt *stmt, int column);
/* fallback for NULL */
int64_t sql_column_int(struct sqlite3_stmt *stmt, int column, int64_t fallback);

/* Roll back and refuse every later write. */
void sql_die(struct store *s);

/* Bring an empty or older file to the schema of this program; refuse a newer or foreign one. */
int schema_check(struct store *s, struct err *err);
int schema_migrate(struct store *s, struct err *err);
/* The schema version this program writes. */
int schema_version(void);

#endif
