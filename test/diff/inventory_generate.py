# inventory_generate.py - random inventories, mostly sound, sometimes odd.
#
# Decides the grammar and its weights.  A case is {path: text} and the set of paths that may be
# executed; the same random state makes the same case.  Never reads or writes a file.
import json

GROUPS = ['web', 'db', 'app', 'prod', 'stage', 'eu', 'us', 'lb', 'g_1', 'g_2', 'Zed', 'cache']
ODD_GROUPS = ['all', 'ungrouped', 'web-1', 'gr.oup', 'web1', 'a', '1st', 'gr\u00fcn', 'null', 'yes']
HOSTS = ['web1', 'web2', 'db1', 'db2', 'app1', 'n1', 'n2', 'n3', 'a', 'b', 'c', 'host.example.org',
         '10.0.0.1', '10.0.0.2', 'x_1', 'long-name-with-dashes', 'H1']
RANGES = ['web[1:3]', 'db[01:03]', 'n[a:c]', 'r[1:2]-[a:b]', 'w[0:6:2]', 'n[1:9:4]', 'z[08:11]',
          '10.0.0.[1:3]', 'q[:2]', 'k[x:z]', 'm[A:C]', 'o[y:B]', 'p[1:3].example.org', 'n[3:3]',
          's[001:003:2]', '[1:2]']
ODD_HOSTS = ['web[3:1]', '[1:2]', 'w[1:]', 'x[01:3]', 'web[1-3]', 'v[1:3', 'v1:3]', 'h\u00e9', 'a+b', '_u',
             '-dash', '.dot', 'n[a:3]', 'n[1:3:0]', 'dot.', 'n[1:2:3:4]', '::1', '2001:db8::7',
             'n[]', 'localhost', '127.0.0.1', 'web', 'db', 'a,b', '1', '1.5', 'yes', 'null', '010']
PORTS = ['h1:2222', 'h2:22', '10.0.0.3:2200', 'p[1:2]:222', '[2001:db8::1]:2200', 'h3:', 'h4:abc',
         'h5:022', '[h6]:23', 'h[1:2:1]:99']
VARS = ['x', 'y', 'z', 'app_dir', 'port', 'Role', '_u', 'x1', 'long_name_of_a_variable', 'y']
ODD_VARS = ['a-b', '1x', 'a.b', '\u00e9', 'group_names', 'groups', 'inventory_hostname', 'omit',
            'inventory_file', 'ansible_python_interpreter', 'environment', 'hosts', 'vars', 'on']

# Plain scalars of YAML: what PyYAML makes of each is the point.
PLAIN = ['1', '0', '-1', '+5', '23', '0644', '0o17', '0x1F', '0b101', '1_000', '09', '010', '1.10',
         '1e5', '1.5e3', '1.5e+3', '.5', '5.', '-.5', '.inf', '-.INF', '.nan', '22:22', '1:30:00',
         '190:20:30.15', 'true', 'True', 'TRUE', 'yes', 'No', 'on', 'Off', 'y', 'n', 'null', '~',
         'Null', '', '2020-01-01', '2001-12-14t21:59:43.10-05:00', '2001-12-14 21:59:43', 'text',
         'two words', 'a:b', 'a#b', 'a=b', '/srv/app', '1.2.3', '10.0.0.1', '0x', '1__0',
         '_1', 'caf\u00e9', '\u65e5\u672c', '\U0001f600', '9223372036854775807',
         '-9223372036854775808', '9223372036854775808', '123456789012345678901234567890', '0.1',
         '1.0', '100000000000000000.0', '1e300', '1.7976931348623157e308', '0.1e-7', '1.0e+400',
         'a\\b', 'C:\\x', "it's", '0.30000000000000004', '1.', '0777777', '08', '--']
ODD_PLAIN = ['=', '<<', '-', '@x', '`x', '%x', '*none', '&a', '{{ x }}', 'a: b', '- x', '? x', '|x',
             '12345678901234567890123456789012345678901234567890123456789012345678901234567890', '[', '"a']
QUOTED = ["'1'", '"1"', "'yes'", '"a\\tb"', '"\\u00e9"', "'it''s'", '""', "''", '"a\\\\b"',
          '"{{ x }}"', "'{{ y | default(1) }}'", '"x # y"', '"\\x41\\n"', "' lead'", '"two\n   lines"']
TAGGED = ['!!str 1', '!!int "3"', '!!float 1', '!!bool "yes"', '!!null ""', '!unsafe "a{{b"', '!x 1',
          '!!binary aGk=', '!!set {a, b}', '!!omap [a: 1]', '!!timestamp 2020-01-01']
LITERALS = ['1', '0', '-1', '+5', '0644', '0o17', '0x1F', '1_000', '1.10', '1e5', '.5', '5.', 
            'True', 'true', 'False', 'None', 'yes', 'no', 'on', 'text', 'two words', 'a=b', 'a==',
            "'q'", '"q"', "'it''s'", '"a\\tb"', "'a' 'b'", "r'\\n'", "u'x'", "f'x'", '[]',
            '[1,2]', "['a','b']", '(1,2)', '()', '(1)', '1,2', '{}', "{'a':1}", '{1:2}', '[1,', "'open", '"open', 'a#b', 'a #b', '# c', 'caf\u00e9', '\u65e5\u672c', '10.0.0.1',
            '/srv/app', 'a;b', 'a\\ b', 'a\\\\b', '--1', '1+2', '- 1', '9223372036854775808',
            '123456789012345678901234567890', '"\\u00e9"', '"\\x41"', "'''t'''", '', ' ', '1 ', '01',
            '00', '{{ x }}', '"{{ x }}"', 'nan', 'inf', '1e999', '-1e999', 'not True', 'a b=c',
            '[1, [2, {"k": None}]]', "{'a': {'b': [True, 1.5]}}", '0.1', '1.0', '1e-7', '1E16', '$HOME',
            "'yes'", '"1"', "'1'", '"\'1\'"', "'\"1\"'", '2020-01-01', '22:22', '0b11', '~', 'null',
            '1__0', '_1', '"""a"""', "['a',]", '(1,)', '[1 2]', 'a\tb', '1 # x', "'x' # y", '-0', '-0.0',
            "{'a': 1, 'a': 2}", '[*[1]]', '(((1)))', '"a" "b"', '\\', "\\'", '!', '*', '&', '%', '`x`']
ODD_LITERALS = ['1j', "b'x'", '{1,2}', '1-1j', '...', '{(1,2): 3}', '{None: 1}', '{True: 1}', '[' * 60, '9' * 80,
                '{1: 1, "a": 2}', '"\\ud800"', '"\\0"', 'set()', "'\\N{DASH}'", '(' * 120 + ')' * 120, '1_', '0_0']


def pick(r, common, odd, odds):
    return r.choice(odd) if r.random() < odds else r.choice(common)


class Maker:
    """One case; `r` is its random.Random."""

    def __init__(self, r):
        self.r = r
        self.odds = r.choice([0, 0, 0, 0.02, 0.1])  # of something odd; most cases have nothing odd
        self.groups = r.sample(GROUPS, r.randint(1, 7))
        self.files = {}
        self.exec = set()

    def chance(self, p):
        return self.r.random() < p

    def odd(self):
        return self.r.random() < self.odds

    def group(self):
        return pick(self.r, self.groups, ODD_GROUPS, self.odds)

    def host(self):
        if self.odd():
            return self.r.choice(ODD_HOSTS + PORTS)
        return self.r.choice(RANGES) if self.chance(0.2) else self.r.choice(HOSTS)

    def var(self):
        return pick(self.r, VARS, ODD_VARS, self.odds)

    # ---- values in YAML

    def flow(self, depth=0):
        kind = self.r.random()
        if depth < 3 and kind < 0.08:
            return '[' + ', '.join(self.flow(depth + 1) for _ in range(self.r.randint(0, 3))) + ']'
        if depth < 3 and kind < 0.16:
            items = ['%s: %s' % (self.key(), self.flow(depth + 1))
                     for _ in range(self.r.randint(0, 3))]
            return '{' + ', '.join(items) + '}'
        if kind < 0.3:
            return self.r.choice([q for q in QUOTED if '\n' not in q])
        if self.odd():
            return self.r.choice(TAGGED)
        plain = pick(self.r, PLAIN, ODD_PLAIN, self.odds / 2)
        if depth and (plain in ('', '-', '<<') or any(c in plain for c in ',[]{}#')):
            return '7'
        return plain

    def key(self):
        if self.odd():
            return self.r.choice(['1', '1.5', 'true', 'null', '2020-01-01', '"q r"', '[a]', '1', '?'])
        return self.var()

    def yaml_value(self, indent):
        """The text after `key:`, its leading blank included."""
        kind = self.r.random()
        pad = '\n' + ' ' * (indent + 2)
        if kind < 0.04:
            return ' |' + self.r.choice(['', '-', '+']) + pad + 'first' + pad + ' second' + '\n' * self.r.randint(0, 2)
        if kind < 0.07:
            return ' >' + self.r.choice(['', '-']) + pad + 'folded' + pad + 'text'
        if kind < 0.11:
            return ''.join(pad + '- ' + self.flow(1) for _ in range(self.r.randint(1, 3)))
        if kind < 0.15:
            keys = list(dict.fromkeys(self.key() for _ in range(2)))
            return ''.join(pad + k + ': ' + self.flow(1) for k in keys)
        if kind < 0.17 and self.odds:
            return ' "two' + pad + 'lines"'
        text = self.flow()
        return (' ' + text if text else '') + (' # note' if self.chance(0.05) else '')

    def connection(self):
        n = self.r.randint(1, 250)
        return self.r.choice([('ansible_host', '10.1.1.%d' % n), ('ansible_port', str(2000 + n)),
                              ('ansible_user', 'u%d' % n), ('ansible_host', 'h%d.example.org' % n),
                              ('ansible_connection', 'ssh'), ('ansible_ssh_port', str(3000 + n))])

    def yaml_vars(self, indent, host=False, priority=False):
        """Lines of a mapping of variables; may be none."""
        lines, seen = [], set()
        for _ in range(self.r.choice([0, 1, 1, 2, 2, 3, 5])):
            name = self.var()
            if name in seen and not self.odd():
                continue
            seen.add(name)
            lines.append(' ' * indent + name + ':' + self.yaml_value(indent))
            if self.chance(0.02):
                lines.append(self.r.choice(['', '# a comment', ' ' * indent + '# indented']))
        if host and self.chance(0.15):
            lines.append('%s%s: %s' % ((' ' * indent,) + self.connection()))
        if priority and self.chance(0.2):
            lines.append(' ' * indent + 'ansible_group_priority: %s' % self.priority())
        if lines and self.chance(0.04):
            lines[0] += '' if '\n' in lines[0] or '#' in lines[0] else ''
            lines.insert(0, ' ' * indent + 'base: &b%d {x: 1, m: [1, 2]}' % indent)
            lines.append(' ' * indent + self.r.choice(['<<: *b%d', 'alias: *b%d', '<<: [*b%d, {q: 1}]']) % indent)
        return lines

    def priority(self):
        return self.r.choice(['"5"', '-1', '0', 'x', '1.5', 'true', '[1]', 'null']) if self.odd() else \
            str(self.r.choice([0, 1, 2, 10, -3, 100]))

    # ---- hosts.yml

    def yaml_group(self, name, indent, depth):
        pad = ' ' * indent
        step = self.step
        if depth > 0 and self.chance(0.35):
            return [pad + name + ':' + self.r.choice(['', '', ' {}', ' null', ' ~'])]
        parts = []
        if self.chance(0.8):
            parts.append(self.yaml_hosts(indent + step))
        if self.chance(0.5):
            found = self.yaml_vars(indent + 2 * step, priority=True)
            parts.append([pad + ' ' * step + 'vars:'] + found)
        if depth < 4 and self.chance(0.5 if depth else 0.85):
            parts.append([pad + ' ' * step + 'children:'])
            used = set()
            for _ in range(self.r.randint(0 if depth else 1, 3)):
                child = self.group()
                if (child in used or child == name or child == 'all') and not self.odd():
                    continue
                used.add(child)
                parts[-1] += self.yaml_group(child, indent + 2 * step, depth + 1)
        if self.odd():
            parts.append([pad + ' ' * step + self.r.choice(['host:', 'hosts: a', 'vars: [1]', 'x: {y: 1}',
                                                           'children: web', 'hosts: []', 'plugin: x'])])
        self.r.shuffle(parts)
        return [pad + name + ':'] + [line for part in parts for line in part]

    def yaml_hosts(self, indent):
        pad = ' ' * indent
        lines = [pad + 'hosts:']
        seen = set()
        for _ in range(self.r.choice([0, 1, 1, 2, 2, 3, 4])):
            host = self.host()
            if host in seen and not self.odd():
                continue
            seen.add(host)
            shown = '"%s"' % host if host[0] in '[-' or ': ' in host or self.chance(0.1) or ',' in host \
                or host.endswith(':') else host
            found = self.yaml_vars(indent + 2 * self.step, host=True) if self.chance(0.4) else []
            lines.append(pad + ' ' * self.step + shown + ':' +
                         ('' if found else self.r.choice(['', '', '', ' {}', ' ~'])))
            lines += found
        return lines

    def yaml_inventory(self):
        self.step = self.r.choice([2, 2, 2, 4])
        lines = []
        if self.chance(0.1):
            lines.append('---')
        if self.chance(0.7):
            lines += self.yaml_group('all', 0, 0)
        used = {'all'}
        for _ in range(self.r.choice([0, 0, 1, 2, 3]) if lines else self.r.randint(1, 4)):
            name = self.group()
            if name in used and not self.odd():
                continue
            used.add(name)
            lines += self.yaml_group(name, 0, 1)
        for _ in range(self.r.choice([0, 0, 0, 1, 2])):
            lines.insert(self.r.randint(0, len(lines)), self.r.choice(['', '# comment', '', '   # indented']))
        return '\n'.join(lines) + self.r.choice(['\n', '\n', '\n', ''])

    def number_like(self):
        """A plain scalar that may be a number, a time, a boolean or none of them."""
        while True:
            parts = [self.r.choice(['0', '1', '9', '07', '12', '59', '60', '2020', '_', '.', ':', 'e', 'E', '+', '-', '0x', '0b', '0o',
                                    'a', 'F', '1_0', '.inf', '.nan', 'T', 'Z', ' ', '-01', ':30', 'yes', 'No', 'on', '~', 'null'])
                     for _ in range(self.r.randint(1, 6))]
            text = ''.join(parts).strip()
            if text and text[-1] != ':' and text not in '---' and not text.startswith('- ') and ': ' not in text:
                return text

    def scalars_inventory(self):
        lines = ['all:', '  hosts:', '    a:']
        return '\n'.join(lines + ['      v%02d: %s' % (i, self.number_like()) for i in range(40)]) + '\n'

    # ---- hosts.ini

    def literal(self):
        return pick(self.r, LITERALS, ODD_LITERALS, self.odds / 2)

    def shell_word(self, text):
        """As a user would quote it for a host line, mostly."""
        plain = not any(c in text for c in ' \t#\'"\\')
        if plain and text and not self.chance(0.1) or self.odd():
            return text
        if '"' not in text and self.chance(0.6):
            return '"' + text.replace('\\', '\\\\') + '"'
        return "'" + text.replace("'", "'\"'\"'") + "'"

    def ini_host(self):
        words = [self.r.choice(PORTS) if self.chance(0.06) else self.host()]
        for _ in range(self.r.choice([0, 0, 0, 1, 1, 2, 3])):
            value = self.literal()
            if self.chance(0.1):
                words.append(self.shell_word('%s=%s' % (self.var(), value)))
            else:
                words.append('%s=%s' % (self.var(), self.shell_word(value)))
        if self.chance(0.12):
            words.append('%s=%s' % self.connection())
        if self.odd():
            words.append(self.r.choice(['novalue', '=x', 'x=', '# end', '#end', 'x=1#2', 'y', "'", '\\']))
        if self.chance(0.05):
            words.append('# comment')
        return self.r.choice(['', '', '', '  ', '\t']) * self.chance(0.1) + \
            self.r.choice([' ', ' ', ' ', '  ', '\t']).join(words)

    def ini_section(self, name, kind):
        mark = '' if kind == 'hosts' and not self.odd() else ':' + kind
        head = '[%s%s]' % (name, mark)
        if self.chance(0.06):
            head += self.r.choice([' # comment', '  ', '\t#x', '#y'])
        if self.odd():
            head = self.r.choice(['[%s ]', '[ %s]', '[%s', '[%s] x', '[%s:]', '[%s:var]', '[%s]]']) % name
        lines = [head]
        for _ in range(self.r.choice([0, 1, 1, 2, 2, 3, 4])):
            if kind == 'hosts':
                lines.append(self.ini_host())
            elif kind == 'children':
                child = self.group()
                if child not in (name, 'all') or self.odd():
                    lines.append(child + (' # why' if self.chance(0.05) else ''))
            elif self.chance(0.12):
                lines.append('ansible_group_priority=%s' % self.priority())
            else:
                lines.append(self.var() + self.r.choice(['=', '=', '=', ' = ', '= ', ' =']) +
                             self.literal())
            if self.chance(0.05):
                lines.append(self.r.choice(['', '# comment', '; comment', '  ; indented', ' ']))
        return lines

    def ini_inventory(self):
        parts = []
        for _ in range(self.r.choice([0, 0, 1, 2])):
            parts.append([self.ini_host()])
        declared = list(self.groups) if not self.odd() else self.groups[:-1]
        sections = [(g, 'hosts') for g in declared if self.chance(0.9) or not self.odds]
        sections += [(g, 'children') for g in self.groups if self.chance(0.35)]
        sections += [(g, 'vars') for g in self.groups + ['all'] if self.chance(0.35)]
        if self.odd():
            sections.append((self.group(), self.r.choice(['hosts', 'vars', 'children'])))
        self.r.shuffle(sections)
        acyclic = self.chance(0.9)
        for name, kind in sections:
            section = self.ini_section(name, kind)
            if kind == 'children' and acyclic:
                rank = self.groups.index(name) if name in self.groups else 0
                section = section[:1] + [line for line in section[1:]
                                         if line.split(' ')[0] not in self.groups[:rank + 1]]
            parts.append(section)
        lines = [line for part in parts for line in part + [''] * self.r.choice([0, 0, 1])]
        end = '\r\n' if self.odd() else '\n'
        return end.join(lines) + end

    # ---- an executable

    def json_value(self, depth=0):
        kind = self.r.random()
        if depth < 2 and kind < 0.1:
            return [self.json_value(depth + 1) for _ in range(self.r.randint(0, 3))]
        if depth < 2 and kind < 0.2:
            return {self.var(): self.json_value(depth + 1) for _ in range(self.r.randint(0, 3))}
        return self.r.choice([1, 0, -5, 1.5, 1e5, 1e16, 0.1, True, False, None, '', 'text', 'yes', '1',
                              'caf\u00e9', 'a "b"', 'tab\there', 2 ** 63 - 1, 2 ** 63, '{{ x }}', '\n'])

    def script_host(self):
        return self.r.choice(HOSTS) if not self.odd() else self.r.choice(ODD_HOSTS + PORTS)

    def json_group(self):
        if self.chance(0.15):
            return [self.script_host() for _ in range(self.r.randint(0, 3))]
        group = {}
        if self.chance(0.85):
            group['hosts'] = [self.script_host() for _ in range(self.r.randint(0, 3))]
        if self.chance(0.5):
            group['vars'] = {self.var(): self.json_value() for _ in range(self.r.randint(0, 3))}
        if self.chance(0.4):
            group['children'] = [g for g in self.r.sample(self.groups, min(2, len(self.groups)))]
        if self.odd():
            group[self.r.choice(['hosts', 'vars', 'children', 'x'])] = self.r.choice(['a', {}, None, 1, []])
        return group

    def script(self):
        data = {name: self.json_group() for name in self.groups}
        for rank, name in enumerate(self.groups):
            if isinstance(data[name], dict) and isinstance(data[name].get('children'), list) and self.chance(0.95):
                data[name]['children'] = [c for c in data[name]['children'] if c in self.groups[rank + 1:]]
        if self.chance(0.3):
            data['all'] = {'vars': {self.var(): self.json_value()}}
        hosts = {h: {self.var(): self.json_value()} for h in self.r.sample(HOSTS, 4)}
        with_meta = self.chance(0.75)
        if with_meta:
            data['_meta'] = {'hostvars': hosts}
        lines = ['#!/bin/sh', 'if [ "$1" = --list ]; then', "cat <<'END'", json.dumps(data, indent=1), 'END', 'exit 0', 'fi']
        if not with_meta:
            lines += ['case $2 in']
            for h, v in hosts.items():
                lines += ["%s) cat <<'END'" % h, json.dumps(v), 'END', ';;']
            lines += ['*) echo "{}" ;;', 'esac']
        if self.odd():
            lines.insert(1, self.r.choice(['exit 1', 'echo oops', 'echo warn >&2', 'echo; exit 0']))
        return '\n'.join(lines) + '\n'

    # ---- group_vars and host_vars

    def vars_text(self, name):
        if self.chance(0.08):
            return self.r.choice(['', '---\n', '# only a comment\n', '{}\n', 'null\n', '\n'])
        if self.odd():
            return self.r.choice(['[1, 2]\n', 'text\n', 'a: [\n', 'a: 1\n---\nb: 2\n', '%TAG ! x\n', 'a: 1\na: 2\n', '1\n',
                                  '- x: 1\n', 'x: *none\n', '\tx: 1\n'])
        if name.endswith('.json') or self.chance(0.05):
            data = {self.var(): self.json_value() for _ in range(self.r.randint(0, 3))}
            return json.dumps(data, indent=self.r.choice([None, 2])) + '\n'
        lines = self.yaml_vars(0, priority=self.chance(0.1))
        if not lines:
            return '# nothing\n'
        return self.r.choice(['', '', '---\n']) + '\n'.join(lines) + '\n'

    def vars_files(self, folder, name):
        """Files for one group or host, in one of the shapes there are."""
        kind = self.r.random()
        if kind < 0.75:
            path = folder + '/' + name + self.r.choice(['.yml', '.yml', '.yaml', '.json', ''])
            self.add(path, self.vars_text(path))
            if self.chance(0.12):  # one more of another shape: one hides the other
                other = folder + '/' + name + self.r.choice(['.yml', '.yaml', '.json', '', '/x.yml'])
                self.add(other, self.vars_text(other))
            return
        for _ in range(self.r.randint(1, 3)):
            leaf = self.r.choice(['a.yml', 'b.yaml', 'c.json', 'main', 'z.yml', 'vars.yml', 'sub/d.yml', 'a/b/e.yml'])
            if self.chance(0.15):
                leaf = self.r.choice(['.hidden.yml', 'x.yml~', 'x.txt', 'x.ini', 'y.YML', 'sub.d/x.yml', 'x.yml.bak', '~x.yml'])
            path = folder + '/' + name + '/' + leaf
            self.add(path, self.vars_text(path))

    def add(self, path, text):
        """A file, unless a file stands where it needs a folder, or a folder where it would be."""
        parts = path.split('/')
        above = ['/'.join(parts[:i]) for i in range(1, len(parts))]
        if not any(a in self.files for a in above) and not any(f.startswith(path + '/') for f in self.files):
            self.files[path] = text

    def add_vars(self, at):
        for _ in range(self.r.choice([0, 0, 0, 1, 1, 2, 3])):
            self.vars_files(at + 'group_vars', self.r.choice(self.groups + ['all', 'all', 'ungrouped']))
        for _ in range(self.r.choice([0, 0, 0, 1, 2])):
            self.vars_files(at + 'host_vars', self.r.choice(HOSTS + ['web3', 'db01', 'na', 'localhost']))

    # ---- the whole

    def make(self):
        kind = self.r.random()
        if kind < 0.03:
            self.add('hosts.yml', self.scalars_inventory())
        elif kind < 0.45:
            self.add(self.r.choice(['hosts.yml', 'hosts.yml', 'hosts.yaml', 'hosts']), self.yaml_inventory())
        elif kind < 0.85:
            self.add(self.r.choice(['hosts.ini', 'hosts.ini', 'hosts']), self.ini_inventory())
        elif kind < 0.90:
            self.add('hosts', self.script())
            self.exec.add('hosts')
        else:
            self.make_folder()
            return self.files, self.exec
        self.add_vars('')
        return self.files, self.exec

    def make_folder(self):
        for _ in range(self.r.randint(1, 3)):
            name = self.r.choice(['01-a', '02-b', 'c.yml', 'd.yaml', 'e', 'sub/f.yml', 'sub/g', 'h.yml'])
            if self.chance(0.1):
                name = self.r.choice(['x.ini', '.hidden', 'y~', 'z.bak', 'w.txt', 'v.md', 'u.cfg', 'group_vars.yml', 'o.orig'])
            make = self.yaml_inventory if name.endswith(('.yml', '.yaml')) or self.chance(0.3) else self.ini_inventory
            self.add('hosts/' + name, make())
        self.add_vars('hosts/')


def make_list(r):
    """Hosts as -i takes them: with a comma at least."""
    odds = r.choice([0, 0, 0.1])
    hosts = [pick(r, HOSTS + ['h1:2222', '10.0.0.3:22', '[2001:db8::1]:2200', '::1', '2001:db8::7'], ODD_HOSTS + RANGES + PORTS, odds)
             for _ in range(r.randint(1, 4))]
    return r.choice([',', ',', ', ', ' ,']).join(hosts) + r.choice([',', ',', ' ,', ',,', ', '])


def make_case(r):
    return Maker(r).make()
