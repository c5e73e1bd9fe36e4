"""A monkey at the keyboard of the real program, against the fleet: whatever it presses, nothing breaks.

Two of them.  One never says yes (no Enter, no `y`, nothing typed into a line and entered): what people wrote must be
byte for byte as it was, and no run may have been.  The other presses everything; it may change and run what it likes,
but the program must not crash, hang, write bytes that no terminal should get, or leave the terminal in a state.

    MONKEY_SECONDS=600 bash test/e2e/t-tui-monkey.sh      a campaign
    MONKEY_SEED=17 ...                                    the one that failed, again

A failure tells its seed and the last keys.  With a program built with SAN=1 (IM=build/asan/inventory-manager) what the
sanitizers say is a failure too.
"""
import os
import pathlib
import random
import time

from tui import Failure, main
from world import ENV, WORK, Project

SECONDS = float(os.environ.get("MONKEY_SECONDS", "4"))
SEED = int(os.environ.get("MONKEY_SEED", "1"))
LIFE_KEYS = 400     # then the program is left, and begun anew in a new project
BURST = 12          # keys at once, before it is looked whether it still answers
TOLD_KEYS = 60

NAMED = ("Up Down Left Right Home End PgUp PgDn Tab BTab Esc Esc Backspace Delete Insert F1 F5 F10 C-l C-z C-b C-f "
         "M-x M-d").split()
LETTERS = [chr(code) for code in range(0x20, 0x7f)]
# Ways that lead somewhere: a monkey alone would never come there.
WAYS = (["1"], ["2"], ["3"], ["4"], ["5"], ["6"], ["g"], ["G"], ["j", "j", "j"], ["a"], ["/", "0", "1"], ["/", "!", "x"], ["?"],
        [">", "<"], ["d", "Esc"], ["e", "Tab", "x", "Esc", "Esc"], ["n", "x", "y", "Esc", "Esc"], ["D", "Esc"],
        [":", "k", "i", "l", "l"], [":", "o", "p", "Tab", "Esc"], ["l", "F", "&", "o"], ["f", "/", "p"], ["+"], ["-"], ["c"])
BOLD = (["Enter"], ["y"], ["1", "g", "Enter"], ["2", "a", "d", "Enter"], ["2", "d", "w"], ["2", "g", "v", "Enter"], ["2", "t"], ["2", "T"],
        ["s"], ["x", "y"], ["3", "K", "y"], ["3", "A", "y"], ["3", "B", "y"], ["3", "R"], ["3", "S"], ["3", "p"], ["3", "c"], ["3", "+"],
        ["4", "g", "Enter", "Enter"], ["4", "R", "Enter"], ["q", "l"], ["q", "a"], ["C-c"], ["r"],
        ["2", "n", "m", "o", "n", "Enter", "Enter"], ["2", "D", "y"], ["2", "e", "Tab", "1", "Enter"],
        ["5", "e", "3", "Enter"], ["5", "D", "y"], ["1", "n", "z", "z", "Enter"], ["1", "e"],
        [":", *"run quick", "Enter", "Enter"], [":", *"run slow", "Enter", "Enter"], [":", *"run loud", "Enter", "Enter"],
        [":", *"workers 7", "Enter"], [":", *"set canary 2", "Enter"], [":", *"open test-multi", "Enter"], [":", *"mark web*", "Enter"])
PASTES = (":kill\n", "y\ny\n", "d\n", "x" * 5000, "\x1b[31m\x1b[200~", "é日本\u202e\u200b\n:quit\n", "\n" * 300, "\t" * 50, ":kill\ry\r")
RAW = (b"\x1b[<0;99999;99999M", b"\x1b[<64;4294967296;18446744073709551616M", b"\x1b[<0;0;0m", b"\x1b[<-1;-1;-1M", b"\x1b[M\xff\xff\xff",
       b"\xe6\x97", b"\xff\xfe\xc0\x80", b"\x1b[I\x1b[O", b"\x1b" * 50, b"\x1b[?62;4c", b"\x1b[24;80R", b"\x1b]11;rgb:0000/0000/0000\x07",
       b"\x1bP>|xterm(999)\x1b\\", b"\x1b[200~q\x1b[20\x1b[201~", b"\x1b[201~", b"\x1b[1;99999A", b"\x1b[" + b"1;" * 400 + b"m", b"\x1bO", b"\x1b[",
       b"\x00\x00\x00", b"\x9b31m", b"\x1b_hidden\x1b\\", b"\x1b[27;5;13~", b"\x1b[13;2u")
SIZES = ((80, 24), (300, 100), (1, 1), (2, 1), (1, 50), (40, 10), (200, 3), (3, 200), (80, 2), (119, 33))


def project():
    """With actions that say much, nothing, or take their time."""
    made = Project()
    made.action("quick", "name: quick\nmutating: false\nsteps:\n  - name: Say\n    run: seq 1 60\n")
    made.action("slow", "name: slow\nsteps:\n  - name: Wait\n    run: sleep 0.$((RANDOM % 9)); exit $((RANDOM % 4 / 3))\n"
                        "  - name: Again\n    run: sleep 0.3\n")
    made.action("loud", "name: loud\nmutating: false\nsteps:\n  - name: Shout\n    run: |\n"
                        "      head -c 200000 /dev/urandom; printf '\\033]0;x\\007\\033[2J\\302\\233A\\342\\200\\256rtl\\r\\r\\n'\n"
                        "      head -c 300000 /dev/zero | tr '\\0' y; echo\n")
    return made


def tree_of(folder):
    """What people wrote: mode and bytes by path."""
    return {str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
            for path in folder.rglob("*")}


def difference(before, now):
    """The names of files that are not the same."""
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


class Monkey:
    """One that remembers what it did."""

    def __init__(self, seed, bold):
        self.random, self.bold, self.done = random.Random(seed), bold, []

    def note(self, what):
        self.done = (self.done + [what])[-TOLD_KEYS:]

    def keys(self):
        """Some keys, by name."""
        dice = self.random.random()
        if dice < 0.45:
            keys = self.random.choice(BOLD if self.bold and self.random.random() < 0.6 else WAYS)
        elif dice < 0.7:
            keys = [self.random.choice(NAMED)]
        else:
            keys = [self.random.choice(LETTERS)]
        if not self.bold:
            keys = ["Esc" if key in ("y", "Enter", "q", "s", "r") else key for key in keys]
        return keys

    def act(self, t):
        """One thing."""
        dice = self.random.random()
        if dice < 0.9:
            keys = self.keys()
            self.note(" ".join(keys))
            for key in keys:
                if key == "Space" or len(key) > 1:
                    t.press(key)
                else:
                    t.type(key)
        elif dice < 0.93:
            text = self.random.choice(PASTES)
            self.note(f"paste {text[:20]!r}")
            t.paste(text)
        elif dice < 0.96:
            raw = self.random.choice(RAW)
            self.note(f"raw {raw[:20]!r}")
            t.send(raw)
        elif dice < 0.98:
            cols, rows = self.random.choice(SIZES)
            self.note(f"size {cols}x{rows}")
            t.resize(cols, rows)
        else:
            self.note("click")
            t.click(self.random.randrange(24), self.random.randrange(80), self.random.choice((1, 1, 4, 5)))


def answers(t):
    """It draws when asked to: Ctrl-L has all of it written again.  One that comes right behind an Esc is Alt with it."""
    for _ in range(5):
        serial = t.ask("dump")[2].split()[2]
        t.press("C-l")
        if t.ask("change", 4000, serial)[0]:
            return True
    return False


def is_expected(how, monkey):
    """A run may have failed, or was interrupted; a Ctrl-C more meets who has given the terminal back already."""
    if how == "signal 2":
        return monkey.bold
    return how.startswith("exit ") and int(how.split()[1]) in ((0, 2, 3, 4, 5, 6, 130) if monkey.bold else (0,))


def is_leaving(t):
    """The terminal is given back, and not for a moment only (Ctrl-Z of a group that nobody would continue)."""
    if not t.settings_same():
        return False
    try:
        t.wait_settings(False, 2)
    except Failure:
        return True
    return False


def burst(monkey, t):
    """Some things at once; False: it is leaving, and what is typed is echoed."""
    for _ in range(BURST):
        if is_leaving(t):
            return False
        monkey.act(t)
    if is_leaving(t):
        return False
    t.check_bytes()
    if not answers(t) and not is_leaving(t):
        t.fail("it does not answer any more")
    return True


def end(monkey, t):
    """It leaves, by itself or when it is told to; the terminal has to be as it was."""
    told = not is_leaving(t)
    if told:
        t.check_bytes()
        t.signal("TERM")
    t.any_bytes = True
    how = t.ended(60)
    if not is_expected(how, monkey) and not (told and how == "exit 143"):
        t.fail(f"it ended: {how}")
    t.check_as_found()


def live(monkey, until, env):
    """One life of the program."""
    made = project()
    before = tree_of(made.root / "inventory")
    with made.screen(rows=24, cols=80, env=env) as t:
        try:
            t.wait("[1 Envs]")
            for _ in range(LIFE_KEYS // BURST):
                if time.monotonic() > until or not burst(monkey, t):
                    break
            end(monkey, t)
        except Failure as failure:
            raise Failure(f"after {monkey.done}: {failure}") from None
    if not monkey.bold:
        changed = difference(before, tree_of(made.root / "inventory"))
        if changed:
            raise Failure(f"{changed}: changed, and nobody had said yes, after {monkey.done}")
        runs = made.im("history", ENV, codes=(0, 1, 2, 3, 4, 5, 6))[0]
        if "deploy" in runs:
            raise Failure(f"a run nobody had said yes to, after {monkey.done}: {runs}")


def campaign(bold):
    """Lives, one after the other, until the time is over."""
    until = time.monotonic() + SECONDS
    seed = SEED
    reports = pathlib.Path(WORK) / f"sanitizer.{seed}.{bold}"
    env = {"ASAN_OPTIONS": f"detect_leaks=1:abort_on_error=0:exitcode=99:log_path={reports}",
           "UBSAN_OPTIONS": f"print_stacktrace=1:log_path={reports}", "BROWSER": "true"}
    while time.monotonic() < until:
        try:
            live(Monkey(seed, bold), until, env)
        except Failure as failure:
            raise Failure(f"MONKEY_SEED={seed}: {failure}") from None
        said = [path for path in reports.parent.glob(f"{reports.name}*")]
        if said:
            raise Failure(f"MONKEY_SEED={seed}: {said[0].read_text(errors='replace')[:6000]}")
        seed += 1


def test_one_that_never_says_yes_changes_nothing():
    campaign(False)


def test_one_that_presses_everything_breaks_nothing():
    campaign(True)


main(globals())
