/* gen/api_parts -- what the parts of gen_api share: the rows to be written, how
 * a name is made, how it fails.  It leaks, as gen/api.c says. */
#ifndef GEN_API_PARTS_H
#define GEN_API_PARTS_H

#include <ctype.h>
#include <google/protobuf/descriptor.pb-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__FileDescriptorSet Set;
typedef Google__Protobuf__FileDescriptorProto File;
typedef Google__Protobuf__DescriptorProto Message;
typedef Google__Protobuf__FieldDescriptorProto Field;
typedef Google__Protobuf__ServiceDescriptorProto Service;
typedef Google__Protobuf__MethodDescriptorProto Method;

struct row { /* a symbol, a message or a method, to be sorted by name */
    char *name;
    size_t file;
    const Message *message;
    const Service *service;
    const Method *method;
};

struct table {
    struct row *row;
    size_t count;
};

/* src/gen/api_messages.c: `messages`, of sorted rows. */
void api_messages_write(FILE *out, const struct table *messages);

static inline _Noreturn void fail(const char *what, const char *which)
{
    (void)fprintf(stderr, "gen_api: %s: %s\n", what, which);
    exit(1);
}

static inline void *keep(void *memory)
{
    if (!memory)
        fail("out of memory", "");
    return memory;
}

static inline char *text(const char *a, const char *b, const char *c,
                         const char *d)
{
    size_t size = strlen(a) + strlen(b) + strlen(c) + strlen(d) + 1;
    char *out = keep(malloc(size));

    (void)snprintf(out, size, "%s%s%s%s", a, b, c, d);
    return out;
}

/* protoc-c's name for an object: "a.b.DeF" → "a__b__de_f" (its FullNameToLower). */
static inline char *c_lower(const char *full)
{
    char *out = keep(calloc(1, 2 * strlen(full) + 1)), *to = out;
    int was_upper = 1;

    for (; *full; full++) {
        if (*full == '.') {
            *to++ = '_';
            *to++ = '_';
            was_upper = 1;
            continue;
        }
        if (isupper((unsigned char)*full) && !was_upper)
            *to++ = '_';
        was_upper = isupper((unsigned char)*full) != 0;
        *to++ = (char)(tolower)((unsigned char)*full);
    }
    return out;
}

#endif
