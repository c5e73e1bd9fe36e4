"""Single layers beside floors: what a known_hosts, an inventory, a template, the escaper, the journal, the scheduler cost."""
import json
import pathlib
import shutil
import tempfile

from bench.lib import measure, rig
from bench.lib.cell import Cell, Column, Contender, figure
from bench.lib.measure import CPU_HOW, LARGEST_HOW, WALL_HOW, Failed

NAME = "micro"
TITLE = "Micro: single layers beside floors"
SECONDS = 30
MICRO = rig.REPO / rig.BUILD / "bench/micro/micro"
HOW = [
    "bench/micro (C) calls the layers as the program does. Each layer and its floor run by turns in one process, and CPU time is "
    "told (CLOCK_PROCESS_CPUTIME_ID): what else the machine does meets both. A floor is what nothing of its kind can go below.",
    "known_hosts: 100,000 lines, [name]:port ssh-ed25519, a key a line; look-ups of 100,000 names. inventory: 10,000 hosts with "
    "3 variables each, in one or two of 200 groups with 50 variables each. template: 700 bytes with 9 expressions a host. "
    "escaper: escape_line in pieces of 4 KB. screen: frames into memory, MB/s is what a terminal would be sent. "
    "journal: rows of a run, 64 to a durable commit. scheduler: whole runs in a world where everything goes "
    "well, 1,000 slots, one step, a limit of 10 for each of 100 zones.",
]
COLUMNS = [
    Column("ns", "CPU", "ns/unit", 0, "CPU time over the units"),
    Column("floor_x", "x floor", "", 1, "CPU time of a unit over that of the floor"),
    Column("rate", "rate", "MB/s", 0, "bytes read or written over CPU time"),
    Column("per_s", "units/s", "", 0, "units over wall time: here the disk counts"),
    Column("whole", "whole run", "s", 2, "CPU time of plan, start and run"),
    Column("host_bytes", "memory", "B/host", 0, "ru_maxrss at 1,000,000 hosts less that at 10,000, over the hosts between"),
    Column("wall", "wall", "ms", 0, WALL_HOW),
    Column("cpu", "CPU", "ms", 0, CPU_HOW),
    Column("peak", "memory", "MB", 1, LARGEST_HOW),
]
CHARTS = [
    {"kind": "dots", "column": "floor_x", "log": True, "mark": 1, "title": "CPU over that of the floor, times (logarithmic)"},
    {"kind": "bars", "column": "wall", "cells": "programs", "limit": 250, "title": "Whole programs, ms (goal of plan: 250)"},
    {"kind": "bars", "column": "peak", "cells": "programs", "title": "Whole programs, MB"},
    {"kind": "bars", "column": "per_s", "cells": "journal", "title": "Rows a second, durable"},
]
# cell, layer of bench/micro, size in the smoke and else, title, {row: its floor}
LAYERS = (
    ("known-hosts", "known_hosts", (1000, 100000), "known_hosts, {:,} lines: a line, a look-up",
     {"load": "getline alone", "hit": "look-up in a map", "miss": "look-up in a map"}),
    ("inventory", "inventory", (200, 10000), "inventory, {:,} hosts: a host", {"load": "libyaml, events only"}),
    ("template", "template", (100, 10000), "a template of 700 bytes for {:,} hosts: a host", {"render": "copied once"}),
    ("escaper", "escape", (100000, 8000000), "the escaper, {:,} bytes: 4 KB",
     {"plain text": "memcpy", "UTF-8": "memcpy", "random bytes": "memcpy"}),
    ("screen", "screen", (5, 300), "the full screen, {:,} frames of a table of 10,000 hosts: a frame",
     {f"{what}, {size}": f"canvas only, {size}" for size in ("80x24", "300x100")
      for what in ("nothing changes", "4 rows change", "scrolled by a row", "another page")}),
    ("journal", "journal", (640, 19200), "the journal, {:,} rows, 64 to a commit: a row",
     {"facts and orders": "sqlite's bare insert"}),
)


def samples_of(layer, rounds, size, folder=None):
    """What bench/micro prints, as dicts."""
    env = {"MICRO_FOLDER": folder} if folder else {}
    told = measure.run([MICRO, layer, rounds, size], env=env, codes=(0,), timeout_s=120)
    return [json.loads(line) for line in told.stdout.splitlines()]


def figures_of(sample):
    """Of one line."""
    found = {"ns": sample["cpu_s"] / sample["units"] * 1e9}
    if sample.get("bytes"):
        found["rate"] = sample["bytes"] / sample["cpu_s"] / 1e6
    return found


def contenders(names, take, rounds):
    """One a name; take() gives the samples of all rounds, once."""
    kept = {}

    def once(name):
        if not kept:
            for sample in take():
                kept.setdefault(name_of(sample), []).append(sample)
        return kept[name].pop(0)["figures"]

    return [Contender(name, lambda _, name=name: once(name), rounds=rounds) for name in names]


def name_of(sample):
    """A row: what is measured, and of how many hosts where that differs."""
    return f"{sample['name']}, {sample['hosts']:,} hosts" if "hosts" in sample else sample["name"]


def beside(floors):
    """finish: each row over its floor."""
    column = next(column for column in COLUMNS if column.key == "floor_x")

    def finish(rows):
        for name, floor in floors.items():
            if rows[name].value("ns") and rows[floor].value("ns"):
                rows[name].figures["floor_x"] = figure(rows[name].value("ns") / rows[floor].value("ns"), column)
    return finish


def layer_cell(opts, name, layer, sizes, title, floors):
    """A cell of LAYERS."""
    size = opts.pick(sizes[0], sizes[1])

    def take():
        samples = samples_of(layer, opts.rounds, size)
        for sample in samples:
            sample["figures"] = figures_of(sample)
            if layer == "journal":
                sample["figures"]["per_s"] = sample["units"] / sample["wall_s"]
        return samples

    names = [*dict.fromkeys(floors.values()), *floors]
    return Cell(name, title.format(size), contenders(names, take, opts.rounds), rounds=opts.rounds, warmup=False,
                finish=beside(floors), short=name)


FEW = 10000
VARIANT = "rolling, zone: 10 of 100"  # the first of bench/micro/scheduler.c
VARIANTS = (VARIANT, "rolling, no limits", "the first, serial 10%", "parallel, rack: 1 of 100,000",
            "parallel, zone: 10 of 100, a gate")


def scheduler_cell(opts):
    """Facts of 10,000 hosts, all of which is in the caches, and of 1,000,000."""
    many = opts.pick(20000, 1000000)
    rounds = opts.pick(1, 3, 5)
    variants = VARIANTS if opts.long else VARIANTS[:1]

    def take():
        samples = samples_of("schedulers" if opts.long else "scheduler", rounds, many)
        few_kb = {sample["name"]: sample["peak_kb"] for sample in samples if sample["hosts"] == FEW}
        for sample in samples:
            sample["figures"] = {**figures_of(sample), "whole": sample["whole_s"]}
            if sample["hosts"] != FEW:
                sample["figures"]["host_bytes"] = (sample["peak_kb"] - few_kb[sample["name"]]) * 1024 / (many - FEW)
        return samples

    floors = {f"{v}, {many:,} hosts": f"{v}, {FEW:,} hosts" for v in variants}
    names = [name for pair in zip(floors.values(), floors) for name in pair]
    return Cell("scheduler", f"the scheduler, {many:,} hosts beside {FEW:,}: a fact", contenders(names, take, rounds),
                rounds=rounds, warmup=False, finish=beside(floors),
                short="scheduler")


def programs_cell(opts, root, hosts):
    """Whole programs on the inventory that is there, from their start to their end."""
    def program(*words):
        def once(_observe):
            m = measure.run([rig.IM, "--root", root, *words], codes=(0,))
            return {"wall": m.wall_s * 1000, "cpu": m.cpu_s * 1000, "peak": m.largest_kb / 1024}
        return once

    def finish(rows):
        if rows["plan deploy"].value("wall") is not None and not opts.smoke:
            rows["plan deploy"].goals["plan-10000"] = rows["plan deploy"].value("wall")

    return Cell("programs", f"inventory-manager on {hosts:,} hosts, start to end", [
        Contender("inventory list", program("inventory", "list", "large")),
        Contender("plan deploy", program("plan", "deploy", "large")),
        Contender("inventory list --json", program("inventory", "list", "large", "--json")),
    ], rounds=opts.rounds, warmup=not opts.smoke, finish=finish)


def cells(opts):
    """A cell a layer."""
    if not MICRO.exists():
        raise Failed(f"{MICRO.relative_to(rig.REPO)} is not there: make bench-tools")
    for row in LAYERS:
        yield layer_cell(opts, *row)
    yield scheduler_cell(opts)
    with tempfile.TemporaryDirectory(prefix="im-bench-micro.") as root:
        hosts = opts.pick(200, 10000)
        samples_of("inventory", 0, hosts, folder=root)
        (pathlib.Path(root) / "conf/actions").mkdir(parents=True)
        shutil.copy(rig.REPO / "conf/actions/deploy.yml", pathlib.Path(root) / "conf/actions")
        yield programs_cell(opts, root, hosts)
