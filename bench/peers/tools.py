"""tools.py - the seven tools beside ours: how each is called at its best, and what it cannot do.

One row a tool.  A command is a function of the cell's Work; a kind of work without one is absent, with its reason.
"""
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Callable

from bench.lib import rig
from bench.lib.measure import PYTHON
from bench.peers import count
from bench.peers.work import HERE

CONTROL = "-o ControlMaster=auto -o ControlPersist=60s"
NO_STEPS = "runs one command a call: five steps are five calls and a program around them"


@dataclass(frozen=True)
class Tool:
    """`commands`: kind of work to a function that returns argv; `settings` are told beside the figures."""
    name: str
    program: str
    package: str
    settings: str
    failed: Callable
    commands: dict
    absent: dict = field(default_factory=dict)  # kind of work, or of servers, to the reason
    imports: str = ""  # a module of Python

    def missing(self, work):
        """Why it has no part in a cell; "" where it has."""
        if work.servers.kind in self.absent:
            return self.absent[work.servers.kind]
        if work.kind not in self.commands:
            return self.absent[work.kind]
        return "" if shutil.which(self.program) and self.answers() else f"not here (package {self.package})"

    def answers(self):
        """Of a library: whether it can be imported."""
        return not self.imports or subprocess.run([PYTHON, "-c", f"import {self.imports}"], stderr=subprocess.DEVNULL,
                                                  check=False).returncode == 0


def _im(work, *words):
    return work.project.argv(*words, "-f", work.at_once, "-o", "jsonl")


def _im_exec(work):
    return [*_im(work, "exec", "ENV"), "--", " ".join(work.command)]


def _im_copy(work):
    return _im(work, "copy", "ENV", work.payload, "{{ home }}/up.bin")


def _im_deploy(work):
    return _im(work, "run", "five-steps", "ENV", "-y")


def _pdsh(work):
    return ["pdsh", "-S", "-R", "ssh", "-l", "demo", "-u", "0", "-t", "60", "-f", str(work.at_once),
            "-w", f"^{work.servers.hosts_file}", " ".join(work.command)]


def _clush(work, *words):
    return ["clush", "-S", "-l", "demo", "-f", str(work.at_once), "-o", f"-F {work.servers.ssh_config}",
            "--hostfile", work.servers.hosts_file, *words]


def _clush_run(work):
    return _clush(work, *work.command)


def _clush_copy(work):
    return _clush(work, "--copy", work.payload, "--dest", "up.bin")


def _pssh(program, work, *words):
    return [program, "-h", work.servers.hosts_file, "-l", "demo", "-p", str(work.at_once), "-t", "0",
            "-x", f"-F {work.servers.ssh_config}", *words]


def _parallel(work, *words):
    return ["parallel", "--plain", "--will-cite", "-j", str(work.at_once), "--joblog", work.joblog,
            "-a", work.servers.hosts_file, *words]


def _parallel_ssh(work):
    return _parallel(work, "ssh", "-F", work.servers.ssh_config, "{}", *work.command)


def _parallel_scp(work):
    return _parallel(work, "scp", "-q", "-F", work.servers.ssh_config, work.payload, "{}:up.bin")


def _ansible(work, control, program, *words):
    return ["env", f"ANSIBLE_SSH_ARGS=-F {work.servers.ssh_config} {control}", "ANSIBLE_SSH_USETTY=False", program,
            "-f", str(work.at_once), *words]


def _ansible_raw(work):
    return _ansible(work, "-o ControlMaster=no", "ansible", "all", "-m", "raw", "-a", " ".join(work.command))


def _ansible_copy(work):
    return _ansible(work, CONTROL, "ansible", "all", "-m", "copy", "-a", f"src={work.payload} dest={{{{ home }}}}/up.bin")


def _playbook(play):
    return lambda work: _ansible(work, CONTROL, "ansible-playbook", work.folder / play)


def _many(work):
    return [PYTHON, HERE / "many.py", work.folder / "many.json"]


OURS = "inventory-manager"
TOOLS = (
    Tool(OURS, str(rig.IM), "", "the full product: journal, debug.log and a log a host on; -o jsonl; strategy parallel",
         count.inventory_manager,
         {"true": _im_exec, "sleep": _im_exec, "upload": _im_copy, "deploy": _im_deploy}),
    Tool("pdsh", "pdsh", "pdsh", "-R ssh -f N -u 0", count.pdsh, {"true": _pdsh, "sleep": _pdsh},
         {"upload": "pdcp needs pdcp on every host", "deploy": NO_STEPS}),
    Tool("clush", "clush", "clustershell", "-f N", count.clush,
         {"true": _clush_run, "sleep": _clush_run, "upload": _clush_copy}, {"deploy": NO_STEPS}),
    Tool("pssh", "parallel-ssh", "pssh", "parallel-ssh -p N -t 0; upload: parallel-scp", count.pssh,
         {"true": lambda w: _pssh("parallel-ssh", w, *w.command),
          "sleep": lambda w: _pssh("parallel-ssh", w, *w.command),
          "upload": lambda w: _pssh("parallel-scp", w, w.payload, "up.bin")}, {"deploy": NO_STEPS}),
    Tool("parallel", "parallel", "parallel", "-j N with ssh; upload: scp", count.parallel,
         {"true": _parallel_ssh, "sleep": _parallel_ssh, "upload": _parallel_scp}, {"deploy": NO_STEPS}),
    Tool("ansible", "ansible", "ansible-core", "-f N; raw, ControlMaster off, no pty; upload: copy, pipelining, ControlPersist on",
         count.ansible_adhoc, {"true": _ansible_raw, "sleep": _ansible_raw, "upload": _ansible_copy},
         {"deploy": "a playbook has the steps"}),
    Tool("ansible-playbook", "ansible-playbook", "ansible-core",
         "-f N; command, facts off, pipelining and ControlPersist on, strategy linear (the default)", count.ansible_playbook,
         {"true": _playbook("one.yml"), "sleep": _playbook("one.yml"),
          "deploy": _playbook("playbook.yml")}, {"fleet": "its modules need Python on the host, and the fleet runs nothing",
                                                "upload": "the module copy is what `ansible` runs"}),
    Tool("asyncssh", PYTHON, "python3-asyncssh", "many.py: a semaphore of N around a connection a host",
         count.asyncssh, {"true": _many, "sleep": _many, "upload": _many, "deploy": _many}, imports="asyncssh"),
)
