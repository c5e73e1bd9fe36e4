"""The pictures of docs/tui.md, taken from the program, or held to it.

captures.py check: each block below `<!-- capture NAME COLSxROWS -->` must be what the program shows there, when digits,
times, ids and bars are masked.  captures.py write: the blocks are taken anew.
"""
import difflib
import re
import sys

from tui import REPO, Failure, same
from world import ENV, HOSTS, Project, go, waiting
import walk

PAGE = REPO / "docs/tui.md"
BLOCK = re.compile(r"(<!-- capture (\S+) (\d+)x(\d+) -->\n```\n)(.*?)(```\n)", re.S)
WAIT_S = 10


def masked(line):
    """Without what differs from run to run."""
    line = re.sub(r"[█░▓#]{2,}|[█░]+", "=", line)
    line = re.sub(r"\b\d{8}T\d{6}Z-[0-9a-f]+\b|\b(?=\w*\d)[0-9a-f]{7,}\b", "ID", line)
    line = re.sub(r"\d+([.:,/-]\d+)*", "0", line)
    line = re.sub(r"\b(0(us|ms|s|m|h|d)\b ?)+", "0t ", line)
    return re.sub(r"[ ─]+", " ", line).rstrip()


class Book:
    """docs/tui.md: its blocks by name, and what came of them."""

    def __init__(self, writes):
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
            self.taken[name] = "".join(f"{line}\n" for line in t.lines())
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


def tour(book):
    """One way through all pages."""
    project = Project()
    project.holds("deploy")
    with project.screen() as t:
        walk.wait_page(t, "Envs")
        book.shot(t, "environments", ENV, "docker")
        walk.open_env(t, ENV)
        book.shot(t, "servers", *HOSTS)
        go(*HOSTS)
        walk.leave(t)
        same("screen", "exit 0", t.ended())


if __name__ == "__main__":
    BOOK = Book(sys.argv[1:] == ["write"])
    tour(BOOK)
    sys.exit(BOOK.close())
