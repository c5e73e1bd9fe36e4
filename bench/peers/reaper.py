#!/usr/bin/python3
"""reaper.py PIDFILE COMMAND...: run it, end as it ends; stay behind as the parent of all that it leaves.

sshd's monitor does not wait for the process that serves the session, whose times are lost with it.  They are the
reaper's, once it has waited for it (a subreaper).  It ends when nothing is left.
"""
import ctypes
import os
import sys

PR_SET_CHILD_SUBREAPER = 36


def reap(pid, tell):
    """Wait for everybody; pid's exit code goes to the pipe, and our streams are closed then."""
    try:
        while True:
            ended, status = os.wait()
            if ended == pid:
                os.write(tell, bytes([os.waitstatus_to_exitcode(status) & 255]))
                nothing = os.open(os.devnull, os.O_RDWR)
                for stream in (0, 1, 2, tell):
                    os.dup2(nothing, stream)
    except ChildProcessError:
        pass


def main(pid_file, command):
    """Returns the exit code of the command, or never, behind."""
    hear, tell = os.pipe()
    if os.fork() > 0:
        os.close(tell)
        return (os.read(hear, 1) or b"\1")[0]
    os.close(hear)
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with open(pid_file, "w", encoding="ascii") as file:
        file.write(str(os.getpid()))
    reap(os.posix_spawnp(command[0], command, os.environ), tell)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
