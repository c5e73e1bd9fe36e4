#!/usr/bin/python3
"""faults.py ROWS: every row of faults_rows.py named so is a host of one run, with three good ones beside.

`faults.py behave ROWS` prints the fleet's file of misbehaviour, `inventory ROWS PORT` the inventory, and
`check ROWS JSONL EXIT` reads what the run told and says what is not as the rows want it.
"""
import json
import sys

import faults_rows

GOOD = ["good-1", "good-2", "good-3"]


def hosts(rows):
    """Name and address of each row, then of the good ones."""
    names = [row.name for row in rows] + GOOD
    return [(name, f"127.60.{i // 250}.{i % 250 + 1}") for i, name in enumerate(names)]


def behave(rows):
    address = dict(hosts(rows))
    for row in rows:
        for line in row.behave:
            if line != "none":
                print(address[row.name], line)


def inventory(rows, port):
    by_name = {row.name: row for row in rows}
    print("all:")
    print(f"  vars: {{ansible_port: {port}, ansible_user: demo, ansible_ssh_private_key_file: id_ed25519}}")
    print("  hosts:")
    for name, address in hosts(rows):
        row = by_name.get(name)
        script = json.dumps(row.script if row else "echo fine")
        print(f"    {name}: {{ansible_host: {address}, kind: {row.kind if row else 'run'}, script: {script}}}")


def complain(name, text):
    print(f"FAIL: {name}: {text}")


def check_row(row, end, output, checksum):
    """What is wrong with how this host ended."""
    if end["outcome"] != row.outcome:
        yield f"expected {row.outcome}, got {end['outcome']}: {end.get('reason', '')}"
        return
    reason = end.get("reason", "")
    for word in row.words:
        if word not in reason:
            yield f"«{word}» is not in «{reason}»"
    if any(ord(c) < 32 or ord(c) == 127 for c in reason):
        yield f"a control character is in «{reason!r}»"
    if end["duration_ms"] > row.seconds * 1000:
        yield f"took {end['duration_ms']} ms, at most {row.seconds} s"
    expected = None if row.output is None else row.output.replace("SUM", checksum)
    if expected is not None and expected != output:
        yield f"expected the output «{expected}», got «{output[:200]}»"


def exit_code(outcomes):
    """interfaces.md: the first that applies; nothing is halted or rolled back here."""
    if outcomes & {"failed", "unknown"}:
        return 2
    return 4 if "unreachable" in outcomes else 0


def read_events(path, heard):
    """Of the output, what the hosts `heard` said only: others flood."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["type"] == "host_finished" or (event["type"] == "output" and event["host"] in heard):
                yield event


def check(rows, path, code, checksum):
    ends, order, output = {}, [], {}
    failures = 0
    for event in read_events(path, {row.name for row in rows if row.output is not None}):
        if event["type"] == "host_finished":
            if event["host"] in ends:
                complain(event["host"], "ended twice")
                failures += 1
            ends[event["host"]] = event
            order.append(event["host"])
        elif event["stream"] == "stdout":
            output[event["host"]] = output.get(event["host"], "") + event.get("data", "")
    for row in rows:
        wrong = list(check_row(row, ends[row.name], output.get(row.name, ""), checksum)) if row.name in ends else ["has no end"]
        for text in wrong:
            complain(f"fault {row.fault}: {row.name}", text)
        failures += len(wrong)
    late = [row.name for row in rows if row.waits]
    for name in GOOD:
        if ends.get(name, {}).get("outcome") != "ok":
            complain(name, ends.get(name))
            failures += 1
        elif any(order.index(name) > order.index(other) for other in late if other in order):
            complain(name, "ended after a host that made us wait")
            failures += 1
    wanted = exit_code({end["outcome"] for end in ends.values()})
    if wanted != code:
        complain("exit code", f"{code}, the outcomes say {wanted}")
        failures += 1
    print(f"{len(rows)} rows, {failures} failures")
    return failures


def main():
    verb, table = sys.argv[1], getattr(faults_rows, sys.argv[2].upper())
    if verb == "behave":
        behave(table)
    elif verb == "inventory":
        inventory(table, int(sys.argv[3]))
    elif verb == "check":
        sys.exit(1 if check(table, sys.argv[3], int(sys.argv[4]), sys.argv[5]) > 0 else 0)
    elif verb == "count":
        print(len(hosts(table)))


main()
