"""The results as one HTML page: nothing is fetched, charts are inline SVG, light and dark by the reader's system."""
import html
import pathlib

from bench.lib import goals, stall, svg, table

STYLE = pathlib.Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def tag(name, inside, class_=""):
    """<name class>inside</name>; inside is HTML."""
    return f"<{name}{f' class={chr(34)}{class_}{chr(34)}' if class_ else ''}>{inside}</{name}>"


def esc(text):
    """Text as HTML; `code` in backticks."""
    parts = html.escape(text, quote=False).split("`")
    return "".join(tag("code", part) if at % 2 else part for at, part in enumerate(parts))


def sign(goal):
    """`≤ 1.03`."""
    return esc(goal.wanted().replace("<=", "≤").replace(">=", "≥"))


def goal_row(goal, verdict):
    """A row of the table of goals."""
    if verdict is None:
        told = [tag("td", "–"), tag("td", "not measured", "none"), tag("td", esc(f"`bench/run {goal.by}`"), "w more")]
    else:
        value, met, where = verdict
        told = [
            tag("td", tag("b", goal.told(value))),
            tag("td", "✓ met" if met else "✗ missed", "met" if met else "missed"),
            tag("td", f'<a href="#{where.split("/")[0]}">{esc(where)}</a>', "w more"),
        ]
    words = [tag("td", esc(goal.text), "w"), tag("td", sign(goal)), *told, tag("td", esc(goal.elsewhere), "w more")]
    return tag("tr", "".join(words), "" if verdict and verdict[1] else "open")


def goals_section(verdicts):
    """What was promised, and what came of it."""
    heads = (("", "w"), ("goal", ""), ("measured", ""), ("", ""), ("measured where", "w more"), ("elsewhere", "w more"))
    head = "".join(tag("th", word, class_) for word, class_ in heads)
    rows = "".join(goal_row(*verdict) for verdict in verdicts)
    return (
        '<h2 id="goals">The speed to reach</h2>'
        + tag("p", "The worst row of all that measured it is held against each goal.", "soft")
        + tag("div", tag("table", tag("thead", tag("tr", head)) + tag("tbody", rows), "goals"), "wide")
    )


def data_cell(row, column):
    """The middle, and the spread in small."""
    figure = row["figures"].get(column["key"])
    if figure is None:
        return tag("td", "")
    low, middle, high = (table.number(figure[key], column["digits"]) for key in ("min", "value", "max"))
    return tag("td", middle + ("" if low == high else " " + tag("small", f"{low}–{high}")))


def goal_cell(row):
    """Each goal of the row that the loop does not have: those are in the section of the loop."""
    words = []
    for name, value in row["goals"].items():
        if not name.startswith("stall-"):
            goal = goals.BY_NAME[name]
            met = goal.met(value)
            words.append(tag("span", f"{'✓' if met else '✗'} {sign(goal)}", "met" if met else "missed"))
    return tag("td", "".join(words), "goal") if words else "<td></td>"


def row_line(row, columns, count, runs, with_goals, ours):
    """A row of a table."""
    if row["error"]:
        rest = f'<td colspan="{count - 1}" class="w missed">failed: {esc(row["error"])}</td>'
    else:
        rest = "".join(data_cell(row, column) for column in columns) + tag("td", str(row["rounds"]), "soft") * runs
        rest += goal_cell(row) * with_goals
    return tag("tr", tag("td", esc(row["contender"])) + rest, "us" if ours and svg.is_ours(row["contender"]) else "")


def suite_table(result, cells, bare=False):
    """Cells under one head; bare: without the number of runs, goals and remarks."""
    columns, runs = table.shown_columns(result, cells), not bare and table.has_runs(cells)
    with_goals = not bare and any(goal_cell(row) != "<td></td>" for cell in cells for row in cell["rows"])
    heads = ["", *(table.head_of(column) for column in columns), *["runs"] * runs, *["goal"] * with_goals]
    lines = ""
    for cell in cells:
        lines += f'<tr class="cell"><td colspan="{len(heads)}">{esc(cell["title"])}</td></tr>'
        ours = any(not svg.is_ours(row["contender"]) for row in cell["rows"])
        lines += "".join(row_line(row, columns, len(heads), runs, with_goals, ours) for row in cell["rows"])
        for note in [] if bare else [*table.notes_of(cell), *[cell["note"]] * bool(cell["note"])]:
            lines += f'<tr class="note"><td colspan="{len(heads)}">{esc(note)}</td></tr>'
    head = tag("thead", tag("tr", "".join(tag("th", esc(word)) for word in heads)))
    return tag("div", tag("table", head + tag("tbody", lines)), "wide")


def suite_tables(result):
    """As many as there are kinds of cells."""
    return "".join(suite_table(result, group) for group in table.groups_of(result, result["cells"]))


def panel(caption, drawings):
    """A figure; of two drawings the first is for a screen, the second for a phone."""
    if len(drawings) == 1:
        return tag("figure", tag("figcaption", caption) + drawings[0])
    both = tag("div", drawings[0], "screen") + tag("div", drawings[1], "phone")
    return tag("figure", tag("figcaption", caption) + both, "full")


def cell_charts(result, charts):
    """A line of panels a cell, one a chart: the same figure below the same of the cell before."""
    drawn = [(chart, {cell["name"]: drawing for cell, drawing in svg.draw(result, chart)}) for chart in charts]
    lines = ""
    for cell in result["cells"]:
        panels = [panel(tag("b", esc(c["title"])), of[cell["name"]]) for c, of in drawn if cell["name"] in of]
        if panels:
            lines += tag("section", tag("h3", esc(cell["title"])) + tag("div", "".join(panels), "charts"), "line")
    return lines


def charts_of(result):
    """Every panel; wide ones over all columns."""
    figures = ""
    for chart in result["charts"]:
        if not chart.get("each"):
            for cell, drawings in svg.draw(result, chart):
                caption = tag("b", esc(chart["title"])) + (f"<br>{esc(cell['title'])}" if cell else "")
                figures += panel(caption, drawings)
    lines = cell_charts(result, [chart for chart in result["charts"] if chart.get("each")])
    return (tag("div", figures, "charts") if figures else "") + lines


def how_of(result):
    """What was done, and how each column was taken."""
    have = {key for cell in result["cells"] for row in cell["rows"] for key in row["figures"]}
    terms = "".join(
        tag("dt", esc(table.head_of(column))) + tag("dd", esc(column["how"]))
        for column in result["columns"]
        if column["key"] in have and column["how"] and column["shown"]
    )
    more = "".join(tag("p", esc(text)) for text in result["how"][1:])
    return tag("div", tag("h3", "How it was taken") + more + tag("dl", terms), "how")


def taken(result):
    """When, from what."""
    machine = result["machine"]
    return f"{result['took_s']:.0f} s, {machine['date']}, commit {machine['commit']}, {result['mode']} bench"


def is_busy(result):
    """Did the machine do other things?"""
    return max(result["machine"].get("busy_before", 0), result.get("busy_after", 0)) > 10


def suite_section(result):
    """Charts, tables, how."""
    busy = "The machine was busy with other things meanwhile: wall times are too long."
    return (
        f'<h2 id="{result["suite"]}">{esc(result["title"])}</h2>'
        + "".join(tag("p", esc(text), "soft") for text in result["how"][:1])
        + (tag("p", f"ended early: {esc(result['error'])}", "missed") if result["error"] else "")
        + (tag("p", busy, "missed") if is_busy(result) else "")
        + charts_of(result)
        + suite_tables(result)
        + how_of(result)
        + tag("p", esc(taken(result)), "soft small")
    )


def stall_section(results):
    """The loop's turns of every suite that looked."""
    joined = {
        "columns": [
            dict(column, shown=True)
            for result in results
            for column in result["columns"]
            if column["key"].startswith("stall_")
        ],
        "cells": [
            dict(
                cell, rows=rows, title=f"{result['suite']}: {cell['title']}", short=f"{result['suite']} {cell['name']}"
            )
            for result in results
            for cell in result["cells"]
            if (rows := [row for row in cell["rows"] if "stall_p50" in row["figures"]])
        ],
    }
    if not joined["cells"]:
        return ""
    joined["columns"] = list({column["key"]: column for column in joined["columns"]}.values())
    chart = {
        "kind": "spread",
        "columns": [(f"stall_{key}", title) for key, title in stall.PARTS],
        "log": True,
        "limit": [10, 50],
        "title": "Turns of the loop, ms, logarithmic (goals: p99.9 10 ms, longest 50 ms); in numbers: the longest",
    }
    panels = "".join(panel(tag("b", esc(chart["title"])), drawings) for _, drawings in svg.draw(joined, chart))
    return (
        '<h2 id="loop">Loop stall</h2>'
        + tag("p", esc(stall.HOW) + ".", "soft")
        + tag("div", panels, "charts")
        + suite_table(joined, joined["cells"], bare=True)
    )


def machine_section(machine):
    """What it was taken on."""
    rows = [
        ("processor", f"{machine['cpu']}, {machine['cores']} cores"),
        ("memory", f"{machine['memory_mb']:,} MB"),
        ("system", f"{machine['system']}, Linux {machine['kernel']}"),
        ("open files", f"{machine['files_soft']:,} of {machine['files_hard']:,}"),
        ("key exchange", machine["kex"]),
        ("busy before", f"{machine.get('busy_before', 0):g} %, load {machine['load_before']}"),
        ("versions", ", ".join(f"{name} {version}" for name, version in machine["versions"].items())),
    ]
    return '<h2 id="machine">The machine</h2>' + tag(
        "dl", "".join(tag("dt", esc(name)) + tag("dd", esc(text)) for name, text in rows)
    )


# goal, digits of its number, what stands behind it, what it is
HEADLINES = (
    ("cpu-ed25519", 2, " ms", "of CPU a host: connect, log in, run"),
    ("hosts-10000", 1, " s", "for 10,000 hosts on one core"),
    ("wall-pdsh", 1, "×", "faster than pdsh"),
    ("cpu-pdsh", 1, "×", "less CPU than pdsh"),
    ("deploy-wall", 1, "×", "faster than an ansible playbook"),
    ("deploy-cpu", 0, "×", "less CPU than an ansible playbook"),
    ("waves-1000", 3, "", "measured / ideal, waves of 1,000 hosts"),
    ("idle-memory", 1, " KB", "an idle session"),
    ("upload-rate", 0, " MB/s", "of upload"),
    ("trips-first", 0, "", "round trips to the first output"),
)


def tiles(verdicts):
    """The first look: what came of the goals, and the numbers that people ask for."""
    judged = [verdict for _, verdict in verdicts if verdict]
    met, others = sum(verdict[1] for verdict in judged), len(verdicts) - len(judged)
    more = f", {others} not measured" if others else ""
    told = [(f"{met} of {len(judged)}", f"goals met, {len(judged) - met} missed{more}", "tile first")]
    by_name = {goal.name: verdict for goal, verdict in verdicts if verdict}
    for name, digits, unit, text in HEADLINES:
        if name in by_name:
            value, is_met, _ = by_name[name]
            told.append((table.number(value, digits) + unit, text, "tile" if is_met else "tile bad"))
    return tag(
        "div", "".join(tag("div", tag("b", big) + tag("span", small), class_) for big, small, class_ in told), "tiles"
    )


def facts(results):
    """Machine, date, commit, how long; and what a reader has to know before any number."""
    last = max(results, key=lambda result: result["started"])
    machine, commits = last["machine"], {result["machine"]["commit"] for result in results}
    minutes = sum(result["took_s"] for result in results) / 60
    rows = [
        (
            "machine",
            f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mb']:,} MB; {machine['system']}, Linux {machine['kernel']}",
        ),
        ("taken", f"{machine['date']}, commit {', '.join(sorted(commits))}, {minutes:.0f} minutes"),
        (
            "numbers",
            f"the middle of the runs, the lowest and the highest small beside it; key exchange {machine['kex']}",
        ),
    ]
    busy = [result["title"].split(":")[0] for result in results if is_busy(result)]
    text = tag("dl", "".join(tag("dt", name) + tag("dd", esc(words)) for name, words in rows), "facts")
    if len(commits) > 1:
        text += tag("p", "The suites were run at different commits: each says its own.", "missed")
    if busy:
        text += tag(
            "p",
            f"The machine was busy with other things meanwhile; wall times are too long in: {esc(', '.join(busy))}.",
            "missed",
        )
    return text


def render(results, verdicts):
    """The whole page; results in the order in which they are shown, at least one."""
    links = [
        ("goals", "Goals"),
        *((result["suite"], result["title"].split(":")[0]) for result in results),
        ("loop", "Loop stall"),
        ("machine", "Machine"),
    ]
    body = (
        "<h1>inventory-manager: the bench</h1>"
        + facts(results)
        + tag("nav", "".join(f'<a href="#{name}">{esc(title)}</a>' for name, title in links))
        + tiles(verdicts)
        + goals_section(verdicts)
        + "".join(map(suite_section, results))
        + stall_section(results)
        + machine_section(max(results, key=lambda result: result["started"])["machine"])
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>inventory-manager: the bench</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
