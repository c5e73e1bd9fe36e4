"""The servers that are measured against, and what a client needs to reach them.

Fleet: test/fleet, many synthetic hosts in one process.  Sshd: real OpenSSH by test/sshd/start.  Both listen on
a free loopback port, let in user `demo` with an ed25519 key, and are ended by their own process ids.  Clients get
the key, known_hosts, an ssh_config, a list of addresses, and projects of inventory-manager (Project).
"""
import contextlib
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile
import time

from bench.lib.measure import RUNNING, Failed
from bench.lib.project import Project

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", "build/release"))
IM = pathlib.Path(os.environ.get("IM", REPO / "bin/inventory-manager"))
FLEET = pathlib.Path(os.environ.get("FLEET", REPO / BUILD / "test/fleet/fleet"))
STALL = REPO / BUILD / "bench/stall.so"  # made by `make bench-tools`
KEX = "curve25519-sha256"
USER = "demo"
START_S = 60
ENOUGH_FILES = 10512
SSHD_STARTUPS = "1000:30:2000"  # MaxStartups: sshd's own 10:30:100 would measure its refusals


def raise_limits():
    """As many descriptors as the system lets us have, for every program started from here.  Returns a remark or ""."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard >= ENOUGH_FILES:
        return ""
    return f"{hard:,} open files are the limit here (ulimit -Hn): fewer sessions are open at once in suite scale, and it is said."


@contextlib.contextmanager
def nobody():
    """No agent, key, configuration or password of the person who runs this has a say."""
    with tempfile.TemporaryDirectory(prefix="im-bench-home.") as home:
        kept = {key: value for key, value in os.environ.items()
                if not key.startswith("IM_") and key not in ("SSH_AUTH_SOCK", "SSH_AGENT_PID")}
        kept.update(HOME=home, LC_ALL="C.UTF-8")
        os.environ.clear()
        os.environ.update(kept)
        yield home


def addresses_from(net, count):
    """127.NET.0.1, ..., 250 of them in each 127.NET.x."""
    return [f"127.{net}.{at // 250}.{at % 250 + 1}" for at in range(count)]


def ranges_of(addresses):
    """The same as a list of ranges for the fleet's --addresses: 127.50.0.1-250,127.50.1.1-9."""
    runs = []
    for address in addresses:
        head, last = address.rsplit(".", 1)
        if runs and runs[-1][0] == head and runs[-1][2] + 1 == int(last):
            runs[-1][2] = int(last)
        else:
            runs.append([head, int(last), int(last)])
    return ",".join(f"{head}.{first}-{last}" for head, first, last in runs)


class Servers:
    """What both kinds have in common.  Use as a context manager."""

    kind = ""

    def __init__(self, count):
        self.count = count
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="im-bench."))
        self.dir.chmod(0o755)  # an sshd of another user reads below it
        self.key = self.dir / "id"
        self.known_hosts = self.dir / "known_hosts"
        self.addresses = []
        self.port = 0

    def __enter__(self):
        try:
            RUNNING.check()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        self._write_files()
        return self

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        """Begin to listen; sets addresses and port, writes key and known_hosts."""
        raise NotImplementedError

    def stop(self):
        """End them; fine when they never started."""
        raise NotImplementedError

    def _write_files(self):
        self.hosts_file = self.dir / "hosts"
        self.hosts_file.write_text("".join(f"{address}\n" for address in self.addresses), encoding="ascii")
        self.ssh_config = self.dir / "ssh_config"
        self.ssh_config.write_text("Host *\n" + "".join(f"  {key} {value}\n" for key, value in self.ssh_options()),
                                   encoding="utf-8")

    def ssh_options(self):
        """What every tool on OpenSSH's client is told; the key exchange is pinned for all."""
        return [("User", USER), ("Port", self.port), ("IdentityFile", self.key), ("IdentitiesOnly", "yes"),
                ("UserKnownHostsFile", self.known_hosts), ("GlobalKnownHostsFile", "/dev/null"),
                ("StrictHostKeyChecking", "yes"), ("BatchMode", "yes"), ("KexAlgorithms", KEX),
                ("LogLevel", "ERROR")]

    def home_with(self, *lines):
        """A home whose .ssh/config has these lines: what only one contender is told."""
        home = pathlib.Path(tempfile.mkdtemp(prefix="home.", dir=self.dir))
        (home / ".ssh").mkdir(mode=0o700)
        (home / ".ssh/config").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        (home / ".ssh/config").chmod(0o600)
        return home

    def project(self, env="bench", **more):
        """A Project on these servers: see project.py."""
        return Project(self, IM, env, **more)


class Fleet(Servers):
    """Synthetic hosts: nothing runs, `sleep N`, `exit N`, `echo TEXT` are played.

    flags: further ones of test/fleet, e.g. "--rtt-ms", 50.  behave: text of a --behave file.  key_type: of the
    host's and of the user's key.  cpus: "1": where it may run, if the machine has so many.
    """

    kind = "fleet"

    def __init__(self, count, *flags, net=50, behave=None, addresses=None, key_type="ed25519", cpus=None):
        super().__init__(count)
        self.addresses = addresses or addresses_from(net, count)
        self.flags, self.behave, self.key_type = flags, behave, key_type
        self.cpus = {int(cpu) for cpu in (cpus or "").split(",") if cpu} & os.sched_getaffinity(0)
        self.process = None

    def start(self):
        for path in (self.key, self.dir / "host_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", self.key_type, "-N", "", "-C", USER, "-f", path], check=True)
        command = [FLEET, "--synthetic", "--host-key", self.dir / "host_key", "--authorized-keys", f"{self.key}.pub",
                   "--user", USER, "--known-hosts", self.known_hosts, "--addresses", ranges_of(self.addresses),
                   *self.flags]
        if self.behave is not None:
            (self.dir / "behave").write_text(self.behave, encoding="ascii")
            command += ["--behave", self.dir / "behave"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        if self.cpus:
            os.sched_setaffinity(self.process.pid, self.cpus)
        words = self.process.stdout.readline().split()
        if len(words) != 2 or words[0] != b"ready":
            raise Failed(f"the fleet does not start: {self.log.read_text(errors='replace').strip()}")
        self.port = int(words[1])

    @property
    def log(self):
        """What the fleet says on standard error."""
        return self.dir / "fleet.log"

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def counts(self):
        """Connections, commands and so on so far, as a dict: what SIGUSR1 asks for."""
        before = self.log.read_text(errors="replace").count("accepted=")
        self.process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + 10
        while time.monotonic() < until:
            lines = [line for line in self.log.read_text(errors="replace").splitlines() if "accepted=" in line]
            if len(lines) > before:
                return {key: int(value) for key, _, value in
                        (word.partition("=") for word in lines[-1].split()) if value.isdigit()}
            time.sleep(0.01)
        raise Failed("the fleet does not tell its counts")

    def cpu_s(self):
        """CPU time of the fleet so far: what the servers' half of a cell costs."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Sshd(Servers):
    """Real OpenSSH servers, one host an address; MaxStartups is raised and PerSourcePenalties do not exist yet.

    extra: lines of sshd_config, before everything else.
    """

    kind = "sshd"

    def __init__(self, count, startups=SSHD_STARTUPS, extra=""):
        super().__init__(count)
        self.startups, self.extra = startups, extra
        self.rig = self.dir / "sshd"
        self.environment = {}  # of test/sshd/start: ANY_ADDRESS, SSHD_SHELL

    def starter(self):
        """What starts it."""
        return ["test/sshd/start", self.rig, "127.20.0.1", str(self.count), self.startups]

    def start(self):
        self.rig.mkdir(exist_ok=True)
        if self.extra:
            (self.rig / "extra_config").write_text(self.extra, encoding="utf-8")
        done = subprocess.run(self.starter(), cwd=REPO, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=START_S, check=False, start_new_session=True)
        if done.returncode != 0:
            raise Failed(f"sshd does not start: {done.stderr.strip()[-400:]}")
        self.port = int(done.stdout.split()[-1])
        shutil.copy(self.rig / "id_ed25519", self.key)  # theirs belongs to the account of the servers
        self.key.chmod(0o600)
        shutil.copy(self.rig / "id_ed25519.pub", f"{self.key}.pub")
        shutil.copy(self.rig / "known_hosts", self.known_hosts)
        self.addresses = [line.split("]")[0][1:] for line in self.known_hosts.read_text().splitlines()]
        self.home = self.rig / "home"

    def stop(self):
        if (self.rig / "pid").exists():
            subprocess.run(["test/sshd/stop", self.rig], cwd=REPO, check=False, timeout=START_S, start_new_session=True)
