/* server/main -- kindredd: read the configuration, run one node. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/config.h"
#include "server/node.h"
#include "service/version.h"

int main(int argc, char *argv[])
{
    static struct server_config config;
    static struct server_node node;
    int status;

    if (!server_config_read(&config, argc, argv)) {
        server_config_close(&config);
        return 2;
    }
    if (config.help || config.version) {
        if (config.help)
            server_config_help();
        else
            (void)printf("kindredd %s\n", SERVICE_VERSION);
        server_config_close(&config);
        return EXIT_SUCCESS;
    }
    log_open(STDERR_FILENO, (enum log_level)config.log_level);
    log_event(LOG_STARTED, 1, ERR_NONE);
    status = server_node_run(&node, &config);
    server_config_close(&config);
    return status;
}
