#!/usr/bin/python3
"""many.py SPEC.json: what one would write with asyncssh, and no more: a semaphore around a connection a host.

The key and known_hosts are read once.  SPEC has hosts, port, user, key, known_hosts, kex, at_once, and what to do:
`run` a command, `put` a file, or `deploy` the five steps of deploy/action.yml.  Prints {"ok": N, "failed": N}.
"""
import asyncio
import json
import shlex
import sys

import asyncssh


async def deploy(connection, spec, host):
    app, source = host["app"], spec["deploy"]
    release = f"{app}/releases/{spec['version']}"
    await connection.run(f"mkdir -p {shlex.quote(release)}", check=True)
    async with connection.start_sftp_client() as sftp:
        with open(source["template"], encoding="utf-8") as text:
            conf = text.read().replace("{{ inventory_hostname }}", host["name"]).replace("{{ app }}", app)
        async with sftp.open(f"{release}/app.conf", "w") as out:
            await out.write(conf)
        await sftp.put(source["archive"], f"{release}/site.bin")
    await connection.run(f"ln -sfn {shlex.quote(release)} {shlex.quote(app + '/current')}", check=True)
    await connection.run(f"cp {shlex.quote(app)}/current/app.conf {shlex.quote(app)}/running", check=True)


async def work(connection, spec, host):
    if "run" in spec:
        await connection.run(spec["run"], check=True)
    elif "put" in spec:
        async with connection.start_sftp_client() as sftp:
            await sftp.put(spec["put"], spec["to"])
    else:
        await deploy(connection, spec, host)


async def one(spec, options, turn, host):
    async with turn:
        async with asyncssh.connect(host["address"], options=options) as connection:
            await work(connection, spec, host)


async def main():
    with open(sys.argv[1], encoding="utf-8") as text:
        spec = json.load(text)
    options = asyncssh.SSHClientConnectionOptions(
        port=spec["port"], username=spec["user"], client_keys=[asyncssh.read_private_key(spec["key"])],
        known_hosts=asyncssh.read_known_hosts(spec["known_hosts"]), kex_algs=[spec["kex"]], agent_path=None, config=None)
    turn = asyncio.Semaphore(spec["at_once"])
    ends = await asyncio.gather(*(one(spec, options, turn, h) for h in spec["hosts"]), return_exceptions=True)
    failures = [e for e in ends if e is not None]
    for failure in failures[:3]:
        print(repr(failure), file=sys.stderr)
    print(json.dumps({"ok": len(ends) - len(failures), "failed": len(failures)}))
    return 1 if failures else 0


sys.exit(asyncio.run(main()))
