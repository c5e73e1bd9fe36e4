"""A program on a terminal, driven as a person would: wait for words, press keys, look.

    with Tui("less", "file") as t:
        t.wait("first line")
        t.press("G")
        t.wait("last line")

Everything waits for a fact, with a deadline that is a failure; a failure shows the screen.  When the program ends,
and when the block does, every byte it wrote must have been of the expected set (test/tui/scan.c), unless
`any_bytes` is set.  The terminal itself is test/tui/term; its orders are in talk.c.
"""
import os
import pathlib
import re
import subprocess
import sys
import time
import traceback

REPO = pathlib.Path(__file__).resolve().parents[2]
TERM = os.environ.get("TUI_TERM", str(REPO / os.environ.get("BUILD", "build/release") / "test/tui/term"))
DEADLINE_S = float(os.environ.get("TUI_DEADLINE", "20"))
END_S = 5


class Failure(AssertionError):
    """What was expected did not come."""


def environment(**more):
    """Of a person at a terminal: nothing of ours but what is asked for; a value None takes a name away."""
    keep = {key: value for key, value in os.environ.items()
            if key not in ("NO_COLOR", "LINES", "COLUMNS", "TMUX", "LANG", "LC_CTYPE", "CLICOLOR_FORCE", "PS1")}
    keep.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
    for key, value in more.items():
        if value is None:
            keep.pop(key, None)
        else:
            keep[key] = str(value)
    return keep


class Run:
    """A run of equal looks in a row: of the screen, for pictures."""

    def __init__(self, line):
        row, col, self.fore, self.back, self.looks, self.text = line.split(" ", 5)
        self.row, self.col = int(row), int(col)


class Tui:
    """One program on one terminal."""

    def __init__(self, *argv, rows=24, cols=80, cwd=None, env=None, ascii_only=False, terminfo_keys=False, log=None,
                 any_bytes=False):
        flags = ["-r", str(rows), "-c", str(cols)]
        flags += ["-d", str(cwd)] if cwd else []
        flags += ["-l", str(log)] if log else []
        flags += ["-a"] if ascii_only else []
        flags += ["-k"] if terminfo_keys else []
        self.argv, self.any_bytes, self.deadline_s = [str(word) for word in argv], any_bytes, DEADLINE_S
        self.process = subprocess.Popen([TERM, *flags, "--", *self.argv], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=environment(**(env or {})), encoding="utf-8",
                                        errors="surrogateescape", bufsize=1)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                self.check_bytes()
        finally:
            self.close()

    def close(self):
        """End the program, whatever it does."""
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    # ---- one order, one answer
    def ask(self, *words):
        """(ok?, microseconds, text of the answer, lines before it)."""
        line = " ".join(str(word) for word in words)
        if "\n" in line:
            raise ValueError("one line, one order")
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError:
            raise Failure(f"the terminal has gone: {line}") from None
        lines = []
        for answer in self.process.stdout:
            if answer.startswith("|"):
                lines.append(answer[1:].rstrip("\n"))
                continue
            word, when, *rest = answer.rstrip("\n").split(" ", 2)
            return word == "ok", int(when), rest[0] if rest else "", lines
        raise Failure(f"the terminal has gone: {line}")

    def order(self, *words):
        """The text of the answer; a failure if it was refused."""
        fine, _, text, _ = self.ask(*words)
        if not fine:
            self.fail(f"{' '.join(map(str, words))}: {text}")
        return text

    def fail(self, text):
        """Raises Failure: with the screen."""
        raise Failure(f"{text}\n{self.show()}")

    # ---- what is seen
    def lines(self):
        """The rows, without spaces at their ends."""
        return self.ask("dump")[3]

    def text(self):
        """The same, as one text."""
        return "\n".join(self.lines())

    def show(self):
        """The screen in a frame, for people."""
        _, _, size, lines = self.ask("dump")
        cols = int(size.split()[1])
        modes = self.ask("modes")[2]
        edge = "+" + "-" * cols + "+"
        return "\n".join([f"{' '.join(self.argv)}   [{modes}]", edge, *("|" + line for line in lines), edge])

    def cells(self):
        """Runs of equal looks."""
        return [Run(line) for line in self.ask("cells")[3]]

    def row_of(self, part):
        """The number of the first row with this text; a failure if there is none."""
        for number, line in enumerate(self.lines()):
            if part in line:
                return number
        return self.fail(f"no row has «{part}»")

    def line_of(self, part):
        """The first row with this text."""
        return self.lines()[self.row_of(part)]

    def wait(self, *texts, seconds=None):
        """Until the screen has each of them; the microseconds of the last piece of output."""
        when = 0
        for text in texts:
            when = self._wait("text", text, seconds)
        return when

    def wait_gone(self, text, seconds=None):
        """Until it has not."""
        return self._wait("gone", text, seconds)

    def wait_re(self, pattern, seconds=None):
        """Until a row fits (POSIX extended)."""
        return self._wait("re", pattern, seconds)

    def _wait(self, how, text, seconds):
        fine, _, answer, _ = self.ask("wait", int((seconds or self.deadline_s) * 1000), how, text)
        if not fine:
            self.fail(f"waited in vain ({how}) for «{text}»: {answer}")
        return int(answer)

    def wait_until(self, fact, what, seconds=None):
        """Until fact(lines) is true; what: in words.  Returns what it returned."""
        until = time.monotonic() + (seconds or self.deadline_s)
        while True:
            _, _, answer, lines = self.ask("dump")
            found = fact(lines)
            if found:
                return found
            left_ms = int((until - time.monotonic()) * 1000)
            if left_ms <= 0 or not self.ask("change", left_ms, answer.split()[2])[0]:
                self.fail(f"waited in vain for {what}")

    def cursor(self):
        """(row, col, shown)."""
        row, col, shown = self.order("cursor").split()
        return int(row), int(col), shown == "on"

    def modes(self):
        """{"alternate" or "main", private modes that are on as numbers}"""
        first, *rest = self.order("modes").split()
        return {first, *map(int, rest)}

    # ---- what is done
    def press(self, *keys):
        """Keys by name (test/tui/keys.h); the microseconds when they were sent."""
        return int(self.order("key", *keys) or 0)

    def type(self, text):
        """Characters."""
        self.order("type", text)

    def send(self, data):
        """Bytes."""
        self.order("send", data.hex())

    def paste(self, text):
        """As a terminal pastes."""
        self.order("paste", text.encode().hex())

    def click(self, row, col, button=1):
        """Pressed and let go; 4 and 5 are the wheel."""
        self.order("mouse", button, row, col)

    def resize(self, cols, rows):
        """As somebody pulls at the window's corner."""
        self.order("size", cols, rows)

    def read(self, on):
        """False: the terminal takes nothing more, as after Ctrl-S."""
        self.order("read", "on" if on else "off")

    def signal(self, name, foreground=False):
        """To the program, or to who is in the foreground."""
        self.order("signal", name, *(["fg"] if foreground else []))

    def hang_up(self):
        """The window is closed."""
        self.order("hangup")

    def pid(self):
        """Of the program."""
        return int(self.order("pid").split()[0])

    # ---- how it ends
    def ended(self, seconds=None):
        """"exit 0", "signal 2"; waits for it."""
        fine, _, text, _ = self.ask("exit", int((seconds or self.deadline_s) * 1000))
        if not fine:
            self.fail(text)
        if not self.any_bytes:
            self.check_bytes()
        return text

    def settings_same(self):
        """Are the terminal's settings (termios) as the program found them?"""
        return self.order("termios").startswith("same")

    def wait_settings(self, same, seconds=None):
        """Until they are (not)."""
        until = time.monotonic() + (seconds or self.deadline_s)
        while self.settings_same() != same:
            if time.monotonic() > until:
                self.fail(f"the settings of the terminal are{' not' if same else ''} as they were found")
            self.ask("change", 20, 1 << 60)

    def check_as_found(self, seconds=None):
        """Settings, screen, cursor and modes are as they were before the program came; lines wrap (7) anyway."""
        self.wait_settings(True, seconds)
        modes = self.modes()
        if modes - {7, 25} != {"main"} or not self.cursor()[2]:
            self.fail(f"the terminal was left with {modes}, cursor {self.cursor()}")

    def bytes(self):
        """{bytes, frames, bad, unknown} so far."""
        return dict(zip(("bytes", "frames", "bad", "unknown"), map(int, self.order("bytes").split())))

    def check_bytes(self):
        """Nothing came that is not expected."""
        if self.any_bytes:
            return
        _, _, text, told = self.ask("bytes")
        if int(text.split()[2]) > 0:
            self.fail("unexpected on the terminal:\n" + "\n".join(told))


def same(what, expected, got):
    """Equal, or a failure that shows both."""
    if expected != got:
        raise Failure(f"{what}: expected «{expected}», got «{got}»")


def until(fact, what, seconds=DEADLINE_S):
    """Until fact() is true, for what no terminal shows: a file, a process.  Returns what it returned."""
    end = time.monotonic() + seconds
    while True:
        found = fact()
        if found:
            return found
        if time.monotonic() > end:
            raise Failure(f"waited in vain for {what}")
        time.sleep(0.02)


def main(names):
    """Run every test_* of a module, or those that argv names; exit 1 if one fails."""
    tests = [(name, test) for name, test in names.items() if name.startswith("test_") and callable(test)]
    wanted = sys.argv[1:]
    failed = 0
    for name, test in tests:
        if wanted and not any(re.search(want, name) for want in wanted):
            continue
        begin = time.monotonic()
        try:
            test()
        except Exception as error:  # pylint: disable=broad-except
            failed += 1
            where = traceback.extract_tb(error.__traceback__)
            place = " < ".join(f"{pathlib.Path(f.filename).name}:{f.lineno}" for f in reversed(where) if f.filename != __file__)
            print(f"FAIL {name}: {type(error).__name__ if not isinstance(error, Failure) else ''} {error}\n  at {place}")
        else:
            print(f"ok   {name} ({time.monotonic() - begin:.1f} s)")
        sys.stdout.flush()
    sys.exit(1 if failed else 0)
