"""Charts as inline SVG: horizontal bars, dots on one scale, lines.  Colours are CSS classes of the page.

A chart is a dict in a suite's CHARTS, which the JSON carries along:
    kind     "bars": a panel a cell, a bar a row; "dots": one panel, a line a row of all cells; "line": a panel a cell,
             a point a row, x is a figure too; "spread": as dots, several figures of a row on one log scale
    column   key of the figure (spread: "columns", list of (key, label)); line: also "x"
    title    what is shown, with its unit
    cells    pattern of cell names, default all;  but: of those left out;  rows: pattern of contenders
    log      true: logarithmic scale, for bars and dots
    limit    a goal, drawn as a line;  mark: dots: where each row's line begins;  from: where a linear scale begins (default 0)
    times    bars: key of a figure that says how many times ours it is;  shared: true, one scale for all panels
    each     bars: true, the panels of one cell stand in a line, those of other such charts beside them
    beside   bars: key of a figure that is marked on each bar, e.g. an ideal
"""
import fnmatch
import html
import math

PANEL, FULL = 340, 1030  # widths: one of three panels in a line, which is a phone's too; one over all of them
RIGHT, BAR, AXIS, CHARACTER, BOLD = 52, 13, 22, 7.0, 7.6
ROW, TALL = 22, 38  # a row; a row with its label above
WIDEST, ABOVE = 0.46, 12  # part of the width: a label that takes more stands above, and its bar begins there


def element(name, text="", **attributes):
    """One element; attributes that end in _ lose it, _ in others becomes -."""
    words = " ".join(
        f'{key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"' for key, value in attributes.items()
    )
    return f"<{name} {words}>{text}</{name}>"


def label(x, y, text, class_="t", anchor="start"):
    """A line of text."""
    return element("text", html.escape(text), x=f"{x:.1f}", y=f"{y:.1f}", class_=class_, text_anchor=anchor)


def nice_ticks(low, high, log):
    """Round numbers: powers of ten from below low, or about five steps of 1, 2 or 5 that cover low to high."""
    if log:
        first, last = math.floor(math.log10(low / 1.6)), math.floor(math.log10(high))
        return [10.0**power for power in range(first, last + 1)]
    span = (high - low) or 1
    step = 10 ** math.floor(math.log10(span / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if span / (step * factor) <= 5)
    first = math.floor(low / step + 1e-9)
    return [round(step * at, 10) for at in range(first, math.ceil(high / step - 1e-9) + 1)]


def plain(value):
    """A tick's text."""
    return f"{value:,.10f}".rstrip("0").rstrip(".") if value < 1 else f"{value:,g}" if value < 1e6 else f"{value:,.0f}"


class Scale:
    """Maps values to x between left and left + width."""

    def __init__(self, values, left, width, log=False, start=0):
        low, high = (min(values), max(values)) if log else (min([start, *values]), max(values))
        self.log, self.left, self.width = log, left, width
        self.ticks = nice_ticks(low, high if high > low else low + 1, log)
        self.low, self.high = self._of(self.ticks[0]), self._of(max(high, self.ticks[-1]))

    def _of(self, value):
        return math.log10(max(value, 1e-9)) if self.log else value

    def at(self, value):
        """x of a value."""
        part = (self._of(value) - self.low) / ((self.high - self.low) or 1)
        return self.left + self.width * min(1, max(0, part))

    def grid(self, top, bottom):
        """Lines, and numbers below them: as many as there is room for."""
        room = 8 + 6.5 * max(len(plain(t)) for t in self.ticks)
        every = math.ceil(room * len(self.ticks) / (self.width + room))
        return "".join(
            element("line", x1=f"{self.at(t):.1f}", x2=f"{self.at(t):.1f}", y1=top, y2=bottom, class_="grid")
            + (label(self.at(t), bottom + 15, plain(t), "n", "middle") if at % every == 0 else "")
            for at, t in enumerate(self.ticks)
        )

    def mark(self, value, top, bottom):
        """A goal."""
        x = f"{self.at(value):.1f}"
        return element("line", x1=x, x2=x, y1=top, y2=bottom, class_="limit")


def room_for(names, width):
    """(where bars begin, height of a row): labels stand before the bars, or above where they are long."""
    room = 12 + max((BOLD if is_ours(name) else CHARACTER) * len(name) for name in names)
    return (room, ROW) if room <= WIDEST * width else (ABOVE, TALL)


def name_label(name, left, y, width, class_="t"):
    """The label of a row whose bar begins at y: before it, or above it."""
    if left > ABOVE:
        return label(left - 8, y + 11, name, class_, "end")
    most = int(width / CHARACTER)
    return label(0, y - 7, name if len(name) <= most else f"{name[: most // 2 - 1]}…{name[-most // 2 :]}", class_)


def picture(width, height, title, inside):
    """The svg around it."""
    return element(
        "svg",
        element("title", html.escape(title)) + inside,
        viewBox=f"0 0 {width} {height:.0f}",
        role="img",
        class_="chart",
    )


def value_text(figure, digits):
    """`1,234.5` with the column's digits."""
    return f"{figure['value']:,.{digits}f}"


def is_ours(name):
    """The row that is about this program, where others stand beside it."""
    return name.startswith("inventory-manager")


def values_of(chart, column, rows):
    """All that a scale has to show."""
    figures = [row["figures"][column["key"]] for row in rows]
    values = [value for f in figures for value in (f["min"], f["max"]) if value > 0 or not chart.get("log")]
    values += [row["figures"][chart["beside"]]["value"] for row in rows if chart.get("beside") in row["figures"]]
    return values + ([chart["limit"]] if "limit" in chart else [])


def bar_text(chart, column, row):
    """`16.2`, and how many times ours: `16.2 · 20x`."""
    text = value_text(row["figures"][column["key"]], column["digits"])
    times = row["figures"].get(chart.get("times"))
    if not times or times["value"] < 1.05:
        return text
    return f"{text} · {times['value']:,.{0 if times['value'] >= 9.95 else 1}f}×"


def bars(chart, column, cell, rows, values=None):
    """One panel: a bar a row, a whisker from the lowest to the highest sample; values: of a scale shared with others."""
    others = any(not is_ours(row["contender"]) for row in rows) and any(is_ours(row["contender"]) for row in rows)
    left, height = room_for([row["contender"] for row in rows], PANEL)
    texts = [bar_text(chart, column, row) for row in rows]
    right = max(RIGHT, 12 + 6.8 * max(map(len, texts)))
    values = values or values_of(chart, column, rows) or [1]
    scale = Scale(values, left, PANEL - left - right, chart.get("log", False), chart.get("from", 0))
    top, bottom = height - ROW + 8, 8 + height * len(rows)
    inside = scale.grid(4, bottom) + (scale.mark(chart["limit"], 2, bottom) if "limit" in chart else "")
    for at, (row, text) in enumerate(zip(rows, texts)):
        f, mark = row["figures"][column["key"]], row["figures"].get(chart.get("beside"), {}).get("value")
        y, us = top + height * at, is_ours(row["contender"])
        inside += name_label(row["contender"], left, y, PANEL, "t us" if others and us else "t")
        class_ = "bar us" if us or not others else "bar"
        wide = max(1.5, scale.at(f["value"]) - left)
        inside += element("rect", x=f"{left:.1f}", y=y, width=f"{wide:.1f}", height=BAR, rx=2, class_=class_)
        if f["max"] > f["min"]:
            inside += across("whisker", scale.at(f["min"]), scale.at(f["max"]), y + BAR / 2)
        if mark is not None:
            inside += upright("ideal", scale.at(mark), y - 3, y + BAR + 3)
        inside += label(max(scale.at(f["max"]), scale.at(mark or f["value"])) + 6, y + 11, text, "v")
    return picture(PANEL, bottom + AXIS, f"{cell['title']}: {chart['title']}", inside)


def across(class_, first, last, y):
    """A level line."""
    return element("line", x1=f"{first:.1f}", x2=f"{last:.1f}", y1=y, y2=y, class_=class_)


def upright(class_, x, first, last):
    """A line from first to last."""
    return element("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=first, y2=last, class_=class_)


def legend(titles, y):
    """A dot and its name, for each figure of a spread."""
    inside, x = "", 8
    for place, title in enumerate(titles):
        inside += element("circle", cx=x, cy=y, r=4.5, class_=f"dot d{place}") + label(x + 9, y + 4, title, "n")
        x += 26 + 6.5 * len(title)
    return inside


def dots(chart, columns, named, width, titles=()):
    """One panel: a line a row, a dot a column, named by titles; with one column the spread of the samples beside it."""
    keys = [column["key"] for column in columns]
    values = [
        value for column in columns for value in values_of({"log": chart.get("log")}, column, [r for _, r in named])
    ]
    limits = chart["limit"] if isinstance(chart.get("limit"), list) else [chart["limit"]] if "limit" in chart else []
    left, height = room_for([name for name, _ in named], width)
    values += limits + ([chart["mark"]] if "mark" in chart else [])
    scale = Scale(values, left + 6, width - left - 6 - RIGHT, chart.get("log", False), chart.get("from", 0))
    head = 20 if titles else 0
    top, bottom = head + height - ROW + 8, head + 8 + height * len(named)
    inside = legend(titles, 8) + scale.grid(head + 4, bottom)
    inside += "".join(scale.mark(limit, head + 2, bottom) for limit in limits)
    inside += upright("axis", scale.at(chart["mark"]), head + 2, bottom) if "mark" in chart else ""
    for at, (name, row) in enumerate(named):
        y = top + height * at
        inside += name_label(name, left, y, width)
        figures = [row["figures"][key] for key in keys]
        last = scale.at(max(f["max"] for f in figures))
        first = scale.at(chart["mark"] if "mark" in chart else min(f["min"] for f in figures))
        inside += across("span", first, last, y + BAR / 2)
        for place, f in enumerate(figures):
            class_ = f"dot d{place if len(figures) > 1 else 'x'}"
            inside += element("circle", cx=f"{scale.at(f['value']):.1f}", cy=y + BAR / 2, r=4.5, class_=class_)
        over = limits and len(figures) == 1 and figures[0]["value"] > limits[-1]
        text = value_text(figures[-1], columns[-1]["digits"])
        inside += label(last + 9, y + 11, text, "v bad" if over else "v")
    return picture(width, bottom + AXIS, chart["title"], inside)


def line(chart, column, cell, rows):
    """One panel: a point a row, x on a logarithmic scale, y from zero."""
    points = [(row["figures"][chart["x"]]["value"], row["figures"][column["key"]]) for row in rows]
    left, top, bottom = 48, 14, 170
    across = Scale([x for x, _ in points], left, PANEL - left - 36, True)
    up = Scale([f["max"] for _, f in points] + ([chart["limit"]] if "limit" in chart else []), 0, bottom - top)
    inside = "".join(
        element(
            "line", x1=left, x2=PANEL - 16, y1=f"{bottom - up.at(t):.1f}", y2=f"{bottom - up.at(t):.1f}", class_="grid"
        )
        + label(left - 8, bottom - up.at(t) + 4, plain(t), "n", "end")
        for t in up.ticks
    )
    if "limit" in chart:
        y = f"{bottom - up.at(chart['limit']):.1f}"
        inside += element("line", x1=left, x2=PANEL - 16, y1=y, y2=y, class_="limit")
    path = " ".join(f"{across.at(x):.1f},{bottom - up.at(f['value']):.1f}" for x, f in points)
    inside += element("polyline", points=path, class_="path")
    for x, f in points:
        inside += element(
            "circle", cx=f"{across.at(x):.1f}", cy=f"{bottom - up.at(f['value']):.1f}", r=4.5, class_="dot dx"
        )
        inside += label(across.at(x), bottom - up.at(f["value"]) - 10, value_text(f, column["digits"]), "v", "middle")
        inside += label(across.at(x), bottom + 16, plain(x), "n", "middle")
    return picture(PANEL, bottom + AXIS, f"{cell['title']}: {chart['title']}", inside)


def rows_for(result, chart, keys):
    """[(cell, [row])] with all these figures, and the names that the chart wants."""
    found = []
    for cell in result["cells"]:
        if not fnmatch.fnmatch(cell["name"], chart.get("cells", "*")) or fnmatch.fnmatch(cell["name"], chart.get("but", "")):
            continue
        rows = [
            row
            for row in cell["rows"]
            if fnmatch.fnmatch(row["contender"], chart.get("rows", "*")) and all(key in row["figures"] for key in keys)
        ]
        if rows:
            found.append((cell, rows))
    return found


def named_of(groups):
    """[(label, row)] of rows of many cells."""
    named = []
    for cell, rows in groups:
        short = cell.get("short") or cell["title"]
        named += [(f"{short} · {row['contender']}" if len(cell["rows"]) > 1 else short, row) for row in rows]
    return named


def draw(result, chart):
    """[(cell or None, [svg])] of a chart; nothing where the result has no such figures.

    Charts of many cells have no cell, and come in two widths: for a screen, and for a phone.
    """
    by_key = {column["key"]: column for column in result["columns"]}
    keys = [key for key, _ in chart["columns"]] if chart["kind"] == "spread" else [chart["column"]]
    groups = rows_for(result, chart, keys + ([chart["x"]] if chart["kind"] == "line" else []))
    if not groups:
        return []
    column = by_key[keys[0]]
    if chart["kind"] in ("dots", "spread"):
        titles = [title for _, title in chart.get("columns", [])]
        columns, named = [by_key[key] for key in keys], named_of(groups)
        return [(None, [dots(chart, columns, named, width, titles) for width in (FULL, PANEL)])]
    if chart["kind"] == "line":
        return [(cell, [line(chart, column, cell, rows)]) for cell, rows in groups]
    shared = [value for _, rows in groups for value in values_of(chart, column, rows)] if chart.get("shared") else None
    return [(cell, [bars(chart, column, cell, rows, shared)]) for cell, rows in groups]
