/* pb/api -- the shape of the generated tables: methods, messages, services,
 * files.
 *
 * The generator (gen/api.c) reads a descriptor set and writes, into the build
 * tree, pb/NAME.api.h and .c with a struct api_set NAME_api for the protos it
 * was given.  This header is copied beside them and included as "pb/api.h".
 * Types only: it owns nothing.
 *
 * NAME.api.h includes all the messages and has one list per service, to bind
 * handlers with (rpc/server.h: RPC_WRAP, RPC_BIND):
 *   #define API_KINDRED_V1_SUPPORT(X, prefix)
 *       X(prefix, ask, "/kindred.v1.Support/Ask",
 *         Kindred__V1__AskRequest, Kindred__V1__AskResponse)
 *       ...
 * so that a method without a handler does not compile. */
#ifndef PB_API_H
#define PB_API_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum api_idempotency {
    API_IDEMPOTENCY_UNKNOWN,
    API_NO_SIDE_EFFECTS,
    API_IDEMPOTENT
};

struct api_method {
    const char *path;    /* "/kindred.v1.Support/Ask" */
    const char *service; /* "kindred.v1.Support" */
    const char *name;    /* "Ask" */
    const ProtobufCMessageDescriptor *request, *response;
    uint32_t request_bytes_max; /* after decompression */
    bool client_streams, server_streams;
    enum api_idempotency idempotency;
};

/* How a message looks in JSON. */
enum api_form {
    API_FIELDS, /* an object of its fields */
    API_ENTRY,  /* of a map: a member of an object */
    API_ANY,    /* the rest: of google.protobuf, each as its comments say */
    API_TIMESTAMP,
    API_DURATION,
    API_FIELD_MASK,
    API_STRUCT,
    API_VALUE,
    API_LIST,
    API_WRAPPER
};

enum { API_FIELDS_MAX = 512, API_ONEOFS_MAX = 64, API_NONE = 0xffff };

struct api_field { /* what protobuf-c does not know of a field */
    const char *json_name;
    uint16_t json_name_size;
    uint16_t message; /* of its type, in the set's messages; or API_NONE */
    uint8_t oneof;    /* from 1; 0: of none, or the only one of it */
    bool null_value;  /* of the enum google.protobuf.NullValue */
};

struct api_name {
    const char *name;
    uint16_t size, field;
};

struct api_message {
    const ProtobufCMessageDescriptor *type;
    enum api_form form;
    const struct api_field *fields; /* as type->fields */
    const struct api_name *names;   /* in JSON and in the .proto; by size, then
                                       by name */
    size_t names_count;
};

struct api_file {         /* for reflection */
    const char *name;     /* "kindred/v1/support.proto" */
    const uint8_t *bytes; /* a serialized FileDescriptorProto */
    size_t size;
    const uint16_t *needs; /* indices of its direct imports */
    size_t needs_count;
};

struct api_symbol {   /* sorted by name */
    const char *name; /* "kindred.v1.Ask", no leading dot: messages, enums,
                         services, methods, extensions */
    uint16_t file;
};

struct api_set {
    const struct api_method *methods; /* sorted by path */
    size_t methods_count;
    const struct api_message *messages; /* sorted by name */
    size_t messages_count;
    const struct api_file *files; /* imports before importers */
    size_t files_count;
    const struct api_symbol *symbols;
    size_t symbols_count;
    const char *const *services; /* sorted */
    size_t services_count;
};

#endif
