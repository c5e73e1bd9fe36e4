"""Run cells: contenders interleaved, the order rotated each round; the middle of the samples, and the spread."""
import concurrent.futures
import math
import shutil
import time

from bench.lib.cell import Figure, Row, Together
from bench.lib.machine import COMPARED
from bench.lib.measure import Failed
from bench.lib.stats import median


def order_of(contenders, turn):
    """The contenders as they run in round `turn`: each comes first once before any does again."""
    at = turn % len(contenders)
    return contenders[at:] + contenders[:at]


def _rounds_of(cell, contender):
    return cell.rounds if contender.rounds is None else min(cell.rounds, contender.rounds)


def _take(contender, observe, samples, row):
    """One run; its numbers go to the samples.  A contender that failed is not run again."""
    if row.error:
        return
    try:
        for key, value in contender.once(observe).items():
            if value is not None:
                samples.setdefault(key, []).append(value)
    except Failed as failure:
        row.error = str(failure)


def how_often(column, values):
    """How a figure was taken, with the number of runs."""
    runs = (
        "one run"
        if len(values) == 1
        else f"{'mean of the middle two' if len(values) % 2 == 0 else 'median'} of {len(values)} runs"
    )
    return f"{column.how}; {runs}" if column.how else runs


def figures_of(columns, observed, timed):
    """The Figure of each column there are samples of."""
    figures = {}
    for column in columns:
        source = observed if column.observed else timed
        values = source.get(column.key)
        if values:
            figures[column.key] = Figure(median(values), values, column.unit, how_often(column, values))
    return figures


def leave_out(cell):
    """Contenders whose program is not here are taken out; the cell's note says which."""
    absent = [c for c in cell.contenders if c.program and shutil.which(c.program) is None]
    if absent:
        cell.contenders = [c for c in cell.contenders if c not in absent]
        told = "; ".join(f"{c.name}: not here (package {COMPARED.get(c.program, c.program)})" for c in absent)
        cell.note = "; ".join(filter(None, [cell.note, told]))


def run_cell(cell, columns, until=math.inf):
    """Returns the rows of the cell, one a contender, in their order.  No further round begins after `until` (monotonic)."""
    leave_out(cell)
    rows = {c.name: Row(c.name, notes=[c.note] if c.note else []) for c in cell.contenders}
    observed = {c.name: {} for c in cell.contenders}
    timed = {c.name: {} for c in cell.contenders}
    if cell.warmup:
        for contender in cell.contenders:
            _take(contender, True, observed[contender.name], rows[contender.name])
    for turn in range(cell.rounds):
        if turn > 0 and time.monotonic() > until:
            break
        for contender in order_of(cell.contenders, turn):
            if turn < _rounds_of(cell, contender):
                _take(contender, False, timed[contender.name], rows[contender.name])
    for name, row in rows.items():
        row.figures = figures_of(columns, observed[name], timed[name])
        row.rounds = max(map(len, timed[name].values()), default=0)
    if cell.finish is not None:
        cell.finish(rows)
    return list(rows.values())


def run_all(cells, columns, wanted, tell, until=math.inf):
    """Run what the generator yields, as far as wanted(cell name).  Calls tell(cell, rows) as cells end, in order."""
    for item in cells:
        group = item.cells if isinstance(item, Together) else [item]
        group = [cell for cell in group if wanted(cell.name)]
        at_once = item.at_once if isinstance(item, Together) else 1
        with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, at_once)) as pool:
            futures = [(cell, pool.submit(run_cell, cell, columns, until)) for cell in group]
            for cell, future in futures:
                tell(cell, future.result())
