/* Once it is ready there are guarded pages. */
#include "seal/ready.h"

#include "check.h"
#include "seal/keys.h"

int main(void)
{
    struct seal_keys *keys;

    CHECK(seal_ready());
    CHECK(seal_ready());
    keys = seal_keys_new();
    CHECK(keys != NULL);
    seal_keys_free(keys);
    return check_report("seal/ready");
}
