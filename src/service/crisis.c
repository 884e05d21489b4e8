#include "service/crisis.h"

#include <string.h>

#include "kindred_data.h"
#include "pb/kindred/v1/support.pb-c.h"
#include "service/text.h"

enum { ENTRIES_MAX = 32, TEXTS_MAX = 8, LANGUAGES_MAX = 8 };

struct resources { /* a message and what it points to */
    Kindred__V1__CrisisResources message;
    Kindred__V1__CrisisEntry entry[ENTRIES_MAX];
    Kindred__V1__CrisisEntry *entries[ENTRIES_MAX];
    char source[ENTRIES_MAX][256];
    char *languages[ENTRIES_MAX][LANGUAGES_MAX];
    char language[ENTRIES_MAX][64]; /* cut into words */
    char *texts[TEXTS_MAX];
};

static bool is_confirmed(const struct service_config *config, const char *id)
{
    for (const char *const *c = config->confirmed; c && *c; c++)
        if (strcmp(*c, id) == 0)
            return true;
    return false;
}

/* "en es" as a list of words. */
static size_t split(char *words, char *list[LANGUAGES_MAX])
{
    size_t n = 0;
    char *at = words;

    while (*at != '\0' && n < LANGUAGES_MAX) {
        list[n++] = at;
        at += strcspn(at, " ");
        if (*at == ' ')
            *at++ = '\0';
    }
    return n;
}

static void copy(char *out, size_t room, const char *text)
{
    size_t size = text ? strlen(text) : 0;

    if (size >= room)
        size = room - 1;
    if (text && size > 0)
        memcpy(out, text, size);
    out[size] = '\0';
}

static void put_entry(struct resources *r, size_t i,
                      const struct data_crisis_entry *from,
                      const struct service_config *config, bool spanish)
{
    const struct data_source *source = &data_crisis_sources[from->source];
    Kindred__V1__CrisisEntry *to = &r->entry[i];

    kindred__v1__crisis_entry__init(to);
    to->id = service_text(from->id);
    to->emergency = from->emergency;
    to->name = service_text(from->name);
    to->phone = service_text(from->phone);
    to->text = service_text(from->text);
    to->web = service_text(from->web);
    to->hours = service_text(from->hours);
    to->serves = service_text(spanish ? from->serves.es : from->serves.en);
    copy(r->language[i], sizeof r->language[i], from->languages);
    to->languages = r->languages[i];
    to->n_languages = split(r->language[i], r->languages[i]);
    copy(r->source[i], sizeof r->source[i], source->publisher);
    if (strlen(r->source[i]) + 3 < sizeof r->source[i]) {
        size_t at = strlen(r->source[i]);

        memcpy(r->source[i] + at, ": ", 2);
        copy(r->source[i] + at + 2, sizeof r->source[i] - at - 2,
             source->title);
    }
    to->source = r->source[i];
    to->source_date = service_text(source->date);
    to->confirmed = is_confirmed(config, from->id);
    r->entries[i] = to;
}

static void put_text(struct resources *r, bool spanish, int text)
{
    const struct data_text *from = &data_crisis_texts[text];

    r->texts[r->message.n_texts++] =
        service_text(spanish ? from->es : from->en);
}

static void fill(struct resources *r, const struct service_config *config,
                 const char *country, const char *language)
{
    bool spanish = service_text_spanish(language), doubtful = false;
    uint16_t index =
        country[0] ? data_find_country(country) : (uint16_t)DATA_NONE;
    Kindred__V1__CrisisResources *message = &r->message;

    kindred__v1__crisis_resources__init(message);
    message->country = service_text(country);
    message->entries = r->entries;
    message->texts = r->texts;
    put_text(r, spanish, DATA_CRISIS_TEXT_HEADING);
    put_text(r, spanish, DATA_CRISIS_TEXT_DANGER);
    if (index != DATA_NONE) {
        const struct data_country *from = &data_countries[index];

        message->known = true;
        message->name = service_text(spanish ? from->name.es : from->name.en);
        for (uint16_t i = 0; i < from->entries && i < ENTRIES_MAX; i++) {
            put_entry(r, i, &data_crisis_entries[from->first + i], config,
                      spanish);
            doubtful = doubtful || !r->entry[i].confirmed;
            message->n_entries++;
        }
    } else {
        put_text(r, spanish, DATA_CRISIS_TEXT_UNKNOWN_COUNTRY);
    }
    if (doubtful)
        put_text(r, spanish, DATA_CRISIS_TEXT_UNCONFIRMED);
    put_text(r, spanish, DATA_CRISIS_TEXT_MEANWHILE);
}

enum err service_crisis_send(struct rpc_call *call, const char *country,
                             const char *language)
{
    Kindred__V1__AskResponse response = KINDRED__V1__ASK_RESPONSE__INIT;
    struct resources r = {0};

    fill(&r, service_of(call)->config, country, language);
    response.event_case = KINDRED__V1__ASK_RESPONSE__EVENT_CRISIS;
    response.crisis = &r.message;
    return rpc_send(call, &response);
}

enum err service_crisis_raise(struct rpc_call *call, const char *country,
                              const char *language)
{
    Kindred__V1__RaiseDangerResponse response =
        KINDRED__V1__RAISE_DANGER_RESPONSE__INIT;
    struct resources r = {0};

    fill(&r, service_of(call)->config, country, language);
    response.event_case = KINDRED__V1__RAISE_DANGER_RESPONSE__EVENT_CRISIS;
    response.crisis = &r.message;
    return rpc_send(call, &response);
}

struct rpc_verdict service_crisis_reply(struct rpc_call *call,
                                        const char *country,
                                        const char *language)
{
    Kindred__V1__GetCrisisResourcesResponse response =
        KINDRED__V1__GET_CRISIS_RESOURCES_RESPONSE__INIT;
    struct resources r = {0};

    fill(&r, service_of(call)->config, country, language);
    response.resources = &r.message;
    return rpc_reply(call, &response);
}

const char *service_crisis_unconfirmed(const struct service_config *config,
                                       uint32_t *cursor)
{
    while (*cursor < DATA_COUNTRIES) {
        const struct data_country *country = &data_countries[(*cursor)++];

        for (uint16_t i = 0; i < country->entries; i++)
            if (!is_confirmed(config,
                              data_crisis_entries[country->first + i].id))
                return country->code;
    }
    return NULL;
}

bool service_crisis_knows(const char *id)
{
    for (uint32_t i = 0; i < DATA_CRISIS_ENTRIES; i++)
        if (strcmp(data_crisis_entries[i].id, id) == 0)
            return true;
    return false;
}
