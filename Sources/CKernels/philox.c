// Random numbers by counting (J. K. Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011): many blocks at once.
#include <string.h>

#include "include/CKernels.h"

enum { rounds = 10, together = 16 };

typedef uint64_t words __attribute__((ext_vector_type(together)));

/// The upper halves of all lanes are zero between rounds, so that products are of 32 bits.
#if defined(__x86_64__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
static void
draw_together(const uint32_t key[2], const uint32_t counter[4], words draws[2]) {
  const words count = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  const words low = (words)0xFFFFFFFF;
  words x0 = (count + counter[0]) & low, x1 = counter[1], x2 = counter[2], x3 = counter[3];
  uint32_t k0 = key[0], k1 = key[1];
  _Pragma("clang loop unroll(full)") for (int round = 0; round < rounds; round++) {
    const words p0 = (x0 & low) * 0xD2511F53, p1 = (x2 & low) * 0xCD9E8D57;
    x0 = (p1 >> 32) ^ x1 ^ (words)(uint64_t)k0;
    x1 = p1 & low;
    x2 = (p0 >> 32) ^ x3 ^ (words)(uint64_t)k1;
    x3 = p0 & low;
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  const words first = x0 | x1 << 32, second = x2 | x3 << 32;
  draws[0] = __builtin_shufflevector(first, second, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  draws[1] = __builtin_shufflevector(
    first, second, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

void ck_philox(
  const uint32_t key[2], const uint32_t counter[4], int64_t blocks, uint64_t *draws) {
  uint32_t at[4] = {counter[0], counter[1], counter[2], counter[3]};
  while (blocks > 0) {
    words drawn[2];
    const int64_t here = blocks < together ? blocks : together;
    draw_together(key, at, drawn);
    memcpy(draws, drawn, (size_t)here * 16);
    blocks -= here, draws += 2 * here, at[0] += together;
  }
}
