"""A project of inventory-manager on the servers of a rig: one environment, its inventory, its actions."""
import json
import pathlib
import tempfile

from bench.lib import measure


class Project:
    """Hosts h0000, h0001, ... at the addresses of the servers.

    config: dict of config.yml.  count: only the first so many hosts.  variables: called with the host's number,
    returns a dict of host variables.  actions: name -> text of the action file.  common: ansible_ssh_common_args;
    port, user and key are then those of ssh_config.
    All logs are on, as in the field: journal, debug.log, a log a host.
    """

    def __init__(self, servers, program, env, config=None, count=None, variables=None, actions=None, common=None):
        self.program, self.env = program, env
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="project.", dir=servers.dir))
        self.folder = self.root / "inventory" / env
        (self.folder / "actions").mkdir(parents=True)
        (self.folder / "known_hosts").write_bytes(servers.known_hosts.read_bytes())
        addresses = servers.addresses[:count]
        self.hosts = [f"h{at:04d}" for at in range(len(addresses))]
        shared = {"ansible_port": servers.port, "ansible_user": "demo", "ansible_ssh_private_key_file": servers.key}
        lines = ["all:", f"  vars: {_mapping({'ansible_ssh_common_args': common} if common else shared)}", "  hosts:"]
        for at, address in enumerate(addresses):
            words = {"ansible_host": address, **(variables(at) if variables else {})}
            lines.append(f"    {self.hosts[at]}: {_mapping(words)}")
        (self.folder / "hosts.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.configure(**(config or {}))
        for name, text in (actions or {}).items():
            (self.folder / "actions" / f"{name}.yml").write_text(text, encoding="utf-8")

    def configure(self, **config):
        """Write config.yml anew; True and False as YAML has them."""
        lines = [
            f"{key}: {str(value).lower() if isinstance(value, bool) else value}\n" for key, value in config.items()
        ]
        (self.folder / "config.yml").write_text("".join(lines) or "{}\n", encoding="utf-8")

    def argv(self, *words):
        """The program on this project: argv("exec", "ENV", "--", "true"); ENV stands for the environment."""
        return [
            str(self.program),
            "--root",
            str(self.root),
            *(self.env if word == "ENV" else str(word) for word in words),
        ]

    def run(self, *words, **how):
        """measure.run of argv(*words)."""
        return measure.run(self.argv(*words), **how)


def _mapping(words):
    """In YAML's flow style; JSON's strings are YAML's."""
    return (
        "{"
        + ", ".join(
            f"{key}: {json.dumps(str(value)) if isinstance(value, str) else value}" for key, value in words.items()
        )
        + "}"
    )


def events(measured):
    """The events of a run that was asked for `-o jsonl`."""
    return [json.loads(line) for line in measured.stdout.splitlines()]


def failed_hosts(measured):
    """A `failures` for measure.run with `-o jsonl`: hosts whose last outcome is not ok; all of them, if none was told."""
    last = {event["host"]: event["outcome"] for event in events(measured) if event["type"] == "host_finished"}
    return sum(outcome != "ok" for outcome in last.values()) if last else -1
