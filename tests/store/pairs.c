#include "expect.h"
int part_pairs(const char *kind, const char *path)
{
    (void)kind;
    (void)path;
    return 0;
}
