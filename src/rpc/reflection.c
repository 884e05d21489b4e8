#include "rpc/reflection.h"

#include <stdlib.h>
#include <string.h>

#include "base/require.h"
#include "pb/kindred.api.h"
#include "rpc/state.h"

enum { FILES_MAX = 256, SERVICES_MAX = 64 };

typedef Grpc__Reflection__V1__ServerReflectionRequest Request;
typedef Grpc__Reflection__V1__ServerReflectionResponse Response;

/* Room for what one response points at. */
struct room {
    Grpc__Reflection__V1__FileDescriptorResponse files;
    ProtobufCBinaryData file[FILES_MAX];
    Grpc__Reflection__V1__ListServiceResponse list;
    Grpc__Reflection__V1__ServiceResponse service[SERVICES_MAX];
    Grpc__Reflection__V1__ServiceResponse *services[SERVICES_MAX];
    Grpc__Reflection__V1__ExtensionNumberResponse numbers;
    Grpc__Reflection__V1__ErrorResponse error;
};

/* ---- what is asked for, found in the tables ---- */

static int file_by_name(const struct api_set *set, const char *name)
{
    for (size_t f = 0; f < set->files_count; f++)
        if (strcmp(set->files[f].name, name) == 0)
            return (int)f;
    return -1;
}

static int file_by_symbol(const struct api_set *set, const char *name,
                          size_t size)
{
    size_t low = 0, high = set->symbols_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *found = set->symbols[middle].name;
        int order = strncmp(name, found, size);

        if (order == 0 && found[size] == '\0')
            return set->symbols[middle].file;
        if (order < 0 || (order == 0 && found[size] != '\0'))
            high = middle;
        else
            low = middle + 1;
    }
    return -1;
}

/* A field or a value of an enum is found by what it stands in. */
static int file_of(const struct api_set *set, const char *name)
{
    const char *dot = strrchr(name, '.');
    int file = file_by_symbol(set, name, strlen(name));

    if (file < 0 && dot)
        file = file_by_symbol(set, name, (size_t)(dot - name));
    return file;
}

/* The file, then all that it needs. */
static void give_file(const struct api_set *set, size_t index,
                      struct room *room, Response *response)
{
    bool wanted[FILES_MAX] = {false};

    REQUIRE(set->files_count <= FILES_MAX);
    grpc__reflection__v1__file_descriptor_response__init(&room->files);
    wanted[index] = true;
    for (size_t f = index + 1; f-- > 0;) /* imports stand before importers */
        for (size_t n = 0; wanted[f] && n < set->files[f].needs_count; n++)
            wanted[set->files[f].needs[n]] = true;
    for (size_t f = index + 1; f-- > 0;) {
        if (!wanted[f])
            continue;
        room->file[room->files.n_file_descriptor_proto++] =
            (ProtobufCBinaryData){set->files[f].size,
                                  (uint8_t *)(uintptr_t)set->files[f].bytes};
    }
    room->files.file_descriptor_proto = room->file;
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE;
    response->file_descriptor_response = &room->files;
}

static void give_services(const struct rpc_server *server, struct room *room,
                          Response *response)
{
    const struct api_set *set = server->set;
    size_t count = 0;

    REQUIRE(set->services_count <= SERVICES_MAX);
    for (size_t s = 0; s < set->services_count; s++) {
        if (!rpc_server_has(server, set->services[s]))
            continue;
        grpc__reflection__v1__service_response__init(&room->service[count]);
        room->service[count].name = (char *)(uintptr_t)set->services[s];
        room->services[count] = &room->service[count];
        count++;
    }
    grpc__reflection__v1__list_service_response__init(&room->list);
    room->list.n_service = count;
    room->list.service = room->services;
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE;
    response->list_services_response = &room->list;
}

static void give_error(enum err err, struct room *room, Response *response)
{
    grpc__reflection__v1__error_response__init(&room->error);
    room->error.error_code = err_status(err);
    room->error.error_message = (char *)(uintptr_t)err_text(err);
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE;
    response->error_response = &room->error;
}

/* No message of ours can be extended. */
static void give_numbers(const Request *request, struct room *room,
                         Response *response)
{
    grpc__reflection__v1__extension_number_response__init(&room->numbers);
    room->numbers.base_type_name = request->all_extension_numbers_of_type;
    response->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE;
    response->all_extension_numbers_response = &room->numbers;
}

static void answer(const struct rpc_server *server, const Request *request,
                   struct room *room, Response *response)
{
    const struct api_set *set = server->set;
    int file = -1;

    response->valid_host = request->host;
    response->original_request = (Request *)(uintptr_t)request;
    switch ((int)request->message_request_case) {
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES:
        give_services(server, room, response);
        return;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE:
        file = file_by_symbol(set, request->all_extension_numbers_of_type,
                              strlen(request->all_extension_numbers_of_type));
        if (file < 0)
            break;
        give_numbers(request, room, response);
        return;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME:
        file = file_by_name(set, request->file_by_filename);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL:
        file = file_of(set, request->file_containing_symbol);
        break;
    default: /* extensions: there are none */
        break;
    }
    if (file >= 0)
        give_file(set, (size_t)file, room, response);
    else
        give_error(ERR_NO_SERVICE, room, response);
}

/* ---- the two versions: the same bytes under two names ---- */

static ProtobufCMessage *convert(const ProtobufCMessage *from,
                                 const ProtobufCMessageDescriptor *to)
{
    size_t size = protobuf_c_message_get_packed_size(from);
    uint8_t *bytes = malloc(size + 1);
    ProtobufCMessage *made = NULL;

    if (bytes) {
        (void)protobuf_c_message_pack(from, bytes);
        made = protobuf_c_message_unpack(to, NULL, size, bytes);
    }
    free(bytes);
    return made;
}

static struct rpc_verdict done(struct rpc_call *call, enum err err)
{
    if (err != ERR_NONE)
        return rpc_fail(call, err);
    return rpc_later(call);
}

static struct rpc_verdict ended(struct rpc_call *call)
{
    rpc_end(call, ERR_NONE);
    return rpc_later(call);
}

static struct rpc_verdict v1_server_reflection_info(struct rpc_call *call,
                                                    const Request *request)
{
    Response response = GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
    struct room room;

    if (!request)
        return ended(call);
    answer(rpc_call_context(call), request, &room, &response);
    return done(call, rpc_send(call, &response));
}

static struct rpc_verdict v1alpha_server_reflection_info(
    struct rpc_call *call,
    const Grpc__Reflection__V1alpha__ServerReflectionRequest *request)
{
    Response response = GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
    ProtobufCMessage *asked, *told = NULL;
    struct room room;
    enum err err = ERR_NOMEM;

    if (!request)
        return ended(call);
    asked =
        convert(&request->base,
                &grpc__reflection__v1__server_reflection_request__descriptor);
    if (asked) {
        answer(rpc_call_context(call), (const void *)asked, &room, &response);
        told = convert(&response.base, rpc_call_method(call)->response);
    }
    if (told)
        err = rpc_send(call, told);
    if (asked)
        protobuf_c_message_free_unpacked(asked, NULL);
    if (told)
        protobuf_c_message_free_unpacked(told, NULL);
    return done(call, err);
}

API_GRPC_REFLECTION_V1_SERVER_REFLECTION(RPC_WRAP, v1)
API_GRPC_REFLECTION_V1ALPHA_SERVER_REFLECTION(RPC_WRAP, v1alpha)

void rpc_reflection_init(struct rpc_server *server)
{
    static const struct rpc_binding v1[] = {
        API_GRPC_REFLECTION_V1_SERVER_REFLECTION(RPC_BIND, v1)};
    static const struct rpc_binding v1alpha[] = {
        API_GRPC_REFLECTION_V1ALPHA_SERVER_REFLECTION(RPC_BIND, v1alpha)};

    rpc_server_bind(server, v1, sizeof v1 / sizeof *v1, server);
    rpc_server_bind(server, v1alpha, sizeof v1alpha / sizeof *v1alpha, server);
}
