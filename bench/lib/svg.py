"""Charts as inline SVG: horizontal bars, dots on a common scale, lines.  Colours are CSS classes of the page.

A chart is a dict in a suite's CHARTS, which the JSON carries along:
    kind     "bars": a panel a cell, a bar a row; "dots": one panel, a line a row of all cells; "line": a panel a cell,
             a point a row, x is a figure too; "spread": as dots, several figures of a row on one log scale
    column   key of the figure (spread: "columns", list of (key, label)); line: also "x"
    title    what is shown, with its unit
    cells    pattern of cell names, default all;  rows: pattern of contenders
    log      true: logarithmic scale, for bars and dots
    limit    a goal, drawn as a line;  from: where a linear scale begins (default 0)
    beside   bars: key of a figure that is marked on each bar, e.g. an ideal
"""
import fnmatch
import html
import math

PANEL, FULL = 500, 1030  # widths: two panels beside each other, or one over both columns
RIGHT, ROW, BAR, AXIS, CHARACTER = 72, 22, 13, 22, 7.9


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
    """Round numbers that cover low to high: powers of ten, or about five steps of 1, 2 or 5."""
    if log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
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
        self.low, self.high = (self._of(at) for at in (self.ticks[0], self.ticks[-1]))

    def _of(self, value):
        return math.log10(max(value, 1e-9)) if self.log else value

    def at(self, value):
        """x of a value."""
        part = (self._of(value) - self.low) / ((self.high - self.low) or 1)
        return self.left + self.width * min(1, max(0, part))

    def grid(self, top, bottom):
        """Lines, and numbers below them."""
        return "".join(
            element("line", x1=f"{self.at(t):.1f}", x2=f"{self.at(t):.1f}", y1=top, y2=bottom, class_="grid")
            + label(self.at(t), bottom + 15, plain(t), "n", "middle")
            for t in self.ticks
        )

    def mark(self, value, top, bottom):
        """A goal."""
        x = f"{self.at(value):.1f}"
        return element("line", x1=x, x2=x, y1=top, y2=bottom, class_="limit")


def room_for(names):
    """Width of the labels."""
    return min(400, 18 + CHARACTER * max(len(name) for name in names))


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


def bars(chart, column, cell, rows):
    """One panel: a bar a row, a whisker from the lowest to the highest sample."""
    figures = [row["figures"][column["key"]] for row in rows]
    marks = [row["figures"].get(chart.get("beside"), {}).get("value") for row in rows]
    others = any(not is_ours(row["contender"]) for row in rows) and any(is_ours(row["contender"]) for row in rows)
    values = [value for f in figures for value in (f["min"], f["max"]) if value > 0 or not chart.get("log")]
    values += [mark for mark in [*marks, chart.get("limit")] if mark is not None]
    left = room_for([row["contender"] for row in rows])
    scale = Scale(values or [1], left, PANEL - left - RIGHT, chart.get("log", False), chart.get("from", 0))
    bottom = 8 + ROW * len(rows)
    inside = scale.grid(4, bottom) + (scale.mark(chart["limit"], 2, bottom) if "limit" in chart else "")
    for at, (row, f, mark) in enumerate(zip(rows, figures, marks)):
        y, us = 8 + ROW * at, is_ours(row["contender"])
        inside += label(left - 10, y + 11, row["contender"], "t us" if others and us else "t", "end")
        inside += element(
            "rect",
            x=f"{left:.1f}",
            y=y,
            width=f"{max(1, scale.at(f['value']) - left):.1f}",
            height=BAR,
            rx=2,
            class_="bar us" if not others or us else "bar",
        )
        if f["max"] > f["min"]:
            inside += element(
                "line",
                x1=f"{scale.at(f['min']):.1f}",
                x2=f"{scale.at(f['max']):.1f}",
                y1=y + BAR / 2,
                y2=y + BAR / 2,
                class_="whisker",
            )
        if mark is not None:
            inside += element(
                "line", x1=f"{scale.at(mark):.1f}", x2=f"{scale.at(mark):.1f}", y1=y - 3, y2=y + BAR + 3, class_="ideal"
            )
        inside += label(
            max(scale.at(f["max"]), scale.at(mark or f["value"])) + 7, y + 11, value_text(f, column["digits"]), "v"
        )
    return picture(PANEL, bottom + AXIS, f"{cell['title']}: {chart['title']}", inside)


def dots(chart, columns, named):
    """One panel: a line a row, a dot a column; with one column the spread of the samples beside it."""
    keys = [column["key"] for column in columns]
    values = [
        value
        for _, row in named
        for key in keys
        for value in (row["figures"][key]["min"], row["figures"][key]["max"])
        if value > 0 or not chart.get("log")
    ]
    limits = chart["limit"] if isinstance(chart.get("limit"), list) else [chart["limit"]] if "limit" in chart else []
    wide = room_for([name for name, _ in named])
    scale = Scale([*values, *limits], wide, FULL - wide - RIGHT, chart.get("log", False), chart.get("from", 0))
    bottom = 8 + ROW * len(named)
    inside = scale.grid(4, bottom) + "".join(scale.mark(limit, 2, bottom) for limit in limits)
    for at, (name, row) in enumerate(named):
        y = 8 + ROW * at + BAR / 2
        inside += label(wide - 10, y + 4.5, name, "t", "end")
        figures = [row["figures"][key] for key in keys]
        first, last = (min(f["min"] for f in figures), max(f["max"] for f in figures))
        inside += element("line", x1=f"{scale.at(first):.1f}", x2=f"{scale.at(last):.1f}", y1=y, y2=y, class_="span")
        for place, f in enumerate(figures):
            inside += element(
                "circle",
                cx=f"{scale.at(f['value']):.1f}",
                cy=y,
                r=4.5,
                class_=f"dot d{place if len(figures) > 1 else 'x'}",
            )
        over = limits and len(figures) == 1 and figures[0]["value"] > limits[-1]
        inside += label(
            scale.at(last) + 9, y + 4.5, value_text(figures[-1], columns[-1]["digits"]), "v bad" if over else "v"
        )
    return picture(FULL, bottom + AXIS, chart["title"], inside)


def line(chart, column, cell, rows):
    """One panel: a point a row, x on a logarithmic scale, y from zero."""
    points = [(row["figures"][chart["x"]]["value"], row["figures"][column["key"]]) for row in rows]
    left, top, bottom = 60, 12, 190
    across = Scale([x for x, _ in points], left, PANEL - left - 40, True)
    up = Scale([f["max"] for _, f in points] + ([chart["limit"]] if "limit" in chart else []), 0, bottom - top)
    inside = "".join(
        element(
            "line", x1=left, x2=PANEL - 40, y1=f"{bottom - up.at(t):.1f}", y2=f"{bottom - up.at(t):.1f}", class_="grid"
        )
        + label(left - 8, bottom - up.at(t) + 4, plain(t), "n", "end")
        for t in up.ticks
    )
    if "limit" in chart:
        y = f"{bottom - up.at(chart['limit']):.1f}"
        inside += element("line", x1=left, x2=PANEL - 40, y1=y, y2=y, class_="limit")
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
        if not fnmatch.fnmatch(cell["name"], chart.get("cells", "*")):
            continue
        rows = [
            row
            for row in cell["rows"]
            if fnmatch.fnmatch(row["contender"], chart.get("rows", "*")) and all(key in row["figures"] for key in keys)
        ]
        if rows:
            found.append((cell, rows))
    return found


def draw(result, chart):
    """[(title of the panel, svg)] of a chart; nothing where the result has no such figures."""
    by_key = {column["key"]: column for column in result["columns"]}
    keys = [key for key, _ in chart["columns"]] if chart["kind"] == "spread" else [chart["column"]]
    groups = rows_for(result, chart, keys + ([chart["x"]] if chart["kind"] == "line" else []))
    if not groups:
        return []
    if chart["kind"] in ("dots", "spread"):
        named = [
            (
                f"{cell.get('short') or cell['title']} · {row['contender']}"
                if len(cell["rows"]) > 1
                else cell.get("short") or cell["title"],
                row,
            )
            for cell, rows in groups
            for row in rows
        ]
        return [(chart["title"], dots(chart, [by_key[key] for key in keys], named))]
    kind = bars if chart["kind"] == "bars" else line
    return [(cell["title"], kind(chart, by_key[keys[0]], cell, rows)) for cell, rows in groups]
