"""work.py - what a cell asks for, written down for each tool: host lists, inventories, playbooks.

Every tool checks host keys (known_hosts has all hosts), logs in with the same ed25519 key, and is given the same key
exchange.  HOME is nobody's (lib/rig.py), so that no settings but these have a say.
"""
import json
import os
import pathlib
import shutil

from bench.lib import rig
from bench.lib.measure import Failed
from bench.peers.hosts import describe

HERE = pathlib.Path(__file__).resolve().parent
DEPLOY = HERE / "deploy"
UPLOAD_BYTES = 1_000_000
VERSION = "r1"
COMMANDS = {"true": ["true"], "sleep": ["sleep", "1"]}

ANSIBLE_CONFIG = """[defaults]
inventory = {folder}/ansible.yml
host_key_checking = True
gathering = explicit
interpreter_python = /usr/bin/python3
retry_files_enabled = False
deprecation_warnings = False
local_tmp = {folder}/ansible
[ssh_connection]
pipelining = True
control_path_dir = {folder}/cp
"""


class Work:
    """One cell's: `kind` is true, sleep, upload or deploy, `at_once` how many hosts at a time."""

    def __init__(self, servers, kind, at_once):
        self.servers, self.kind, self.at_once = servers, kind, at_once
        self.command = COMMANDS.get(kind, [])
        self.folder = servers.dir / f"work-{kind}-{at_once}"
        self.folder.mkdir()
        self.joblog = self.folder / "joblog"  # of GNU parallel
        self.payload = self.folder / "site.bin"
        self.payload.write_bytes(os.urandom(UPLOAD_BYTES))
        self.words = [self._words(address) for address in servers.addresses]
        actions = {"five-steps": (DEPLOY / "action.yml").read_text(encoding="utf-8")}
        self.project = servers.project(config={"on_failure": "continue", "deployment_strategy": "parallel"},
                                       variables=lambda at: self.words[at], actions=actions)
        for place in (self.folder, self.project.root):
            shutil.copy(DEPLOY / "app.conf", place)
        shutil.copy(self.payload, self.project.root)
        self._for_ansible()
        self._for_asyncssh()
        self.expected = None  # what the first tool left on the hosts

    def _words(self, address):
        if not hasattr(self.servers, "homes"):
            return {}
        home = self.servers.homes / address
        return {"home": f"{home}", "app": f"{home}/app", "version": VERSION}

    def environment(self):
        """Of every tool."""
        return {"SHELL": "/bin/sh", "PDSH_SSH_ARGS_APPEND": f"-F {self.servers.ssh_config}",
                "ANSIBLE_CONFIG": self.folder / "ansible.cfg", "PARALLEL_HOME": self.folder / "parallel"}

    def _for_ansible(self):
        (self.folder / "cp").mkdir()
        (self.folder / "ansible.cfg").write_text(ANSIBLE_CONFIG.format(folder=self.folder), encoding="ascii")
        shutil.copy(DEPLOY / "playbook.yml", self.folder)
        (self.folder / "one.yml").write_text(
            "- hosts: all\n  gather_facts: false\n  tasks:\n"
            f"    - ansible.builtin.command: {{argv: {json.dumps(self.command)}}}\n", encoding="ascii")
        lines = ["all:", "  hosts:"]
        for name, address, words in zip(self.project.hosts, self.servers.addresses, self.words):
            words = {"ansible_host": address, **words}
            if "home" in words:
                words["ansible_remote_tmp"] = f"{words['home']}/.ansible"
            lines.append(f"    {name}: {json.dumps(words)}")
        (self.folder / "ansible.yml").write_text("\n".join(lines) + "\n", encoding="ascii")

    def _for_asyncssh(self):
        s = self.servers
        spec = {"port": s.port, "user": rig.USER, "key": str(s.key), "known_hosts": str(s.known_hosts), "kex": rig.KEX,
                "at_once": self.at_once, "version": VERSION,
                "hosts": [{"name": name, "address": address, **words}
                          for name, address, words in zip(self.project.hosts, s.addresses, self.words)]}
        if self.kind == "upload":
            spec.update(put=str(self.payload), to="up.bin")
        elif self.kind == "deploy":
            spec.update(deploy={"template": str(self.folder / "app.conf"), "archive": str(self.payload)})
        else:
            spec.update(run=" ".join(self.command))
        (self.folder / "many.json").write_text(json.dumps(spec), encoding="ascii")

    def wrong_hosts(self):
        """Hosts on which there is not what there should be: the file that was sent; of a deploy, what the first tool left."""
        if self.kind not in ("upload", "deploy"):
            return 0
        seen = [self.servers.files(address) for address in self.servers.addresses]
        if self.expected is None:
            self.expected = self._expected(seen)
        return sum(one != wanted for one, wanted in zip(seen, self.expected))

    def _expected(self, seen):
        sent = ("file", 0o644, describe(self.payload)[2])
        if self.kind == "upload":
            return [{"up.bin": sent}] * len(seen)
        for files in seen:
            if files.get(f"app/releases/{VERSION}/site.bin") != sent or len(files) != 7:
                raise Failed(f"the five steps left {files}")
        return seen


