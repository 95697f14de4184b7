// AVX2 with FMA: tails are masked by vectors of all ones and zeros.
#include <immintrin.h>

#define VECTOR_BYTES 32
#include "../template/vector.h"

/// A masked store of AVX2 takes tens of cycles on some processors: parts are stored by halves.
typedef struct {
  __m256i mask;
  int64_t count;
} Part;

#if CK_DOUBLE_ELEMENT
INLINE V load_part(Part m, const E *p) { return _mm256_maskload_pd(p, m.mask); }
INLINE void store_part(Part m, E *p, V x) {
  if (m.count >= 4) {
    store(p, x);
    return;
  }
  __m128d half = _mm256_castpd256_pd128(x);
  if (m.count & 2) {
    _mm_storeu_pd(p, half);
    half = _mm256_extractf128_pd(x, 1);
    p += 2;
  }
  if (m.count & 1) _mm_store_sd(p, half);
}
INLINE V fused(V a, V b, V c) { return _mm256_fmadd_pd(a, b, c); }
#else
INLINE V load_part(Part m, const E *p) { return _mm256_maskload_ps(p, m.mask); }
INLINE void store_part(Part m, E *p, V x) {
  if (m.count >= 8) {
    store(p, x);
    return;
  }
  __m128 half = _mm256_castps256_ps128(x);
  if (m.count & 4) {
    _mm_storeu_ps(p, half);
    half = _mm256_extractf128_ps(x, 1);
    p += 4;
  }
  if (m.count & 2) {
    _mm_storel_pi((__m64 *)p, half);
    half = _mm_movehl_ps(half, half);
    p += 2;
  }
  if (m.count & 1) _mm_store_ss(p, half);
}
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
  return (Part){_mm256_loadu_si256((const __m256i *)(ones_then_zeros + vector_length - n)), n};
}

/// Register tiles of products, rows x vectors: 16 registers hold the sums, a row of B, one of A.
#define HAS_HALF_VECTORS 0
#define MAX_TILE_VECTORS 2
#define MAX_TILE_ROWS 6
#define ALL_TILES(TILES_OF) TILES_OF(6, 1) TILES_OF(6, 2)

/// Tiles of dot products: rows of A x columns of B, and the same with one row.
#define MAX_DOT_ROWS 2
#define MAX_DOT_COLUMNS 3
#define ALL_DOT_TILES(TILE) TILE(2, 1) TILE(2, 2) TILE(2, 3)
#define DOT_TILE_COLUMNS(TILES) TILES(1) TILES(2) TILES(3)
