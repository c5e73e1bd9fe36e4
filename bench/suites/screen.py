"""The full screen: what a terminal that takes nothing costs a run, and how fast it is with 10,000 hosts."""
import pathlib
import sqlite3
import sys
import time

from bench.lib import rig
from bench.lib.cell import Cell, Column, Contender, figure
from bench.lib.measure import RUNNING, Failed
from bench.lib.stats import percentile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "test/tui"))
import tui  # noqa: E402
import walk  # noqa: E402

NAME = "screen"
TITLE = "Screen: a terminal that is not read, and 10,000 hosts"
SECONDS = 80
WORKERS, STUCK_S = 10, 20
MOVES = 300
HOW = [
    "The program in a pseudo terminal of 100x30 (test/tui), started as a person would: open the environment, mark all, deploy, Enter. "
    f"100 synthetic hosts, {WORKERS} at a time, each says a line and sleeps; the other row is the same with a terminal that is not "
    f"read for {STUCK_S} s of the run. Wall and loop stalls are the journal's own (runs.duration_ms, run_stalls).",
    "10,000 hosts: open is from Enter on the environment to the last piece of output that made the table stand; a key is from the "
    f"write of it to the first output that follows, {MOVES} times Down, PgDn and Up; output by key is what those keys cost in bytes.",
]
COLUMNS = [
    Column("wall", "wall of the run", "s", 3, "runs.duration_ms of the journal"),
    Column("ratio", "not read / read", "", 3, "of the walls"),
    Column("stall_max", "longest turn of the loop", "ms", 2, "run_stalls.max_us, commits apart"),
    Column("stall_p999", "p99.9", "ms", 2, "run_stalls.p999_us, commits apart"),
    Column("frames", "frames a second", "/s", 1, "pieces of output with 5 ms of silence before them, over the run"),
    Column("frame", "output a frame", "KB", 2, "bytes over frames"),
    Column("start", "start", "ms", 0, "from the spawn to the list of environments"),
    Column("open", "open", "ms", 0, "from Enter to the table of servers"),
    Column("key_p50", "key p50", "ms", 2, "from the key to the first output after it"),
    Column("key_p99", "key p99", "ms", 2, "the same"),
    Column("key_bytes", "output by key", "KB", 2, "bytes over keys"),
    Column("filter", "a letter of a filter", "ms", 1, "longest of the letters of `/h0123`, to the first output after it"),
]
BY_KEY = {column.key: column for column in COLUMNS}
CHARTS = [
    {"kind": "bars", "column": "wall", "cells": "stuck-*", "title": "Wall of a run, terminal read and not read, s"},
]
DEPLOY = "name: deploy\nproduces: deployed\nsteps:\n  - name: Say\n    run: echo deployed\n  - name: Work\n    run: sleep {0}\n"


def terminal(project, **how):
    """The program on it."""
    RUNNING.check()
    return tui.Tui(project.program, cwd=project.root, rows=30, cols=100, **how)


def last_run(project):
    """(duration in s, {kind: (p999 ms, max ms)}) of the newest run, when it is over."""
    with sqlite3.connect(f"file:{project.root}/var/runs.db?mode=ro", uri=True) as store:
        row = store.execute("SELECT run, duration_ms, exit_code FROM runs ORDER BY run DESC LIMIT 1").fetchone()
        if row is None or row[1] is None:
            return None
        if row[2] != 0:
            raise Failed(f"the run ended with {row[2]}")
        stalls = store.execute("SELECT kind, p999_us, max_us FROM run_stalls WHERE run = ?", row[:1]).fetchall()
    return row[1] / 1000, {kind: (p999 / 1000, most / 1000) for kind, p999, most in stalls}


def wait_over(project, seconds):
    """Until the newest run is in the journal with its end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        RUNNING.check()
        found = last_run(project)
        if found is not None:
            return found
        time.sleep(0.05)
    raise Failed("the run is not over")


def guarded(once):
    """What a terminal did not show is a measurement that failed."""

    def wrapped(observe):
        try:
            return once(observe)
        except tui.Failure as failure:
            raise Failed(str(failure)) from None

    return wrapped


def deploys(servers, nap_s, stuck_s):
    """A run of all hosts from the screen."""

    def once(_):
        project = servers.project(config={"max_parallel_workers": WORKERS}, actions={"deploy": DEPLOY.format(nap_s)})
        with terminal(project) as t:
            walk.open_env(t, project.env)
            t.wait(project.hosts[0])
            t.press("a")
            before, began = t.bytes(), time.monotonic()
            walk.start(t)
            if stuck_s > 0:
                t.read(False)
                time.sleep(stuck_s)
                t.read(True)
            took_s, stalls = wait_over(project, 120)
            after, seen_s = t.bytes(), time.monotonic() - began
            walk.leave(t)
            if t.ended() != "exit 0":
                raise Failed(f"the screen ended with {t.ended()}")
        frames = after["frames"] - before["frames"]
        found = {"wall": took_s, "frame": (after["bytes"] - before["bytes"]) / max(frames, 1) / 1024}
        if stuck_s == 0:
            found["frames"] = frames / seen_s
        if 0 in stalls:
            found["stall_p999"], found["stall_max"] = stalls[0]
        return found

    return guarded(once)


def finish_stuck(rows):
    """How much longer it took."""
    read, stuck = rows["terminal read"], rows["not read"]
    for row in (read, stuck):
        if row.value("stall_max") is not None:
            row.goals["screen-stall"] = row.value("stall_max")
    if read.value("frames") is not None:
        read.goals["screen-frames"] = read.value("frames")
    if read.value("wall") and stuck.value("wall"):
        ratio = stuck.value("wall") / read.value("wall")
        stuck.figures["ratio"] = figure(ratio, BY_KEY["ratio"])
        stuck.goals["screen-stuck"] = ratio


def answer_ms(t, key):
    """From a key to the first output after it."""
    serial = t.order("dump").split()[2]
    sent_us = t.press(key)
    fine, _, text, _ = t.ask("change", 2000, serial)
    if not fine:
        raise Failed(f"{key}: no answer")
    return (int(text.split()[1]) - sent_us) / 1000


def walks(servers, moves):
    """Open an environment of all hosts, and press keys."""
    project = servers.project(config={"max_parallel_workers": WORKERS})

    def once(_):
        begin_us = time.monotonic() * 1e6
        with terminal(project) as t:
            shown_us = t.wait(project.env)
            walk.move_to(t, project.env)
            enter_us = t.press("Enter")
            open_us = t.wait(project.hosts[0])
            before = t.bytes()["bytes"]
            times = [answer_ms(t, ("Down", "Down", "Down", "PgDn", "Up")[n % 5]) for n in range(moves)]
            spent = t.bytes()["bytes"] - before
            t.press("Home", "/")
            letters = [answer_ms(t, letter) for letter in "h0123"]
            t.wait("h0123")
            t.press("Esc")
            walk.leave(t)
            t.ended()
        return {"start": (shown_us - begin_us) / 1000, "open": (open_us - enter_us) / 1000, "filter": max(letters),
                "key_p50": percentile(times, 0.5), "key_p99": percentile(times, 0.99), "key_bytes": spent / moves / 1024}

    return guarded(once)


def finish_walks(rows):
    """Goals."""
    for row in rows.values():
        for goal, key in (("screen-open", "open"), ("screen-key", "key_p99")):
            if row.value(key) is not None:
                row.goals[goal] = row.value(key)


def cells(opts):
    """A run and a terminal that is stuck; many hosts."""
    hosts, nap_s, stuck_s = opts.pick((20, 0.2, 0.5), (100, 2.2, STUCK_S), (100, 2.2, STUCK_S))
    with rig.Fleet(hosts) as servers:
        yield Cell(
            f"stuck-{hosts}",
            f"{hosts} hosts, {WORKERS} at a time, a terminal that is not read for {stuck_s} s",
            [
                Contender("terminal read", deploys(servers, nap_s, 0)),
                Contender("not read", deploys(servers, nap_s, stuck_s)),
            ],
            rounds=opts.pick(1, 1, 3),
            warmup=False,
            finish=finish_stuck,
        )
    many = opts.pick(200, 10000)
    with rig.Fleet(many) as servers:
        yield Cell(
            f"hosts-{many}",
            f"{many:,} hosts in the table",
            [Contender("inventory-manager", walks(servers, opts.pick(20, MOVES)))],
            rounds=opts.pick(1, 3, 5),
            warmup=False,
            finish=finish_walks,
        )
