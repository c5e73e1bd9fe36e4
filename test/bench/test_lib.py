#!/usr/bin/python3
"""The arithmetic of the bench, and that a tree of processes is measured whole.  Run by test/e2e/t-bench.sh."""
import os
import pathlib
import re
import sys
import tempfile
import time
import unittest
import unittest.mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))

from bench.lib import (
    goals,
    markdown,
    measure,
    page,
    result,
    rig,
    rounds,
    schedule,
    stall,
    stats,
    svg,
    table,
)  # noqa: E402
from bench.lib.launch import children_of  # noqa: E402
from bench.lib.cell import Cell, Column, Contender, Together  # noqa: E402
from bench.suites import waves  # noqa: E402

MACHINE = {
    "cpu": "a processor",
    "cores": 2,
    "memory_mb": 1000,
    "kernel": "6.1",
    "system": "Debian",
    "files_soft": 1024,
    "files_hard": 4096,
    "load_before": 0.1,
    "busy_before": 1.0,
    "commit": "abc",
    "date": "2026-01-01",
    "kex": "one for all",
    "versions": {"ssh": "9.2"},
}
BURN = "x = 0\nwhile time.process_time() < {0}: x += 1\n"


def python(text):
    """A command."""
    return [measure.PYTHON, "-ESc", "import os, time\n" + text]


class Stats(unittest.TestCase):
    """The middle and the ranks."""

    def test_median_is_the_middle_or_the_mean_of_two(self):
        self.assertEqual(stats.median([9, 1, 5]), 5)
        self.assertEqual(stats.median([9, 1, 5, 7]), 6)
        with self.assertRaises(ValueError):
            stats.median([])

    def test_percentile_is_by_nearest_rank(self):
        values = list(range(1, 101))
        self.assertEqual([stats.percentile(values, part) for part in (0, 0.5, 0.99, 0.999, 1)], [1, 50, 99, 100, 100])
        self.assertEqual(stats.percentile([7], 0.5), 7)


class Schedule(unittest.TestCase):
    """The table of the guide, and what no schedule beats."""

    def test_nine_servers_take_what_the_guide_says(self):
        minutes = [schedule.waves([5] * 9, workers) for workers in (0, 3, 5, 9)]
        self.assertEqual(minutes, [45, 15, 10, 5])
        self.assertEqual(minutes, [schedule.waves_equal(9, workers, 5) for workers in (0, 3, 5, 9)])
        self.assertAlmostEqual(schedule.gain_percent(45, 15), 66.67, places=2)

    def test_a_wave_takes_as_long_as_its_longest_host(self):
        self.assertEqual(schedule.waves([1, 4, 2, 2, 3, 1, 7], 3), 4 + 3 + 7)

    def test_list_scheduling_starts_the_next_host_when_a_slot_is_free(self):
        self.assertEqual(schedule.list_schedule([3, 1, 1, 1, 5], 2), 8)  # 3 and 1+1+1, then 5 behind either
        self.assertEqual(schedule.list_schedule([2, 2], 10), 2)
        self.assertEqual(schedule.list_schedule([1, 2, 3], 0), 6)

    def test_no_list_schedule_beats_the_bound(self):
        for hosts in (1, 2, 9, 21, 100):
            for workers in (0, 1, 3, 7, 10, 200):
                for times in ([1] * hosts, waves.long_tail(hosts, 1)):
                    made = schedule.list_schedule(times, workers)
                    self.assertGreaterEqual(made + 1e-9, schedule.bound(times, workers))
                    self.assertLessEqual(made, schedule.waves(times, workers) + 1e-9)
        self.assertEqual(schedule.bound([1] * 9, 5), 2)  # 9/5, but some slot has two

    def test_utilisation_is_of_all_slots(self):
        self.assertEqual(schedule.utilisation_percent(9, 3, 4), 75)

    def test_the_long_tail_is_always_the_same_with_a_mean_near_t(self):
        self.assertEqual(waves.long_tail(100, 2), waves.long_tail(100, 2))
        times = waves.long_tail(1000, 1)
        self.assertAlmostEqual(sum(times) / 1000, 0.94, delta=0.02)
        self.assertEqual((min(times), max(times)), (0.5, 4))


class Measure(unittest.TestCase):
    """A command and all that it leaves behind."""

    def test_the_cpu_of_children_and_orphans_counts(self):
        child = "if os.fork() == 0:\n  " + BURN.format(0.06).replace("\n", "\n  ") + "\n  os._exit(0)\n"
        orphan = (
            "if os.fork() == 0:\n  if os.fork() == 0:\n    "
            + BURN.format(0.06).replace("\n", "\n    ")
            + "\n  os._exit(0)\n"
        )
        m = measure.run(python(child + orphan + "os.wait()\n"), grace_s=60)
        self.assertGreater(m.cpu_s, 0.115)
        self.assertEqual((m.code, m.orphans_ended), (0, 0))

    def test_wall_is_the_command_and_what_stays_is_ended(self):
        m = measure.run(python("if os.fork() == 0:\n  time.sleep(60)\nos._exit(3)\n"), grace_s=0.05)
        self.assertLess(m.wall_s, 59)
        self.assertEqual((m.code, m.orphans_ended), (3, 1))

    def test_memory_is_of_the_whole_tree(self):
        held = "b = bytearray(os.urandom(1)) * (20 << 20)\n"
        m = measure.run(
            python("if os.fork() == 0:\n  " + held + "  time.sleep(0.3)\n  os._exit(0)\n" + held + "os.wait()\n"),
            memory=True,
        )
        self.assertGreater(m.peak_kb, 2 * (20 << 10))
        self.assertLess(m.largest_kb, m.peak_kb)
        self.assertEqual(m.peak_processes, 2)

    def test_output_code_and_failures_are_told(self):
        m = measure.run(python("print('one')\nos.write(2, b'two')\nos._exit(4)\n"), failures=lambda m: m.code + 1)
        self.assertEqual((m.stdout, m.stderr, m.code, m.failed), (b"", b"two", 4, 5))  # _exit flushes nothing
        with self.assertRaises(measure.Failed):
            measure.run(python("os._exit(4)\n"), codes=(0,))
        with self.assertRaises(measure.Failed):
            measure.run(["/nowhere/at/all"])

    def test_a_command_that_hangs_is_ended(self):
        with self.assertRaisesRegex(measure.Failed, "not over"):
            measure.run(python("time.sleep(60)\n"), timeout_s=0.2)

    def test_what_runs_is_ended_with_all_below_it_when_the_bench_is(self):
        below = "if os.fork() == 0:\n  os.setsid()\n  time.sleep(60)\ntime.sleep(60)\n"
        text = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + below
        ended = []

        def command():
            try:
                measure.run(python(text), beside=seen, timeout_s=20)
            except measure.Stopped:
                ended.append(True)

        def seen(pid):
            while len(children_of(pid)) == 0:
                time.sleep(0.002)
            ended.extend([pid, *children_of(pid)])
            measure.RUNNING.stop()

        with unittest.mock.patch.object(measure, "RUNNING", measure.Running()):
            command()
            with self.assertRaises(measure.Stopped):
                measure.run(python(""))
        self.assertEqual((len(ended), ended[-1]), (3, True))
        self.assertFalse([pid for pid in ended[:2] if os.path.exists(f"/proc/{pid}")])

    def test_the_stall_of_the_process_with_most_turns_is_read(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "stall")
            line = "turns={} wall_ms=1/2/3/4 cpu_ms=0/0/0/0 own_ms=0.1/0.2/0.3/0.4 commits=2 commit_ms=1/1/1/9 fds=1 peak_kb=7\n"
            pathlib.Path(path).write_text(line.format(5) + line.format(50) + line.format(6), encoding="ascii")
            self.assertEqual(
                [measure.read_stall(path)[key] for key in ("turns", "own_p999", "commit_max")], [50, 0.3, 9]
            )
        self.assertEqual(measure.read_stall("/nowhere"), {})


class Rounds(unittest.TestCase):
    """Interleaving, and the middle of the samples."""

    def test_contenders_run_by_turns_and_each_comes_first(self):
        ran = []

        def contender(name):
            def once(observe):
                ran.append(name + ("!" if observe else ""))
                return {"x": len(ran), "seen": 7}

            return Contender(name, once)

        columns = [Column("x", "x"), Column("seen", "seen", observed=True)]
        rows = rounds.run_cell(Cell("c", "c", [contender("a"), contender("b")], rounds=3), columns)
        self.assertEqual("".join(ran), "a!b!abbaab")
        self.assertEqual([row.value("x") for row in rows], [6, 5])
        self.assertEqual((rows[0].figures["x"].low, rows[0].figures["x"].high), (3, 7))
        self.assertEqual(rows[0].figures["seen"].samples, [7])

    def test_no_round_but_the_first_begins_when_the_time_is_over(self):
        contender = Contender("a", lambda _: {"x": 1})
        self.assertEqual(rounds.run_cell(Cell("c", "c", [contender], 5, False), [], 0)[0].rounds, 1)

    def test_one_whose_program_is_not_here_is_left_out_and_the_cell_says_so(self):
        cell = Cell(
            "c", "c", [Contender("a", lambda _: {"x": 1}), Contender("b", None, program="no-such-tool")], 1, False
        )
        self.assertEqual([row.contender for row in rounds.run_cell(cell, [])], ["a"])
        self.assertEqual(cell.note, "b: not here (package no-such-tool)")

    def test_one_that_failed_is_told_and_not_run_again(self):
        ran = []

        def once(_):
            ran.append(1)
            raise measure.Failed("no")

        told = []
        rounds.run_all(
            iter([Together([Cell(name, name, [Contender("a", once)], warmup=False) for name in "xyz"], 2)]),
            [],
            lambda name: name != "y",
            lambda cell, rows: told.append((cell.name, rows[0].error)),
        )
        self.assertEqual((told, len(ran)), ([("x", "no"), ("z", "no")], 2))


class Told(unittest.TestCase):
    """Goals, the JSON and the tables."""

    def test_the_worst_row_is_held_against_a_goal(self):
        rows = [
            {"goals": {"waves-20": 1.01, "cpu-pdsh": 30}, "label": "a"},
            {"goals": {"waves-20": 1.04, "cpu-pdsh": 18}, "label": "b"},
        ]
        found = {goal.name: verdict for goal, verdict in goals.judge(rows)}
        self.assertEqual(found["waves-20"], (1.04, False, "b"))
        self.assertEqual(found["cpu-pdsh"], (18, True, "b"))
        self.assertIsNone(found["start"])

    def test_a_figure_says_how_it_was_taken_and_a_table_is_aligned(self):
        column = Column("wall", "wall", "s", 2, "by the clock")
        cell = Cell(
            "c",
            "A cell",
            [Contender("a", lambda _: {"wall": 1.5}), Contender("bb", lambda _: {"wall": 1234})],
            1,
            False,
        )
        suite = type("suite", (), {"NAME": "s", "TITLE": "S", "HOW": [], "COLUMNS": [column]})
        found = result.new(suite, {}, "short")
        written = result.add(found, cell, rounds.run_cell(cell, [column]))
        self.assertEqual(written["rows"][0]["figures"]["wall"]["how"], "by the clock; one run")
        self.assertEqual(
            table.cell_text(found, written).splitlines()[1:],
            ["        wall s  runs", "  a       1.50     1", "  bb  1,234.00     1"],
        )
        with tempfile.TemporaryDirectory() as folder:
            result.write(found, folder)
            self.assertEqual(result.read_all(folder)["s"]["cells"], found["cells"])
            for name, text in (("old", '{"format": 1}'), ("torn", '{"format'), ("other", "[1]")):
                pathlib.Path(folder, f"{name}.json").write_text(text, encoding="ascii")
            known, strange = result.read_known(folder)
            self.assertEqual((list(known), len(strange)), (["s"], 3))
            self.assertIn("old.json: format 1", "".join(strange))

    def test_the_page_fetches_nothing_and_the_marks_of_the_document_stay(self):
        values = {"wall": 1.5, "hosts": 10, **{column.key: 2 for column in stall.COLUMNS}}
        columns = [Column("wall", "wall", "s"), Column("hosts", "hosts"), *stall.COLUMNS]
        charts = [
            {"kind": kind, "column": "wall", "x": "hosts", "title": f"<{kind}>", "limit": 1}
            for kind in ("bars", "dots", "line")
        ]
        charts.append({"kind": "bars", "each": True, "column": "wall", "times": "hosts", "shared": True, "title": "T"})
        suite = type(
            "suite", (), {"NAME": "s", "TITLE": "S", "HOW": ["a `b`", "and more"], "COLUMNS": columns, "CHARTS": charts}
        )
        cell = Cell("c", "A & cell", [Contender(name, lambda _: values) for name in ("inventory-manager", "pdsh")], 1)
        found = result.new(suite, MACHINE, "short")
        rows = rounds.run_cell(cell, columns)
        stall.judge(rows[0])
        result.add(found, cell, rows)
        verdicts = goals.judge(result.rows_of([found]))
        text = page.render([found], verdicts)
        self.assertEqual(text.count("<svg"), 7)  # dots and those of the loop for a phone, too
        self.assertIn("&lt;bars&gt;", text)
        self.assertNotRegex(text, r"(src|href)=.?(http|//)|url\(|@import|<script")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "performance.md")
            path.write_text(f"# P\n\nbefore\n{markdown.BEGIN}\nold\n{markdown.END}\nafter\n", encoding="utf-8")
            for _ in range(2):
                markdown.put(path, markdown.render([found], verdicts))
            lines = path.read_text(encoding="utf-8").splitlines()
        self.assertEqual((lines[:4], lines[-2:]), (["# P", "", "before", markdown.BEGIN], [markdown.END, "after"]))
        self.assertNotIn("old", lines)

    def test_no_label_of_a_chart_stands_outside(self):
        figure = {"value": 812.5, "min": 0.5, "max": 900.25}
        column = {"key": "wall", "digits": 2}
        for name in ("pdsh", "inventory-manager", "a name of some length", "x" * 60, "inventory-manager, " + "y" * 90):
            rows = [{"contender": word, "figures": {"wall": figure, "x": {"value": 21}}} for word in (name, "b")]
            cell = {"title": "T", "rows": rows}
            drawn = [
                (svg.PANEL, svg.bars({"title": "T", "times": "x", "log": log}, column, cell, rows)) for log in (0, 1)
            ]
            named = [(row["contender"], row) for row in rows]
            drawn += [(wide, svg.dots({"title": "T"}, [column], named, wide)) for wide in (svg.PANEL, svg.FULL)]
            for width, text in drawn:
                for at, anchor, words in re.findall(r'<text x="([-.\d]+)".*?text-anchor="(\w+)">(.*?)</text>', text):
                    long = 7 * len(words)
                    first = float(at) - {"start": 0, "middle": long / 2, "end": long}[anchor]
                    with self.subTest(width=width, words=words):
                        self.assertGreaterEqual(first, 0)
                        self.assertLessEqual(first + long, width + 7)

    def test_a_scale_has_round_ticks(self):
        self.assertEqual(svg.nice_ticks(0, 9, False), [0, 2, 4, 6, 8, 10])
        self.assertEqual(svg.nice_ticks(0.8, 650, True), [0.1, 1, 10, 100])
        self.assertEqual(svg.nice_ticks(2, 1000, True), [1, 10, 100, 1000])

    def test_a_goal_is_told_with_the_digits_of_its_limit_and_says_who_measures_it(self):
        self.assertEqual(goals.BY_NAME["waves-20"].told(1.0304), "1.030")
        self.assertEqual(goals.BY_NAME["hosts-10000"].told(7.52), "7.5")
        self.assertFalse([goal.name for goal in goals.GOALS if not goal.by])
        text = table.verdict_text(goals.judge([]), ["latency"])
        self.assertIn("latency/one-host", text)
        self.assertNotIn("scale", text)
        self.assertTrue(text.endswith("0 met, 0 missed, 2 not measured"))

    def test_what_failed_is_told_and_in_a_smoke_hosts_are_too(self):
        row = {"label": "s/c: a", "error": "", "figures": {"failed": {"max": 2}}}
        found = {"suite": "s", "error": "", "mode": "short", "cells": [{"rows": [row, dict(row, error="no")]}]}
        self.assertEqual(result.failures([found]), [("s/c: a", "no")])
        found.update(mode="smoke", error="early")
        self.assertEqual(result.failures([found]), [("s", "early"), ("s/c: a", "2 hosts failed"), ("s/c: a", "no")])

    def test_addresses_are_folded_for_the_fleet(self):
        self.assertEqual(rig.ranges_of(rig.addresses_from(50, 252)), "127.50.0.1-250,127.50.1.1-2")


if __name__ == "__main__":
    unittest.main(verbosity=1)
