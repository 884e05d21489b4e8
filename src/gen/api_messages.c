/* The tables of messages: struct api_message of gen/api.h. */
#include "gen/api.h"

#include <stdlib.h>
#include <string.h>

#include "gen/api_parts.h"

struct name {
    const char *text;
    size_t size, field;
};

static const struct {
    const char *message, *form;
} known[] = {{"Any", "API_ANY"},
             {"Timestamp", "API_TIMESTAMP"},
             {"Duration", "API_DURATION"},
             {"FieldMask", "API_FIELD_MASK"},
             {"Struct", "API_STRUCT"},
             {"Value", "API_VALUE"},
             {"ListValue", "API_LIST"},
             {"DoubleValue", "API_WRAPPER"},
             {"FloatValue", "API_WRAPPER"},
             {"Int64Value", "API_WRAPPER"},
             {"UInt64Value", "API_WRAPPER"},
             {"Int32Value", "API_WRAPPER"},
             {"UInt32Value", "API_WRAPPER"},
             {"BoolValue", "API_WRAPPER"},
             {"StringValue", "API_WRAPPER"},
             {"BytesValue", "API_WRAPPER"}};

static const char *form_of(const struct row *row)
{
    static const char scope[] = "google.protobuf.";

    if (row->message->options && row->message->options->map_entry)
        return "API_ENTRY";
    if (strncmp(row->name, scope, sizeof scope - 1) == 0)
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (strcmp(row->name + sizeof scope - 1, known[i].message) == 0)
                return known[i].form;
    return "API_FIELDS";
}

static int by_number(const void *a, const void *b)
{
    const Field *x = *(Field *const *)a, *y = *(Field *const *)b;

    return (x->number > y->number) - (x->number < y->number);
}

/* As protobuf-c has them: by number. */
static const Field **fields_of(const Message *message)
{
    const Field **fields =
        keep(malloc((message->n_field + 1) * sizeof *fields));

    for (size_t i = 0; i < message->n_field; i++)
        fields[i] = message->field[i];
    qsort(fields, message->n_field, sizeof *fields, by_number);
    return fields;
}

static size_t index_of(const struct table *messages, const Field *field)
{
    if (field->type ==
        GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_GROUP)
        fail("groups are not supported", field->name);
    if (field->type !=
        GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE)
        return API_NONE;
    for (size_t i = 0; i < messages->count; i++)
        if (strcmp(messages->row[i].name, field->type_name + 1) == 0)
            return i;
    fail("no such message", field->type_name);
}

/* From 1, counting those with several members; 0: not in such a one. */
static int oneof_of(const Message *message, const Field *field)
{
    int several = 0;

    if (!field->has_oneof_index)
        return 0;
    for (int32_t oneof = 0; oneof <= field->oneof_index; oneof++) {
        int members = 0;

        for (size_t i = 0; i < message->n_field; i++)
            members += message->field[i]->has_oneof_index &&
                       message->field[i]->oneof_index == oneof;
        several += members > 1;
        if (oneof == field->oneof_index && members < 2)
            return 0;
    }
    if (several > API_ONEOFS_MAX)
        fail("too many oneofs", message->name);
    return several;
}

static void write_fields(FILE *out, const struct table *messages, size_t index,
                         const Field **fields)
{
    const Message *message = messages->row[index].message;

    (void)fprintf(out, "static const struct api_field fields_%zu[] = {\n",
                  index);
    for (size_t i = 0; i < message->n_field; i++) {
        const Field *field = fields[i];

        (void)fprintf(
            out, "    {\"%s\", %zu, %zu, %d, %d},\n", field->json_name,
            strlen(field->json_name), index_of(messages, field),
            oneof_of(message, field),
            field->type_name &&
                strcmp(field->type_name, ".google.protobuf.NullValue") == 0);
    }
    (void)fprintf(out, "    {0}};\n");
}

static int by_size(const void *a, const void *b)
{
    const struct name *x = a, *y = b;

    if (x->size != y->size)
        return x->size > y->size ? 1 : -1;
    return memcmp(x->text, y->text, x->size);
}

static bool named(const struct name *names, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i].text, text) == 0)
            return true;
    return false;
}

/* A name in JSON goes before the same name in the .proto.  How many. */
static size_t write_names(FILE *out, size_t index, const Message *message,
                          const Field **fields)
{
    struct name *names =
        keep(malloc((2 * message->n_field + 1) * sizeof *names));
    size_t count = 0;

    for (size_t i = 0; i < 2 * message->n_field; i++) {
        size_t field = i < message->n_field ? i : i - message->n_field;
        const char *text = i < message->n_field ? fields[field]->json_name
                                                : fields[field]->name;

        /* It is written as a string of C and of JSON; @ is an Any's own. */
        if (!text || strpbrk(text, "\\\"@") || strlen(text) > 255)
            fail("a field has no proper name in JSON", fields[field]->name);
        if (!named(names, count, text))
            names[count++] = (struct name){text, strlen(text), field};
        else if (i < message->n_field)
            fail("two fields have this name in JSON", text);
    }
    qsort(names, count, sizeof *names, by_size);
    (void)fprintf(out, "static const struct api_name names_%zu[] = {\n", index);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(out, "    {\"%s\", %zu, %zu},\n", names[i].text,
                      names[i].size, names[i].field);
    (void)fprintf(out, "    {0}};\n");
    free(names);
    return count;
}

void api_messages_write(FILE *out, const struct table *messages)
{
    size_t *names_count =
        keep(malloc((messages->count + 1) * sizeof *names_count));

    if (messages->count >= API_NONE)
        fail("too many messages", "");
    for (size_t i = 0; i < messages->count; i++) {
        const Message *message = messages->row[i].message;
        const Field **fields = fields_of(message);

        if (message->n_field > API_FIELDS_MAX)
            fail("too many fields", messages->row[i].name);
        names_count[i] = write_names(out, i, message, fields);
        write_fields(out, messages, i, fields);
        free(fields);
    }
    (void)fprintf(out, "static const struct api_message messages[] = {\n");
    for (size_t i = 0; i < messages->count; i++)
        (void)fprintf(
            out, "    {&%s__descriptor, %s, fields_%zu, names_%zu, %zu},\n",
            c_lower(messages->row[i].name), form_of(&messages->row[i]), i, i,
            names_count[i]);
    (void)fprintf(out, "    {0}};\n\n");
    free(names_count);
}
