#!/usr/bin/python3
# diff_inventory.py - our inventory reader against Ansible's: a written corpus, then random cases.
#
# Decides what is compared (groups, variables with their types, orders) and which differences are
# deliberate: KNOWN below, the only list of them, each in docs/compat.md.  What differs otherwise
# is a failure, told with its files, made small.  The last line is "N passed, N failed".
#
# Argument: the folder of answer_inventory.  Environment: DIFF_CASES how many random cases,
# DIFF_SEED which, DIFF_ONLY=N case N alone, or the `corpus`, DIFF_COMMANDS how many cases the command is asked too,
# DIFF_REPORTS how many differences are told in full.
import collections
import json
import multiprocessing.pool
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

from inventory_generate import make_case, make_list  # noqa: E402
from inventory_literals import ansible_value, ansible_words, host_line, literal  # noqa: E402
from inventory_oracle import Oracle, command_answer  # noqa: E402
from inventory_shrink import shrink  # noqa: E402

CASES = int(os.environ.get('DIFF_CASES', '2000'))
COMMANDS = int(os.environ.get('DIFF_COMMANDS', '15'))
SEED = int(os.environ.get('DIFF_SEED', '1'))
ONLY = os.environ.get('DIFF_ONLY')
REPORTS = int(os.environ.get('DIFF_REPORTS', '12'))  # told in full; more are counted
CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'data', 'inventories')

# One thing that differs.  kind: 'refused by us' (ours: one mistake), 'refused by Ansible' (theirs:
# why), 'value', 'only Ansible has', 'only we have', 'hosts', 'children', 'order', 'members'.
Difference = collections.namedtuple('Difference', 'kind where theirs ours')
Known = collections.namedtuple('Known', 'name reason holds')


class Case:
    """Files, what Ansible says and what we say."""

    def __init__(self, name, files, executable, theirs, ours):
        self.name, self.files, self.executable = name, files, executable
        self.theirs, self.ours = theirs, ours

    def warned(self, text):
        return any(text in w for w in self.theirs.get('warnings', ()))


# ---------------------------------------------------------------- what differs on purpose



def mistake(pattern):
    """A predicate: we refuse, with this mistake."""
    compiled = re.compile(pattern)
    return lambda case, d: d.kind == 'refused by us' and compiled.search(d.ours) is not None


def twin(case, d):
    """Only what is missing of a host that we say is another name of a machine."""
    said = ' '.join(case.ours.get('warnings', ()))
    dropped = set(re.findall(r': (\S+) is the same machine as', said))
    if d.kind == 'only Ansible has':
        return d.where[:1] == ('hostvars',) and d.where[1] in dropped
    if d.kind in ('hosts', 'order', 'members'):
        return [h for h in d.theirs or () if h not in dropped] == (d.ours or [])
    return mistake(r'is the same machine as')(case, d)


def no_hosts(case, d):
    return mistake(r': no hosts(: the file is empty)?$')(case, d) and case.theirs['order'] == []


def unreadable(case, d):
    """A mistake in a file of a folder that Ansible could not read either."""
    if d.kind != 'refused by us':
        return False
    path = re.match(r'(/[^:]*):', d.ours)
    return path is not None and case.warned('Unable to parse %s as an inventory source' % path[1])


PYYAML_FAILS = ("the tag 'tag:yaml.org,2002:value'", "the tag 'tag:yaml.org,2002:merge'", 'second occurrence',
                'invalid literal for int() with base', 'could not convert string to float', 'is out of range for month',
                'month must be in', 'hour must be in', 'minute must be in', 'second must be in', 'year 0 is out of range',
                'tz must be', 'offset must be',
                'could not determine a constructor for the tag')  # of a value that a later one replaces: else we refuse it too


def more_yaml(case, d):
    """One file of a folder is left out with a warning; what else there is differs, then."""
    if any(p.startswith('hosts/') for p in case.files) and d.kind != 'refused by us':
        return any(case.warned(text) for text in PYYAML_FAILS)
    return d.kind == 'refused by Ansible' and any(text in w for text in PYYAML_FAILS for w in d.theirs)


def unsafe(_, d):
    return d.kind == 'value' and d.theirs == {'__ansible_unsafe': d.ours}


def nobody(case, d):
    """A mistake in a file of variables of a group or host that Ansible has no host for."""
    path = re.match(r'\S*/(group|host)_vars/([^/:]+)', d.ours) if d.kind == 'refused by us' else None
    if path is None:
        return False
    name = re.sub(r'\.(yml|yaml|json)$', '', path[2])
    return not case.theirs['groups'].get(name) if path[1] == 'group' else name not in case.theirs['order']


def two_of_a_name(case, d):
    """What is about a host or a group whose name the other has, too, or about a host of that group."""
    groups = case.theirs.get('groups', {})
    both = set(groups) & {h for hosts in groups.values() for h in hosts}
    taken = both.union(*(groups[name] for name in both))
    if d.where[:1] == ('hostvars',):
        return len(d.where) > 1 and d.where[1] in taken
    return d.kind in ('hosts', 'children', 'members', 'order') and both != set() and \
        set(d.theirs or ()) ^ set(d.ours or ()) <= taken


def beside_folder(case, d):
    inside = any(p.startswith('hosts/') for p in case.files)
    beside = any(p.startswith(('group_vars/', 'host_vars/')) for p in case.files)
    return inside and beside and d.where[:1] == ('hostvars',) and d.kind in ('only we have', 'value')


def not_json(_, d):
    return d.kind == 'refused by Ansible' and re.match(
        r'TypeError: (Object of type (complex|set|bytes|ellipsis) is not JSON|keys must be str, int, float)', d.theirs[0])


def surrogate(_, d):
    return d.kind == 'value' and isinstance(d.ours, str) and \
        re.search('[\ud800-\udfff]', json.dumps(d.theirs, ensure_ascii=False)) is not None


def empty_range(case, d):
    if d.kind != 'refused by us':
        return False
    found = re.search(r'host \S*?\[(\d+):(\d+)(:\d+)?\]\S*: a range is', d.ours)
    return found is not None and int(found[1]) > int(found[2])


def timestamp(_, d):
    return d.kind == 'value' and isinstance(d.theirs, str) and isinstance(d.ours, str) and \
        re.fullmatch(r'\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?)?', d.theirs) and \
        re.fullmatch(r'\d{4}-\d\d?-\d\d?([Tt ].*)?', d.ours)


def yaml_as_ini(case, d):
    return any(p in ('hosts.yml', 'hosts.yaml') for p in case.files) and \
        mistake(r'/hosts\.ya?ml:.*(not YAML: |expected groups, such as)')(case, d)


# Names that Ansible takes for itself and leaves out of --list (InventoryCLI, INTERNAL_VARS).
RESERVED = {'groups', 'group_names', 'inventory_hostname', 'ansible_config_file', 'ansible_diff_mode', 'ansible_facts', 'ansible_forks', 'ansible_inventory_sources',
            'ansible_limit', 'ansible_playbook_python', 'ansible_run_tags', 'ansible_skip_tags', 'ansible_verbosity',
            'ansible_version', 'inventory_dir', 'inventory_file', 'inventory_hostname_short', 'omit', 'playbook_dir'}


def reserved(_, d):
    if d.kind != 'only we have' or d.where[:1] != ('hostvars',):
        return False
    return d.where[2] in RESERVED if len(d.where) == 3 else len(d.where) == 2 and set(d.ours) <= RESERVED


def big_integer(_, d):
    return d.kind == 'value' and type(d.theirs) is int and not -2**63 <= d.theirs < 2**63 \
        and d.ours == str(d.theirs)


KNOWN = [
    Known('integer past 64 bits', 'text with all its digits: no number of ours can hold it', big_integer),
    Known('host or group name', 'a name goes into paths, logs and shells: letters, digits, . _ - only',
          mistake(r'(a name is \[A-Za-z0-9_\]|a host name has at most)')),
    Known('one machine twice', 'one machine under two names would be deployed to twice', twin),
    Known('no hosts', 'a deployment to nothing is a mistake', no_hosts),
    Known('connection variable', 'an address, port or user that is none is found before anything starts',
          mistake(r': ansible_\w+: expected (a name|a number|the name|the path)')),
    Known('unknown key of a group', 'Ansible skips it with a warning; it is a typing error mostly',
          mistake(r'unknown key of group')),
    Known('reserved name', 'a name that means something to the commands of Ansible means nothing here', reserved),
    Known('variables beside a folder', 'group_vars of the environment hold whatever hosts is; Ansible looks inside it only',
          beside_folder),
    Known('unreadable file of a folder', 'Ansible warns and deploys to what is left', unreadable),
    Known('tag', '!!omap, !!pairs, !!timestamp and tags of one\'s own are refused', mistake(r'the tag \S+ is not supported')),
    Known('empty range', 'web[3:1] is no host for Ansible, without a word; it is a typing error', empty_range),
    Known('half a character', 'a surrogate is no text', surrogate),
    Known('NUL', 'no variable of a shell can hold it', mistake(r'a NUL \(')),
    Known('deep nesting', 'lists and dicts in each other have a limit', mistake(r'nested deeper than')),
    Known('key of a dict', 'a list or a tuple is no key', mistake('a list or a dict is a key')),
    Known('more of YAML', 'PyYAML stumbles over =, <<, 0b_ as values, days that are none, an anchor twice; it is text',
          more_yaml),
    Known('ungrouped as a child', 'it is what is in no other group; in one it would be in all of its parents, too',
          mistake('group ungrouped: holds what no other group does')),
    Known('children as a text', 'Ansible takes each letter for a group', mistake(r' --list:\S* \S+: expected a list of groups')),
    Known('unsafe', 'Ansible shows a mark around it; it is text', unsafe),
    Known('variables of nobody', 'a file of variables is read whether its group has a host or not', nobody),
    Known('host and group of one name', 'Ansible takes the one for the other, and warns', two_of_a_name),
    Known('not JSON', 'sets, complex numbers and bytes are text; Ansible reads them and cannot show them',
          not_json),
    Known('timestamp', 'a time is the text that was written', timestamp),
    Known('hosts.yml as INI', 'what is no YAML inventory is not tried as INI', yaml_as_ini),
]


def known_name(case, difference):
    for k in KNOWN:
        if k.holds(case, difference):
            return k.name
    return None


# ---------------------------------------------------------------- comparing

def values(theirs, ours, where):
    """Leaves that differ, their type counted: 1, 1.0, true and "1" are four values."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in theirs.keys() - ours.keys():
            yield Difference('only Ansible has', where + (key,), theirs[key], None)
        for key in ours.keys() - theirs.keys():
            yield Difference('only we have', where + (key,), None, ours[key])
        for key in theirs.keys() & ours.keys():
            yield from values(theirs[key], ours[key], where + (key,))
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for i, pair in enumerate(zip(theirs, ours)):
            yield from values(*pair, where + (i,))
    elif type(theirs) is not type(ours) or repr(theirs) != repr(ours):
        yield Difference('value', where, theirs, ours)


def lists(theirs, ours, where, kind):
    if theirs != ours:
        yield Difference(kind, where, theirs, ours)


def compare(theirs, ours):
    if 'error' in theirs:
        return [] if 'error' in ours else [Difference('refused by Ansible', (), theirs['error'], None)]
    if 'error' in ours:
        return [Difference('refused by us', (), None, m) for m in ours['error']]
    a, b = dict(theirs['list']), dict(ours['list'])
    found = list(values(a.pop('_meta')['hostvars'], b.pop('_meta')['hostvars'], ('hostvars',)))
    for name in a.keys() | b.keys():
        for part in ('hosts', 'children'):
            found += lists(a.get(name, {}).get(part), b.get(name, {}).get(part), (name,), part)
    found += lists(theirs['order'], ours['order'], (), 'order')
    for name, members in theirs['groups'].items():
        found += lists(members, ours['groups'].get(name, []), (name,), 'members')
    return found


def signature(d):
    """What makes two differences one finding."""
    if d.kind == 'refused by us':
        return (d.kind, re.sub(r'^\S*: |"[^"]*"|\S*\d\S*', '', d.ours)[:80])
    if d.kind == 'refused by Ansible':
        why = [w for w in d.theirs if 'with yaml plugin: ' in w] or d.theirs
        text = re.sub(r'^.*plugin: ', '', str(why[0]).replace('\n', ' '))
        return (d.kind, re.sub(r'/\S*|"[^"]*"|\'[^\']*\'|\d+', '', text)[:60])
    if d.kind == 'value':
        return (d.kind, type(d.theirs).__name__, type(d.ours).__name__)
    return (d.kind,)


# ---------------------------------------------------------------- the two sides

class Ours:
    """Our reader, one process for all requests."""

    def __init__(self, program):
        self.program, self.process = program, None
        self.start()

    def start(self):
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def answer(self, what, text):
        self.process.stdin.write(('%s %s\n' % (what, text)).encode('utf-8'))
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            status = self.process.wait()
            self.start()
            return {'error': ['answer_inventory ended with %d' % status], 'dead': True}
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


class Sides:
    def __init__(self, program):
        place = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        self.oracle = Oracle()
        self.ours = Ours(program)
        self.tmp = tempfile.mkdtemp(prefix='im-diff.', dir=place)
        self.count = 0
        os.chdir(self.oracle.home)  # Ansible reads group_vars of the current folder, too

    def write(self, files, executable):
        self.count += 1
        folder = os.path.join(self.tmp, str(self.count))
        for path, text in files.items():
            full = os.path.join(folder, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, 'w', encoding='utf-8', newline='') as f:
                f.write(text)
            if path in executable:
                os.chmod(full, 0o755)
        return folder

    def ask(self, name, files, executable):
        folder = self.write(files, executable)
        case = Case(name, files, executable, self.oracle.answer(folder), self.ours.answer('list', folder))
        shutil.rmtree(folder)
        return case

    def close(self):
        shutil.rmtree(self.tmp, ignore_errors=True)
        self.oracle.close()
        return self.ours.close()


# ---------------------------------------------------------------- judging

class Tally:
    def __init__(self, sides):
        self.sides = sides
        self.passed = self.failed = 0
        self.known = collections.Counter()
        self.skipped = collections.Counter()
        self.findings = collections.Counter()
        self.refused = 0  # by both

    def unexplained(self, case):
        if case.ours.get('dead'):
            return [Difference('crash', (), None, case.ours['error'][0])]
        return [d for d in compare(case.theirs, case.ours) if known_name(case, d) is None]

    @staticmethod
    def later(case):
        """Not yet is neither right nor wrong: what is not yet, or None."""
        said = [m for m in case.ours.get('error', ()) if 'not yet: ' in m]
        return re.sub(r'^.*not yet: ', '', said[0]) if said else None

    def judge(self, case, may_differ=True):
        """Count a case: passed, known, skipped or failed."""
        if self.later(case):
            self.skipped[self.later(case)] += 1
            return
        bad = self.unexplained(case)
        names = {known_name(case, d) for d in compare(case.theirs, case.ours)} - {None}
        if not bad:
            if names and not may_differ:
                self.fail(case, 'differs on purpose (%s): name it differs-*' % ', '.join(sorted(names)))
                return
            self.passed += 1
            self.known.update(names)
            self.refused += 'error' in case.theirs and 'error' in case.ours
            return
        self.failed += 1
        kinds = {signature(d) for d in bad}
        fresh = [k for k in kinds if k not in self.findings]
        if case.name.startswith('corpus '):
            print('FAIL %s: %s' % (case.name, ', '.join(sorted({d.kind for d in bad}))))
        self.findings.update(kinds)
        if fresh and len(self.findings) <= REPORTS:
            self.report(self.smaller(case, fresh), fresh)

    def smaller(self, case, kinds):
        def still(files):
            found = self.sides.ask(case.name, files, case.executable)
            return not self.later(found) and any(signature(d) in kinds for d in self.unexplained(found))

        if not case.files or case.name.startswith('corpus '):
            return case
        return self.sides.ask(case.name, shrink(case.files, still), case.executable)

    def report(self, case, kinds):
        print('---- %s' % case.name)
        for path, text in case.files.items():
            print('%s%s:' % (path, '*' if path in case.executable else ''))
            print(''.join('    | %s\n' % line for line in text.split('\n')[:60]), end='')
        for d in self.unexplained(case)[:6]:
            print('  %s %s%s' % (d.kind, ' '.join(map(str, d.where)), '' if signature(d) in kinds else ' (too)'))
            print('    Ansible: %s' % json.dumps(d.theirs, ensure_ascii=False)[:600])
            print('    we:      %s' % json.dumps(d.ours, ensure_ascii=False)[:600])

    def judge_text(self, name, text, theirs, ours):
        """One value or line of INI."""
        if ours.get('error') == ['unknown request']:
            self.skipped['INI values'] += 1
            return
        case = Case(name, {}, set(), theirs, ours)
        if 'error' in theirs:
            found = [] if 'error' in ours else [Difference('refused by Ansible', (), theirs['error'], None)]
        elif 'error' in ours:
            found = [Difference('refused by us', (), theirs['value'], m) for m in ours['error']]
        else:
            found = list(values(theirs['value'], ours['value'], ()))
        bad = [d for d in found if known_name(case, d) is None]
        self.known.update({known_name(case, d) for d in found} - {None})
        self.passed += not bad
        self.failed += bad != []
        self.findings.update({(name,) + signature(d) for d in bad})
        if bad and self.findings[(name,) + signature(bad[0])] <= 3:
            print('---- %s %r\n  Ansible: %s\n  we:      %s' % (name, text, theirs, ours))

    def fail(self, case, why):
        self.failed += 1
        print('---- %s: %s' % (case.name, why))

    def summary(self):
        for kind, count in self.findings.most_common():
            print('finding: %d cases: %s' % (count, ' '.join(kind)))
        for k in KNOWN:
            print('known: %d cases: %s: %s' % (self.known[k.name], k.name, k.reason))
        for what, count in self.skipped.most_common():
            print('SKIPPED: %d cases: not yet: %s' % (count, what))
        print('refused by both: %d' % self.refused)


# ---------------------------------------------------------------- the cases

def read_corpus(folder):
    files, executable = {}, set()
    for at, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(at, name)
            path = os.path.relpath(full, folder)
            with open(full, encoding='utf-8', newline='') as f:
                files[path] = f.read()
            if os.access(full, os.X_OK):
                executable.add(path)
    return files, executable


def run_corpus(sides, tally):
    """refused-*: both must refuse.  differs-*: a known difference.  Any other: no difference."""
    cases = []
    for name in sorted(os.listdir(CORPUS)):
        case = sides.ask('corpus ' + name, *read_corpus(os.path.join(CORPUS, name)))
        cases.append(case)
        both = 'error' in case.theirs and 'error' in case.ours
        if name.startswith('refused-') and 'error' not in case.theirs:
            tally.fail(case, 'Ansible does not refuse this')
        elif not name.startswith('refused-') and both and not tally.later(case):
            tally.fail(case, 'both refuse this: %s' % case.ours['error'])
        elif name.startswith('differs-') and not compare(case.theirs, case.ours):
            tally.fail(case, 'does not differ')
        else:
            tally.judge(case, may_differ=name.startswith('differs-'))
    return cases


def random_case(number):
    return make_case(random.Random(SEED * 1000003 + number))


def run_random(sides, tally, numbers):
    for i in numbers:
        tally.judge(sides.ask('seed %d case %d' % (SEED, i), *random_case(i)))


def run_texts(sides, tally):
    r = random.Random(SEED)
    for _ in range(CASES):
        text = literal(r).strip()
        tally.judge_text('value', text, ansible_value(text), sides.ours.answer('value', text))
        text = host_line(r).strip()
        tally.judge_text('words', text, ansible_words(text), sides.ours.answer('words', text))


def run_lists(sides, tally):
    r = random.Random(SEED)
    for i in range(CASES // 10):
        text = make_list(r)
        tally.judge(Case('seed %d list %d: %r' % (SEED, i, text), {}, set(), sides.oracle.answer_source(text),
                         sides.ours.answer('hosts', text)))


def run_commands(sides, tally, cases):
    """The oracle in this process must answer what the command answers."""
    folders = [sides.write(files, executable) for _, files, executable in cases]
    with multiprocessing.pool.ThreadPool(2) as pool:
        answers = pool.map(lambda folder: command_answer(folder, sides.oracle.home), folders)
    failed = tally.failed
    for folder, (name, _, _), theirs in zip(folders, cases, answers):
        mine = sides.oracle.answer(folder)
        if repr(theirs.get('list')) == repr(mine.get('list')):
            tally.passed += 1
        else:
            tally.failed += 1
            print('---- %s: the command and the oracle differ\n  command: %s\n  oracle: %s' % (name, theirs, mine))
    print('commands: %d of %d agree' % (len(cases) - (tally.failed - failed), len(cases)))


def main():
    sides = Sides(os.path.join(os.path.abspath(sys.argv[1]), 'answer_inventory'))
    tally = Tally(sides)
    if ONLY == 'corpus':
        run_corpus(sides, tally)
    elif ONLY is not None:
        run_random(sides, tally, [int(ONLY)])
    else:
        corpus = run_corpus(sides, tally)
        run_random(sides, tally, range(CASES))
        run_lists(sides, tally)
        run_texts(sides, tally)
        every = [(c.name, c.files, c.executable) for c in corpus]
        every += [('seed %d case %d' % (SEED, i),) + random_case(i) for i in range(min(CASES, 10 * COMMANDS))]
        run_commands(sides, tally, random.Random(SEED).sample(every, min(COMMANDS, len(every))))
    status = sides.close()
    if status != 0:
        tally.failed += 1
        print('answer_inventory ended with %d' % status)
    tally.summary()
    print('DIFF_SEED=%d DIFF_CASES=%d DIFF_COMMANDS=%d' % (SEED, CASES, COMMANDS))
    print('%d passed, %d failed' % (tally.passed, tally.failed))
    return 1 if tally.failed else 0


if __name__ == '__main__':
    sys.exit(main())
