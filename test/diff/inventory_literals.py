# inventory_literals.py - what Ansible makes of a value and of a host line of INI, and texts to ask.
#
# Decides the grammar of these texts: Python literals, mostly, and what is nearly one.  The answers
# are those of Ansible's own functions.  Never reads a file.
import json
import shlex
import warnings

from inventory_generate import LITERALS, ODD_LITERALS

PIECES = ["'", '"', '\\', '[', ']', '{', '}', '(', ')', ',', ':', '1', '0', '.', 'e', 'E', '+', '-', '_', 'x', 'o', 'b', 'r',
          'u', 'N', 'n', 'a', ' ', '\t', '#', 'True', 'None', 'False', '=', '\u00e9', '\\x41', '\\u00e9', '\\101', '"""', "'''",
          'j', '\u65e5', '\\\\', '\\"', '10', '5', '*', 'f', 'rb', '\\8', '{1:2}', '(1,)', '[]', '1_000', '0x1f', '0o7', ';', 'L']
NUMBERS = ['1', '-1', '+1', '--1', '- 1', '-(1)', '0', '00', '010', '1.5', '.5', '5.', '1e5', '1E-7', '-0.0', '0x_f', '0b_1',
           '0o17', '1_0', '1__0', '1_', '1e1_0', '1_0.0_1', '1._5', '0_0', '09.5', '09e1', '0e0', '1e999', '-1e999', 'True',
           '-True', 'None', 'x', '...', '1j', '1+1j', '1.', '1.e5', '0xg', '1L', '9' * 30, '-9223372036854775808',
           '9223372036854775808', '0x' + 'f' * 20]
PREFIXES = ['', '', '', 'r', 'u', 'b', 'R', 'B', 'Rb', 'bR', 'f']


def string(r):
    quote = r.choice(["'", '"', "'''"])
    body = ''.join(r.choice(PIECES) for _ in range(r.randint(0, 4))).replace(quote, '')
    return r.choice(PREFIXES) + quote + body + quote


def structure(r, depth=0):
    kind = r.random()
    if depth < 3 and kind < 0.2:
        items = r.choice([',', ' , ']).join(structure(r, depth + 1) for _ in range(r.randint(0, 3)))
        return r.choice(['[%s]', '(%s)', '(%s,)', '[%s,]', '[ %s ]']) % items
    if depth < 3 and kind < 0.35:
        return '{%s}' % ','.join(structure(r, 3) + r.choice([':', ' : ']) + structure(r, depth + 1)
                                 for _ in range(r.randint(0, 3)))
    if kind < 0.6:
        return string(r)
    if kind < 0.65:
        return structure(r, depth) + r.choice(['', ' ']) + structure(r, 3)
    return r.choice(NUMBERS)


def literal(r):
    kind = r.random()
    if kind < 0.3:
        text = r.choice(LITERALS + ODD_LITERALS)
        for _ in range(r.randint(0, 3)):
            at = r.randint(0, len(text))
            text = text[:at] + r.choice(PIECES) + text[at + r.randint(0, 1):]
        return text
    if kind < 0.6:
        return structure(r)
    return ''.join(r.choice(PIECES) for _ in range(r.randint(1, 7)))


def host_line(r):
    return ' '.join(literal(r) for _ in range(r.randint(1, 3)))


def ansible_value(text):
    """As JSON would show it; {'error': ...} when it cannot."""
    from ansible.plugins.inventory.ini import InventoryModule
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')  # Python warns of '\q' and of 1if
        value = InventoryModule._parse_value(text)
    try:
        return {'value': json.loads(json.dumps(value))}
    except TypeError as e:
        return {'error': ['TypeError: %s' % e]}


def ansible_words(text):
    try:
        return {'value': shlex.split(text, comments=True)}
    except ValueError as e:
        return {'error': [str(e)]}
