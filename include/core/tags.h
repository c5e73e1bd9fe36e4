/*
 * tags.h - which steps a tag filter selects; `always` and `never` mean what Ansible means.
 */
#ifndef CORE_TAGS_H
#define CORE_TAGS_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a step with these tags runs under this filter.
 *
 * An empty filter, or one holding `all`, is none: every step runs but those tagged `never`.  With a
 * filter a step runs if it shares a tag with it or is tagged `always`; untagged steps are skipped;
 * a step tagged `never` runs only if another tag of it, or `never` itself, is named; `tagged` and
 * `untagged` in the filter select just that.  A step that shares a tag with skip does not run;
 * `always` steps are skipped only when skip names one of their tags.
 * Source: Ansible user guide, "Tags" (special tags). */
bool tags_select(const char *const *tags, size_t tag_count, const char *const *filter,
                 size_t filter_count, const char *const *skip, size_t skip_count);

#endif
