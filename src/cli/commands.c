/*
 * commands.c - the table of commands.
 *
 * A new command is one row here and one file cmd_<name>.c.  Rows without a function are promised,
 * and refused as not yet.
 */
#include "cli/command.h"

#define SHOW_FLAGS "vqO" /* what a run shows, and how */
#define HOST_FLAGS "lwfeCobLSkK" SHOW_FLAGS
#define ACTION_FLAGS "tT" HOST_FLAGS
#define CHANGE_FLAGS ACTION_FLAGS "yPF" /* what may ask first */

const struct command commands[] = {
    {"provision", "ENV", "prepare the hosts", CHANGE_FLAGS, 1, 1, cmd_action},
    {"deploy", "ENV", "release the artifact on every host", CHANGE_FLAGS, 1, 1, cmd_action},
    {"rollback", "ENV", "each host back to the release it had before", CHANGE_FLAGS, 1, 1,
     cmd_action},
    {"update", "ENV", "run the update command inside the release", CHANGE_FLAGS, 1, 1, cmd_action},
    {"check", "ENV", "look at every host, change nothing", ACTION_FLAGS, 1, 1, cmd_action},
    {"run", "ACTION ENV", "any action file", CHANGE_FLAGS, 2, 2, cmd_run},
    {"exec", "ENV -- COMMAND...", "a command on every host", HOST_FLAGS, 2, -1, cmd_exec},
    {"copy", "ENV SRC DEST", "a file or folder to every host", HOST_FLAGS, 3, 3, cmd_copy},
    {"retry", "RUN|ENV", "a run once more, for the hosts that are not there yet",
     "feCobLSkKyF" SHOW_FLAGS, 1, 1, cmd_retry},
    {"plan", "ACTION ENV", "waves, slots and order; connects to nothing", "lwtTfeSDMAo", 2, 2,
     cmd_plan},
    {"inventory", "list|graph|host|vars ENV [HOST]", "hosts, groups and variables", "lweJEU", 1, 3,
     cmd_inventory},
    {"validate", "[ENV]", "read every file, tell every mistake", "eq", 0, 1, cmd_validate},
    {"status", "[ENV]", "the last known state of every host", "WO", 0, 1, cmd_status},
    {"history", "[ENV]", "the runs, newest first", "", 0, 1, cmd_history},
    {"logs", "[ENV|RUN] [HOST]", "what the hosts of a run said", "r", 0, 2, cmd_logs},
    {"report", "RUN|ENV", "a run looked back at: waves, times, slots, who was not ok", "Go", 1, 1,
     cmd_report},
    {"ctl", "ENV|RUN VERB [HOST|N]", "a word to the run that is under way", "y", 2, 3, cmd_ctl},
    {"resume", "[RUN]", NULL, "", 0, -1, NULL},
    {"lock", "ENV", NULL, "", 0, -1, NULL},
    {"keys", "scan ENV", "the hosts' keys: shown, and new ones kept", "lwfeoqy", 2, 2, cmd_keys},
    {"completion", "SHELL", NULL, "", 0, -1, NULL},
};
const size_t command_count = sizeof(commands) / sizeof(commands[0]);
