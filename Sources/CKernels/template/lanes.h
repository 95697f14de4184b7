// Blocks of `lanes` lanes, 16 floats or 8 doubles on every instruction set: sums are added up in
// them, so that the order of a sum is the same everywhere.

typedef E Block __attribute__((ext_vector_type(64 / sizeof(E))));
typedef struct {
  Block value;
} __attribute__((packed, may_alias)) unaligned_block;

INLINE Block load_block(const E *p) { return ((const unaligned_block *)p)->value; }
INLINE void store_block(E *p, Block x) { ((unaligned_block *)p)->value = x; }

/// The first n lanes, 0 <= n <= lanes; the others are zero.
INLINE Block load_lanes(const E *p, int64_t n) {
#if VECTOR_BYTES == 64
  return load_part(part_of(n), p);
#else
  E copy[64 / sizeof(E)] __attribute__((aligned(64)));
  UNROLL for (int v = 0; v < lane_vectors; v++) {
    const int64_t here = larger(0, smaller(vector_length, n - v * vector_length));
    store(copy + v * vector_length, load_part(part_of(here), p + v * vector_length));
  }
  return load_block(copy);
#endif
}

/// Writes the first n lanes.
INLINE void store_lanes(E *p, int64_t n, Block x) {
#if VECTOR_BYTES == 64
  store_part(part_of(n), p, x);
#else
  E copy[64 / sizeof(E)] __attribute__((aligned(64)));
  store_block(copy, x);
  UNROLL for (int v = 0; v < lane_vectors; v++) {
    const int64_t here = larger(0, smaller(vector_length, n - v * vector_length));
    store_part(part_of(here), p + v * vector_length, load(copy + v * vector_length));
  }
#endif
}

INLINE Block fused_block(Block a, Block b, Block c) {
#if VECTOR_BYTES == 16
  return a * b + c;
#else
  return __builtin_elementwise_fma(a, b, c);
#endif
}

/// The sum of all lanes: always the upper half onto the lower.
INLINE E fold(Block x) {
#if CK_DOUBLE_ELEMENT
  typedef E Four __attribute__((ext_vector_type(4)));
  const Four b = x.lo + x.hi;
#else
  typedef E Eight __attribute__((ext_vector_type(8)));
  typedef E Four __attribute__((ext_vector_type(4)));
  const Eight a = x.lo + x.hi;
  const Four b = a.lo + a.hi;
#endif
  return (b.x + b.z) + (b.y + b.w);
}

typedef Whole BlockMask __attribute__((ext_vector_type(64 / sizeof(E))));

/// The first n lanes; the others are those of `rest`.
INLINE Block load_lanes_or(const E *p, int64_t n, Block rest) {
#if CK_DOUBLE_ELEMENT
  const BlockMask number = {0, 1, 2, 3, 4, 5, 6, 7};
#else
  const BlockMask number = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
#endif
  return number < (BlockMask)(Whole)n ? load_lanes(p, n) : rest;
}

/// The larger of each two lanes, NaN if one is.
INLINE Block larger_lanes(Block a, Block b) { return ((a > b) | (a != a)) ? a : b; }

/// The largest lane: always the upper half against the lower.
INLINE E largest_lane(Block x) {
#define UPPER(...) larger_lanes(x, __builtin_shufflevector(x, x, __VA_ARGS__))
#if CK_DOUBLE_ELEMENT
  x = UPPER(4, 5, 6, 7, 4, 5, 6, 7), x = UPPER(2, 3, 2, 3, 2, 3, 2, 3);
  x = UPPER(1, 1, 1, 1, 1, 1, 1, 1);
#else
  x = UPPER(8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  x = UPPER(4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7);
  x = UPPER(2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3);
  x = UPPER(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
#endif
#undef UPPER
  return x[0];
}

// ---- Many blocks at once.

// JOIN_k folds two vectors into one with f: of each, the lower half of every group of lanes meets the
// upper one; the first holds the lower lanes of the result.
#define JOIN(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#if CK_DOUBLE_ELEMENT
#define JOIN_1(f, a, b) f(JOIN(a, b, 0, 1, 2, 3, 8, 9, 10, 11), JOIN(a, b, 4, 5, 6, 7, 12, 13, 14, 15))
#define JOIN_2(f, a, b) f(JOIN(a, b, 0, 1, 4, 5, 8, 9, 12, 13), JOIN(a, b, 2, 3, 6, 7, 10, 11, 14, 15))
#define JOIN_3(f, a, b) f(JOIN(a, b, 0, 2, 4, 6, 8, 10, 12, 14), JOIN(a, b, 1, 3, 5, 7, 9, 11, 13, 15))
#else
#define JOIN_1(f, a, b)                                                                            \
  f(JOIN(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),                            \
    JOIN(a, b, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
#define JOIN_2(f, a, b)                                                                            \
  f(JOIN(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27),                          \
    JOIN(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31))
#define JOIN_3(f, a, b)                                                                            \
  f(JOIN(a, b, 0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29),                          \
    JOIN(a, b, 2, 3, 6, 7, 10, 11, 14, 15, 18, 19, 22, 23, 26, 27, 30, 31))
#define JOIN_4(f, a, b)                                                                            \
  f(JOIN(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),                         \
    JOIN(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31))
#endif

INLINE Block sum_lanes(Block a, Block b) { return a + b; }

/// Lane i of the result is all lanes of s[i] put together with f: sums as `fold` adds them up, or the
/// largest as `largest_lane` finds it.
#if CK_DOUBLE_ELEMENT
#define FOLD_EACH(name, f)                                                                         \
  INLINE Block name(Block s[16]) {                                                                 \
    UNROLL for (int i = 0; i < 4; i++) s[i] = JOIN_1(f, s[2 * i], s[2 * i + 1]);                   \
    UNROLL for (int i = 0; i < 2; i++) s[i] = JOIN_2(f, s[2 * i], s[2 * i + 1]);                   \
    return JOIN_3(f, s[0], s[1]);                                                                  \
  }
#else
#define FOLD_EACH(name, f)                                                                         \
  INLINE Block name(Block s[16]) {                                                                 \
    UNROLL for (int i = 0; i < 8; i++) s[i] = JOIN_1(f, s[2 * i], s[2 * i + 1]);                   \
    UNROLL for (int i = 0; i < 4; i++) s[i] = JOIN_2(f, s[2 * i], s[2 * i + 1]);                   \
    UNROLL for (int i = 0; i < 2; i++) s[i] = JOIN_3(f, s[2 * i], s[2 * i + 1]);                   \
    return JOIN_4(f, s[0], s[1]);                                                                  \
  }
#endif
FOLD_EACH(fold_each, sum_lanes)
FOLD_EACH(largest_of_each, larger_lanes)
