"""Run a command once and say what it took: wall, CPU and memory of its whole tree, exit code, failures.

How: wall is from the spawn to the exit of the command (CLOCK_MONOTONIC, in bench/lib/launch.py).  CPU is user
and system time of every process of the tree, orphans too (getrusage of a subreaper).  Memory, where asked
for, is the highest sum of PSS over the tree, sampled every SAMPLE_S: sampling costs CPU of another process,
so it is done in runs whose time is not told.  largest_kb is the kernel's own peak RSS of the command itself
or of the largest process it waited for; nothing is sampled there.  Linux carries it over exec, so that nothing below
the 10 MB of launch.py is seen.
"""
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

from bench.lib.launch import children_of, tree_of

SAMPLE_S = 0.02
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable
LAUNCH = str(pathlib.Path(__file__).with_name("launch.py"))

WALL_HOW = "time from the spawn to the exit of the command, CLOCK_MONOTONIC"
CPU_HOW = "user + system time of the client's whole process tree, orphans too (getrusage of a subreaper)"
PEAK_HOW = "highest sum of PSS of the whole process tree, sampled every 20 ms in the warm-up run"
LARGEST_HOW = "VmHWM of the process (ru_maxrss), which does not tell less than the 10 MB of what starts it"


class Failed(Exception):
    """A measurement that could not be made: bench/run goes on and ends with 1."""


class Stopped(Exception):
    """Somebody wants the bench to end."""


class Running:
    """What runs now.  Each command has a session of its own, so that Ctrl-C reaches the bench alone, which ends them."""

    def __init__(self):
        self.lock, self.stopping, self.children = threading.Lock(), False, set()

    def check(self):
        """Stopped, if so."""
        if self.stopping:
            raise Stopped

    def start(self, command, **how):
        """A Popen; or Stopped."""
        with self.lock:
            self.check()
            child = subprocess.Popen(command, start_new_session=True, **how)
            self.children.add(child)
        return child

    def over(self, child):
        """It has been waited for."""
        with self.lock:
            self.children.discard(child)

    def stop(self):
        """End all: launch.py takes its whole tree with it.  Whoever waits for one has Stopped then."""
        with self.lock:
            self.stopping = True
            for child in self.children:
                child.terminate()


RUNNING = Running()


@dataclasses.dataclass
class Measured:
    """One run of one command."""

    code: int
    wall_s: float
    user_s: float
    sys_s: float
    largest_kb: int
    orphans_ended: int
    switches: int
    preempted: int
    timed_out: bool
    stdout: bytes = b""
    stderr: bytes = b""
    failed: int = 0  # what `failures` counted
    peak_kb: int = 0  # of the tree; 0: not sampled
    peak_processes: int = 0
    stall: dict = dataclasses.field(default_factory=dict)
    beside: dict = dataclasses.field(default_factory=dict)  # what `beside` returned

    @property
    def cpu_s(self):
        """User and system time of the tree."""
        return self.user_s + self.sys_s

    def said(self):
        """The end of what it said, for a message."""
        return (self.stderr or self.stdout)[-400:].decode(errors="replace").strip()


def pss_kb(pid):
    """Proportional set size; resident size where the kernel does not tell it; 0: gone."""
    for path, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            with open(f"/proc/{pid}/{path}", encoding="ascii", errors="replace") as file:
                for line in file:
                    if line.startswith(key):
                        return int(line.split()[1])
        except OSError:
            continue
    return 0


class Sampler(threading.Thread):
    """The highest memory and number of processes below a process, until stopped."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.stopped = pid, threading.Event()
        self.peak_kb = self.peak_processes = 0

    def run(self):
        while not self.stopped.wait(SAMPLE_S):
            tree = tree_of(self.pid)
            self.peak_kb = max(self.peak_kb, sum(pss_kb(pid) for pid in tree))
            self.peak_processes = max(self.peak_processes, len(tree))

    def stop(self):
        """Returns peak_kb and peak_processes."""
        self.stopped.set()
        self.join()
        return self.peak_kb, self.peak_processes


class Beside(threading.Thread):
    """Calls watch(pid) while the command runs, with its process id; keeps what it returns or raises."""

    def __init__(self, launcher, watch):
        super().__init__(daemon=True)
        self.launcher, self.watch, self.found = launcher, watch, {}

    def run(self):
        pids = []
        while not pids and os.path.exists(f"/proc/{self.launcher}/exe"):
            pids = children_of(self.launcher)
            time.sleep(0.001)
        if pids:
            self.found = self.watch(pids[0])


SPREAD = ("p50", "p99", "p999", "max")


def read_stall(path):
    """What bench/stall.c wrote, of the process with the most turns: {"turns": n, "own_p999": ms, ...}."""
    try:
        lines = pathlib.Path(path).read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    best = {}
    for line in lines:
        words = dict(re.findall(r"(\w+)=(\S+)", line))
        if int(words.get("turns", 0)) <= best.get("turns", 0):
            continue
        best = {key: int(words[key]) for key in ("turns", "commits", "fds", "peak_kb")}
        for name in ("wall", "cpu", "own", "commit"):
            values = map(float, words[f"{name}_ms"].split("/"))
            best.update({f"{name}_{at}": value for at, value in zip(SPREAD, values)})
    return best


def run(
    argv,
    *,
    env=None,
    cwd=None,
    stdin=None,
    failures=None,
    memory=False,
    stall=None,
    cpus=None,
    beside=None,
    timeout_s=300,
    grace_s=1.0,
    codes=None,
):
    """Run argv once.  Returns Measured.

    env: added to the environment.  stdin: a path.  failures: called with the Measured, returns a number.
    memory: sample the tree.  stall: the path of stall.so, to be preloaded.  cpus: "0" or "0,1", where it may
    run.  beside: called in a thread with the command's process id, returns a dict: Measured.beside.  codes: exit
    codes that are fine (None: all are); another, and a run that takes longer than timeout_s, is Failed.
    """
    with tempfile.TemporaryDirectory(prefix="im-bench-run.") as folder:
        result = os.path.join(folder, "result")
        environ = {**os.environ, **{key: str(value) for key, value in (env or {}).items()}}
        if stall is not None:
            environ.update(LD_PRELOAD=str(stall), STALL_OUT=os.path.join(folder, "stall"))
        command = [PYTHON, "-ES", LAUNCH, result, str(grace_s), str(timeout_s), cpus or "", *map(str, argv)]
        with open(os.path.join(folder, "out"), "w+b") as out, open(os.path.join(folder, "err"), "w+b") as err, open(
            stdin or os.devnull, "rb"
        ) as source:
            child = RUNNING.start(command, stdin=source, stdout=out, stderr=err, cwd=cwd, env=environ)
            sampler = Sampler(child.pid) if memory else None
            watcher = Beside(child.pid, beside) if beside is not None else None
            for thread in (sampler, watcher):
                if thread is not None:
                    thread.start()
            child.wait()
            RUNNING.over(child)
            peak = sampler.stop() if sampler is not None else (0, 0)
            out.seek(0)
            err.seek(0)
            said = out.read(), err.read()
        RUNNING.check()
        try:
            with open(result, encoding="ascii") as file:
                measured = Measured(**json.load(file), stdout=said[0], stderr=said[1])
        except OSError:
            raise Failed(f"{argv[0]}: could not be run: {said[1][-400:].decode(errors='replace')}") from None
        measured.peak_kb, measured.peak_processes = peak
        measured.stall = read_stall(os.path.join(folder, "stall"))
        if watcher is not None:
            watcher.join()
            measured.beside = watcher.found
    if measured.timed_out:
        raise Failed(f"{argv[0]}: not over after {timeout_s} s; {measured.said()}")
    if codes is not None and measured.code not in codes:
        raise Failed(f"{argv[0]}: exit {measured.code}: {measured.said()}")
    if failures is not None:
        measured.failed = failures(measured)
    return measured
