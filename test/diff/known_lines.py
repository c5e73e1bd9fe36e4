"""known_hosts files from a seed: what people write, what programs write, and what is broken."""
import base64
import hashlib
import hmac
import os
import struct
import subprocess

NAMES = ["web-01", "web-02", "db.example.com", "10.0.0.7", "::1", "ns1.x.test", "a"]
PORTS = [22, 22, 22, 2222, 22022]


def string(b):
    return struct.pack(">I", len(b)) + b


def ed25519(r):
    return "ssh-ed25519", string(b"ssh-ed25519") + string(r.randbytes(32))


def rsa(r, bits=2048):
    n = r.getrandbits(bits) | 1 << (bits - 1) | 1
    raw = n.to_bytes(bits // 8 + 1, "big")
    raw = raw if raw[1] & 0x80 else raw[1:]
    return "ssh-rsa", string(b"ssh-rsa") + string(b"\1\0\1") + string(raw)


def dss(r):
    def number(bits):
        return (r.getrandbits(bits) | 1 << (bits - 2) | 1) & ~(1 << (bits - 1))
    parts = [number(1024), number(160), number(1024), number(1024)]
    return "ssh-dss", string(b"ssh-dss") + b"".join(
        string(p.to_bytes((p.bit_length() + 8) // 8, "big")) for p in parts)


def sk(r):
    name = b"sk-ssh-ed25519@openssh.com"
    return name.decode(), string(name) + string(r.randbytes(32)) + string(b"ssh:")


def real_keys(folder, kinds):
    """Keys that need arithmetic: points of a curve."""
    keys = []
    for i, (kind, bits) in enumerate(kinds):
        path = os.path.join(folder, f"key{i}")
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-b", str(bits), "-N", "", "-f", path],
                       check=True)
        with open(path + ".pub", encoding="ascii") as f:
            words = f.read().split()
        keys.append((words[0], base64.b64decode(words[1])))
    return keys


def text(key):
    return f"{key[0]} {base64.b64encode(key[1]).decode()}"


def file_name(name, port):
    return name if port == 22 else f"[{name}]:{port}"


class Lines:
    """A file, and the key of each of its lines (from 1) that ssh should read."""

    def __init__(self, r, points, names=None):
        self.r, self.points = r, points
        self.names = names or [(n, p) for n in NAMES for p in PORTS]
        self.lines, self.keys = [], {}
        self.shared = [ed25519(r), ed25519(r), rsa(r)] + points[:2]

    def key(self):
        r = self.r
        if r.random() < 0.3:
            return r.choice(self.shared)
        kind = r.randrange(12)
        if kind < 6:
            return ed25519(r)
        if kind < 9:
            return rsa(r, r.choice([1024, 1032, 2048, 3072]))
        if kind == 9:
            return r.choice(self.points)
        return dss(r) if kind == 10 else sk(r)

    def roughen(self, name):
        r = self.r
        at = r.randrange(len(name))
        kind = r.randrange(10)
        if kind == 0:
            return name[:at] + "?" + name[at + 1:]
        if kind == 1:
            return name[:at] + "*" + name[at + 1:]
        if kind == 2:
            return name[:at] + "*"
        if kind == 3:
            return r.choice(["*", "*.example.com", "**", "?*", "[*]:*", "web-0?", "*:2222"])
        return name.upper() if kind == 4 else name

    def hashed(self, name):
        r = self.r
        salt = r.randbytes(20)
        digest = hmac.new(salt, name.encode(), hashlib.sha1).digest()
        s, d = (base64.b64encode(b).decode() for b in (salt, digest))
        kind = r.randrange(30)
        if kind == 0:
            s = base64.b64encode(salt[:18]).decode()
        if kind == 1:
            return f"|2|{s}|{d}"
        if kind == 2:
            return f"|1|{s}{d}"
        return f"|1|{s}|{d}" + (r.choice(["|", ",x", "="]) if kind == 3 else "")

    def hosts(self):
        r = self.r
        if r.random() < 0.33:
            return self.hashed(file_name(*r.choice(self.names)))
        out = ""
        for i in range(r.choice([1, 1, 2, 3, 4])):
            comma = "" if i == 0 else ",," if r.random() < 0.05 else ","
            out += comma + ("!" if r.random() < 0.15 else "")
            out += self.roughen(file_name(*r.choice(self.names)))
        return out

    def good(self):
        r = self.r
        key = self.key()
        blank = r.choice([" ", " ", "  ", "\t", " \t "])
        mark = r.choice(["@revoked ", "@cert-authority  "]) if r.random() < 0.3 else ""
        kind = key[0]
        if kind == "ssh-rsa" and r.random() < 0.1:
            kind = r.choice(["rsa-sha2-256", "rsa-sha2-512"])
        blob = base64.b64encode(key[1]).decode()
        if r.random() < 0.03:
            at = r.randrange(len(blob))
            blob = blob[:at] + r.choice("\r\f\v") + blob[at:]
        end = r.choice(["", "", "", " user@host", " # x", " \r", "\r", "\r\r", "\t"])
        self.keys[len(self.lines) + 1] = key
        return (r.choice(["", "", "", " ", "\t"]) + mark + self.hosts() + blank + kind + blank +
                blob + end)

    def broken(self):
        r = self.r
        key = self.key()
        name = file_name(*r.choice(self.names))
        blob = base64.b64encode(key[1]).decode()
        return r.choice([
            lambda: f"# {name} {text(key)}",
            lambda: r.choice(["", " \t", "\r"]),
            lambda: name,
            lambda: f"{name} {key[0]}",
            lambda: f"{name} {key[0]} {blob[:r.randrange(len(blob) - 4)]}",
            lambda: f"{name} {'ssh-dss' if key[0] != 'ssh-dss' else 'ssh-rsa'} {blob}",
            lambda: f"@revoked @revoked {name} {text(key)}",
            lambda: f"@Revoked {name} {text(key)}",
            lambda: f"@revoked{name} {text(key)}",
            lambda: f"{name} {key[0]} ={blob}",
            lambda: f"{name} ssh-foo {base64.b64encode(string(b'ssh-foo') + string(b'x')).decode()}",
            lambda: f"{name} {text(('ssh-ed25519', string(b'ssh-ed25519') + string(b'x' * 31)))}",
            lambda: f"{name} {text(rsa(r, 768))}",
            lambda: f"{name} {text((key[0], key[1] + b'x'))}",
            lambda: f"{name} 1024 65537 {r.getrandbits(1024)}",
            lambda: "".join(chr(r.randrange(1, 127)) for _ in range(r.randrange(60)))
                    .replace("\n", "n"),
        ])()

    def add(self, count):
        for _ in range(count):
            line = self.broken() if self.r.random() < 0.3 else self.good()
            self.lines.append(line)

    def write(self, path):
        end = "\n" if self.r.random() < 0.7 else ""
        with open(path, "wb") as f:
            f.write(("\n".join(self.lines) + end).encode("latin-1"))
