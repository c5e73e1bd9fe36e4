"""Our host key verdicts against OpenSSH's: the lines that `ssh-keygen -F` finds, and what `ssh` does.

Argument: the folder of answer_known_hosts.  DIFF_CASES: lookups (name in a file) put to ssh-keygen;
DIFF_COMMANDS: connections of a real ssh to a real sshd; DIFF_SEED repeats a run.
"""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from base64 import b64decode, b64encode

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ask import Answers, Score, number
from known_lines import Lines, ed25519, file_name, real_keys, text

LOOKUPS = 5  # of a file
MARKS = {"": None, "REVOKED": "revoked", "CA": "ca"}


def found(path, name):
    """What ssh-keygen finds (-l: where it can read the key): lines and their markers, in order."""
    out = subprocess.run(["ssh-keygen", "-l", "-F", name, "-f", path], capture_output=True).stdout
    pattern = rb"^# Host .* found: line (\d+) ?(REVOKED|CA)?\s*$"
    return [(int(line), (mark or b"").decode()) for line, mark in
            re.findall(pattern, out, re.MULTILINE)]


def weigh(lines, hits, key):
    """ssh's rules (hostfile.c, check_hostkeys_by_key_or_type), with the line that decided."""
    first = {}
    for line, mark in hits:
        other = lines.keys.get(line)
        same = other == key
        if mark == "CA":
            first.setdefault("ca", line)
        elif mark == "REVOKED":
            if same:
                first.setdefault("revoked", line)
        elif same:
            first.setdefault("known", line)
        else:
            first.setdefault("changed" if other and other[0] == key[0] else "other", line)
    for verdict in ("revoked", "known", "changed", "other", "ca"):
        if verdict in first:
            return "changed" if verdict == "other" else verdict, first[verdict]
    return "unknown", 0


def weigh_port(lines, hits, bare, key):
    verdict = weigh(lines, hits, key)
    if verdict[0] in ("unknown", "ca"):
        without = weigh(lines, bare, key)
        if without[0] in ("known", "revoked"):
            return without
    return verdict


def compare_lookups(score, answers, r, points, path, cases):
    asked = 0
    while asked < cases:
        lines = Lines(r, points)
        lines.add(r.choice([1, 2, 5, 12, 30, 60]))
        lines.write(path)
        answers.ask("load", path)
        for _ in range(min(LOOKUPS, cases - asked)):
            asked += 1
            name, port = r.choice(lines.names)
            bare = found(path, name)
            hits = found(path, file_name(name, port)) if port != 22 else bare
            lost = [n for n, _ in hits if n not in lines.keys]
            keys = {lines.keys[n] for n, _ in hits + bare if n in lines.keys}
            keys |= set(lines.shared) | {ed25519(r)}
            got, expected = {}, {}
            for key in sorted(keys):
                a = answers.ask("ask", f"{name} {port} {b64encode(key[1]).decode()}")
                got[text(key)] = (a.get("verdict"), a.get("line"))
                expected[text(key)] = weigh_port(lines, hits, bare if port != 22 else [], key)
            wrong = [k for k in got if got[k] != expected[k]]
            if not score.check(f"{file_name(name, port)} in\n" + "\n".join(lines.lines),
                               (lost, [(k[:60], got[k]) for k in wrong]),
                               ([], [(k[:60], expected[k]) for k in wrong])):
                keep(path)


def keep(path):
    """The first file that differs, for a look."""
    if not os.path.exists("build/differs.known_hosts"):
        os.makedirs("build", exist_ok=True)
        with open(path, "rb") as f, open("build/differs.known_hosts", "wb") as to:
            to.write(f.read())


# ---------------------------------------------------------------- a real ssh

ADDRESS = "127.20.0.1"
SAID = [  # what ssh writes on stderr, the first that is there
    ("REVOKED HOST KEY DETECTED", "revoked"),
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", "changed"),
    ("host key is known for", "unknown"),
    ("Permission denied", "in"),
]


class Server:
    """A real sshd with keys of three types; it lets nobody in, which is far enough."""

    def __init__(self, folder):
        self.folder = folder
        self.port = int(subprocess.run(["test/sshd/start", folder], check=True,
                                       capture_output=True).stdout)
        with open(os.path.join(folder, "sshd_config.0"), "a", encoding="ascii") as config:
            for kind in ("rsa", "ecdsa"):
                path = os.path.join(folder, "host_key_" + kind)
                subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
                owner = os.stat(os.path.join(folder, "host_key"))
                os.chown(path, owner.st_uid, owner.st_gid)
                config.write(f"HostKey {path}\n")
        with open(os.path.join(folder, "pid.0"), encoding="ascii") as f:
            os.kill(int(f.read()), signal.SIGHUP)
        self.keys = {}
        until = time.monotonic() + 20
        while len(self.keys) < 3 and time.monotonic() < until:
            out = subprocess.run(["ssh-keyscan", "-t", "ed25519,rsa,ecdsa", "-p", str(self.port),
                                  ADDRESS], capture_output=True, text=True).stdout
            for line in out.splitlines():
                _, kind, blob = line.split()[:3]
                self.keys[kind] = (kind, b64decode(blob))

    def stop(self):
        subprocess.run(["test/sshd/stop", self.folder])


def ssh_says(server, path, checking, alias):
    command = ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", f"UserKnownHostsFile={path}",
               "-o", "GlobalKnownHostsFile=/dev/null", "-o", f"StrictHostKeyChecking={checking}",
               "-o", "PreferredAuthentications=none", "-o", "UpdateHostKeys=no",
               "-o", "KexAlgorithms=curve25519-sha256", "-p", str(server.port), "-l", "demo"]
    if alias:
        command += ["-o", f"HostKeyAlias={alias}"]
    err = subprocess.run(command + [ADDRESS, "true"], capture_output=True, text=True,
                         errors="replace", stdin=subprocess.DEVNULL).stderr
    for part, word in SAID:
        if part in err:
            return word
    return err


def we_say(answers, server, path, checking, alias):
    """The key that the server shows us by our order, and what is done about it."""
    answers.ask("load", path)
    name, port = (alias, 22) if alias else (ADDRESS, server.port)
    order = answers.ask("order", f"{name} {port}")["order"].split(",")
    kinds = ["ssh-rsa" if o.startswith("rsa-") else o for o in order]
    key = server.keys[next(k for k in kinds if k in server.keys)]
    verdict = answers.ask("ask", f"{name} {port} {b64encode(key[1]).decode()}")["verdict"]
    decision = answers.ask("decide", f"{verdict} {checking}")["decision"]
    return verdict, "in" if decision != "refuse" else verdict


def compare_ssh(score, answers, r, points, folder, cases):
    server = Server(os.path.join(folder, "sshd"))
    path = os.path.join(folder, "known_hosts")
    names = [(ADDRESS, server.port), (ADDRESS, server.port), (ADDRESS, 22), ("web-01", 22),
             ("10.0.0.7", 22)]
    theirs = list(server.keys.values())
    try:
        for _ in range(cases):
            lines = Lines(r, points, names)
            lines.shared = theirs + [ed25519(r)]
            lines.add(r.choice([0, 1, 1, 2, 4, 10]))
            lines.write(path)
            alias = r.choice(["", "", "Web-01"])
            checking = r.choice(["yes", "yes", "accept-new", "no"])
            verdict, ours = we_say(answers, server, path, checking, alias)
            said = ssh_says(server, path, checking, alias)
            what = f"{checking} {alias or ADDRESS}:{server.port} in\n" + "\n".join(lines.lines)
            if ours == "ca" and said == "unknown":
                score.check_command(what, "unknown", said)  # both refuse; we say why
            elif ours == "ca" and said == "in":
                score.deliberate("authority: a plain key of a host with @cert-authority is refused")
            elif ours in ("changed", "revoked") and checking == "no" and said in (ours, "in"):
                score.deliberate("no: what is changed or revoked is refused all the same")
            else:
                score.check_command(what, ours, said)
    finally:
        server.stop()


# ---------------------------------------------------------------- what differs on purpose

def compare_deliberate(score, answers, path):
    r = random.Random(1)
    key = ed25519(r)
    rows = [
        ("tab: a marker with a tab behind it counts", f"@revoked\ta {text(key)}\na {text(key)}\n",
         "revoked", [(2, "")]),
        ("curve: a point that is on no curve is a key like others",
         "a " + text(("ecdsa-sha2-nistp256", b"\0\0\0\x13ecdsa-sha2-nistp256\0\0\0\x08nistp256"
                      b"\0\0\0\x41\4" + b"x" * 64)) + "\n", "changed", []),
        ("certificate: of a line with one only the name is read",
         "a " + text(("ssh-ed25519-cert-v01@openssh.com",
                      b"\0\0\0\x20ssh-ed25519-cert-v01@openssh.comx")) + "\n", "changed", []),
    ]
    for why, lines, verdict, hits in rows:
        with open(path, "w", encoding="ascii") as f:
            f.write(lines)
        answers.ask("load", path)
        got = answers.ask("ask", f"a 22 {b64encode(key[1]).decode()}")["verdict"]
        if score.check(why, (got, found(path, "a")), (verdict, hits)):
            score.passed -= 1
            score.deliberate(why)


def main():
    score = Score("diff_known_hosts")
    r = random.Random(score.seed)
    answers = Answers(os.path.join(sys.argv[1], "answer_known_hosts"))
    with tempfile.TemporaryDirectory(prefix="im-diff.") as folder:
        os.chmod(folder, 0o755)
        points = real_keys(folder, [("ecdsa", 256), ("ecdsa", 384), ("ecdsa", 521)])
        path = os.path.join(folder, "known_hosts")
        compare_deliberate(score, answers, path)
        compare_lookups(score, answers, r, points, path, number("DIFF_CASES", 500))
        compare_ssh(score, answers, r, points, folder, number("DIFF_COMMANDS", 40))
    score.end()


main()
