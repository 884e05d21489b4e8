#include "cli/json.h"

#include <stdbool.h>
#include <string.h>

struct reader {
    char *at, *end;
    struct cli_json_node *node;
    uint32_t n, cap, depth;
    enum cli_json_end why; /* of what failed */
};

static bool fail(struct reader *r, enum cli_json_end why)
{
    r->why = why;
    return false;
}

static void space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' ||
                              *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

/* ---- strings ---- */

/* The bytes of one UTF-8 character of at least two; 0 if it is none (RFC 3629:
 * no surrogates, nothing overlong, nothing above U+10FFFF). */
static uint32_t utf8(const char *text, const char *end)
{
    const unsigned char *c = (const unsigned char *)text;
    uint32_t size = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    unsigned char least = 0x80, most = 0xbf;

    if (c[0] < 0xc2 || c[0] > 0xf4 || (size_t)(end - text) < size)
        return 0;
    if (c[0] == 0xe0)
        least = 0xa0;
    if (c[0] == 0xed)
        most = 0x9f;
    if (c[0] == 0xf0)
        least = 0x90;
    if (c[0] == 0xf4)
        most = 0x8f;
    if (c[1] < least || c[1] > most)
        return 0;
    for (uint32_t i = 2; i < size; i++)
        if (c[i] < 0x80 || c[i] > 0xbf)
            return 0;
    return size;
}

static bool hex4(struct reader *r, uint32_t *out)
{
    *out = 0;
    if (r->end - r->at < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = *r->at++;
        uint32_t digit;

        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            digit = (uint32_t)((c | 0x20) - 'a') + 10;
        else
            return false;
        *out = *out << 4 | digit;
    }
    return true;
}

/* After "\u": one character, perhaps of two escapes, appended to *to. */
static bool unicode(struct reader *r, char **to)
{
    uint32_t c, low;
    char *out = *to;

    if (!hex4(r, &c) || c == 0)
        return false;
    if (c >= 0xdc00 && c <= 0xdfff)
        return false;
    if (c >= 0xd800 && c <= 0xdbff) {
        if (!take(r, '\\') || !take(r, 'u') || !hex4(r, &low) || low < 0xdc00 ||
            low > 0xdfff)
            return false;
        c = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
    }
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xc0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
        *out++ = (char)(0x80 | (c & 0x3f));
    }
    *to = out; /* never longer than the escape was */
    return true;
}

static bool escape(struct reader *r, char **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char *found;

    if (r->at == r->end)
        return false;
    if (*r->at == 'u') {
        r->at++;
        return unicode(r, to);
    }
    found = *r->at ? strchr(from, *r->at) : NULL;
    if (!found)
        return false;
    r->at++;
    *(*to)++ = into[found - from];
    return true;
}

/* Eight characters as one number, the first of them lowest, where the first
 * byte of no ASCII, a control, a quote or a backslash is; 64 = nowhere. */
static uint32_t special(const char *text)
{
    const uint64_t ones = 0x0101010101010101u, high = ones << 7;
    const unsigned char *c = (const unsigned char *)text;
    uint64_t word = (uint64_t)c[0] | (uint64_t)c[1] << 8 |
                    (uint64_t)c[2] << 16 | (uint64_t)c[3] << 24 |
                    (uint64_t)c[4] << 32 | (uint64_t)c[5] << 40 |
                    (uint64_t)c[6] << 48 | (uint64_t)c[7] << 56;
    uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
    uint64_t found = (word | ((word - ones * 0x20) & ~word) |
                      ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) &
                     high;

    return found ? (uint32_t)__builtin_ctzll(found) : 64;
}

/* Past the characters that stay as they are, or most of them. */
static void plain(struct reader *r)
{
    while (r->end - r->at >= 8) {
        uint32_t bits = special(r->at);

        r->at += bits / 8;
        if (bits < 64)
            return;
    }
}

/* After the opening quote. */
static bool string(struct reader *r, struct cli_json_node *node)
{
    char *start = r->at, *to;

    plain(r);
    to = r->at;
    while (r->at < r->end && *r->at != '"') {
        unsigned char c = (unsigned char)*r->at;

        if (c == '\\') {
            r->at++;
            if (!escape(r, &to))
                return fail(r, CLI_JSON_BROKEN);
        } else if (c < 0x20) {
            return fail(r, CLI_JSON_BROKEN);
        } else if (c < 0x80) {
            *to++ = *r->at++;
        } else {
            uint32_t size = utf8(r->at, r->end);

            if (size == 0)
                return fail(r, CLI_JSON_UTF8); /* Law 1 */
            memmove(to, r->at, size);
            to += size;
            r->at += size;
        }
    }
    if (r->at == r->end)
        return fail(r, CLI_JSON_BROKEN);
    r->at++;
    *to = '\0'; /* at the latest where the closing quote was */
    node->type = CLI_JSON_TEXT;
    node->text = start;
    node->size = (uint32_t)(to - start);
    return true;
}

/* ---- values ---- */

static bool digits(struct reader *r)
{
    const char *start = r->at;

    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > start;
}

static bool number(struct reader *r, struct cli_json_node *node)
{
    bool whole = !take(r, '-'), fits = true;
    const char *start = r->at;
    uint64_t n = 0;

    if (!digits(r) || (*start == '0' && r->at - start > 1))
        return fail(r, CLI_JSON_BROKEN);
    for (const char *c = start; c < r->at && fits; c++) {
        fits = n <= (INT64_MAX - (uint64_t)(*c - '0')) / 10;
        n = n * 10 + (uint64_t)(*c - '0');
    }
    if (take(r, '.')) {
        whole = false;
        if (!digits(r))
            return fail(r, CLI_JSON_BROKEN);
    }
    if (take(r, 'e') || take(r, 'E')) {
        whole = false;
        if (!take(r, '+'))
            (void)take(r, '-');
        if (!digits(r))
            return fail(r, CLI_JSON_BROKEN);
    }
    node->type = whole && fits ? CLI_JSON_COUNT : CLI_JSON_NUMBER;
    node->count = n;
    return true;
}

static bool word(struct reader *r, struct cli_json_node *node)
{
    static const struct {
        const char *word;
        enum cli_json_type type;
    } words[] = {{"true", CLI_JSON_TRUE},
                 {"false", CLI_JSON_FALSE},
                 {"null", CLI_JSON_NULL}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t size = strlen(words[i].word);

        if ((size_t)(r->end - r->at) < size ||
            memcmp(r->at, words[i].word, size) != 0)
            continue;
        r->at += size;
        node->type = words[i].type;
        return true;
    }
    return fail(r, CLI_JSON_BROKEN);
}

static bool value(struct reader *r);

static struct cli_json_node *node_new(struct reader *r)
{
    struct cli_json_node *node;

    if (r->n == r->cap) { /* Law 2 */
        (void)fail(r, CLI_JSON_MANY);
        return NULL;
    }
    node = &r->node[r->n++];
    node->size = 0;
    node->span = 1;
    return node;
}

static bool key(struct reader *r)
{
    struct cli_json_node *node;

    space(r);
    if (!take(r, '"'))
        return fail(r, CLI_JSON_BROKEN);
    node = node_new(r);
    if (!node || !string(r, node))
        return false;
    space(r);
    return take(r, ':') || fail(r, CLI_JSON_BROKEN);
}

/* After the opening bracket: values, or keys and values, to the closing one. */
static bool inside(struct reader *r, struct cli_json_node *node)
{
    bool object = node->type == CLI_JSON_OBJECT;
    char close = object ? '}' : ']';
    uint32_t first = r->n - 1;

    if (r->depth == CLI_JSON_DEPTH_MAX)
        return fail(r, CLI_JSON_DEEP); /* Law 2 */
    r->depth++;
    space(r);
    if (!take(r, close)) {
        do {
            if ((object && !key(r)) || !value(r))
                return false;
            node->size++;
            space(r);
        } while (take(r, ','));
        if (!take(r, close))
            return fail(r, CLI_JSON_BROKEN);
    }
    r->depth--;
    node->span = r->n - first;
    return true;
}

static bool value(struct reader *r)
{
    struct cli_json_node *node;

    space(r);
    if (r->at == r->end)
        return fail(r, CLI_JSON_BROKEN);
    node = node_new(r);
    if (!node)
        return false;
    switch (*r->at) {
    case '{':
    case '[':
        node->type = *r->at++ == '{' ? CLI_JSON_OBJECT : CLI_JSON_LIST;
        return inside(r, node);
    case '"':
        r->at++;
        return string(r, node);
    case 't':
    case 'f':
    case 'n':
        return word(r, node);
    default:
        return number(r, node);
    }
}

enum cli_json_end cli_json_read(char *text, size_t size,
                                struct cli_json_node *node, uint32_t cap,
                                size_t *at)
{
    struct reader r = {.node = node, .cap = cap};
    bool ok;

    r.at = text;
    r.end = text + size;
    ok = value(&r);
    if (ok) {
        space(&r);
        ok = r.at == r.end || fail(&r, CLI_JSON_BROKEN); /* Law 1 */
    }
    *at = (size_t)(r.at - text);
    return ok ? CLI_JSON_OK : r.why;
}
