/*
 * yaml_floor.c - libyaml's bare event loop over a file: nothing that reads YAML with it is faster.
 */
#include <stdio.h>
#include <yaml.h>

int
main(int argc, char **argv)
{
    FILE *f = argc == 2 ? fopen(argv[1], "rb") : NULL;
    yaml_parser_t parser;
    yaml_event_t e;
    int ended = 0;
    long events = 0;

    if (f == NULL || !yaml_parser_initialize(&parser)) {
        return 1;
    }
    yaml_parser_set_input_file(&parser, f);
    while (!ended) {
        if (!yaml_parser_parse(&parser, &e)) {
            return 1;
        }
        ended = e.type == YAML_STREAM_END_EVENT;
        events++;
        yaml_event_delete(&e);
    }
    printf("%ld events\n", events);
    yaml_parser_delete(&parser);
    fclose(f);
    return 0;
}
