#include "seal/ready.h"

#include <sodium.h>

bool seal_ready(void)
{
    return sodium_init() >= 0;
}
