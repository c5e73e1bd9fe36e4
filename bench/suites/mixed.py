"""Good hosts beside bad ones: what hosts that misbehave cost those that do not, and the loop."""
import subprocess
import time

from bench.lib import rig, stall
from bench.lib.cell import Cell, Column, Contender
from bench.lib.measure import Failed
from bench.lib.project import events
from bench.lib.stats import percentile

NAME = "mixed"
TITLE = "Mixed: good hosts beside as many that misbehave"
SECONDS = 30
GOOD_NET, BAD_NET, DELAY_MS = 40, 41, 50
PHASES = "accept banner kex reply newkeys service auth open exec header status end".split()
ACTS = "stall silent drop reset garbage huge".split()
OTHERS = (
    "banner lines;banner endless;banner long;banner ssh1;banner escape;banner newlines;banner nul;algorithms kex;"
    "algorithms cipher;algorithms hostkey;hostkey other;hostkey ecdsa;hostkey rsa;throttle 0:100:1;"
    "throttle 0:100:1 once;drop accept once;nochannel;noexec;sessions 1;window 10;nostatus;status 255;"
    "status 4294967295;twice;signal KILL;signal WHAT;noeof;noclose;linger;slow 20000;rekey 65536;noise debug;"
    "noise ignore;noise global;noise channel;noise all;deny;partial"
).split(";")
HOW = [
    "Half of the hosts are good, half misbehave in one of more than a hundred ways that test/fleet knows (stalls, resets and "
    "rubbish in every phase, floods, endless banners, refused channels), each for its share; the other row is the same number "
    "of hosts, all good. "
    f"Every command takes {DELAY_MS} ms on the host; time limits of 1 to 3 s, so that the bad ones cost slots, not minutes.",
    "A good host's time is from its start to its outcome (jsonl, duration_ms). Live is what the fleet still has two seconds after the end.",
]
COLUMNS = [
    Column("wall", "wall", "s", 2, "wall time of the whole command"),
    Column("ok", "good hosts ok", "", 0, "host_finished with outcome ok, of the good hosts"),
    Column("median", "good host median", "ms", 0, "duration_ms of host_finished, good hosts"),
    Column("p99", "p99", "ms", 0, "duration_ms of host_finished, good hosts, nearest rank"),
    Column("peak", "peak", "MB", 1, "VmHWM of the program"),
    Column("descriptors", "descriptors left", "", 0, "open at the program's end (bench/stall.c)", observed=True),
    Column("live", "live after", "", 0, "connections the fleet still has", observed=False),
    *stall.COLUMNS,
]
CHARTS = [{"kind": "bars", "column": "median", "title": "A good host's median time, ms"}]
LIMITS = {
    "on_failure": "continue",
    "connect_timeout": "2s",
    "auth_timeout": "2s",
    "keepalive_interval": "1s",
    "output_idle_timeout": "3s",
    "retry_delay": "500ms",
}


def misbehaviour(count):
    """Text of --behave: each way that `exec -- true` can meet, for its share."""
    ways = [[f"{act} {phase}"] for phase in PHASES for act in ACTS] + [[way] for way in OTHERS]
    ways += [[f"flood {kind}", "flood-max 1000000"] for kind in "out err both line binary".split()]
    addresses = rig.addresses_from(BAD_NET, count)
    return "".join(f"{address} {line}\n" for at, address in enumerate(addresses) for line in ways[at % len(ways)])


def host_keys(servers):
    """Keys of the other types, which the fleet would make while others wait."""
    for key_type, name in (("rsa", "rsa"), ("ecdsa", "ecdsa"), ("ed25519", "other")):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", key_type, "-N", "", "-f", servers.dir / f"host_key.{name}"], check=True
        )


def contender(name, count, workers, behave, limits, least):
    """A fleet of its own each time: `once` is counted by address there.  least: so many good hosts must be ok."""
    keys = {}

    def once(observe):
        addresses = rig.addresses_from(GOOD_NET, count) + rig.addresses_from(BAD_NET, count)
        servers = rig.Fleet(2 * count, "--delay-ms", DELAY_MS, addresses=addresses, behave=behave)
        if not keys and "hostkey" in behave:  # rsa takes a second
            host_keys(servers)
            keys.update({path.name: path.read_bytes() for path in servers.dir.glob("host_key.*")})
        for file, content in keys.items():
            (servers.dir / file).write_bytes(content)
            (servers.dir / file).chmod(0o600)
        with servers:
            project = servers.project(config={"max_parallel_workers": workers, **limits})
            good = set(project.hosts[:count])
            m = project.run(
                "exec", "ENV", "-o", "jsonl", "--", "true", timeout_s=600, stall=rig.STALL if observe else None
            )
            took = [
                event["duration_ms"]
                for event in events(m)
                if event["type"] == "host_finished" and event["host"] in good and event["outcome"] == "ok"
            ]
            if len(took) < least:
                raise Failed(f"only {len(took)} of {count} good hosts are ok: {m.said()}")
            return {
                "wall": m.wall_s,
                "ok": len(took),
                "median": percentile(took, 0.5),
                "p99": percentile(took, 0.99),
                "peak": m.largest_kb / 1024,
                "descriptors": m.stall.get("fds"),
                "live": left(servers),
                **stall.figures(m),
            }

    return Contender(name, once)


def left(servers):
    """Connections that are still there when those that end have had their time."""
    for _ in range(20):
        live = servers.counts()["live"]
        if live == 0:
            return 0
        time.sleep(0.1)
    return live


def finish(rows):
    """The loop must not feel the bad ones."""
    for row in rows.values():
        stall.judge(row)


def cells(opts):
    """All good, and mixed."""
    count, workers = opts.pick((8, 16), (250, 100), (2000, 200))
    limits = {**LIMITS, **opts.pick({"max_retries": 0}, {})}
    least = opts.pick(count, 1)
    yield Cell(
        f"exec-{2 * count}",
        f"`true` on {2 * count:,} hosts, {workers} at once, fleet",
        [
            contender("all good", count, workers, "", limits, least),
            contender("half of them bad", count, workers, misbehaviour(count), limits, least),
        ],
        opts.pick(1, 1, 3),
        not opts.smoke,
        finish,
    )
