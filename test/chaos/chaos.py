#!/usr/bin/python3
"""chaos.py - many short runs of the real program under conditions drawn at random.

Each run: a config.yml, an action, an inventory, servers that misbehave, and an operator who speaks at odd
times (or a signal, or kill -9).  The program is the one of test/chaos/replay.c, which replays the journal of
each run that ends.  Here it is held that the run ends, with the exit code of its replay, that nothing asserts
or leaks, that each verb is answered, and that no socket and no child is left.

    chaos.py --program P --fleet F --key K --work DIR [--bastion B --bastion-known FILE]
             [--seed N] [--first N] [--runs N] [--kill N]

What is drawn follows from the seed and the number of the run; what the clock makes of it does not.
"""
import argparse
import collections
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

LONGEST_S = 40
VERBS = ['pause', 'continue', 'promote', 'abort', 'kill', 'rollback', 'skip', 'retry', 'workers']
ODD_LINES = [b'\n', b'pause now\n', b'x' * 5000, b'status\n' * 50, b'\x00\xff\n', b'workers 99999\n', b'skip nobody\n']
LOG_WORDS = {'idle': ['processing'], 'busy': ['completed', 'prepared'], 'parked': ['switching', 'completed']}
SECRET = 'swordfish-of-chaos'
# What happens to a connection, at which point, and how often.
TROUBLE = ['drop accept', 'drop kex', 'drop auth', 'drop open', 'drop exec', 'drop header', 'drop status', 'reset kex',
           'reset exec', 'reset status', 'stall accept', 'stall kex', 'stall exec', 'stall header', 'silent open',
           'silent header', 'garbage kex', 'deny', 'nochannel', 'noexec', 'nostatus', 'signal KILL', 'status 7',
           'twice', 'noeof', 'linger', 'banner long', 'hostkey other', 'algorithms kex', 'slow 4000', 'rekey 2000',
           'noise all', 'throttle 1:50:2']


class Wrong(Exception):
    """What must not be."""


def word(rng, *pairs):
    """One of the words, by weight."""
    return rng.choices([p[0] for p in pairs], [p[1] for p in pairs])[0]


def script(rng, trouble):
    """A few milliseconds of work, which goes wrong in `trouble` of 100 cases."""
    lines = []
    if rng.random() < 0.4:
        lines.append('sleep 0.%02d' % rng.randrange(0, 12))
    if rng.random() < 0.1:
        lines.append('echo out; echo err >&2')
    lines.append('r=$(od -An -N1 -tu1 /dev/urandom)')
    lines.append('[ $((r %% 100)) -ge %d ] || exit %d' % (trouble, rng.choice([1, 2, 3, 255])))
    if rng.random() < 0.03:
        lines.append('sleep 3')
    return lines


def step(rng, name, kinds, trouble):
    kind = word(rng, *kinds)
    out = ['  - name: %s' % name]
    if kind in ('run', 'local'):
        out.append('    %s: |' % kind)
        out += ['      ' + line for line in script(rng, trouble)]
        if kind == 'run' and rng.random() < 0.1:
            out.append('    unless: test $(( $(od -An -N1 -tu1 /dev/urandom) % 2 )) = 0')
    elif kind == 'upload':
        out.append('    upload: {src: payload, dest: "/%s/payload"}' % 'tmp/im-chaos-nowhere')
        out.append('    ignore_errors: true')
    elif kind == 'wait_for':
        out.append('    wait_for: {port: "{{ ansible_port }}", host: "{{ ansible_host }}", timeout: 1s}')
    if rng.random() < 0.3:
        out.append('    idempotent: true')
        if rng.random() < 0.7:
            out.append('    retries: %d' % rng.randrange(1, 3))
            if rng.random() < 0.5:
                out.append('    delay: %dms' % rng.randrange(0, 60))
    if kind != 'upload' and rng.random() < 0.1:
        out.append('    ignore_errors: true')
    if rng.random() < 0.1:
        out.append('    run_once: true')
    elif rng.random() < 0.15:
        out.append('    throttle: %d' % rng.randrange(1, 3))
    if rng.random() < 0.08:
        out.append('    when: zone == \'a\'')
    if kind != 'wait_for' and rng.random() < 0.1:
        out.append('    timeout: 200ms')
    return out


def check(rng, trouble):
    kind = word(rng, ('run', 6), ('tcp', 3), ('http', 1))
    if kind == 'run':
        return ['  - run: |'] + ['      ' + line for line in script(rng, trouble)]
    if kind == 'tcp':
        return ['  - tcp: {port: "{{ ansible_port }}"}']
    return ['  - http: {port: "{{ ansible_port }}"}', '    when: zone == \'c\'']


class Plan:
    """What is drawn for one run."""

    def __init__(self, seed, number):
        rng = self.rng = random.Random('%d-%d' % (seed, number))
        self.strategy = word(rng, ('sequential', 1), ('parallel', 2), ('rolling', 4), ('all_at_once', 1), ('canary', 3),
                             ('blue_green', 3))
        self.hosts = ['web-%02d' % (i + 1) for i in range(rng.randrange(1, 11))]
        self.on_failure = word(rng, ('stop', 3), ('continue', 3), ('rollback', 4), ('pause', 3))
        self.checks = rng.random() < 0.6
        self.calm = rng.random() < 0.3
        self.local = rng.random() < 0.3
        self.jumps = rng.random() < 0.2

    def config(self):
        rng = self.rng
        c = {'deployment_strategy': self.strategy, 'max_parallel_workers': rng.randrange(0, 6),
             'on_failure': self.on_failure, 'max_fail': word(rng, ('0', 2), ('1', 2), ('30%', 2), ('100%', 2)),
             'connect_timeout': '700ms', 'auth_timeout': '700ms', 'step_timeout': '900ms', 'health_check_timeout': '400ms',
             'retry_delay': '%dms' % rng.randrange(5, 50), 'max_retries': rng.randrange(0, 3),
             'auto_retry_enabled': rng.choice(['true', 'false']), 'health_check_retries': rng.randrange(0, 3),
             'health_check_interval': '%dms' % rng.choice([0, 1, 10, 40]), 'health_check_successes': rng.choice([1, 1, 2]),
             'order': rng.choice(['inventory', 'sorted', 'reverse_sorted', 'shuffle'])}
        if c['health_check_retries'] == 0:
            c['health_check_successes'] = 1
        maybe = [('serial', lambda: rng.choice(['1', '2', '[1, 30%]', '50%'])), ('wave_pause', lambda: self.ms(80)),
                 ('host_bake', lambda: self.ms(120)), ('wave_bake', lambda: self.ms(150)),
                 ('max_parallel_by', lambda: rng.choice(['{zone: 1}', '{zone: 50%}'])),
                 ('budget_by', lambda: rng.choice(['{zone: 1}', '{zone: 50%}'])),
                 ('run_timeout', lambda: rng.choice(['300ms', '2s'])), ('output_idle_timeout', lambda: '300ms'),
                 ('keepalive_interval', lambda: '200ms'), ('connect_rate', lambda: '40')]
        for key, draw in maybe:
            if rng.random() < (0.3 if not key.endswith('timeout') else 0.1):
                c[key] = draw()
        if self.strategy == 'canary':
            c['canary'] = rng.choice(['1', '2', '40%'])
            c['promote'] = rng.choice(['auto', 'manual'])
        if self.strategy != 'blue_green' and rng.random() < 0.2:
            c['sequence_by'] = 'zone'
        return ''.join('%s: %s\n' % row for row in c.items())

    def ms(self, most):
        return '%dms' % self.rng.randrange(1, most)

    def action(self):
        rng = self.rng
        trouble = 2 if self.calm else rng.choice([5, 15, 30])
        out = ['name: chaos', 'steps:']
        count = rng.randrange(1, 5)
        switch = rng.randrange(0, count)
        kinds = [('run', 6), ('local', 2), ('upload', 1), ('wait_for', 1)]
        for i in range(count):
            out += step(rng, 'Step %d' % i, kinds, trouble)
            if i == switch and (self.strategy == 'blue_green' or rng.random() < 0.2):
                out.append('    switch: true')
        if self.checks:
            out.append('health_check:')
            for _ in range(rng.randrange(1, 4)):
                out += check(rng, trouble)
        if self.on_failure == 'rollback' or rng.random() < 0.6:
            out.append('rollback:')
            for i in range(rng.randrange(1, 3)):
                out += step(rng, 'Back %d' % i, kinds, trouble)
        if rng.random() < 0.6:
            out.append('finally:')
            for i in range(rng.randrange(1, 3)):
                out += step(rng, 'Last %d' % i, [('run', 3), ('local', 2)], trouble)
        return '\n'.join(out) + '\n'

    def inventory(self, port, key, bastion):
        rng = self.rng
        out = ['all:', '  vars:', '    ansible_port: %d' % port, '    ansible_user: demo',
               '    ansible_ssh_private_key_file: %s' % key]
        if self.jumps and bastion:
            out.append('    ansible_ssh_common_args: "-J %s"' % bastion)
        out.append('  hosts:')
        for i, host in enumerate(self.hosts):
            how = 'ansible_host: 127.10.0.%d, ' % (i + 1)
            if self.local and i == 0:
                how = 'ansible_connection: local, ansible_host: 127.0.0.1, '
            out.append('    %s: {%szone: %s}' % (host, how, rng.choice('abc')))
        return '\n'.join(out) + '\n'

    def behave(self):
        rng = self.rng
        out = []
        if self.calm:
            return ''
        for i in range(len(self.hosts)):
            while rng.random() < 0.35:
                often = word(rng, ('', 1), (' once', 2), (' times 2', 1))
                out.append('127.10.0.%d %s%s' % (i + 1, rng.choice(TROUBLE), often))
        return '\n'.join(out) + '\n'


class Fleet:
    """The servers of one run."""

    def __init__(self, args, folder, plan):
        self.log = open(os.path.join(folder, 'fleet.log'), 'w')
        rig = os.path.join(folder, 'rig')
        os.makedirs(os.path.join(rig, 'home'), exist_ok=True)
        with open(os.path.join(rig, 'hosts'), 'w') as f:
            for i, host in enumerate(plan.hosts):
                f.write('127.10.0.%d %s\n' % (i + 1, host))
        with open(os.path.join(rig, 'behave'), 'w') as f:
            f.write(plan.behave())
        self.process = subprocess.Popen(
            [args.fleet, '--root', rig + '/home', '--hosts', rig + '/hosts', '--host-key', args.work + '/host_key',
             '--authorized-keys', args.key + '.pub', '--user', 'demo', '--known-hosts', rig + '/known_hosts', '--behave',
             rig + '/behave'], stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline().split()
        if len(line) != 2:
            raise Wrong('the fleet does not start')
        self.port = int(line[1])
        self.known = rig + '/known_hosts'

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


class Operator(threading.Thread):
    """Who speaks to the run, first at random, then so that it ends."""

    def __init__(self, run):
        super().__init__(daemon=True)
        self.run_ = run
        self.rng = random.Random(run.plan.rng.random())
        self.over = threading.Event()
        self.wrong = None
        self.said = []
        self.open = []

    def connect(self):
        folder = os.path.join(self.run_.project, 'var/ctl')
        try:
            names = [n for n in os.listdir(folder) if not n.startswith('.')]
        except FileNotFoundError:
            return None
        if not names:
            return None
        here = os.open(folder, os.O_PATH)
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        try:
            s.connect('/proc/self/fd/%d/%s' % (here, names[0]))
        except OSError:
            s.close()
            return None
        finally:
            os.close(here)
        return s

    def ask(self, line):
        s = self.connect()
        if s is None:
            return None
        answer = b''
        try:
            s.sendall(line.encode() + b'\n')
            while not answer.endswith(b'\n'):
                got = s.recv(65536)
                if not got:
                    break
                answer += got
        except socket.timeout:
            self.wrong = self.wrong or 'no answer to %s' % line
        except OSError:
            pass
        s.close()
        text = answer.decode(errors='replace').strip()
        self.said.append('%s: %s' % (line, text[:100]))
        if SECRET in text:
            self.wrong = 'a secret in an answer'
        return text

    def look_on(self):
        s = self.connect()
        if s is None:
            return
        self.open.append(s)
        try:
            s.sendall(self.rng.choice([b'watch\n', b'watch\nwatch\n', b'wat'] + ODD_LINES))
            if self.rng.random() < 0.3:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def line(self):
        rng = self.rng
        verb = word(rng, *zip(VERBS, [6, 8, 5, 1, 1, 2, 6, 10, 5])) if rng.random() < 0.97 else 'status'
        if verb in ('skip', 'retry'):
            return '%s %s' % (verb, rng.choice(self.run_.plan.hosts))
        return '%s %d' % (verb, rng.choice([0, 1, 2, 3, 9])) if verb == 'workers' else verb

    def run(self):
        began = time.monotonic()
        silent = self.rng.random() < 0.15
        chatty = self.rng.choice([0.005, 0.03, 0.1, 0.3])
        while not self.over.is_set():
            t = time.monotonic() - began
            if t < 2 and not silent:
                self.over.wait(self.rng.random() * chatty)
                self.ask(self.line())
                if self.rng.random() < 0.1:
                    self.look_on()
            elif t < 4:
                self.over.wait(0.05)
                if t > 2 or self.rng.random() < 0.3:
                    self.ask('continue')
                    self.ask('promote')
            else:
                self.over.wait(0.2)
                self.ask('abort' if t < 8 else 'kill')
        for s in self.open:
            s.close()


class Run:
    def __init__(self, args, number):
        self.args = args
        self.number = number
        self.plan = Plan(args.seed, number)
        self.project = os.path.join(args.work, 'project')
        self.folder = args.work
        self.signalled = False
        self.log_from = 0

    def prepare(self, fleet):
        env = os.path.join(self.project, 'inventory/chaos')
        shutil.rmtree(env, ignore_errors=True)
        os.makedirs(env + '/actions')
        key = os.path.join(self.project, 'key')
        if not os.path.exists(key):
            shutil.copy(self.args.key, key)
            os.chmod(key, 0o600)
            os.makedirs(os.path.join(self.project, 'conf/actions'), exist_ok=True)
        for name, text in (('config.yml', self.plan.config()), ('hosts.yml', self.plan.inventory(fleet.port, 'key', self.args.bastion)),
                           ('actions/chaos.yml', self.plan.action()), ('actions/payload', 'x' * 3000)):
            with open(os.path.join(env, name), 'w') as f:
                f.write(text)
        with open(env + '/known_hosts', 'w') as f:
            for known in [fleet.known] + ([self.args.bastion_known] if self.args.bastion else []):
                with open(known) as k:
                    f.write(k.read())
        ssh = os.path.join(self.folder, 'home/.ssh')
        if self.args.bastion and not os.path.exists(ssh):
            os.makedirs(ssh, 0o700)
            shutil.copy(self.args.key, ssh + '/id_ed25519')
            os.chmod(ssh + '/id_ed25519', 0o600)

    def words(self):
        rng = self.plan.rng
        more = [[], [], ['-v'], ['-o', 'jsonl'], ['-q']]
        return ['run', 'chaos', 'chaos'] + rng.choice(more)

    def disturb(self, process):
        """A signal now and then.  True: it was killed."""
        rng = self.plan.rng
        what = word(rng, (None, 80), ('int', 6), ('int int', 4), ('int int int', 2), ('term', 2), ('kill', self.args.kill))
        if what is None:
            return False
        try:
            process.wait(rng.random() * 0.8)
            return False
        except subprocess.TimeoutExpired:
            pass
        self.signalled = True
        for name in what.split():
            process.send_signal({'int': signal.SIGINT, 'term': signal.SIGTERM, 'kill': signal.SIGKILL}[name])
            time.sleep(rng.random() * 0.1)
        return what == 'kill'

    def go(self):
        fleet = Fleet(self.args, self.folder, self.plan)
        try:
            self.prepare(fleet)
            end = self.watch(self.words())
            if end in ('killed', '3') and self.plan.rng.random() < 0.5:
                self.watch(['retry', 'chaos'])
            return end
        finally:
            fleet.stop()

    def watch(self, words):
        seen = os.path.join(self.folder, 'seen')
        out = os.path.join(self.folder, 'out')
        home = os.path.join(self.folder, 'home')
        os.makedirs(home, exist_ok=True)
        if os.path.exists(seen):
            os.unlink(seen)
        log = os.path.join(self.project, 'debug.log')
        self.log_from = os.path.getsize(log) if os.path.exists(log) else 0
        env = {'PATH': os.environ['PATH'], 'HOME': home, 'CHAOS_SEEN': seen, 'IM_SSH_PASSWORD': SECRET}
        env.update({k: v for k, v in os.environ.items() if k.endswith('_OPTIONS')})
        with open(out, 'w') as f:
            process = subprocess.Popen([self.args.program] + words, cwd=self.project, stdin=subprocess.DEVNULL,
                                       stdout=f, stderr=f, env=env)
        operator = Operator(self)
        operator.start()
        try:
            killed = self.disturb(process)
            code = process.wait(LONGEST_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)
            process.wait()
            raise Wrong('it does not end: %s' % operator.said[-5:]) from None
        finally:
            operator.over.set()
            operator.join()
        if operator.wrong:
            raise Wrong(operator.wrong)
        with open(out, errors='replace') as f:
            text = f.read()
        self.judge(text, code, killed, home, seen)
        if killed:
            return 'killed'
        if not os.path.exists(seen) and code >= 0 and not text.startswith('nothing is left of run'):
            raise Wrong('it is refused: ' + text[-500:])
        return str(code)

    def judge(self, text, code, killed, home, seen):
        for sign in ('second look:', SECRET, 'Sanitizer', 'runtime error', 'ssertion'):
            if sign in text:
                raise Wrong('%s: %s' % (sign, text[-3000:]))
        if killed:
            self.judge_killed()
            return
        if code in (-signal.SIGINT, -signal.SIGTERM) and self.signalled:
            return  # before it had begun, or when it was over
        if code < 0:
            raise Wrong('ended by signal %d' % -code)
        if os.path.exists(seen):
            with open(seen) as f:
                said = f.read().split()
            if int(said[1]) != code:
                raise Wrong('exit code %d, and %s in the replay' % (code, said[1]))
            if len(said) == 5:
                with open(os.path.join(self.project, 'debug.log'), errors='replace') as f:
                    f.seek(self.log_from)
                    self.judge_log(f.read())
        # One that was killed leaves its socket to the next run to take away.
        if os.path.exists(seen) and os.listdir(os.path.join(self.project, 'var/ctl')):
            raise Wrong('a socket is left')
        until = time.monotonic() + 5
        while self.children(home):
            if time.monotonic() > until:
                raise Wrong('children are left: %s' % self.children(home))
            time.sleep(0.05)
        for folder, _, names in os.walk(os.path.join(self.project, 'var')):
            for name in names:
                with open(os.path.join(folder, name), 'rb') as f:
                    if SECRET.encode() in f.read():
                        raise Wrong('a secret in %s' % name)

    def judge_log(self, log):
        """Each host that begins ends, and the slots that are said to be taken are."""
        hosts = {}
        for line in log.splitlines():
            m = re.search(r' (?:Worker \d+|Sequential) (processing|completed|prepared|switching): \w+ for (?:server )?(\S+)'
                          r'(?:.*\(active: (\d+)/\d+\))?', line)
            if not m:
                continue
            word, host, active = m.groups()
            was = hosts.get(host, 'idle')
            if word not in LOG_WORDS[was]:
                raise Wrong('debug.log: %s is %s: %s' % (host, was, line))
            hosts[host] = {'processing': 'busy', 'switching': 'busy', 'completed': 'idle', 'prepared': 'parked'}[word]
            busy = list(hosts.values()).count('busy')
            if active and int(active) < busy:
                raise Wrong('debug.log: %d are busy: %s' % (busy, line))
        left = [h for h, state in hosts.items() if state != 'idle']
        if left:
            raise Wrong('debug.log: no end of %s' % left)

    def judge_killed(self):
        """What is told of a run that died: no host of it is running."""
        for words in (['status', 'chaos'], ['history', 'chaos']):
            p = subprocess.run([self.args.program] + words, cwd=self.project, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, errors='replace', check=False)
            if p.returncode != 0 or ' running ' in p.stdout or 'under way' in p.stdout:
                raise Wrong('%s after kill -9: %d %s' % (words[0], p.returncode, p.stdout[-1500:]))

    @staticmethod
    def children(home):
        mark = b'HOME=' + home.encode() + b'\0'
        found = []
        for pid in os.listdir('/proc'):
            if not pid.isdigit():
                continue
            try:
                with open('/proc/%s/environ' % pid, 'rb') as f:
                    if mark in f.read():
                        found.append(pid)
            except OSError:
                pass
        return found


def main():
    p = argparse.ArgumentParser()
    for name in ('program', 'fleet', 'key', 'work'):
        p.add_argument('--' + name, required=True)
    p.add_argument('--bastion', help='USER@ADDRESS:PORT of a jump host that takes the key')
    p.add_argument('--bastion-known', help='its known_hosts')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--first', type=int, default=0)
    p.add_argument('--runs', type=int, default=25)
    p.add_argument('--kill', type=int, default=6, help='of 100 runs, so many are ended by kill -9')
    args = p.parse_args()
    args.program, args.fleet, args.key, args.work = (os.path.abspath(x) for x in
                                                     (args.program, args.fleet, args.key, args.work))
    ends = collections.Counter()
    bad = 0
    for number in range(args.first, args.first + args.runs):
        try:
            end = Run(args, number).go()
            ends[end] += 1
        except Wrong as e:
            bad += 1
            print('run %d of seed %d: %s' % (number, args.seed, e))
            kept = os.path.join(args.work, 'wrong-%d' % number)
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(os.path.join(args.work, 'project'), kept, ignore=lambda d, n: [x for x in n if x in ('log', 'ctl')])
            shutil.copy(os.path.join(args.work, 'out'), kept)
            sys.stdout.flush()
    for end, n in sorted(ends.items()):
        print('%5d %s' % (n, end))
    print('%d runs, %d wrong' % (args.runs, bad))
    return 1 if bad else 0


sys.exit(main())
