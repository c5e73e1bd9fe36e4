#!/usr/bin/python3
# diff_edit.py - our changes of inventories, judged by Ansible: random files, a random change of a
# server in each, and what Ansible says of them before and after.
#
# Decides what a change may change: the server it is about, and nothing else.  What is refused must
# leave every byte.  The last line is "N passed, N failed".
#
# Argument: the folder of answer_edit.  Environment: DIFF_EDITS how many cases, DIFF_SEED which.
import collections
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from inventory_generate import make_case  # noqa: E402
from inventory_oracle import Oracle  # noqa: E402

CASES = int(os.environ.get('DIFF_EDITS', '150'))
SEED = int(os.environ.get('DIFF_SEED', '1'))
# Some of the files hold nothing that can be changed; as few must be refused as not to make this void.
DONE_MIN = 0.4
# What Ansible does not look at before the group has a host: its variables, and what cannot be told as JSON.
COMES_TO_LIGHT = ('JSON serializable', '/group_vars/')


class Ours:
    def __init__(self, path):
        self.program = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, *fields):
        self.program.stdin.write(('\t'.join(fields) + '\n').encode('utf-8', 'surrogateescape'))
        self.program.stdin.flush()
        line = self.program.stdout.readline()
        if not line:
            raise SystemExit(f'{fields!r}: the program ended: {self.program.wait()}')
        answer = json.loads(line)
        return answer['error'], answer['texts']


def write(root, files, executable):
    folder = tempfile.mkdtemp(dir=root)
    for path, text in files.items():
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'wb') as f:
            f.write(text.encode('utf-8', 'surrogateescape') if isinstance(text, str) else text)
        if path in executable:
            os.chmod(full, 0o755)
    return folder


def snapshot(folder):
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(at, name), 'rb') as f:
                found[os.path.join(at, name)] = f.read()
    return found


def meaning(answer, called=None):
    """Hosts with their variables, groups with their members in order; a host by another name."""
    called = called or {}
    name = lambda host: called.get(host, host)  # noqa: E731
    hosts = {name(h): v for h, v in answer['list']['_meta']['hostvars'].items()}
    groups = {g: [name(h) for h in members] for g, members in answer['groups'].items()}
    for host in answer['order']:
        hosts.setdefault(name(host), {})
    return hosts, groups


def without(said, host, group=None):
    hosts, groups = said
    return ({h: v for h, v in hosts.items() if h != host},
            {g: [m for m in members if m != host] for g, members in groups.items() if g != group})


def as_text(said):
    """To be compared: NaN is like itself, and Ansible's hosts come in any order."""
    return json.dumps(said, sort_keys=True)


def is_in(expected, got):
    return all(key in got and as_text(got[key]) == as_text(value) for key, value in expected.items())


def has_files(folder, host):
    return any(name.split('.')[0] == host.split('.')[0] for at, folders, names in os.walk(folder)
               if os.path.basename(at) == 'host_vars' for name in names + folders)


class Judge:
    def __init__(self, ours, oracle, root):
        self.ours, self.oracle, self.root = ours, oracle, root
        self.counts = collections.Counter()
        self.failures = []

    def fail(self, what, folder, detail):
        self.failures.append(what)
        if len(self.failures) <= 5:
            print(f'FAIL {what}\n{detail}')
            for path, text in snapshot(folder).items():
                print(f'--- {path}\n{text.decode("utf-8", "replace")}')

    def add(self, r, folder, before):
        fresh = r.random() < 0.3
        group = r.choice(['', 'fresh' if fresh else r.choice(sorted(before[1]))])
        error, _ = self.ours.ask('add', folder, 'new-1', '10.9.9.9', '2222', 'me', 'zz=[1, x]', group)
        expected = {'ansible_host': '10.9.9.9', 'ansible_port': 2222, 'ansible_user': 'me', 'zz': [1, 'x']}

        def judge(after):
            known = group in before[1]
            same = as_text(without(before, None)) == as_text(without(after, 'new-1', None if known else group or None))
            own = is_in(expected, after[0].get('new-1', {}))
            return same and own and (not group or 'new-1' in after[1].get(group, []))
        return 'add', error, judge

    def remove(self, r, folder, before):
        host = r.choice(sorted(before[0]))
        error, _ = self.ours.ask('remove', folder, host)
        return 'remove', error, lambda after: as_text(without(before, host)) == as_text(after)

    def change(self, r, folder, before):
        host = r.choice(sorted(before[0]))
        error, texts = self.ours.ask('read', folder, host)
        if error:
            return 'change', error, None
        # host_vars/HOST is told to who renames, and stays
        name = r.choice([host, 'renamed-1']) if not has_files(folder, host) else host
        port = r.choice([texts[1], '2200'])
        extra = r.choice(['', 'zz=7'])
        text = ', '.join(t for t in (texts[4], extra) if t)
        error, _ = self.ours.ask('change', folder, host, name, '10.8.8.8', port, texts[2], text)
        expected = dict(before[0][host], ansible_host='10.8.8.8', **({'zz': 7} if extra else {}))
        expected.pop('ansible_host' if 'ansible_ssh_host' in expected else '', None)
        expected.pop('ansible_ssh_host', None)
        for key in ('ansible_port', 'ansible_ssh_port'):
            expected.pop(key, None)

        def judge(after):
            return (as_text(without(renamed(before, host, name), name)) == as_text(without(after, name)) and
                    is_in(expected, after[0].get(name, {})))
        return 'change', error, judge

    def one(self, number):
        r = random.Random(f'{SEED}/{number}')
        files, executable = make_case(r)
        folder = write(self.root, files, executable)
        said = self.oracle.answer(folder)
        if 'error' in said or not said['order'] or any('parse' in w for w in said['warnings']):
            self.counts['not an inventory'] += 1
            return
        before, bytes_before = meaning(said), snapshot(folder)
        what, error, judge = r.choice([self.add, self.remove, self.change])(r, folder, before)
        if error:
            self.counts['refused'] += 1
            if os.environ.get('DIFF_TELL'):
                print(f'refused: {what}: {error.replace(folder + "/", "")}')
            if snapshot(folder) != bytes_before:
                self.fail(f'case {number}: {what}: refused, and changed', folder, error)
            return
        self.counts['done'] += 1
        now = self.oracle.answer(folder)
        if 'error' in now and any(word in now['error'][0] for word in COMES_TO_LIGHT):
            self.counts['done'] -= 1
        elif 'error' in now:
            self.fail(f'case {number}: {what}: Ansible reads it no more', folder, now['error'])
        elif not judge(meaning(now)):
            self.fail(f'case {number}: {what}', folder, f'before: {before}\nafter: {meaning(now)}\nbytes: {bytes_before}')


def renamed(said, host, name):
    hosts, groups = said
    return ({name if h == host else h: v for h, v in hosts.items()},
            {g: [name if m == host else m for m in members] for g, members in groups.items()})


def main():
    root = tempfile.mkdtemp(prefix='im-edit.', dir='/dev/shm' if os.path.isdir('/dev/shm') else None)
    oracle = Oracle()
    judge = Judge(Ours(os.path.join(sys.argv[1], 'answer_edit')), oracle, root)
    try:
        for number in range(CASES):
            judge.one(number)
    finally:
        oracle.close()
        shutil.rmtree(root, ignore_errors=True)
    done, refused = judge.counts['done'], judge.counts['refused']
    print(f'{done} changed, {refused} refused, {judge.counts["not an inventory"]} no inventories; seed {SEED}')
    if done < DONE_MIN * (done + refused):
        judge.failures.append('too many are refused')
        print('FAIL too many are refused')
    print(f'{done + refused - len(judge.failures)} passed, {len(judge.failures)} failed')
    return 1 if judge.failures else 0


if __name__ == '__main__':
    sys.exit(main())
