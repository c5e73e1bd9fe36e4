/*
 * fuzz.h - what the fuzz targets share.
 *
 * A target is one file fuzz_<name>.c with LLVMFuzzerTestOneInput (libFuzzer); its corpus is
 * corpus/<name>/.  A failed FUZZ_CHECK is a finding like a crash.  Targets own nothing between two
 * inputs but what they made for all of them.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define FUZZ_CHECK(cond)                                                                           \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #cond);               \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A file in memory that holds the input, for code that reads paths.  ret_path is good until the
 * next call. */
static inline const char *
fuzz_file(const uint8_t *bytes, size_t len)
{
    static char path[40];
    static int fd = -1;

    if (fd < 0) {
        fd = memfd_create("input", MFD_CLOEXEC);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    FUZZ_CHECK(fd >= 0 && ftruncate(fd, 0) == 0);
    FUZZ_CHECK(pwrite(fd, bytes, len, 0) == (ssize_t)len);
    return path;
}

/* The input as text: without its NULs, with one at the end; the caller's. */
static inline char *
fuzz_text(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len + 1);
    size_t used = 0;

    FUZZ_CHECK(text != NULL);
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != '\0') {
            text[used++] = (char)bytes[i];
        }
    }
    text[used] = '\0';
    return text;
}

#endif
