/*
 * test_tls.c - HTTPS: whose certificate is believed, what is said when it is not.
 *
 * Certificates are made with openssl(1) and served by `openssl s_server`; without the command these
 * tests are skipped, loudly.
 */
#include "unit/probe/rig.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static struct zygote *zygote;
static char folder[64]; /* with the certificates; empty: no openssl */

static const char make_certificates[] =
    "set -eu; cd \"$1\"; exec >log 2>&1\n"
    "key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'\n"
    "ca() { openssl req -x509 $key -days 30 -subj \"/CN=$1\" -keyout \"$1.key\" -out \"$1.pem\"; "
    "}\n"
    "leaf() {\n"
    "  openssl req $key -subj \"/CN=$1\" -keyout \"$1.key\" -out \"$1.csr\"\n"
    "  printf 'subjectAltName=DNS:good.test,IP:127.0.0.1\\n' >\"$1.ext\"\n"
    "  openssl x509 -req -in \"$1.csr\" -CA one.pem -CAkey one.key -CAcreateserial -days \"$2\" "
    "\\\n"
    "    -extfile \"$1.ext\" -out \"$1.pem\"\n"
    "}\n"
    "ca one; ca two; leaf good 30; leaf old -1; ca self\n"
    "echo nonsense >nonsense.pem\n";

/* Run a program to its end; its exit code. */
static int
run(const char *const *argv)
{
    int status = -1;
    const pid_t pid = fork();

    if (pid == 0) {
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *
in_folder(const char *name, char path[128])
{
    (void)snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

struct child {
    pid_t pid;
    int port;
};

/* Start a server that prints its port at the end of a line with `sign`. */
static struct child
serve(const char *const *argv, const char *sign)
{
    struct child c = {0};
    char line[256];
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    c.pid = fork();
    if (c.pid == 0) {
        const int null = open("/dev/null", O_RDWR);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(null, 0);
        (void)dup2(ends[1], 1);
        (void)dup2(null, 2);
        (void)close_range(3, ~0U, 0);
        (void)execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    (void)close(ends[1]);
    FILE *out = fdopen(ends[0], "r");
    assert_non_null(out);
    while (c.port == 0 && fgets(line, sizeof(line), out) != NULL) {
        const char *colon = strrchr(line, ':');
        if (strstr(line, sign) != NULL && colon != NULL) {
            c.port = atoi(colon + 1);
        }
    }
    (void)fclose(out);
    assert_true(c.port > 0);
    return c;
}

static void
stop(const struct child *c)
{
    (void)kill(c->pid, SIGKILL);
    (void)waitpid(c->pid, NULL, 0);
}

static struct child
serve_with(const char *name)
{
    char cert[128];
    char key[128];
    char base[32];

    (void)snprintf(base, sizeof(base), "%s.pem", name);
    (void)in_folder(base, cert);
    (void)snprintf(base, sizeof(base), "%s.key", name);
    (void)in_folder(base, key);
    const char *const argv[] = {"openssl", "s_server", "-accept", "0",    "-cert",
                                cert,      "-key",     key,       "-www", NULL};
    return serve(argv, "ACCEPT");
}

static struct probe_request
request(int port, const char *host, const char *ca_file)
{
    return (struct probe_request){.kind = PROBE_HTTP,
                                  .address = "127.0.0.1",
                                  .port = port,
                                  .tls = true,
                                  .host = host,
                                  .ca_file = ca_file,
                                  .timeout_ms = LONG_MS};
}

static void
need_openssl(void)
{
    if (folder[0] == '\0') {
        print_message("SKIPPED: this machine has no openssl command\n");
        skip();
    }
}

static void
test_believes_only_the_right_certificate(void **state)
{
    static const struct {
        const char *server, *ca, *host;
        bool passed;
        const char *text;
    } rows[] = {
        {"good", "one.pem", "good.test", true, "http 200"},
        {"good", "one.pem", NULL, true, "http 200"}, /* the address is in it */
        {"good", "two.pem", "good.test", false,
         "certificate: unable to get local issuer certificate"},
        {"good", "one.pem", "wrong.test", false, "certificate: it is for another name"},
        {"good", "one.pem", "127.0.0.2", false, "certificate: it is for another name"},
        {"good", "one.pem", "::1", false, "certificate: it is for another name"},
        {"old", "one.pem", "good.test", false, "certificate: certificate has expired"},
        {"self", "one.pem", "self", false, "certificate: self-signed certificate"},
        {"good", "none.pem", "good.test", false, "ca_file: cannot be read as certificates in PEM"},
        {"good", "nonsense.pem", "good.test", false,
         "ca_file: cannot be read as certificates in PEM"},
    };

    (void)state;
    need_openssl();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char ca[128];
        const struct child server = serve_with(rows[i].server);
        struct rig r = rig_new(zygote, NULL, NULL);
        const struct probe_request q =
            request(server.port, rows[i].host, in_folder(rows[i].ca, ca));
        rig_serve(&r);
        const bool passed = rig_ask(&r, &q);
        assert_string_equal(r.text, rows[i].text);
        assert_int_equal(passed, rows[i].passed);
        assert_int_equal(r.tasks_most, 1);
        rig_free(&r, zygote);
        stop(&server);
    }
}

/* Copies of one.pem and two.pem that can be taken away. */
static void
copy_authorities(char one[128], char two[128])
{
    const char *const argv[] = {
        "/bin/sh", "-c",   "cd \"$1\" && cp one.pem one.copy && cp two.pem two.copy",
        "sh",      folder, NULL};

    assert_int_equal(run(argv), 0);
    (void)in_folder("one.copy", one);
    (void)in_folder("two.copy", two);
}

static void
test_authorities_read_ahead_are_not_read_again(void **state)
{
    char one[128];
    char two[128];
    struct err err = {0};

    (void)state;
    need_openssl();
    copy_authorities(one, two);
    const struct child server = serve_with("good");
    struct rig r = rig_new(zygote, NULL, NULL);
    const struct probe_request right = request(server.port, "good.test", one);
    const struct probe_request wrong = request(server.port, "good.test", two);
    rig_serve(&r);
    assert_int_equal(probes_warm(r.probes, one, &err), 0);
    assert_int_equal(probes_warm(r.probes, two, &err), 0);
    assert_int_equal(unlink(one), 0);
    assert_int_equal(unlink(two), 0);
    assert_int_equal(probes_warm(r.probes, one, &err), 0);
    for (int i = 0; i < 3; i++) {
        assert_true(rig_ask(&r, &right));
        assert_false(rig_ask(&r, &wrong));
        assert_string_equal(r.text, "certificate: unable to get local issuer certificate");
    }
    rig_free(&r, zygote);

    struct rig cold = rig_new(zygote, NULL, NULL); /* the control: another `probes` knows nothing */
    rig_serve(&cold);
    assert_false(rig_ask(&cold, &right));
    assert_string_equal(cold.text, "ca_file: cannot be read as certificates in PEM");
    rig_free(&cold, zygote);
    stop(&server);
}

static void
test_names_the_file_of_authorities_that_cannot_be_read_ahead(void **state)
{
    static const char *const names[] = {"none.pem", "nonsense.pem"};
    char expected[256];
    char path[128];

    (void)state;
    need_openssl();
    for (int i = 0; i < 2; i++) {
        struct rig r = rig_new(zygote, NULL, NULL);
        struct err err = {0};
        assert_int_equal(probes_warm(r.probes, in_folder(names[i], path), &err), -1);
        assert_int_equal(err.kind, ERR_CONFIG);
        (void)snprintf(expected, sizeof(expected), "%s: cannot be read as certificates in PEM",
                       path);
        assert_string_equal(err.text, expected);
        rig_free(&r, zygote);
    }
}

static void
test_the_authorities_of_the_system_do_not_know_ours(void **state)
{
    struct err err = {0};

    (void)state;
    need_openssl();
    if (access("/etc/ssl/certs/ca-certificates.crt", R_OK) != 0) {
        print_message("SKIPPED: this machine has no ca-certificates\n");
        skip();
    }
    const struct child server = serve_with("good");
    struct rig r = rig_new(zygote, NULL, NULL);
    const struct probe_request q = request(server.port, "good.test", NULL);
    rig_serve(&r);
    assert_int_equal(probes_warm(r.probes, NULL, &err), 0);
    assert_false(rig_ask(&r, &q));
    assert_string_equal(r.text, "certificate: unable to get local issuer certificate");
    rig_free(&r, zygote);
    stop(&server);
}

/* Files of authorities past the limit share one memory; each is still believed only for itself. */
static void
test_more_files_of_authorities_than_are_kept_are_told_apart(void **state)
{
    char one[128];
    char two[128];
    char path[128];
    struct err err = {0};

    (void)state;
    need_openssl();
    copy_authorities(one, two);
    const struct child server = serve_with("good");
    struct rig r = rig_new(zygote, NULL, NULL);
    rig_serve(&r);
    for (int i = 0; i < PROBE_CA_FILES_MAX; i++) {
        (void)snprintf(path, sizeof(path), "%s/%d.none", folder, i);
        assert_int_equal(probes_warm(r.probes, path, &err), -1);
    }
    const struct probe_request right = request(server.port, "good.test", one);
    const struct probe_request wrong = request(server.port, "good.test", two);
    for (int i = 0; i < 3; i++) {
        assert_true(rig_ask(&r, &right));
        assert_false(rig_ask(&r, &wrong));
    }
    rig_free(&r, zygote);
    stop(&server);
}

static void
test_says_what_is_wrong_with_the_handshake(void **state)
{
    static const struct {
        struct script script;
        int64_t timeout_ms;
        const char *text;
    } rows[] = {
        {{.first = "HTTP/1.1 400 Bad Request\r\n\r\n", .then = THEN_CLOSE},
         LONG_MS,
         "tls: wrong version number"},
        {{.first = "", .then = THEN_STALL}, STEADY_MS, "no answer in 2s"},
        {{.first = "\x16\x03\x03\x40\x00", .first_len = 5, .then = THEN_STALL},
         STEADY_MS,
         "no answer in 2s"},
        {{.first = "", .then = THEN_CLOSE}, LONG_MS, "tls: the handshake was not finished"},
        {{.first = "", .then = THEN_RESET}, LONG_MS, "tls: the connection broke"},
        {{.first = "\x15\x03\x03\x00\x02\x02\x28", .first_len = 7, .then = THEN_CLOSE},
         LONG_MS,
         "tls: sslv3 alert handshake failure"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig r = rig_new(zygote, "127.0.0.1", &rows[i].script);
        struct probe_request q = request(r.port, "a-secret-name.test", NULL);
        rig_serve(&r);
        q.timeout_ms = rows[i].timeout_ms;
        assert_false(rig_ask(&r, &q));
        assert_string_equal(r.text, rows[i].text);
        assert_non_null(memmem(r.talk, r.talk_len, "a-secret-name.test", 18)); /* SNI */
        rig_free(&r, zygote);
    }
}

/* Before it has heard anything: nothing may be written that raises SIGPIPE.  The file of
 * authorities is a small one: each rig reads it anew, and under valgrind the system's takes two
 * seconds. */
static void
test_a_server_that_hangs_up_at_once_does_not_end_us(void **state)
{
    static const struct script rude = {.at_once = true, .first = "", .then = THEN_RESET};
    char path[128];
    const char *authorities = folder[0] == '\0' ? NULL : in_folder("one.pem", path);

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct rig r = rig_new(zygote, "127.0.0.1", &rude);
        const struct probe_request q = request(r.port, NULL, authorities);
        rig_serve(&r);
        assert_false(rig_ask(&r, &q));
        assert_int_equal(strncmp(r.text, "tls: ", 5), 0);
        rig_free(&r, zygote);
    }
}

/* Many servers close the socket only: no length, no close_notify. */
static void
test_an_answer_may_end_without_a_farewell_of_tls(void **state)
{
    static const char code[] =
        "import socket,ssl,sys\n"
        "c=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(sys.argv[1],sys.argv[2])\n"
        "s=socket.create_server(('127.0.0.1',0)); print('PORT:%d'%s.getsockname()[1],flush=True)\n"
        "while True:\n"
        "  t=c.wrap_socket(s.accept()[0],server_side=True)\n"
        "  t.recv(4096); t.sendall(b'HTTP/1.1 200 OK\\r\\n\\r\\nhi'); t.close()\n";
    char cert[128];
    char key[128];
    char ca[128];

    (void)state;
    need_openssl();
    if (access("/usr/bin/python3", X_OK) != 0) {
        print_message("SKIPPED: this machine has no python3\n");
        skip();
    }
    const char *const argv[] = {"/usr/bin/python3",         "-c", code, in_folder("good.pem", cert),
                                in_folder("good.key", key), NULL};
    const struct child server = serve(argv, "PORT");
    struct rig r = rig_new(zygote, NULL, NULL);
    const struct probe_request q = request(server.port, "good.test", in_folder("one.pem", ca));
    rig_serve(&r);
    const bool passed = rig_ask(&r, &q);
    assert_string_equal(r.text, "http 200");
    assert_true(passed);
    rig_free(&r, zygote);
    stop(&server);
}

static int
make_folder(void **state)
{
    const char *const argv[] = {"/bin/sh", "-c", make_certificates, "sh", folder, NULL};
    const char *const which[] = {"/bin/sh", "-c", "command -v openssl >/dev/null", NULL};

    (void)state;
    if (run(which) != 0) {
        return 0;
    }
    (void)snprintf(folder, sizeof(folder), "/tmp/test_tls.XXXXXX");
    return mkdtemp(folder) != NULL && run(argv) == 0 ? 0 : -1;
}

static int
remove_folder(void **state)
{
    const char *const argv[] = {"/bin/rm", "-rf", folder, NULL};

    (void)state;
    return folder[0] == '\0' ? 0 : run(argv);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_believes_only_the_right_certificate),
        cmocka_unit_test(test_authorities_read_ahead_are_not_read_again),
        cmocka_unit_test(test_names_the_file_of_authorities_that_cannot_be_read_ahead),
        cmocka_unit_test(test_the_authorities_of_the_system_do_not_know_ours),
        cmocka_unit_test(test_more_files_of_authorities_than_are_kept_are_told_apart),
        cmocka_unit_test(test_says_what_is_wrong_with_the_handshake),
        cmocka_unit_test(test_a_server_that_hangs_up_at_once_does_not_end_us),
        cmocka_unit_test(test_an_answer_may_end_without_a_farewell_of_tls),
    };
    zygote = zygote_start_with(look_up, NULL);
    assert(zygote != NULL);
    const int failed = cmocka_run_group_tests(tests, make_folder, remove_folder);
    zygote_free(zygote);
    return failed;
}
