/*
 * test_view_confirm.c - what an action would do, as it is shown.
 */
#include "unit/ui/golden.h"

#include "ui/view_confirm.h"

#include <locale.h>

static const char *const steps[] = {"Provisioned?", "Look for the artifact", "Upload the release",
                                    "Unpack",       "Link what is shared",   "Switch",
                                    "Restart",      "Forget old releases"};

static struct view_confirm
deploy(void)
{
    static const struct view_confirm_wave waves[] = {
        {.hosts = 3, .names = "web-[01-03]", .p50_ms = 41000},
        {.hosts = 3, .names = "web-[04-06]", .p50_ms = 40000},
        {.hosts = 2, .names = "db-1,web-07", .p50_ms = 52000}};

    return (struct view_confirm){
        .action = "deploy",
        .description = "Release the artifact, switch `current`, restart, verify.",
        .env = "prod",
        .mutating = true,
        .produces = "deployed",
        .release = "3f2a9c01b7de",
        .host_count = 8,
        .host_all = 9,
        .hosts = "db-1,web-[01-07]",
        .strategy = "rolling",
        .workers = 3,
        .order = "inventory",
        .steps = steps,
        .step_count = 8,
        .waves = waves,
        .wave_count = 3,
        .budget = 0,
        .on_failure = "stop",
        .checks = 2,
        .tries = 4,
        .health = "2s apart, 30s each",
        .p50_ms = 133000,
        .p95_ms = 181000,
    };
}

static void
picture(const struct view_confirm *v, int rows, int cols, bool ascii, const char *name)
{
    struct canvas *c = canvas_new(rows, cols, ascii);

    view_confirm_draw(v, c, canvas_box(c));
    golden_is(c, name);
    canvas_free(c);
}

static void
test_an_action_is_shown_whole(void **state)
{
    const struct view_confirm v = deploy();

    (void)state;
    picture(&v, 21, 80, false, "confirm");
    picture(&v, 21, 80, true, "confirm-ascii");
    picture(&v, 27, 100, false, "confirm");
    picture(&v, 97, 300, false, "confirm");
}

static void
test_beside_a_run_nothing_is_known_of_a_plan_yet(void **state)
{
    struct view_confirm v = deploy();

    (void)state;
    v.strategy = NULL;
    v.host_all = -1;
    v.will_queue = true;
    v.under_way = "provision prod";
    picture(&v, 16, 80, false, "confirm-beside");
}

static void
test_a_canary_says_what_it_waits_for_and_warnings_stand_out(void **state)
{
    static const struct view_confirm_wave waves[] = {
        {.hosts = 1, .names = "web-0001", .canary = true, .p50_ms = -1},
        {.hosts = 100, .names = "web-[0002-0101]", .p50_ms = -1},
        {.hosts = 5000, .names = "web-[0102-5101]", .p50_ms = -1}};
    static const char *const warnings[] = {"tag `depoly`: no step has it; did you mean `deploy`?",
                                           "templates/app.conf was changed after release "
                                           "3f2a9c01b7de was made, and a sentence that is "
                                           "too long for one line goes on on the next one"};
    struct view_confirm v = deploy();

    (void)state;
    v.waves = waves;
    v.promote_manual = true;
    v.strategy = "canary";
    v.host_count = 5101;
    v.p50_ms = v.p95_ms = -1;
    v.warnings = warnings;
    v.warning_count = 2;
    v.tags = "deploy, without slow";
    v.pauses = "10s between waves, a wave bakes 1m";
    v.budget = 20;
    v.will_queue = true;
    v.under_way = "provision prod";
    picture(&v, 36, 80, false, "confirm-canary");
}

static void
test_an_action_that_only_looks_has_little_to_say(void **state)
{
    struct view_confirm v = {.action = "check",
                             .env = "test",
                             .host_count = 1,
                             .host_all = 1,
                             .strategy = "parallel",
                             .budget = -1,
                             .steps = steps,
                             .step_count = 1,
                             .p50_ms = -1,
                             .queued = 2};

    (void)state;
    picture(&v, 21, 80, false, "confirm-check");
}

static void
test_what_has_no_room_is_scrolled_and_the_keys_stay(void **state)
{
    struct canvas *c = canvas_new(8, 80, false);
    struct view_confirm v = deploy();
    const int most = view_confirm_top_max(&v, c, canvas_box(c));
    char *end;
    char *beyond;

    (void)state;
    assert_true(most > 5);
    v.top = most;
    view_confirm_draw(&v, c, canvas_box(c));
    golden_is(c, "confirm-end");
    end = canvas_dump(c);
    v.top = most + 100; /* no further than the end */
    canvas_clear(c);
    view_confirm_draw(&v, c, canvas_box(c));
    beyond = canvas_dump(c);
    assert_string_equal(beyond, end);
    free(end);
    free(beyond);
    canvas_free(c);
}

static void
test_more_waves_than_anybody_reads_are_counted(void **state)
{
    struct view_confirm_wave waves[VIEW_CONFIRM_WAVES_MAX];
    struct canvas *c = canvas_new(4 * VIEW_CONFIRM_WAVES_MAX, 80, true);
    struct view_confirm v = deploy();

    (void)state;
    for (size_t i = 0; i < VIEW_CONFIRM_WAVES_MAX; i++) {
        waves[i] = (struct view_confirm_wave){.hosts = 1, .names = "x", .p50_ms = -1};
    }
    v.waves = waves;
    v.wave_count = 10000;
    view_confirm_draw(&v, c, canvas_box(c));
    char *text = canvas_dump(c);
    assert_non_null(strstr(text, "10000, one after the other"));
    assert_non_null(strstr(text, "and 9800 waves more"));
    free(text);
    canvas_free(c);
}

/* Whatever the size, and whatever the texts: nothing is drawn outside of the box. */
static void
test_nothing_is_drawn_outside_of_the_box(void **state)
{
    struct view_confirm v = deploy();

    (void)state;
    v.description = "\033[2J\xff\xfe \n\n a,b,c 日本語日本語日本語日本語日本語日本語日本語日本語";
    v.hosts =
        "a-very-long-name-without-any-place-to-be-broken-at-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (int rows = 0; rows < 30; rows += 3) {
        for (int cols = 0; cols < 90; cols += 7) {
            struct canvas *c = canvas_new(40, 100, false);
            const struct box box = {.row = 3, .col = 2, .rows = rows, .cols = cols};
            v.top = rows % 5;
            view_confirm_draw(&v, c, box);
            for (int row = 0; row < 40; row++) {
                for (int col = 0; col < 100; col++) {
                    const bool inside = row >= 3 && row < 3 + rows && col >= 2 && col < 2 + cols;
                    assert_true(inside || canvas_row(c, row)[col].code == ' ');
                }
            }
            canvas_free(c);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_action_is_shown_whole),
        cmocka_unit_test(test_beside_a_run_nothing_is_known_of_a_plan_yet),
        cmocka_unit_test(test_a_canary_says_what_it_waits_for_and_warnings_stand_out),
        cmocka_unit_test(test_an_action_that_only_looks_has_little_to_say),
        cmocka_unit_test(test_what_has_no_room_is_scrolled_and_the_keys_stay),
        cmocka_unit_test(test_more_waves_than_anybody_reads_are_counted),
        cmocka_unit_test(test_nothing_is_drawn_outside_of_the_box),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests_name("view_confirm", tests, NULL, NULL);
}
