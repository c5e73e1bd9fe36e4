/*
 * template.c - a configuration file rendered for each host.
 *
 * Floor: the bytes of the result copied once.
 */
#include "micro.h"

#include "base/xalloc.h"
#include "config/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nine expressions in 700 bytes: names, a filter, a default, an item, a value that holds another.
 */
static const char text[] =
    "# Written for {{ inventory_hostname }} by the deployment; changes here are lost.\n"
    "server {\n"
    "    listen {{ app_port }};\n"
    "    server_name {{ inventory_hostname }} {{ alias | default('localhost') }};\n"
    "    root {{ app_dir }}/current/public;\n"
    "    access_log /var/log/{{ zone | lower }}/access.log combined buffer=32k flush=5s;\n"
    "    location / {\n"
    "        try_files $uri $uri/ @application;\n"
    "        add_header X-Served-By {{ inventory_hostname }};\n"
    "    }\n"
    "    location @application {\n"
    "        proxy_pass http://{{ database.host }}:{{ database.port }};\n"
    "        proxy_set_header Host $host;\n"
    "        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;\n"
    "        proxy_read_timeout 60s;\n"
    "        proxy_connect_timeout 5s;\n"
    "    }\n"
    "}\n";

static struct value *
host_vars(void)
{
    struct value *vars = value_new(VALUE_DICT), *database = value_new(VALUE_DICT);
    char name[32];

    for (int i = 0; i < 50; i++) { /* what a host has beside */
        (void)snprintf(name, sizeof(name), "variable_%02d", i);
        value_dict_set(vars, name, value_int(i));
    }
    value_dict_set(database, "host", value_text("db-01.example.net"));
    value_dict_set(database, "port", value_int(8080));
    value_dict_set(vars, "database", database);
    value_dict_set(vars, "app_port", value_int(8000));
    value_dict_set(vars, "app_name", value_text("shop"));
    value_dict_set(vars, "app_dir", value_text("/srv/{{ app_name }}"));
    value_dict_set(vars, "zone", value_text("EU-West"));
    return vars;
}

static int64_t
measure_render(const struct scope *scope, int64_t hosts)
{
    struct buf out;
    struct err err;
    size_t at = 0;
    int64_t bytes = 0;

    const struct micro_clock c = micro_begin();
    for (int64_t i = 0; i < hosts; i++) {
        buf_init(&out, TEMPLATE_TEXT_MAX);
        if (template_render(text, scope, false, "", &out, &at, &err) != 0) {
            micro_fail(err.text);
        }
        bytes += (int64_t)out.len;
        buf_release(&out);
    }
    micro_end(&c, "render", hosts, bytes);
    return bytes;
}

static void
measure_copy(int64_t hosts, int64_t bytes)
{
    const size_t len = (size_t)(bytes / hosts);
    char *from = xcalloc(len, 1);
    struct buf out;

    const struct micro_clock c = micro_begin();
    for (int64_t i = 0; i < hosts; i++) {
        buf_init(&out, TEMPLATE_TEXT_MAX);
        (void)buf_add(&out, from, len);
        buf_release(&out);
    }
    micro_end(&c, "copied once", hosts, bytes);
    free(from);
}

void
micro_template(int rounds, int64_t size)
{
    struct value *vars = host_vars(), *magic = value_new(VALUE_DICT);
    const struct scope scope = {.magic = magic, .vars = vars};

    value_dict_set(magic, "inventory_hostname", value_text("web-0001.example.net"));
    for (int i = 0; i < rounds; i++) {
        measure_copy(size, measure_render(&scope, size));
    }
    value_free(magic);
    value_free(vars);
}
