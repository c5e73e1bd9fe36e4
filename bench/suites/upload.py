"""One large file to one host: how fast, and whether memory grows with the file."""
import hashlib
import os

from bench.lib import measure, rig
from bench.lib.cell import Cell, Column, Contender
from bench.lib.measure import Failed

NAME = "upload"
TITLE = "Upload: one large file to one host"
SECONDS = 25
HOW = [
    "A file of random bytes to a real sshd on loopback, which writes it into its own folder in /tmp; both ends, and the hash, share the "
    "machine's processors. The rate is the file over the wall time of the whole command, connecting included. inventory-manager checks "
    "the SHA-256 on the host and renames the file into place; `ssh HOST 'cat >FILE'` and scp check nothing. After each run the file is "
    "compared."
]
COLUMNS = [
    Column("wall", "wall", "s", 2, measure.WALL_HOW),
    Column("rate", "rate", "MB/s", 0, "size / wall"),
    Column("cpu", "CPU", "ms/MB", 2, measure.CPU_HOW + ", over the size"),
    Column("peak", "peak", "MB", 1, measure.LARGEST_HOW),
]
CHARTS = [
    {"kind": "bars", "column": "rate", "title": "Rate, MB/s"},
    {"kind": "bars", "column": "peak", "title": "Peak memory, MB"},
]
SMALL = "inventory-manager, 1 MB"


def make_file(path, megabytes):
    """Random bytes; returns their SHA-256."""
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for _ in range(megabytes):
            piece = os.urandom(1_000_000)
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()


def digest_of(path):
    """SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def contender(servers, name, megabytes, wanted, argv):
    """argv sends a file to `got` in the home of the account; it must arrive whole."""
    arrived = servers.home / "got"

    def once(_):
        arrived.unlink(missing_ok=True)
        m = measure.run(argv["words"], stdin=argv.get("stdin"), codes=(0,))
        if digest_of(arrived) != wanted:
            raise Failed(f"{name}: what arrived is not what was sent")
        return {
            "wall": m.wall_s,
            "rate": megabytes / m.wall_s,
            "cpu": m.cpu_s * 1000 / megabytes,
            "peak": m.largest_kb / 1024,
        }

    return Contender(name, once, program=argv["words"][0])


def finish_with(large):
    """Goals: the rate of the large file, and what its memory is above that of a small one."""

    def finish(rows):
        row, small = rows[large], rows[SMALL]
        if not row.error and not small.error:
            row.goals["upload-rate"] = row.value("rate")
            row.goals["upload-memory"] = row.value("peak") - small.value("peak")

    return finish


def cells(opts):
    """One cell on real sshd."""
    megabytes = opts.pick(5, 200, 1000)
    with rig.Sshd(1) as servers:
        one, many = servers.dir / "one", servers.dir / "many"
        small_digest, digest = make_file(one, 1), make_file(many, megabytes)
        project = servers.project(config={"max_parallel_workers": 1})
        host = servers.addresses[0]
        copied = [{"words": project.argv("copy", "ENV", source, servers.home / "got")} for source in (one, many)]
        ssh = {"words": ["ssh", "-F", servers.ssh_config, host, f"cat >{servers.home}/got"], "stdin": many}
        scp = {"words": ["scp", "-O", "-q", "-F", servers.ssh_config, many, f"{host}:{servers.home}/got"]}
        large = f"inventory-manager, {megabytes} MB"
        yield Cell(
            "one-host",
            f"{megabytes} MB to one host, real sshd",
            [
                contender(servers, SMALL, 1, small_digest, copied[0]),
                contender(servers, large, megabytes, digest, copied[1]),
                contender(servers, f"ssh 'cat >FILE', {megabytes} MB", megabytes, digest, ssh),
                contender(servers, f"scp, {megabytes} MB", megabytes, digest, scp),
            ],
            opts.rounds,
            not opts.smoke,
            finish_with(large),
        )
