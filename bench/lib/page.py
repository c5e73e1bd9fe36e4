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
        cells = [tag("td", "–"), tag("td", "not measured here", "none"), tag("td", "", "w")]
    else:
        value, met, where = verdict
        digits = 3 if goal.limit < 5 else 1
        cells = [
            tag("td", table.number(value, digits)),
            tag("td", "✓ met" if met else "✗ missed", "met" if met else "missed"),
            tag("td", tag("small", esc(where)), "w"),
        ]
    return tag(
        "tr",
        tag("td", esc(goal.text), "w")
        + tag("td", sign(goal))
        + "".join(cells)
        + tag("td", tag("small", esc(goal.elsewhere)), "w"),
    )


def goals_section(verdicts):
    """What was promised, and what came of it."""
    head = "".join(
        tag("th", word, "w" if word in ("where", "elsewhere") else "")
        for word in ("", "goal", "measured", "", "where", "elsewhere")
    )
    rows = "".join(goal_row(*verdict) for verdict in verdicts)
    return (
        '<h2 id="goals">Goals</h2>'
        + tag("p", "The worst row of all that measured it is held against each.", "soft")
        + tag("div", tag("table", tag("thead", tag("tr", head)) + tag("tbody", rows)), "wide")
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


def row_lines(row, columns, count, with_goals, ours):
    """A row of a table, and its notes below it."""
    if row["error"]:
        rest = f'<td colspan="{count - 1}" class="w missed">failed: {esc(row["error"])}</td>'
    else:
        rest = "".join(data_cell(row, column) for column in columns) + (goal_cell(row) if with_goals else "")
    line = tag("tr", tag("td", esc(row["contender"])) + rest, "us" if ours and svg.is_ours(row["contender"]) else "")
    notes = [f"{row['contender']}: {note}" for note in row["notes"] if not note.startswith("loop:")]
    return line + "".join(f'<tr class="note"><td colspan="{count}">{esc(note)}</td></tr>' for note in notes)


def suite_table(result, cells):
    """Cells under one head."""
    columns = table.shown_columns(result, cells)
    with_goals = any(goal_cell(row) != "<td></td>" for cell in cells for row in cell["rows"])
    head = (
        tag("th", "")
        + "".join(tag("th", esc(table.head_of(column))) for column in columns)
        + (tag("th", "goal") if with_goals else "")
    )
    count = len(columns) + 1 + with_goals
    lines = ""
    for cell in cells:
        lines += f'<tr class="cell"><td colspan="{count}">{esc(cell["title"])}</td></tr>'
        ours = any(not svg.is_ours(row["contender"]) for row in cell["rows"])
        lines += "".join(row_lines(row, columns, count, with_goals, ours) for row in cell["rows"])
        lines += f'<tr class="note"><td colspan="{count}">{esc(cell["note"])}</td></tr>' if cell["note"] else ""
    return tag("div", tag("table", tag("thead", tag("tr", head)) + tag("tbody", lines)), "wide")


def suite_tables(result):
    """As many as there are kinds of cells."""
    return "".join(suite_table(result, group) for group in table.groups_of(result, result["cells"]))


def charts_of(result):
    """Every panel; wide ones over both columns."""
    figures = ""
    for chart in result["charts"]:
        for title, drawing in svg.draw(result, chart):
            wide = chart["kind"] in ("dots", "spread")
            caption = tag("b", esc(chart["title"])) + ("" if wide else "<br>" + esc(title))
            figures += tag("figure", tag("figcaption", caption) + drawing, "full" if wide else "")
    return tag("div", figures, "charts") if figures else ""


def how_of(result):
    """How each column was taken."""
    have = {key for cell in result["cells"] for row in cell["rows"] for key in row["figures"]}
    terms = "".join(
        tag("dt", esc(column["title"])) + tag("dd", esc(column["how"]))
        for column in result["columns"]
        if column["key"] in have and column["how"] and column["shown"]
    )
    return "<details><summary>How each figure was taken</summary>" + tag("dl", terms) + "</details>"


def suite_section(result):
    """Charts, table, how."""
    busy = ""
    if max(result["machine"].get("busy_before", 0), result.get("busy_after", 0)) > 10:
        busy = tag("p", "The machine was busy with other things: wall times are too long.", "missed")
    return (
        f'<h2 id="{result["suite"]}">{esc(result["title"])}</h2>'
        + "".join(tag("p", esc(text), "soft") for text in result["how"])
        + busy
        + charts_of(result)
        + suite_tables(result)
        + how_of(result)
        + tag(
            "p",
            f"{result['took_s']:.0f} s, {esc(result['machine']['date'])}, commit {esc(result['machine']['commit'])}, {result['mode']}",
            "soft",
        )
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
        "title": "Turns of the loop, ms: p50, p99, p99.9 and the longest (goals: p99.9 10 ms, longest 50 ms)",
    }
    panels = "".join(
        tag("figure", tag("figcaption", tag("b", esc(title))) + drawing, "full")
        for title, drawing in svg.draw(joined, chart)
    )
    return (
        '<h2 id="loop">Loop stall</h2>'
        + tag("p", esc(stall.HOW) + ".", "soft")
        + tag("div", panels, "charts")
        + suite_table(joined, joined["cells"])
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


def tiles(verdicts, results):
    """The first look."""
    judged = [verdict for _, verdict in verdicts if verdict]
    met = sum(verdict[1] for verdict in judged)
    rows = sum(len(cell["rows"]) for result in results for cell in result["cells"])
    told = [
        (f"{met} of {len(judged)}", "goals met"),
        (f"{len(verdicts) - len(judged)}", "goals not measured here"),
        (f"{len(results)}", "suites"),
        (f"{rows}", "rows"),
        (f"{sum(result['took_s'] for result in results) / 60:.0f} min", "of measuring"),
    ]
    return tag("div", "".join(tag("div", tag("b", value) + tag("span", name), "tile") for value, name in told), "tiles")


def render(results, verdicts):
    """The whole page; results in the order in which they are shown, at least one."""
    machine = results[-1]["machine"]
    links = [
        ("goals", "Goals"),
        *((result["suite"], result["title"].split(":")[0]) for result in results),
        ("loop", "Loop stall"),
        ("machine", "Machine"),
    ]
    head = (
        f"<h1>inventory-manager: the bench</h1><p class=\"soft\">{esc(machine['cpu'])}, {machine['cores']} cores, "
        f"{esc(machine['system'])}; {esc(machine['date'])}; commit {esc(machine['commit'])}. Medians, lowest and highest beside them; "
        f"key exchange {esc(machine['kex'])}.</p>"
    )
    nav = tag("nav", "".join(f'<a href="#{name}">{esc(title)}</a>' for name, title in links))
    body = (
        head
        + nav
        + tiles(verdicts, results)
        + goals_section(verdicts)
        + "".join(map(suite_section, results))
        + stall_section(results)
        + machine_section(machine)
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>inventory-manager: the bench</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>\n"
    )
