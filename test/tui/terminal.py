"""What may happen to a terminal while the screen is on it: it is stopped, closed, resized, not read, poor, or we die."""
import os
import re
import signal
import subprocess
import tempfile

from tui import Tui, main, same, until
from world import ENV, HOSTS, IM, WORK, Project, go, waiting
import walk

FIRST = HOSTS[:3]


def in_a_run(project, t):
    """A deployment under way, three hosts at their step; the page Run."""
    project.holds("deploy")
    walk.open_env(t, ENV)
    t.wait(*HOSTS)
    t.press("a")
    t.wait("9 marked")
    walk.start(t)
    waiting(*FIRST)
    t.wait_re("web-03.*Hold")


def completed(project):
    """How many hosts have come to their end."""
    return project.debug_log().count(" completed: deploy for web-")


def shell_line(t, text):
    """Typed at the prompt, and sent."""
    t.wait_re("^[$]$")
    t.type(text)
    t.press("Enter")


def settings_of_the_shell(t, name):
    """stty's own word for the settings, kept in a variable."""
    shell_line(t, f"clear; {name}=$(stty -g); clear")


def leave_shell(t):
    """At its prompt."""
    t.wait_re("^[$]$")
    t.press("C-d")
    same("shell", "exit 0", t.ended())


# ---------------------------------------------------------------- stopped


def test_ctrl_z_gives_the_shell_its_terminal_and_fg_comes_back():
    project = Project()
    with project.shell() as t:
        settings_of_the_shell(t, "before")
        shell_line(t, "$IM")
        walk.wait_page(t, "Envs")
        t.press("C-z")
        t.wait("Stopped")
        same("screen", True, "main" in t.modes())
        same("modes", set(), t.modes() & {1000, 1002, 1006})
        same("cursor", True, t.cursor()[2])
        settings_of_the_shell(t, "stopped")
        shell_line(t, "fg")
        walk.wait_page(t, "Envs")
        t.press("q")
        settings_of_the_shell(t, "after")
        shell_line(t, 'clear; [ "$before" = "$stopped" ] && [ "$before" = "$after" ] && echo all the same')
        t.wait_re("^all the same$")
        leave_shell(t)


def test_a_run_that_was_stopped_goes_on():
    project = Project()
    with project.shell(rows=30, cols=100) as t:
        shell_line(t, "$IM")
        in_a_run(project, t)
        t.press("C-z")
        t.wait("Stopped")
        shell_line(t, "fg")
        walk.wait_page(t, "Run")
        go(*HOSTS)
        until(lambda: completed(project) == 9, "the end of nine hosts")
        t.wait("over")
        t.press("q")
        leave_shell(t)


def test_under_tmux_too():
    project = Project()
    for term in ("tmux-256color", "screen"):
        socket = f"{tempfile.mkdtemp(dir=WORK)}/s"
        config = f"{socket}.conf"
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"set -g default-terminal {term}\nset -g status off\nset -s escape-time 0\n")
        try:
            with Tui("tmux", "-S", socket, "-f", config, "new-session", "exec env 'PS1=$ ' bash --norc --noprofile -i", cwd=project.root,
                     env={"PS1": "$ ", "IM": IM}, any_bytes=True) as t:
                shell_line(t, "echo is $TERM")
                t.wait(f"is {term}")
                shell_line(t, "clear; $IM")
                walk.wait_page(t, "Envs")
                t.press("C-z")
                t.wait("Stopped")
                shell_line(t, "fg")
                walk.wait_page(t, "Envs")
                walk.open_env(t, ENV)
                t.wait("web-01")
                t.press("Down", "PgDn", "End", "Home", "q")
                leave_shell(t)
        finally:
            subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)


# ---------------------------------------------------------------- gone


def test_a_closed_window_does_not_end_a_run():
    project = Project()
    with project.screen() as t:
        in_a_run(project, t)
        pid = t.pid()
        t.hang_up()
        with project.screen("status", ENV, "--watch") as watch:
            watch.wait(f"deploy {ENV} running")
            go(*HOSTS)
            same("watch", "exit 0", watch.ended())
            watch.wait(f"deploy {ENV} over")
        same("screen", "exit 0", t.ended())
        same("log", 9, completed(project))
        same("stopped", 3, len(re.findall(r"Worker \d stopped", project.debug_log())))
        same("process", False, os.path.exists(f"/proc/{pid}"))
    same("status", True, "ok" in project.im("status", ENV)[0])


def test_a_closed_window_ends_a_screen_without_a_run():
    project = Project()
    with project.screen() as t:
        walk.wait_page(t, "Envs")
        t.hang_up()
        same("screen", True, t.ended() in ("exit 0", "signal 1", "exit 129"))


def test_the_terminal_is_as_it_was_whatever_ends_us():
    for name, number in (("SEGV", 11), ("ABRT", 6), ("BUS", 7), ("TERM", 143), ("INT", 130)):
        project = Project()
        with project.screen() as t:
            walk.wait_page(t, "Envs")
            same("settings", False, t.settings_same())
            t.signal(name)
            same(name, f"signal {number}" if number < 64 else f"exit {number}", t.ended())
            t.check_as_found()


def test_a_crash_during_a_run_leaves_the_terminal_and_the_journal():
    project = Project()
    with project.screen() as t:
        in_a_run(project, t)
        t.signal("SEGV")
        same("crash", "signal 11", t.ended())
        t.check_as_found()
    same("status", True, "unknown" in project.im("status", ENV)[0])


def test_what_is_queued_survives_and_starts_only_when_somebody_says_so():
    project = Project()
    project.action("quick", "name: quick\nmutating: false\nsteps:\n  - name: Say\n    run: echo said\n")
    with project.screen() as t:
        walk.open_env(t, ENV)
        t.press(":")
        t.type("run quick")
        t.press("Enter")
        t.wait("quick on 1 host")
        t.press("w")
        t.wait("queued")
        t.signal("KILL")
        same("killed", "signal 9", t.ended())
    with project.screen() as t:
        walk.open_env(t, ENV)
        walk.page(t, "Run")
        t.wait_re(f"quick.*{ENV}|{ENV}.*quick")
        same("by itself", False, "processing: quick" in project.debug_log())
        t.press("s")
        until(lambda: "completed: quick for web-01" in project.debug_log(), "the action of the queue")
        t.wait("over: ")
        t.press("q")
        same("screen", "exit 0", t.ended())


# ---------------------------------------------------------------- not read, resized


def test_a_terminal_that_is_not_read_holds_up_no_run():
    project = Project()
    with project.screen(rows=50, cols=200) as t:
        in_a_run(project, t)
        t.read(False)
        t.press(*(["C-l"] * 40))  # far more than the kernel keeps for a terminal
        go(*HOSTS)
        until(lambda: completed(project) == 9, "nine hosts while nobody reads")
        until(lambda: "Worker 2 stopped" in project.debug_log(), "the end of the log")
        t.read(True)
        t.wait("over")
        t.press("q")
        same("screen", "exit 0", t.ended())
        t.check_as_found()


def test_a_run_is_resized_as_one_pulls_at_the_window():
    project = Project()
    with project.screen() as t:
        in_a_run(project, t)
        for cols, rows in ((300, 100), (40, 10), (20, 3), (1, 1), (80, 24)):
            t.resize(cols, rows)
            if rows >= 10:
                t.wait_until(lambda lines, rows=rows: len(lines) == rows and "Run" in lines[0] and lines[-1] != "",
                             f"a picture of {cols}x{rows}")
        t.wait_re("web-03.*Hold")
        go(*HOSTS)
        t.wait("over")
        t.press("q")
        same("screen", "exit 0", t.ended())


# ---------------------------------------------------------------- poor


def test_it_is_legible_on_every_terminal():
    for term in ("xterm-256color", "xterm", "vt100", "linux", "screen"):
        project = Project()
        with project.screen(env={"TERM": term}, terminfo_keys=not term.startswith("xterm")) as t:
            walk.open_env(t, ENV)
            t.wait(*HOSTS)
            t.press("Down", "C-f", "Up")
            t.wait_until(lambda lines: (walk.cursor_row(lines) or 0) > 0 and "web-08" in lines[walk.cursor_row(lines)],
                         "the cursor on the eighth server")
            t.press("q")
            same(term, "exit 0", t.ended())
            t.check_as_found()


def test_a_terminal_that_cannot_move_its_cursor_gets_the_list():
    project = Project()
    with project.screen(env={"TERM": "dumb"}, rows=100, cols=120) as t:
        t.wait(ENV)
        same("dumb", "exit 0", t.ended())
        same("modes", {"main"}, t.modes())


def test_no_color_is_no_color():
    project = Project()
    for env, words in (({"NO_COLOR": "1"}, ()), ({}, ("--color", "never")), ({"TERM": "vt100"}, ())):
        with project.screen(*words, env=env) as t:
            walk.open_env(t, ENV)
            t.wait(*HOSTS)
            t.press("Space")
            same("colors", set(), {color for run in t.cells() for color in (run.fore, run.back)} - {"-"})
            t.press("q")
            t.ended()


def test_ascii_is_enough_where_the_locale_says_so():
    project = Project()
    with project.screen(env={"LC_ALL": "C"}, ascii_only=True, rows=30, cols=100) as t:
        in_a_run(project, t)
        for name in walk.PAGES:
            walk.page(t, name)
        go(*HOSTS)
        walk.page(t, "Run")
        t.wait("over")
        t.press("q")
        same("screen", "exit 0", t.ended())


def test_without_a_terminal_it_is_the_list_of_environments():
    project = Project()
    with project.shell(cols=120) as t:
        shell_line(t, "clear; $IM | head -n 3")
        t.wait(ENV)
        same("screen", True, "main" in t.modes())
        leave_shell(t)


# ---------------------------------------------------------------- hostile


HOSTILE = r"""name: deploy
steps:
  - name: "Hostile \e[31m step"
    run: |
      printf '\033[2J\033]0;owned\007\033[?1049lX\033[6n\n'
      printf '\302\205\342\200\256evil\357\273\277\n'
      printf '\377\376\200\n\r\b\016\017\033(0lqqk\n'
      head -c 8000 /dev/urandom
      printf '\nhere is the end\n'
"""


def test_hosts_that_print_escapes_reach_no_terminal():
    project = Project()
    project.action("deploy", HOSTILE)
    with project.screen(rows=40, cols=120) as t:
        walk.open_env(t, ENV)
        t.wait(*HOSTS)
        t.press("a")
        t.wait("9 marked")
        walk.start(t)
        t.wait("over", "here is the end")
        same("screen", True, "alternate" in t.modes())
        t.check_bytes()
        t.press("f")
        t.wait_re("^ web-01: .*follows")
        t.press("g")
        t.wait("owned")
        t.check_bytes()
        t.press("Esc")
        walk.page(t, "Log")
        t.wait("completed")
        t.press("q")
        same("screen", "exit 0", t.ended())
        t.check_as_found()


if __name__ == "__main__":
    main(globals())
