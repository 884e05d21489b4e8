#include "rpc/gzip.h"

#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/require.h"
#include "base/wipe.h"

enum {
    GZIP_WINDOW = 15 + 16, /* zlib's way to say gzip */
    FAST = 1,
    MEMORY = 7, /* of 9: 128 KiB less */
    PIECE = 16 * 1024,
    KEEP = 256 * 1024 /* an output above it is given back */
};

void rpc_gzip_close(struct rpc_gzip *gzip)
{
    buf_close(&gzip->out);
}

static void *take(void *unused, unsigned count, unsigned size)
{
    (void)unused;
    return calloc(count, size);
}

/* Law 3: its windows are what went through them. */
static void give(void *unused, void *piece)
{
    (void)unused;
    wipe_free(piece);
}

static void start_output(struct rpc_gzip *gzip, size_t max)
{
    if (gzip->out.cap > KEEP)
        buf_close(&gzip->out);
    buf_truncate(&gzip->out, 0);
    gzip->out.max = max;
}

static enum err unpack(struct rpc_gzip *gzip, z_stream *stream, size_t max)
{
    int rv = Z_OK;

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
    return buf_size(&gzip->out) > max ? ERR_TOO_LARGE : ERR_NONE;
}

enum err rpc_gzip_unpack(struct rpc_gzip *gzip, const uint8_t *bytes,
                         size_t size, size_t max, const uint8_t **out,
                         size_t *out_size)
{
    z_stream stream = {.zalloc = take,
                       .zfree = give,
                       .next_in = (z_const Bytef *)(uintptr_t)bytes,
                       .avail_in = (uInt)size};
    enum err err;

    REQUIRE(size <= UINT_MAX);
    if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return ERR_NOMEM;
    start_output(gzip, max + 1);
    err = unpack(gzip, &stream, max);
    (void)inflateEnd(&stream);
    if (err != ERR_NONE)
        return err;
    *out = buf_head(&gzip->out);
    *out_size = buf_size(&gzip->out);
    return ERR_NONE;
}

enum err rpc_gzip_pack(struct rpc_gzip *gzip, const uint8_t *bytes, size_t size,
                       const uint8_t **out, size_t *out_size)
{
    z_stream stream = {.zalloc = take,
                       .zfree = give,
                       .next_in = (z_const Bytef *)(uintptr_t)bytes,
                       .avail_in = (uInt)size};
    uint8_t *to;
    int rv;

    REQUIRE(size <= UINT_MAX);
    if (size < 2)
        return ERR_FULL;
    start_output(gzip, size - 1); /* Law 2 */
    to = buf_reserve(&gzip->out, size - 1);
    if (!to || deflateInit2(&stream, FAST, Z_DEFLATED, GZIP_WINDOW, MEMORY,
                            Z_DEFAULT_STRATEGY) != Z_OK)
        return ERR_NOMEM;
    stream.next_out = to;
    stream.avail_out = (uInt)(size - 1);
    rv = deflate(&stream, Z_FINISH);
    buf_commit(&gzip->out, size - 1 - stream.avail_out);
    (void)deflateEnd(&stream);
    if (rv != Z_STREAM_END)
        return ERR_FULL;
    *out = buf_head(&gzip->out);
    *out_size = buf_size(&gzip->out);
    return ERR_NONE;
}

void rpc_gzip_done(struct rpc_gzip *gzip)
{
    buf_truncate(&gzip->out, 0);
}
