"""The JSON of a suite: machine, options, cells, rows, figures with how each was taken."""
import json
import pathlib
import time

FORMAT = 2  # what an older bench wrote is not read


def figure_of(figure):
    """A Figure as it is written."""
    return {
        "value": round(figure.value, 6),
        "min": round(figure.low, 6),
        "max": round(figure.high, 6),
        "samples": [round(sample, 6) for sample in figure.samples],
        "unit": figure.unit,
        "how": figure.how,
    }


def row_of(suite, cell, row, mode):
    """A Row as it is written; label says where it stands, for the table of goals.  A smoke judges nothing."""
    goals = {} if mode == "smoke" else row.goals
    return {
        "contender": row.contender,
        "label": f"{suite}/{cell.name}: {row.contender}",
        "figures": {key: figure_of(figure) for key, figure in row.figures.items()},
        "goals": {name: round(value, 6) for name, value in goals.items()},
        "notes": row.notes,
        "rounds": row.rounds,
        "error": row.error,
    }


def new(suite, machine, mode):
    """A result without cells.  mode: short, long or smoke."""
    return {
        "format": FORMAT,
        "suite": suite.NAME,
        "title": suite.TITLE,
        "how": list(suite.HOW),
        "mode": mode,
        "machine": machine,
        "started": time.time(),
        "took_s": 0,
        "error": "",  # why the suite ended early
        "columns": [
            {
                "key": c.key,
                "title": c.title,
                "unit": c.unit,
                "digits": c.digits,
                "how": c.how,
                "observed": c.observed,
                "shown": c.shown,
            }
            for c in suite.COLUMNS
        ],
        "charts": list(getattr(suite, "CHARTS", [])),
        "cells": [],
    }


def add(result, cell, rows):
    """Take in a cell that is over."""
    written = {
        "name": cell.name,
        "title": cell.title,
        "short": cell.short,
        "note": cell.note,
        "rows": [row_of(result["suite"], cell, row, result["mode"]) for row in rows],
    }
    result["cells"].append(written)
    return written


def write(result, folder):
    """bench/results/<suite>.json, whole or not at all."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    result["took_s"] = round(time.time() - result["started"], 1)
    path = folder / f"{result['suite']}.json"
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)
    return path


def read_all(folder):
    """The results in a folder, by suite name."""
    return read_known(folder)[0]


def read_known(folder):
    """(results by suite name, [what could not be read and why])."""
    found, strange = {}, []
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        try:
            result = json.loads(path.read_text(encoding="utf-8"))
            told = result.get("format")
        except (ValueError, AttributeError) as error:
            strange.append(f"{path.name}: no result of a bench: {error}")
            continue
        if told == FORMAT:
            found[result["suite"]] = result
        else:
            strange.append(f"{path.name}: format {told}, this bench reads {FORMAT}: run it again")
    return found, strange


def rows_of(results):
    """Every row of several results."""
    return [row for result in results for cell in result["cells"] for row in cell["rows"]]


def failures(results):
    """[(where, what)]: suites that ended early, measurements that could not be made; in a smoke hosts that failed, too."""
    found = [(result["suite"], result["error"]) for result in results if result["error"]]
    for result in results:
        for cell in result["cells"]:
            for row in cell["rows"]:
                hosts = row["figures"].get("failed", {}).get("max", 0) if result["mode"] == "smoke" else 0
                if row["error"]:
                    found.append((row["label"], row["error"]))
                elif hosts:
                    found.append((row["label"], f"{hosts:g} hosts failed"))
    return found
