"""How long a rollout takes when nothing but the hosts' own time counts: the ideals of the wave tables.

Durations are seconds, in the order of the inventory; workers 0 is one at a time, as in config.yml.
"""
import heapq
import math


def slots(workers):
    """How many hosts run at once."""
    return max(1, workers)


def waves_equal(hosts, workers, each_s):
    """ceil(N / W) x T: the guide's formula."""
    return math.ceil(hosts / slots(workers)) * each_s


def waves(durations, workers):
    """A barrier every W hosts: the sum of each wave's longest host.  Equal hosts: waves_equal."""
    width = slots(workers)
    return sum(max(durations[at : at + width]) for at in range(0, len(durations), width))


def bound(durations, workers):
    """No schedule is shorter: all work over all slots, the longest host, or the slot that has ceil(N/W) hosts."""
    most = math.ceil(len(durations) / slots(workers))
    return max(sum(durations) / slots(workers), max(durations), most * min(durations))


def list_schedule(durations, workers):
    """What starting the next host whenever a slot is free gives, in this order (Graham)."""
    free = [0.0] * min(slots(workers), len(durations))
    for duration in durations:
        heapq.heappush(free, heapq.heappop(free) + duration)
    return max(free)


def gain_percent(sequential_s, parallel_s):
    """The guide's: (seq - par) / seq x 100."""
    return (sequential_s - parallel_s) / sequential_s * 100


def utilisation_percent(busy_s, workers, wall_s):
    """Slot time in use over slot time there was."""
    return busy_s / (slots(workers) * wall_s) * 100
