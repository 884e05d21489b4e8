#include "rpc/reflection.h"

#include "rpc_echo.h"

#define V1      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
#define V1ALPHA "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"

typedef Grpc__Reflection__V1__ServerReflectionRequest Request;
typedef Grpc__Reflection__V1__ServerReflectionResponse Response;

enum {
    LIST =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES,
    FILE_NAME =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME,
    SYMBOL =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL,
    NUMBERS =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE
};

/* One question on a stream of its own; both versions are the same bytes. */
static Response *question(struct rpc_world *world, const char *path, int kind,
                          const char *text)
{
    Request request = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
    struct result result;
    Response *response;

    request.message_request_case =
        (Grpc__Reflection__V1__ServerReflectionRequest__MessageRequestCase)kind;
    request.list_services = (char *)(uintptr_t)text; /* a union of strings */
    rpc_world_unary(world, &result, path, &request);
    CHECK(result.closed && result.status.code == STATUS_OK);
    CHECK(result.messages == 1);
    response = grpc__reflection__v1__server_reflection_response__unpack(
        NULL, result.last_size, result.last);
    CHECK(response && response->original_request);
    rpc_world_forget(&result);
    return response;
}

static void done(Response *response)
{
    grpc__reflection__v1__server_reflection_response__free_unpacked(response,
                                                                    NULL);
}

static bool mentions(const ProtobufCBinaryData *file, const char *text)
{
    size_t size = strlen(text);

    for (size_t i = 0; i + size <= file->len; i++)
        if (memcmp(file->data + i, text, size) == 0)
            return true;
    return false;
}

static void ask_all(struct rpc_world *world, const char *path)
{
    Response *response = question(world, path, LIST, "");
    bool ours = false, others = false;

    CHECK(response->list_services_response);
    CHECK(response->list_services_response->n_service == 3);
    for (size_t i = 0; i < response->list_services_response->n_service; i++) {
        const char *name = response->list_services_response->service[i]->name;

        ours |= strcmp(name, "grpc.testing.TestService") == 0;
        others |= strcmp(name, "kindred.v1.Support") == 0; /* not bound */
    }
    CHECK(ours && !others);
    done(response);

    /* A file comes first, then all it needs. */
    response = question(world, path, SYMBOL, "kindred.v1.Support");
    CHECK(response->file_descriptor_response->n_file_descriptor_proto == 2);
    CHECK(
        mentions(&response->file_descriptor_response->file_descriptor_proto[0],
                 "kindred/v1/support.proto"));
    CHECK(
        mentions(&response->file_descriptor_response->file_descriptor_proto[1],
                 "kindred/v1/talks.proto"));
    done(response);
    response = question(world, path, SYMBOL, "grpc.testing.Tree.child");
    CHECK(response->file_descriptor_response->n_file_descriptor_proto == 1);
    done(response);
    response =
        question(world, path, SYMBOL, "grpc.testing.TestService.UnaryCall");
    CHECK(response->file_descriptor_response);
    done(response);
    response = question(world, path, FILE_NAME, "google/rpc/status.proto");
    CHECK(response->file_descriptor_response->n_file_descriptor_proto == 2);
    done(response);
    response = question(world, path, NUMBERS, "grpc.testing.Tree");
    CHECK(response->all_extension_numbers_response->n_extension_number == 0);
    done(response);
    for (int kind = FILE_NAME; kind <= NUMBERS; kind++) {
        if (kind == 5)
            continue;
        response = question(world, path, kind, "no.Such");
        CHECK(response->error_response->error_code == STATUS_NOT_FOUND);
        done(response);
    }
}

int main(void)
{
    struct rpc_world world = {0};

    world_open(&world);
    rpc_reflection_init(&world.server);
    ask_all(&world, V1);
    ask_all(&world, V1ALPHA);
    rpc_world_close(&world);
    return check_report("rpc/reflection");
}
