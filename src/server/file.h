/* server/file -- all of it, or word that it was not. */
#ifndef SERVER_FILE_H
#define SERVER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Write all bytes to fd.  False: the disk is full, or worse; a part may be
 * written. */
bool server_file_write(int fd, const uint8_t *bytes, size_t size);

#endif
