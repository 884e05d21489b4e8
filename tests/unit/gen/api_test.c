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

static const struct api_message *message_of(const struct api_set *set,
                                            const char *name)
{
    for (size_t m = 0; m < set->messages_count; m++)
        if (strcmp(set->messages[m].type->name, name) == 0)
            return &set->messages[m];
    return NULL;
}

/* The names and types of each field are found as those who use them do. */
static void messages(const struct api_set *set)
{
    for (size_t m = 0; m < set->messages_count; m++) {
        const struct api_message *message = &set->messages[m];

        CHECK(m == 0 ||
              strcmp(message[-1].type->name, message->type->name) < 0);
        for (unsigned f = 0; f < message->type->n_fields; f++) {
            const ProtobufCFieldDescriptor *field = &message->type->fields[f];
            const struct api_field *extra = &message->fields[f];
            int found = 0;

            CHECK(extra->json_name_size == strlen(extra->json_name));
            CHECK((field->type == PROTOBUF_C_TYPE_MESSAGE) ==
                  (extra->message != API_NONE));
            CHECK(extra->message == API_NONE ||
                  set->messages[extra->message].type == field->descriptor);
            for (size_t n = 0; n < message->names_count; n++)
                if (message->names[n].field == f)
                    found +=
                        strcmp(message->names[n].name, field->name) == 0 ||
                        strcmp(message->names[n].name, extra->json_name) == 0;
            CHECK(found == (strcmp(field->name, extra->json_name) ? 2 : 1));
        }
        for (size_t n = 0; n < message->names_count; n++) {
            const struct api_name *name = &message->names[n];

            CHECK(name->size == strlen(name->name));
            CHECK(n == 0 || name[-1].size < name->size ||
                  (name[-1].size == name->size &&
                   memcmp(name[-1].name, name->name, name->size) < 0));
        }
    }
}

static void forms(void)
{
    static const struct {
        const char *name;
        enum api_form form;
    } cases[] = {{"google.protobuf.Any", API_ANY},
                 {"google.protobuf.Timestamp", API_TIMESTAMP},
                 {"google.protobuf.Duration", API_DURATION},
                 {"google.protobuf.FieldMask", API_FIELD_MASK},
                 {"google.protobuf.Struct", API_STRUCT},
                 {"google.protobuf.Value", API_VALUE},
                 {"google.protobuf.ListValue", API_LIST},
                 {"google.protobuf.BytesValue", API_WRAPPER},
                 {"google.protobuf.Empty", API_FIELDS},
                 {"google.rpc.ErrorInfo.MetadataEntry", API_ENTRY},
                 {"json.testing.Kinds", API_FIELDS}};
    static const uint8_t oneofs[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                     1, 1, 1, 2, 2, 0, 0, 0, 0};
    const struct api_message *choices =
        message_of(&testing_api, "json.testing.Choices");

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct api_message *message =
            message_of(&testing_api, cases[i].name);

        CHECK(message && message->form == cases[i].form);
    }
    for (size_t f = 0; f < sizeof oneofs; f++) {
        CHECK(choices->fields[f].oneof == oneofs[f]);
        CHECK(choices->fields[f].null_value == (f == 10));
    }
}

int main(void)
{
    shapes();
    messages(&testing_api);
    forms();
    order(&testing_api);
    files(&testing_api);
    CHECK(method(&testing_api, "/kindred.v1.Support/Ask")->server_streams);
    CHECK(!method(&testing_api, "/kindred.v1.Support/Beat")->server_streams);
    return check_report("gen/api");
}
