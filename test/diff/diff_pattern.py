"""Our -l against Ansible's --limit: a written list of patterns, random ones, and the real command.

Argument: the folder of answer_pattern.  DIFF_CASES, DIFF_COMMANDS, DIFF_SEED from the environment.
Ansible's hosts are those of `ansible all --limit PATTERN --list-hosts`, out of its own classes.
"""
import os
import random
import re
import subprocess
import sys
import tempfile
import warnings as python_warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from ansible.inventory.manager import InventoryManager, display
from ansible.parsing.dataloader import DataLoader

from ask import Answers, Score, number

DATA = "test/data/patterns"
UNKNOWN = "Could not match supplied host pattern, ignoring: "
python_warnings.simplefilter("ignore", FutureWarning)  # of re, for [[
warnings = []
display.warning = lambda text, *_, **__: warnings.append(text)


def hosts_of(group, turned):
    """Group.get_hosts, but each level in the order of adding, or in the opposite one."""
    found, level, seen = [group], [group], {group}
    while level:
        below = [kid for g in (reversed(level) if turned else level) for kid in g.child_groups]
        if level == [group]:
            below = list(group.child_groups)  # the first level is a list for Ansible, too
        level = [g for g in dict.fromkeys(below) if g not in seen]
        seen.update(level)
        found += level
    return list(dict.fromkeys(h for g in found for h in g.hosts))


class World:
    """One inventory, on both sides."""

    def __init__(self, answers, folder):
        self.answers, self.folder = answers, folder
        self.ours = answers.ask("load", folder)
        self.manager = InventoryManager(loader=DataLoader(), sources=[folder + "/hosts.yml"])
        self.ambiguous = 0
        for group in self.manager.groups.values():
            self.settle(group)

    def settle(self, group):
        """Ansible walks a level of groups as a Python set: by memory addresses, from run to run another
        order.  Where that makes a difference, it is given the order that one of its runs may have."""
        orders = [hosts_of(group, turned) for turned in (False, True)]
        if orders[0] != orders[1]:
            self.ambiguous += 1
            group._hosts_cache = orders[0]

    def orders(self):
        return (list(self.manager.hosts), [g for g in self.manager.groups],
                {g: [h.name for h in o.get_hosts()] for g, o in self.manager.groups.items()})

    def our_orders(self):
        groups = self.ours["groups"]
        first = ["all", "ungrouped"]
        return (self.ours["read"], first + [g for g in groups if g not in first], groups)

    def theirs(self, pattern):
        """("error", text), ("unknown", [terms]), ("all", None) for no limit at all, ("hosts", [...])."""
        del warnings[:]
        self.manager.clear_caches()
        try:
            self.manager.subset(pattern)
            limit = [t for t in self.manager._subset if t]
            hosts = sorted({h.name for h in self.manager.get_hosts("all")})
        except Exception as e:  # AnsibleError, and IndexError for a lone ! or &
            return "error", str(e)
        finally:
            self.manager._subset = None
        if not limit:
            return "all", None
        unknown = [w[len(UNKNOWN):] for w in warnings if w.startswith(UNKNOWN)]
        unknown += [t for t in ("localhost", "127.0.0.1", "::1")
                    if any(x.lstrip("&!") == t for x in limit) and t not in self.manager.hosts
                    and t not in self.manager.groups]
        return ("unknown", unknown) if unknown else ("hosts", hosts)


def compare_orders(score, world):
    """What subscripts count by."""
    if world.ambiguous:
        score.notes["members of a group: one of the orders Ansible may take"] = score.notes.get(
            "members of a group: one of the orders Ansible may take", 0) + world.ambiguous
    if "hosts" in world.ours:
        score.check(f"{world.folder}: the order of hosts and groups", world.our_orders(), world.orders())


def compare(score, world, pattern):
    kind, theirs = world.theirs(pattern)
    ours = world.answers.ask("limit", pattern)
    error = ours.get("error", "")
    what = f"{world.folder} -l {pattern!r}: {error}"
    if "hosts" not in world.ours:
        score.check(f"{world.folder}: {world.ours}", False, True)
    elif kind == "all" and "empty pattern" in error:
        score.deliberate("an empty pattern is an error, not every host")
    elif kind == "unknown" and error:
        word = error.partition(" matches '")[2]
        if any(word.startswith(t[:200]) for t in theirs):
            score.deliberate("a term that matches nothing is an error")
        else:
            score.check(what, word, theirs)
    elif kind == "hosts" and theirs == [] and "leaves no host" in error:
        score.deliberate("no host left is an error")
    elif kind == "error" and not error and "(?<" in pattern:
        score.deliberate("look-behind of more than one length is taken where PCRE2 takes it")
    elif re.search(r"[)\]\w][?*+}]\+", pattern) and kind != "error" and not error:
        ours_hosts = ("hosts", sorted(ours["names"]))
        if ours_hosts == (kind, theirs):
            score.check(what, ours_hosts, (kind, theirs))
        else:
            score.deliberate("a possessive repeat is right where Python 3.11 is not (gh-106052)")
    else:
        score.check(what, ("error", "") if error else ("hosts", sorted(ours["names"])),
                    ("error", "") if kind == "error" else (kind, theirs))


# ---- random inventories

NAMES = ["web", "db", "app", "cache", "mq", "lb"]


def host_name(r):
    name = r.choice(NAMES) + r.choice(["", "-", ".", "_"]) + r.choice(
        ["1", "2", "3", "01", "02", "10", "a", "b", "eu-1", "us.2", "x.example.org"])
    return name if r.random() < 0.9 else name.upper()


def random_inventory(r, path):
    """Groups and hosts; some with each host first named in its only group."""
    groups = r.sample(["web", "db", "eu", "us", "prod", "canary", "web.eu", "x1"],
                      r.randrange(1, 7))
    hosts = list(dict.fromkeys(host_name(r) for _ in range(r.randrange(1, 12))))
    simple = r.random() < 0.3
    first = r.randrange(1, len(hosts) + 1)
    lines = ["all:", "  hosts:"]
    lines += [f"    {h}:" for h in (hosts[:first] if simple else r.sample(hosts, first))]
    lines += ["  children:"]
    left = hosts[first:]
    for i, group in enumerate(groups):
        if simple:
            n = r.randrange(0, len(left) + 1)
            members, left = left[:n], left[n:]
        else:
            members = r.sample(hosts, r.randrange(0, len(hosts) + 1))
        lines.append(f"    {group}:")
        if members:
            lines += ["      hosts:"] + [f"        {m}:" for m in members]
        below = groups[i + 1:]
        if not simple and below and r.random() < 0.4:
            lines += ["      children:"] + [f"        {b}:" for b in r.sample(
                below, r.randrange(1, len(below) + 1))]
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")
    return hosts, groups


# ---- random patterns


def glob(r, word):
    kind = r.randrange(8)
    at = r.randrange(0, len(word) + 1)
    if kind == 0:
        return word[:at] + "*"
    if kind == 1:
        return "*" + word[at:]
    if kind == 2:
        return word[:at] + "?" + word[at + 1:]
    if kind == 3:
        return word[:at] + "*" + word[r.randrange(at, len(word) + 1):]
    if kind < 6:
        inside = "".join(r.choice("abcdewx012!-]^[\\&~|.") for _ in range(r.randrange(0, 6)))
        return word[:at] + "[" + inside + "]" + r.choice(["*", word[at + 1:], "*" + word[at + 1:]])
    return "".join(r.choice(["*", "?", "[!", "[", "]", "-", "w", "e", "b", "1", "[a-z]", "."])
                   for _ in range(r.randrange(1, 7)))


ATOMS = ["w", "e", "b", "d", "1", "0", "-", ".", r"\d", r"\w", r"\W", r"\.", "[a-z]", "[^a-z]",
         r"[\d.]", "[]a]", "[^-a]", "(w|d)", "(?:e|b)", "(?i:W)", "(?=w)", "(?!w)", "(?<=e)", "(?<!e)",
         r"\1", r"\2", "(?P<n>.)", "(?P=n)", "^", "$", r"\b", r"\B", r"\A", r"\Z", "web", "db", r"\x62",
         r"\142", r"\060", "(?#c)", "[[:alpha:]]", r"\q", r"\h", r"\K", r"\z", "(*F)", "(?R)", "(", ")",
         "[", "]", "{", "}", "|", "(?>we*)", "(e)?(?(1)b|d)", "(?-i:e)", "(?x: w e )", "(?s:.)",
         r"\u0065", r"\07", r"\8", "[z-a]", r"[\w-z]", r"[a\b]", "(?im-s:w)", "(?a:w)", "(?L)", "(?", "(?P"]
REPEATS = ["*", "+", "?", "*?", "+?", "??", "*+", "++", "?+", "{2}", "{,2}", "{1,}", "{1,2}?", "{0}",
           "{}", "{,}", "{1", "{2,1}", "**", "{1,2}+"]


def regex(r, word):
    """Half of them are a name with something done to its letters, so that many do match."""
    text = r.choice(["", "", "", "(?i)", "(?x)", "(?ms)", "(?a)", "^"])
    if r.random() < 0.5:
        for c in word:
            text += r.choice([c, c, c, c, re.escape(c), ".", r"\w", f"[{c}x]", f"({c})", f"{c}+", f"{c}*?",
                              f"(?:{c}|q)", f"[^{c}]?", f"{c}{{1,2}}", f"(?={c}){c}", f"x*{c}", r"\S"])
        return "~" + text
    for _ in range(r.randrange(0, 6)):
        text += r.choice(ATOMS) if r.random() < 0.7 else r.choice(NAMES)
        if r.random() < 0.25:
            text += r.choice(REPEATS)
    return "~" + text + r.choice(["", "", "$", ".*"])


def term(r, hosts, groups):
    word = r.choice(hosts + groups + groups + ["all", "ungrouped"])
    kind = r.randrange(20)
    if kind < 8:
        text = word
    elif kind < 12:
        text = glob(r, word)
    elif kind < 14:
        text = regex(r, word)
    elif kind < 19:
        base = word if r.random() < 0.7 else glob(r, word)
        a, b = r.randrange(0, 6), r.randrange(0, 6)
        text = base + r.choice([f"[{a}]", f"[-{a}]", f"[{a}:{b}]", f"[{a}:]", f"[{a}-{b}]", f"[:{a}]",
                                "[]", f"[{a}", f"[{a}:{b}:1]", f"[x{a}]"])
    else:
        text = r.choice(["nosuch", "", " ", "localhost", word.swapcase(), word + ":22", "fe80::1",
                         f"[{word}]:22", "::1", word + " " + word])
    return r.choice(["", "", "", "", "!", "&"]) + text


def pattern(r, hosts, groups):
    terms = [term(r, hosts, groups) for _ in range(r.choice([1, 1, 1, 2, 2, 3, 4]))]
    return r.choice([",", ":", ", ", ","]).join(terms)


# ---- @file


def compare_files(score, world, folder):
    for name, text in {"lines": "web-01\ndb-1\n", "modes": "web\n!web-01\n\n &web-0[2-4] \n",
                       "crlf": "web-01\r\nweb-02\r\n", "bare": "web-01", "blank": "\n \n\n", "empty": "",
                       "comma": "web-01,web-02\n", "again": "@lines\n", "note": "# web-01\n",
                       "regex": "~web-0[12]\n", "unknown": "web-01\nnosuch\n", "last": "web[-1]\n"}.items():
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        for form in ("@{}", "@{},db-1", "db:@{}", "!web-01,@{}", "@{},@{}", "!@{}"):
            compare(score, world, form.format(path, path))
    compare(score, world, "@" + folder)
    compare(score, world, f"@{folder}/nosuch")
    compare(score, world, "@")


def compare_command(score, world, text):
    """The command's list; False: there is none to compare, for it refuses, or warns, or its order of a group
    is its own where that is one of several."""
    kind, theirs = world.theirs(text)
    if kind != "hosts" or not theirs or (world.ambiguous and "[" in text):
        return False
    done = subprocess.run(
        ["ansible", "all", "-i", world.folder + "/hosts.yml", f"--limit={text}", "--list-hosts"],
        capture_output=True, text=True, check=False, env=dict(os.environ, LC_ALL="C.UTF-8"))
    listed = sorted({line.strip() for line in done.stdout.splitlines()[1:]})
    score.check_command(f"ansible --limit {text!r}", theirs, listed)
    return True


def main():
    answers = Answers(os.path.join(sys.argv[1], "answer_pattern"))
    score = Score("pattern")
    r = random.Random(score.seed)
    with open(os.path.join(DATA, "patterns.txt"), encoding="utf-8") as f:
        written = [line.rstrip("\n") for line in f if line.strip("\n") and not line.startswith("# ")]
    asked = []
    for folder in sorted(os.listdir(DATA)):
        if os.path.isdir(os.path.join(DATA, folder)):
            world = World(answers, os.path.join(DATA, folder))
            compare_orders(score, world)
            for text in written:
                compare(score, world, text)
            asked += [(world, text) for text in written]
    with tempfile.TemporaryDirectory() as folder:
        compare_files(score, World(answers, os.path.join(DATA, "web")), folder)
        path = os.path.join(folder, "hosts.yml")
        for i in range(number("DIFF_CASES", 12000)):
            if i % 50 == 0:
                hosts, groups = random_inventory(r, path)
                world = World(answers, folder)
                compare_orders(score, world)
            compare(score, world, pattern(r, hosts, groups))
    left = number("DIFF_COMMANDS", 10)
    for world, text in r.sample(asked, len(asked)):
        if left > 0 and compare_command(score, world, text):
            left -= 1
    score.end()


main()
