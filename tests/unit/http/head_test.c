#include "http/head.h"

#include <string.h>

#include "base/chance.h"
#include "check.h"

/* Law 1, by a random history of fields with any bytes in them. */
int main(void)
{
    static uint8_t bytes[4096];
    struct http_field in[64], out;
    struct buf buf;
    uint64_t chance = 9;
    size_t at = 0, count = 0;

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)chance_next(&chance);
    buf_init(&buf, 8192);
    CHECK(!http_head_next(&buf, &at, &out));
    while (count < 64) {
        in[count].name = (const char *)bytes + chance_below(&chance, 1000);
        in[count].name_size = chance_below(&chance, 100);
        in[count].value = (const char *)bytes + chance_below(&chance, 1000);
        in[count].value_size = chance_below(&chance, 400);
        if (http_head_add(&buf, &in[count]) != ERR_NONE)
            break;
        count++;
    }
    CHECK(count > 10 && count < 64);
    CHECK(buf_size(&buf) <= 8192);
    for (size_t i = 0; i < count; i++) {
        CHECK(http_head_next(&buf, &at, &out));
        CHECK(out.name_size == in[i].name_size);
        CHECK(out.value_size == in[i].value_size);
        CHECK(memcmp(out.name, in[i].name, out.name_size) == 0);
        CHECK(memcmp(out.value, in[i].value, out.value_size) == 0);
        CHECK(out.name[out.name_size] == '\0');
        CHECK(out.value[out.value_size] == '\0');
    }
    CHECK(!http_head_next(&buf, &at, &out));
    buf_truncate(&buf, 0);
    CHECK(strcmp(http_head_value(&buf, "a", ""), "") == 0);
    in[0] = (struct http_field)HTTP_FIELD("ab", "1");
    in[1] = (struct http_field)HTTP_FIELD("a", "2");
    for (int i = 0; i < 2; i++)
        CHECK(http_head_add(&buf, &in[i]) == ERR_NONE);
    CHECK(strcmp(http_head_value(&buf, "a", ""), "2") == 0);
    CHECK(strcmp(http_head_value(&buf, "b", ""), "") == 0);
    in[0].value_size = 9000;
    CHECK(http_head_add(&buf, &in[0]) == ERR_FULL);
    buf_close(&buf);
    return check_report("http/head");
}
