/* The tables that gen/api.c made of our own protos and of tests/proto. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "pb/testing.api.h"

typedef Google__Protobuf__FileDescriptorProto File;

static const struct api_method *method(const struct api_set *set,
                                       const char *path)
{
    for (size_t m = 0; m < set->methods_count; m++)
        if (strcmp(set->methods[m].path, path) == 0)
            return &set->methods[m];
    return NULL;
}

static void shapes(void)
{
    static const struct {
        const char *name;
        bool client, server;
    } cases[] = {{"EmptyCall", false, false},
                 {"UnaryCall", false, false},
                 {"StreamingOutputCall", false, true},
                 {"StreamingInputCall", true, false},
                 {"FullDuplexCall", true, true}};
    const struct api_method *found;
    char path[100];

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)snprintf(path, sizeof path, "/grpc.testing.TestService/%s",
                       cases[i].name);
        found = method(&testing_api, path);
        CHECK(found);
        CHECK(found->client_streams == cases[i].client);
        CHECK(found->server_streams == cases[i].server);
        CHECK(strcmp(found->name, cases[i].name) == 0);
        CHECK(strcmp(found->service, "grpc.testing.TestService") == 0);
        CHECK(found->idempotency == API_IDEMPOTENCY_UNKNOWN);
    }
    found =
        method(&testing_api, "/grpc.testing.TestService/CacheableUnaryCall");
    CHECK(found && found->idempotency == API_NO_SIDE_EFFECTS);
    CHECK(found->request == &grpc__testing__simple_request__descriptor);
    CHECK(found->response == &grpc__testing__simple_response__descriptor);
    CHECK(found->request_bytes_max == 4 << 20); /* as the build says */
    found = method(&testing_api, "/grpc.testing.TestService/UnaryCall");
    CHECK(found && found->request_bytes_max == 65536);
}

static void order(const struct api_set *set)
{
    CHECK(set->methods_count > 0 && set->files_count > 0);
    for (size_t m = 1; m < set->methods_count; m++)
        CHECK(strcmp(set->methods[m - 1].path, set->methods[m].path) < 0);
    for (size_t s = 1; s < set->symbols_count; s++)
        CHECK(strcmp(set->symbols[s - 1].name, set->symbols[s].name) < 0);
    for (size_t s = 1; s < set->services_count; s++)
        CHECK(strcmp(set->services[s - 1], set->services[s]) < 0);
    for (size_t f = 0; f < set->files_count; f++)
        for (size_t n = 0; n < set->files[f].needs_count; n++)
            CHECK(set->files[f].needs[n] < f);
}

/* Each file is its descriptor, and each symbol is in the file it names. */
static void files(const struct api_set *set)
{
    for (size_t f = 0; f < set->files_count; f++) {
        File *file = google__protobuf__file_descriptor_proto__unpack(
            NULL, set->files[f].size, set->files[f].bytes);

        CHECK(file);
        CHECK(strcmp(file->name, set->files[f].name) == 0);
        CHECK(file->n_dependency == set->files[f].needs_count);
        for (size_t n = 0; n < file->n_dependency; n++)
            CHECK(strcmp(file->dependency[n],
                         set->files[set->files[f].needs[n]].name) == 0);
        for (size_t s = 0; s < set->symbols_count; s++)
            if (set->symbols[s].file == f)
                CHECK(strncmp(set->symbols[s].name, file->package,
                              strlen(file->package)) == 0);
        CHECK(!file->source_code_info);
        google__protobuf__file_descriptor_proto__free_unpacked(file, NULL);
    }
}

int main(void)
{
    shapes();
    order(&testing_api);
    files(&testing_api);
    CHECK(method(&testing_api, "/kindred.v1.Support/Ask")->server_streams);
    CHECK(!method(&testing_api, "/kindred.v1.Support/Beat")->server_streams);
    return check_report("gen/api");
}
