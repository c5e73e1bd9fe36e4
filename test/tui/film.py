"""A session as one SVG that plays by itself: rows of text that change, a strip of film each.

Every row of the screen has the texts that it showed, side by side; CSS moves the one that is due into sight, so that
a row that stays the same costs nothing.  Colors are classes, light or dark as the reader's page is.
"""
import html
import time

CELL_W, CELL_H, SIZE, PAD, KEYS_H = 8, 17, 13.3, 12, 26
# The 16 colors of a terminal, for a light and a dark page.
LIGHT = ("#24292f #cf222e #116329 #7d4e00 #0550ae #8250df #1b7c83 #57606a "
         "#6e7781 #a40e26 #1a7f37 #633c01 #218bff #a475f9 #3192aa #8c959f").split()
DARK = ("#484f58 #ff7b72 #3fb950 #d29922 #58a6ff #bc8cff #39c5cf #b1bac4 "
        "#6e7681 #ffa198 #56d364 #e3b341 #79c0ff #d2a8ff #56d4dd #f0f6fc").split()
PAGE = {"light": ("#ffffff", "#24292f", "#d0d7de", "#eaeef2"), "dark": ("#0d1117", "#e6edf3", "#30363d", "#21262d")}
CUBE = (0, 95, 135, 175, 215, 255)


def color_of(number):
    """#rrggbb of a color from 16 to 255."""
    if number >= 232:
        return "#" + f"{8 + (number - 232) * 10:02x}" * 3
    number -= 16
    return "#" + "".join(f"{CUBE[number // part % 6]:02x}" for part in (36, 6, 1))


class Film:
    """Snapshots of a terminal with their times.  Time can be stretched: readers are slower than programs."""

    def __init__(self, terminal, rows, cols, least_s=0.2, told=("", "")):
        self.terminal, self.rows, self.cols, self.least_s = terminal, rows, cols, least_s
        self.told = told  # (a path of ours, what a reader sees instead)
        self.frames = []  # (seconds, {row: runs}, key)
        self.base, self.added, self.key = time.monotonic(), 0.0, ""

    def now(self):
        """Seconds of the film."""
        return time.monotonic() - self.base + self.added

    def take(self):
        """A snapshot."""
        rows = {}
        for run in self.terminal.cells():
            if run.text.strip() or run.back != "-" or "r" in run.looks or "u" in run.looks:
                rows.setdefault(run.row, []).append((run.col, run.fore, run.back, run.looks, run.text.replace(*self.told) if self.told[0] else run.text))
        rows = {row: tuple(runs) for row, runs in rows.items()}
        if not self.frames or self.frames[-1][1:] != (rows, self.key):
            self.frames.append((self.now(), rows, self.key))

    def hold(self, seconds):
        """What is seen stays as long as that, in the film; nothing waits here."""
        self.take()
        self.added += seconds

    def press(self, *keys, show=None, hold=0.0):
        """A key, whose name is shown below."""
        self.key = show if show is not None else " ".join(keys)
        self.terminal.press(*keys)
        self.take()
        self.added += hold

    def until(self, fact, what, seconds=60):
        """Film until fact(lines), least_s between two snapshots."""
        end, last = time.monotonic() + seconds, 0.0
        while True:
            _, _, answer, lines = self.terminal.ask("dump")
            if fact(lines):
                break
            if time.monotonic() > end:
                self.terminal.fail(f"waited in vain for {what}")
            if self.now() - last >= self.least_s:
                self.take()
                last = self.now()
            self.terminal.ask("change", 50, answer.split()[2])
        self.take()


def runs_as_svg(runs, x):
    """One row's texts at x."""
    out = []
    for col, fore, back, looks, text in runs:
        reverse, width = "r" in looks, len(text)
        fill = (("B" if fore == "-" else f"b{fore}") if reverse else ("" if back == "-" else f"b{back}"))
        ink = (("n" if back == "-" else f"f{back}") if reverse else ("" if fore == "-" else f"f{fore}"))
        names = " ".join(name for name in (ink, "w" if "b" in looks else "", "u" if "u" in looks else "") if name)
        at = x + col * CELL_W
        if fill:
            out.append(f'<rect x="{at}" y="-13" width="{width * CELL_W}" height="{CELL_H}" class="{fill}"/>')
        lead = len(text) - len(text.lstrip(" "))
        word = text.strip(" ")
        if word:
            cls = f' class="{names}"' if names else ""
            out.append(f'<text x="{at + lead * CELL_W}" textLength="{len(word) * CELL_W}"{cls}>{html.escape(word, quote=False)}</text>')
    return "".join(out)


def strip(changes, length, name, width, draw):
    """(keyframes, elements) of one row: changes are (seconds, content), content is drawn once however often it comes."""
    seen, frames, parts = {}, [], []
    for when, content in changes:
        if content not in seen:
            seen[content] = len(seen)
            parts.append(draw(content, seen[content] * width) if content else "")
        step = f"{when * 100 / length:.2f}%{{transform:translateX({-seen[content] * width}px)}}"
        frames.append(step)
    if len(changes) == 1:
        return "", f"<g>{''.join(parts)}</g>"
    style = f"@keyframes {name}{{{''.join(frames)}}}#{name}{{animation:{name} {length:.1f}s step-end infinite}}"
    return style, f'<g id="{name}">{"".join(parts)}</g>'


def changes_of(frames, pick):
    """(seconds, content) wherever it changes, the first at 0."""
    out = []
    for when, rows, key in frames:
        content = pick(rows, key)
        if not out or out[-1][1] != content:
            out.append((when, content))
    return [(0 if n == 0 else when, content) for n, (when, content) in enumerate(out)]


def styles(body):
    """Colors that are used, for both pages."""
    used = sorted({int(word[1:]) for piece in body.split('class="')[1:] for word in piece.split('"')[0].split()
                   if word[1:].isdigit()})

    def page(kind, palette):
        ground, ink, edge, bar = PAGE[kind]
        rules = [f"#g{{fill:{ground};stroke:{edge}}}text{{fill:{ink}}}.B{{fill:{ink}}}.n{{fill:{ground}}}#k{{fill:{bar}}}"]
        for number in used:
            tone = palette[number] if number < 16 else color_of(number)
            rules.append(f".f{number}{{fill:{tone}}}.b{number}{{fill:{tone}}}")
        return "".join(rules)

    return (f"text{{font:{SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;white-space:pre}}"
            ".w{font-weight:bold}.u{text-decoration:underline}"
            f"{page('light', LIGHT)}@media(prefers-color-scheme:dark){{{page('dark', DARK)}}}"
            "@media(prefers-reduced-motion:reduce){*{animation-play-state:paused!important}}")


def svg(film, title, tail_s=3.0):
    """The film as SVG."""
    frames = film.frames
    begin = frames[0][0]
    frames = [(when - begin, rows, key) for when, rows, key in frames]
    length = frames[-1][0] + tail_s
    width, height = film.cols * CELL_W + 2 * PAD, film.rows * CELL_H + 2 * PAD + KEYS_H
    keyframes, body = [], []
    for row in range(film.rows):
        changes = changes_of(frames, lambda rows, _, row=row: rows.get(row, ()))
        style, part = strip(changes, length, f"r{row}", 2 * width, runs_as_svg)
        keyframes.append(style)
        if part != "<g></g>":
            body.append(f'<g transform="translate({PAD},{PAD + 13 + row * CELL_H})">{part}</g>')

    def key_as_svg(key, x):
        wide = len(key) * CELL_W + 16
        return (f'<rect x="{x}" y="-15" width="{wide}" height="21" rx="5" id="k"/>'.replace(' id="k"', ' class="k"')
                + f'<text x="{x + 8}">{html.escape(key, quote=False)}</text>')

    style, part = strip(changes_of(frames, lambda _, key: key), length, "keys", 2 * width, key_as_svg)
    keyframes.append(style)
    body.append(f'<g transform="translate({PAD},{height - PAD - 2})">{part}</g>')
    body = "\n".join(body)
    sheet = styles(body).replace("#k{", ".k{") + "".join(keyframes)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" xml:space="preserve"><title>{html.escape(title)}</title><style>{sheet}</style>\n'
            f'<rect id="g" x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="8"/>\n'
            f'<clipPath id="c"><rect width="{width}" height="{height}"/></clipPath><g clip-path="url(#c)">\n{body}\n</g></svg>\n')
