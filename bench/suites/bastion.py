"""Hosts behind one bastion: one session to it for all of them, beside pdsh with `ssh -J`; long bench only."""
import re

from bench.lib import measure, rig
from bench.lib.cell import Cell, Column, Contender
from bench.lib.project import failed_hosts

NAME = "bastion"
TITLE = "Bastion: hosts behind one real sshd"
HOW = [
    "Synthetic hosts, reached through one real sshd (MaxStartups 1000:30:2000; with sshd's own 10:30:100 pdsh is throttled). "
    "Sessions are the logins that the bastion's log has. Key exchange curve25519-sha256 on both hops, for both."
]
COLUMNS = [
    Column("wall", "wall", "s", 3, measure.WALL_HOW),
    Column("cpu", "CPU a host", "ms", 2, measure.CPU_HOW + ", over the hosts"),
    Column("peak", "peak", "MB", 1, measure.PEAK_HOW, observed=True),
    Column("sessions", "sessions at the bastion", "", 0, "`Accepted publickey` in its log"),
    Column("failed", "failed", "", 0, "hosts that are not ok"),
]
CHARTS = [
    {"kind": "bars", "column": "wall", "title": "Wall, s"},
    {"kind": "bars", "column": "cpu", "title": "Client CPU a host, ms"},
]


def logins(bastion):
    """So far."""
    return (bastion.rig / "sshd.log").read_text(errors="replace").count("Accepted publickey")


def config_for(bastion, servers, folder):
    """A home whose ssh_config knows the way; ssh goes to the hop by the same file."""
    known = folder / "known_hosts.both"
    known.write_bytes(bastion.known_hosts.read_bytes() + servers.known_hosts.read_bytes())
    return servers.home_with(
        "Host *",
        "  User demo",
        f"  UserKnownHostsFile {known}",
        "  GlobalKnownHostsFile /dev/null",
        f"  KexAlgorithms {rig.KEX}",
        "  BatchMode yes",
        "Host bastion",
        f"  HostName {bastion.addresses[0]}",
        f"  Port {bastion.port}",
        f"  IdentityFile {bastion.key}",
        "Host 127.50.*",
        f"  Port {servers.port}",
        f"  IdentityFile {servers.key}",
    )


def counted(bastion, measured, hosts):
    """The figures of one run."""
    return {
        "wall": measured.wall_s,
        "cpu": measured.cpu_s * 1000 / hosts,
        "peak": measured.peak_kb / 1024 or None,
        "failed": measured.failed,
    }


def contenders(bastion, servers, hosts, workers):
    """Ours, and pdsh."""
    home = config_for(bastion, servers, servers.dir)
    project = servers.project(config={"max_parallel_workers": workers, "on_failure": "continue"}, common="-J bastion")
    (project.folder / "known_hosts").write_bytes((servers.dir / "known_hosts.both").read_bytes())
    pdsh_env = {"PDSH_SSH_ARGS_APPEND": f"-F {home}/.ssh/config -J bastion -o ControlMaster=no -o LogLevel=ERROR"}

    def taken(run):
        def once(observe):
            before = logins(bastion)
            figures = counted(bastion, run(observe), hosts)
            return {**figures, "sessions": logins(bastion) - before}

        return once

    ours = taken(
        lambda observe: project.run(
            "exec", "ENV", "-o", "jsonl", "--", "true", env={"HOME": home}, memory=observe, failures=failed_hosts
        )
    )
    pdsh = taken(
        lambda observe: measure.run(
            ["pdsh", "-S", "-R", "ssh", "-u", "0", "-t", "60", "-f", workers, "-w", f"^{servers.hosts_file}", "true"],
            env=pdsh_env,
            memory=observe,
            failures=lambda m: len(re.findall(rb"ssh exited with exit code", m.stderr)),
        )
    )
    return [Contender("inventory-manager", ours), Contender("pdsh, ssh -J", pdsh, program="pdsh")]


def cells(opts):
    """Nothing in the short bench."""
    if opts.mode == "short":
        return
    hosts, workers = opts.pick((20, 10), None, (400, 50))
    with rig.Sshd(1) as bastion, rig.Fleet(hosts) as servers:
        yield Cell(
            "true",
            f"`true` on {hosts} hosts, {workers} at once",
            contenders(bastion, servers, hosts, workers),
            opts.rounds,
        )
