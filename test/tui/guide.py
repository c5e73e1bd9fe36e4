"""The guide's Test 1 and Test 2 on the screen, from opening the environment to the lines of debug.log."""
import re

from tui import main, same, until
from world import ENV, HOSTS, Project, go, waiting
import walk

MODE = ["[ORCHESTRATOR] Max workers set to 3 (0=sequential, >0=parallel)",
        "[ORCHESTRATOR] Running in PARALLEL mode with 3 workers"]


def lines_of_a_deployment():
    """What debug.log has from the first Queueing line on, as the guide says it: nine servers, three workers."""
    lines = [f"[ORCHESTRATOR] Queueing action for workers: deploy for server {host}" for host in HOSTS]
    lines += [f"[ORCHESTRATOR] Worker {worker} started" for worker in range(3)]
    for wave in range(3):
        three = HOSTS[3 * wave:3 * wave + 3]
        lines.append(f"[ORCHESTRATOR] Wave {wave + 1}/3 started: web-[{three[0][4:]}-{three[2][4:]}]")
        lines += [f"[ORCHESTRATOR] Worker {worker} processing: deploy for server {host} (active: {worker + 1}/3)"
                  for worker, host in enumerate(three)]
        lines += [f"[ORCHESTRATOR] Worker {worker} completed: deploy for {host} in 0.000s ok"
                  for worker, host in enumerate(three)]
        lines.append(f"[ORCHESTRATOR] Wave {wave + 1}/3 completed in 0.000s: 3 ok, 0 failed")
    return lines + [f"[ORCHESTRATOR] Worker {worker} stopped" for worker in range(3)]


def test_1_the_configuration_is_seen_in_settings_and_in_the_log():
    project = Project()
    with project.screen(rows=40, cols=120) as t:
        walk.open_env(t, ENV)
        until(lambda: project.facts() == MODE, "the two lines of the mode")
        walk.page(t, "Settings")
        t.wait_re("max_parallel_workers +.*3")
        walk.page(t, "Log")
        t.wait(*MODE)
        t.press("q")
        same("screen", "exit 0", t.ended())
        t.check_as_found()


def test_2_all_servers_are_selected_deployed_and_watched():
    project = Project()
    project.holds("deploy")
    with project.screen(rows=30, cols=100) as t:
        walk.open_env(t, ENV)
        t.wait(*HOSTS)
        t.press("a")
        t.wait("9 marked")
        walk.start(t)
        for wave in range(3):
            three = HOSTS[3 * wave:3 * wave + 3]
            waiting(*three)
            for host in three:
                t.wait_re(f"{host}.*Hold")
            # One after the other: the log has the order of what happened.
            for host in three:
                go(host)
                until(lambda host=host: f"completed: deploy for {host} " in project.debug_log(), f"the end of {host}")
        t.wait("over")
        until(lambda: "Worker 2 stopped" in project.debug_log(), "the end of the log")
        log = [re.sub(r"\d+\.\d{3}s", "0.000s", line) for line in project.facts() if "[ORCHESTRATOR]" in line]
        same("opened", MODE, log[:2])
        same("begun", MODE, log[2:4])
        same("\nlog", "\n".join(lines_of_a_deployment()), "\n".join(log[4:]))
        t.press("q")
        same("screen", "exit 0", t.ended())
        t.check_as_found()


if __name__ == "__main__":
    main(globals())
