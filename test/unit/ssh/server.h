/*
 * server.h - an SSH server for one test: a child on libssh's server API that forks per connection.
 *
 * It runs what it is told with /bin/sh, and misbehaves as the user name says: deny, stall-auth,
 * freeze, nochannel, noexec, nologin, nostatus, noclose, linger, noisy, signal, drop, window (takes
 * one window of input and no more, and answers keepalives), opens.  Blocking and
 * simple on purpose; the client is what is tested.
 */
#ifndef TEST_SERVER_H
#define TEST_SERVER_H

#include <arpa/inet.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct server {
    pid_t pid;
    int port;
};

static inline int
listen_on(int *ret_port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(a);
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 1024) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) < 0) {
        abort();
    }
    *ret_port = ntohs(a.sin_port);
    return fd;
}

/* Open a channel to the client and ask it something; wait for its answers. */
static inline bool
server_is_refused(ssh_session s)
{
    ssh_channel c = ssh_channel_new(s);
    const bool refused = ssh_channel_open_x11(c, "127.0.0.1", 6000) == SSH_ERROR &&
                         ssh_channel_listen_forward(s, "127.0.0.1", 1, NULL) == SSH_ERROR;

    ssh_channel_free(c);
    return refused;
}

/* Read the channel to its end, give it to /bin/sh, send back what comes, both streams apart. */
static inline void
server_run(ssh_session s, ssh_channel c, const char *user, const char *command)
{
    char bytes[4096];
    FILE *in = tmpfile();
    FILE *outs[2] = {tmpfile(), tmpfile()};
    int n;
    int status = 0;

    while ((n = ssh_channel_read(c, bytes, sizeof(bytes), 0)) > 0) {
        (void)fwrite(bytes, 1, (size_t)n, in);
    }
    (void)fflush(in);
    rewind(in);
    if (strcmp(user, "drop") == 0) {
        _exit(0); /* the kernel closes the connection */
    }
    if (strcmp(user, "nostatus") == 0) {
        (void)ssh_channel_close(c);
        (void)ssh_blocking_flush(s, 2000);
        return;
    }
    if (strcmp(user, "nologin") == 0) {
        (void)ssh_channel_write_stderr(c, "account \033[31mdisabled\n", 22);
        (void)ssh_channel_request_send_exit_status(c, 1);
        (void)ssh_channel_send_eof(c);
        (void)ssh_channel_close(c);
        return;
    }
    if (strcmp(user, "opens") == 0 && !server_is_refused(s)) {
        _exit(0);
    }
    const pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(fileno(in), 0);
        (void)dup2(fileno(outs[0]), 1);
        (void)dup2(fileno(outs[1]), 2);
        (void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    (void)waitpid(pid, &status, 0);
    if (strcmp(user, "noisy") == 0) {
        (void)ssh_channel_write(c, "Welcome\n", 8);
    }
    for (int i = 0; i < 2; i++) {
        rewind(outs[i]);
        while ((n = (int)fread(bytes, 1, sizeof(bytes), outs[i])) > 0) {
            (void)(i == 0 ? ssh_channel_write(c, bytes, (uint32_t)n)
                          : ssh_channel_write_stderr(c, bytes, (uint32_t)n));
        }
        (void)fclose(outs[i]);
    }
    (void)fclose(in);
    if (strcmp(user, "signal") == 0) {
        (void)ssh_channel_request_send_exit_signal(c, "KILL", 0, "", "");
    } else {
        (void)ssh_channel_request_send_exit_status(c, WEXITSTATUS(status));
    }
    if (strcmp(user, "linger") == 0) {
        return; /* neither EOF nor close */
    }
    (void)ssh_channel_send_eof(c);
    if (strcmp(user, "noclose") != 0) {
        (void)ssh_channel_close(c);
    }
}

/* One request of the client; returns the channel it is about. */
static inline ssh_channel
server_request(ssh_session s, ssh_message m, ssh_channel c, char user[64])
{
    const int type = ssh_message_type(m);
    const int subtype = ssh_message_subtype(m);

    if (type == SSH_REQUEST_AUTH && subtype == SSH_AUTH_METHOD_PUBLICKEY) {
        (void)snprintf(user, 64, "%s", ssh_message_auth_user(m));
        if (strcmp(user, "stall-auth") == 0) {
            (void)pause();
        }
        if (strcmp(user, "deny") == 0) {
            (void)ssh_message_auth_set_methods(m, SSH_AUTH_METHOD_PASSWORD);
            (void)ssh_message_reply_default(m);
        } else {
            (void)ssh_message_auth_reply_success(m, 0);
        }
    } else if (type == SSH_REQUEST_CHANNEL_OPEN && strcmp(user, "freeze") == 0) {
        (void)pause();
    } else if (type == SSH_REQUEST_CHANNEL_OPEN && strcmp(user, "nochannel") != 0) {
        return ssh_message_channel_request_open_reply_accept(m);
    } else if (type == SSH_REQUEST_CHANNEL && subtype == SSH_CHANNEL_REQUEST_EXEC &&
               strcmp(user, "noexec") != 0) {
        char command[8192];
        (void)snprintf(command, sizeof(command), "%s", ssh_message_channel_request_command(m));
        (void)ssh_message_channel_request_reply_success(m);
        if (strcmp(user, "window") != 0) {
            server_run(s, c, user, command);
        }
    } else {
        (void)ssh_message_reply_default(m);
    }
    return c;
}

static inline void
server_connection(ssh_bind b, int fd)
{
    ssh_session s = ssh_new();
    ssh_channel c = NULL;
    ssh_message m;
    char user[64] = "";

    if (ssh_bind_accept_fd(b, s, fd) != SSH_OK || ssh_handle_key_exchange(s) != SSH_OK) {
        _exit(0);
    }
    ssh_set_auth_methods(s, SSH_AUTH_METHOD_PUBLICKEY);
    while ((m = ssh_message_get(s)) != NULL) {
        c = server_request(s, m, c, user);
        ssh_message_free(m);
    }
    _exit(0);
}

/* Serve for ever: each connection in a child, by serve, which does not return. */
static inline void
server_serve(int listener, const char *host_key, void (*serve)(ssh_bind b, int fd))
{
    const bool no = false;

    (void)signal(SIGCHLD, SIG_DFL);
    ssh_bind b = ssh_bind_new();
    (void)ssh_bind_options_set(b, SSH_BIND_OPTIONS_PROCESS_CONFIG, &no);
    (void)ssh_bind_options_set(b, SSH_BIND_OPTIONS_HOSTKEY, host_key);
    for (;;) {
        const int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && fork() == 0) {
            (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
            (void)close(listener);
            serve(b, fd);
        }
        (void)close(fd);
        while (waitpid(-1, NULL, WNOHANG) > 0) {}
    }
}

static inline struct server
server_start_with(const char *host_key, void (*serve)(ssh_bind b, int fd))
{
    struct server server = {0};
    const int listener = listen_on(&server.port);

    server.pid = fork();
    if (server.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        server_serve(listener, host_key, serve);
    }
    (void)close(listener);
    return server;
}

static inline struct server
server_start(const char *host_key)
{
    return server_start_with(host_key, server_connection);
}

static inline void
server_stop(const struct server *server)
{
    (void)kill(server->pid, SIGKILL);
    (void)waitpid(server->pid, NULL, 0);
}

#endif
