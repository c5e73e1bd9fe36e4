"""Ways through the full screen that tests, captures, the film and the bench share: its words stand here once."""
PAGES = ("Envs", "Servers", "Run", "History", "Settings", "Log")


def wait_page(t, name, seconds=None):
    """The page of the bar is the current one."""
    t.wait(f"[{PAGES.index(name) + 1} {name}]", seconds=seconds)


def settled(t):
    """All keys until now have had their effect, and it is seen whole: one more has, and is taken back."""
    t.press(":")
    t.wait_re("^:$")
    t.press("Backspace")
    t.wait_until(lambda lines: not lines[-2].startswith(":"), "no line")


def page(t, name):
    """Go there by its number."""
    t.press(str(PAGES.index(name) + 1))
    wait_page(t, name)
    settled(t)


def cursor_row(lines):
    """The number of the row with the cursor of a list; None: no list."""
    for number, line in enumerate(lines):
        if line.startswith(">"):
            return number
    return None


def move_to(t, word):
    """The cursor of the list goes to the row with this word, which is on the screen."""
    t.wait_until(lambda lines: cursor_row(lines) is not None, "a list with a cursor")
    lines = t.lines()
    goal = next((n for n, line in enumerate(lines) if n > 1 and word in line[1:].split()), None)
    if goal is None:
        t.fail(f"no row has {word}")
    at = cursor_row(lines)
    t.press(*(["Down"] * (goal - at) + ["Up"] * (at - goal)))
    t.wait_until(lambda lines: cursor_row(lines) == goal, f"the cursor at {word}")


def open_env(t, name):
    """From the first page into an environment."""
    wait_page(t, "Envs")
    t.wait(name)
    settled(t)
    move_to(t, name)
    t.press("Enter")
    wait_page(t, "Servers")


def propose(t, key, action):
    """An action on the servers that are marked: its page of confirmation."""
    t.press(key)
    t.wait(f"{action} on ")


def start(t, key="d", action="deploy"):
    """The same, begun: the page Run."""
    propose(t, key, action)
    t.press("Enter")
    wait_page(t, "Run")


def leave(t):
    """Out, where nothing is under way."""
    t.press("q")
