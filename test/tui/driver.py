"""The driver of terminals itself, on programs that everybody knows, and `status --watch`."""
import pathlib
import subprocess
import tempfile

from tui import Failure, Tui, main, same, until
from world import HOSTS, WORK, Project, go, waiting


def refused(what, act):
    """act fails; its words."""
    try:
        act()
    except Failure as failure:
        return str(failure)
    raise Failure(f"{what}: it did not fail")


def test_less_is_scrolled_resized_and_leaves_the_terminal_as_it_was():
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "file"
        file.write_text("".join(f"line {n} é 日本\n" for n in range(1, 201)), encoding="utf-8")
        with Tui("less", file) as t:
            t.wait("line 1 é 日本")
            t.press("G")
            t.wait("line 200 é")
            t.press("g", "PgDn")
            t.wait("line 24 é")
            t.resize(40, 10)
            t.press("r")
            t.wait_until(lambda lines: len(lines) == 10 and lines[9] == ":", "ten rows")
            t.press("/")
            t.type("150")
            t.press("Enter")
            t.wait("line 150")
            same("screen", True, {"alternate", 1049} <= t.modes())
            same("settings", False, t.settings_same())
            refused("a terminal in use", lambda: t.wait_settings(True, seconds=0.05))
            refused("as found", lambda: t.check_as_found(seconds=0.05))
            t.press("q")
            same("less", "exit 0", t.ended())
            t.check_as_found()


def test_looks_are_told_with_their_colors():
    with Tui("printf", r"\033[31mred\033[0m plain\033[1;7;38;5;200m both\033[0m\n") as t:
        same("end", "exit 0", t.ended())
        runs = [(run.col, run.fore, run.back, run.looks, run.text) for run in t.cells()]
        same("runs", [(0, "1", "-", "-", "red"), (3, "-", "-", "-", " plain"), (9, "200", "-", "br", " both")], runs)


def test_what_is_not_expected_on_a_terminal_is_told():
    for text, what in ((r"\033]0;title\007", "escape: 1b ]"), (r"\377x", "no UTF-8: ff"), (r"\302\205", "not seen: c2 85"),
                       (r"\342\200\256", "not seen: e2 80 ae"), (r"\033[6n", "sequence: 1b [ 6 n"), (r"\007", "control: 07"),
                       (r"\033[?9h", "parameters: 1b [ ? 9 h"), (r"\033Pq\033\\", "escape: 1b P"), (r"\177", "control: 7f")):
        with Tui("printf", f"é ok{text}", any_bytes=True) as t:
            same("end", "exit 0", t.ended())
            t.any_bytes = False
            same(text, True, what in refused(text, t.check_bytes))
            t.any_bytes = True
    with Tui("printf", r"\303\251", ascii_only=True, any_bytes=True) as t:
        same("end", "exit 0", t.ended())
        same("bad in ASCII", 1, t.bytes()["bad"])


def test_a_character_is_repeated_as_ncurses_asks_for():
    with Tui("printf", r"ab\033[5bc\n") as t:
        same("end", "exit 0", t.ended())
        same("text", "abbbbbbc", t.lines()[0])


def test_keys_and_pastes_are_the_bytes_of_the_terminal():
    script = r"stty raw -echo; printf '\033[?2004h\033[?1000h\033[?1006hready'; exec od -An -tx1 -w1 -v"
    for how, keys in (({}, "Up F1 Home Delete Backspace BTab Esc C-c M-x é"),
                      ({"terminfo_keys": True, "env": {"TERM": "linux"}}, "F1 Home Delete")):
        with Tui("sh", "-c", script, rows=100, **how) as t:
            t.wait("ready")
            t.press(*keys.split())
            if not how:
                t.paste("p")
                t.click(1, 2)
            want = ("1b 5b 41 1b 4f 50 1b 5b 48 1b 5b 33 7e 7f 1b 5b 5a 1b 03 1b 78 c3 a9 1b 5b 32 30 30 7e 70 1b 5b 32 "
                    "30 31 7e" if not how else "1b 5b 5b 41 1b 5b 31 7e 1b 5b 33 7e")
            t.wait_until(lambda lines, want=want: want in " ".join(" ".join(lines).replace("ready", "").split()), want)


def test_a_terminal_that_is_not_read_holds_up_who_writes():
    with Tui("sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; printf '\\r\\nend\\r\\n'; exec cat") as t:
        t.wait("end")
    with Tui("sh", "-c", "read x; head -c 300000 /dev/zero | tr '\\0' x; printf '\\r\\nend\\r\\n'; exec cat") as t:
        t.read(False)
        t.press("Enter")
        refused("a terminal that is not read", lambda: t.wait("end", seconds=0.2))
        t.read(True)
        t.wait("end")


def test_signals_and_a_closed_window_reach_the_program():
    with Tui("sleep", "100") as t:
        t.press("C-c")
        same("Ctrl-C", "signal 2", t.ended())
    with Tui("sleep", "100") as t:
        t.hang_up()
        same("closed", "signal 1", t.ended())
    with Tui("sleep", "100") as t:
        t.signal("STOP")
        t.order("state", 5000, "stopped")
        t.signal("CONT")
        t.order("state", 5000, "running")
        t.signal("KILL")
        same("killed", "signal 9", t.ended())


def test_a_shell_stops_and_continues_what_runs_in_it():
    with Tui("bash", "--norc", "--noprofile", "-i", env={"PS1": "$ "}) as t:
        t.wait_re("^[$]$")
        t.type("less /etc/passwd")
        t.press("Enter")
        t.wait("root:x:0:0")
        same("less", True, "alternate" in t.modes())
        t.press("C-z")
        t.wait("Stopped")
        same("shell", True, "main" in t.modes())
        t.type("fg")
        t.press("Enter")
        t.wait("root:x:0:0")
        t.press("q")
        t.wait_re("^[$]$")
        t.press("C-d")
        same("shell", "exit 0", t.ended())


def test_a_failure_shows_the_screen():
    with Tui("printf", "here I am") as t:
        same("end", "exit 0", t.ended())
        said = refused("never", lambda: t.wait("never", seconds=0.05))
        same("screen", True, "«never»" in said and "|here I am" in said)


def test_status_watch_draws_in_place_and_gives_the_terminal_back():
    project = Project()
    project.holds("hold")
    run = project.start("run", "hold", "test-multi", "-y")
    waiting(*HOSTS[:3])
    with project.screen("status", "test-multi", "--watch") as t:
        t.wait("hold test-multi running")
        t.wait_re("web-03 +step 2/2 Hold")
        same("screen", True, "alternate" in t.modes())
        t.resize(40, 10)
        t.wait_until(lambda lines: len(lines) == 10 and "hold test-multi" in lines[0], "a small picture")
        t.press("C-c")
        same("Ctrl-C", "signal 2", t.ended())
        t.check_as_found()
    go(*HOSTS)
    same("run", 0, run.wait(20))


def test_tmux_is_a_terminal_too():
    socket = f"{tempfile.mkdtemp(dir=WORK)}/tmux"
    try:
        with Tui("tmux", "-S", socket, "-f", "/dev/null", "new-session", "sh", "-c", "echo is $TERM; exec cat",
                 any_bytes=True) as t:
            t.wait("is tmux-256color")
            t.press("C-d")
            same("tmux", "exit 0", t.ended())
    finally:
        subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)


def test_nothing_is_left_behind():
    with Tui("sh", "-c", "trap '' HUP TERM; echo here; while :; do sleep 0.05; done") as t:
        t.wait("here")
        pid = t.pid()
    until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "the end of a program that ignores it")


main(globals())
