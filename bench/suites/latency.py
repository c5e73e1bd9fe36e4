"""Round trips: what a far host costs, beside OpenSSH's client in the same cell."""
import os
import subprocess
import time

from bench.lib import rig
from bench.lib.cell import Cell, Column, Contender, figure
from bench.lib.measure import RUNNING, Failed
from bench.lib.project import events
from bench.lib.stats import median

NAME = "latency"
TITLE = "Latency: round trips at 50 ms"
SECONDS = 20
RTT_MS = 50
TCP = 1  # round trips before the first byte
STEPS = 5
HOW = [
    f"One synthetic host whose server looks at what the client sends {RTT_MS} ms late (fleet --rtt-ms {RTT_MS}: there is "
    "no netem in many kernels), and the same host without. A round trip is the difference of the two, over "
    f"{RTT_MS} ms. TCP's own handshake is not delayed: add one.",
    "inventory-manager: time from `host_started` to the first `output` event, and between the outputs of steps that "
    "follow each other (jsonl, at_ms). ssh: time from the spawn to the first byte of `ssh HOST echo`; a further step is "
    "another `ssh HOST echo` over the ControlMaster of the first.",
]
COLUMNS = [
    Column("first_ms", "first output", "ms", 0, f"time to the first output at {RTT_MS} ms"),
    Column("near_ms", "without delay", "ms", 0, "the same at no delay"),
    Column("trips_first", "round trips", "", 2, f"lowest (first output - without delay) / {RTT_MS} ms, and 1 of TCP"),
    Column("step_ms", "further step", "ms", 0, "middle of the times between outputs of steps that follow each other"),
    Column("near_step_ms", "without delay", "ms", 1, "the same at no delay"),
    Column("trips_step", "round trips a step", "", 2, f"lowest (further step - without delay) / {RTT_MS} ms"),
]
BY_KEY = {column.key: column for column in COLUMNS}
CHARTS = [
    {"kind": "bars", "column": "trips_first", "limit": 8, "title": "Round trips to the first output (goal 8)"},
    {"kind": "bars", "column": "trips_step", "limit": 1, "title": "Round trips for each further step (goal 1)"},
]
ACTION = "name: steps\nsteps:\n" + "".join(f"  - name: Step {n}\n    run: echo {n}\n" for n in range(STEPS))


def im_times(project):
    """Milliseconds to the first output, and between outputs."""
    told = events(project.run("run", "steps", "ENV", "-o", "jsonl", "-y", codes=(0,)))
    begin = next(event["at_ms"] for event in told if event["type"] == "host_started")
    outputs = [event["at_ms"] for event in told if event["type"] == "output"]
    if len(outputs) != STEPS:
        raise Failed(f"{len(outputs)} outputs of {STEPS} steps")
    return outputs[0] - begin, median([after - before for before, after in zip(outputs, outputs[1:])])


def first_byte_ms(argv):
    """From the spawn to the first byte of output."""
    RUNNING.check()
    begin = time.monotonic()
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True) as child:
        byte = child.stdout.read(1)
        took_ms = (time.monotonic() - begin) * 1000
        child.stdout.read()
    if byte == b"" or child.returncode != 0:
        raise Failed(f"ssh ended with {child.returncode}")
    return took_ms


def ssh_times(servers):
    """The same of ssh; its master is ended."""
    control = servers.dir / "master"
    argv = ["ssh", "-F", servers.ssh_config, "-o", f"ControlPath={control}", servers.addresses[0]]
    first_ms = first_byte_ms([*argv[:1], "-o", "ControlMaster=yes", "-o", "ControlPersist=20", *argv[1:], "echo x"])
    until = time.monotonic() + 5
    while not os.path.exists(control) and time.monotonic() < until:
        time.sleep(0.005)
    step_ms = median([first_byte_ms([*argv, "echo x"]) for _ in range(STEPS - 1)])
    subprocess.run([*argv[:1], "-O", "exit", *argv[1:]], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return first_ms, step_ms


def times_of(near, far):
    """The samples of one round."""
    return {"first_ms": far[0], "near_ms": near[0], "step_ms": far[1], "near_step_ms": near[1]}


def finish(rows):
    """Round trips, from the lowest of each: a busy machine only ever adds.  The goals speak of whole ones."""
    for row in rows.values():
        if row.error:
            continue
        low = {key: row.figures[key].low for key in ("first_ms", "near_ms", "step_ms", "near_step_ms")}
        first = (low["first_ms"] - low["near_ms"]) / RTT_MS + TCP
        step = (low["step_ms"] - low["near_step_ms"]) / RTT_MS
        row.figures.update(
            trips_first=figure(first, BY_KEY["trips_first"]), trips_step=figure(step, BY_KEY["trips_step"])
        )
        if row.contender == "inventory-manager":
            row.goals.update({"trips-first": round(first), "trips-step": round(step)})


def cells(opts):
    """One cell: a host, near and far."""
    with rig.Fleet(1) as near, rig.Fleet(1, "--rtt-ms", RTT_MS) as far:
        projects = [servers.project(actions={"steps": ACTION}) for servers in (near, far)]
        yield Cell(
            "one-host",
            f"One host, {STEPS} steps, {RTT_MS} ms there and back",
            [
                Contender("inventory-manager", lambda _: times_of(*(im_times(project) for project in projects))),
                Contender(
                    "OpenSSH ssh",
                    lambda _: times_of(*(ssh_times(servers) for servers in (near, far))),
                    program="ssh",
                ),
            ],
            rounds=opts.rounds,
            warmup=not opts.smoke,
            finish=finish,
        )
