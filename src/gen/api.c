/* gen/api -- from a descriptor set to the tables of gen/api.h.
 *
 *   gen_api SET NAME DIR [/pkg.Service/Method=BYTES ...]
 *
 * reads the FileDescriptorSet in the file SET (protoc --descriptor_set_out
 * --include_imports) and writes DIR/NAME.api.h and DIR/NAME.api.c.  A method
 * named with BYTES takes requests of that size instead of the default.  It
 * runs at build time only: it leaks, and the first failure ends it with one
 * sentence and status 1. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen/api_parts.h"

enum { REQUEST_BYTES = 64 * 1024 };

enum { SYMBOLS, SERVICES, METHODS, MESSAGES, TABLES };

static char **limits;
static int limits_count;

static uint8_t *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = NULL;
    size_t cap = 0;

    if (!file)
        fail("cannot read", path);
    *size = 0;
    do {
        cap += 1 << 16;
        bytes = keep(realloc(bytes, cap));
        *size += fread(bytes + *size, 1, cap - *size, file);
    } while (*size == cap);
    if (ferror(file))
        fail("cannot read", path);
    (void)fclose(file);
    return bytes;
}

/* protoc-c's name for a type: "a.b_c.DeF" → "A__BC__DeF" (its FullNameToC). */
static char *c_type(const char *full)
{
    char *out = keep(calloc(1, 2 * strlen(full) + 1)), *to = out;
    int up = 1;

    for (; *full; full++) {
        if (*full == '.') {
            *to++ = '_';
            *to++ = '_';
            up = 1;
        } else if (*full == '_') {
            up = 1;
        } else {
            *to++ = (char)(up ? (toupper)((unsigned char)*full) : *full);
            up = 0;
        }
    }
    return out;
}

/* "kindred.v1.Support" → "KINDRED_V1_SUPPORT", "GetCard" → "GET_CARD". */
static char *c_macro(const char *full)
{
    char *out = c_lower(full), *to = out;

    for (char *from = out; *from; from++) {
        if (from[0] == '_' && from[1] == '_')
            from++;
        *to++ = (char)(toupper)((unsigned char)*from);
    }
    *to = '\0';
    return out;
}

static void add(struct table *table, struct row row)
{
    table->row =
        keep(realloc(table->row, (table->count + 1) * sizeof *table->row));
    table->row[table->count++] = row;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

static void sort(struct table *table)
{
    if (table->count > 1)
        qsort(table->row, table->count, sizeof *table->row, by_name);
    for (size_t i = 1; i < table->count; i++)
        if (strcmp(table->row[i - 1].name, table->row[i].name) == 0)
            fail("defined twice", table->row[i].name);
}

static void gather_message(struct table tables[static TABLES],
                           const Message *message, const char *scope,
                           size_t file)
{
    char *name = text(scope, scope[0] ? "." : "", message->name, "");

    add(&tables[SYMBOLS], (struct row){.name = name, .file = file});
    add(&tables[MESSAGES],
        (struct row){.name = name, .file = file, .message = message});
    for (size_t i = 0; i < message->n_nested_type; i++)
        gather_message(tables, message->nested_type[i], name, file);
    for (size_t i = 0; i < message->n_enum_type; i++)
        add(&tables[SYMBOLS],
            (struct row){.name =
                             text(name, ".", message->enum_type[i]->name, ""),
                         .file = file});
}

static void gather(const Set *set, struct table tables[static TABLES])
{
    struct table *symbols = &tables[SYMBOLS];

    for (size_t f = 0; f < set->n_file; f++) {
        const File *file = set->file[f];
        const char *scope = file->package ? file->package : "";
        const char *dot = scope[0] ? "." : "";

        for (size_t i = 0; i < file->n_message_type; i++)
            gather_message(tables, file->message_type[i], scope, f);
        for (size_t i = 0; i < file->n_enum_type; i++)
            add(symbols,
                (struct row){.name =
                                 text(scope, dot, file->enum_type[i]->name, ""),
                             .file = f});
        for (size_t i = 0; i < file->n_service; i++) {
            const Service *service = file->service[i];
            char *name = text(scope, dot, service->name, "");

            add(symbols, (struct row){.name = name, .file = f});
            add(&tables[SERVICES],
                (struct row){.name = name, .file = f, .service = service});
            for (size_t m = 0; m < service->n_method; m++) {
                const char *method = service->method[m]->name;

                add(symbols, (struct row){.name = text(name, ".", method, ""),
                                          .file = f});
                add(&tables[METHODS],
                    (struct row){.name = text("/", name, "/", method),
                                 .file = f,
                                 .service = service,
                                 .method = service->method[m]});
            }
        }
    }
    for (int i = 0; i < TABLES; i++)
        sort(&tables[i]);
}

static unsigned long request_bytes(const char *path)
{
    size_t size = strlen(path);

    for (int i = 0; i < limits_count; i++)
        if (strncmp(limits[i], path, size) == 0 && limits[i][size] == '=')
            return strtoul(limits[i] + size + 1, NULL, 10);
    return REQUEST_BYTES;
}

static char *header_of(const char *proto)
{
    char *stem = text(proto, "", "", "");
    size_t size = strlen(stem);

    if (size > 6 && strcmp(stem + size - 6, ".proto") == 0)
        stem[size - 6] = '\0';
    return text(stem, ".pb-c.h", "", "");
}

static void write_header(FILE *out, const Set *set, const char *name,
                         const struct table *services)
{
    (void)fprintf(out,
                  "/* Generated by gen/api.c; do not edit. */\n"
                  "#ifndef PB_%s_API_H\n#define PB_%s_API_H\n\n"
                  "#include \"pb/api.h\"\n",
                  c_macro(name), c_macro(name));
    for (size_t f = 0; f < set->n_file; f++)
        (void)fprintf(out, "#include \"%s\"\n", header_of(set->file[f]->name));
    (void)fprintf(out, "\nextern const struct api_set %s_api;\n", name);
    for (size_t s = 0; s < services->count; s++) {
        const struct row *row = &services->row[s];

        (void)fprintf(out, "\n#define API_%s(X, prefix)", c_macro(row->name));
        for (size_t m = 0; m < row->service->n_method; m++) {
            const Method *method = row->service->method[m];

            (void)fprintf(out, " \\\n    X(prefix, %s, \"/%s/%s\", %s, %s)",
                          c_lower(method->name), row->name, method->name,
                          c_type(method->input_type + 1),
                          c_type(method->output_type + 1));
        }
        (void)fprintf(out, "\n");
    }
    (void)fprintf(out, "\n#endif\n");
}

static void write_file(FILE *out, const Set *set, size_t index)
{
    const File *file = set->file[index];
    size_t size =
        google__protobuf__file_descriptor_proto__get_packed_size(file);
    uint8_t *bytes = keep(malloc(size + 1));

    (void)google__protobuf__file_descriptor_proto__pack(file, bytes);
    (void)fprintf(out, "static const uint8_t file_%zu[] = {", index);
    for (size_t i = 0; i < size; i++)
        (void)fprintf(out, "%s%u,", i % 20 ? "" : "\n", bytes[i]);
    (void)fprintf(out, "};\nstatic const uint16_t needs_%zu[] = {", index);
    for (size_t i = 0; i < file->n_dependency; i++)
        for (size_t f = 0; f < set->n_file; f++)
            if (strcmp(file->dependency[i], set->file[f]->name) == 0)
                (void)fprintf(out, "%zu,", f);
    (void)fprintf(out, "0};\n");
}

static void write_methods(FILE *out, const struct table *methods)
{
    (void)fprintf(out, "static const struct api_method methods[] = {\n");
    for (size_t m = 0; m < methods->count; m++) {
        const struct row *row = &methods->row[m];
        const Method *method = row->method;
        char *service = text(row->name + 1, "", "", "");

        *strchr(service, '/') = '\0';
        (void)fprintf(
            out,
            "    {\"%s\", \"%s\", \"%s\",\n     &%s__descriptor,\n"
            "     &%s__descriptor,\n     %lu, %d, %d, %d},\n",
            row->name, service, method->name, c_lower(method->input_type + 1),
            c_lower(method->output_type + 1), request_bytes(row->name),
            method->client_streaming, method->server_streaming,
            method->options ? (int)method->options->idempotency_level : 0);
    }
    (void)fprintf(out, "    {0}};\n\n");
}

static void write_source(FILE *out, const Set *set, const char *name,
                         struct table tables[static TABLES])
{
    const struct table *symbols = &tables[SYMBOLS];
    const struct table *services = &tables[SERVICES];

    (void)fprintf(out,
                  "/* Generated by gen/api.c; do not edit. */\n"
                  "#include \"pb/%s.api.h\"\n\n",
                  name);
    write_methods(out, &tables[METHODS]);
    api_messages_write(out, &tables[MESSAGES]);
    for (size_t f = 0; f < set->n_file; f++)
        write_file(out, set, f);
    (void)fprintf(out, "\nstatic const struct api_file files[] = {\n");
    for (size_t f = 0; f < set->n_file; f++)
        (void)fprintf(out,
                      "    {\"%s\", file_%zu, sizeof file_%zu, needs_%zu, "
                      "%zu},\n",
                      set->file[f]->name, f, f, f, set->file[f]->n_dependency);
    (void)fprintf(out, "};\n\nstatic const struct api_symbol symbols[] = {\n");
    for (size_t i = 0; i < symbols->count; i++)
        (void)fprintf(out, "    {\"%s\", %zu},\n", symbols->row[i].name,
                      symbols->row[i].file);
    (void)fprintf(out, "};\n\nstatic const char *const services[] = {\n");
    for (size_t i = 0; i < services->count; i++)
        (void)fprintf(out, "    \"%s\",\n", services->row[i].name);
    (void)fprintf(out,
                  "    0};\n\nconst struct api_set %s_api = {\n"
                  "    methods, %zu, messages, %zu, files, %zu, symbols, %zu, "
                  "services, %zu};\n",
                  name, tables[METHODS].count, tables[MESSAGES].count,
                  set->n_file, symbols->count, services->count);
}

static void check_limits(const struct table *methods)
{
    for (int i = 0; i < limits_count; i++) {
        char *path = text(limits[i], "", "", ""), *equals = strchr(path, '=');
        bool known = false;

        if (equals)
            *equals = '\0';
        for (size_t m = 0; m < methods->count; m++)
            known |= strcmp(methods->row[m].name, path) == 0;
        if (!equals || !known)
            fail("no such method", limits[i]);
    }
}

static FILE *create(const char *dir, const char *name, const char *ending)
{
    char *path = text(dir, "/", name, ending);
    FILE *file = fopen(path, "w");

    if (!file)
        fail("cannot write", path);
    free(path);
    return file;
}

int main(int argc, char **argv)
{
    static struct table tables[TABLES]; /* static: live, not lost, to the end */
    static Set *set;
    size_t size;
    uint8_t *bytes;
    FILE *header, *source;

    if (argc < 4)
        fail("usage", "gen_api SET NAME DIR [METHOD=BYTES ...]");
    limits = argv + 4;
    limits_count = argc - 4;
    bytes = slurp(argv[1], &size);
    set = google__protobuf__file_descriptor_set__unpack(NULL, size, bytes);
    free(bytes);
    if (!set)
        fail("not a descriptor set", argv[1]);
    gather(set, tables);
    check_limits(&tables[METHODS]);
    header = create(argv[3], argv[2], ".api.h");
    source = create(argv[3], argv[2], ".api.c");
    write_header(header, set, argv[2], &tables[SERVICES]);
    write_source(source, set, argv[2], tables);
    if (fclose(header) != 0 || fclose(source) != 0)
        fail("cannot write", argv[3]);
    return 0;
}
