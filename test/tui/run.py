"""The Run page, and what can be done to a run from it: the operator's whole evening."""
from tui import main, same
from world import ENV, HOSTS, Project, go, waiting
import walk


def head(t, *texts):
    """The three lines on the run as a whole have these."""
    for text in texts:
        t.wait_until(lambda lines, text=text: text in "\n".join(lines[2:5]), f"«{text}» in the head")


def begin(t, action="deploy"):
    """All servers are marked; the action is under way, and its first hosts at their step."""
    walk.open_env(t, ENV)
    t.wait(*HOSTS)
    t.press("a")
    t.wait("9 marked")
    walk.start(t, action=action)


def asked_yes(t, key, question):
    """A key that asks first."""
    t.press(key)
    t.wait(question)
    t.press("y")
    t.wait_gone(question)


def test_a_run_is_paused_widened_mended_and_aborted():
    project = Project()
    project.holds()
    project.config(max_fail=9, serial=9)
    with project.screen(rows=40, cols=120) as t:
        begin(t)
        waiting(*HOSTS[:3])
        head(t, "deploy test-multi  ▶ running", "0/9", "left 6", "0 bad of 9 allowed", "workers 3/3 busy")
        t.wait_re("0 web-01 2/2 Hold +[0-9]+s +.1 web-02 2/2 Hold")
        t.wait("✓ 1 Prepare", "▶ 2 Hold", "prepared")
        t.press("p")
        head(t, "paused for", "c goes on")
        go("web-01", code=3)
        head(t, "1/9", "failed 1", "1 bad of 9 allowed", "workers 2/3 busy")
        t.wait("exit 3", "went")
        t.press("c")
        waiting("web-04")
        t.press("+")
        head(t, "workers 4/4 busy")
        waiting("web-05")
        t.press(":")
        t.type("workers 5")
        t.press("Enter")
        head(t, "workers 5/5 busy")
        t.press("-", "-")
        head(t, "workers 5/3 busy")
        walk.move_to(t, "web-09")
        t.press("S")
        head(t, "skipped 1")
        t.wait_re("web-09 +. skipped")
        t.press("g", "R")
        t.wait("web-01 goes again")
        asked_yes(t, "A", "Abort the run?")
        head(t, "halts: aborted", "5 in flight go on")
        go(*HOSTS[1:8])
        head(t, "over: exit 3, aborted", "ok 5", "failed 1", "skipped 1", "untouched 2")
        t.wait("to go on  R, or inventory-manager ", "logs      ")
        t.press("R")
        t.wait("deploy on 3 hosts of", "Once more")
        t.press("Esc")
        walk.wait_page(t, "Run")
        t.press("q")
        same("screen", "exit 0", t.ended())
        t.check_as_found()


def test_a_canary_waits_for_its_word_and_output_is_read_on_the_whole_screen():
    project = Project()
    project.holds()
    project.config(deployment_strategy="canary", canary=1, promote="manual")
    with project.screen() as t:
        walk.open_env(t, ENV)
        t.press("a", "d")
        t.wait("canary, waits for promote: web-01")
        t.press("Enter")
        waiting("web-01")
        head(t, "wave 1/")
        go("web-01")
        head(t, "waits for promote", "m goes on")
        t.press("m")
        waiting("web-02", "web-03", "web-04")
        head(t, "running", "wave 2/")
        t.press("g", "j")
        t.wait("─ web-02: running", "▶ 2 Hold")
        t.press("Right")
        t.wait("Left: back to the hosts")
        t.press("Left")
        t.wait("Right: scroll")
        t.press("f")
        t.wait_re("^ web-02: ")
        go("web-02")
        t.wait("went")
        t.press("/")
        t.type("prepared")
        t.press("Enter")
        t.press("q", "q")
        walk.wait_page(t, "Run")
        t.press("/")
        t.type("web-03")
        t.press("Enter")
        t.wait("1-1 of 1 (9)")
        t.press("Esc")
        t.wait_gone("1-1 of 1")
        go(*HOSTS[2:])
        head(t, "over: all ok", "9/9")
        t.press("q")
        same("screen", "exit 0", t.ended())
        t.check_as_found()


def test_a_run_of_another_process_is_watched_spoken_to_and_its_end_is_seen():
    project = Project()
    project.holds()
    with project.screen() as t:
        walk.open_env(t, ENV)
        walk.page(t, "Run")
        t.wait("Nothing runs", "The queue is empty")
        run = project.start("deploy", ENV, "-y")
        waiting(*HOSTS[:3])
        t.wait("deploy test-multi is under way in another process", "workers 3/3 busy", "web-02")
        t.wait_re("0 web-01 +step 2/2 Hold")
        t.press("p")
        t.wait("paused: 3 hosts in flight go on", "paused for")
        t.press("c")
        t.wait_gone("paused for")
        go(*HOSTS)
        same("run", 0, run.wait(20))
        t.wait("deploy test-multi was in another process", "over: all ok", "9/9")
        t.press("q")
        same("screen", "exit 0", t.ended())


if __name__ == "__main__":
    main(globals())
