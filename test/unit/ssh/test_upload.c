/*
 * test_upload.c - the receiving text on real shells, fed as the reading side makes it.
 */
#include "ssh/upload.h"

#include "base/xalloc.h"
#include "ssh/become.h"
#include "unit/ssh/shell.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { LARGE = 8 * 1024 * 1024, WIRE_MAX = LARGE + (1 << 20) };

static const char nonce[] = "00112233445566778899aabbccddeeff";
static char folder[] = "/tmp/im-upload-XXXXXX";
static char dest[64];
static char source[64];

static const char *
command(void)
{
    static struct buf text;

    buf_release(&text);
    buf_init(&text, BECOME_COMMAND_MAX);
    become_command(&text, &(struct become){0}, STEP_UPLOAD);
    return text.data;
}

static int
setup(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    (void)snprintf(dest, sizeof(dest), "%s/de'st", folder);
    (void)snprintf(source, sizeof(source), "%s/source", folder);
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    (void)unlink(dest);
    (void)unlink(source);
    return rmdir(folder);
}

static void
write_file(const char *path, const char *bytes, size_t len)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    (void)close(fd);
}

static void
assert_file(const char *path, const char *bytes, size_t len)
{
    char *got = xcalloc(len + 2, 1);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, len + 1), (ssize_t)len);
    assert_memory_equal(got, bytes, len);
    (void)close(fd);
    free(got);
}

/* Nothing but source and dest may be left. */
static void
assert_no_part_file(void)
{
    DIR *d = opendir(folder);
    const struct dirent *e;

    assert_non_null(d);
    while ((e = readdir(d)) != NULL) {
        assert_null(strstr(e->d_name, ".part"));
    }
    (void)closedir(d);
}

static void
header(struct buf *wire, int64_t size)
{
    const struct upload_request r = {.nonce = nonce, .dest = dest, .mode = 0640, .size = size};
    struct err err;

    buf_init(wire, WIRE_MAX);
    assert_int_equal(upload_build(wire, &r, &err), 0);
}

static struct upload *
open_source(int64_t size)
{
    const int fd = open(source, O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    return upload_new(fd, size);
}

static void
make_wire(struct buf *wire, int64_t size)
{
    struct upload *u = open_source(size);

    header(wire, size);
    while (upload_read(u, wire, 1000) > 0) {}
    assert_string_equal(upload_note(u), "");
    upload_free(u);
}

static void
test_puts_the_file_in_place_with_its_mode(void **state)
{
    static const size_t sizes[] = {0, 1, 65, 4096, 65536, 300001};
    static struct shell_result r;
    static char bytes[300001];
    struct stat st;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (char)(i * 7 + i / 251);
    }
    for (int shell = 0; shell < SHELLS; shell++) {
        for (size_t i = 0; shell_here(shell) && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            struct buf wire;
            write_file(source, bytes, sizes[i]);
            write_file(dest, "old", 3);
            make_wire(&wire, (int64_t)sizes[i]);
            shell_run(shell, command(), wire.data, wire.len, &r);
            assert_int_equal(r.status, 0);
            assert_file(dest, bytes, sizes[i]);
            assert_int_equal(stat(dest, &st), 0);
            assert_int_equal(st.st_mode & 07777, 0640);
            assert_no_part_file();
            buf_release(&wire);
        }
    }
}

/* fault 8: an upload that is cut leaves the old file */
/* fault 46: the target is whole */
static void
test_keeps_the_old_file_when_cut_at_any_byte(void **state)
{
    static struct shell_result r;
    struct buf wire;

    (void)state;
    write_file(source, "new\n", 4);
    write_file(dest, "old", 3);
    make_wire(&wire, 4);
    for (int shell = 0; shell < SHELLS; shell++) {
        for (size_t cut = 0; shell_here(shell) && cut < wire.len; cut += cut < 1370 ? 29 : 1) {
            shell_run(shell, command(), wire.data, cut, &r);
            assert_int_not_equal(r.status, 0);
            assert_file(dest, "old", 3);
            assert_no_part_file();
        }
    }
    buf_release(&wire);
}

static void
refused(const char *prefix, const char *wire, size_t len, int code, const char *text)
{
    static struct shell_result r;
    char words[8192];

    for (int shell = 0; shell < SHELLS; shell++) {
        if (!shell_here(shell)) {
            continue;
        }
        /* shell_run replaces the first words, so the limit goes inside the text of -c */
        (void)snprintf(words, sizeof(words), "exec /bin/sh -c '%s%s", prefix,
                       command() + strlen("exec /bin/sh -c '"));
        shell_run(shell, words, wire, len, &r);
        assert_int_equal(WEXITSTATUS(r.status), code);
        if (strstr(r.out, text) == NULL) {
            fail_msg("expected \"%s\" in \"%s\"", text, r.out);
        }
        assert_file(dest, "old", 3);
        assert_no_part_file();
    }
}

/* fault 46: bytes change on the way */
static void
test_refuses_bytes_that_do_not_match_their_hash(void **state)
{
    struct buf wire;

    (void)state;
    write_file(source, "new\n", 4);
    write_file(dest, "old", 3);
    make_wire(&wire, 4);
    wire.data[wire.len - 67] ^= 1;
    refused("", wire.data, wire.len, 74, "hash mismatch: sent ");
    buf_release(&wire);
}

/* An openssl that only says that it was asked: the file is in place nevertheless. */
static void
test_asks_openssl_first_about_large_files_and_does_not_depend_on_it(void **state)
{
    static const struct {
        size_t size;
        bool asked;
    } rows[] = {{LARGE - 1, false}, {LARGE, true}};
    static struct shell_result r;
    char mark[sizeof(folder) + 16];
    char words[8192];
    char *bytes = xcalloc(LARGE, 1);

    (void)state;
    (void)snprintf(mark, sizeof(mark), "%s/asked", folder);
    (void)snprintf(words, sizeof(words), "exec /bin/sh -c 'openssl(){ : >%s;echo 0 x;};%s", mark,
                   command() + strlen("exec /bin/sh -c '"));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf wire;
        write_file(source, bytes, rows[i].size);
        make_wire(&wire, (int64_t)rows[i].size);
        for (int shell = 0; shell < SHELLS; shell++) {
            if (!shell_here(shell)) {
                continue;
            }
            write_file(dest, "old", 3);
            shell_run(shell, words, wire.data, wire.len, &r);
            assert_int_equal(r.status, 0);
            assert_file(dest, bytes, rows[i].size);
            assert_int_equal(unlink(mark) == 0, rows[i].asked);
        }
        buf_release(&wire);
    }
    free(bytes);
}

static void
test_refuses_a_large_file_that_does_not_match_its_hash(void **state)
{
    struct buf wire;
    char *bytes = xcalloc(LARGE, 1);

    (void)state;
    write_file(source, bytes, LARGE);
    write_file(dest, "old", 3);
    make_wire(&wire, LARGE);
    wire.data[wire.len - 67] ^= 1;
    refused("", wire.data, wire.len, 74, "hash mismatch: sent ");
    buf_release(&wire);
    free(bytes);
}

/* fault 28: disk full */
static void
test_says_that_the_disk_is_full(void **state)
{
    static char bytes[100000];
    struct buf wire;

    (void)state;
    write_file(source, bytes, sizeof(bytes));
    write_file(dest, "old", 3);
    make_wire(&wire, sizeof(bytes));
    refused("ulimit -f 8;", wire.data, wire.len, 74, "cannot be written");
    buf_release(&wire);
}

static void
test_says_that_no_hash_tool_is_there(void **state)
{
    struct buf wire;

    (void)state;
    write_file(source, "new\n", 4);
    write_file(dest, "old", 3);
    make_wire(&wire, 4);
    if (system("busybox true 2>/dev/null") != 0) { /* busybox sh has its own sha256sum */
        refused("PATH=/nonexistent;rm(){ :;};", wire.data, wire.len, 69, "cannot verify");
    }
    buf_release(&wire);
}

static void
test_refuses_a_folder(void **state)
{
    struct buf wire;
    char saved[sizeof(dest)];

    (void)state;
    write_file(source, "new\n", 4);
    write_file(dest, "old", 3);
    memcpy(saved, dest, sizeof(dest));
    (void)snprintf(dest, sizeof(dest), "%s", folder);
    make_wire(&wire, 4);
    memcpy(dest, saved, sizeof(dest));
    refused("", wire.data, wire.len, 73, "is a directory");
    buf_release(&wire);
}

static void
test_says_that_the_folder_it_goes_into_is_not_there(void **state)
{
    struct buf wire;
    char saved[sizeof(dest)];
    char text[sizeof(folder) + 64];

    (void)state;
    write_file(source, "new\n", 4);
    write_file(dest, "old", 3);
    memcpy(saved, dest, sizeof(dest));
    (void)snprintf(dest, sizeof(dest), "%s/none/x", folder);
    make_wire(&wire, 4);
    memcpy(dest, saved, sizeof(dest));
    (void)snprintf(text, sizeof(text), "%s/none/x: there is no folder %s/none\n", folder, folder);
    refused("", wire.data, wire.len, 73, text);
    buf_release(&wire);
}

/* fault 46: the source changes while it is sent */
static void
test_notices_a_source_that_changes(void **state)
{
    static const struct {
        const char *now;
        size_t len;
        const char *note;
    } rows[] = {
        {"short", 5, "the source file became shorter while it was sent"},
        {"longer than before", 18, "the source file became longer while it was sent"},
        {"0123456789", 10, "the source file was changed while it was sent"},
    };
    static const struct timespec past[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    struct buf out;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_file(source, "9876543210", 10);
        assert_int_equal(utimensat(AT_FDCWD, source, past, 0), 0);
        struct upload *u = open_source(10);
        write_file(source, rows[i].now, rows[i].len);
        buf_init(&out, WIRE_MAX);
        while (upload_read(u, &out, 4) > 0) {}
        assert_string_equal(upload_note(u), rows[i].note);
        assert_true(out.len <= 10); /* no trailer: the target refuses it */
        upload_free(u);
        buf_release(&out);
    }
}

static void
test_refuses_a_bad_dest(void **state)
{
    static const char *const rows[] = {"", "relative", "/folder/", "/a\nb", "/a\x7f"};
    struct buf out;
    struct err err;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct upload_request r = {.nonce = nonce, .dest = rows[i]};
        buf_init(&out, UPLOAD_HEADER_MAX);
        assert_int_equal(upload_build(&out, &r, &err), -1);
        assert_int_equal(out.len, 0);
        buf_release(&out);
    }
}

/* ---------------------------------------------------------------- folders */

static void
sh(const char *fmt, ...)
{
    char script[1000];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(script, sizeof(script), fmt, ap);
    va_end(ap);
    if (system(script) != 0) {
        fail_msg("failed: %s", script);
    }
}

static void
remove_tree(void)
{
    sh("rm -rf '%s'/de* '%s'/.[0-9]*", folder, folder);
}

static void
make_archive_wire(struct buf *wire)
{
    struct upload_request r = {.nonce = nonce, .dest = dest, .unpack = UNPACK_TAR};
    struct stat st;
    struct err err;

    sh("cd '%s' && rm -rf t && mkdir t t/sub && echo one >t/a && echo two >t/sub/b && "
       "chmod 750 t/sub && ln -s a t/link && tar -cf source -C t . && rm -r t",
       folder);
    assert_int_equal(stat(source, &st), 0);
    r.size = st.st_size;
    buf_init(wire, WIRE_MAX);
    assert_int_equal(upload_build(wire, &r, &err), 0);
    struct upload *u = open_source(r.size);
    while (upload_read(u, wire, 1000) > 0) {}
    upload_free(u);
}

static void
assert_nothing_beside(void)
{
    sh("! ls -A '%s' | grep -v -e '^source$' -e '^de' | grep -q .", folder);
}

static void
test_unpacks_an_archive_beside_and_swaps_it_in(void **state)
{
    static const char *const before[] = {
        "true",                                 /* nothing there */
        "mkdir \"$D\" && echo old >\"$D/old\"", /* a release that goes */
        "mkdir \"$D\" && chmod 500 \"$D\"",
    };
    static struct shell_result r;
    struct buf wire;

    (void)state;
    remove_tree();
    make_archive_wire(&wire);
    for (int shell = 0; shell < SHELLS; shell++) {
        for (size_t i = 0; shell_here(shell) && i < sizeof(before) / sizeof(before[0]); i++) {
            sh("D=\"%s\"; %s", dest, before[i]);
            shell_run(shell, command(), wire.data, wire.len, &r);
            if (r.status != 0) {
                fail_msg("%s, row %zu: %s", shells[shell][0], i, r.out);
            }
            sh("cd \"%s\" && [ \"$(cat a sub/b)\" = \"$(printf 'one\\ntwo')\" ] && "
               "[ \"$(readlink link)\" = a ] && [ ! -e old ]",
               dest);
            assert_nothing_beside();
            remove_tree();
        }
    }
    buf_release(&wire);
}

static void
test_a_folder_stays_whole_when_the_archive_is_cut_or_broken(void **state)
{
    static struct shell_result r;
    struct buf wire;

    (void)state;
    remove_tree();
    make_archive_wire(&wire);
    sh("D=\"%s\"; mkdir \"$D\" && echo old >\"$D/old\"", dest);
    for (int shell = 0; shell < SHELLS; shell++) {
        for (size_t cut = 0; shell_here(shell) && cut < wire.len; cut += 463) {
            shell_run(shell, command(), wire.data, cut, &r);
            assert_int_not_equal(r.status, 0);
            sh("[ \"$(ls -A \"%s\")\" = old ]", dest);
            assert_nothing_beside();
        }
        /* Whole and verified, but no archive. */
        struct buf bad;
        struct upload_request q = {.nonce = nonce, .dest = dest, .size = 9, .unpack = UNPACK_TAR};
        struct err err;
        write_file(source, "no archiv", 9);
        buf_init(&bad, WIRE_MAX);
        assert_int_equal(upload_build(&bad, &q, &err), 0);
        struct upload *u = open_source(9);
        while (upload_read(u, &bad, 1000) > 0) {}
        upload_free(u);
        shell_run(shell, command(), bad.data, bad.len, &r);
        assert_int_equal(WEXITSTATUS(r.status), 74);
        assert_non_null(strstr(r.out, "cannot be unpacked"));
        sh("[ \"$(ls -A \"%s\")\" = old ]", dest);
        assert_nothing_beside();
        buf_release(&bad);
    }
    remove_tree();
    buf_release(&wire);
}

static void
test_a_link_or_a_file_in_the_place_of_a_folder_stays(void **state)
{
    static const char *const before[] = {"echo file >\"$D\"", "ln -s /nonexistent \"$D\"",
                                         "mkdir \"${D}2\" && ln -s \"${D}2\" \"$D\""};
    static struct shell_result r;
    struct buf wire;

    (void)state;
    remove_tree();
    make_archive_wire(&wire);
    for (int shell = 0; shell < SHELLS; shell++) {
        for (size_t i = 0; shell_here(shell) && i < sizeof(before) / sizeof(before[0]); i++) {
            sh("D=\"%s\"; %s", dest, before[i]);
            shell_run(shell, command(), wire.data, wire.len, &r);
            assert_int_equal(WEXITSTATUS(r.status), 73);
            sh("D=\"%s\"; [ -L \"$D\" ] || [ -f \"$D\" ]", dest);
            assert_nothing_beside();
            remove_tree();
        }
    }
    buf_release(&wire);
}

static void
test_a_guard_skips_an_upload_before_it_is_written(void **state)
{
    static const struct {
        const char *guard;
        bool skips;
    } rows[] = {
        {"true", true},
        {"false", false},
        {"cd /\nif [ -d . ]\nthen true\nelse false\nfi\n", true},
        {"x='it'\"'\"'s\n'\n[ \"$x\" = y ]", false},
    };
    static struct shell_result r;

    (void)state;
    for (int shell = 0; shell < SHELLS; shell++) {
        for (size_t i = 0; shell_here(shell) && i < sizeof(rows) / sizeof(rows[0]); i++) {
            struct upload_request q = {.nonce = nonce,
                                       .dest = dest,
                                       .mode = 0600,
                                       .size = 4,
                                       .guard = rows[i].guard,
                                       .guard_len = strlen(rows[i].guard)};
            struct buf wire;
            struct err err;
            write_file(source, "new\n", 4);
            write_file(dest, "old", 3);
            buf_init(&wire, WIRE_MAX);
            assert_int_equal(upload_build(&wire, &q, &err), 0);
            struct upload *u = open_source(4);
            while (upload_read(u, &wire, 1000) > 0) {}
            upload_free(u);
            shell_run(shell, command(), wire.data, wire.len, &r);
            if (r.status != 0 || (strstr(r.out, " SKIPPED\n") != NULL) != rows[i].skips) {
                fail_msg("%s, row %zu: %s", shells[shell][0], i, r.out);
            }
            assert_file(dest, rows[i].skips ? "old" : "new\n", rows[i].skips ? 3 : 4);
            assert_no_part_file();
            buf_release(&wire);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_puts_the_file_in_place_with_its_mode),
        cmocka_unit_test(test_keeps_the_old_file_when_cut_at_any_byte),
        cmocka_unit_test(test_refuses_bytes_that_do_not_match_their_hash),
        cmocka_unit_test(test_asks_openssl_first_about_large_files_and_does_not_depend_on_it),
        cmocka_unit_test(test_refuses_a_large_file_that_does_not_match_its_hash),
        cmocka_unit_test(test_says_that_the_disk_is_full),
        cmocka_unit_test(test_says_that_no_hash_tool_is_there),
        cmocka_unit_test(test_refuses_a_folder),
        cmocka_unit_test(test_says_that_the_folder_it_goes_into_is_not_there),
        cmocka_unit_test(test_notices_a_source_that_changes),
        cmocka_unit_test(test_refuses_a_bad_dest),
        cmocka_unit_test(test_unpacks_an_archive_beside_and_swaps_it_in),
        cmocka_unit_test(test_a_folder_stays_whole_when_the_archive_is_cut_or_broken),
        cmocka_unit_test(test_a_link_or_a_file_in_the_place_of_a_folder_stays),
        cmocka_unit_test(test_a_guard_skips_an_upload_before_it_is_written),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
