"""ssh_config: what `ssh -G` answers, and what we answer, for random files.

DIFF_CASES=2000 is a campaign; DIFF_SEED=N DIFF_ONLY=I one case of it again.  Of some hosts the expanded
paths of keys are compared too: `ssh -v` tells them.
"""
import os
import pwd
import random
import re
import subprocess
import sys
import tempfile

from ask import Answers, Score, number

ME = pwd.getpwuid(os.getuid())
MACHINE = os.uname().nodename
LISTS = ["hostkeyalgorithms", "kexalgorithms", "ciphers", "macs", "pubkeyacceptedalgorithms"]

# What differs on purpose: a word of our error, or what has to be so, and why.  docs/compat.md has this table.
KNOWN = {
    "Match exec": lambda ours, ssh: "exec is not supported" in ours,
    "refused where it counts": lambda ours, ssh: re.search(
        r"(RevokedHostKeys|KnownHostsCommand|BindInterface|CanonicalizeHostname|CanonicalizePermittedCNAMEs|"
        r"ProxyUseFdpass): not supported", ours),
    "BindAddress is a name": lambda ours, ssh: "expected an address of this machine" in ours,
    "name or user that can be none": lambda ours, ssh: re.search(
        r"expected (a name or an address|the name of a user)", ours),
    "nothing left that libssh has": lambda ours, ssh: "nothing in it is supported" in ours,
    "a value ssh looks at when it connects": lambda ours, ssh: re.search(
        r"(IdentityFile|CertificateFile|ProxyCommand): (a `%`|an environment|expected a name like|no such user)", ours),
    "ProxyJump with a blank": lambda ours, ssh: "a blank in it" in ours,
    "a directory is no file": lambda ours, ssh: "is a folder" in ours,
}
# The other way round: what ssh refuses and we take.
TAKEN = {
    "algorithm of another OpenSSH is left out": re.compile(r"Bad (SSH2 (cipher|MAC) spec|SSH2 KexAlgorithms|key types)"),
    "value of a directive that is not used": re.compile(r"Bad (escape character|IPQoS value|tun device|mask|forwarding "
                                                        r"specification)|unsupported log|Invalid hash algorithm|"
                                                        r"Invalid environment name|Bad ControlPersist|[Uu]nsupported "
                                                        r"option$|Bad number|RekeyLimit"),
}


def libssh_has():
    """Names that libssh takes, by its own list: what our program leaves of all of them."""
    found = {}
    for key in LISTS:
        names = subprocess.run(["ssh", "-Q", key], capture_output=True, text=True, check=True).stdout.split()
        ours = ANSWERS.ask("resolve", f"none\th\t{key}={','.join(names)}")
        found[key] = set(ours[key].split(","))
        # libssh is the judge, but it cannot have lost what every server speaks
        assert found[key] & {"curve25519-sha256", "aes128-ctr", "hmac-sha2-256", "ssh-ed25519"}, (key, ours)
        assert found[key] <= set(names), (key, ours)
    return found


# ---- random files

HOSTS = ["web-01", "web-02.example.org", "WEB-03", "db", "10.0.0.1", "127.1", "::1", "fe80::0:1", "a.b", "x"]


def pattern(r):
    host = r.choice(HOSTS)
    return r.choice(["", "", "", "!"]) + r.choice([
        "*", host, host, host[:2] + "*", "*" + host[-2:], host[:1] + "?" * (len(host) - 1), "*.example.org", "nobody",
        host.upper(), host.lower(), f'"{host}"', "*-0[12]", "web*,db"])


def quoted(r, text):
    kind = r.randrange(12)
    if kind == 0 and '"' not in text:
        return f'"{text}"'
    if kind == 1 and "'" not in text:
        return f"'{text}'"
    if kind == 2 and text:
        return text[0] + '"' + text[1:] + '"'
    if kind == 3:
        return text.replace(" ", "\\ ")
    return text


def algorithms(r, key):
    names = subprocess_names(key)
    if r.random() < 0.07:
        return r.choice(["nosuch", "aes128-ctr,nosuch", "+nosuch", "-nosuch*", "aes*", "+aes*", "!a", "^", "-*", ""])
    chosen = r.sample(names, r.randrange(1, 5))
    sign = r.choice(["", "", "+", "-", "^"])
    if sign == "-" and r.random() < 0.5:
        chosen = [n[:4] + "*" for n in chosen]
    if key in ("hostkeyalgorithms", "pubkeyacceptedalgorithms") and r.random() < 0.3:
        chosen[0] = chosen[0][:5] + "*"
    return sign + ",".join(chosen)


NAMES = {}


def subprocess_names(key):
    if key not in NAMES:
        NAMES[key] = subprocess.run(["ssh", "-Q", key], capture_output=True, text=True, check=True).stdout.split()
    return NAMES[key]


TOKENS = ["%h", "%n", "%p", "%r", "%u", "%d", "%%", "%L", "%l", "%i", "%k", "%C"]
WORDS = {
    "hostname": ["%h.example.org", "other", "OTHER.Example", "10.0.0.9", "%h", "127.1", "2001:DB8::1", "%%h", "x%h%%",
                 "::0001", "%x", "a%"],
    "port": ["22", "2222", "65535", "0", "65536", "ssh", "-1", "+23", "22x", "2 2"],
    "user": ["root", "deploy", "app", "WEB", "a b"],
    "identityagent": ["none", "SSH_AUTH_SOCK", "$DIFF_VAR", "~/agent", "/run/%u/%i", "${DIFF_VAR}/x", "$NOSUCH",
                      "${NOSUCH}", "$a-b", "%x"],
    "proxyjump": ["none", "bastion", "u@bastion:2222", "a,b:22,c@d", "ssh://u@h:22", "ssh://h", "[::1]:22", "a b", "h:",
                  "@h", "ssh://h/x", "none # c", "x  # y", "h:99999", "ssh://%41b@h:1", "u@x@y", "NONE", "10.0.0.1:23",
                  "ssh://h/", "ssh://[h]:2", "::1"],
    "proxycommand": ["none", "nc %h %p", "nc '%h' %p # x", "=nc %n", "ssh -W [%h]:%p %r@x", "None", 'sh -c "a b"'],
    "stricthostkeychecking": ["yes", "no", "off", "ask", "accept-new", "TRUE", "maybe", "false"],
    "hostkeyalias": ["alias", "ALIAS", "a b"],
    "connecttimeout": ["5", "1m30s", "none", "0", "1w", "x", "5x", "-1", "10M", "NONE", "3000000000"],
    "serveraliveinterval": ["5", "15s", "0", "none", "x"],
    "serveralivecountmax": ["3", "0", "7", "x", "-1", "5s"],
    "addressfamily": ["any", "inet", "inet6", "INET", "ipv4"],
    "bindaddress": ["127.0.0.1", "::1", "name"],
    "identitiesonly": ["yes", "no", "true", "x"],
    "requiredrsasize": ["2048", "1024", "x"],
    "pubkeyauthentication": ["yes", "no", "unbound"],
    "passwordauthentication": ["yes", "no"],
    "ignoreunknown": ["Nosuch*", "nosuch,Other", "x"],
}
UNUSED = ["ForwardAgent yes", "SendEnv LANG LC_*", "ControlMaster auto", "ControlPath ~/.ssh/%C", "ControlPersist 60s",
          "Compression yes", "LocalForward 80 h:80", "ForwardX11 no", "TCPKeepAlive yes", "LogLevel ERROR", "BatchMode no",
          "GSSAPIAuthentication no", "HashKnownHosts yes", "Protocol 2", "ForwardX11 perhaps", "Compression maybe",
          "RSAAuthentication yes", "VisualHostKey no", "RemoteCommand ls -l # x", "SetEnv A=b", "Tunnel no", "EscapeChar none",
          "EscapeChar ab", "IPQoS none", "UpdateHostKeys ask", "NumberOfPasswordPrompts 1", "AddKeysToAgent yes",
          "RequestTTY force", "PreferredAuthentications publickey", "LogVerbose none", "CheckHostIP no", "ConnectionAttempts 2"]
REFUSED = ["RevokedHostKeys /x", "RevokedHostKeys none", "KnownHostsCommand /bin/x %h", "KnownHostsCommand none",
           "BindInterface lo", "CanonicalizeHostname no", "CanonicalizePermittedCNAMEs none",
           "ProxyUseFdpass yes", "ProxyUseFdpass no", "CanonicalizePermittedCNAMEs *:x"]
BROKEN = ["Nosuch value", "NosuchOther x", "Port", "Port 22 23", 'User "a', "HostName a b", "Host", "Match", "Match all x",
          "Match user", "Match nosuch x", "Host \"\"", "=Port 22", '"Port" 23', 'Po"rt" 24', "Port=", "Port==22", '"User',
          "Match host a all", "Match user * host * all", "IdentityFile", "IdentityFile ''", "UserKnownHostsFile none x",
          "Include", "Ciphers", "Match exec true", "Match host nobody exec false", "Include ~nosuchuser/x", "Match all # x",
          "Match canonical", "Match final", "Match !final", "Match !all", "Match host 'a b'", 'Match host "web-01" user *']


def path(r):
    parts = r.choice(["~/.ssh/", "/keys/", "", "~", "~root/", "~nosuchuser/"] if r.random() < 0.1 else ["~/.ssh/", "/keys/"])
    name = "id_" + r.choice("abcdef")
    if r.random() < 0.4:
        name += "_" + "".join(r.sample(TOKENS, r.randrange(1, 4)))
    if r.random() < 0.1:
        name += r.choice(["${DIFF_VAR}", "${NOSUCH}", "%", "%x", " b", "${", "%T", "${}"])
    return parts + name


def value(r, key):
    if key in LISTS:
        return algorithms(r, key)
    if key in ("identityfile", "certificatefile"):
        return "none" if r.random() < 0.1 else path(r)
    if key in ("userknownhostsfile", "globalknownhostsfile"):
        if r.random() < 0.15:
            return r.choice(["none", "NONE", "/dev/null"])
        return " ".join(quoted(r, path(r)) for _ in range(r.randrange(1, 4)))
    return r.choice(WORDS[key])


KEYS = list(WORDS) + LISTS + ["identityfile", "certificatefile", "userknownhostsfile", "globalknownhostsfile",
                              "identityfile", "port", "user", "hostname", "proxyjump", "proxycommand"]
SAID = {"hostname": "HostName", "identityfile": "IdentityFile", "macs": "MACs", "stricthostkeychecking": "StrictHostKeyChecking"}


def setting(r, sane):
    key = r.choice(KEYS)
    for _ in range(20):
        text = value(r, key)
        # most files are right: one wrong value refuses a whole file
        if not sane or not re.search(r"nosuch|NOSUCH|%x|^a%$|maybe|x$|99999|65536|^-1|2 2|a b|^\^$|^!a|^$|ipv4|\$\{\}|\$\{$|%T|"
                                     r"%$|^0$|aes\*|^name$|-\*|^@h|ssh://h/x|3000000000|NONE$|^:|\$a-b|^5s$|^h:$|::1$| b", text):
            break
        text = None
    if text is None:
        return "Port 22"
    word = r.choice([key, SAID.get(key, key), key.upper()])
    if key not in ("proxyjump", "proxycommand", "userknownhostsfile", "globalknownhostsfile"):
        text = quoted(r, text)
    return word + r.choice([" ", " ", "  ", "\t", "=", " = ", "= "]) + text + r.choice(["", "", "", "  ", " # c", " \f"][
        :5 if key == "proxycommand" else 6])


def condition(r):
    word = r.choice(["host", "host", "originalhost", "user", "localuser", "all", "final", "canonical"])
    if word in ("all", "final", "canonical"):
        return r.choice(["", "", "!"]) + word
    text = {"user": r.choice(["root", "deploy", "!root,*", "*"]),
            "localuser": r.choice([ME.pw_name, "nobody", "!nobody,*"])}.get(word, ",".join(
                pattern(r).strip('"') for _ in range(r.randrange(1, 3))))
    return r.choice(["", "", "", "!"]) + r.choice([word, word.upper()]) + r.choice([" ", " ", "=", " = "]) + r.choice(
        [text, f'"{text}"'])


def block(r):
    if r.random() < 0.6:
        return "Host " + " ".join(pattern(r) for _ in range(r.randrange(1, 4)))
    words = [condition(r) for _ in range(r.randrange(1, 4))]
    words = [w for i, w in enumerate(words) if not (w.lstrip("!") == "all" and (i > 1 or i + 1 < len(words)))] or ["all"]
    return "Match " + " ".join(words)


def config(r, folder, depth, sane, count):
    """A file; its path."""
    lines = []
    for _ in range(r.randrange(1, 14)):
        kind = r.random()
        if kind < 0.25:
            lines.append(r.choice(["", "", "  "]) + block(r))
        elif kind < 0.78:
            lines.append(r.choice(["", "  ", "\t"]) + setting(r, sane))
        elif kind < 0.86:
            lines.append(r.choice(UNUSED if not sane else [u for u in UNUSED if not re.search(r"perhaps|maybe|ab$", u)]))
        elif kind < 0.89:
            lines.append(r.choice(["# comment", "", "   ", "   # x"]))
        elif kind < 0.97 and depth < 3 and count[0] < 8:
            lines.append(include(r, folder, depth, sane, count))
        elif not sane and kind < 0.985:
            lines.append(r.choice(BROKEN))
        elif r.random() < 0.5:
            lines.append(r.choice(REFUSED))
    count[0] += 1
    name = os.path.join(folder, f"c{count[0]}")
    with open(name, "w", encoding="utf-8", newline="") as f:
        f.write(r.choice(["\n", "\n", "\r\n"]).join(lines) + r.choice(["\n", ""]))
    os.chmod(name, 0o600 if sane or r.random() < 0.97 else 0o666)
    return name


def include(r, folder, depth, sane, count):
    kind = r.randrange(8)
    below = config(r, folder, depth + 1, sane, count)
    if kind == 0:
        return f"Include {folder}/nosuch*"
    if kind == 1:
        return f"Include {folder}/c[0-9] {below}" if depth > 0 and not sane else f"Include {below}?"
    if kind == 2 and not sane:
        return f"Include {folder}/c{count[0] + 1}"
    if kind == 3:
        return f'Include "{below}" {below}'
    return r.choice(["Include ", "include=", "INCLUDE\t"]) + below


def options(r, sane):
    """Arguments of ssh, and the same as lines."""
    words, lines = [], []
    for _ in range(r.choice([0, 0, 0, 1, 2, 3])):
        kind = r.randrange(6)
        if kind == 0 and not any(line.startswith("Port ") for line in lines):
            words += ["-p", "2200"]
            lines.append("Port 2200")
        elif kind == 1:
            words += ["-l", "login"]
            lines.append("User login")
        else:
            text = setting(r, sane).strip()
            if not re.match(r"(?i)proxy", text) and "\t" not in text:
                words += ["-o", text]
                lines.append(text)
    if r.random() < 0.1:
        words, lines = ["-4"] + words, ["AddressFamily inet"] + lines
    if r.random() < 0.1:
        words, lines = ["-J", "u@jump:23,second"] + words, ["ProxyJump u@jump:23,second"] + lines
    return words, lines


# ---- asking ssh


def ssh(words):
    done = subprocess.run(["ssh", "-G"] + words, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
                          errors="surrogateescape")
    answer = {}
    for line in done.stdout.splitlines():
        key, _, text = line.partition(" ")
        answer.setdefault(key, []).append(text)
    return done.returncode, answer, done.stderr


def expand(text, answer, alias):
    """A path as ssh expands it: an independent reading of TOKENS; None: it refuses it."""
    short = {"h": answer["hostname"][0], "n": answer["host"][0], "p": answer["port"][0], "r": answer["user"][0],
             "u": ME.pw_name, "d": os.environ["HOME"], "l": MACHINE, "L": MACHINE.split(".")[0], "i": str(os.getuid()),
             "k": alias, "%": "%"}
    import hashlib
    short["C"] = hashlib.sha1((MACHINE + short["h"] + short["p"] + short["r"]).encode()).hexdigest()
    if text.startswith("~"):
        user, _, rest = text[1:].partition("/")
        try:
            home = pwd.getpwnam(user).pw_dir if user else os.environ["HOME"]
        except KeyError:
            return None
        text = home + "/" + rest.lstrip("/")
    out, i = "", 0
    while i < len(text):
        if text.startswith("${", i):
            end = text.find("}", i)
            if end < 0 or text[i + 2:end] not in os.environ:
                return None
            out, i = out + os.environ[text[i + 2:end]], end + 1
        elif text[i] == "%":
            if i + 1 == len(text) or text[i + 1] not in short:
                return None
            out, i = out + short[text[i + 1]], i + 2
        else:
            out, i = out + text[i], i + 1
    return out


DEFAULTS = {"userknownhostsfile": " ".join(f"{ME.pw_dir}/.ssh/known_hosts{n}" for n in ("", "2")),
            "globalknownhostsfile": "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"}
IDENTITIES = ["~/.ssh/id_" + n for n in ("rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk", "xmss", "dsa")]


def theirs_of(answer, ours, has):
    """What `ssh -G` says, in our words."""
    one = {key: texts[0] for key, texts in answer.items()}
    alias = one.get("hostkeyalias", one["host"])
    files = answer.get("identityfile", [])
    said = {
        "hostname": one["hostname"], "port": int(one["port"]), "user": one["user"],
        "addressfamily": one["addressfamily"],
        "identitiesonly": int(one["identitiesonly"] == "yes"),
        "stricthostkeychecking": {"true": ("strict",), "ask": ("strict", None), "false": ("off",),
                                  "accept-new": ("accept-new",)}[one["stricthostkeychecking"]],
        "hostkeyalias": one.get("hostkeyalias"), "bindaddress": one.get("bindaddress"),
        "connecttimeout": 0 if one["connecttimeout"] == "none" else int(one["connecttimeout"]),
        "serveraliveinterval": int(one["serveraliveinterval"]),
        "serveralivecountmax": int(one["serveralivecountmax"]),
        "requiredrsasize": int(one["requiredrsasize"]),
        "no_password": int(one["passwordauthentication"] == "no"),
        "identityfile": [] if files == IDENTITIES else [
            expand(f, answer, alias) for f in files if f.lower() != "none"],
        "certificatefile": [expand(f, answer, alias) for f in answer.get("certificatefile", [])],
        "proxyjump": one.get("proxyjump"),
        "proxycommand": one.get("proxycommand"),
        "identityagent": {"SSH_AUTH_SOCK": None}.get(one.get("identityagent"), one.get("identityagent")),
    }
    if said["identityagent"] and said["identityagent"].startswith("$"):
        said["identityagent"] = os.environ.get(said["identityagent"][1:], "none")
    if said["proxycommand"] is not None:
        keep = {k: v for k, v in answer.items()}
        text = said["proxycommand"]
        bad = re.search(r"%[^hknpr%]|%$", re.sub("%%", "", text))
        said["proxycommand"] = None if bad else re.sub(r"%(.)", lambda m: {
            "h": one["hostname"], "k": alias, "n": one["host"], "p": one["port"], "r": one["user"], "%": "%"}[m[1]],
            text) if keep else None
    if one["pubkeyauthentication"] == "false":
        said.update(identityfile=[], certificatefile=[], identityagent="none")
    for key in LISTS:
        said[key] = ",".join(n for n in one.get(key, "").split(",") if n in has[key]) if ours[key] is not None else None
    for key in ("userknownhostsfile", "globalknownhostsfile"):
        text = one.get(key, "")
        said[key] = text if ours[key] else ""
        if not ours[key] and text != DEFAULTS[key]:
            said[key] = text + " (not the default)"
    return said


def ours_of(ours, theirs):
    said = {key: ours[key] for key in theirs}
    said["port"] = ours["port"] or 22
    said["user"] = ours["user"] or ME.pw_name
    said["serveralivecountmax"] = ours["serveralivecountmax"] if ours["serveralivecountmax"] or theirs[
        "serveralivecountmax"] == 0 else 3
    said["requiredrsasize"] = ours["requiredrsasize"] or (0 if theirs["requiredrsasize"] == 0 else 1024)
    said["stricthostkeychecking"] = theirs["stricthostkeychecking"] if ours[
        "stricthostkeychecking"] in theirs["stricthostkeychecking"] else ours["stricthostkeychecking"]
    for key in ("userknownhostsfile", "globalknownhostsfile"):
        said[key] = "none" if ours[key] == ["/dev/null"] and theirs[key] == "none" else " ".join(ours[key])
    return said


def places(text):
    """The lines that ssh complains of."""
    return {(os.path.basename(m[1]), int(m[2])) for m in re.finditer(r"^(\S+?):? line (\d+):", text, re.M)}


def judge(score, what, code, answer, stderr, ours, has):
    error = ours.get("error")
    complaints = [line for line in stderr.splitlines()
                  if "terminating," not in line and not re.search("Unsupported option|Pseudo-terminal", line)]
    taken = [why for why, known in TAKEN.items()
             if complaints and all(known.search(line) or "Unsupported KEX" in line for line in complaints)]
    if code != 0 and taken:
        score.deliberate(taken[0])
    elif code != 0 and error:
        at = re.search(r"(\S+?):(\d+): ", error)
        lines = places("\n".join(complaints))
        if at and lines and "command-line" not in stderr and not any(
                known(error, answer) for known in KNOWN.values()) and (os.path.basename(at[1]), int(at[2])) not in lines:
            # a keyword is unknown only when it is known what IgnoreUnknown says, so it comes last
            if "Too many recursive" in stderr:
                score.passed += 1  # which has no line
            elif all("Bad configuration option" in line for line in complaints):
                score.deliberate("of two mistakes another is told first")
            else:
                score.check(f"{what}: where the mistake is", error, stderr)
        else:
            score.passed += 1
    elif code != 0:
        score.check(what, ours, stderr)
    elif error:
        for why, known in KNOWN.items():
            if known(error, answer):
                score.deliberate(why)
                return
        score.check(what, error, "no error")
    else:
        theirs = theirs_of(answer, ours, has)
        got = ours_of(ours, theirs)
        differ = {key: (got[key], theirs[key]) for key in theirs if got[key] != theirs[key]}
        score.check(what, {k: v[0] for k, v in differ.items()}, {k: v[1] for k, v in differ.items()})


def compare_paths(score, what, words, ours):
    """What `ssh -v` says it does: the command it runs instead of connecting, and the keys it tries."""
    done = subprocess.run(["ssh", "-v", "-o", "ControlPath=none"] + words + ["x"], capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL, timeout=20)
    files = re.findall(r"identity file (.*) type -?\d+$", done.stderr, re.M)
    command = re.search(r"Executing proxy command: exec (.*)$", done.stderr, re.M)
    if command is None:
        return
    score.check_command(what + ": the command", ours["proxycommand"], command[1])
    if ours["identityfile"]:
        score.check_command(what + ": keys", ours["identityfile"],
                            [f for f in files if not f.endswith("-cert") or f in ours["identityfile"]])


def main():
    global ANSWERS
    os.environ["HOME"] = ME.pw_dir
    os.environ["USER"] = ME.pw_name
    os.environ["DIFF_VAR"] = "/set/here"
    os.environ.pop("NOSUCH", None)
    ANSWERS = Answers(os.path.join(sys.argv[1], "answer_sshconfig"))
    score = Score("sshconfig")
    has = libssh_has()
    only = os.environ.get("DIFF_ONLY")
    left = number("DIFF_COMMANDS", 20)
    for i in range(number("DIFF_CASES", 200)):
        if only is not None and str(i) != only:
            continue
        r = random.Random(f"{score.seed}/{i}")
        with tempfile.TemporaryDirectory() as folder:
            sane = r.random() < 0.8
            main_file = config(r, folder, 0, sane, [0])
            asked = r.sample(HOSTS, 3)
            for host in asked:
                words, lines = options(r, sane)
                words = ["-F", main_file] + words + [host]
                code, answer, stderr = ssh(words)
                ours = ANSWERS.ask("resolve", "\t".join([main_file, host] + lines))
                what = f"case {i} {' '.join(words)}"
                before = score.failed
                judge(score, what, code, answer, stderr, ours, has)
                if score.failed > before and (only is not None or score.failed < 6):
                    for name in sorted(os.listdir(folder)):
                        with open(os.path.join(folder, name), encoding="utf-8", newline="") as f:
                            print(f"--- {name}\n{f.read()}")
                if left > 0 and code == 0 and ours.get("proxycommand") and not ours.get("no_identity"):
                    left -= 1
                    compare_paths(score, what, words, ours)
    score.end()


ANSWERS = None
main()
