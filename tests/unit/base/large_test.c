/* A hint: memory of any size and place holds what it held. */
#include "base/large.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { MOST = 5 << 20 };

static void holds(size_t at, size_t bytes)
{
    unsigned char *memory = malloc(MOST);
    size_t same = 0;

    CHECK(memory != NULL);
    if (!memory)
        return;
    memset(memory, 7, MOST);
    large_pages(memory + at, bytes);
    for (size_t i = 0; i < MOST; i++)
        same += memory[i] == 7;
    CHECK(same == MOST);
    free(memory);
}

int main(void)
{
    holds(0, 0);
    holds(1, 1);
    holds(0, 4096);
    holds(3, MOST - 3);
    holds(0, MOST);
    return check_report("base/large");
}
