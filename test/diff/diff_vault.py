"""What Ansible's VaultLib encrypts, ours opens; what VaultLib refuses, ours refuses.

Argument: the folder of answer_vault.  DIFF_CASES is how many random plain texts there are (200)."""
import os
import random
import subprocess
import sys
import tempfile

from ansible.parsing.vault import VaultLib, VaultSecret

PASSWORD = b'correct horse \xc3\xa9'
rng = random.Random(int(os.environ.get('DIFF_SEED', '1')))
lib = VaultLib([('default', VaultSecret(PASSWORD))])
other = VaultLib([('default', VaultSecret(b'battery staple'))])


def plain(i):
    """Lengths round a block's, and some long ones; any byte."""
    size = rng.choice([i % 40, rng.randrange(200), 16 * rng.randrange(6), rng.randrange(20000)])
    return bytes(rng.randrange(256) for _ in range(size))


def damaged(blob):
    """One byte lost, doubled, changed, or a piece cut off; or written otherwise, which may be fine."""
    at = rng.randrange(len(blob))
    return rng.choice([
        lambda: blob[:at] + blob[at + 1:],
        lambda: blob[:at] + blob[at:at + 1] + blob[at:],
        lambda: blob[:at] + rng.choice(b'0123456789abcdefgXY;\n $').to_bytes(1, 'big') + blob[at + 1:],
        lambda: blob[:at],
        lambda: blob.replace(b'\n', b'\r\n'),
        lambda: blob[:60] + blob[60:].upper(),
        lambda: blob[:at] + b'\n' + blob[at:],
        lambda: blob + b'\n\n',
    ])()


def ansible_opens(blob):
    """Its answer, or None.  Two things are wider there: it never looks at the version, and an HMAC
    of any length is compared."""
    head = blob.split(b'\n')[0].strip().split(b';')
    if len(head) < 3 or head[1].strip() not in (b'1.1', b'1.2'):
        return None
    try:
        return lib.decrypt(blob)
    except Exception:  # whatever it is: refused
        return None


def main(folder):
    cases = []  # blob, what it must come to
    for i in range(int(os.environ.get('DIFF_CASES', '200'))):
        text = plain(i)
        blob = lib.encrypt(text, vault_id=rng.choice([None, 'default', 'dev', 'a b']))
        cases.append((blob, text))
        bad = damaged(blob)
        cases.append((bad, ansible_opens(bad)))
    for i in range(5):
        cases.append((other.encrypt(plain(i)), None))
    with tempfile.NamedTemporaryFile() as password:
        password.write(b'  ' + PASSWORD + b'\n')
        password.flush()
        asked = ''.join(blob.hex() + '\n' for blob, _ in cases)
        got = subprocess.run([os.path.join(folder, 'answer_vault'), password.name], input=asked.encode(),
                             stdout=subprocess.PIPE, check=True).stdout.decode().splitlines()
    failed = 0 if len(got) == len(cases) else 1
    for (blob, wanted), answer in zip(cases, got):
        good = answer.startswith('! ') if wanted is None else answer == '= ' + wanted.hex()
        if not good:
            failed += 1
            print('FAIL', blob, 'wanted', wanted, 'got', answer)
    opened = sum(1 for _, wanted in cases if wanted is not None)
    print(f'{opened} to be opened, {len(cases) - opened} to be refused')
    print(f'{len(cases) - failed} passed, {failed} failed')
    return 1 if failed else 0


sys.exit(main(sys.argv[1]))
