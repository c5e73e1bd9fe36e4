/*
 * test_bundle.c - the same folder gives the same bytes, tar reads them, and nothing leads out.
 */
#include "app/bundle.h"

#include "base/xalloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/im-bundle-XXXXXX";

static int
setup(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) < 0 ? -1 : 0;
}

static int
sh(const char *script)
{
    return system(script);
}

static int
teardown(void **state)
{
    char text[80];

    (void)state;
    (void)snprintf(text, sizeof(text), "chmod -R u+rwx '%s'; rm -rf '%s'", folder, folder);
    return sh(text);
}

static void
must(const char *script)
{
    if (sh(script) != 0) {
        fail_msg("failed: %s", script);
    }
}

static const char *
digest_of(const char *path, char ret_hex[HASH_SHA256_HEX])
{
    struct bundles *b = bundles_new(folder);
    struct err err = {0};
    const struct bundle *made = bundles_get(b, path, &err);

    if (made == NULL) {
        fail_msg("%s", err.text);
    }
    memcpy(ret_hex, made->sha256, HASH_SHA256_HEX);
    bundles_free(b);
    return ret_hex;
}

static void
write_out(const struct bundles *b, const char *path, const char *to)
{
    struct err err = {0};
    char bytes[4096];
    const int fd = bundles_open(b, path, &err);
    FILE *f = fopen(to, "we");
    ssize_t n;

    assert_true(fd >= 0 && f != NULL);
    while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
        assert_int_equal(fwrite(bytes, 1, (size_t)n, f), n);
    }
    assert_int_equal(fclose(f), 0);
    (void)close(fd);
}

static void
test_every_tar_here_unpacks_what_was_there(void **state)
{
    static const char *const tars[] = {"tar", "busybox tar"};
    struct err err = {0};

    (void)state;
    must("mkdir -p a/empty a/deep/er && printf hello >a/hello && head -c 200000 /dev/zero "
         ">a/deep/big "
         "&& ln -s hello a/link && ln -s ../hello a/deep/up && ln a/hello a/hard && chmod 700 "
         "a/deep "
         "&& chmod 755 a/hello && touch \"a/$(printf 'new\\nline')\" \"a/$(printf 'b\\374')\" && "
         "touch a/$(printf '%0200d' 7)");
    struct bundles *b = bundles_new(folder);
    const struct bundle *made = bundles_get(b, "a", &err);
    if (made == NULL) {
        fail_msg("%s", err.text);
    }
    assert_ptr_equal(made, bundles_get(b, "a", &err)); /* once */
    for (int i = 0; i < 2; i++) {                      /* each reader begins at the beginning */
        char script[600];
        write_out(b, "a", "a.tar");
        (void)snprintf(
            script, sizeof(script),
            "rm -rf out && mkdir out && %s -xof a.tar -C out && diff -r a out && "
            "[ \"$(cd out && find . | sort | cksum)\" = \"$(cd a && find . | sort | "
            "cksum)\" ] && [ \"$(readlink out/link)\" = hello ] && [ $(stat -c %%s a.tar) "
            "= %lld ] && sha256sum a.tar | grep -q %s && [ $(stat -c %%a out/deep) = 700 ] "
            "&& [ $(stat -c %%Y out/hello) = $(stat -c %%Y a/hello) ]",
            tars[i], (long long)made->size, made->sha256);
        if (i == 0 || sh("command -v busybox >/dev/null") == 0) {
            must(script);
        }
    }
    bundles_free(b);
}

static void
test_the_same_folder_gives_the_same_bytes(void **state)
{
    char first[HASH_SHA256_HEX];
    char again[HASH_SHA256_HEX];

    (void)state;
    must("mkdir s && for i in 3 1 2 10; do echo $i >s/f$i; done && touch -d @1000 s/f* && "
         "touch -d @1000 s");
    (void)digest_of("s", first);
    /* Made in another order, read from another place, by another name. */
    must("mkdir -p t/s && for i in 10 2 1 3; do echo $i >t/s/f$i; done && touch -d @1000 t/s/f* && "
         "touch -d @1000 t/s");
    assert_string_equal(digest_of("t/s", again), first);
    must("touch -d @1001 t/s/f1");
    assert_string_not_equal(digest_of("t/s", again), first);
    must("touch -d @1000 t/s/f1 && chmod +x t/s/f1");
    assert_string_not_equal(digest_of("t/s", again), first);
}

static void
test_refuses_what_cannot_be_sent(void **state)
{
    static const struct {
        const char *make;
        const char *text;
    } rows[] = {
        {"ln -s /etc/passwd x/l", "x/l: a link that leads out of the folder"},
        {"ln -s ../y x/l", "x/l: a link that leads out of the folder"},
        {"mkdir x/d && ln -s ../../y x/d/l", "x/d/l: a link that leads out of the folder"},
        {"ln -s . x/b && ln -s b/.. x/l", "x/l: a link that leads out of the folder"},
        {"mkfifo x/p", "x/p: only files, folders and links can be sent"},
        {"d=x; i=0; while [ $i -lt 70 ]; do d=$d/d; i=$((i+1)); done; mkdir -p $d",
         "folders are nested too deep"},
        {"rmdir x", "x: No such file or directory"},
        {"rmdir x && touch x", "x: Not a directory"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bundles *b = bundles_new(folder);
        struct err err = {0};
        char script[300];
        (void)snprintf(script, sizeof(script), "rm -rf x && mkdir x && %s", rows[i].make);
        must(script);
        assert_null(bundles_get(b, "x", &err));
        assert_int_equal(err.kind, ERR_CONFIG);
        if (strstr(err.text, rows[i].text) == NULL) {
            fail_msg("row %zu: %s", i, err.text);
        }
        assert_int_equal(bundles_open(b, "x", &err), -1);
        bundles_free(b);
    }
}

static void
test_links_that_stay_inside_are_kept(void **state)
{
    char hex[HASH_SHA256_HEX];

    (void)state;
    must("mkdir -p k/a/b && ln -s nowhere k/l && ln -s ../../l k/a/b/l && ln -s a/../a k/again && "
         "ln -s . k/self && ln -s .. k/a/up");
    (void)digest_of("k", hex);
}

static void
test_leaves_no_file_behind(void **state)
{
    char hex[HASH_SHA256_HEX];

    (void)state;
    must("rm -rf n && mkdir -p n/f n/var && echo 1 >n/f/1");
    struct bundles *b = bundles_new("n/var");
    struct err err = {0};
    assert_non_null(bundles_get(b, "n/f", &err));
    must("[ -z \"$(ls -A n/var)\" ]");
    bundles_free(b);
    (void)digest_of("n/f", hex);
    b = bundles_new("n/none");
    assert_null(bundles_get(b, "n/f", &err));
    assert_int_equal(err.kind, ERR_IO);
    bundles_free(b);
}

static void
test_without_a_place_it_is_measured_and_not_kept(void **state)
{
    struct err err = {0};
    char hex[HASH_SHA256_HEX];

    (void)state;
    must("rm -rf m && mkdir -p m/sub && echo 1 >m/1 && ln -s 1 m/link && echo 2 >m/sub/2");
    struct bundles *b = bundles_new(NULL);
    const struct bundle *made = bundles_get(b, "m", &err);
    assert_non_null(made);
    assert_int_equal(made->files, 3);
    assert_string_equal(made->sha256, digest_of("m", hex));
    assert_true(made->size > 0);
    assert_int_equal(bundles_open(b, "m", &err), -1);
    must("ln -s /etc/passwd m/out");
    bundles_free(b);
    b = bundles_new(NULL);
    assert_null(bundles_get(b, "m", &err));
    assert_int_equal(err.kind, ERR_CONFIG);
    bundles_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_tar_here_unpacks_what_was_there),
        cmocka_unit_test(test_the_same_folder_gives_the_same_bytes),
        cmocka_unit_test(test_refuses_what_cannot_be_sent),
        cmocka_unit_test(test_links_that_stay_inside_are_kept),
        cmocka_unit_test(test_leaves_no_file_behind),
        cmocka_unit_test(test_without_a_place_it_is_measured_and_not_kept),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
