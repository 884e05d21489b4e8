/* fuzz -- what every fuzzer is: one function on any bytes.
 *
 * Built with a main() that replays files (the corpus), or by
 *   clang -fsanitize=fuzzer,address,undefined
 * as a fuzzer.  For one .c file of tests/fuzz each. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "check.h"

/* NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifndef FUZZING
int main(int argc, char **argv)
{
    static uint8_t bytes[1 << 20];

    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        size_t size;

        if (!file)
            return 1;
        size = fread(bytes, 1, sizeof bytes, file);
        (void)fclose(file);
        (void)LLVMFuzzerTestOneInput(bytes, size);
        check_count++;
    }
    return check_report(argv[0]);
}
#endif

#endif
