"""What the tests of the full screen share: a project of their own, the hosts of the fleet, the program.

TUI_PROJECT is a project that test/e2e/fleet.sh made; each test takes a copy, so that none sees what another did.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile

from tui import Tui, until

IM = os.environ.get("TUI_IM", "bin/inventory-manager")
RIG = pathlib.Path(os.environ.get("TUI_RIG", "/nonexistent"))
WORK = pathlib.Path(os.environ.get("TUI_WORK", tempfile.gettempdir()))
TEMPLATE = pathlib.Path(os.environ.get("TUI_PROJECT", "/nonexistent"))
ENV = "test-multi"
HOSTS = [f"web-{n:02}" for n in range(1, 10)]
# Each host waits until its file `go` is there, and ends with the number in it; one of a run that was cut off leaves
# as soon as the next begins.
HOLD = """name: {name}
mutating: {mutating}
steps:
  - name: Prepare
    run: echo prepared
  - name: Hold
    run: |
      echo $$ >waiting
      while [ ! -e go ]; do
        [ "$(cat waiting 2>/dev/null)" = $$ ] || exit 9
        sleep 0.02
      done
      echo went
      exit "$(cat go)"
"""


class Project:
    """A copy of the project, and words for what tests do with it."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="tui.", dir=WORK)) / "project"
        shutil.copytree(TEMPLATE, self.root, symlinks=True, ignore=shutil.ignore_patterns("var", "debug.log"))
        self.env = self.root / "inventory" / ENV

    def action(self, name, text):
        """An action of the environment."""
        (self.env / "actions").mkdir(exist_ok=True)
        (self.env / "actions" / f"{name}.yml").write_text(text, encoding="utf-8")

    def holds(self, name="deploy", mutating=True):
        """The action waits on each host for go()."""
        self.action(name, HOLD.format(name=name, mutating=str(mutating).lower()))
        for host in HOSTS:
            for file in ("go", "waiting"):
                (RIG / "home" / host / file).unlink(missing_ok=True)

    def config(self, **keys):
        """Added to config.yml."""
        with open(self.env / "config.yml", "a", encoding="utf-8") as file:
            file.writelines(f"{key}: {value}\n" for key, value in keys.items())

    def debug_log(self):
        """Its text; nothing, if there is none."""
        try:
            return (self.root / "debug.log").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return ""

    def facts(self):
        """debug.log without its times."""
        return [line.split(" ", 2)[2] for line in self.debug_log().splitlines()]

    def im(self, *words, codes=(0,)):
        """Run the program without a terminal: standard output and error."""
        done = subprocess.run([IM, *words], cwd=self.root, stdin=subprocess.DEVNULL, capture_output=True, check=False,
                              timeout=60)
        if done.returncode not in codes:
            raise AssertionError(f"{words}: exit {done.returncode}: {done.stderr.decode()}")
        return done.stdout.decode(), done.stderr.decode()

    def start(self, *words):
        """The same, in the background."""
        return subprocess.Popen([IM, *words], cwd=self.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def screen(self, *words, **how):
        """The program on a terminal."""
        return Tui(IM, *words, cwd=self.root, **how)

    def shell(self, **how):
        """A person's shell on a terminal, in the project."""
        env = {"PS1": "$ ", "HISTFILE": None, "IM": IM, **how.pop("env", {})}
        return Tui("bash", "--norc", "--noprofile", "-i", cwd=self.root, env=env, **how)


def waiting(*hosts):
    """Until each of them is at its step."""
    for host in hosts:
        until((RIG / "home" / host / "waiting").exists, f"{host} at its step")


def go(*hosts, code=0):
    """Each of them ends with the code."""
    for host in hosts:
        folder = RIG / "home" / host
        folder.mkdir(exist_ok=True)
        (folder / ".go").write_text(f"{code}\n", encoding="ascii")
        (folder / ".go").rename(folder / "go")
