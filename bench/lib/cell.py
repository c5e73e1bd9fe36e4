"""What a suite hands to the runner: columns, cells, contenders, and cells that may run side by side.

A suite is a module of bench/suites with
    NAME, TITLE             `waves`, "Waves: measured beside the ideal"
    HOW                     paragraphs for readers: what is measured, on what, what is computed
    COLUMNS                 list of Column: the figures that its rows may have, in order
    SECONDS                 of the short bench; when they are over, the cells that are left run once
    CHARTS                  what the page draws, may be missing: see svg.py
    cells(opts)             generator of Cell and Together; it may open rigs around its yields
A contender's `once(observe)` runs one time and returns {column key: number}; `observe` is true in the warm-up,
where memory is sampled and the loop is watched: figures of columns with `observed` are taken from it alone,
all others from the rounds that follow.
"""
import dataclasses
from typing import Callable


@dataclasses.dataclass(frozen=True)
class Column:
    """A figure: key in the samples, title of the column, unit ("s", "ms", "MB", "%", "" ...), how it is taken."""

    key: str
    title: str
    unit: str = ""
    digits: int = 2
    how: str = ""
    observed: bool = False  # taken in the warm-up run
    shown: bool = True  # in the table; else only in the JSON


@dataclasses.dataclass
class Contender:
    """One way to do the cell's work."""

    name: str
    once: Callable[[bool], dict]
    rounds: int | None = None  # fewer than the cell's, for one that takes minutes
    note: str = ""
    program: str = ""  # where it is not installed, the cell goes without this contender, and says so


@dataclasses.dataclass
class Row:
    """What became of a contender: figures by column key, goals by id, remarks."""

    contender: str
    figures: dict = dataclasses.field(default_factory=dict)  # key -> Figure
    goals: dict = dataclasses.field(default_factory=dict)  # goal id -> value
    notes: list = dataclasses.field(default_factory=list)
    rounds: int = 0  # runs that were timed
    error: str = ""

    def value(self, key):
        """The middle of the samples; None where there are none."""
        figure = self.figures.get(key)
        return None if figure is None else figure.value


@dataclasses.dataclass
class Figure:
    """A number with its spread, and the samples it comes from, in the order of the rounds."""

    value: float
    samples: list
    unit: str
    how: str

    @property
    def low(self):
        return min(self.samples)

    @property
    def high(self):
        return max(self.samples)


@dataclasses.dataclass
class Cell:
    """Contenders that are compared: run by turns, the order rotated each round.

    finish(rows) may add figures that need others (ratios: figure(...)), goals and notes; rows is a dict by
    contender.  title is for people, name is what `bench/run SUITE/NAME` picks.
    """

    name: str
    title: str
    contenders: list
    rounds: int = 5
    warmup: bool = True
    finish: Callable[[dict], None] | None = None
    note: str = ""
    short: str = ""  # title in a chart that has many cells


@dataclasses.dataclass
class Together:
    """Cells that load the machine so little that `at_once` of them may run side by side."""

    cells: list
    at_once: int


def figure(value, column):
    """A Figure that was computed from others."""
    return Figure(value, [value], column.unit, column.how)
