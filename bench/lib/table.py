"""Tables for a terminal and for Markdown, from the JSON of result.py: aligned columns, units in the head."""
from bench.lib.goals import BY_NAME


def number(value, digits):
    """1234567.5 -> 1,234,567.5; digits behind the point."""
    return f"{value:,.{digits}f}"


def shown_columns(result, cells):
    """The columns that are to be shown and that some row of the cells has."""
    have = {key for cell in cells for row in cell["rows"] for key in row["figures"]}
    return [column for column in result["columns"] if column["shown"] and column["key"] in have]


def groups_of(result, cells):
    """Runs of cells that one head fits: the figures of one are among those of the other."""
    groups = []
    for cell in cells:
        keys = {column["key"] for column in shown_columns(result, [cell])}
        if groups and (keys <= groups[-1][0] or keys >= groups[-1][0]):
            groups[-1][0].update(keys)
            groups[-1][1].append(cell)
        else:
            groups.append((keys, [cell]))
    return [group for _, group in groups]


def head_of(column):
    """`wall s`: title and unit."""
    return f"{column['title']} {column['unit']}".strip()


def figure_text(row, column):
    """`1.02 (1.01-1.05)` where samples differ in the digits shown, `1.02` where not, `` where there is none."""
    figure = row["figures"].get(column["key"])
    if figure is None:
        return ""
    digits = column["digits"]
    middle, low, high = (number(figure[key], digits) for key in ("value", "min", "max"))
    return middle if low == high else f"{middle} ({low}-{high})"


def goals_text(row):
    """`met: 1.02 <= 1.03`, several with `; `."""
    texts = []
    for name, value in row["goals"].items():
        goal = BY_NAME[name]
        met = "met" if goal.met(value) else "MISSED"
        texts.append(f"{met}: {goal.told(value)} {goal.wanted()}")
    return "; ".join(texts)


def notes_of(cell):
    """Remarks of its rows, as `clush, pssh: one run`: equal ones once; those on the loop are left out."""
    said = {}
    for row in cell["rows"]:
        for note in row["notes"]:
            if not note.startswith("loop:"):
                said.setdefault(note, []).append(row["contender"])
    every = len(cell["rows"])
    return [note if len(names) == every > 1 else f"{', '.join(names)}: {note}" for note, names in said.items()]


def has_runs(cells):
    """Is the number of runs worth a column: are there rows that were not run five times?"""
    return any(row["rounds"] != 5 and row["figures"] for cell in cells for row in cell["rows"])


def cell_lines(result, cell):
    """The cell as rows of text, its head first."""
    columns = shown_columns(result, [cell])
    goals = any(row["goals"] for row in cell["rows"])
    runs = has_runs([cell])
    head = [""] + [head_of(column) for column in columns] + ["runs"] * runs + ["goal"] * goals
    lines = [head]
    for row in cell["rows"]:
        if row["error"]:
            lines.append([row["contender"], f"FAILED: {row['error']}"])
            continue
        lines.append(
            [row["contender"]]
            + [figure_text(row, column) for column in columns]
            + [str(row["rounds"])] * runs
            + [goals_text(row)] * goals
        )
    return lines


WORDS = ("", "goal", "where", "verdict")  # heads of columns that hold words, not numbers


def align(lines):
    """Rows of text: numbers to the right, words to the left; a row that is too short stands as it is."""
    full = [line for line in lines if len(line) == len(lines[0])]
    widths = [max(len(line[at]) for line in full) for at in range(len(lines[0]))]
    texts = []
    for line in lines:
        if len(line) < len(lines[0]):
            texts.append("  " + "  ".join(line))
            continue
        words = [
            word.ljust(width) if name in WORDS else word.rjust(width)
            for name, word, width in zip(lines[0], line, widths)
        ]
        texts.append(("  " + "  ".join(words)).rstrip())
    return texts


def cell_text(result, cell):
    """What is printed when a cell is over."""
    texts = [cell["title"], *align(cell_lines(result, cell))]
    texts += [f"  ({note})" for note in [cell["note"]] if note]
    texts += [f"  {note}" for note in notes_of(cell)]
    texts += [
        f"  {row['contender']}: {note}" for row in cell["rows"] for note in row["notes"] if note.startswith("loop:")
    ]
    return "\n".join(texts)


def verdict_text(verdicts, suites=None):
    """The table of goals at the end of a run, from goals.judge; of these suites alone, where they are given."""
    verdicts = [pair for pair in verdicts if pair[1] or not suites or any(name in pair[0].by for name in suites)]
    lines, others = [["", "wanted", "measured", "verdict", "where"]], 0
    for goal, verdict in verdicts:
        if verdict is None:
            others += 1
            lines.append([goal.text, goal.wanted(), "", "not measured", goal.by])
            continue
        value, met, where = verdict
        lines.append([goal.text, goal.wanted(), goal.told(value), "met" if met else "MISSED", where])
    met = sum(line[3] == "met" for line in lines)
    last = f"{met} met, {len(lines) - 1 - met - others} missed, {others} not measured"
    return "\n".join([*align(lines), last])
