"""The table of the guide (Test Parallel Execution): how long waves take, beside what they cannot take less than."""
import random
import time

from bench.lib import rig, schedule, stall
from bench.lib.cell import Cell, Column, Contender, Together, figure
from bench.lib.project import events

NAME = "waves"
TITLE = "Waves: measured beside the ideal"
SECONDS = 220
GUIDE_S = 300  # the guide's action takes five minutes a server
MOST = 5  # rounds
EQUAL_AT_ONCE, TAIL_AT_ONCE = 3, 6  # cells that only wait, side by side
TAIL_MAX = 4  # the longest host of a long tail, in T
HOW = [
    "One step, `sleep T`, on every host; T is 1 s where nothing else is said: the guide's five minutes, scaled. The column "
    "`at 5 min a server` is the ideal with five minutes in place of T, plus what was measured beyond the ideal.",
    "Equal: every host takes T. Long tail: hosts take T/2 to 4 T (quantiles of a Pareto distribution with exponent 2, mean "
    "about T, in an order drawn once); the fleet plays the sleep, a real sshd runs it.",
    "Ideal of waves: ceil(N/W) x T; with a long tail the sum of each wave's longest host. Ideal of parallel: max(total/W, "
    "longest, ceil(N/W) x shortest), which no schedule beats. List scheduling: starting the next host whenever a slot is "
    "free, in the same order, at no cost. Measured is the wall time of the whole command, start and end of the program "
    "included; the goal of a ratio counts for waves of any kind and for parallel with equal hosts.",
    "Gain is the guide's (sequential - parallel) / sequential x 100. Sequential is measured for 9 servers; for more it is "
    "computed, the sum of the hosts' times. Utilisation: slot time between host_started and host_finished over W x wall.",
    f"Cells of at most 100 hosts only wait: equal ones run {EQUAL_AT_ONCE} at a time, T/3 apart, long-tailed ones {TAIL_AT_ONCE} at a time.",
    "connect_ahead true and false stand side by side where 100 workers meet a barrier.",
]
COLUMNS = [
    Column("workers", "workers", "", 0, "max_parallel_workers", shown=False),
    Column(
        "ideal",
        "ideal",
        "s",
        2,
        "waves: ceil(N/W) x T or the sum of each wave's longest; parallel: no schedule beats it",
    ),
    Column("list", "list scheduling", "s", 2, "the next host whenever a slot is free, at no cost"),
    Column("wall", "measured", "s", 3, "wall time of the whole command, CLOCK_MONOTONIC"),
    Column("ratio", "ratio", "", 3, "measured / ideal"),
    Column("beyond", "beyond", "ms", 0, "measured - ideal"),
    Column(
        "outside",
        "of it outside the run",
        "ms",
        0,
        "wall - duration_ms of run_finished: the program's own start and end",
    ),
    Column("gain", "gain", "%", 1, "(sequential - measured) / sequential x 100"),
    Column("used", "slots used", "%", 1, "sum of host_started to host_finished / (W x wall)"),
    Column("guide", "at 5 min a server", "min", 2, "ideal x 300 / T + (measured - ideal)"),
    *stall.COLUMNS,
]
CHARTS = [
    {
        "kind": "bars",
        "column": "wall",
        "cells": "*-9-rolling-equal",
        "beside": "ideal",
        "title": "The guide's table: measured s, and a mark for the ideal",
    },
    {
        "kind": "dots",
        "column": "ratio",
        "cells": "fleet-*-equal",
        "but": "fleet-1000-*",
        "limit": 1.03,
        "from": 1,
        "title": "Measured / ideal, equal hosts, fleet, up to 20 workers (goal: 1.03)",
    },
    {
        "kind": "dots",
        "column": "ratio",
        "cells": "fleet-1000-rolling-equal",
        "limit": 1.05,
        "from": 1,
        "title": "Measured / ideal, 1,000 hosts, 100 workers (goal with connect_ahead: 1.05)",
    },
    {
        "kind": "dots",
        "column": "ratio",
        "cells": "fleet-*-rolling-tail",
        "limit": 1.03,
        "from": 1,
        "title": "Measured / ideal, long tail, waves, fleet",
    },
    {
        "kind": "dots",
        "column": "ratio",
        "cells": "sshd-*",
        "from": 1,
        "title": "Measured / ideal, real sshd (a login costs the server 30 ms of CPU)",
    },
    {
        "kind": "dots",
        "column": "gain",
        "cells": "fleet-*-equal",
        "title": "Gain over sequential, %, equal hosts, fleet",
    },
]
BY_KEY = {column.key: column for column in COLUMNS}
ACTION = "name: work\nsteps:\n  - name: Work\n    run: sleep {{ t }}\n"


def long_tail(hosts, unit_s):
    """T/2 to 4 T, mean about T, always the same."""
    times = [min(TAIL_MAX, 0.5 / (1 - (at + 0.5) / hosts) ** 0.5) * unit_s for at in range(hosts)]
    random.Random(hosts).shuffle(times)
    return [round(seconds, 3) for seconds in times]


def durations_of(hosts, tail, unit_s):
    """Seconds of each host."""
    return long_tail(hosts, unit_s) if tail else [unit_s] * hosts


class Waves:
    """A cell of one strategy on one number of hosts: a row for each number of workers."""

    def __init__(self, servers, hosts, strategy, tail, unit_s, start_s=0.0):
        self.servers, self.hosts, self.strategy, self.tail, self.unit_s = servers, hosts, strategy, tail, unit_s
        self.times = durations_of(hosts, tail, unit_s)
        self.start_s = start_s  # beside another cell: not in step with it

    def contender(self, workers, name=None, rounds=None, **config):
        """max_parallel_workers, and more of config.yml."""
        project = self.servers.project(
            actions={"work": ACTION},
            count=self.hosts,
            variables=lambda at: {"t": self.times[at]},
            config={"deployment_strategy": self.strategy, "max_parallel_workers": workers, **config},
        )

        def once(observe):
            time.sleep(self.start_s)
            m = project.run(
                "run",
                "work",
                "ENV",
                "-o",
                "jsonl",
                "-y",
                codes=(0,),
                stall=rig.STALL if observe else None,
                timeout_s=60 + 3 * sum(self.times),
            )
            told = events(m)
            busy_s = sum(event["duration_ms"] for event in told if event["type"] == "host_finished") / 1000
            outside_ms = m.wall_s * 1000 - told[-1]["duration_ms"]
            used = schedule.utilisation_percent(busy_s, workers, m.wall_s)
            return {"workers": workers, "wall": m.wall_s, "used": used, "outside": outside_ms, **stall.figures(m)}

        return Contender(name or f"{workers} worker{'s' if workers != 1 else ''}", once, rounds)

    def ideal(self, workers):
        """What no run of this strategy can be shorter than."""
        return (schedule.waves if self.strategy == "rolling" else schedule.bound)(self.times, workers)

    def finish(self, rows):
        """Everything that follows from the wall time."""
        sequential = [row.value("wall") for row in rows.values() if row.value("workers") == 0 and not row.error]
        seq_s = sequential[0] if sequential and sequential[0] else sum(self.times)
        for row in rows.values():
            if row.error:
                continue
            workers, wall = int(row.value("workers")), row.value("wall")
            ideal = self.ideal(workers)
            told = {
                "ideal": ideal,
                "list": schedule.list_schedule(self.times, workers),
                "ratio": wall / ideal,
                "beyond": (wall - ideal) * 1000,
                "gain": schedule.gain_percent(seq_s, wall),
            }
            if not self.tail:
                told["guide"] = (ideal * GUIDE_S / self.unit_s + wall - ideal) / 60
            row.figures.update({key: figure(value, BY_KEY[key]) for key, value in told.items()})
            self.goals(row, workers, wall / ideal)
            stall.judge(row)
        self.effect(rows)

    @staticmethod
    def effect(rows):
        """What connecting ahead takes off what is beyond the ideal, where both are there."""
        found = {word: row for row in rows.values() for word in ("true", "false") if row.contender.endswith(word)}
        if len(found) == 2 and not any(row.error for row in found.values()):
            with_it, without = (found[word].value("beyond") for word in ("true", "false"))
            found["true"].notes.append(
                f"connecting ahead: {with_it:,.0f} ms beyond the ideal, without it {without:,.0f} ms"
            )

    def goals(self, row, workers, ratio):
        """Of the fleet, at T = 1 s: a real sshd's own 30 ms a login are not ours."""
        if self.servers.kind != "fleet" or self.unit_s != 1:
            return
        if workers <= 20 and not (self.tail and self.strategy == "parallel"):
            row.goals["waves-20"] = ratio
        if workers == 100 and self.strategy == "rolling" and "false" not in row.contender:
            row.goals["waves-1000"] = ratio

    def cell(self, contenders, rounds, warmup=False):
        """The cell of these contenders."""
        how = "long tail" if self.tail else "equal"
        name = f"{self.servers.kind}-{self.hosts}-{self.strategy}-{'tail' if self.tail else 'equal'}"
        short = f"{self.hosts:,} hosts, {self.strategy}{', long tail' if self.tail else ''}"
        return Cell(
            name,
            f"{self.hosts:,} servers, {self.strategy}, {how}, T = {self.unit_s:g} s, {self.servers.kind}",
            contenders,
            rounds,
            warmup,
            self.finish,
            short=short if len(contenders) > 1 else f"{short} · {contenders[0].name}",
        )


def cells_of(servers, hosts, workers, unit_s, rounds, tail, nth):
    """rolling and parallel; with 0 workers for rolling alone: the strategy does not matter then.  rounds(ideal_s): how many.

    nth: how many cells stand before these, so that those side by side are not in step.
    """
    made = []
    for place, strategy in enumerate(("rolling", "parallel")):
        waves = Waves(servers, hosts, strategy, tail, unit_s, 0 if tail else (nth + place) % EQUAL_AT_ONCE * unit_s / 3)
        contenders = [
            waves.contender(count, rounds=rounds(waves.ideal(count)))
            for count in workers
            if count > 0 or strategy == "rolling"
        ]
        made.append(waves.cell(contenders, MOST))
    return made


def many(servers, hosts, workers, unit_s, opts):
    """A thousand hosts: what connecting ahead gives at the barrier."""
    equal = Waves(servers, hosts, "rolling", False, unit_s)
    ahead = knows_ahead(servers)
    names = [("connect_ahead: true", {"connect_ahead": True}), ("connect_ahead: false", {"connect_ahead": False})]
    contenders = (
        [equal.contender(workers, f"{workers} workers, {name}", None, **config) for name, config in names]
        if ahead
        else [equal.contender(workers)]
    )
    yield equal.cell(contenders, opts.pick(1, 2, 5), warmup=True)
    strategies = opts.pick((), ("parallel",), ("parallel", "rolling"))
    for strategy in strategies:
        waves = Waves(servers, hosts, strategy, True, unit_s)
        yield waves.cell([waves.contender(workers)], opts.pick(1, 1, 5), warmup=opts.long)


def knows_ahead(servers):
    """Does this build have the option?"""
    project = servers.project(env="ahead", count=1, config={"connect_ahead": True})
    return project.run("validate", "ENV").code == 0


def small(servers, opts):
    """9, 21, 50 and 100 hosts with the guide's workers."""
    unit_s = opts.pick(0.1, 1)
    real = servers.kind == "sshd"
    table = opts.pick(
        [(9, (3,))] if real else [(9, (0, 3))],
        [(9, (3, 5, 9)), (21, (10,))] if real else [(9, (0, 3, 5, 9)), (21, (7, 10)), (50, (10,)), (100, (10, 20))],
        [(9, (0, 3, 5, 9)), (21, (7, 10)), (50, (10, 20)), (100, (0, 10, 20))],
    )
    kinds = ((False, EQUAL_AT_ONCE), (True, TAIL_AT_ONCE))[: 1 if opts.smoke and real else 2]
    for tail, at_once in kinds:
        few = opts.pick(1, MOST - 2 * real - 2 * tail, MOST)

        def rounds(ideal_s, few=few):
            return few if ideal_s < 3.5 else opts.pick(1, 1 if tail or ideal_s > 6 else 2, MOST if ideal_s < 30 else 1)

        made = []
        for hosts, workers in table:
            used = workers[:1] if tail and opts.mode == "short" and hosts == 100 else workers
            made += cells_of(servers, hosts, used, unit_s, rounds, tail, len(made))
        yield Together(made, at_once)


def cells(opts):
    """The fleet, then real sshd."""
    with rig.Fleet(opts.pick(10, 1000)) as servers:
        yield from small(servers, opts)
        if not opts.smoke:
            yield from many(servers, 1000, 100, 1, opts)
        else:
            yield from many(servers, 10, 5, 0.1, opts)
    with rig.Sshd(opts.pick(9, 21, 100)) as servers:
        yield from small(servers, opts)
