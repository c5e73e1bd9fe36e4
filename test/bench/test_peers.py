#!/usr/bin/python3
"""test_peers.py - what each tool says of hosts that failed is counted as it is meant.

The texts are the tools' own (versions of Debian 12), shortened.
"""
import json
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from bench.peers import count  # noqa: E402
from bench.peers.count import Said  # noqa: E402
from bench.peers.tools import TOOLS  # noqa: E402
from bench.suites.peers import PLANS, SMOKE  # noqa: E402


def finished(host, outcome):
    """An event of ours."""
    return json.dumps({"type": "host_finished", "host": host, "outcome": outcome})


CLUSH = """clush: 127.50.0.[1-3,7] (4): exited with exit code 255
clush: 127.50.0.9: exited with exit code 1
"""
PDSH = """127.50.0.3: Connection closed by UNKNOWN port 65535
pdsh@vm: 127.50.0.3: ssh exited with exit code 255
pdsh@vm: 127.50.0.4: ssh exited with exit code 3
pdsh@vm: 127.50.0.5: command timeout
"""
PSSH = """[1] 02:14:55 [SUCCESS] 127.50.0.2
[2] 02:14:55 [FAILURE] 127.50.0.1 Exited with error code 255
[3] 02:14:56 [SUCCESS] 127.50.0.3
"""
JOBLOG = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"
RAW = """h0001 | CHANGED | rc=0 >>

h0002 | UNREACHABLE! => {
    "changed": false,
    "unreachable": true
}
h0003 | FAILED | rc=1 >>
non-zero return code
h0004 | SUCCESS => {
    "changed": false
}
"""
RECAP = """PLAY [all] ****
ok: [h0001]
PLAY RECAP ****
h0001                      : ok=5    changed=5    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
h0002                      : ok=4    changed=4    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
h0003                      : ok=0    changed=0    unreachable=1    failed=0    skipped=0    rescued=0    ignored=0
h0004                      : ok=0    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
"""
# (parser, what was said, hosts, failed)
CASES = [
    (count.inventory_manager, Said(0, "\n".join(finished(f"h{n}", "ok") for n in range(3)), ""), 3, 0),
    (count.inventory_manager, Said(2, finished("h1", "ok") + "\n" + finished("h2", "failed"), ""), 3, 2),
    (count.inventory_manager, Said(2, finished("h1", "ok") + "\n" + finished("h1", "failed"), ""), 1, 1),
    (count.inventory_manager, Said(1, "", "no such environment"), 3, 3),
    (count.pdsh, Said(0, "", ""), 9, 0),
    (count.pdsh, Said(255, "", PDSH), 9, 3),
    (count.pdsh, Said(1, "", "pdsh@vm: no remote hosts specified\n"), 9, 9),
    (count.clush, Said(0, "", ""), 9, 0),
    (count.clush, Said(255, "", CLUSH), 9, 5),
    (count.clush, Said(1, "", "clush: error: no nodes\n"), 9, 9),
    (count.pssh, Said(4, PSSH, ""), 3, 1),
    (count.pssh, Said(0, PSSH, ""), 4, 2),
    (count.pssh, Said(2, "", "usage"), 4, 4),
    (count.parallel, Said(0, "", "", JOBLOG + "1\t:\t1.0\t0.1\t0\t0\t0\t0\tssh a true\n"), 1, 0),
    (count.parallel, Said(1, "", "", JOBLOG + "1\t:\t1.0\t0.1\t0\t0\t255\t0\tssh a true\n"), 2, 2),
    (count.parallel, Said(1, "", "", JOBLOG + "1\t:\t1.0\t0.1\t0\t0\t0\t15\tssh a true\n"), 1, 1),
    (count.parallel, Said(127, "", "not found"), 2, 2),
    (count.ansible_adhoc, Said(4, RAW, ""), 5, 3),
    (count.ansible_adhoc, Said(5, "", "ERROR!"), 5, 5),
    (count.ansible_playbook, Said(4, RECAP, ""), 4, 3),
    (count.ansible_playbook, Said(4, "ok: [h0001]\n", ""), 2, 2),
    (count.asyncssh, Said(0, '{"ok": 7, "failed": 0}\n', ""), 7, 0),
    (count.asyncssh, Said(1, '{"ok": 5, "failed": 2}\n', ""), 7, 2),
    (count.asyncssh, Said(1, "Traceback", ""), 7, 7),
    (count.asyncssh, Said(1, "[]", ""), 7, 7),
]


class Peers(unittest.TestCase):
    """Tables."""

    def test_failed_hosts_are_counted_as_each_tool_tells_them(self):
        for parser, said, hosts, failed in CASES:
            with self.subTest(parser=parser.__name__, said=said):
                self.assertEqual(parser(said, hosts), failed)

    def test_a_tool_that_cannot_do_a_kind_of_work_says_why(self):
        for tool in TOOLS:
            for kind in {plan.kind for plan in PLANS}:
                with self.subTest(tool=tool.name, kind=kind):
                    self.assertNotEqual(kind in tool.commands, bool(tool.absent.get(kind)))

    def test_there_are_ten_cells_and_what_they_leave_out_are_tools(self):
        names = {tool.name for tool in TOOLS}
        self.assertEqual(len({plan.name for plan in PLANS}), 10)
        for plan in PLANS + SMOKE:
            self.assertLessEqual({*plan.left, *plan.once}, names)


if __name__ == "__main__":
    unittest.main()
