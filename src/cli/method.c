#include "cli/method.h"

#include <stdio.h>
#include <string.h>

#include "cli/say.h"
#include "client/job.h"
#include "client/json.h"

enum { PATH_MAX_BYTES = 128 };

static bool path_of(char path[PATH_MAX_BYTES], const char *name, size_t size)
{
    bool whole = memchr(name, '.', size) != NULL;
    int made;

    if (size > 0 && name[0] == '/') {
        name++;
        size--;
    }
    made = snprintf(path, PATH_MAX_BYTES, "/%s%.*s", whole ? "" : "kindred.v1.",
                    (int)size, name);
    return made > 0 && made < PATH_MAX_BYTES;
}

const struct api_method *cli_method_find(const char *name)
{
    char path[PATH_MAX_BYTES];
    size_t size = strlen(name);

    return size < PATH_MAX_BYTES && path_of(path, name, size)
               ? client_json_method(path)
               : NULL;
}

bool cli_method_listed(const char *names, const char *path)
{
    while (*names) {
        size_t size = strcspn(names, " ");
        char listed[PATH_MAX_BYTES];

        if (path_of(listed, names, size) && strcmp(listed, path) == 0)
            return true;
        names += size + (names[size] == ' ');
    }
    return false;
}

bool cli_method_print(const struct api_method *method, const uint8_t *bytes,
                      size_t size)
{
    ProtobufCMessage *message =
        client_job_unpack(method->response, bytes, size);
    bool printed = message && cli_say_message(message);

    if (message)
        protobuf_c_message_free_unpacked(message, NULL);
    return printed;
}
