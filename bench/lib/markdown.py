"""The results as Markdown tables, between two marks of a file that has more to say."""
from bench.lib import table

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def line_of(words):
    """| a | b |"""
    return "| " + " | ".join(word.replace("|", "\\|") for word in words) + " |"


def rows_of(head, lines):
    """A table; the first column to the left."""
    return [line_of(head), "|---|" + "---:|" * (len(head) - 1), *map(line_of, lines)]


def verdict_lines(verdicts):
    """The table of goals."""
    lines = []
    for goal, verdict in verdicts:
        if verdict is None:
            lines.append([goal.text, goal.wanted(), "", f"not measured: {goal.by}"])
            continue
        value, met, _ = verdict
        lines.append([goal.text, goal.wanted(), goal.told(value), "met" if met else "**missed**"])
    return rows_of(["goal", "wanted", "measured", ""], lines)


def cells_lines(result, cells):
    """One table: a line a row, its cell named where it begins."""
    columns, runs = table.shown_columns(result, cells), table.has_runs(cells)
    lines = []
    for cell in cells:
        for at, row in enumerate(cell["rows"]):
            figures = ["failed"] if row["error"] else [table.figure_text(row, column) for column in columns]
            figures += [""] * (len(columns) - len(figures)) + [str(row["rounds"])] * runs
            lines.append([cell["title"] if at == 0 else "", row["contender"], *figures])
    return rows_of(["", "", *(table.head_of(column) for column in columns), *["runs"] * runs], lines)


def suite_lines(result):
    """How, tables, notes."""
    lines = [f"### {result['title']}", "", *(line for text in result["how"] for line in (text, ""))]
    for group in table.groups_of(result, result["cells"]):
        lines += [*cells_lines(result, group), ""]
    return lines + [f"- {cell['title']}: {note}" for cell in result["cells"] for note in table.notes_of(cell)]


def render(results, verdicts):
    """All of it, as lines."""
    machine = results[-1]["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    text = [
        f"Taken on {machine['date']} at commit {machine['commit']}: {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_mb']:,} MB, {machine['system']}, Linux {machine['kernel']}; {versions}. "
        f"Key exchange: {machine['kex']}. Medians, in brackets the lowest and the highest; `make bench` makes these tables, "
        "`bench/report` a page with charts.",
        "",
        *verdict_lines(verdicts),
        "",
    ]
    for result in results:
        text += [*suite_lines(result), ""]
    return text


def put(path, lines):
    """Replace what is between the marks; they are added at the end where they are missing."""
    old = path.read_text(encoding="utf-8") if path.exists() else "# Performance\n"
    if BEGIN not in old or END not in old:
        old = old.rstrip("\n") + f"\n\n## The bench\n\n{BEGIN}\n{END}\n"
    before, rest = old.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    path.write_text(before + BEGIN + "\n" + "\n".join(lines).rstrip("\n") + "\n" + END + after, encoding="utf-8")
