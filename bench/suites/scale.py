"""Thousands of hosts, and thousands of sessions that are open and idle: what one more costs must not grow."""
import os
import resource
import time

from bench.lib import measure, rig, stall
from bench.lib.cell import Cell, Column, Contender, figure
from bench.lib.measure import Failed

NAME = "scale"
TITLE = "Scale: thousands of hosts, thousands of open sessions"
SECONDS = 85
AT_ONCE = 200
SPARE_FILES = 512  # descriptors that are no sessions
IDLE_S = 4  # how long idle sessions are watched
CORES = sorted(os.sched_getaffinity(0))
CLIENT_CPU, FLEET_CPU = str(CORES[0]), str(CORES[-1])  # the same where there is one
FASTEST = ("Host *", "  KexAlgorithms ecdh-sha2-nistp256", "  Ciphers aes128-gcm@openssh.com")
HOW = [
    f"`exec -- true` on synthetic hosts, {AT_ONCE} at once; journal, debug.log and a log a host on. The client may run on one "
    "core only, the fleet on another where there is one.",
    "Memory a host: VmHWM of the program less VmHWM of the same with one host, over the hosts.",
    "The fastest negotiated set is nistp256, aes128-gcm and ECDSA keys on both sides; everything else is curve25519-sha256 and ed25519.",
    "Open sessions: as many workers as hosts, each host sleeps until all are there and some seconds more. `open at once` is "
    "how many commands the fleet had running. Wake-ups are voluntary context switches of the process (each is a wait in epoll_wait that "
    f"blocked), over {IDLE_S} s in which nothing happens and no keepalive is due; one idle session has the timers of the program, "
    "what a thousand have beyond that is theirs.",
]
COLUMNS = [
    Column("wall", "wall", "s", 2, measure.WALL_HOW),
    Column("opened", "until open", "s", 2, "from the spawn until the fleet runs the last host's command, +- 0.2 s"),
    Column("cpu", "CPU a host", "ms", 3, measure.CPU_HOW + ", over the hosts"),
    Column("fleet_cpu", "fleet's CPU a host", "ms", 3, "CPU time of the fleet's process, over the hosts"),
    Column("open", "open at once", "", 0, "commands that ran in the fleet at once"),
    Column("peak", "peak RSS", "MB", 1, measure.LARGEST_HOW),
    Column("each", "memory a host", "KB", 2, "(VmHWM - VmHWM with one host) / hosts"),
    Column("rss", "resident, idle", "MB", 1, "VmRSS while all sessions are open and idle"),
    Column("session", "memory a session", "KB", 2, "(VmRSS - VmRSS with one session) / sessions, idle"),
    Column("wakeups", "wake-ups", "/s", 1, f"voluntary context switches over {IDLE_S} s of idleness"),
    Column("idle_cpu", "idle CPU", "%", 2, f"CPU time over those {IDLE_S} s"),
    *stall.COLUMNS,
]
CHARTS = [
    {"kind": "bars", "column": "cpu", "cells": "true", "limit": 0.95, "title": "Client CPU a host, ms (goal 0.95)"},
    {"kind": "bars", "column": "wall", "cells": "true", "title": "Wall, s, client on one core"},
    {
        "kind": "bars",
        "column": "session",
        "cells": "idle",
        "limit": 28,
        "title": "Memory an idle session, KB (goal 28)",
    },
]
BY_KEY = {column.key: column for column in COLUMNS}


def base_kb(servers):
    """The program's peak with one host."""
    project = servers.project(env="one", count=1, config={"max_parallel_workers": 1})
    return project.run("exec", "ENV", "--", "true", codes=(0,)).largest_kb


def true_on(servers, hosts, rounds, name=None, home=None):
    """`exec -- true` on the first so many hosts."""
    project = servers.project(count=hosts, config={"max_parallel_workers": AT_ONCE})
    one_kb = base_kb(servers)

    def once(observe):
        before_s = servers.cpu_s()
        m = project.run(
            "exec",
            "ENV",
            "--",
            "true",
            codes=(0,),
            cpus=CLIENT_CPU,
            env={"HOME": home} if home else None,
            stall=rig.STALL if observe else None,
        )
        return {
            "wall": m.wall_s,
            "cpu": m.cpu_s * 1000 / hosts,
            "peak": m.largest_kb / 1024,
            "each": (m.largest_kb - one_kb) / hosts,
            "fleet_cpu": (servers.cpu_s() - before_s) * 1000 / hosts,
            **stall.figures(m),
        }

    return Contender(name or f"{hosts:,} hosts", once, rounds)


def finish_true(sizes, fastest):
    """Goals of the cell; sizes are the numbers of hosts, the smallest first."""

    def finish(rows):
        good = {name: row for name, row in rows.items() if not row.error}
        for name, row in good.items():
            row.goals["cpu-fastest" if name == fastest else "cpu-ed25519"] = row.value("cpu")
            stall.judge(row)
        small, large = good.get(f"{sizes[0]:,} hosts"), good.get(f"{sizes[-1]:,} hosts")
        if small and large and sizes[-1] == 10000:
            large.goals["hosts-10000"] = large.value("wall")
            large.goals["flat-cpu"] = large.value("cpu") / small.value("cpu")
            large.goals["flat-memory"] = large.value("each") / small.value("each")

    return finish


def state_of(pid):
    """Waits that blocked so far, CPU seconds so far, resident KB."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        words = dict(line.split(":", 1) for line in file)
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        cpu_s = int(file.read().split()[0]) / 1e9
    return int(words["voluntary_ctxt_switches"]), cpu_s, int(words["VmRSS"].split()[0])


def watch_idle(servers, sessions, idle_s):
    """A `beside` for measure.run: wait until so many commands run and all is quiet, then count for idle_s."""
    before = servers.counts()["execs"]

    def watch(pid):
        begin, running = time.monotonic(), 0
        try:
            while running < sessions:
                time.sleep(0.2)
                running = servers.counts()["execs"] - before
                state_of(pid)  # OSError: over before all were there
            opened_s = time.monotonic() - begin
            time.sleep(idle_s / 4)  # what follows from the last one is over
            blocked, cpu_s, _ = state_of(pid)
            since = time.monotonic()
            time.sleep(idle_s)
            blocked_after, cpu_after_s, rss_kb = state_of(pid)
            took_s = time.monotonic() - since
        except (OSError, KeyError):  # a zombie has no VmRSS
            return {"open": running}
        return {
            "open": running,
            "opened": opened_s,
            "wakeups": (blocked_after - blocked) / took_s,
            "idle_cpu": (cpu_after_s - cpu_s) / took_s * 100,
            "rss": rss_kb / 1024,
        }

    return watch


def seconds_to_open(servers, sessions):
    """An upper bound, from how long some take now, on this machine with whatever else it does."""
    few = min(sessions, 500)
    project = servers.project(env="few", count=few, config={"max_parallel_workers": few})
    return project.run("exec", "ENV", "--", "true", codes=(0,)).wall_s / few * sessions * 2


def idle_on(servers, wanted, idle_s):
    """So many sessions at once, or as many as descriptors allow."""
    fit = min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES)
    project = servers.project(
        count=fit, config={"max_parallel_workers": fit, "connect_timeout": "120s", "auth_timeout": "120s"}
    )
    one_kb = base_kb(servers)

    def once(_):
        seconds = seconds_to_open(servers, fit) + 0.5 + 1.5 * idle_s
        m = project.run(
            "exec", "ENV", "--", f"sleep {seconds:.1f}", codes=(0,), beside=watch_idle(servers, fit, idle_s)
        )
        if "wakeups" not in m.beside:
            raise Failed(f"only {m.beside.get('open', 0)} of {fit} sessions were open within {seconds:.0f} s")
        return {
            "cpu": m.cpu_s * 1000 / fit,
            "peak": m.largest_kb / 1024,
            "each": (m.largest_kb - one_kb) / fit if fit > 1 else None,
            **m.beside,
        }

    note = "" if fit == wanted else f"{wanted:,} do not fit into the limit of open files: {fit:,} were tried"
    return Contender(sessions_name(wanted), once, note=note)


def sessions_name(count):
    """Of a row."""
    return f"{count:,} session{'s' if count > 1 else ''}"


def finish_idle(rows):
    """Memory of every size; wake-ups beyond those of one session."""
    one = rows[sessions_name(1)]
    for name, row in rows.items():
        if row.error or one.error or row is one:
            continue
        each_kb = (row.value("rss") - one.value("rss")) * 1024 / row.value("open")
        row.figures["session"] = figure(each_kb, BY_KEY["session"])
        row.goals["idle-memory"] = each_kb
        if name == sessions_name(10000) and row.value("open") == 10000:
            row.goals["idle-10000"] = row.value("rss")
        if name == sessions_name(1000) and row.value("open") == 1000:
            row.goals["idle-wakeups"] = row.value("wakeups") - one.value("wakeups")


def cells(opts):
    """`true` on many, then many that are idle."""
    sizes = opts.pick((50, 100), (1000, 5000, 10000))
    fastest = f"{sizes[0]:,} hosts, fastest set"
    with rig.Fleet(sizes[-1], cpus=FLEET_CPU) as servers, rig.Fleet(
        sizes[0], key_type="ecdsa", cpus=FLEET_CPU
    ) as quick:
        contenders = [
            true_on(servers, hosts, rounds) for hosts, rounds in zip(sizes, opts.pick((1, 1), (5, 3, 2), (5, 5, 5)))
        ]
        contenders.append(true_on(quick, sizes[0], opts.rounds, fastest, quick.home_with(*FASTEST)))
        yield Cell(
            "true",
            f"`true`, {AT_ONCE} at once, client on one core, fleet",
            contenders,
            opts.rounds,
            finish=finish_true(sizes, fastest),
        )
    open_at_once = opts.pick((1, 50), (1, 1000, 10000), (1, 1000, 4000, 10000))
    with rig.Fleet(open_at_once[-1], cpus=FLEET_CPU) as servers:
        yield Cell(
            "idle",
            "Open sessions that wait, fleet",
            [idle_on(servers, count, opts.pick(0.5, IDLE_S)) for count in open_at_once],
            opts.pick(1, 1, 3),
            warmup=False,
            finish=finish_idle,
        )
