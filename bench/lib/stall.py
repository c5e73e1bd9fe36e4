"""What bench/stall.c saw of an event loop, as columns that any suite can add to its own."""
from bench.lib.cell import Column

HOW = (
    "bench/stall.c preloaded in the warm-up run: from one return of epoll_wait to the next call, commits (fsync, "
    "fdatasync) apart, turns left out in which another process was given the processor"
)
PARTS = (("p50", "p50"), ("p99", "p99"), ("p999", "p99.9"), ("max", "max"))
COLUMNS = [
    Column("stall_turns", "turns", "", 0, "turns of the loop in that run", True, False),
    *(Column(f"stall_{key}", f"turn {title}", "ms", 2, HOW, True, False) for key, title in PARTS),
    Column("stall_wall_max", "turn max, preempted ones too", "ms", 2, HOW, True, False),
    Column("stall_commits", "commits", "", 0, "fsync and fdatasync in that run", True, False),
    *(Column(f"stall_commit_{key}", f"commit {title}", "ms", 2, HOW, True, False) for key, title in PARTS),
]


def figures(measured):
    """Samples for COLUMNS; none where nothing was preloaded."""
    seen = measured.stall
    if not seen:
        return {}
    found = {"stall_turns": seen["turns"], "stall_commits": seen["commits"], "stall_wall_max": seen["wall_max"]}
    for key, _ in PARTS:
        found[f"stall_{key}"] = seen[f"own_{key}"]
        found[f"stall_commit_{key}"] = seen[f"commit_{key}"]
    return found


def judge(row):
    """Add the goals and a line for people to a row that has the figures."""
    if row.value("stall_turns") is None:
        return
    row.goals["stall-p999"] = row.value("stall_p999")
    row.goals["stall-max"] = row.value("stall_max")
    turn = " ".join(f"{title} {row.value(f'stall_{key}'):.2f}" for key, title in PARTS)
    commit = " ".join(f"{title} {row.value(f'stall_commit_{key}'):.2f}" for key, title in PARTS)
    row.notes.append(
        f"loop: {row.value('stall_turns'):,.0f} turns, ms {turn}; "
        f"{row.value('stall_commits'):,.0f} commits, ms {commit}"
    )
