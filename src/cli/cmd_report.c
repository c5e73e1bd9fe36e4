/*
 * cmd_report.c - a run looked back at.
 *
 * Decides the format.  Reads only; exits 0 whatever it shows.  What it prints is escaped, also on a
 * pipe: it is for people or one JSON object, never bytes of a host.
 */
#include "cli/command.h"
#include "cli/past.h"
#include "cli/report_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -o and --format may both be given, if they agree. */
static int
format_of(const struct options *o, enum format *ret, struct err *err)
{
    const bool has_output = strchr(o->given, 'o') != NULL;
    const bool has_format = strchr(o->given, 'G') != NULL;
    const enum format output = o->output == OUTPUT_JSON ? FORMAT_JSON : FORMAT_TEXT;

    if (has_output && o->output == OUTPUT_JSONL) {
        return err_set(err, ERR_USAGE, "--output: a report is one object: json");
    }
    if (has_output && has_format && output != o->format) {
        return err_set(err, ERR_USAGE, "--output and --format differ");
    }
    *ret = has_format ? o->format : output;
    return 0;
}

static int
print(struct report *r, enum format format, struct err *err)
{
    struct buf out;
    int rc = 0;

    buf_init(&out, REPORT_TEXT_MAX);
    switch (format) {
    case FORMAT_TEXT:
        report_text(r, &out);
        break;
    case FORMAT_JSON:
        report_json(r, &out);
        buf_addc(&out, '\n');
        break;
    case FORMAT_GUIDE:
        report_guide(r, &out);
        break;
    }
    if (out.full) {
        rc = err_set(err, ERR_STORE, "run %s: the report is larger than %d MB", r->run,
                     REPORT_TEXT_MAX >> 20);
    } else {
        fwrite(out.data, 1, out.len, stdout);
    }
    buf_release(&out);
    return rc;
}

static int
show(const struct cli *c, struct store *s, const struct run_row *run, enum format format,
     struct err *err)
{
    struct report r;
    int rc = report_read(c->root, s, run, past_now_ms(), &r, err);

    if (rc == 0 && format == FORMAT_GUIDE) {
        report_find_log(c->root, &r);
        if (!r.log_found) {
            report_make_log(&r);
        }
    }
    if (rc == 0) {
        rc = print(&r, format, err);
    }
    report_release(&r);
    return rc;
}

int
cmd_report(struct cli *c, struct err *err)
{
    enum format format = FORMAT_TEXT;
    struct run_list runs = {0};
    struct store *s;
    int rc = -1;

    if (format_of(&c->options, &format, err) != 0) {
        return -1;
    }
    s = past_open(c->root, err);
    if (s != NULL) {
        rc = past_find(c->root, s, cli_word(c, 0), &runs, err);
    }
    if (rc == 0 && runs.count == 0) {
        fputs("no run yet\n", stderr);
    } else if (rc == 0) {
        rc = show(c, s, &runs.rows[0], format, err);
    }
    run_list_release(&runs);
    store_close(s);
    return rc;
}
