/* seal/name -- what two people call each other, for one talk: "Quiet Heron 42".
 *
 * Nobody types a name.  It follows from the talk and the side under keys.name:
 * so it is the same whenever it is asked for, is stored nowhere, and says
 * nothing about any other talk of the same person.
 *
 * Layout, h = BLAKE2b-256 keyed with keys.name over
 *   "kindred.v1.name" 0x00  talk u64le  side u8  turn u8
 * adjective h[0], animal h[1], number 10 + (h[2] + 256 h[3]) mod 90, from the
 * lists of seal/name_words.  turn is 0, for the peer the first for which both
 * words differ from the seeker's.
 *
 * Laws
 *   1. The two of a talk share neither adjective nor animal.
 *   2. A name is ASCII, letters, blanks and two digits, and shorter than
 *      SEAL_NAME.
 *   3. The same key, talk and side give the same name. */
#ifndef SEAL_NAME_H
#define SEAL_NAME_H

#include <stdint.h>

#include "seal/keys.h"

enum { SEAL_NAME = 32 }; /* with the zero at the end */

/* side: 0 seeker, 1 peer. */
void seal_name(char name[static SEAL_NAME], const uint8_t key[static SEAL_KEY],
               uint64_t talk, unsigned side);

#endif
