// AVX2 with FMA: tails are masked by vectors of all ones and zeros.
#include <immintrin.h>

#define VECTOR_BYTES 32
#include "../template/vector.h"

typedef __m256i Part;

#if CK_DOUBLE_ELEMENT
INLINE V load_part(Part m, const E *p) { return _mm256_maskload_pd(p, m); }
INLINE void store_part(Part m, E *p, V x) { _mm256_maskstore_pd(p, m, x); }
INLINE V fused(V a, V b, V c) { return _mm256_fmadd_pd(a, b, c); }
#else
INLINE V load_part(Part m, const E *p) { return _mm256_maskload_ps(p, m); }
INLINE void store_part(Part m, E *p, V x) { _mm256_maskstore_ps(p, m, x); }
INLINE V fused(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
#endif

/// The first n lanes, 0 <= n <= vector_length.
INLINE Part part_of(int64_t n) {
  static const Whole ones_then_zeros[2 * VECTOR_BYTES / sizeof(E)] = {
    -1, -1, -1, -1,
#if !CK_DOUBLE_ELEMENT
    -1, -1, -1, -1,
#endif
  };
  return _mm256_loadu_si256((const __m256i *)(ones_then_zeros + vector_length - n));
}

/// Register tiles of products, rows x vectors: 16 registers hold the sums, a row of B and one of A.
#define HAS_HALF_VECTORS 0
#define MAX_TILE_VECTORS 3
#define MAX_TILE_ROWS 6
#define ALL_TILES(TILES_OF) TILES_OF(6, 1) TILES_OF(6, 2) TILES_OF(4, 3)
