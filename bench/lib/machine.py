"""The machine and the programs a result was taken with."""
import os
import pathlib
import platform
import re
import resource
import shutil
import subprocess
import time

from bench.lib.measure import PYTHON

# program: (arguments that make it tell its version, pattern of the version)
TOOLS = {
    "ssh": (["-V"], r"OpenSSH_\S+"),
    "pdsh": (["-V"], r"pdsh-\S+"),
    "clush": (["--version"], r"\d+\.\S+"),
    "parallel-ssh": (["--version"], r"\d+\.\S+"),
    "parallel": (["--version"], r"parallel \d+"),
    "ansible": (["--version"], r"core [\d.]+"),
    "gcc": (["-dumpfullversion"], r"\S+"),
}
COMPARED = {  # the command: its package in Debian
    "ssh": "openssh-client",
    "scp": "openssh-client",
    "pdsh": "pdsh",
    "clush": "clustershell",
    "parallel-ssh": "pssh",
    "parallel": "parallel",
    "ansible": "ansible-core",
}
BUSY_PERCENT = 10  # from here on wall times are told with a warning
PACKAGES = ("libssh-4", "libssl3", "libevent-core-2.1-7", "libsqlite3-0", "openssh-server", "python3-asyncssh")


def _said(*command):
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def _field(path, pattern):
    try:
        found = re.search(pattern, pathlib.Path(path).read_text(encoding="utf-8"), re.M)
    except OSError:
        return ""
    return found[1].strip() if found else ""


def absent():
    """Programs that are compared with and are not here, each with its package."""
    found = [f"{name} (package {package})" for name, package in COMPARED.items() if shutil.which(name) is None]
    if subprocess.run([PYTHON, "-c", "import asyncssh"], capture_output=True, check=False).returncode != 0:
        found.append("asyncssh (package python3-asyncssh)")
    return found


def versions():
    """Of the programs that are here, and of the libraries as packages."""
    found = {}
    for name, (arguments, pattern) in TOOLS.items():
        version = re.search(pattern, _said(name, *arguments))
        if version:
            found[name] = (
                version[0].split("_")[-1] if name == "ssh" else re.sub(r"^(pdsh-|parallel |core )", "", version[0])
            )
    listed = _said("dpkg-query", "-W", "-f", "${Package} ${Version}\\n", *PACKAGES)
    found.update(line.split() for line in listed.splitlines() if len(line.split()) == 2 and not line.startswith("dpkg"))
    return found


def busy_percent(seconds=1.0):
    """How much of all processors is in use just now, by whatever runs here."""

    def read():
        with open("/proc/stat", encoding="ascii") as file:
            words = [int(word) for word in file.readline().split()[1:9]]
        return sum(words), words[3] + words[4]

    total, idle = read()
    time.sleep(seconds)
    total_after, idle_after = read()
    return 100 * (1 - (idle_after - idle) / max(1, total_after - total))


def commit(repo):
    """Short id of the commit, `+` where the tree differs."""
    head = _said("git", "-C", str(repo), "rev-parse", "--short=12", "HEAD").strip()
    return head + ("+" if _said("git", "-C", str(repo), "status", "--porcelain", "-uno").strip() else "")


def describe(repo):
    """Everything a reader needs to judge a number, as a dict for the JSON."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return {
        "cpu": _field("/proc/cpuinfo", r"^model name\s*:\s*(.+)$") or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": int(_field("/proc/meminfo", r"^MemTotal:\s*(\d+)") or 0) // 1024,
        "kernel": platform.release(),
        "system": _field("/etc/os-release", r'^PRETTY_NAME="?([^"\n]+)') or platform.system(),
        "files_soft": soft,
        "files_hard": hard,
        "load_before": round(os.getloadavg()[0], 2),
        "busy_before": round(busy_percent(), 1),
        "commit": commit(repo),
        "date": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "kex": "curve25519-sha256 for every tool",
        "versions": versions(),
    }
