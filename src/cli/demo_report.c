/* cli/demo_report -- what came of it. */
#include "cli/demo.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"

void cli_demo_report_table(const struct cli_demo *demo)
{
    unsigned matched = 0;
    uint64_t waited_ms = 0;
    char time[16];

    cli_say(CLI_BOLD,
            "\nseeker  waited   offers  with     score  they share\n");
    for (unsigned i = 0; i < CLI_DEMO_SEEKERS; i++) {
        const struct cli_demo_seeker *seeker = &demo->seeker[i];

        if (!seeker->asked)
            continue;
        cli_say_time(time, seeker->waited_ms);
        matched += seeker->matched;
        waited_ms += seeker->waited_ms;
        if (seeker->matched)
            cli_say(CLI_PLAIN, "    %02u  %-8s %5u   peer %02u  %3u %%  %s%s\n",
                    seeker->person.number, time, seeker->offers,
                    seeker->peer ? seeker->peer->person.number : 0,
                    seeker->peer ? cli_demo_score(&seeker->person.card,
                                                  &seeker->peer->person.card)
                                 : 0,
                    seeker->shared, seeker->danger ? "  (in danger)" : "");
        else
            cli_say(CLI_RED, "    %02u  never matched\n",
                    seeker->person.number);
    }
    cli_say_time(time, matched > 0 ? waited_ms / matched : 0);
    cli_say(CLI_PLAIN,
            "\n%u of %u were met, after %s on average; %u offers, of which %u "
            "were declined and %u lapsed\n",
            matched, demo->asked, time, demo->offers, demo->declined,
            demo->lapsed);
}

void cli_demo_report_stats(const char *socket)
{
    struct cli_args args = {.command = &cli_look_stats};

    if (access(socket, R_OK | W_OK) != 0) {
        cli_say(CLI_DIM, "What the server itself counts: kindred stats "
                         "--socket DATA/operations.sock, as its user.\n");
        return;
    }
    cli_say(CLI_BOLD, "\nWhat the server itself counts, since it started\n");
    args.given[0].option = &cli_look_stats.options[0];
    args.given[0].value = socket;
    args.count = 1;
    (void)cli_look_stats.run(&args);
}
