/*
 * tags.c - tag filters with Ansible's meaning.
 *
 * Mirrors the documented rules of Ansible (ansible.playbook.taggable): first selection, then skip.
 */
#include "core/tags.h"

#include <string.h>

static bool
has(const char *const *list, size_t count, const char *tag)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(list[i], tag) == 0) {
            return true;
        }
    }
    return false;
}

static bool
share(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
    for (size_t i = 0; i < a_count; i++) {
        if (has(b, b_count, a[i])) {
            return true;
        }
    }
    return false;
}

static bool
selected(const char *const *tags, size_t tag_count, const char *const *filter, size_t filter_count)
{
    const bool never = has(tags, tag_count, "never");

    if (has(tags, tag_count, "always") || share(tags, tag_count, filter, filter_count)) {
        return true;
    }
    if (filter_count == 0 || has(filter, filter_count, "all")) {
        return !never;
    }
    return tag_count == 0 ? has(filter, filter_count, "untagged")
                          : has(filter, filter_count, "tagged") && !never;
}

static bool
skipped(const char *const *tags, size_t tag_count, const char *const *skip, size_t skip_count)
{
    if (share(tags, tag_count, skip, skip_count)) {
        return true;
    }
    if (has(skip, skip_count, "all")) {
        return !has(tags, tag_count, "always"); /* a skip of `always` itself was shared */
    }
    return has(skip, skip_count, tag_count == 0 ? "untagged" : "tagged");
}

bool
tags_select(const char *const *tags, size_t tag_count, const char *const *filter,
            size_t filter_count, const char *const *skip, size_t skip_count)
{
    return selected(tags, tag_count, filter, filter_count) &&
           !skipped(tags, tag_count, skip, skip_count);
}
