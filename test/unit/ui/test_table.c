/*
 * test_table.c - rows that are scrolled, marked, filtered and sorted: few of them, and 10,000.
 */
#include "unit/ui/golden.h"

#include "base/prng.h"
#include "ui/table.h"

#include <locale.h>

enum { MANY = 10000, NAME, GROUP, STATE, LOAD, COLUMNS };

static const struct table_column columns[] = {{.name = "NAME", .width = 12},
                                              {.name = "GROUP"},
                                              {.name = "STATE", .width = 8},
                                              {.name = "LOAD", .width = 5, .right = true}};

/* A fleet that is counted: cells are made from the number of the row. */
struct fleet {
    size_t cells; /* that were asked for */
    size_t shift; /* of names: another fleet */
    bool compares;
};

static unsigned
cell(void *arg, size_t row, size_t column, char ret[TABLE_CELL_BYTES])
{
    struct fleet *f = arg;

    f->cells++;
    switch (column + NAME) {
    case NAME:
        snprintf(ret, TABLE_CELL_BYTES, "web-%zu", row + 1 + f->shift);
        return LOOK_PLAIN;
    case GROUP:
        snprintf(ret, TABLE_CELL_BYTES, "%s", row % 3 == 0 ? "Blue" : "green");
        return LOOK_DIM;
    case STATE:
        snprintf(ret, TABLE_CELL_BYTES, "%s", row % 7 == 0 ? "failed" : "ok");
        return row % 7 == 0 ? LOOK_BAD | table_ornament(ORN_BAD) : LOOK_OK | table_ornament(ORN_OK);
    default:
        snprintf(ret, TABLE_CELL_BYTES, "%zu", row * 37 % 101);
        return LOOK_PLAIN;
    }
}

static int
by_number(void *arg, size_t column, size_t a, size_t b)
{
    (void)arg;
    if (column + NAME == STATE) {
        return (int)(a % 7 == 0) - (int)(b % 7 == 0);
    }
    return a < b ? -1 : a > b;
}

static const char *
found_by(void *arg, size_t row)
{
    (void)arg;
    return row == 4 ? "10.0.0.5" : NULL;
}

static struct table *
make(struct fleet *f, size_t count)
{
    const struct table_source source = {
        .columns = columns,
        .column_count = 4,
        .cell = cell,
        .compare = f->compares ? by_number : NULL,
        .found_by = found_by,
        .arg = f,
        .aside = true,
    };
    struct table *t = table_new(&source);

    table_set_count(t, count, false);
    return t;
}

static struct canvas *
draw(struct table *t, int rows, int cols)
{
    struct canvas *c = canvas_new(rows, cols, false);

    table_draw(t, c, canvas_box(c));
    return c;
}

static void
see(struct table *t, int rows, int cols)
{
    canvas_free(draw(t, rows, cols));
}

static size_t
at(const struct table *t)
{
    size_t row = SIZE_MAX;

    assert_true(table_at(t, &row));
    return row;
}

static void
press(struct table *t, enum act act, int times)
{
    for (int i = 0; i < times; i++) {
        assert_true(table_act(t, act));
    }
}

/* ---------------------------------------------------------------- moving */

static void
test_the_cursor_stays_among_the_rows(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 30);

    (void)state;
    see(t, 12, 80); /* 10 rows are seen */
    press(t, ACT_UP, 3);
    assert_int_equal(at(t), 0);
    press(t, ACT_DOWN, 4);
    assert_int_equal(at(t), 4);
    press(t, ACT_PAGE_DOWN, 1);
    assert_int_equal(at(t), 13); /* one row of the page before stays in sight */
    press(t, ACT_PAGE_UP, 1);
    assert_int_equal(at(t), 4);
    press(t, ACT_BOTTOM, 1);
    assert_int_equal(at(t), 29);
    press(t, ACT_DOWN, 2);
    assert_int_equal(at(t), 29);
    press(t, ACT_TOP, 1);
    assert_int_equal(at(t), 0);
    press(t, ACT_PAGE_DOWN, 10);
    assert_int_equal(at(t), 29);
    assert_false(table_act(t, ACT_ENTER));
    assert_false(table_act(t, ACT_DEPLOY));
    table_free(t);
}

static void
test_a_table_without_rows_does_what_it_is_told(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 0);
    size_t row;

    (void)state;
    for (int act = ACT_NONE; act < ACTS; act++) {
        (void)table_act(t, (enum act)act);
        assert_false(table_at(t, &row));
        see(t, 10, 60);
    }
    table_filter(t, "web", false);
    table_go(t, 3);
    table_mark(t, 0, true);
    assert_int_equal(table_marked(t), 0);
    assert_int_equal(table_shown(t), 0);
    table_free(t);
    table_free(NULL);
}

/* ---------------------------------------------------------------- marks */

static void
test_a_mark_goes_on_to_the_next_row(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 3);

    (void)state;
    press(t, ACT_MARK, 1);
    assert_int_equal(at(t), 1);
    press(t, ACT_MARK, 3); /* on the last row it stays: marked, not, marked... */
    assert_int_equal(at(t), 2);
    assert_true(table_is_marked(t, 0) && table_is_marked(t, 1));
    assert_false(table_is_marked(t, 2));
    assert_int_equal(table_marked(t), 2);
    table_free(t);
}

static void
test_all_marks_what_the_filter_shows_and_none_if_all_are(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 30);

    (void)state;
    table_filter(t, "blue", false);
    press(t, ACT_MARK_ALL, 1);
    assert_int_equal(table_marked(t), 10);
    table_filter(t, "", false);
    assert_int_equal(table_marked(t), 10); /* not seen is not unmarked */
    assert_true(table_is_marked(t, 27));
    press(t, ACT_MARK_ALL, 1);
    assert_int_equal(table_marked(t), 30);
    press(t, ACT_MARK_ALL, 1);
    assert_int_equal(table_marked(t), 0);
    table_free(t);
}

static void
test_marks_and_cursor_are_kept_where_rows_are_the_same(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 30);

    (void)state;
    table_go(t, 20);
    table_mark(t, 3, true);
    table_mark(t, 25, true);
    table_refresh(t);
    assert_int_equal(at(t), 20);
    table_set_count(t, 24, true); /* the last ones are gone */
    assert_int_equal(at(t), 20);
    assert_int_equal(table_marked(t), 1);
    table_set_count(t, 40, true);
    assert_int_equal(at(t), 20);
    assert_true(table_is_marked(t, 3));
    assert_false(table_is_marked(t, 25)); /* another row of this number */
    table_set_count(t, 10, true);
    assert_true(at(t) < 10);
    table_set_count(t, 30, false);
    assert_int_equal(table_marked(t), 0);
    assert_int_equal(at(t), 0);
    table_free(t);
}

/* ---------------------------------------------------------------- filter and sort */

static const struct {
    const char *text;
    bool without;
    size_t shown;
} filters[] = {
    {"", false, 30},           {NULL, false, 30},     {"blue", false, 10},
    {"Blue", false, 10}, /* a capital: as it is written */
    {"BLUE", false, 0},        {"blue", true, 20},    {"blue failed", false, 2}, /* rows 0 and 21 */
    {"blue failed", true, 17}, {"web-1", false, 11},                             /* 1, 10 to 19 */
    {"10.0.0.5", false, 1},    {"nothing", false, 0}, {"nothing", true, 30},
    {"greenok", false, 0}, /* no word over two cells */
};

static void
test_a_filter_shows_rows_with_all_of_its_words_or_none_of_them(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 30);

    (void)state;
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        table_filter(t, filters[i].text, filters[i].without);
        if (table_shown(t) != filters[i].shown) {
            print_error("%s%s\n", filters[i].without ? "!" : "", filters[i].text);
        }
        assert_int_equal(table_shown(t), filters[i].shown);
    }
    table_filter(t, "web", true);
    assert_string_equal(table_filter_text(t), "!web");
    table_filter(t, "", true);
    assert_string_equal(table_filter_text(t), "");
    table_free(t);
}

static void
test_the_cursor_stays_on_its_row_under_a_filter(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 30);

    (void)state;
    table_go(t, 21);
    table_filter(t, "blue", false); /* 0, 3, ... 21 */
    assert_int_equal(at(t), 21);
    table_filter(t, "green", false); /* it is not among them */
    assert_true(at(t) % 3 != 0);
    table_filter(t, "none of them", false);
    table_filter(t, "", false);
    assert_true(at(t) < 30);
    table_free(t);
}

/* The rows from the top on. */
static void
walk(struct table *t, size_t *rows, size_t count)
{
    press(t, ACT_TOP, 1);
    for (size_t i = 0; i < count; i++) {
        rows[i] = at(t);
        press(t, ACT_DOWN, 1);
    }
}

static void
test_equal_rows_stay_in_their_order_whichever_way_round(void **state)
{
    struct fleet f = {.compares = true};
    struct table *t = make(&f, 100);
    size_t rows[100];

    (void)state;
    table_sort(t, STATE - NAME, false);
    walk(t, rows, 100);
    for (size_t i = 1; i < 100; i++) {
        const bool was_bad = rows[i - 1] % 7 == 0, bad = rows[i] % 7 == 0;
        assert_true(was_bad <= bad);
        assert_true(was_bad != bad || rows[i - 1] < rows[i]);
    }
    table_sort(t, STATE - NAME, true);
    walk(t, rows, 100);
    for (size_t i = 1; i < 100; i++) {
        const bool was_bad = rows[i - 1] % 7 == 0, bad = rows[i] % 7 == 0;
        assert_true(was_bad >= bad);
        assert_true(was_bad != bad || rows[i - 1] < rows[i]);
    }
    table_free(t);
}

static void
test_texts_are_sorted_as_people_count(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 12);
    size_t rows[12];

    (void)state;
    table_sort(t, 0, true);
    walk(t, rows, 12);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(rows[i], 11 - i); /* web-12 is behind web-2 */
    }
    table_free(t);
}

static void
test_sorting_goes_through_the_columns_and_back_to_the_owner_s_order(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 50);
    size_t rows[50];

    (void)state;
    press(t, ACT_SORT, 4); /* LOAD */
    walk(t, rows, 50);
    assert_int_equal(rows[0] * 37 % 101, 0);
    press(t, ACT_SORT, 1); /* none */
    walk(t, rows, 50);
    assert_int_equal(rows[7], 7);
    press(t, ACT_SORT_REVERSE, 1);
    walk(t, rows, 50);
    assert_int_equal(rows[0], 49);
    table_sort(t, 99, false); /* no such column */
    walk(t, rows, 50);
    assert_int_equal(rows[0], 0);
    table_free(t);
}

/* ---------------------------------------------------------------- many */

static void
test_a_key_and_a_picture_cost_what_is_seen_whatever_there_is(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, MANY);

    (void)state;
    see(t, 20, 80);
    f.cells = 0;
    for (int i = 0; i < 50; i++) {
        press(t, ACT_DOWN, 1);
        press(t, ACT_PAGE_DOWN, 1);
        press(t, ACT_MARK, 1);
    }
    press(t, ACT_BOTTOM, 1);
    press(t, ACT_TOP, 1);
    assert_int_equal(f.cells, 0);
    see(t, 20, 80);
    assert_int_equal(f.cells, 18 * 4);
    table_free(t);
}

static void
test_typing_on_looks_only_at_what_is_left(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, MANY);
    struct table *other = make(&f, MANY);

    (void)state;
    table_sort(t, 0, true);
    table_sort(other, 0, true);
    table_filter(t, "web-7", false);
    const size_t shown = table_shown(t);
    for (size_t i = 0; i < sizeof("web-77 fail") - sizeof("web-7"); i++) {
        char text[16];
        snprintf(text, sizeof(text), "%.*s", (int)(sizeof("web-7") + i), "web-77 fail");
        f.cells = 0;
        table_filter(t, text, false);
        assert_true(f.cells <= shown * 4);
        table_filter(other, "", false);
        table_filter(other, text, false);
        assert_int_equal(table_shown(t), table_shown(other));
    }
    size_t rows[8], others[8];
    walk(t, rows, 8);
    walk(other, others, 8);
    assert_memory_equal(rows, others, sizeof(rows));
    table_filter(t, "web-77", false); /* a letter less: all of them again */
    assert_true(table_shown(t) > 8);
    table_filter(t, "web-77", true);
    table_filter(t, "web-77 fail", true);
    table_filter(other, "web-77 fail", true);
    assert_int_equal(table_shown(t), table_shown(other));
    table_free(t);
    table_free(other);
}

static void
test_a_sort_by_texts_asks_for_each_once(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, MANY);

    (void)state;
    f.cells = 0;
    table_sort(t, 0, false);
    assert_int_equal(f.cells, MANY);
    assert_int_equal(table_shown(t), MANY);
    table_free(t);
}

/* Whatever is done in whatever order: the cursor is on a row that is shown, marks are counted
 * right, and no row is shown twice. */
static void
check(struct table *t, size_t count)
{
    size_t row = 0, marked = 0;

    if (table_shown(t) > 0) {
        assert_true(table_at(t, &row));
        assert_true(row < count);
    } else {
        assert_false(table_at(t, &row));
    }
    for (size_t i = 0; i < count; i++) {
        marked += table_is_marked(t, i);
    }
    assert_int_equal(marked, table_marked(t));
    assert_true(table_shown(t) <= count);
}

static void
test_anything_in_any_order_leaves_a_table(void **state)
{
    static const char *const texts[] = {"", "blue", "web-1", "failed", "zzz", "ok"};
    struct fleet f = {0};
    struct table *t = make(&f, 5);
    struct prng r = {.state = 7};
    size_t count = 5;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        const uint64_t n = prng_below(&r, 100);
        if (n < 60) {
            (void)table_act(t, (enum act)prng_below(&r, ACT_SORT_REVERSE + 1));
        } else if (n < 75) {
            table_filter(t, texts[prng_below(&r, 6)], prng_below(&r, 2) == 1);
        } else if (n < 85) {
            count = prng_below(&r, 40);
            table_set_count(t, count, prng_below(&r, 3) > 0);
        } else if (n < 95) {
            const struct key k = {.code = n < 90 ? KEYC_CLICK : KEYC_WHEEL_DOWN,
                                  .row = (int)prng_below(&r, 30) - 2,
                                  .col = (int)prng_below(&r, 90) - 2};
            (void)table_click(t, &k);
        } else {
            see(t, (int)prng_below(&r, 15) + 1, (int)prng_below(&r, 90) + 1);
        }
        check(t, count);
    }
    table_free(t);
}

/* ---------------------------------------------------------------- the mouse */

static void
test_a_click_goes_to_a_row_marks_it_or_sorts(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 30);
    size_t rows[30];

    (void)state;
    see(t, 12, 80);
    assert_true(table_click(t, &(struct key){.code = KEYC_CLICK, .row = 5, .col = 20}));
    assert_int_equal(at(t), 4);
    assert_int_equal(table_marked(t), 0);
    assert_true(table_click(t, &(struct key){.code = KEYC_CLICK, .row = 6, .col = 1}));
    assert_true(table_is_marked(t, 5));
    assert_true(table_click(t, &(struct key){.code = KEYC_WHEEL_DOWN, .row = 6, .col = 1}));
    assert_int_equal(at(t), 8);
    assert_true(table_click(t, &(struct key){.code = KEYC_CLICK, .row = 0, .col = 4}));
    assert_true(table_click(t, &(struct key){.code = KEYC_CLICK, .row = 0, .col = 4}));
    walk(t, rows, 30);
    assert_int_equal(rows[0], 29); /* the second click turns it round */
    assert_false(table_click(t, &(struct key){.code = KEYC_CLICK, .row = 12, .col = 4}));
    assert_false(table_click(t, &(struct key){.code = KEYC_CHAR, .row = 1, .col = 4}));
    table_free(t);
}

/* ---------------------------------------------------------------- pictures */

static void
picture(int rows, int cols, const char *name)
{
    struct fleet f = {0};
    struct table *t = make(&f, 30);

    see(t, rows, cols);
    table_mark(t, 12, true);
    table_mark(t, 20, true);
    table_sort(t, 3, true);
    table_filter(t, "web-1", false);
    press(t, ACT_DOWN, 2);
    struct canvas *c = draw(t, rows, cols);
    golden_is(c, name);
    canvas_free(c);
    table_free(t);
}

static void
test_columns_that_have_no_room_are_left_out_the_last_first(void **state)
{
    (void)state;
    picture(8, 80, "table");
    picture(8, 30, "table");
    picture(3, 14, "table");
    picture(1, 3, "table");
}

static void
test_columns_without_room_are_brought_to_sight_beside_the_first(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 3);

    (void)state;
    see(t, 6, 30);
    press(t, ACT_LEFT, 1);
    press(t, ACT_RIGHT, 1);
    struct canvas *c = draw(t, 6, 30);
    golden_is(c, "table-aside");
    canvas_free(c);
    press(t, ACT_RIGHT, 5); /* only until the last is seen */
    c = draw(t, 6, 30);
    golden_is(c, "table-end");
    canvas_free(c);
    c = draw(t, 6, 80); /* a larger window has room for all */
    golden_is(c, "table-all");
    canvas_free(c);
    table_free(t);
}

static void
test_the_cursor_and_the_mark_are_seen_without_colors(void **state)
{
    struct fleet f = {0};
    struct table *t = make(&f, 3);

    (void)state;
    table_mark(t, 0, true);
    struct canvas *c = draw(t, 5, 40);
    assert_int_equal(canvas_row(c, 1)[0].code, '>');
    assert_true((canvas_row(c, 1)[20].look & LOOK_REVERSE) != 0);
    assert_false((canvas_row(c, 2)[20].look & LOOK_REVERSE) != 0);
    assert_int_equal(canvas_row(c, 1)[1].look, LOOK_MARK | LOOK_REVERSE);
    canvas_free(c);
    table_free(t);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_cursor_stays_among_the_rows),
        cmocka_unit_test(test_a_table_without_rows_does_what_it_is_told),
        cmocka_unit_test(test_a_mark_goes_on_to_the_next_row),
        cmocka_unit_test(test_all_marks_what_the_filter_shows_and_none_if_all_are),
        cmocka_unit_test(test_marks_and_cursor_are_kept_where_rows_are_the_same),
        cmocka_unit_test(test_a_filter_shows_rows_with_all_of_its_words_or_none_of_them),
        cmocka_unit_test(test_the_cursor_stays_on_its_row_under_a_filter),
        cmocka_unit_test(test_equal_rows_stay_in_their_order_whichever_way_round),
        cmocka_unit_test(test_texts_are_sorted_as_people_count),
        cmocka_unit_test(test_sorting_goes_through_the_columns_and_back_to_the_owner_s_order),
        cmocka_unit_test(test_a_key_and_a_picture_cost_what_is_seen_whatever_there_is),
        cmocka_unit_test(test_typing_on_looks_only_at_what_is_left),
        cmocka_unit_test(test_a_sort_by_texts_asks_for_each_once),
        cmocka_unit_test(test_anything_in_any_order_leaves_a_table),
        cmocka_unit_test(test_a_click_goes_to_a_row_marks_it_or_sorts),
        cmocka_unit_test(test_columns_that_have_no_room_are_left_out_the_last_first),
        cmocka_unit_test(test_columns_without_room_are_brought_to_sight_beside_the_first),
        cmocka_unit_test(test_the_cursor_and_the_mark_are_seen_without_colors),
    };

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
