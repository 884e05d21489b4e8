#include "expect.h"
int part_keys(const char *kind, const char *path)
{
    (void)kind;
    (void)path;
    return 0;
}
