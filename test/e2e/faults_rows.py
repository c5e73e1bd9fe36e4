"""The rows of the fault catalogue that a server can make: what it does, and how its host has to end.

One line a row: fault, name, what the fleet does (test/fleet/behave.h), outcome, words of the reason,
seconds at most.  `waits`: we wait for a deadline of ours, so the good hosts must have ended before.
"""
import collections
import os

# Of the environment in t-faults.sh.
SLOW = int(os.environ.get("SLOW", "1"))  # times longer
CONNECT, AUTH, KEEPALIVE, IDLE, DRAIN = 3 * SLOW, 3 * SLOW, SLOW, 5 * SLOW, 2
SLACK = 6 * SLOW  # a machine that is busy
LOST = KEEPALIVE * 4
THROTTLED = 30 * SLOW  # four tries and more while its like come in, with rests (ssh/pace.h)

Row = collections.namedtuple("Row", "fault name behave outcome words seconds waits kind script output")


def row(fault, behave, outcome, *words, wait=0, kind="run", script="echo fine", output=None, name=None):
    behave = [behave] if isinstance(behave, str) else behave
    name = name or behave[0].replace(" ", "-").replace(":", "-")
    return Row(fault, name, behave, outcome, words, wait + SLACK, wait > 0, kind, script, output)


# What a cut connection is called in each phase: "kex: ", and what the host ends as.
CUT = {
    "banner": ("unreachable", "kex: "),
    "kex": ("unreachable", "kex: "),
    "reply": ("unreachable", "kex: "),
    "newkeys": ("unreachable", "kex: "),
    "service": ("unreachable", "auth: "),
    "auth": ("unreachable", "auth: "),
    "open": ("unreachable", "step 2/2 Run: channel: connection lost: "),
    "exec": ("unreachable", "step 2/2 Run: exec: connection lost: "),
    "header": ("unknown", "step 2/2 Run: connection lost: "),
    "output": ("unknown", "step 2/2 Run: connection lost: "),
    "status": ("unknown", "step 2/2 Run: connection lost: "),
    "upload": ("unreachable", "step 1/2 Send: connection lost: "),  # not whole: never put in place
}
CAUSE = {"drop": "closed by the server", "reset": "Connection reset by peer", "garbage": "Packet len too high",
         "huge": "Packet len too high"}


def of_phase(phase):
    return {"kind": "upload" if phase == "upload" else "run",
            "script": "seq 1 3000" if phase == "output" else "echo fine"}


def cuts():
    """Faults 8 and 18: cut, or answered with rubbish, between any two messages."""
    for phase, (outcome, said) in CUT.items():
        for act, cause in CAUSE.items():
            if act == "reset" and said == "kex: ":
                said = ""  # it may come before we have seen that we are connected
            yield row(18 if outcome == "unknown" else 8, f"{act} {phase}", outcome, said, cause, **of_phase(phase))
    for act in CAUSE:  # the step has its end: what comes then says nothing of it
        yield row(8, f"{act} end", "ok")


def stalls():
    """Faults 5, 7, 14, 17, 18, 26: an answer that never comes, each phase with its own deadline."""
    for act in ("stall", "silent"):
        yield row(5, f"{act} accept", "unreachable", "kex: no answer in time (no banner)", wait=CONNECT)
        for phase in ("banner", "kex", "reply", "newkeys"):
            yield row(7, f"{act} {phase}", "unreachable", "kex: no answer in time", wait=CONNECT)
        for phase in ("service", "auth"):
            yield row(14, f"{act} {phase}", "unreachable", "auth: no answer in time", wait=AUTH)
        yield row(17, f"{act} open", "unreachable", "step 2/2 Run: channel: no answer in time", wait=CONNECT)
        yield row(17, f"{act} exec", "unreachable", "step 2/2 Run: exec: no answer in time", wait=CONNECT)
        for phase in ("header", "output", "status"):
            yield row(26, f"{act} {phase}", "unknown", "step 2/2 Run: connection lost: ", wait=LOST, **of_phase(phase))
        yield row(26, f"{act} upload", "unreachable", "step 1/2 Send: connection lost: ", wait=LOST, **of_phase("upload"))
        yield row(24, f"{act} end", "ok", wait=DRAIN)


ROWS = [
    *cuts(),
    *stalls(),
    # Before keys
    row(5, "banner lines", "ok"),
    row(5, "banner endless", "unreachable", "kex: ", "before the banner"),
    row(5, "banner long", "unreachable", "kex: ", "banner"),
    row(5, "banner ssh1", "unreachable", "kex: ", "SSH-1.5-old"),
    row(5, "banner escape", "unreachable", "kex: ", "SSH-9.0-\\x1b]0;owned\\x07"),
    row(22, "banner newlines", "unreachable", "kex: ", "SSH-9.0-x"),
    row(5, "banner nul", "unreachable", "kex: ", "SSH-9.0-a"),
    row(5, "garbage accept", "unreachable", "kex: ", "banner"),
    row(5, "huge accept", "unreachable", "kex: no answer in time (no banner)", wait=CONNECT),
    row(6, "drop accept", "unreachable", "kex: throttled: closed before the banner", wait=THROTTLED),
    # "closed before the banner", or, where the reset is there before we look, a connection that was reset
    row(9, "reset accept", "unreachable", "throttled: ", wait=THROTTLED),
    row(6, "throttle 0:100:1", "unreachable", "kex: throttled: closed before the banner", wait=THROTTLED),
    row(6, "throttle 0:100:1 once", "ok"),
    row(7, "algorithms kex", "unreachable", "kex: ", "diffie-hellman-group1-sha1", "curve25519-sha256"),
    row(7, "algorithms cipher", "unreachable", "kex: ", "3des-cbc", "aes256-gcm@openssh.com"),
    row(7, "algorithms hostkey", "unreachable", "kex: ", "ssh-rsa", "ssh-ed25519"),
    row(10, "hostkey other", "unreachable", "host key: ", "CHANGED", "known_hosts:"),
    row(10, "hostkey ecdsa", "unreachable", "host key: ", "ecdsa-sha2-nistp256"),
    row(10, "hostkey rsa", "unreachable", "host key: ", "ssh-rsa"),
    # Login
    row(14, "deny", "unreachable", "auth: key ", " not accepted as demo"),
    row(14, "deny 1", "unreachable", "auth: key ", " not accepted as demo"),
    row(14, "partial", "unreachable", "auth: one method passed", "the server would still take: password"),
    # Channels
    row(17, "nochannel", "failed", "step 2/2 Run: channel: refused by the server"),
    row(17, "noexec", "failed", "step 2/2 Run: exec: refused by the server"),
    row(17, "sessions 1", "ok", kind="upload"),
    # Ends
    row(23, "nostatus", "unknown", "step 2/2 Run: closed without an exit status"),
    row(23, "status 255", "failed", "step 2/2 Run: exit 255"),
    row(23, "status 4294967295", "failed", "exit status 4294967295"),
    row(23, "twice", "ok", output="fine\n"),
    row(23, "signal KILL", "failed", "step 2/2 Run: signal 9"),
    row(23, "signal WHAT", "failed", "ended by signal WHAT"),
    row(23, "noeof", "ok", output="fine\n"),
    row(23, "noclose", "ok", output="fine\n"),
    row(24, "linger", "ok", output="fine\n", wait=DRAIN),
    row(24, "none", "ok", name="child", script="sleep 60 & echo fine", output="fine\n", wait=DRAIN),
    # Bytes
    row(19, "window", "failed", "step 1/2 Send: no output for its idle limit", kind="upload", wait=IDLE),
    row(20, ["flood out", "flood-max 3000000"], "ok"),
    row(20, ["flood err", "flood-max 3000000"], "ok"),
    row(20, ["flood both", "flood-max 3000000"], "ok"),
    row(20, ["flood line", "flood-max 3000000"], "ok"),
    row(21, ["flood binary", "flood-max 3000000"], "ok"),
    row(19, "slow 3000000", "ok", kind="upload", output="fine\n"),
    row(25, "rekey 65536", "ok", kind="upload",
        script='cksum <"$HOME/payload"; head -c 600000 /dev/zero | tr "\\0" x | cksum; seq 1 40000 | tail -n 1',
        output="SUM\n685471485 600000\n40000\n"),
    # What a client has to bear
    row(8, "noise debug", "ok", output="fine\n"),
    row(8, "noise ignore", "ok", output="fine\n"),
    row(8, "noise global", "ok", output="fine\n"),
    row(8, "noise channel", "ok", output="fine\n"),
    row(8, "noise all", "ok", output="fine\n"),
    row(6, "drop accept once", "ok"),
]
