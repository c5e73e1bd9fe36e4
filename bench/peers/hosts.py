"""hosts.py - the hosts of the cells: the fleet, and one real sshd that answers on every 127.x.y.z.

Beside what lib/rig.py has they say what the servers' side took: its CPU time, and the commands it was sent, so that a
tool's own word is not all there is.
"""
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import time

from bench.lib import rig
from bench.lib.measure import PYTHON, RUNNING, Failed

SETTLE_S = 60
TICKS = os.sysconf("SC_CLK_TCK")

# The login shell of the real sshd: each address has a home of its own, for every tool and without its help.
LOGIN = """#!/bin/sh
at=${{SSH_CONNECTION% *}}
HOME={homes}/${{at##* }}
export HOME
cd "$HOME" || exit 1
exec /bin/sh "$@"
"""


def wait_for(fact, what):
    """Until fact() holds."""
    until = time.monotonic() + SETTLE_S
    while not fact():
        RUNNING.check()
        if time.monotonic() > until:
            raise Failed(f"waited in vain for {what}")
        time.sleep(0.01)


def cpu_s(pid):
    """Of a process and of those that it has waited for."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def children(pid):
    """Of a process, by their ids."""
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


class Fleet(rig.Fleet):
    """Runs nothing, so that what is measured is the client.  `sleep 1` is played."""

    def prepare(self):
        """Before each run."""

    def settle(self):
        """Until nobody is connected."""
        wait_for(lambda: self.counts()["live"] == 0, "the fleet's sessions to end")

    def served(self):
        """Commands it was sent so far, and its CPU seconds."""
        counts = self.counts()
        return counts["execs"], counts["cpu_ms"] / 1000


class Sshd(rig.Sshd):
    """A real OpenSSH sshd on 0.0.0.0; every address has its own home below `homes`."""

    def __init__(self, count, startups="2000:30:4000"):
        super().__init__(count, startups)
        self.homes = self.dir / "homes"
        self.environment = {"ANY_ADDRESS": "1", "SSHD_SHELL": str(self.dir / "login")}

    def starter(self):
        return [PYTHON, pathlib.Path(__file__).with_name("reaper.py"), self.dir / "reaper", *super().starter()]

    def start(self):
        (self.rig / "bin").mkdir(parents=True)
        shutil.copy(sftp_server(), self.rig / "bin/sftp-server")
        self.extra = f"Subsystem sftp {self.rig}/bin/sftp-server\n"
        login = self.dir / "login"
        login.write_text(LOGIN.format(homes=self.homes), encoding="ascii")
        login.chmod(0o755)
        super().start()
        self.pid = int((self.rig / "pid").read_text(encoding="ascii"))
        self.reaper = int((self.dir / "reaper").read_text(encoding="ascii"))
        self.owner = self.home.stat()

    def prepare(self):
        """Empty homes for the next run."""
        shutil.rmtree(self.homes, ignore_errors=True)
        self.homes.mkdir()
        for address in self.addresses:
            (self.homes / address).mkdir()
            os.chown(self.homes / address, self.owner.st_uid, self.owner.st_gid)

    def settle(self):
        """Until the sessions of the last client have ended."""
        wait_for(lambda: not children(self.pid) and children(self.reaper) == [self.pid], "sshd's sessions to end")

    def served(self):
        """Commands it was sent so far (its log has a line each), and its CPU seconds."""
        log = (self.rig / "sshd.log").read_text(encoding="utf-8", errors="replace")
        return log.count("Starting session:"), cpu_s(self.pid) + cpu_s(self.reaper)

    def files(self, address):
        """What is in a home: {path: (kind, mode, hash or target)}; dot files are the tools' own."""
        home = self.homes / address
        found = {}
        for path in sorted(home.rglob("*")):
            name = path.relative_to(home)
            if not name.parts[0].startswith("."):
                found[str(name)] = describe(path)
        return found


def describe(path):
    """(kind, mode, hash of a file or target of a link)."""
    seen = path.lstat()
    if stat.S_ISLNK(seen.st_mode):
        return ("link", 0, os.readlink(path))
    if stat.S_ISDIR(seen.st_mode):
        return ("folder", stat.S_IMODE(seen.st_mode), "")
    return ("file", stat.S_IMODE(seen.st_mode), hashlib.sha256(path.read_bytes()).hexdigest())


def sftp_server():
    """OpenSSH's sftp-server, unpacked beside the sshd of the tests: its package is one of its own."""
    into = rig.REPO / "build/sshd/sftp"
    program = into / "usr/lib/openssh/sftp-server"
    if not program.exists():
        into.mkdir(parents=True, exist_ok=True)
        got = subprocess.run(["apt-get", "-q", "download", "openssh-sftp-server"], cwd=into, capture_output=True, check=False)
        for package in into.glob("*.deb"):
            subprocess.run(["dpkg", "-x", package, into], check=True)
        if not program.exists():
            raise Failed(f"openssh-sftp-server cannot be downloaded: {got.stderr[-200:].decode(errors='replace').strip()}")
    return program
