"""What it costs to start: `--version` beside a program that does nothing, with the same libraries."""
import os
import shutil
import time

from bench.lib import rig
from bench.lib.cell import Cell, Column, Contender
from bench.lib.measure import RUNNING, Failed
from bench.lib.stats import median

NAME = "start"
TITLE = "Start: before anything is done"
SECONDS = 15
EMPTY = rig.REPO / rig.BUILD / "bench/empty"
STARTS = 40
HOW = [
    f"Each round is the middle of {STARTS} starts: from posix_spawn to the end, and the CPU time that wait4 tells. The empty "
    "program is linked with the same libraries, whether it uses them or not."
]
COLUMNS = [
    Column("wall", "wall", "ms", 2, f"from posix_spawn to the end, middle of {STARTS} starts"),
    Column("cpu", "CPU", "ms", 2, f"user + system time by wait4, mean of {STARTS} starts"),
]
CHARTS = [{"kind": "bars", "column": "wall", "title": "A start, ms"}]


def start(argv, quiet):
    """Wall and CPU milliseconds of one start."""
    RUNNING.check()
    begin = time.monotonic()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, quiet, fd) for fd in (1, 2)])
    _, status, used = os.wait4(pid, 0)
    if status != 0:
        raise Failed(f"{argv[0]}: status {status}")
    return (time.monotonic() - begin) * 1000, (used.ru_utime + used.ru_stime) * 1000


def contender(starts, name, *argv):
    """Many starts a round."""

    def once(_):
        quiet = os.open(os.devnull, os.O_WRONLY)
        try:
            taken = [start([str(word) for word in argv], quiet) for _ in range(starts)]
        finally:
            os.close(quiet)
        return {"wall": median([wall for wall, _ in taken]), "cpu": sum(cpu for _, cpu in taken) / starts}

    return Contender(name, once, program=str(argv[0]))


def finish(rows):
    """The lowest of each: others on the machine only ever add."""
    empty, version = rows["an empty program"], rows["inventory-manager --version"]
    if not empty.error and not version.error:
        version.goals["start"] = version.figures["wall"].low - empty.figures["wall"].low


def cells(opts):
    """Two programs."""
    if not EMPTY.exists():
        raise Failed(f"{EMPTY.relative_to(rig.REPO)} is not there: make bench-tools")
    starts = opts.pick(5, STARTS)
    yield Cell(
        "version",
        "From nothing to the end",
        [
            contender(starts, "an empty program", EMPTY),
            contender(starts, "inventory-manager --version", rig.IM, "--version"),
            contender(starts, "ssh -V", shutil.which("ssh") or "ssh", "-V"),
        ],
        opts.rounds,
        not opts.smoke,
        finish=finish,
    )
