/*
 * term.h - one terminal with one command on it, and the time that passes.
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include "tui/child.h"
#include "tui/picture.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    TERM_STILL_US = 5000,
    TERM_ESC_US = 40000, /* nobody types faster; programs take what follows sooner for one key */
};

struct term {
    struct child child;
    struct picture picture;
    int signals;      /* owned: a signalfd of SIGCHLD */
    bool reading;     /* false: the terminal is stuck */
    bool by_terminfo; /* keys */
    FILE *log;        /* owned: every byte of the command; NULL: none */
    uint64_t serial;  /* grows with each piece of output */
    uint64_t frames;  /* pieces with TERM_STILL_US of silence before them */
    int64_t heard_us; /* when the last came */
    int64_t quiet_us; /* nothing more is typed before */
};

int64_t term_now_us(void); /* CLOCK_MONOTONIC */
/* Until something happens on the terminal, or to the command, or `also` (-1: none) can be read, or
 * until_us: takes all output that is there.  False: it was until_us. */
bool term_turn(struct term *t, int also, int64_t until_us);

/* Obey one line, answer on standard output.  False: the last one. */
bool talk_obey(struct term *t, char *line);

#endif
