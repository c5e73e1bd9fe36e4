"""The film of the README: open test-multi, mark all, deploy, watch it to the end, look back."""
import pathlib
import sys

import film
import walk
from world import ENV, HOSTS, Project

COLS, ROWS = 100, 28


def over(lines):
    """The run has come to its end."""
    return "over: " in lines[2]


def session(f, t):
    """What somebody does."""
    walk.wait_page(t, "Envs")
    t.wait(ENV, "  9 ")
    f.hold(1.5)
    f.press("Down", show="Down", hold=0.5)
    walk.move_to(t, ENV)
    f.hold(0.5)
    f.press("Enter", show="Enter")
    t.wait(*HOSTS)
    f.hold(1.5)
    f.press("a", show="a: mark all")
    t.wait("9 marked")
    f.hold(1.2)
    f.press("d", show="d: deploy")
    t.wait("Enter starts it")
    f.hold(3)
    f.press("Enter", show="Enter")
    walk.wait_page(t, "Run")
    f.until(lambda lines: "wave 2/3" in lines[4], "the second wave")
    f.press("Down", "Down", "Down", show="Down")
    f.until(lambda lines: over(lines) or "wave 3/3" in lines[4], "the third wave")
    f.until(over, "the end")
    f.hold(2)
    f.press("4", show="4: history")
    walk.wait_page(t, "History")
    t.wait("deploy")
    f.hold(1.5)
    f.press("Enter", show="Enter: look back")
    t.wait("One run: deploy")
    f.hold(4)
    f.press("Enter", show="Enter: its log")
    t.wait("Log of a host")
    f.hold(2.5)


def main(path):
    """Write it."""
    project = Project()
    project.im("provision", ENV)
    with project.screen(rows=ROWS, cols=COLS) as t:
        f = film.Film(t, ROWS, COLS, told=(str(project.root), "/home/you/inventory-manager"))
        session(f, t)
    text = film.svg(f, "inventory-manager: a deployment to nine servers, three at a time")
    pathlib.Path(path).write_text(text, encoding="utf-8")
    print(f"{path}: {len(text) // 1024} KB, {len(f.frames)} frames, {f.frames[-1][0]:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1])
