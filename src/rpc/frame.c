#include "rpc/frame.h"

#include "base/require.h"

enum err rpc_frame_peek(const uint8_t *bytes, size_t size, size_t max,
                        struct rpc_frame *frame)
{
    *frame = (struct rpc_frame){0};
    if (size == 0)
        return ERR_NONE;
    if (bytes[0] > 1)
        return ERR_FRAME;
    if (size < RPC_FRAME_HEAD)
        return ERR_NONE;
    frame->compressed = bytes[0] == 1;
    frame->size = (size_t)bytes[1] << 24 | (size_t)bytes[2] << 16 |
                  (size_t)bytes[3] << 8 | bytes[4];
    if (frame->size > max)
        return ERR_TOO_LARGE;
    frame->message = bytes + RPC_FRAME_HEAD;
    frame->whole = size - RPC_FRAME_HEAD >= frame->size;
    return ERR_NONE;
}

void rpc_frame_head(uint8_t head[RPC_FRAME_HEAD], bool compressed, size_t size)
{
    REQUIRE(size <= UINT32_MAX);
    head[0] = compressed;
    head[1] = (uint8_t)(size >> 24);
    head[2] = (uint8_t)(size >> 16);
    head[3] = (uint8_t)(size >> 8);
    head[4] = (uint8_t)size;
}
