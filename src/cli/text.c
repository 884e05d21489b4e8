#define _GNU_SOURCE 1 /* wcwidth() */
#include "cli/text.h"

#include <locale.h>
#include <wchar.h>

/* How many bytes one that begins so has, by RFC 3629; 0: none does. */
static size_t bytes_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

size_t cli_text_next(const char *text, size_t size, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)text[0];
    size_t bytes = bytes_of(first);
    uint32_t value = bytes > 1 ? first & (0x7fU >> bytes) : first;

    *code = CLI_TEXT_BAD;
    if (bytes == 0 || bytes > size)
        return 1;
    for (size_t i = 1; i < bytes; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 1;
        value = value << 6 | ((unsigned char)text[i] & 0x3f);
    }
    if (value < least[bytes] || value >= CLI_TEXT_BAD ||
        (value >= 0xd800 && value < 0xe000))
        return 1;
    *code = value;
    return bytes;
}

/* The longest that ends there and is whole; else one byte (Law 1). */
size_t cli_text_last(const char *text, size_t size)
{
    uint32_t code;

    for (size_t bytes = size < 4 ? size : 4; bytes > 1; bytes--)
        if (cli_text_next(text + size - bytes, bytes, &code) == bytes)
            return bytes;
    return 1;
}

/* Law 2.  Beyond ISO 2022's controls: Unicode 15, 23.2 and 23.8. */
bool cli_text_is_control(uint32_t code)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {{0, 0x1f},          {0x7f, 0x9f},
                  {0x61c, 0x61c},     {0x200e, 0x200f},
                  {0x2028, 0x202e},   {0x2066, 0x2069},
                  {0xfeff, 0xfeff},   {0xfff9, 0xfffb},
                  {0xe0000, 0xe007f}, {CLI_TEXT_BAD, CLI_TEXT_BAD}};

    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* Law 3: what only says where a line may break or how to calculate (Unicode 15,
 * 23.2 and 22.6), and what Unicode gave up (23.3).  Not the two that join and
 * part, U+200C and U+200D: Persian and many scripts of India are written with
 * them, and most pictures of people are several characters joined. */
bool cli_text_is_hidden(uint32_t code)
{
    return code == 0x200b || (code >= 0x2060 && code < 0x2066) ||
           (code >= 0x206a && code < 0x2070);
}

/* By the tables of the C library, whatever language the user speaks. */
unsigned cli_text_width(uint32_t code)
{
    static locale_t unicode;
    locale_t before;
    int width;

    if (code < 0x7f || cli_text_is_control(code))
        return 1;
    if (!unicode)
        unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!unicode)
        return 1;
    before = uselocale(unicode);
    width = wcwidth((wchar_t)code);
    (void)uselocale(before);
    return width < 0 ? 1 : (unsigned)width;
}
