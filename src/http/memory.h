/* http/memory -- where nghttp2 keeps one session, so that silence costs little.
 *
 * At its birth a session of nghttp2's takes its own state, some tables, and a
 * buffer for the longest frame, of which a stream that waits needs the first
 * few hundred bytes now and then.  Here the three lie in one block: the buffer
 * begins HTTP_MEMORY_HEAD bytes before the end of a page, what is beside it on
 * that page and behind it is what the session needs anyway, and the pages in
 * between stay untouched until a long frame leaves.  What comes later, or does
 * not fit, is malloc's; small pieces of it that are given back the host keeps
 * for its next session or stream, since malloc costs more when many are out.
 *
 * Owns the block and what the host keeps.  Knows no page size but assumes one:
 * where pages are longer it saves less, and nothing breaks.
 *
 * Laws
 *   1. Pieces are aligned for any type, never overlap, and stay where they are
 *      until they are given back.
 *   2. The block goes as a whole, with the memory; never by piece.
 *   3. Nothing is left of what was in it: what malloc gave is wiped when it is
 *      given back, the rest with the block; of whole pages the system does
 *      that, so that who leaves does not touch them either.
 *   4. A host keeps at most HTTP_MEMORY_KEPT bytes that nobody uses; none under
 *      a sanitizer, which would not see who still does. */
#ifndef HTTP_MEMORY_H
#define HTTP_MEMORY_H

#include <nghttp2/nghttp2.h>

#include "http/session.h"

enum {
    HTTP_MEMORY_PAGE = 4096,
    HTTP_MEMORY_HEAD = 512, /* of the frame, kept with what is in use */
    HTTP_MEMORY_COLD = 4 * HTTP_MEMORY_PAGE,
    HTTP_MEMORY_WARM = 6144, /* twice the largest piece beside the frame */
#ifdef KINDRED_SANITIZED
    HTTP_MEMORY_KEPT = 0
#else
    HTTP_MEMORY_KEPT = 1 << 20
#endif
};

struct http_memory;

/* NULL: out of memory.  free: after the session of nghttp2's; NULL is
 * harmless. */
struct http_memory *http_memory_new(struct http_host *host);
void http_memory_free(struct http_memory *memory);

/* Give back what the host keeps: after all its sessions. */
void http_memory_host_close(struct http_host *host);

/* As nghttp2 wants it; good as long as the memory is. */
nghttp2_mem http_memory_of(struct http_memory *memory);

#endif
