/*
 * render_wait.c - wait_for as a script: it looks at a port or a path until that is as wanted.
 *
 * Decides how a shell without tools can see a port: /proc/net/tcp names the listening ones (state
 * 0A; Linux, Documentation/networking/proc_net_tcp.rst); elsewhere, and for other hosts, nc, bash,
 * perl or python3 tries to connect.  The script ends by itself in time, so that a port nobody opens
 * is a failure and not an unknown end.
 */
#include "config/render_state.h"

#include "base/escape.h"
#include "base/xalloc.h"
#include "config/template.h"

#include <stdlib.h>
#include <string.h>

static const char connect_script[] =
    "for tool in nc bash python3 perl ''; do\n"
    "    command -v \"$tool\" >/dev/null 2>&1 && break\n"
    "done\n"
    "connects() {\n"
    "    case $tool in\n"
    "    nc) nc -z -w 2 \"$host\" \"$port\" ;;\n"
    "    bash) bash -c ': <\"/dev/tcp/$0/$1\"' \"$host\" \"$port\" ;;\n"
    "    python3) python3 -c 'import socket, sys\n"
    "socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)' \"$host\" \"$port\" ;;\n"
    "    perl) perl -MIO::Socket::IP -e 'exit(IO::Socket::IP->new(PeerHost => $ARGV[0],\n"
    "        PeerPort => $ARGV[1], Timeout => 2) ? 0 : 1)' \"$host\" \"$port\" ;;\n"
    "    *) return 1 ;;\n"
    "    esac >/dev/null 2>&1\n"
    "}\n"
    "needs_tool() {\n"
    "    [ -z \"$tool\" ] || return 0\n"
    "    echo 'wait_for: needs nc, bash, python3 or perl to look at this port' >&2\n"
    "    exit 1\n"
    "}\n";

static const char listen_script[] =
    "listens() {\n"
    "    if [ ! -r /proc/net/tcp ]; then needs_tool; connects; return; fi\n"
    "    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | {\n"
    "        while read -r _ local _ state _; do\n"
    "            case $local/$state in *:\"$hex/0A\") exit 0 ;; esac\n"
    "        done\n"
    "        exit 1\n"
    "    }\n"
    "}\n";

static int
put_port(const struct render_job *job, struct rendered *ret, struct buf *out)
{
    int port = 0;

    if (render_port(job, &port)) {
        return -1;
    }
    buf_addf(out, "port=%d hex=%04X host=127.0.0.1 what='port %d'\n", port, (unsigned)port, port);
    ret->awaited = xasprintf("port %d", port);
    return 0;
}

static int
put_host(const struct render_job *job, struct rendered *ret, struct buf *out)
{
    char *host = NULL;

    if (render_host(job, &host)) {
        return -1;
    }
    buf_addf(out, "host=%s\n", host);
    char *awaited = ret->awaited;
    ret->awaited = xasprintf("%s of %s", awaited, host);
    free(awaited);
    free(host);
    return 0;
}

static int
put_port_test(const struct render_job *job, struct rendered *ret, struct buf *out)
{
    if (put_port(job, ret, out) || (job->step->host && put_host(job, ret, out))) {
        return -1;
    }
    buf_adds(out, connect_script);
    buf_adds(out, listen_script);
    buf_addf(out, "holds() { %s; }\n", job->step->host ? "needs_tool; connects" : "listens");
    return 0;
}

static int
put_path_test(const struct render_job *job, struct rendered *ret, struct buf *out)
{
    char *path = NULL;

    if (render_open_text(job, "path", job->step->path, &path)) {
        return -1;
    }
    const bool full = path[0] == '/';
    buf_adds(out, "path=");
    escape_shell(out, path, strlen(path));
    buf_adds(out, "\nwhat=$path\nholds() { [ -e \"$path\" ] || [ -h \"$path\" ]; }\n");
    ret->awaited = path;
    return full ? 0 : render_bad_part(job, "path", "a full path");
}

/* Whole seconds: date knows no others. */
static void
put_loop(const struct action_step *step, struct buf *out)
{
    const long seconds = (long)((step->wait_ms + 999) / 1000);

    buf_addf(out, "end=$(($(date +%%s) + %ld))\n", seconds);
    buf_addf(out, "%s holds; do\n", step->absent ? "while" : "until");
    buf_adds(out, "    if [ \"$(date +%s)\" -ge \"$end\" ]; then\n");
    buf_addf(out, "        printf 'wait_for: %%s is %s after %lds\\n' \"$what\" >&2\n",
             step->absent ? "still there" : "not there", seconds);
    buf_adds(out, "        exit 1\n    fi\n    sleep 0.2 2>/dev/null || sleep 1\ndone\n");
}

int
render_wait(const struct render_job *job, struct rendered *ret)
{
    struct buf out;

    buf_init(&out, TEMPLATE_TEXT_MAX);
    int rc = job->step->port ? put_port_test(job, ret, &out) : put_path_test(job, ret, &out);
    if (rc == 0) {
        put_loop(job->step, &out);
        rc = render_take_script(job, &out, ret);
    }
    buf_release(&out);
    return rc;
}
