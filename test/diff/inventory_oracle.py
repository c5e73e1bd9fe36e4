# inventory_oracle.py - what Ansible answers for an inventory: in this process, or by its command.
#
# Decides which source of a folder Ansible is given, and what counts as a refusal: a source that no
# plugin could read whole, or an exception.  Owns the temporary HOME.  Never judges an answer.
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile

CANDIDATES = ('hosts.yml', 'hosts.yaml', 'hosts.ini', 'hosts')


def source_of(folder):
    """The inventory that we would find there; None: none, or more than one."""
    found = [os.path.join(folder, name) for name in CANDIDATES
             if os.path.lexists(os.path.join(folder, name))]
    return found[0] if len(found) == 1 else None


def clean_environment(home):
    env = {k: v for k, v in os.environ.items() if not k.startswith('ANSIBLE_')}
    env.update(ANSIBLE_CONFIG=os.path.join(home, 'ansible.cfg'), HOME=home, LC_ALL='C.UTF-8')
    return env


class Oracle:
    """Ansible's own ansible-inventory --list, its plugins loaded once."""

    def __init__(self):
        self.home = tempfile.mkdtemp(prefix='im-ansible-home.')
        with open(os.path.join(self.home, 'ansible.cfg'), 'w', encoding='ascii'):
            pass  # Ansible takes no /dev/null for its configuration
        self.env = clean_environment(self.home)
        os.environ.clear()
        os.environ.update(self.env)
        self.warnings = []
        self._load_ansible()

    def close(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def _load_ansible(self):
        from ansible.cli.inventory import InventoryCLI
        from ansible.inventory.manager import InventoryManager
        from ansible.parsing.dataloader import DataLoader
        from ansible.plugins.loader import vars_loader
        from ansible.plugins.vars import host_group_vars  # noqa: F401: loaded before it is asked for
        from ansible.utils.display import Display
        from ansible.vars.manager import VariableManager

        self.DataLoader = DataLoader
        self.InventoryManager = InventoryManager
        self.VariableManager = VariableManager
        self.cli = InventoryCLI(['ansible-inventory', '--list', '-i', '/nonexistent'])
        self.cli.parse()
        self.version = InventoryCLI.version_info(gitinfo=False)
        Display.warning = lambda _, text, *a, **kw: self.warnings.append(str(text))
        Display.deprecated = lambda *a, **kw: None
        # Ansible looks for its vars plugins once a host and layer; they are always these.
        plugins = list(vars_loader.all())
        vars_loader.all = lambda *a, **kw: iter(plugins)
        # The folders of variables that were found are remembered for good, by path.
        self.found = [sys.modules[type(p).__module__].FOUND for p in plugins
                      if hasattr(sys.modules[type(p).__module__], 'FOUND')]

    def answer(self, folder):
        source = source_of(folder)
        if source is None:
            return {'error': ['no inventory, or more than one'], 'warnings': []}
        return self.answer_source(source)

    def answer_source(self, source):
        """The same of what -i is given: a path, or a list of hosts with a comma."""
        self.warnings = []
        for found in self.found:
            found.clear()
        errors, sys.stderr = sys.stderr, io.StringIO()
        try:
            result = self._list(source)
        except (Exception, SystemExit) as e:  # a plugin may raise anything; that is an answer
            result = {'error': ['%s: %s' % (type(e).__name__, e)]}
        finally:
            sys.stderr = errors
        result['warnings'] = self.warnings
        return result

    def _list(self, source):
        cli = self.cli
        cli.loader = self.DataLoader()
        cli.loader.set_vault_secrets([])
        cli.inventory = self.InventoryManager(loader=cli.loader, sources=[source], cache=True)
        cli.vm = self.VariableManager(loader=cli.loader, inventory=cli.inventory,
                                      version_info=self.version)
        text = cli.dump(cli.json_inventory(cli._get_group('all')))
        if any(w.startswith('No inventory was parsed') for w in self.warnings):
            return {'error': self.warnings}
        groups = cli.inventory.groups
        return {'list': json.loads(text),
                'order': members_of(groups['all']),
                'groups': {name: members_of(g) for name, g in groups.items()}}


def members_of(group):
    """The hosts of a group in Ansible's order.

    Group.get_hosts goes through the descendants level by level, but from the second level on it
    walks a Python set of groups, whose order is that of memory addresses: two runs may differ.
    This is the same walk in the order of the children, one of those Ansible may take.
    """
    groups, level, seen = [group], [group], set()
    while level:
        seen.update(g.name for g in level)
        below = [kid for g in level for kid in g.child_groups]
        level = list({g.name: g for g in below if g.name not in seen}.values())
        groups.extend(level)
    hosts = {}
    for g in groups:
        for h in g.hosts:
            if not (group.name == 'all' and h.implicit):
                hosts.setdefault(h.name)
    return list(hosts)


def command_answer(folder, home):
    """What the command prints; {'error': ...} as in Oracle.answer."""
    source = source_of(folder)
    if source is None:
        return {'error': ['no inventory, or more than one']}
    done = subprocess.run(['ansible-inventory', '-i', source, '--list'], env=clean_environment(home),
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)
    said = done.stderr.decode('utf-8', 'replace')
    if done.returncode != 0 or 'No inventory was parsed' in said:
        return {'error': [said]}
    return {'list': json.loads(done.stdout.decode('utf-8'))}
