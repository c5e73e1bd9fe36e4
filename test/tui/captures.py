"""The pictures of docs/tui.md, taken from the program, or held to it.

captures.py check: each block below `<!-- capture NAME COLSxROWS -->` must be what the program shows there, when digits,
times, ids and bars are masked.  captures.py write: the blocks are taken anew.
"""
import difflib
import re
import sys

from tui import REPO, Failure, same, until
from world import ENV, HOSTS, RIG, Project, go, waiting
import walk

PAGE = REPO / "docs/tui.md"
BLOCK = re.compile(r"(<!-- capture (\S+) (\d+)x(\d+) -->\n```\n)(.*?)(```\n)", re.S)
HOME = "/home/you/inventory-manager"
WAIT_S = 10


def masked(line):
    """Without what differs from run to run: times, ids, paths, bars, the slots of a chart."""
    if re.match(" +\\d+ │|wave 1 ", line):
        return "slot"
    line = re.sub(r"[█░▓#]{2,}|[█░]+", "=", line.replace("●", "▶"))
    line = re.sub(r"\b\d{8}T\d{6}Z-[0-9a-f]+\b|\b(?=\w*\d)[0-9a-f]{7,}\b", "ID", line)
    line = re.sub(r"\d+([.:,/-]\d+)*", "0", line)
    line = re.sub(r"\b(0(us|ms|s|m|h|d)\b ?)+", "0t ", line)
    return re.sub(r"[ ─]+", " ", re.sub(r"/\S*", "PATH", line)).rstrip()


def at_home(line, root):
    """With a path that says more to a reader than that of a test; what stands to the right of it stays there."""
    line = line.replace(str(RIG / "home"), "/srv")
    if root not in line:
        return line
    told = line.replace(root, HOME)
    gap = re.search("  +", told[told.index(HOME):])
    if gap is None:
        return told
    at = told.index(HOME) + gap.start()
    return told[:at] + " " * (len(line) - len(told)) + told[at:]


class Book:
    """docs/tui.md: its blocks by name, and what came of them."""

    def __init__(self, writes):
        self.root = ""
        self.writes, self.text, self.failures = writes, PAGE.read_text(encoding="utf-8"), []
        self.blocks = {name: (int(cols), int(rows), body) for _, name, cols, rows, body, _ in BLOCK.findall(self.text)}
        self.taken = {}

    def shot(self, t, name, *texts, fact=None):
        """The screen, when it has the texts: compared, or kept."""
        if name not in self.blocks:
            raise Failure(f"docs/tui.md has no capture {name}")
        cols, rows, body = self.blocks[name]
        t.resize(cols, rows)
        t.wait_until(lambda lines: len(lines) == rows, f"{rows} rows")
        t.wait(*texts)
        if fact:
            t.wait_until(fact, "the fact")
        if self.writes:
            # Nothing more comes of what was drawn: only here, where a person looks at it afterwards.
            while t.ask("change", 400, t.order("dump").split()[2])[0] and fact is None:
                pass
            self.taken[name] = "".join(f"{at_home(line, self.root)}\n" for line in t.lines())
            return
        want = [masked(line) for line in body.splitlines()]
        try:
            t.wait_until(lambda lines: [masked(line) for line in lines] == want, name, seconds=WAIT_S)
        except Failure:
            got = [masked(line) for line in t.lines()]
            self.failures.append("\n".join([f"docs/tui.md, {name}: not what the program shows (masked):",
                                            *difflib.unified_diff(want, got, "docs/tui.md", "the program", "", "", 0),
                                            t.show()]))

    def close(self):
        """Write, or tell what differs."""
        if self.writes:
            def put(match):
                return match[1] + self.taken.get(match[2], match[5]) + match[6]
            PAGE.write_text(BLOCK.sub(put, self.text), encoding="utf-8")
        for failure in self.failures:
            print(failure)
        return 1 if self.failures else 0


def before_the_run(book, t):
    """Environments, servers, forms, what would happen."""
    walk.wait_page(t, "Envs")
    book.shot(t, "environments", ENV, "docker", "  9 ", "  3 ")
    walk.open_env(t, ENV)
    t.press("t")
    t.wait("test: 1 ok")
    t.press("Space", "Space")
    book.shot(t, "servers", *HOSTS, "2 marked")
    t.press("g", "Enter")
    book.shot(t, "server", "Variables")
    t.press("q", "n")
    t.wait("A new server")
    t.type("web-10")
    t.press("Tab")
    t.type("127.10.0.300")
    book.shot(t, "form", "127.10.0.300")
    t.press("Esc", "Esc")
    t.wait_gone("A new server")
    t.press("a")
    t.wait("9 marked")
    walk.propose(t, "d", "deploy")
    book.shot(t, "confirm", "Enter starts it")


def one_by_one(project, hosts):
    """They end in this order, so that the log has one."""
    for host in hosts:
        waiting(host)
        go(host)
        until(lambda host=host: f"completed: deploy for {host} " in project.debug_log(), f"the end of {host}")


def the_run(book, t, project):
    """Three hosts are done, three at work."""
    t.press("Enter")
    walk.wait_page(t, "Run")
    one_by_one(project, HOSTS[:3])
    waiting(*HOSTS[3:6])
    t.press("Down", "Down", "Down")
    book.shot(t, "run", "3/9", "web-04: running", "web-06", fact=lambda lines: "3/9" in lines[3])
    t.press("g", "f")
    book.shot(t, "output", "went")
    t.press("q")
    one_by_one(project, HOSTS[3:])
    book.shot(t, "over", "over: all ok", "deploy test-multi: 9 ok")


def after_the_run(book, t):
    """Looking back."""
    walk.page(t, "History")
    book.shot(t, "history", "deploy")
    t.press("Enter")
    book.shot(t, "chart", "web-09")
    walk.page(t, "Settings")
    book.shot(t, "settings", "max_parallel_workers")
    walk.page(t, "Log")
    book.shot(t, "log", "follows", "Worker 2 stopped")
    walk.page(t, "Servers")
    t.press("?")
    book.shot(t, "help", "Help of Servers")


def tour(book):
    """One way through all pages."""
    project = Project()
    book.root = str(project.root)
    project.holds("deploy")
    with project.screen() as t:
        before_the_run(book, t)
        the_run(book, t, project)
        after_the_run(book, t)
        t.press("q")
        walk.wait_page(t, "Servers")
        t.press("q")
        same("screen", "exit 0", t.ended())


if __name__ == "__main__":
    BOOK = Book(sys.argv[1:] == ["write"])
    tour(BOOK)
    sys.exit(BOOK.close())
