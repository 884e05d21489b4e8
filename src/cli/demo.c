/* cli/demo -- the main job on realistic input: see kindred help demo. */
#include "cli/commands.h"

static int run(const struct cli_args *args)
{
    (void)args;
    return CLI_REFUSED;
}

const struct cli_command cli_demo = {.name = "demo",
                                     .words = "",
                                     .help = "watch the main job",
                                     .about = "",
                                     .run = run};
