/* seal/mailbox -- capabilities: who holds one may use the mailbox.
 *
 * A client draws the receive capability of its mailbox; the send capability
 * follows from it one way, so the server needs to be told only one, and who
 * may send cannot receive.  The server keeps keyed hashes: a dump of its
 * database opens no mailbox and guesses none.
 *
 * Layout
 *   send  BLAKE2b-256 keyed with the receive capability over
 *         "kindred.v1.mailbox.send"
 *   hash  BLAKE2b-256 keyed with keys.mailbox over the capability
 *
 * Laws
 *   1. The send capability depends on every byte of the receive capability.
 *   2. A hash depends on every byte of the capability and of the key. */
#ifndef SEAL_MAILBOX_H
#define SEAL_MAILBOX_H

#include <stdint.h>

#include "seal/keys.h"

enum { SEAL_MAILBOX_CAPABILITY = 32, SEAL_MAILBOX_HASH = 32 };

void seal_mailbox_send(uint8_t send[static SEAL_MAILBOX_CAPABILITY],
                       const uint8_t receive[static SEAL_MAILBOX_CAPABILITY]);

void seal_mailbox_hash(
    uint8_t hash[static SEAL_MAILBOX_HASH], const uint8_t key[static SEAL_KEY],
    const uint8_t capability[static SEAL_MAILBOX_CAPABILITY]);

#endif
