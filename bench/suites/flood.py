"""Hosts that say a lot at once: memory above the same hosts silent, whatever the sink; long bench only."""
import pathlib
import tempfile

from bench.lib import measure, rig
from bench.lib.cell import Cell, Column, Contender
from bench.lib.measure import Failed

NAME = "flood"
TITLE = "Flood: a thousand hosts that say a megabyte each, at once"
PEAK = rig.REPO / "bench/peak"
MEMORY_MB = 256  # the default of output_memory
SLOW = 30_000_000  # bytes a second of a slow reader
HOW = [
    "Synthetic hosts, all at once, each with a megabyte of output; then one host with 2 GB. The sink is a file, nowhere, or a reader of "
    f"{SLOW // 1_000_000} MB a second. Above: VmHWM less that of the same hosts silent; output_memory is {MEMORY_MB} MB, and "
    "a tenth more is let pass. Needs a gigabyte of room for the logs."
]
COLUMNS = [
    Column("wall", "wall", "s", 2, measure.WALL_HOW),
    Column("rate", "rate", "MB/s", 0, "bytes the hosts said over the wall time"),
    Column("peak", "peak", "MB", 1, measure.LARGEST_HOW),
    Column("above", "above silent", "MB", 1, "VmHWM - VmHWM of the same hosts silent"),
    Column("written", "written", "MB", 1, "bytes written to stdout"),
]
CHARTS = [{"kind": "bars", "column": "above", "limit": MEMORY_MB * 1.1, "title": "Memory above the silent run, MB"}]


def flood(project, folder, silent_mb, sink, words, said):
    """One row: silent_mb is a list that the first row fills."""

    def once(_):
        out = sink.format(folder / "out")
        m = measure.run([PEAK, out, *project.argv("exec", "ENV", *words)], codes=(0,), timeout_s=600)
        code, wall_ms, peak_kb, written = map(int, m.stdout.split()[-4:])
        if code != 0:
            raise Failed(f"exit {code}: {m.said()}")
        peak_mb = peak_kb / 1024
        if not said:
            silent_mb.append(peak_mb)
        return {
            "wall": wall_ms / 1000,
            "peak": peak_mb,
            "above": peak_mb - silent_mb[0],
            "written": written / 1e6,
            "rate": said / 1e3 / wall_ms if said else None,
        }

    return once


def finish(rows):
    """What is above the limit is told."""
    for row in rows.values():
        if not row.error and row.value("above") > MEMORY_MB * 1.1:
            row.notes.append(f"more than {MEMORY_MB} MB and a tenth above the silent run")


def cells(opts):
    """Nothing in the short bench."""
    if opts.mode == "short":
        return
    hosts, each = opts.pick((20, 100_000), None, (1000, 1_000_000))
    large = opts.pick(20_000_000, None, 2_000_000_000)
    with tempfile.TemporaryDirectory(prefix="im-bench-flood.") as name, rig.Fleet(hosts) as servers:
        folder = pathlib.Path(name)
        many = servers.project(config={"max_parallel_workers": hosts})
        one = servers.project(env="one", count=1, config={"max_parallel_workers": 1})
        silent = []
        slow = f"slow:{SLOW}:{{}}"
        rows = [
            ("silent", many, "/dev/null", ["--", "true"], 0),
            ("text, a file", many, "{}", ["--", f"flood {each}"], each * hosts),
            ("text, lines without end", many, "{}", ["--", f"gush {each}"], each * hosts),
            ("text, a slow reader", many, slow, ["--", f"flood {each // 3}"], each // 3 * hosts),
            ("-b, a file", many, "{}", ["-b", "--", f"flood {each}"], each * hosts),
            ("-o jsonl, a file", many, "{}", ["-o", "jsonl", "--", f"flood {each}"], each * hosts),
            ("-o jsonl, a slow reader", many, slow, ["-o", "jsonl", "--", f"flood {each // 3}"], each // 3 * hosts),
            ("one host, text, nowhere", one, "/dev/null", ["--", f"flood {large}"], large),
            ("one host, -b, a file", one, "{}", ["-b", "--", f"flood {large}"], large),
        ]
        yield Cell(
            "sinks",
            f"{hosts:,} hosts at once, {each:,} bytes each, fleet",
            [
                Contender(title, flood(project, folder, silent, sink, words, said))
                for title, project, sink, words, said in rows
            ],
            1,
            False,
            finish,
        )
