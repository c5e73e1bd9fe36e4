#!/usr/bin/python3
"""told.py - is what a run tells of each step what the hosts have seen?

Hosts that misbehave from their second, third or fourth channel on, so that what goes wrong is what was sent
ahead of a step.  Each step adds a line to a file on its host; some of them kill the shell that waits for the
next one.  Then: a step that is told as done has run as often as it was told, one that is told as not started
has never run, one that is unknown has run at most once, and no step has run before those in front of it.

    told.py --program P --fleet F --key K --work DIR [--seed N] [--first N] [--runs N]

What is drawn follows from the seed and the number of the run; what the clock makes of it does not.
"""
import argparse
import collections
import json
import os
import random
import shutil
import subprocess
import sys
import time

HOSTS = 24
LONGEST_S = 60
PHASES = ['open', 'exec', 'header', 'output', 'status', 'end', 'upload']
ACTS = ['stall', 'silent', 'drop', 'reset', 'garbage', 'huge']
OTHERS = ['nochannel', 'noexec', 'window 10', 'window', 'nostatus', 'twice', 'noeof', 'noclose', 'linger', 'signal KILL',
          'status 97', 'status 7']
ALWAYS = ['sessions 1', 'sessions 2', 'noise all', 'noise channel', 'rekey 3000', 'rekey 20000', 'slow 20000']
# In the shell that runs a step: the end of the one that waits for the next, which has not been told what to do.
KILL = r'''for p in /proc/[0-9]*; do
  [ "$(readlink $p/cwd)" = "$PWD" ] && tr '\0' ' ' <$p/cmdline | grep -q 'read -r im' && kill -%s ${p#/proc/}
done 2>/dev/null
true'''


def behave(rng):
    out = []
    for i in range(HOSTS):
        here = '127.10.0.%d ' % (i + 1)
        if rng.random() < 0.15:
            continue
        out.append(here + 'from %d' % rng.choice([1, 2, 2, 2, 3, 3, 4]))
        often = rng.choice(['', '', ' once', ' times 2'])
        if rng.random() < 0.4:
            out.append(here + rng.choice(ALWAYS))
        if rng.random() < 0.6:
            out.append(here + '%s %s' % (rng.choice(ACTS), rng.choice(PHASES)) + often)
        elif rng.random() < 0.7:
            out.append(here + rng.choice(OTHERS) + often)
    return '\n'.join(out) + '\n'


def script(rng, number):
    lines = ['echo %d >>ran' % number]
    if rng.random() < 0.3:
        lines.append('sleep 0.%02d' % rng.randrange(0, 15))
    if rng.random() < 0.2:
        lines.append('head -c %d /dev/zero | tr "\\0" x; echo' % rng.choice([10, 5000, 200000]))
    if rng.random() < 0.25:
        lines += (KILL % rng.choice(['KILL', 'TERM', 'HUP'])).split('\n')
    if rng.random() < 0.1:
        lines.append('# ' + 'x' * rng.choice([3000, 40000]))
    return lines


def action(rng):
    out = ['name: told', 'steps:']
    count = rng.randrange(2, 7)
    for i in range(1, count + 1):
        out.append('  - name: "%d"' % i)
        if i > 1 and rng.random() < 0.2:
            out.append('    upload: {src: payload, dest: "{{ home }}/%d.up"}' % i)
        else:
            out.append('    run: |')
            out += ['      ' + line for line in script(rng, i)]
            if rng.random() < 0.1:
                out.append("    when: inventory_hostname != 'web-%02d'" % rng.randrange(1, HOSTS + 1))
        if rng.random() < 0.2:
            out.append('    ignore_errors: true')
    return '\n'.join(out) + '\n'


def config(rng):
    return ''.join('%s\n' % line for line in [
        'deployment_strategy: parallel', 'max_parallel_workers: %d' % rng.choice([3, 8, 24]), 'on_failure: continue',
        'max_fail: 100%', 'connect_timeout: 1s', 'auth_timeout: 1s', 'step_timeout: 1500ms', 'retry_delay: 10ms',
        'max_retries: %d' % rng.choice([0, 1, 2]), 'auto_retry_enabled: %s' % rng.choice(['true', 'false']),
        'keepalive_interval: 300ms'])


def inventory(port, home):
    out = ['all:', '  vars:', '    ansible_port: %d' % port, '    ansible_user: demo',
           '    ansible_ssh_private_key_file: key', '    home: "%s/{{ inventory_hostname }}"' % home, '  hosts:']
    out += ['    web-%02d: {ansible_host: 127.10.0.%d}' % (i, i) for i in range(1, HOSTS + 1)]
    return '\n'.join(out) + '\n'


def write(path, text):
    with open(path, 'w') as f:
        f.write(text)


class Run:
    def __init__(self, args, number):
        self.args = args
        self.rng = random.Random('told-%d-%d' % (args.seed, number))
        self.folder = os.path.join(args.work, 'run')
        self.home = os.path.join(self.folder, 'home')
        self.wrong = []

    def start_fleet(self):
        self.log = open(os.path.join(self.folder, 'fleet.log'), 'w')
        self.fleet = subprocess.Popen(
            [self.args.fleet, '--root', self.home, '--hosts', self.folder + '/hosts', '--host-key', self.args.work + '/host_key',
             '--authorized-keys', self.args.key + '.pub', '--user', 'demo', '--known-hosts', self.folder + '/known_hosts',
             '--behave', self.folder + '/behave', '--unconfined'], stdout=subprocess.PIPE, stderr=self.log)
        return int(self.fleet.stdout.readline().split()[1])

    def prepare(self):
        rng = self.rng
        shutil.rmtree(self.folder, ignore_errors=True)
        env = os.path.join(self.folder, 'project/inventory/told')
        os.makedirs(env + '/actions')
        os.makedirs(self.folder + '/project/conf/actions')
        os.makedirs(self.home)
        write(self.folder + '/hosts', ''.join('127.10.0.%d web-%02d\n' % (i, i) for i in range(1, HOSTS + 1)))
        write(self.folder + '/behave', behave(rng))
        write(env + '/actions/told.yml', action(rng))
        write(env + '/actions/payload', 'x' * rng.choice([10, 3000, 150000]))
        write(env + '/config.yml', config(rng))
        port = self.start_fleet()
        write(env + '/hosts.yml', inventory(port, self.home))
        shutil.copy(self.folder + '/known_hosts', env + '/known_hosts')
        shutil.copy(self.args.key, self.folder + '/project/key')
        os.chmod(self.folder + '/project/key', 0o600)

    def children(self):
        with open('/proc/%d/task/%d/children' % (self.fleet.pid, self.fleet.pid)) as f:
            return f.read().split()

    def go(self):
        """What was told: host, step: outcomes."""
        self.prepare()
        env = {'PATH': os.environ['PATH'], 'HOME': self.folder}
        try:
            done = subprocess.run([self.args.program, 'run', 'told', 'told', '-o', 'jsonl'], cwd=self.folder + '/project',
                                  env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=LONGEST_S)
            until = time.monotonic() + 10
            while self.children() and time.monotonic() < until:  # what is late may run yet
                time.sleep(0.02)
            left = self.children()
        except subprocess.TimeoutExpired:
            self.wrong.append('it hangs')
            return {}
        finally:
            self.fleet.terminate()
            self.fleet.wait()
            self.fleet.stdout.close()
            self.log.close()
        write(self.folder + '/err', done.stderr.decode(errors='replace'))
        write(self.folder + '/out', done.stdout.decode(errors='replace'))
        if done.returncode not in (0, 1, 2, 3, 4):
            self.wrong.append('exit code %d' % done.returncode)
        if left:
            self.wrong.append('shells that are left: %s' % left)
        told = collections.defaultdict(list)
        for line in done.stdout.decode().splitlines():
            e = json.loads(line)
            if e['type'] == 'step_finished':
                told[e['host'], int(e['step_name'])].append(e)
        return told

    def ran(self, host):
        try:
            with open('%s/%s/ran' % (self.home, host)) as f:
                return [int(line) for line in f]
        except FileNotFoundError:
            return []

    def judge(self, told, counts):
        for i in range(1, HOSTS + 1):
            host = 'web-%02d' % i
            lines = self.ran(host)
            times = collections.Counter(lines)
            if lines != sorted(lines):
                self.wrong.append('%s: in this order: %s' % (host, lines))
            for number in set(times) | {n for h, n in told if h == host}:
                self.judge_step(host, number, times[number], told.get((host, number), []), counts)

    def judge_step(self, host, number, times, events, counts):
        ends = collections.Counter(self.end(e) for e in events)
        counts.update(ends)
        upload = '%s/%s/%d.up' % (self.home, host, number)
        if ends['?']:
            self.wrong.append('%s: step %d: %s' % (host, number, events))
        if self.is_upload(number):
            is_there = os.path.exists(upload)
            if ends['done'] and not is_there or is_there and not ends['done'] + ends['unknown'] + ends['failed']:
                self.wrong.append('%s: file of step %d: %s, told: %s' % (host, number, is_there, dict(ends)))
            return
        # A host that has its own mind about an exit status may say it of a step that a reset has cut.
        least, most = ends['done'] + ends['failed'], ends['done'] + ends['failed'] + ends['unknown']
        if not least <= times <= most:
            self.wrong.append('%s: step %d ran %d times, told: %s: %s' % (host, number, times, dict(ends), events))

    def is_upload(self, number):
        with open(self.folder + '/project/inventory/told/actions/told.yml') as f:
            return '/%d.up"' % number in f.read()

    @staticmethod
    def end(event):
        words = {'ok': 'done', 'changed': 'done', 'done': 'done', 'failed': 'failed', 'unknown': 'unknown', 'skipped': 'skipped'}
        if event['outcome'] == 'failed' and 'exit_code' not in event and 'signal' not in event:
            return 'not started'
        return words.get(event['outcome'], event['outcome'].replace('_', ' '))


def main():
    p = argparse.ArgumentParser()
    for name in ('program', 'fleet', 'key', 'work'):
        p.add_argument('--' + name, required=True)
    for name, most in (('seed', 1), ('first', 0), ('runs', 10)):
        p.add_argument('--' + name, type=int, default=most)
    args = p.parse_args()
    counts = collections.Counter()
    bad = 0
    for number in range(args.first, args.first + args.runs):
        run = Run(args, number)
        run.judge(run.go(), counts)
        if run.wrong:
            bad += 1
            print('run %d of seed %d:\n  %s' % (number, args.seed, '\n  '.join(run.wrong)), flush=True)
            shutil.move(run.folder, os.path.join(args.work, 'wrong-%d' % number))
    print('%d runs, %s' % (args.runs, ', '.join('%s %d' % row for row in sorted(counts.items()))))
    sys.exit(bad > 0)


if __name__ == '__main__':
    main()
