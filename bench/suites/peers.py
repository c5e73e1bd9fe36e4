"""Beside whom: the same work by seven other tools, on the fleet and on a real sshd."""
import dataclasses
import os

from bench.lib import rig
from bench.lib.cell import Cell, Column, Contender, figure
from bench.lib.measure import CPU_HOW, PEAK_HOW, WALL_HOW, Failed, run
from bench.peers.count import Said
from bench.peers.hosts import Fleet, Sshd
from bench.peers.tools import OURS, TOOLS
from bench.peers.work import Work

NAME = "peers"
TITLE = "Peers: the same work by other tools"
SECONDS = 260
CORES = len(os.sched_getaffinity(0))
HOW = [
    "The fleet (test/fleet --synthetic) runs nothing and costs less than 1 ms of CPU a connection: there the client is what is "
    "measured. On real sshd (one, on every 127.x.y.z, MaxStartups 2000:30:4000) each connection costs the server 25 to 30 ms, "
    f"on the same {CORES} cores: no client can be faster than the server floor, its CPU time over the cores.",
    f"All tools: key exchange {rig.KEX} (inventory-manager asks for it first by itself), an ed25519 key, host keys checked (known_hosts, StrictHostKeyChecking yes), ControlMaster "
    "off but where it is said, no compression, as many hosts at a time. Ciphers are each client's own choice.",
    *(f"{tool.name}: {tool.settings}." for tool in TOOLS),
    "Failures are hosts: what the tool says itself, hosts whose server saw no command, and for files hosts on which there is not "
    "what was sent (SHA-256) or what the other tools leave (mode, content, target of links). Every run begins with empty homes.",
]
COLUMNS = [
    Column("wall", "wall", "s", 2, WALL_HOW),
    Column("wall_x", "x ours", "", 1, "wall of this tool over that of inventory-manager in the same cell"),
    Column("cpu", "CPU", "ms/host", 2, CPU_HOW + ", over the hosts"),
    Column("cpu_x", "x ours", "", 1, "client CPU of this tool over that of inventory-manager in the same cell"),
    Column("peak", "memory (PSS)", "MB", 1, PEAK_HOW, observed=True),
    Column("server", "server CPU", "ms/host", 1, "user + system time of the servers' side during the run, over the hosts"),
    Column("floor", "server floor", "s", 2, f"server CPU of all hosts over {CORES} cores: the shortest wall that there can be"),
    Column("failed", "failed", "", 0, "hosts that failed: the highest of what the tool, the server and the files say"),
]
CHARTS = [
    {"kind": "bars", "each": True, "column": "cpu", "log": True, "shared": True, "times": "cpu_x",
     "title": "Client CPU a host, ms (logarithmic)"},
    {"kind": "bars", "each": True, "column": "wall", "times": "wall_x", "title": "Wall, s"},
    {"kind": "bars", "each": True, "column": "peak", "log": True, "shared": True, "title": "Memory, MB (logarithmic)"},
]
ANSIBLE = ("ansible", "ansible-playbook")


@dataclasses.dataclass(frozen=True)
class Plan:
    """A cell.  In the short bench, which has four minutes: rounds of ours and of the other tools (0: one run, which is the
    warm-up too), tools that run once in any case, tools that are left to the long bench."""

    name: str
    title: str
    servers: type
    hosts: int
    at_once: int
    kind: str
    ours: int = 5
    others: int = 0
    once: tuple = ANSIBLE
    left: tuple = ()


PLANS = (
    Plan("true-100x32-fleet", "`true`, 100 hosts, 32 at once, fleet", Fleet, 100, 32, "true", others=3),
    Plan("true-100x100-fleet", "`true`, 100 hosts, 100 at once, fleet", Fleet, 100, 100, "true", others=3, left=ANSIBLE),
    Plan("true-500x32-fleet", "`true`, 500 hosts, 32 at once, fleet", Fleet, 500, 32, "true",
         left=(*ANSIBLE, "pssh", "parallel", "asyncssh")),
    Plan("true-500x100-fleet", "`true`, 500 hosts, 100 at once, fleet", Fleet, 500, 100, "true", others=3,
         once=("parallel", "asyncssh"), left=ANSIBLE),
    Plan("true-100x32-sshd", "`true`, 100 hosts, 32 at once, real sshd", Sshd, 100, 32, "true", ours=3,
         left=("ansible-playbook",)),
    Plan("true-100x100-sshd", "`true`, 100 hosts, 100 at once, real sshd", Sshd, 100, 100, "true", ours=3, left=ANSIBLE),
    Plan("true-500x100-sshd", "`true`, 500 hosts, 100 at once, real sshd", Sshd, 500, 100, "true", ours=1,
         left=(*ANSIBLE, "clush", "pssh", "parallel", "asyncssh")),
    Plan("sleep1-100x100-fleet", "`sleep 1`, 100 hosts, 100 at once, fleet", Fleet, 100, 100, "sleep", ours=3),
    Plan("upload1m-100x32-sshd", "a file of 1 MB to 100 hosts, 32 at once, real sshd", Sshd, 100, 32, "upload", ours=3,
         left=("ansible",)),
    Plan("deploy5-50x25-sshd", "deploy in five steps, 50 hosts, 25 at once, real sshd", Sshd, 50, 25, "deploy", ours=3),
)
SMOKE = (
    Plan("true-5x5-fleet", "`true`, 5 hosts at once, fleet", Fleet, 5, 5, "true"),
    Plan("deploy5-5x5-sshd", "deploy in five steps, 5 hosts at once, real sshd", Sshd, 5, 5, "deploy"),
)
SMOKE_TOOLS = (OURS, "pdsh", "clush", "ansible", "asyncssh")
ONCE = "one run, and its memory sampled in it"


def said_by(measured, work):
    """What the tool left, for the parsers of failures."""
    log = work.joblog.read_text(encoding="utf-8") if work.joblog.exists() else ""
    return Said(measured.code, measured.stdout.decode(errors="replace"), measured.stderr.decode(errors="replace"), log)


def run_tool(tool, work, observe):
    """One run of one tool: its figures."""
    servers = work.servers
    servers.prepare()
    work.joblog.unlink(missing_ok=True)
    commands, cpu_s = servers.served()
    measured = run(tool.commands[work.kind](work), env=work.environment(), memory=observe, grace_s=0)
    if work.kind == "sleep" and measured.wall_s < 1:
        raise Failed(f"{tool.name}: `sleep 1` took {measured.wall_s:.2f} s")
    servers.settle()
    commands_after, cpu_after_s = servers.served()
    failed = max(tool.failed(said_by(measured, work), servers.count), work.wrong_hosts(),
                 servers.count - (commands_after - commands))
    if failed >= servers.count:
        raise Failed(f"every host failed: {measured.said()}")
    server_ms = (cpu_after_s - cpu_s) * 1000 / servers.count
    return {"wall": measured.wall_s, "cpu": measured.cpu_s * 1000 / servers.count,
            "peak": measured.peak_kb / 1024 if observe else None, "failed": failed, "server": server_ms}


def contender(tool, work, rounds):
    """rounds 0: one run, whose figures are told as observed and as timed."""
    kept = []

    def once(observe):
        if rounds > 0:
            return run_tool(tool, work, observe)
        if not kept:
            kept.append(run_tool(tool, work, True))
        return kept[0]

    return Contender(tool.name, once, rounds=max(1, rounds), note=ONCE if rounds == 0 else "")


def compare(rows):
    """Every row beside ours; goals are set by the cell's name."""
    columns = {column.key: column for column in COLUMNS}
    ours = rows[OURS]
    for row in rows.values():
        for key in ("wall", "cpu"):
            if row is not ours and row.value(key) and ours.value(key):
                row.figures[f"{key}_x"] = figure(row.value(key) / ours.value(key), columns[f"{key}_x"])
    return columns


GOALS = {
    "true-500x100-fleet": {"pdsh": {"wall": "wall-pdsh", "cpu": "cpu-pdsh"}, "pssh": {"wall": "wall-pssh", "cpu": "cpu-pssh"},
                           "clush": {"cpu": "cpu-clush"}},
    "deploy5-50x25-sshd": {"ansible-playbook": {"wall": "deploy-wall", "cpu": "deploy-cpu"}},
}


def finish(plan):
    """What is worked out when all have run."""
    def work_out(rows):
        columns = compare(rows)
        for name, goals in GOALS.get(plan.name, {}).items():
            for key, goal in goals.items():
                if name in rows and rows[name].value(f"{key}_x") is not None:
                    rows[name].goals[goal] = rows[name].value(f"{key}_x")
        for row in rows.values():
            if plan.servers is Sshd and row.value("server") is not None:
                row.figures["floor"] = figure(row.value("server") * plan.hosts / 1000 / CORES, columns["floor"])
    return work_out


def cell_of(plan, work, opts):
    """Who takes part and how often, and who does not and why."""
    contenders, absent = [], {}
    for tool in TOOLS:
        reason = tool.missing(work)
        if not reason and opts.smoke and tool.name not in SMOKE_TOOLS:
            continue
        if not reason and not opts.long and tool.name in plan.left:
            reason = "only in the long bench"
        if reason:
            absent.setdefault(reason, []).append(tool.name)
            continue
        short = plan.ours if tool.name == OURS else 0 if tool.name in plan.once else plan.others
        contenders.append(contender(tool, work, opts.pick(0, short, 5)))
    return Cell(plan.name, plan.title, contenders, rounds=opts.rounds, finish=finish(plan),
                note="; ".join(f"{', '.join(names)}: {reason}" for reason, names in absent.items()))


def cells(opts):
    """Ten of them, each with servers of its own."""
    for plan in opts.pick(SMOKE, PLANS):
        if not opts.wants(plan.name):
            continue
        with plan.servers(plan.hosts) as servers:
            yield cell_of(plan, Work(servers, plan.kind, plan.at_once), opts)
