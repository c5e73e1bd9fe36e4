"""asyncssh.py DIR PORT ADDRESS...: an SSH server on asyncssh that gives exec requests to /bin/sh.

One user, demo, with the key in DIR/authorized_keys; commands start in DIR/home.  A command is a process
with pipes, its end an exit status or an exit signal, as OpenSSH does it; one that is still running when
its connection is lost is left alone.
"""
import asyncio
import os
import signal
import sys

import asyncssh

DRAIN_S = 1.0  # a background child that keeps the output open is not waited for longer
CHUNK = 65536

folder, port, addresses = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
home = folder + "/home"


class Server(asyncssh.SSHServer):
    def begin_auth(self, username):
        return True

    def password_auth_supported(self):
        return False

    def validate_public_key(self, username, key):  # authorized_client_keys decides, for one user only
        return False


async def feed(process, child):
    """Standard input of the command, to its end; a signal for it comes as an exception."""
    pipe = child.stdin
    try:
        while True:
            try:
                data = await process.stdin.read(CHUNK)
            except asyncssh.SignalReceived as e:
                os.killpg(child.pid, getattr(signal, "SIG" + e.signal))
                continue
            if not data:
                break
            pipe.write(data)
            await pipe.drain()
    except (BrokenPipeError, ConnectionResetError, ProcessLookupError, AttributeError, asyncssh.Error):
        pass
    finally:
        pipe.close()


async def carry(pipe, out):
    """One stream of the command, to its end; it is read on when nobody hears it any more."""
    heard = True
    while data := await pipe.read(CHUNK):
        try:
            if heard:
                out.write(data)
                await out.drain()
        except (BrokenPipeError, ConnectionResetError, asyncssh.Error):
            heard = False


async def serve(process):
    if process.command is None:
        process.stderr.write(b"commands only\n")
        process.exit(1)
        return
    environment = {
        "HOME": home,
        "USER": "demo",
        "LOGNAME": "demo",
        "SHELL": "/bin/sh",
        "PATH": f"{home}/bin:/usr/local/bin:/usr/bin:/bin",
        "SSH_CONNECTION": " ".join(str(x) for name in ("peername", "sockname")
                                   for x in process.get_extra_info(name)[:2]),
    }
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec("/bin/sh", "-c", process.command, stdin=pipe, stdout=pipe,
                                                 stderr=pipe, cwd=home, env=environment, start_new_session=True)
    fed = asyncio.ensure_future(feed(process, child))
    carried = [asyncio.ensure_future(carry(child.stdout, process.stdout)),
               asyncio.ensure_future(carry(child.stderr, process.stderr))]
    status = await ended(child)
    await asyncio.wait(carried, timeout=DRAIN_S)
    fed.cancel()
    if status < 0:
        process.exit_with_signal(signal.Signals(-status).name[3:])
    else:
        process.exit(status)


async def ended(child):
    """Its status as soon as it has ended: child.wait() would wait for the pipes too (bpo-43884)."""
    while child._transport.get_returncode() is None:  # pylint: disable=protected-access
        await asyncio.sleep(0.005)
    return child._transport.get_returncode()  # pylint: disable=protected-access


async def main():
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    loop.add_signal_handler(signal.SIGTERM, stop.set_result, None)
    options = {
        "server_factory": Server,
        "server_host_keys": [folder + "/host_key"],
        "authorized_client_keys": folder + "/authorized_keys",
        "process_factory": serve,
        "encoding": None,
        "allow_pty": False,
    }
    listeners = [await asyncssh.listen(address, port, backlog=1000, reuse_address=True, **options)
                 for address in addresses]
    print("ready", flush=True)
    await stop
    for listener in listeners:
        listener.close()
    os._exit(0)  # sessions under way are not waited for


asyncio.run(main())
