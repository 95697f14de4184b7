// AVX-512: tails are masked; sums of a narrow last vector may use its lower half alone.
#include <immintrin.h>

#define VECTOR_BYTES 64
#include "../template/vector.h"

#if CK_DOUBLE_ELEMENT
typedef __mmask8 Part;
INLINE V load_part(Part m, const E *p) { return _mm512_maskz_loadu_pd(m, p); }
INLINE void store_part(Part m, E *p, V x) { _mm512_mask_storeu_pd(p, m, x); }
INLINE V fused(V a, V b, V c) { return _mm512_fmadd_pd(a, b, c); }
INLINE Half load_half(Part m, const E *p) { return _mm256_maskz_loadu_pd(m, p); }
INLINE void store_half(Part m, E *p, Half x) { _mm256_mask_storeu_pd(p, m, x); }
INLINE Half fused_half(Half a, Half b, Half c) { return _mm256_fmadd_pd(a, b, c); }
#else
typedef __mmask16 Part;
INLINE V load_part(Part m, const E *p) { return _mm512_maskz_loadu_ps(m, p); }
INLINE void store_part(Part m, E *p, V x) { _mm512_mask_storeu_ps(p, m, x); }
INLINE V fused(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
INLINE Half load_half(Part m, const E *p) { return _mm256_maskz_loadu_ps((__mmask8)m, p); }
INLINE void store_half(Part m, E *p, Half x) { _mm256_mask_storeu_ps(p, (__mmask8)m, x); }
INLINE Half fused_half(Half a, Half b, Half c) { return _mm256_fmadd_ps(a, b, c); }

/// Lane i of the result is lane `places[i]` of x.
#define HAS_LANES_AT 1
INLINE V lanes_at(V x, VWhole places) { return _mm512_permutexvar_ps((__m512i)places, x); }
#endif

/// The first n lanes, 0 <= n <= vector_length.
INLINE Part part_of(int64_t n) { return (Part)((1u << n) - 1); }

/// A value in one register: the compiler would make its halves anew, with a shuffle.
INLINE V in_register(V x) {
  __asm__("" : "+v"(x));
  return x;
}

/// Register tiles of products, rows x vectors: 32 registers hold the sums, a row of B and one of A.
#define HAS_HALF_VECTORS 1
#define MAX_TILE_VECTORS 4
#define MAX_TILE_ROWS 14
#define ALL_TILES(TILES_OF) TILES_OF(14, 1) TILES_OF(14, 2) TILES_OF(9, 3) TILES_OF(6, 4)

/// Tiles of dot products: rows of A x columns of B, and the same with one row.
#define MAX_DOT_ROWS 4
#define MAX_DOT_COLUMNS 5
#define ALL_DOT_TILES(TILE) TILE(4, 1) TILE(4, 2) TILE(4, 3) TILE(4, 4) TILE(4, 5)
#define DOT_TILE_COLUMNS(TILES) TILES(1) TILES(2) TILES(3) TILES(4) TILES(5)
