"""The speed to reach, in one place; suites only say what they measured of a goal (Row.goals)."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Goal:
    """One promise.  limit is compared with the worst value that any row gave; `by` is the cell that measures it."""

    name: str
    text: str
    limit: float
    unit: str = ""
    at_least: bool = False  # the value must not be below; else: not above
    elsewhere: str = ""
    by: str = ""

    def met(self, value):
        """Within the limit?"""
        return value >= self.limit if self.at_least else value <= self.limit

    def worst(self, values):
        """Of several, the one that is furthest from the goal."""
        return min(values) if self.at_least else max(values)

    def told(self, value):
        """As text: digits by the limit."""
        return f"{value:,.{3 if self.limit < 2 else 2 if self.limit < 10 else 1}f}"

    def wanted(self):
        """`<= 1.03`, `>= 8x`."""
        unit = self.unit if self.unit in ("", "x") else f" {self.unit}"
        return f"{'>=' if self.at_least else '<='} {self.limit:g}{unit}"


TRUE, IDLE, TRIPS, UPLOAD = "scale/true", "scale/idle", "latency/one-host", "upload/one-host"
BESIDE, DEPLOY, LOOPS = "peers/true-500x100-fleet", "peers/deploy5-50x25-sshd", "waves, scale, mixed"
FLOORS = "crypto floor 0.29, asyncssh 6.8, pdsh 19.5, ansible 65"
STUCK = "screen/stuck-100"
BARE_WALL, BARE_CPU = "a bare libssh loop: 10x", "a bare libssh loop: 22x"

# name, text, limit, unit, at least, elsewhere, by
GOALS = [
    Goal("cpu-ed25519", "client CPU a host: connect, auth, exec; fleet, ed25519", 0.95, "ms", False, FLOORS, TRUE),
    Goal("cpu-fastest", "client CPU a host, fastest negotiated set", 0.8, "ms", False, "", TRUE),
    Goal("hosts-10000", "10,000 hosts, `true`, one core", 11, "s", False, "a bare libssh loop: 10.1", TRUE),
    Goal("wall-pdsh", "wall against pdsh, fleet, 500 hosts, 100 at once", 8, "x", True, BARE_WALL, BESIDE),
    Goal("wall-pssh", "wall against pssh, fleet, 500 hosts, 100 at once", 8, "x", True, BARE_WALL, BESIDE),
    Goal("cpu-pdsh", "client CPU against pdsh", 18, "x", True, BARE_CPU, BESIDE),
    Goal("cpu-pssh", "client CPU against pssh", 18, "x", True, BARE_CPU, BESIDE),
    Goal("cpu-clush", "client CPU against clush", 18, "x", True, BARE_CPU, BESIDE),
    Goal("deploy-wall", "five-step deploy, wall against the ansible playbook, real sshd", 8, "x", True, "", DEPLOY),
    Goal("deploy-cpu", "five-step deploy, client CPU against the ansible playbook", 40, "x", True, "", DEPLOY),
    Goal("waves-20", "waves, measured / ideal, T = 1 s, up to 20 workers, fleet", 1.03, by="waves/fleet-*"),
    Goal(
        "waves-1000",
        "waves, measured / ideal, T = 1 s, 1,000 hosts, 100 workers, connect ahead",
        1.05,
        by="waves/fleet-1000-rolling-equal",
    ),
    Goal("flat-cpu", "CPU a host at 10,000 hosts over that at 1,000", 1.15, "x", by=TRUE),
    Goal("flat-memory", "memory a host, 10,000 hosts over 1,000", 1.15, "x", by=TRUE),
    Goal("idle-memory", "memory an idle session, resident while all wait", 28, "KB", False, "a bare libssh loop: 23", IDLE),
    Goal("idle-10000", "memory of 10,000 idle sessions, resident while all wait", 320, "MB", by=IDLE),
    Goal("idle-wakeups", "wake-ups a second of 1,000 idle sessions, beyond timers", 1.5, "/s", by=IDLE),
    Goal("trips-first", "round trips to first output", 8, elsewhere="OpenSSH 9", by=TRIPS),
    Goal("trips-step", "round trips for each further step", 1, elsewhere="OpenSSH 3", by=TRIPS),
    Goal("upload-rate", "upload on loopback", 150, "MB/s", True, "a bare libssh loop: 150-185", UPLOAD),
    Goal("upload-memory", "memory of an upload of a large file over one of 1 MB", 4, "MB", by=UPLOAD),
    Goal("stall-p999", "loop stall p99.9, commits apart", 10, "ms", by=LOOPS),
    Goal("stall-max", "loop stall max, commits apart", 50, "ms", by=LOOPS),
    Goal("start", "`--version` over an empty program with the same libraries", 3, "ms", by="start/version"),
    Goal("screen-stuck", "a run whose terminal is not read for 20 s over one that is", 1.05, by=STUCK),
    Goal("screen-stall", "loop stall max of a run on the screen, terminal read or not, commits apart", 50, "ms", by=STUCK),
    Goal("screen-frames", "frames a second", 10, "/s", by=STUCK),
    Goal("screen-open", "10,000 hosts: open an environment on the screen", 200, "ms", by="screen/hosts-10000"),
    Goal("screen-key", "10,000 hosts: from a key to its answer, p99", 20, "ms", by="screen/hosts-10000"),
    Goal("plan-10000", "`plan` on 10,000 hosts", 250, "ms", by="micro/programs"),
]
BY_NAME = {goal.name: goal for goal in GOALS}


def judge(rows):
    """What rows (dicts with "goals" and a label, see result.py) say of each goal.

    Returns [(goal, None or (value, met, where))], in the order of GOALS.
    """
    seen = {}
    for row in rows:
        for name, value in row["goals"].items():
            seen.setdefault(name, []).append((value, row["label"]))
    verdicts = []
    for goal in GOALS:
        values = seen.get(goal.name)
        if not values:
            verdicts.append((goal, None))
            continue
        worst = goal.worst([value for value, _ in values])
        where = next(label for value, label in values if value == worst)
        verdicts.append((goal, (worst, goal.met(worst), where)))
    return verdicts
