"""The film of the README: open test-multi, mark all, deploy, watch it to the end, look back."""
import pathlib
import sys

import film
import walk
from world import ENV, HOSTS, Project

COLS, ROWS = 100, 28


def session(f, t):
    """What somebody does."""
    walk.wait_page(t, "Envs")
    t.wait(ENV)
    f.hold(1.5)


def main(path):
    """Write it."""
    project = Project()
    project.im("provision", ENV)
    with project.screen(rows=ROWS, cols=COLS) as t:
        f = film.Film(t, ROWS, COLS)
        session(f, t)
        t.press("q")
        t.ended()
    text = film.svg(f, "inventory-manager: a deployment to nine servers, three at a time")
    pathlib.Path(path).write_text(text, encoding="utf-8")
    print(f"{path}: {len(text) // 1024} KB, {len(f.frames)} frames, {f.frames[-1][0]:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1])
