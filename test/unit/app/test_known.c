/*
 * test_known.c - which known_hosts files a host is looked up in, and what is kept of new keys.
 */
#include "base/hash.h"
#include "unit/app/rig.h"

static const char action[] = "name: greet\nsteps:\n  - {run: id}\n";

/* Two keys of Ed25519 that nobody has. */
static const char *const keys[] = {
    "AAAAC3NzaC1lZDI1NTE5AAAAIK9yUWcmyD8GZmOqDlvNpnW6Wc8o8Jr1b3iS1e9nZg3a",
    "AAAAC3NzaC1lZDI1NTE5AAAAIL9yUWcmyD8GZmOqDlvNpnW6Wc8o8Jr1b3iS1e9nZg3a",
};

struct sample {
    unsigned char blob[64];
    struct hostkey_shown key;
};

static struct hostkey_shown
shown(struct sample *s, const char *name, int which)
{
    s->key =
        (struct hostkey_shown){.name = name, .port = 22, .type = "ssh-ed25519", .blob = s->blob};
    assert_int_equal(
        base64_decode(keys[which], strlen(keys[which]), s->blob, sizeof(s->blob), &s->key.blob_len),
        0);
    return s->key;
}

static enum hostkey_verdict
verdict(const struct target *t, const char *name, int which)
{
    struct sample s;
    const struct hostkey_shown key = shown(&s, name, which);

    return hostkeys_check(t->hostkeys, &key).verdict;
}

static void
write_known(const struct rig *r, const char *name, const char *host, int which)
{
    char *text = xasprintf("%s ssh-ed25519 %s\n", host, keys[which]);

    rig_write(r, name, text);
    free(text);
}

static struct run *
open_run(struct rig *r)
{
    rig_open(r, NULL, "greet", action);
    struct run *run = run_new(&r->request);
    run->home = xstrdup(r->root);
    return run;
}

static void
test_the_environments_file_comes_before_those_of_ssh_config(void **state)
{
    struct sshconfig_options said = {0}, none = {0}, nothing = {0};
    struct target a = {0}, b = {0}, c = {0}, d = {0};
    struct rig r;
    struct run *run = open_run(&r);

    (void)state;
    write_known(&r, "known_hosts", "env", 0);
    write_known(&r, "other", "other", 0);
    char *ssh = xasprintf("%s/.ssh", r.root);
    assert_int_equal(mkdir(ssh, 0700), 0);
    write_known(&r, ".ssh/known_hosts2", "mine", 0);
    strv_take(&said.user_known_hosts, xasprintf("%s/none", r.root));
    strv_take(&said.user_known_hosts, xasprintf("%s/other", r.root));
    strv_add(&nothing.user_known_hosts, "none");
    assert_int_equal(reach_known(run, &a, &said, &r.err), 0);
    assert_int_equal(reach_known(run, &b, &none, &r.err), 0);
    assert_int_equal(reach_known(run, &c, &nothing, &r.err), 0);
    assert_int_equal(reach_known(run, &d, &said, &r.err), 0);
    assert_ptr_equal(a.hostkeys, d.hostkeys); /* one list, one index */
    assert_int_equal(verdict(&a, "env", 0), HOSTKEY_KNOWN);
    assert_int_equal(verdict(&a, "other", 0), HOSTKEY_KNOWN);
    assert_int_equal(verdict(&a, "mine", 0), HOSTKEY_UNKNOWN);
    assert_int_equal(verdict(&b, "env", 0), HOSTKEY_KNOWN);
    assert_int_equal(verdict(&b, "other", 0), HOSTKEY_UNKNOWN);
    assert_int_equal(verdict(&b, "mine", 0), HOSTKEY_KNOWN);
    assert_int_equal(verdict(&c, "mine", 0), HOSTKEY_UNKNOWN);
    sshconfig_options_release(&said);
    sshconfig_options_release(&nothing);
    run_free(run);
    free(ssh);
    rig_close(&r);
}

static void
test_a_file_that_cannot_be_read_stops_the_run(void **state)
{
    struct sshconfig_options said = {0};
    struct target t = {0};
    struct rig r;
    struct run *run = open_run(&r);

    (void)state;
    strv_add(&said.global_known_hosts, r.root); /* a folder */
    assert_int_equal(reach_known(run, &t, &said, &r.err), -1);
    assert_int_equal(r.err.kind, ERR_IO);
    assert_non_null(strstr(r.err.text, "not a file"));
    sshconfig_options_release(&said);
    run_free(run);
    rig_close(&r);
}

static void
test_a_new_key_is_known_at_once_and_written_with_the_turn(void **state)
{
    struct sshconfig_options none = {0};
    struct target t = {0};
    struct sample s;
    struct rig r;
    struct run *run = open_run(&r);

    (void)state;
    rig_write(&r, "known_hosts", "# ours\n");
    assert_int_equal(reach_known(run, &t, &none, &r.err), 0);
    newkeys_write(run); /* nothing to write */
    struct hostkey_shown key = shown(&s, "web-01", 0);
    newkeys_note(run, &key);
    assert_int_equal(verdict(&t, "web-01", 0), HOSTKEY_KNOWN);
    assert_int_equal(verdict(&t, "web-01", 1), HOSTKEY_CHANGED);
    key.name = "web-02";
    newkeys_note(run, &key);
    char *text = rig_read(&r, "known_hosts");
    assert_string_equal(text, "# ours\n");
    free(text);
    newkeys_write(run);
    char *expected =
        xasprintf("# ours\nweb-01 ssh-ed25519 %s\nweb-02 ssh-ed25519 %s\n", keys[0], keys[0]);
    text = rig_read(&r, "known_hosts");
    assert_string_equal(text, expected);
    free(text);
    free(expected);
    run_free(run);
    rig_close(&r);
}

/* Each host shows a new key when it is connected to; its step finds the key on disk. */
static void
accept_then_look(struct rig *r, struct run *run, int32_t host, const struct step_request *step)
{
    struct sample s;

    if (host < 0) {
        return;
    }
    const char *name = run->names[host];
    if (step == NULL) {
        char *call = xasprintf("\nconnect %s\n", name); /* "\ndisconnect ..." is another */
        const size_t len = strlen(call);
        const bool connects =
            r->calls.len + 1 == len || /* the first call of all */
            (r->calls.len >= len && strcmp(r->calls.data + r->calls.len - len, call) == 0);
        free(call);
        if (!connects) {
            return;
        }
        const struct hostkey_shown key = shown(&s, name, 0);
        listen_pool.host_key_accepted(run, host, &key, "new, accepted");
        return;
    }
    char *path = xasprintf("%s/known_hosts", r->request.env_dir);
    struct hostkeys *h = hostkeys_new();
    const struct hostkey_shown key = shown(&s, name, 0);
    assert_int_equal(hostkeys_load(h, path, NULL), 0);
    r->number += hostkeys_check(h, &key).verdict == HOSTKEY_KNOWN;
    hostkeys_free(h);
    free(path);
}

static int
times(const char *text, const char *part)
{
    int count = 0;

    for (const char *p = text; (p = strstr(p, part)) != NULL; p++) {
        count++;
    }
    return count;
}

static void
test_a_new_key_is_on_disk_before_the_first_step(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action);
    r.look = accept_then_look;
    assert_int_equal(rig_run(&r), 0);
    assert_int_equal(r.number, 3);
    char *log = rig_read(&r, "debug.log");
    assert_int_equal(times(log, ": new, accepted"), 3); /* once a host */
    assert_int_equal(times(log, "for this run only"), 0);
    free(log);
    rig_close(&r);
}

static void
test_what_cannot_be_kept_is_told_once_and_the_run_goes_on(void **state)
{
    struct rig r;

    (void)state;
    rig_open(&r, NULL, "greet", action);
    char *gone = xasprintf("%s/inventory/_hosts", r.root); /* a list of hosts has no folder */
    r.request.env_dir = gone;
    r.request.workers = 1; /* a turn each */
    r.look = accept_then_look;
    assert_int_equal(rig_run(&r), 0);
    assert_int_equal(r.number, 0);
    assert_int_equal(access(gone, F_OK), -1); /* nothing was made */
    char *log = rig_read(&r, "debug.log");
    assert_int_equal(times(log, "for this run only"), 1);
    free(log);
    free(gone);
    rig_close(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_environments_file_comes_before_those_of_ssh_config),
        cmocka_unit_test(test_a_file_that_cannot_be_read_stops_the_run),
        cmocka_unit_test(test_a_new_key_is_known_at_once_and_written_with_the_turn),
        cmocka_unit_test(test_a_new_key_is_on_disk_before_the_first_step),
        cmocka_unit_test(test_what_cannot_be_kept_is_told_once_and_the_run_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
