"""launch.py RESULT GRACE_S TIMEOUT_S CPUS COMMAND...: run COMMAND and account for its whole tree.

A program of its own, so that what COMMAND leaves behind (ssh its ProxyCommand, ansible its ControlPersist
masters) becomes a child of this process and of no other: PR_SET_CHILD_SUBREAPER.  Orphans get GRACE_S to
end by themselves, then TERM, then KILL; their CPU time counts, the wall time is COMMAND's own.
Standard streams are passed on.  Writes one JSON object to RESULT.
"""
import ctypes
import json
import os
import resource
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36
POLL_S = 0.005
TERM_S = 1.0


def children_of(pid):
    """Process ids of the children, of every thread; none when the process is gone."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
    except OSError:
        pass
    return found


def tree_of(pid):
    """Every process below pid, itself left out."""
    found, queue = [], [pid]
    while queue:
        below = children_of(queue.pop())
        found += below
        queue += below
    return found


def kill_tree(sig):
    """Send sig to all that is below this process."""
    for pid in tree_of(os.getpid()):
        try:
            os.kill(pid, sig)
        except ProcessLookupError:
            pass


def reap(until):
    """Reap until nothing is left (True) or the time is over."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            if time.monotonic() >= until:
                return False
            time.sleep(POLL_S)


def reap_orphans(grace_s):
    """What is left gets its time to end, then is ended; how many had to be."""
    if reap(time.monotonic() + grace_s):
        return 0
    ended = len(tree_of(os.getpid()))
    kill_tree(signal.SIGTERM)
    while not reap(time.monotonic() + TERM_S):
        kill_tree(signal.SIGKILL)
    return ended


def main(result, grace_s, timeout_s, cpus, command):
    """Returns nothing; the result says how it went."""
    late = []

    def on_alarm(_sig, _frame):
        late.append(True)
        kill_tree(signal.SIGKILL)

    def on_term(_sig, _frame):
        kill_tree(signal.SIGKILL)
        while not reap(time.monotonic() + POLL_S):
            kill_tree(signal.SIGKILL)
        os._exit(1)

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if cpus:
        os.sched_setaffinity(0, {int(cpu) for cpu in cpus.split(",")})
    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_term)
    signal.setitimer(signal.ITIMER_REAL, timeout_s)
    begin = time.monotonic()
    try:
        pid = os.posix_spawnp(command[0], command, os.environ)
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")
    while True:
        done, status, own = os.wait4(-1, 0)
        if done == pid:
            break
    wall = time.monotonic() - begin
    signal.setitimer(signal.ITIMER_REAL, 0)
    ended = reap_orphans(grace_s)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(result, "w", encoding="ascii") as file:
        json.dump(
            {
                "code": os.waitstatus_to_exitcode(status),
                "wall_s": wall,
                "user_s": used.ru_utime,
                "sys_s": used.ru_stime,
                "largest_kb": own.ru_maxrss,
                "orphans_ended": ended,
                "switches": used.ru_nvcsw,
                "preempted": used.ru_nivcsw,
                "timed_out": bool(late),
            },
            file,
        )


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4], sys.argv[5:])
