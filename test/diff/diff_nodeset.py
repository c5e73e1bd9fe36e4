"""Our nodesets against ClusterShell's: folding, expanding, and -w on inventories.

Argument: the folder of answer_pattern.  DIFF_CASES, DIFF_COMMANDS, DIFF_SEED from the environment.
"""
import os
import random
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ClusterShell.NodeSet import NodeSet, RESOLVER_NOGROUP
from ClusterShell.NodeUtils import GroupResolver, GroupSource

from ask import Answers, Score, number

DATA = "test/data/patterns"

# ---- random names


def index(r):
    kind = r.randrange(6)
    if kind == 0:
        return str(r.randrange(0, 12))
    if kind == 1:
        return "%02d" % r.randrange(0, 103)
    if kind == 2:
        return "%03d" % r.randrange(0, 12)
    if kind == 3:
        return str(r.choice([8, 9, 10, 11, 98, 99, 100, 101, 998, 1000]))
    if kind == 4 and r.random() < 0.05:
        return "".join(r.choice("0189") for _ in range(r.randrange(17, 30)))
    return str(r.randrange(0, 4))


def shape(r):
    """A name's pattern: texts between numbers."""
    dims = r.choice([0, 1, 1, 1, 2, 2, 3, 4])
    texts = [r.choice(["web", "web-", "db", "n", "r", "", "a.b-", "_"])]
    for _ in range(dims):
        texts.append(r.choice(["", ".x", "-n", "-", "b", ".dc.example", "_"]))
    if dims == 0 and not texts[0]:
        return ["lone"]
    for i in range(1, len(texts) - 1):
        texts[i] = texts[i] or "-"
    return texts


def fill(r, texts, dense):
    if dense:
        return texts[0] + "".join(str(r.randrange(1, 4)) + t for t in texts[1:])
    return texts[0] + "".join(index(r) + t for t in texts[1:])


def name_list(r):
    shapes = [shape(r) for _ in range(r.choice([1, 1, 2, 3]))]
    dense = r.random() < 0.5
    names = []
    for _ in range(r.choice([1, 2, 5, 10, 20, 40])):
        texts = r.choice(shapes)
        names.append(fill(r, texts, dense))
    if r.random() < 0.3:  # one whole block
        texts = r.choice(shapes)
        if len(texts) == 3:
            names += [texts[0] + str(i) + texts[1] + str(k) + texts[2]
                      for i in range(1, r.randrange(2, 5)) for k in range(1, r.randrange(2, 7))]
    r.shuffle(names)
    return [n for n in names if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", n)] or ["x"]


# ---- random expressions


def bracket(r):
    def one():
        kind = r.randrange(8)
        a = r.randrange(0, 12)
        b = a + r.randrange(0, 6)
        if kind < 3:
            return str(a)
        if kind < 5:
            return f"{a}-{b}"
        if kind == 5:
            return f"{a:02d}-{b:02d}"
        if kind == 6:
            return f"{a}-{b}/{r.randrange(1, 4)}"
        return r.choice(["", "a", "3-1", "1-", "-5", "1-2-3", "01-3", "1-03", "1/2", "1-3/0", "009",
                         " 1 - 3 ", "1-5/x", "00-03", "0-00", "5 ", "1--2"])
    return "[" + ",".join(one() for _ in range(r.choice([1, 1, 2, 3]))) + "]"


def operand(r):
    text = r.choice(["web", "web-", "db", "n", "", "a1", "x0", "r2-n"])
    for _ in range(r.choice([0, 1, 1, 1, 2, 3])):
        text += bracket(r) + r.choice(["", "", "-x", "b", ".y", "5", "05", "-7z", "["])
    text = text or r.choice(["web1", "db01", " ", "web 1"])
    return text if r.random() < 0.9 else text + r.choice([" ", "]", "3", "  x"])


def expression(r, make):
    text = make(r)
    for _ in range(r.choice([0, 0, 1, 1, 2, 4])):
        text += r.choice([",", ",", "!", "&", "^", ", ", " ! "]) + make(r)
    return text if r.random() < 0.97 else r.choice(["!", ",", "&", " "]) + text


def theirs(text, resolver):
    """A sorted list, or None when ClusterShell refuses."""
    try:
        return sorted(set(NodeSet(text, resolver=resolver)))
    except Exception:  # it lets ValueError and AssertionError out for some texts
        return None


def compare_expand(score, answers, text):
    got = answers.ask("expand", text)
    expected = theirs(text, RESOLVER_NOGROUP)
    error = got.get("error", "")
    if expected is not None and "one digit longer" in error and re.search(r"\d\[", text):
        score.deliberate("digits before a range that gets longer are refused")
    elif expected is not None and "expected numbers" in error and re.search(
            r"[\[,] *-|-[^,\]]*-", text):
        score.deliberate("negative numbers are refused")
    elif expected == [] and not text.strip():
        score.deliberate("an empty expression is refused")
    else:
        score.check(f"expand {text!r} {error}", sorted(got["names"]) if "names" in got else None,
                    expected)


# ---- -w on an inventory


def world(answers, folder):
    got = answers.ask("load", folder)
    groups = {g: ",".join(n) for g, n in got["groups"].items()}
    source = GroupSource("here", groups, ",".join(got["hosts"]))
    return got["hosts"], groups, GroupResolver(source)


def node_operand(r, hosts, groups):
    kind = r.randrange(10)
    if kind < 3:
        return r.choice(hosts)
    if kind < 5:
        return "@" + r.choice(list(groups) + ["*", "nosuch"] if r.random() < 0.2 else list(groups))
    if kind < 7:
        name = r.choice(hosts)
        return r.choice(["*", name[:2] + "*", "*" + name[-1:], name[:-1] + "?", "zz*"])
    name = r.choice(hosts)
    digits = re.search(r"\d+", name)
    if digits is None:
        return name
    n = digits.group()
    inside = r.choice([n, f"{n}-{int(n) + 1:0{len(n)}d}", f"{n},{n}"])
    return name[:digits.start()] + f"[{inside}]" + name[digits.end():]


def compare_nodes(score, answers, where, text):
    hosts, groups, resolver = where
    got = answers.ask("nodes", text)
    expected = theirs(text, resolver)
    error = got.get("error", "")
    missing = re.search(r"no host(?: or group)? matches '([^']*)'", error)
    if expected is not None and missing:
        word = missing.group(1)
        known = word in groups if error.startswith("@") else word in hosts
        score.check(f"nodes {text!r}: {word} is unknown", known, False)
        score.notes["an unknown name is an error"] = score.notes.get(
            "an unknown name is an error", 0) + 1
    elif expected == [] and "leaves no host" in error:
        score.deliberate("no host left is an error")
    else:
        score.check(f"nodes {text!r} {error}", sorted(got["names"]) if "names" in got else None,
                    expected)


def command(*words):
    done = subprocess.run(("nodeset",) + words, capture_output=True, text=True, check=False)
    return done.stdout.strip("\n") if done.returncode == 0 else None


def main():
    answers = Answers(os.path.join(sys.argv[1], "answer_pattern"))
    score = Score("nodeset")
    r = random.Random(score.seed)
    cases = number("DIFF_CASES", 8000)
    lists = [name_list(r) for _ in range(cases)]
    expressions = [expression(r, operand) for _ in range(cases)]
    for names in lists:
        score.check(f"fold {' '.join(names)}", answers.ask("fold", " ".join(names))["text"],
                    str(NodeSet.fromlist(names, resolver=RESOLVER_NOGROUP)))
    for text in expressions:
        compare_expand(score, answers, text)
    for folder in sorted(os.listdir(DATA)):
        if not os.path.isdir(os.path.join(DATA, folder)):
            continue
        where = world(answers, os.path.join(DATA, folder))
        for _ in range(cases // 5):
            compare_nodes(score, answers, where, expression(
                r, lambda r: node_operand(r, where[0], where[1])))
    for i in range(number("DIFF_COMMANDS", 20) // 2):
        names = lists[i % len(lists)]
        score.check_command(f"nodeset -f {names}", answers.ask("fold", " ".join(names))["text"],
                            command("-f", ",".join(names)))
        text = ",".join(n for n in names)
        got = answers.ask("expand", text)
        score.check_command(f"nodeset -e {text}", sorted(got.get("names", [])),
                            sorted((command("-e", text) or "").split()))
    score.end()


main()
