"""A program answer_*, asked line by line; and what differential tests count."""
import json
import os
import random
import subprocess
import time


class Answers:
    """One program that lives as long as the test."""

    def __init__(self, path):
        self.program = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, verb, text):
        self.program.stdin.write(f"{verb}\t{text}\n".encode("utf-8", "surrogateescape"))
        self.program.stdin.flush()
        line = self.program.stdout.readline()
        if not line:
            raise SystemExit(f"{verb} {text!r}: the program ended: {self.program.wait()}")
        return json.loads(line)


class Score:
    """Counts; prints the first of what differs."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = 0
        self.notes = {}  # deliberate differences seen: what -> how often
        self.commands = [0, 0]  # the real command agreed, was asked
        self.started = time.monotonic()
        self.seed = int(os.environ.get("DIFF_SEED", random.SystemRandom().randrange(1 << 32)))
        print(f"{name}: DIFF_SEED={self.seed}")

    def check(self, what, got, expected):
        if got == expected:
            self.passed += 1
            return True
        self.failed += 1
        if self.failed <= 40:
            print(f"differs: {what}\n  ours:   {got!r}\n  theirs: {expected!r}")
        return False

    def check_command(self, what, got, listed):
        """What the classes say against what the command prints."""
        self.commands[1] += 1
        self.commands[0] += self.check(what, got, listed)

    def deliberate(self, why):
        self.passed += 1
        self.notes[why] = self.notes.get(why, 0) + 1

    def end(self):
        for why, count in sorted(self.notes.items()):
            print(f"deliberate: {why}: {count}")
        print(f"commands: {self.commands[0]} of {self.commands[1]} agree")
        print(f"{self.name}: {time.monotonic() - self.started:.1f} s")
        print(f"{self.passed} passed, {self.failed} failed")


def number(name, default):
    return int(os.environ.get(name, default))
