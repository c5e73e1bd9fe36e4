/*
 * help.c - what `--help` prints.
 *
 * Decides the words that the tables of commands and options have no room for: what a command does
 * with its words, and examples.  Owns nothing.
 */
#include "cli/help.h"

#include "base/strv.h"
#include "cli/place.h"

#include <string.h>

#define ME "  " CLI_NAME " "

#define WHERE                                                                                      \
    "The action file is inventory/ENV/actions/NAME.yml, else conf/actions/NAME.yml\n"              \
    "(docs/actions.md).\n"

static const char act[] = WHERE "`" CLI_NAME " deploy --help` has examples of -l, -w and -C.\n";

static const char deploy[] =
    WHERE "\n"
          "examples:\n" ME "deploy prod -C                    # what each host would get\n" ME
          "deploy prod -l 'web:!web-01'      # a group without one host, as in Ansible\n" ME
          "deploy prod -w 'web-[01-03],@db'  # three hosts and a group, as in clush\n" ME
          "deploy prod -f 5                  # five hosts at a time\n" ME
          "deploy prod -e release=1.4.2 -e @more.yml\n";

static const char run[] =
    WHERE "\n"
          "examples:\n" ME "run setup prod -C\n" ME
          "run setup prod -t unit -l web-01  # only the steps with this tag\n";

static const char rollback[] =
    "Each host goes back to the release it had before; after a deploy that failed, to the last\n"
    "good one. -e release=NAME names another, which must still be on the host.\n"
    "\n"
    "examples:\n" ME "rollback prod -l web-01\n" ME "rollback prod -e release=1.4.1\n";

static const char check[] =
    "Says in one line a host what is there, and asks the health checks. Exit code 2: some host\n"
    "is not well.\n"
    "\n"
    "examples:\n" ME "check prod\n" ME "check prod -b                      # hosts that say the "
    "same, once\n";

static const char exec[] =
    "One word is a script for /bin/sh on the host; several words are a command and its arguments.\n"
    "Variables of the inventory that it mentions are set. -b groups output (it is not sudo: that "
    "is\n"
    "-e ansible_become=true). ENV may be a list of hosts: h1,h2, (with a comma).\n"
    "\n"
    "examples:\n" ME "exec prod -b -- uptime\n" ME
    "exec prod -l 'web[0]' -- 'ls -1 \"$app_dir\"/releases | tail -n 3'\n" ME
    "exec prod -w 'web-[01-09]!web-03' -f 3 -e ansible_become=true -- reboot\n" ME
    "exec 192.0.2.7,192.0.2.8, -e ansible_user=deploy -- df -h /\n";

static const char copy[] =
    "SRC is a file or a folder here. DEST is a full path on the hosts and may hold {{ }}; one "
    "that\n"
    "ends in / is the folder SRC goes into. A folder takes the place of DEST as a whole.\n"
    "\n"
    "examples:\n" ME "copy prod motd /etc/ -e ansible_become=true\n" ME
    "copy prod site/ /srv/www/site -l web -C    # what would be sent\n" ME
    "copy prod app.env '{{ app_dir }}/shared/.env'\n";

static const char plan[] =
    "Times are those of earlier runs of the same steps. --simulate tells what the policy does\n"
    "with ITEMS, HOSTS:EFFECT each; HOSTS: a name, a nodeset, VARIABLE=VALUE or all; EFFECT: "
    "fail,\n"
    "unknown, flap (of a step: fail=2), unreachable, unhealthy, late or slow (slow=3x, slow=10m).\n"
    "-C of an action shows more: every script and file, for each host. See docs/plan.md.\n"
    "\n"
    "examples:\n" ME "plan deploy prod\n" ME "plan deploy prod -l web -f 5 --assume 5m\n" ME
    "plan deploy prod --simulate 'web-03:fail, zone=b:slow'\n" ME
    "plan deploy prod --save it.plan    # `deploy prod --plan it.plan` runs it\n" ME
    "plan deploy prod --seed 7          # the order of a run with --seed 7\n";

static const char retry[] =
    "Runs the action of RUN once more, with its tags, -f and -e, on the hosts that failed, are\n"
    "unknown, unreachable or cancelled, were never started, or were rolled back. RUN: an id or "
    "its\n"
    "beginning; an environment: its newest run that changes something. Secrets of -e are not "
    "kept:\n"
    "give them again. --force: whatever release the artifact makes now.\n"
    "\n"
    "examples:\n" ME "retry prod\n" ME "retry 20261123T2145\n";

static const char inventory[] =
    "list      hosts; with --json what `ansible-inventory --list` prints\n"
    "graph     groups and their hosts; --vars\n"
    "host      variables of one host, as JSON\n"
    "vars      variables of one host, and the line each came from; --explain: what it overrode\n"
    "\n"
    "examples:\n" ME "inventory list prod -l 'web:&eu'\n" ME
    "inventory vars prod web-01 --explain\n" ME
    "inventory vars prod web-01 -e app_port=81 --json\n";

static const char validate[] = "Reads config.yml, the inventory with its variables and all actions "
                               "of ENV, or of every\nenvironment, and what ssh_config and "
                               "known_hosts say of the hosts; connects to nothing.\n";

static const char logs[] = "Of the last run of ENV, or of the run named; of all hosts, or of one.\n"
                           "\n"
                           "examples:\n" ME "logs prod\n" ME "logs prod web-01 --raw\n";

static const char report[] =
    "Of the run named, or of the last run of ENV, one that is under way or died too. guide: the\n"
    "Markdown of the guide to parallel execution (French), with the key lines of debug.log.\n"
    "-o json is --format json. See docs/report.md.\n"
    "\n"
    "examples:\n" ME "report prod\n" ME "report 20261123T2145 --format guide\n" ME
    "report prod -o json\n";

static const char keys[] =
    "Connects to every host, looks at its keys (ed25519, ecdsa, rsa), logs in to none, and says\n"
    "what is new, known or CHANGED. New ones are added to the known_hosts of ENV, in its folder,\n"
    "after a question: compare the fingerprints with what the hosts themselves say\n"
    "(ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub). Of a host with a changed key nothing is\n"
    "added: take its old lines out first. ENV may be a list of hosts: h1,h2, (with a comma).\n"
    "-o jsonl: an object a key. Exit code 2: a key has changed or is revoked; 4: a host could\n"
    "not be asked; 5: there are new keys, and nobody could be asked.\n"
    "\n"
    "examples:\n" ME "keys scan prod\n" ME "keys scan prod -l web-07 -y\n";

static const char status[] =
    "With --watch the run that is under way: in place on a terminal, else a line a change.\n"
    "\n"
    "examples:\n" ME "status prod\n" ME "status prod --watch\n";

static const char ctl[] =
    "pause        no new host is started; hosts in flight go on\n"
    "continue     undoes it; after too many failures the budget begins where it is now\n"
    "promote      the canary is good: go on\n"
    "abort        no new host is started, hosts in flight end, the run is over (as Ctrl-C)\n"
    "kill         hosts in flight are cut off (as a second Ctrl-C)\n"
    "rollback     stop, and roll back every host that this run has changed\n"
    "skip HOST    leave out one that was not started, or waits for its retry\n"
    "retry HOST   one that failed goes again, from its first step\n"
    "workers N    so many hosts at a time from now on\n"
    "Which of them a run takes depends on its state: docs/operating.md. RUN is the id of a run, "
    "or\n"
    "its beginning: for check and exec, which run beside. Exit code 5: there is no run, or it "
    "does\n"
    "not take the verb now.\n"
    "\n"
    "examples:\n" ME "ctl prod pause\n" ME "ctl prod skip web-07\n" ME "ctl prod workers 20\n" ME
    "ctl prod kill -y\n";

static const struct {
    const char *command;
    const char *text;
} more[] = {
    {"provision", act},     {"deploy", deploy},       {"update", act},        {"run", run},
    {"rollback", rollback}, {"check", check},         {"exec", exec},         {"copy", copy},
    {"plan", plan},         {"inventory", inventory}, {"validate", validate}, {"logs", logs},
    {"keys", keys},         {"status", status},       {"ctl", ctl},           {"retry", retry},
    {"report", report},
};

const char *
help_more(const char *command)
{
    for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        if (strcmp(more[i].command, command) == 0) {
            return more[i].text;
        }
    }
    return NULL;
}

void
help_command(const struct command *command, FILE *f)
{
    const char *text = help_more(command->name);

    fprintf(f, "usage: " CLI_NAME " %s %s\n\n%s\n\n", command->name, command->usage, command->help);
    fprintf(f, "%s%soptions:\n", text != NULL ? text : "", text != NULL ? "\n" : "");
    options_help(f, command->flags);
}

void
help_envs(const char *root, FILE *f)
{
    struct strv names = {0};

    place_envs(root, &names);
    fputs("environments in ", f);
    cli_print(f, root);
    fputs("/inventory:", f);
    for (size_t i = 0; i < names.count; i++) {
        fputc(' ', f);
        cli_print(f, names.items[i]);
    }
    fputs(names.count == 0 ? " none\n\n" : "\n\n", f);
    strv_clear(&names);
}

void
help_all(FILE *f)
{
    fputs(CLI_NAME " - deploys to fleets of servers over plain SSH\n\n"
                   "usage: " CLI_NAME " COMMAND [OPTIONS]\n"
                   "       " CLI_NAME "                      on a terminal: the full screen (? "
                   "there: its keys)\n\ncommands:\n",
          f);
    for (size_t i = 0; i < command_count; i++) {
        char left[64];
        if (commands[i].run == NULL) {
            continue;
        }
        snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].usage);
        fprintf(f, "  %-28s %s\n", left, commands[i].help);
    }
    fputs("\noptions (" CLI_NAME " COMMAND --help: those of one, and examples):\n", f);
    options_help(f, NULL);
    fputs(
        "\nsecrets, from the environment (or -k, -K):\n"
        "  IM_VAULT_PASSWORD_FILE       a file with the vault's password, or a program that prints "
        "it\n"
        "  IM_SSH_PASSWORD              for hosts that take no key\n"
        "  IM_KEY_PASSPHRASE            of the key\n"
        "  IM_BECOME_PASSWORD           for a sudo that asks\n"
        "\nexit codes:\n"
        "  0 all is well  1 a mistake in a file, or of this machine  2 some host failed\n"
        "  3 the run was stopped: some hosts are untouched  4 some host could not be reached\n"
        "  5 the command line  6 another run has the environment  7 a rollback failed\n"
        "\nexamples:\n" ME "validate\n" ME "plan deploy production\n" ME
        "deploy production -C -l web-01\n" ME "deploy production -f 5 -l 'web:!web-01'\n" ME
        "exec production -b -w 'web-[01-03]' -- uptime\n" ME
        "copy production motd /etc/ -e ansible_become=true\n" ME
        "inventory vars production web-01 --explain\n",
        f);
}
