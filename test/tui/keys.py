"""Every key of the key table, pressed at every place where it means something.

The table is the program's own (test/tui/keytable).  What a key has to do is one function an act, `act_deploy` for
ACT_DEPLOY, or `servers_enter` where a place has its own way; a key without one fails the test, so that none can be
added that nothing presses.
"""
import os
import re
import sqlite3
import subprocess
import sys
import time

from tui import REPO, Failure, main, same, until
from world import ENV, HOSTS, Project, go, waiting
import walk

TABLE = os.environ.get("TUI_KEYTABLE", str(REPO / os.environ.get("BUILD", "build/release") / "test/tui/keytable"))
NAMES = {"Shift-Tab": "BTab", "Del": "Delete", "Ins": "Insert"}


def enum_of(kind):
    """The names of an enum of keymap.h, in order."""
    text = (REPO / "include/ui/keymap.h").read_text(encoding="utf-8")
    body = re.search(rf"enum {kind} {{(.*?)}};", text, re.S)[1]
    return re.findall(r"^\s*([A-Z]+_[A-Z_]+)", body, re.M)


ACTS = enum_of("act")
PLACES = {1 << n: name for n, name in enumerate(name for name in enum_of("where") if name not in ("AT_ALL", "AT_LISTS"))}


# Where one is there already, if the line below the bar begins so.
TITLES = {"AT_SERVER": " Server: web-01", "AT_LOG": " Log ", "AT_TEXT": " Help of Servers", "AT_HISTORY": " History: ",
          "AT_CHART": " One run: bad", "AT_SETTINGS": " Settings: inv", "AT_CONFIRM": " Confirm: deploy"}
# What a text keeps: the page is made anew before and after them.
STAYS = {f"ACT_{name}" for name in "NEARER FARTHER SEARCH SEARCH_NEXT SEARCH_PREVIOUS LEFT RIGHT FILTER FOLLOW BACK".split()}
BAD = r"""name: bad
mutating: false
steps:
  - name: Say
    run: |
      seq 1 60
      sleep {0}
      [ "$inventory_hostname" != web-02 ]
"""


EVERYWHERE = {"ACT_TOP", "ACT_BOTTOM", "ACT_REFRESH", "ACT_HELP", "ACT_QUIT", "ACT_SORT", "ACT_SORT_REVERSE", "ACT_FILTER",
              "ACT_START_STOP", "ACT_CLEAR_QUEUE", *(f"ACT_PAGE_{name}" for name in "ENVS SERVERS RUN HISTORY SETTINGS LOG".split())}


class Row:
    """A key, or a word, at a place."""

    def __init__(self, line):
        place, self.name, act, self.help = line.split("\t")
        self.place, self.act = PLACES[int(place)], ACTS[int(act)]
        self.word = self.name[1:] if self.name.startswith(":") and len(self.name) > 1 else None
        self.key = NAMES.get(self.name, re.sub(r"^Ctrl-(.)$", lambda m: f"C-{m[1].lower()}", self.name))


def rows():
    """The table."""
    text = subprocess.run([TABLE], check=True, capture_output=True, encoding="utf-8").stdout
    return [Row(line) for line in text.splitlines()]




class Desk:
    """A shell with the program on it, brought to a place again and again; each row of the table is done there."""

    def __init__(self, place):
        self.place, self.project = place, Project()
        self.project.holds("deploy")
        self.project.action("quick", "name: quick\nmutating: false\nsteps:\n  - name: Say\n    run: seq 1 60\n")
        self.project.im("run", "quick", ENV, "-y")
        # A chart is drawn nearer where two seconds, or more, are seen.
        self.project.action("bad", BAD.format(0.75 if place == "AT_CHART" else 0))
        self.project.im("run", "bad", ENV, "-y", codes=(2, 3))
        self.t = self.project.shell(rows=24, cols=80)
        self.row, self.last, self.quick = None, None, 0
        self.inside, self.fresh_run = False, True

    # ---- words for effects
    def do(self):
        """The key is pressed; or its word is typed on the `:` line."""
        t = self.t
        if self.row.word is None:
            t.press(self.row.key)
            return
        t.press(":")
        t.wait_re("^:$")
        t.type(self.row.word)
        t.wait_re(f"^:{self.row.word}$")
        t.press("Enter")

    def title(self, text):
        """The line below the bar of pages begins so."""
        self.t.wait_until(lambda lines: lines[1].startswith(f" {text}"), f"a title {text}")

    def changes(self, look, *before, what=None):
        """After `before` the key makes that look() gives something else; returns what it gave first, and last."""
        if before:
            self.t.press(*before)
            if self.place not in ("AT_FORM", "AT_ASK"):
                self.settled()
        first = look()
        self.do()
        self.t.wait_until(lambda _: look() != first, what or f"an effect of {self.row.name}", seconds=5)
        return first, look()

    def says(self, *texts):
        """The key, and what is told then."""
        self.do()
        self.t.wait(*texts, seconds=5)

    def cursor(self):
        """The row of a list that has the cursor, as text; of a text where it stands: `1-20/42`."""
        lines = self.t.lines()
        at = walk.cursor_row(lines)
        if self.place == "AT_CONFIRM":
            return self.body()
        if at is not None:
            return lines[at][3:60].split()
        return re.findall(r"\b\d+-\d+/\d+", "\n".join(lines))

    def settled(self):
        """All keys until now have had their effect."""
        walk.settled(self.t)

    def body(self):
        """The screen without the bars."""
        return "\n".join(self.t.lines()[2:-2])

    def small(self):
        """So few rows that there is something to scroll."""
        self.t.resize(80, 15 if self.place[3:] in ("SERVER", "TEXT", "LOG", "SETTINGS") else 14)
        self.t.wait_until(lambda lines: "? help" in lines[-1], "a small screen")

    def narrow(self):
        """So few columns that there is something beyond."""
        self.t.resize(40, 24)
        self.t.wait_until(lambda lines: "? help" in lines[-1], "a narrow screen")

    def page_number(self):
        """Of the bar, from 0."""
        return int(re.search(r"\[(\d) ", self.t.lines()[0])[1]) - 1

    def head(self):
        """The heads of the columns."""
        return self.t.lines()[self.head_row()]

    def head_row(self):
        """The first row with an arrow, or the third."""
        return next((n for n, line in enumerate(self.t.lines()) if "▲" in line or "▼" in line), 2)

    def again(self):
        """The project was changed: a new one, and a new shell."""
        self.close()
        self.__init__(self.place)

    def queue(self):
        """`quick` waits for web-01 in the queue."""
        self.home_servers()
        self.quick = self.project.debug_log().count("completed: quick for ")
        if not self.queued():
            self.t.press(":")
            self.t.type("run quick")
            self.t.press("Enter")
            self.title("Confirm: quick")
            self.t.press("w")
            until(self.queued, "an action in the queue")

    def queued(self):
        """How many actions wait."""
        with sqlite3.connect(f"file:{self.project.root}/var/runs.db?mode=ro", uri=True) as store:
            return store.execute("SELECT count(*) FROM queue").fetchone()[0]

    def shown(self, fact, what):
        """until(), with the screen where it fails."""
        try:
            until(fact, what)
        except Failure as failure:
            self.t.fail(str(failure))

    # ---- to the place, from wherever we are
    def home(self):
        """As a person would: Esc, numbers."""
        t = self.t
        if not self.inside:
            t.wait_re("^[$]$")
            t.type("clear; $IM; echo left with $?")
            t.press("Enter")
            walk.wait_page(t, "Envs")
            self.inside = True
        if t.ask("dump")[2].split()[:2] != ["24", "80"]:
            t.resize(80, 24)
            t.wait_until(lambda lines: lines[-1].endswith((" help", " cancel")), "a screen of 80x24")
        self.nothing_typed()
        if self.place in TITLES and self.row.act not in STAYS and self.last not in STAYS:
            self.settled()
            if t.lines()[1].startswith(TITLES[self.place]):
                t.press("G" if self.place == "AT_LOG" else "g")
                self.settled()
                return
        getattr(self, f"home_{self.place[3:].lower()}")()

    def nothing_typed(self):
        """No form, no question, no line below."""
        t = self.t
        for _ in range(4):
            lines = t.lines()
            boxed = any(re.search("Esc no|n no |Esc stay", line) for line in lines)
            if "Esc cancel" not in lines[-1] and not boxed and not re.match("[:/&]", lines[-2] or " "):
                return
            before = "\n".join(lines)
            t.press("Esc")
            t.wait_until(lambda lines, before=before: "\n".join(lines) != before, "an effect of Esc")

    def home_envs(self):
        walk.page(self.t, "Envs")
        self.title("Environments")
        walk.move_to(self.t, ENV)

    def home_servers(self):
        """None marked, the cursor on the first."""
        t = self.t
        if ENV in t.lines()[0]:
            walk.page(t, "Servers")
        else:
            walk.page(t, "Envs")
            walk.open_env(t, ENV)
        self.title("Servers")
        t.wait("web-09")
        self.settled()
        while "marked" in t.text():
            t.press("a")
            self.settled()
        t.press("g")

    def home_server(self):
        self.home_servers()
        self.t.press("Enter")
        self.title("Server: web-01")
        self.t.wait("Connection")

    def home_confirm(self):
        self.home_servers()
        self.t.press("d")
        self.title("Confirm")

    def home_ask(self):
        self.home_servers()
        self.t.press("D")
        self.t.wait("Take web-01 out")

    def home_form(self):
        self.home_servers()
        self.t.press("n")
        self.t.wait("A new server")

    def home_text(self):
        self.home_servers()
        self.t.press("?")
        self.title("Help of Servers")

    def home_log(self):
        self.home_servers()
        walk.page(self.t, "Log")
        self.t.press("Esc", *["Left"] * 9, "G")
        walk.page(self.t, "Log")
        self.t.press("G")
        self.t.wait("follows")

    def home_history(self):
        self.home_servers()
        walk.page(self.t, "History")
        self.t.wait("quick", "bad")
        self.t.press("g")
        self.settled()

    def home_chart(self):
        self.home_history()
        self.t.press("Enter")
        self.title("One run: bad")

    def home_settings(self):
        self.home_servers()
        walk.page(self.t, "Settings")
        self.t.press("g")
        self.settled()
        self.t.wait("max_parallel_workers")

    def home_run(self):
        """A deployment under way, three hosts at their step; it goes on from row to row, if it can."""
        t = self.t
        lines = t.lines()
        if self.fresh_run or "▶ running" not in lines[2] or not lines[1].startswith(" Run: deploy"):
            if "▶" in lines[0]:
                self.end_run()
            self.project.holds("deploy")
            self.home_servers()
            t.press("a")
            t.wait("9 marked")
            walk.start(t)
            waiting(*HOSTS[:3])
            self.state("▶ running")
            self.fresh_run = False
        t.press("g")
        self.settled()

    def state(self, text):
        """The head of the page Run says so."""
        self.t.wait_until(lambda lines: text in lines[2], f"a run that is «{text}»", seconds=10)

    def end_run(self):
        """Whatever is under way comes to its end."""
        go(*HOSTS)
        walk.page(self.t, "Run")
        self.t.press("c")
        self.state("over: ")

    def close(self):
        """The end."""
        self.t.any_bytes = True
        self.t.close()


# ---------------------------------------------------------------- what an act has to do, wherever it is done


def act_up(desk):
    desk.small()
    desk.changes(desk.cursor, "G")


def act_down(desk):
    desk.small()
    desk.changes(desk.cursor, "g")


def act_page_down(desk):
    desk.small()
    desk.changes(desk.cursor, "g")


def act_page_up(desk):
    desk.small()
    desk.changes(desk.cursor, "G")


def act_top(desk):
    desk.small()
    desk.changes(desk.cursor, "G")


def act_bottom(desk):
    desk.small()
    desk.changes(desk.cursor, "g")


def act_right(desk):
    desk.narrow()
    desk.changes(desk.body, "Left")


def act_left(desk):
    desk.narrow()
    desk.changes(desk.body, "Right")


def goes_to(name):
    """To a page of the bar."""

    def effect(desk):
        desk.do()
        if desk.row.word is None:
            desk.settled()
        walk.wait_page(desk.t, name, seconds=5)
        desk.t.wait_until(lambda lines: not re.match(" (Help of|Server:|Confirm|Log of|One run)", lines[1]), "a page of the bar")

    return effect


act_page_envs, act_page_servers, act_page_run, act_page_history, act_page_settings, act_page_log = map(goes_to, walk.PAGES)


def act_next_page(desk):
    at = desk.page_number()
    desk.do()
    walk.wait_page(desk.t, walk.PAGES[(at + 1) % 6], seconds=5)


def act_previous_page(desk):
    at = desk.page_number()
    desk.do()
    walk.wait_page(desk.t, walk.PAGES[(at - 1) % 6], seconds=5)


def act_help(desk):
    desk.do()
    desk.title("Help of")


def act_command(desk):
    desk.do()
    desk.t.wait_re("^:$")


def act_refresh(desk):
    """Nothing has changed, so nothing is seen; but it is possible."""
    desk.do()
    desk.settled()
    same("possible", False, "not possible" in desk.t.text())


def act_quit(desk):
    desk.says("left with 0")
    desk.inside = False


def act_interrupt(desk):
    desk.says("left with")
    desk.inside = False


def act_suspend(desk):
    desk.says("Stopped")
    desk.t.wait_re("^[$]$")
    desk.t.type("fg")
    desk.t.press("Enter")
    desk.t.wait_gone("Stopped")
    desk.t.wait_until(lambda lines: lines[-1].endswith((" help", " cancel")), "the screen again")


def act_redraw(desk):
    """All of it is sent again, and nothing else changes, but for numbers."""
    text, before = desk.body(), desk.t.bytes()["bytes"]
    desk.do()
    until(lambda: desk.t.bytes()["bytes"] > before + len(text) // 2, "a screen sent again")
    one, other = (re.sub("[ ~]*[0-9]+", " 0", body) for body in (text, desk.body()))
    same("screen", one, other)


def act_filter(desk):
    desk.do()
    desk.t.wait_re("^[/&]")
    desk.t.type("zzz")
    desk.t.wait_re("none is shown|0-0/0|no key fits", seconds=5)
    desk.t.press("Esc")
    desk.t.wait_gone("zzz")


def act_sort(desk):
    desk.changes(desk.head)


def act_sort_reverse(desk):
    desk.changes(desk.head, ">")


# ---- where a place has its own way


def envs_enter(desk):
    desk.do()
    desk.title("Servers: test-multi")


def envs_edit(desk):
    desk.do()
    desk.title(f"Settings: inventory/{ENV}/config.yml")


def envs_add(desk):
    desk.says("A new environment")


def envs_delete(desk):
    """Asks, names what goes, and wants the name typed."""
    desk.says(f"Delete the environment {ENV}?", "hosts.yml")
    desk.t.type(ENV)
    desk.t.wait(f"on: {ENV}")
    desk.t.press("Enter")
    until(lambda: not desk.project.env.exists(), "the end of the folder")
    desk.t.wait(f"{ENV} is deleted")
    desk.again()


def act_logs(desk):
    desk.do()
    walk.wait_page(desk.t, "Log", seconds=5)


def act_start_stop(desk):
    """The queue, of one quick action, runs to its end."""
    desk.queue()
    desk.home()
    desk.do()
    desk.shown(lambda: desk.project.debug_log().count("completed: quick for ") > desk.quick, "the action of the queue")
    until(lambda: not desk.queued(), "an empty queue")


def act_clear_queue(desk):
    desk.queue()
    desk.home()
    desk.says("queue")
    desk.t.press("y")
    until(lambda: not desk.queued(), "an empty queue")


def servers_enter(desk):
    desk.do()
    desk.title("Server: web-01")


def servers_mark(desk):
    desk.says("1 marked")


def servers_mark_all(desk):
    desk.says("9 marked")
    desk.t.press("a")
    desk.t.wait_gone("9 marked")


def proposes(action):
    """The page of confirmation; nothing is begun."""

    def effect(desk):
        desk.do()
        desk.title(f"Confirm: {action}")
        desk.t.press("Esc")
        desk.t.wait_gone("Confirm")

    return effect


act_deploy, act_provision, act_check, act_update = map(proposes, ("deploy", "provision", "check", "update"))


def act_rollback_action(desk):
    desk.says("no earlier release is known for web-01")


def act_run_action(desk):
    desk.do()
    desk.t.wait_re("^:run")
    desk.t.type("quick")
    desk.t.press("Enter")
    desk.title("Confirm: quick")


def act_test(desk):
    desk.says("test: 1 ok")


def act_test_marked(desk):
    desk.t.press("a")
    desk.t.wait("9 marked")
    desk.says("test: 9 ok")


def act_browse(desk):
    desk.says("http://127.10.0.1")


def servers_add(desk):
    desk.says("A new server")


def act_edit(desk):
    desk.says("Edit a server", "127.10.0.1")


def act_delete(desk):
    desk.says("Take web-01 out", "y yes")
    desk.t.press("y")
    until(lambda: "web-01:" not in (desk.project.env / "hosts.yml").read_text(), "hosts.yml without it")
    desk.again()


def servers_logs(desk):
    desk.do()
    desk.title("Log of a host: web-01")
    desk.t.wait("60")


server_logs = servers_logs


def ask_enter(desk):
    desk.do()
    until(lambda: "web-01:" not in (desk.project.env / "hosts.yml").read_text(), "a yes")
    desk.again()


def ask_back(desk):
    desk.do()
    desk.t.wait_gone("Take web-01 out")
    same("hosts.yml", True, "web-01:" in (desk.project.env / "hosts.yml").read_text())


def ask_interrupt(desk):
    desk.do()
    desk.t.wait_gone("Take web-01 out")


def form_enter(desk):
    desk.t.type("web-77")
    desk.t.wait("web-77")
    desk.do()
    until(lambda: "web-77" in (desk.project.env / "hosts.yml").read_text(), "a new server in hosts.yml")
    desk.again()


def form_field(desk):
    """The row of the form that is typed in."""
    return next((line for line in desk.t.lines() if "▶" in line), "")


def form_down(desk):
    desk.changes(lambda: form_field(desk))


def form_up(desk):
    desk.changes(lambda: form_field(desk), "Tab", "Tab")


def form_back(desk):
    desk.do()
    desk.t.wait_gone("A new server")


def form_interrupt(desk):
    desk.do()
    desk.t.wait_gone("A new server")


def confirm_enter(desk):
    desk.do()
    walk.wait_page(desk.t, "Run")
    desk.end_run()


def confirm_queue(desk):
    desk.do()
    until(desk.queued, "an action in the queue")
    desk.again()


def history_enter(desk):
    desk.do()
    desk.title("One run: bad")


def act_retry_failed(desk):
    desk.says("bad on 1 host", "web-02")
    desk.title("Confirm: bad")


def chart_enter(desk):
    desk.do()
    desk.title("Log of a host: web-01")


chart_logs = chart_enter


def act_nearer(desk):
    desk.changes(desk.body)


def act_farther(desk):
    desk.changes(desk.body, "+", "+")


def settings_edit(desk):
    desk.says("New value: 3", "Enter writes it")


settings_enter = settings_edit


def settings_delete(desk):
    desk.says("Take max_parallel_workers out of", "y yes")
    desk.t.press("y")
    until(lambda: "max_parallel_workers" not in (desk.project.env / "config.yml").read_text(), "config.yml without it")
    desk.again()


def run_enter(desk):
    desk.do()
    desk.t.wait_re("^ web-01: ")
    desk.t.press("q")
    desk.title("Run: deploy")


run_full_screen = run_enter


def run_logs(desk):
    desk.do()
    desk.title("Log of a host: web-01")


def run_pause(desk):
    desk.do()
    desk.state("paused ")
    desk.t.press("c")
    desk.state("▶ running")


def run_continue(desk):
    desk.t.press("p")
    desk.state("paused ")
    desk.do()
    desk.state("▶ running")


def run_promote(desk):
    desk.says("no canary waits for promote")


def run_abort(desk):
    """Asks; a run that is halted is no use to the next row."""
    desk.says("Abort the run?", "y yes")
    desk.t.press("y")
    desk.state("halts: aborted")
    desk.fresh_run = True


def run_kill(desk):
    desk.says("Kill the run?", "y yes")
    desk.t.press("y")
    desk.state("over: ")
    desk.fresh_run = True


def run_roll_back(desk):
    desk.says("the action has no rollback list")


def run_skip(desk):
    desk.t.press("G")
    desk.t.wait_re("^>  web-09")
    desk.says("web-09 skipped")
    desk.fresh_run = True


def run_retry(desk):
    """A host that runs cannot go again: it says so."""
    before = desk.t.lines()[-2]
    desk.do()
    desk.t.wait_until(lambda lines: lines[-2] != before and "web-01" in lines[-2], "why not")


def run_more_workers(desk):
    desk.changes(lambda: re.findall("/[0-9]+ busy", desk.t.text()))


def run_fewer_workers(desk):
    desk.changes(lambda: re.findall("/[0-9]+ busy", desk.t.text()), "+")


def run_right(desk):
    """Keys go to the output then, and back to the list."""
    desk.changes(desk.body)
    desk.t.press("Left")


def run_left(desk):
    desk.changes(desk.body, "Right")


def run_quit(desk):
    desk.says("is under way", "l leave")


def run_interrupt(desk):
    desk.says("interrupted: no new host is started")
    desk.fresh_run = True


def run_start_stop(desk):
    """What is queued stays while a run is under way, and starts when it is over."""
    desk.home()
    desk.do()
    desk.settled()
    same("run", True, "▶" in desk.t.lines()[0])


def run_clear_queue(desk):
    desk.says("queue")


def run_help(desk):
    desk.do()
    desk.title("Help of Run")


def run_redraw(desk):
    """Times change by themselves."""
    before = desk.t.bytes()["bytes"]
    desk.do()
    until(lambda: desk.t.bytes()["bytes"] > before + 1500, "a screen sent again")


def server_follow(desk):
    """Nothing comes at its end, so nothing is seen; of outputs and logs it is seen at AT_LOG."""
    desk.do()
    desk.settled()


text_follow = server_follow


def searches(desk):
    """Something that stands there more than once is searched for."""
    desk.t.press("/")
    desk.t.wait_re("^/")
    desk.t.type("for server web-01" if desk.place == "AT_LOG" else "e")
    desk.t.press("Enter")


def act_search(desk):
    desk.do()
    desk.t.wait_re("^/$")
    desk.t.type("the")
    desk.t.wait_re("^/the$")
    desk.t.press("Enter")
    desk.t.wait_until(lambda lines: not lines[-2].startswith("/"), "the end of the line")


def act_search_next(desk):
    desk.small()
    desk.t.press("g")
    searches(desk)
    desk.changes(lambda: [(run.row, run.col) for run in desk.t.cells() if run.back == "220"] + desk.cursor())


def act_search_previous(desk):
    desk.small()
    desk.t.press("g")
    searches(desk)
    desk.t.press("n", "n", "n")
    desk.changes(lambda: [(run.row, run.col) for run in desk.t.cells() if run.back == "220"] + desk.cursor())


def act_follow(desk):
    desk.small()
    desk.changes(lambda: "follows" in desk.t.text())


def act_back(desk):
    desk.changes(lambda: desk.t.lines()[1])


def envs_back(desk):
    """There is nothing behind; a filter is ended."""
    desk.t.press("/")
    desk.t.type("docker")
    desk.t.press("Enter")
    desk.t.wait("1-1 of 1")
    desk.do()
    desk.t.wait("1-2 of 2")


def effect_of(row):
    """The function for a row: of its place, or of its act; None: there is none."""
    names = (f"{row.place[3:].lower()}_{row.act[4:].lower()}", f"act_{row.act[4:].lower()}")
    return next((globals()[name] for name in names if name in globals()), None)


def press_all(place, wanted=None):
    """Each row of a place; what failed."""
    desk, failed, pressed = Desk(place), [], 0
    try:
        for row in rows():
            if row.place != place or (wanted and wanted not in (row.name, row.act)):
                continue
            if row.word and row.act in EVERYWHERE and place != "AT_ENVS":
                continue  # one way for all pages, and pressed there as a key
            effect = effect_of(row)
            if effect is None:
                failed.append(f"{place} {row.name}: no test presses it ({row.act})")
                continue
            desk.last, desk.row = desk.row.act if desk.row else None, row
            try:
                begin = time.monotonic()
                desk.home()
                effect(desk)
                pressed += 1
                if os.environ.get("TUI_VERBOSE"):
                    print(f"{time.monotonic() - begin:.2f} {place} {row.name}", flush=True)
            except Failure as failure:
                failed.append(f"{place} {row.name} ({row.act}): {failure}")
                if len(failed) > 3:
                    break
                desk.close()
                desk = Desk(place)
    finally:
        desk.close()
    if failed:
        raise Failure("\n".join(failed))
    return pressed


def test_envs():
    press_all("AT_ENVS")


def test_servers():
    press_all("AT_SERVERS")


def test_server():
    press_all("AT_SERVER")


def test_run():
    press_all("AT_RUN")


def test_history():
    press_all("AT_HISTORY")


def test_chart():
    press_all("AT_CHART")


def test_settings():
    press_all("AT_SETTINGS")


def test_log():
    press_all("AT_LOG")


def test_text():
    press_all("AT_TEXT")


def test_form():
    press_all("AT_FORM")


def test_ask():
    press_all("AT_ASK")


def test_confirm():
    press_all("AT_CONFIRM")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        press_all(sys.argv[1], sys.argv[2])
    main(globals())
