#include "rpc/json_text.h"

#include <string.h>

#include "base/hex.h"
#include "base/require.h"
#include "rpc/scan.h"

int rpc_json_text_peek(struct rpc_json_text *text)
{
    while (text->at < text->end) {
        const uint8_t c = *text->at;

        if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
            return c;
        text->at++;
    }
    return 0;
}

bool rpc_json_text_open(struct rpc_json_text *text, char open)
{
    if (rpc_json_text_peek(text) != open)
        return false;
    text->at++;
    return true;
}

enum err rpc_json_text_more(struct rpc_json_text *text, char close, bool *first,
                            bool *more)
{
    const int c = rpc_json_text_peek(text);

    *more = c != close;
    if (c == close || (!*first && c == ','))
        text->at++;
    else if (!*first)
        return ERR_JSON;
    *first = false;
    return ERR_NONE;
}

/* ---- strings ---- */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Is one of these eight bytes a quote, a backslash or a control? */
static bool special(const uint8_t *at)
{
    uint64_t word, quote, slash;

    memcpy(&word, at, sizeof word);
    quote = word ^ EACH('"');
    slash = word ^ EACH('\\');
    return (((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash) |
            ((word - EACH(' ')) & ~word)) &
           EACH(0x80);
}

/* The four digits of an escape whose "\u" is at `at`; -1: there is none. */
static int32_t unit(const uint8_t *at, const uint8_t *end)
{
    int32_t value = 0;

    if (end - at < 6 || at[0] != '\\' || at[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit((char)at[i]);

        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* The character of an escape, and how long the escape is; -1: it is none. */
static int32_t escape(const uint8_t *at, const uint8_t *end, size_t *length)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char *found;
    int32_t high, low;

    *length = 2;
    if (end - at < 2)
        return -1;
    found = memchr(from, at[1], sizeof from - 1);
    if (found)
        return to[found - from];
    high = unit(at, end);
    *length = 6;
    if (high < 0xd800 || high > 0xdfff)
        return high;
    low = high < 0xdc00 ? unit(at + 6, end) : -1; /* Law 2 */
    *length = 12;
    if (low < 0xdc00 || low > 0xdfff)
        return -1;
    return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

static size_t utf8_size(int32_t c)
{
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static uint8_t *put_utf8(uint8_t *to, int32_t c)
{
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    const size_t size = utf8_size(c);

    for (size_t i = size; i-- > 1; c >>= 6)
        to[i] = (uint8_t)(0x80 | (c & 0x3f));
    to[0] = (uint8_t)(lead[size] | c);
    return to + size;
}

enum err rpc_json_text_string(struct rpc_json_text *text,
                              struct rpc_json_string *string)
{
    const uint8_t *at, *end = text->end;
    size_t saved = 0, length;

    if (!rpc_json_text_open(text, '"'))
        return ERR_JSON;
    string->at = at = text->at;
    string->zero = false;
    for (;;) {
        int32_t c;

        while (end - at >= 8 && !special(at))
            at += 8;
        while (at < end && *at != '"' && *at != '\\' && *at >= ' ')
            at++;
        if (at == end || (*at != '"' && *at != '\\'))
            return ERR_JSON;
        if (*at == '"')
            break;
        c = escape(at, end, &length);
        if (c < 0)
            return ERR_JSON;
        string->zero |= c == 0;
        saved += length - utf8_size(c);
        at += length;
    }
    string->raw = (size_t)(at - string->at);
    string->size = string->raw - saved;
    text->at = at + 1;
    return ERR_NONE;
}

enum err rpc_json_text_key(struct rpc_json_text *text,
                           struct rpc_json_string *key)
{
    enum err err = rpc_json_text_string(text, key);

    if (err == ERR_NONE && !rpc_json_text_open(text, ':'))
        err = ERR_JSON;
    return err;
}

void rpc_json_text_unescape(const struct rpc_json_string *string, uint8_t *to)
{
    const uint8_t *at = string->at, *end = at + string->raw;

    while (at < end) {
        const uint8_t *stop = memchr(at, '\\', (size_t)(end - at));
        const size_t plain = (size_t)((stop ? stop : end) - at);
        size_t length;

        memcpy(to, at, plain);
        to += plain;
        at += plain;
        if (at < end) {
            to = put_utf8(to, escape(at, end, &length));
            at += length;
        }
    }
}

/* ---- numbers and words ---- */

static const uint8_t *digits(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* Law 1: -? (0 | [1-9] [0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
enum err rpc_json_text_number(struct rpc_json_text *text, const uint8_t **from)
{
    const uint8_t *at, *end = text->end, *begin;

    (void)rpc_json_text_peek(text);
    *from = at = text->at;
    at += at < end && *at == '-';
    begin = at;
    at = digits(at, end);
    if (at == begin || (*begin == '0' && at - begin > 1))
        return ERR_JSON;
    if (at < end && *at == '.') {
        begin = ++at;
        at = digits(at, end);
        if (at == begin)
            return ERR_JSON;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        begin = at;
        at = digits(at, end);
        if (at == begin)
            return ERR_JSON;
    }
    text->at = at;
    return ERR_NONE;
}

enum err rpc_json_text_word(struct rpc_json_text *text)
{
    const int c = rpc_json_text_peek(text);
    const char *word = c == 'n' ? "null" : c == 't' ? "true" : "false";
    const size_t size = strlen(word);

    if ((size_t)(text->end - text->at) < size ||
        memcmp(text->at, word, size) != 0)
        return ERR_JSON;
    text->at += size;
    return ERR_NONE;
}

/* ---- whatever comes ---- */

/* One value but for what is inside of it; *open: '{', '[' or 0. */
static enum err skip_token(struct rpc_json_text *text, char *open)
{
    const int c = rpc_json_text_peek(text);
    struct rpc_json_string string;
    const uint8_t *from;

    *open = 0;
    if (c == '"')
        return rpc_json_text_string(text, &string);
    if (c == '-' || (c >= '0' && c <= '9'))
        return rpc_json_text_number(text, &from);
    if (c != '{' && c != '[')
        return rpc_json_text_word(text);
    *open = (char)c;
    text->at++;
    return ERR_NONE;
}

enum err rpc_json_text_skip(struct rpc_json_text *text)
{
    char opened[RPC_SCAN_DEPTH];
    struct rpc_json_string key;
    int depth = 0;
    bool first = false, more;
    char open;
    enum err err = skip_token(text, &open);

    while (err == ERR_NONE) {
        if (open) {
            if (depth == RPC_SCAN_DEPTH)
                return ERR_BUDGET;
            opened[depth++] = open;
            first = true;
        }
        if (depth == 0)
            return ERR_NONE;
        open = 0;
        err = rpc_json_text_more(text, opened[depth - 1] == '{' ? '}' : ']',
                                 &first, &more);
        if (err == ERR_NONE && !more)
            depth--;
        if (err == ERR_NONE && more && opened[depth - 1] == '{')
            err = rpc_json_text_key(text, &key);
        if (err == ERR_NONE && more)
            err = skip_token(text, &open);
    }
    return err;
}
