/// The compute kernels of igbm-dist: products, fused element-wise loops, convolutions, pooling.
///
/// Every kernel exists for three instruction sets and two element types, from one template
/// (`template/*.h`, included once for each pair); `ck_kernels_for` hands out the table of one pair.
///
/// The laws all kernels keep:
/// - single-threaded, no allocation, no global state but the tables, no errno;
/// - the order of every summation depends on shapes alone, so equal shapes give equal bits;
/// - AVX-512 and AVX2 give the same bits (sums run over 16 float or 8 double lanes on both, products
///   over k in order with fused multiply-add); the portable ones may differ in the last bits;
/// - a row of a product (of A as it is, and not given as sums of its quarters) or an image of a convolution does not
///   depend on the others of its batch;
/// - matrices are row-major, images NHWC, convolution weights [3][3][in][out]; all counts and strides
///   are in elements, never bytes; buffers need only the element's own alignment;
/// - NaN and infinities travel through as IEEE 754 has it; further than that where quarters are added up, or a column
///   is left out, which only callers that treat any of them as an error ask for.
#ifndef IGBM_CKERNELS_H
#define IGBM_CKERNELS_H

#include <stddef.h>
#include <stdint.h>

/// Instruction sets, the fastest last.
typedef enum { CK_PORTABLE = 0, CK_AVX2 = 1, CK_AVX512 = 2 } ck_instruction_set;

/// Element types.
typedef enum { CK_FLOAT = 0, CK_DOUBLE = 1 } ck_element;

/// What a result starts from.
typedef enum {
  CK_ZERO = 0,        ///< c = product
  CK_ACCUMULATE = 1,  ///< c = c + product
  CK_BIAS = 2,        ///< c = bias (one value a column) + product; products only
} ck_initial;

/// A kernel. All that a call needs is in its descriptor: sizes first, then places of operands and results, in elements
/// from a base that is given with each run; an operand that may be left out is then at CK_NOWHERE.
typedef struct {
  /// Fills in what can be worked out before the first run; gives the elements of scratch memory that a run needs. NULL
  /// where there is nothing to work out.
  int64_t (*plan)(void *descriptor);
  /// `workspace` is aligned to 64 bytes.
  void (*run)(const void *descriptor, void *base, void *workspace);
} ck_kernel;

/// The place of an operand that is left out.
#define CK_NOWHERE INT64_MIN

// Each operation's descriptors, for C and for Swift.
#define CK_DESCRIPTORS
#include "../operations.h"
#undef CK_DESCRIPTORS

/// The kernels of one instruction set and element type.
typedef struct {
  ck_instruction_set instruction_set;
  ck_element element;

#define KERNEL(name, plan) ck_kernel name;
#include "../operations.h"
#undef KERNEL

  /// target = `count` rows of the matrix `source`.
  void (*take_rows)(
    int64_t count, int64_t columns, const int64_t *rows, const void *source, void *target);

  /// Vectors of n elements. The dot product is summed in lanes over blocks and in double over
  /// these.
  double (*dot)(int64_t n, const void *x, const void *y);
  /// result = {x x, x y, y y}, as `dot` adds them up, in one pass.
  void (*dots)(int64_t n, const void *x, const void *y, double *result);
  void (*add_scaled)(int64_t n, double alpha, const void *x, void *y);   ///< y = y + alpha x
  /// The same, and then z y, as `dot` adds it up, in one pass. z may be y.
  double (*add_scaled_dot)(int64_t n, double alpha, const void *x, void *y, const void *z);
  void (*scale_add)(int64_t n, const void *x, double beta, void *y);     ///< y = x + beta y
  void (*scale)(int64_t n, double alpha, void *x);                       ///< x = alpha x

  /// Runs fused multiply-adds from registers alone, enough at once to hide their latency, and gives
  /// the number of floating-point operations made: the core's peak, for comparison.
  double (*multiply_add_rounds)(int64_t rounds);
} ck_kernels;

/// Asks for rows of `size` bytes, 1 or more, which are to be read soon, to come into the second cache.
static inline void ck_fetch_rows(
  int64_t count, int64_t size, const int64_t *rows, const void *source) {
  for (int64_t i = 0; i < count; i++) {
    const char *row = (const char *)source + rows[i] * size;
    for (int64_t at = 0; at < size; at += 64) __builtin_prefetch(row + at, 0, 2);
    __builtin_prefetch(row + size - 1, 0, 2);
  }
}

/// Philox 4x32-10: two draws of 64 bits for each of some blocks, whose counters follow each other in the first word.
void ck_philox(const uint32_t key[2], const uint32_t counter[4], int64_t blocks, uint64_t *draws);

/// The fastest instruction set that this processor and this build have.
ck_instruction_set ck_best(void);

/// The table for one instruction set and element type; NULL where the processor or the build lacks
/// it.
const ck_kernels *ck_kernels_for(ck_instruction_set set, ck_element element);

#endif
