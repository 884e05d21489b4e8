/* service/text -- constant strings in messages.
 *
 * The fields of protobuf-c are not const, but packing only reads them: here is
 * the one place that says so. */
#ifndef SERVICE_TEXT_H
#define SERVICE_TEXT_H

#include <stdbool.h>
#include <string.h>

/* NULL is the empty string. */
static inline char *service_text(const char *constant)
{
    static const char empty[] = "";
    const char *from = constant ? constant : empty;
    char *text;

    memcpy(&text, &from, sizeof text);
    return text;
}

/* Spanish if the BCP 47 tag says so, else English. */
static inline bool service_text_spanish(const char *language)
{
    return (language[0] == 'e' || language[0] == 'E') &&
           (language[1] == 's' || language[1] == 'S') &&
           (language[2] == '\0' || language[2] == '-');
}

#endif
