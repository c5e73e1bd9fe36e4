/*
 * make.h - the sinks there are; for src/ui/sink.c alone.
 */
#ifndef UI_MAKE_H
#define UI_MAKE_H

#include "ui/sink.h"

struct sink *plain_new(const struct sink_options *options, struct out *out, struct out *err_out);
struct sink *jsonl_new(const struct sink_options *options, struct out *out, struct out *err_out);

#endif
