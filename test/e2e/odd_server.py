#!/usr/bin/python3
"""odd_server.py HOST_KEY AUTHORIZED_KEYS: packets that libssh's server side cannot be made to send.

The user who logs in names what is sent once a command has begun (ODDITIES).  Prints `ready PORT`.  The frame of a step is
answered as a host would: its header, `fine`, exit status 0.
"""
import asyncio
import re
import sys

import asyncssh
from asyncssh.packet import Boolean, String, UInt32

DISCONNECT, UNIMPLEMENTED, GLOBAL, ADJUST, DATA, EOF, CLOSE, SUCCESS = 1, 3, 80, 93, 94, 96, 97, 99


def after_end(chan, kind):
    chan.send_packet(kind)
    chan.send_packet(DATA, String(b"late\n"))


ODDITIES = {
    "unimplemented": lambda conn, chan: conn.send_packet(UNIMPLEMENTED, UInt32(4711)),
    "hostkeys": lambda conn, chan: conn.send_packet(
        GLOBAL, String(b"hostkeys-00@openssh.com"), Boolean(True), String(b"\0\0\0\x0bssh-ed25519")),
    "unknown-global": lambda conn, chan: [
        conn.send_packet(GLOBAL, String(b"\033[31m%n@x"), Boolean(True)) for _ in range(100)],
    "unknown-message": lambda conn, chan: conn.send_packet(192, b"whatever"),
    "other-channel": lambda conn, chan: conn.send_packet(DATA, UInt32(77), String(b"x")),
    "stray-success": lambda conn, chan: chan.send_packet(SUCCESS),
    "window-overflow": lambda conn, chan: [chan.send_packet(ADJUST, UInt32(0xFFFFFFFF)) for _ in range(3)],
    "past-the-window": lambda conn, chan: [chan.send_packet(DATA, String(b"y" * 32000 + b"\n")) for _ in range(200)],
    "empty-data": lambda conn, chan: [chan.send_packet(DATA, String(b"")) for _ in range(100)],
    "short-packet": lambda conn, chan: chan.send_packet(DATA, UInt32(1 << 30), b"x"),
    "after-eof": lambda conn, chan: after_end(chan, EOF),
    "after-close": lambda conn, chan: after_end(chan, CLOSE),
    "close-twice": lambda conn, chan: [chan.send_packet(CLOSE), chan.send_packet(CLOSE)],
    "goodbye": lambda conn, chan: conn.send_packet(
        DISCONNECT, UInt32(2), String(b"go \033[31maway\r\nnow"), String(b"")),
}


async def handle(process):
    channel = process.channel
    conn = channel.get_connection()
    frame = await process.stdin.read()
    nonce = re.search(rb"\bN=(\S+)", frame)
    header = b"SUP1 " + (nonce[1] if nonce else b"?") + b" STARTED\n"
    process.stdout.write(header)
    process.stderr.write(header)
    oddity = ODDITIES.get(conn.get_extra_info("username"))
    if oddity is not None:
        oddity(conn, channel)
    try:
        process.stdout.write(b"fine\n")
        process.exit(0)
    except (OSError, asyncssh.Error):
        pass


async def main():
    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[sys.argv[1]], authorized_client_keys=sys.argv[2], process_factory=handle,
        encoding=None)
    print("ready", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["list"]:
        print(*ODDITIES)
    else:
        asyncio.run(main())
