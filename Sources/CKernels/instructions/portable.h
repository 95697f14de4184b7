// Any processor: vectors of 16 bytes, which the compiler maps to what there is.
#define VECTOR_BYTES 16
#include "../template/vector.h"

typedef int64_t Part;

// Out of line, where they are seldom: written out at every use, they were half of the code.
static __attribute__((noinline)) V load_some(Part n, const E *p) {
  V x = {0};
  for (int64_t i = 0; i < n; i++) x[i] = p[i];
  return x;
}
static __attribute__((noinline)) void store_some(Part n, E *p, V x) {
  for (int64_t i = 0; i < n; i++) p[i] = x[i];
}
INLINE V load_part(Part n, const E *p) {
  return n == vector_length ? load(p) : load_some(n, p);
}
INLINE void store_part(Part n, E *p, V x) {
  if (n == vector_length) store(p, x);
  else store_some(n, p, x);
}
/// Not fused here: without the instruction it would be a call of the mathematics library a lane.
INLINE V fused(V a, V b, V c) { return a * b + c; }

/// The first n lanes, 0 <= n <= vector_length.
INLINE Part part_of(int64_t n) { return n; }

/// Register tiles of products, rows x vectors, for 16 registers.
#define HAS_HALF_VECTORS 0
#define MAX_TILE_VECTORS 2
#define MAX_TILE_ROWS 6
#define ALL_TILES(TILES_OF) TILES_OF(6, 1) TILES_OF(4, 2)

/// Tiles of dot products: rows of A x columns of B, and the same with one row.
#define MAX_DOT_ROWS 2
#define MAX_DOT_COLUMNS 1
#define ALL_DOT_TILES(TILE) TILE(2, 1)
#define DOT_TILE_COLUMNS(TILES) TILES(1)
