/* base/large -- large pages for memory that is looked at all over.
 *
 * Whoever looks all over a table waits for the tables of its pages too; with
 * large pages, where the system has them, there is little of those.  A hint:
 * what the memory holds stays, and what is not used takes none, but for the
 * rest of a large page. */
#ifndef BASE_LARGE_H
#define BASE_LARGE_H

#include <stddef.h>

/* memory[0 .. bytes), best before it is used. */
void large_pages(void *memory, size_t bytes);

#endif
