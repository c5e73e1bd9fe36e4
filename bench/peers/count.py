"""count.py - how many hosts failed, as each tool says it.

A parser is given what the tool wrote and the hosts it was asked for, and answers with a number of hosts.
Tools that name what went well are counted by that, so that one which ended early has failed for the rest;
pdsh and clush name only what failed, so the servers' side counts the commands it has seen as well (hosts.py).
"""
import json
import re
from dataclasses import dataclass


@dataclass
class Said:
    """What a tool left behind."""
    code: int
    out: str
    err: str
    log: str = ""  # a job log or the like, where the tool writes one


def inventory_manager(said, hosts):
    """-o jsonl: an event `host_finished` a host; the last one of a host counts."""
    last = {}
    for line in said.out.splitlines():
        if '"host_finished"' in line:
            event = json.loads(line)
            last[event["host"]] = event["outcome"]
    return max(0, hosts - sum(outcome == "ok" for outcome in last.values()))


def pdsh(said, hosts):
    """stderr, a line a host: `pdsh@here: web-01: ssh exited with exit code 255`."""
    failed = set(re.findall(r"^pdsh@[^:]+: ([^:\s]+): .*(?:exit code|command timeout)", said.err, re.M))
    return len(failed) or (hosts if said.code else 0)


def clush(said, hosts):
    """stderr, hosts folded: `clush: web-[01-03] (3): exited with exit code 255`; one host has no count."""
    failed = 0
    for names, count in re.findall(r"^clush: (\S+?)(?: \((\d+)\))?: (?:exited with|command timeout)", said.err, re.M):
        failed += int(count) if count else 1
    return min(failed, hosts) or (hosts if said.code else 0)


def pssh(said, hosts):
    """stdout, a line a host: `[7] 02:14:55 [SUCCESS] web-01`."""
    fine = set(re.findall(r"^\[\d+\] [\d:]+ \[SUCCESS\] (\S+)", said.out, re.M))
    return max(0, hosts - len(fine))


def parallel(said, hosts):
    """--joblog, after a head line: Seq Host Starttime JobRuntime Send Receive Exitval Signal Command."""
    fine = 0
    for line in said.log.splitlines()[1:]:
        columns = line.split("\t")
        fine += len(columns) > 7 and columns[6] == "0" and columns[7] == "0"
    return max(0, hosts - fine)


def ansible_adhoc(said, hosts):
    """stdout: `web-01 | CHANGED | rc=0 >>` or `web-01 | SUCCESS => {`, else UNREACHABLE! or FAILED."""
    fine = set(re.findall(r"^(\S+) \| (?:CHANGED|SUCCESS)\b", said.out, re.M))
    return max(0, hosts - len(fine))


def ansible_playbook(said, hosts):
    """The recap: `web-01 : ok=5 changed=5 unreachable=0 failed=0 ...`."""
    recap = said.out.rpartition("PLAY RECAP")[2]
    fine = set(re.findall(r"^(\S+)\s+: ok=[1-9]\d*\s+changed=\d+\s+unreachable=0\s+failed=0\b", recap, re.M))
    return max(0, hosts - len(fine))


def asyncssh(said, hosts):
    """Our own program (many.py) prints {"ok": N, "failed": N}."""
    try:
        return max(0, hosts - int(json.loads(said.out)["ok"]))
    except (ValueError, KeyError, TypeError):
        return hosts
