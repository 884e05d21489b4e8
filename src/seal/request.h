/* seal/request -- is this the same request again?
 *
 * A short keyed hash, so that what lies beside an idempotency key in the
 * database cannot be used to guess what was asked.
 *
 * Layout: the first 8 bytes, as u64le, of BLAKE2b-128 keyed with keys.request
 *   over "kindred.v1.request" 0x00  call u32le  body
 *
 * Laws
 *   1. It depends on the call and on every byte of the body and the key. */
#ifndef SEAL_REQUEST_H
#define SEAL_REQUEST_H

#include <stddef.h>
#include <stdint.h>

#include "seal/keys.h"

uint64_t seal_request_hash(const uint8_t key[static SEAL_KEY], uint32_t call,
                           const uint8_t *body, size_t size);

#endif
