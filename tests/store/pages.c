#include "expect.h"
int part_pages(const char *kind, const char *path)
{
    (void)kind;
    (void)path;
    return 0;
}
