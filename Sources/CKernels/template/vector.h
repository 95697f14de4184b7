// Vectors of elements: types and what all instruction sets share. Included by `instructions/*.h`,
// which say how long a vector is (VECTOR_BYTES) and add loads and stores of parts, and `fused`.
#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

// Blocks longer than a register are passed between functions that are always inlined: no calling
// convention is involved.
#pragma clang diagnostic ignored "-Wpsabi"

// Nothing may depend on where the compiler finds a product next to a sum.
#pragma clang fp contract(off)

#if CK_DOUBLE_ELEMENT
typedef double E;
typedef int64_t Whole;
typedef uint64_t Bits;
enum { lanes = 8, vector_length = VECTOR_BYTES / 8 };
static const E lowest = -DBL_MAX;
#else
typedef float E;
typedef int32_t Whole;
typedef uint32_t Bits;
enum { lanes = 16, vector_length = VECTOR_BYTES / 4 };
static const E lowest = -FLT_MAX;
#endif

/// A sum runs over `lanes` lanes on every instruction set: that many vectors.
enum { lane_vectors = lanes / vector_length };

typedef E V __attribute__((ext_vector_type(VECTOR_BYTES / sizeof(E))));
typedef Whole VWhole __attribute__((ext_vector_type(VECTOR_BYTES / sizeof(E))));
typedef Bits VBits __attribute__((ext_vector_type(VECTOR_BYTES / sizeof(E))));

typedef E Half __attribute__((ext_vector_type(VECTOR_BYTES / sizeof(E) / 2)));

typedef struct {
  V value;
} __attribute__((packed, may_alias)) unaligned_vector;
typedef struct {
  Half value;
} __attribute__((packed, may_alias)) unaligned_half;

INLINE V load(const E *p) { return ((const unaligned_vector *)p)->value; }
INLINE void store(E *p, V x) { ((unaligned_vector *)p)->value = x; }
INLINE V splat(E x) { return (V)x; }
INLINE VBits bits_of(V x) { return (VBits)x; }
INLINE V of_bits(VBits x) { return (V)x; }
INLINE Half load_lower(const E *p) { return ((const unaligned_half *)p)->value; }
INLINE void store_lower(E *p, V x) { ((unaligned_half *)p)->value = x.lo; }
INLINE V choose(VWhole mask, V yes, V no) { return mask ? yes : no; }
INLINE V absolute(V x) { return of_bits(bits_of(x) & (VBits)(~(Bits)0 >> 1)); }

INLINE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
INLINE int64_t pieces_of(int64_t n, int64_t size) { return (n + size - 1) / size; }

/// The value, or 0 where it is negative; NaN stays.
INLINE V rectified(V x) { return choose(x <= splat(0), splat(0), x); }

/// The larger, NaN if one is.
INLINE V maximum(V a, V b) { return choose((a > b) | (a != a), a, b); }
INLINE V minimum(V a, V b) { return choose((a < b) | (a != a), a, b); }
