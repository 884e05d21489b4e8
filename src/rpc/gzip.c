#include "rpc/gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/require.h"

enum {
    GZIP_WINDOW = 15 + 16, /* zlib's way to say gzip */
    FAST = 1,
    MEMORY = 7, /* of 9: 128 KiB less per loop */
    PIECE = 16 * 1024,
    KEEP = 256 * 1024 /* an output above it is given back */
};

void rpc_gzip_close(struct rpc_gzip *gzip)
{
    if (gzip->unpacker)
        (void)inflateEnd(gzip->unpacker);
    if (gzip->packer)
        (void)deflateEnd(gzip->packer);
    free(gzip->unpacker);
    free(gzip->packer);
    buf_close(&gzip->out);
    *gzip = (struct rpc_gzip){0};
}

static void start_output(struct rpc_gzip *gzip, size_t max)
{
    if (gzip->out.cap > KEEP)
        buf_close(&gzip->out);
    gzip->out.head = gzip->out.tail = 0;
    gzip->out.max = max;
}

static z_stream *unpacker(struct rpc_gzip *gzip)
{
    if (gzip->unpacker)
        return inflateReset(gzip->unpacker) == Z_OK ? gzip->unpacker : NULL;
    gzip->unpacker = calloc(1, sizeof(z_stream));
    if (gzip->unpacker &&
        inflateInit2((z_stream *)gzip->unpacker, GZIP_WINDOW) != Z_OK) {
        free(gzip->unpacker);
        gzip->unpacker = NULL;
    }
    return gzip->unpacker;
}

enum err rpc_gzip_unpack(struct rpc_gzip *gzip, const uint8_t *bytes,
                         size_t size, size_t max, const uint8_t **out,
                         size_t *out_size)
{
    z_stream *stream = unpacker(gzip);
    int rv = Z_OK;

    if (!stream)
        return ERR_NOMEM;
    REQUIRE(size <= UINT_MAX);
    start_output(gzip, max + 1);
    stream->next_in = (z_const Bytef *)(uintptr_t)bytes;
    stream->avail_in = (uInt)size;
    while (rv == Z_OK) {
        size_t room = max + 1 - buf_size(&gzip->out);
        uint8_t *to;

        if (room == 0)
            return ERR_TOO_LARGE; /* Law 1 */
        room = room < PIECE ? room : PIECE;
        to = buf_reserve(&gzip->out, room);
        if (!to)
            return ERR_NOMEM;
        stream->next_out = to;
        stream->avail_out = (uInt)room;
        rv = inflate(stream, Z_NO_FLUSH);
        buf_commit(&gzip->out, room - stream->avail_out);
    }
    if (rv == Z_MEM_ERROR)
        return ERR_NOMEM;
    if (rv != Z_STREAM_END || stream->avail_in > 0)
        return ERR_PROTO;
    if (buf_size(&gzip->out) > max)
        return ERR_TOO_LARGE;
    *out = buf_head(&gzip->out);
    *out_size = buf_size(&gzip->out);
    return ERR_NONE;
}

static z_stream *packer(struct rpc_gzip *gzip)
{
    if (gzip->packer)
        return deflateReset(gzip->packer) == Z_OK ? gzip->packer : NULL;
    gzip->packer = calloc(1, sizeof(z_stream));
    if (gzip->packer &&
        deflateInit2((z_stream *)gzip->packer, FAST, Z_DEFLATED, GZIP_WINDOW,
                     MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(gzip->packer);
        gzip->packer = NULL;
    }
    return gzip->packer;
}

enum err rpc_gzip_pack(struct rpc_gzip *gzip, const uint8_t *bytes, size_t size,
                       const uint8_t **out, size_t *out_size)
{
    z_stream *stream;
    uint8_t *to;
    int rv;

    if (size < 2)
        return ERR_FULL;
    stream = packer(gzip);
    if (!stream)
        return ERR_NOMEM;
    REQUIRE(size <= UINT_MAX);
    start_output(gzip, size - 1); /* Law 2 */
    to = buf_reserve(&gzip->out, size - 1);
    if (!to)
        return ERR_NOMEM;
    stream->next_in = (z_const Bytef *)(uintptr_t)bytes;
    stream->avail_in = (uInt)size;
    stream->next_out = to;
    stream->avail_out = (uInt)(size - 1);
    rv = deflate(stream, Z_FINISH);
    if (rv != Z_STREAM_END)
        return ERR_FULL;
    buf_commit(&gzip->out, size - 1 - stream->avail_out);
    *out = buf_head(&gzip->out);
    *out_size = buf_size(&gzip->out);
    return ERR_NONE;
}
