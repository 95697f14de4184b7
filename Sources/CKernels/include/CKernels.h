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

// ------------------------------------------------------------------------------------ products

/// How a product is computed.
typedef enum {
  CK_TILES = 0,  ///< in register tiles, lanes along the columns of C
  CK_DOTS = 1,   ///< narrow: as dot products, lanes along k
  CK_LANES = 2,  ///< narrow, A transposed: lanes along the rows of C
  CK_QUARTERED = 3,  ///< A given as sums of its quarters
} ck_product_form;

/// Sums of a matrix's quarters and of these quarters' quarters (blocks), as `quarter` makes them: this many
/// matrices, each of slabs of this many rows of a block, [products][slabs][columns of a block][rows of a slab].
enum { CK_QUARTER_PRODUCTS = 49, CK_SLAB_ROWS = 12 };

/// What is known of a product's rows. A narrow product then leaves out one column of up to 16.
typedef enum {
  CK_ROWS_ANY = 0,
  CK_ROWS_SHIFTED = 1,  ///< only differences between the columns of C count: the last may be taken from all
  CK_ROWS_BALANCED = 2, ///< every row of C sums to zero, as those of B do
} ck_rows;

/// C[m x n] (+)= A[m x k] B[k x n]. A may have any strides (a transposed operand has them swapped);
/// the columns of B and C are contiguous.
typedef struct {
  int64_t m, n, k;
  int64_t a_row, a_column;  ///< element (i, l) of A is a[i * a_row + l * a_column]
  int64_t b_row;            ///< element (l, j) of B is b[l * b_row + j]
  int64_t c_row;            ///< element (i, j) of C is c[i * c_row + j]
  int32_t initial;          ///< a `ck_initial`
  int32_t relu;             ///< nonzero: negative results become 0
  int32_t rows;             ///< a `ck_rows`
  int32_t quartered;  ///< nonzero: A, or the matrix that it is the transpose of, is given as sums of its quarters
  int64_t a, b, bias, c;  ///< places; the bias is read for CK_BIAS only; C must overlap neither A nor B
  /// Filled in by its plan, from the sizes alone; the form and the depth are the same for every instruction set.
  int32_t form;       ///< a `ck_product_form`
  int32_t direct;     ///< nonzero: in tiles where the operands are, all terms at once
  int64_t columns;    ///< narrow: how many columns are computed as sums; the rest follows from `rows`
  int64_t depth;      ///< k is cut into pieces of this length
  int32_t tile_rows, tile_vectors, pack_a, pack_b;
  int64_t workspace;  ///< elements of scratch memory that `product` needs
  int64_t tail;       ///< direct: columns of the last vector of the last panel
  void (*tiles[2][2])(void);  ///< direct: of panels and the last one, for whole tiles and the last rows
} ck_product;

/// Sums of the quarters of a matrix `a`, and of sums of their quarters, row by row, for products with it and with its
/// transpose: 49 multiplications of blocks in place of 64. Rounding errors are 2 to 3.3 times those of the
/// direct sums, and a row of the product depends on another one's values in its last bits.
typedef struct {
  int64_t rows, columns;
  int64_t a, sums;
} ck_quartering;

/// target[j * target_row + i] = source[i * source_row + j] for i < rows, j < columns.
typedef struct {
  int64_t rows, columns, source_row, target_row;
  int64_t source, target;
} ck_transposition;

/// Products of many matrices of one size: of the places of `product` and on, so far apart each.
typedef struct {
  ck_product product;  ///< without bias
  int64_t count, a_step, b_step, c_step;
} ck_batched_product;

// ------------------------------------------------------------------------------------ fused loops

/// How a loop's operand is addressed at row r, column c of the iteration space.
typedef enum {
  CK_FULL = 0,       ///< one value an element: at offset + r * row + c
  CK_ROW = 1,        ///< one value a column, the same in all rows: at offset + c
  CK_COLUMN = 2,     ///< one value a row, the same in all columns: at offset + r
  CK_SCALAR = 3,     ///< one value: at offset
  CK_TEMPORARY = 4,  ///< a tile of the workspace that lives within one tile only; `offset` is its number
  CK_TEMPORARY_COLUMN = 5,  ///< one value a row within one tile only (a temporary tile, by its number)
  CK_POOLED = 6,  ///< pooled images, at offset; CK_UNPOOL reads these
} ck_addressing;

/// An operand of a loop. Offsets count elements from the base.
typedef struct {
  int64_t offset;
  int64_t row;  ///< CK_FULL: elements from a row to the next (at least the number of columns)
  int32_t addressing;
} ck_operand;

/// An operand as a step goes through it: from the base or the workspace, where a tile starts, how
/// far apart tiles and rows are, and whether elements follow each other (1) or repeat (0).
typedef struct {
  int64_t start, tile_step, row_step;
  int32_t in_workspace, lane;
} ck_stream;

/// How a step runs through a tile; filled in by the loop's plan.
typedef enum {
  CK_BY_ROW = 0,   ///< row by row
  CK_AS_ONE = 1,   ///< all rows as one: the operands' elements follow each other
  CK_OF_ROWS = 2,  ///< one value a row
} ck_course;

/// One step of a loop, over all elements of a tile. `x` is the step's immediate number.
/// Element-wise steps write a CK_FULL or CK_TEMPORARY operand, unless all that they read is
/// CK_COLUMN, CK_TEMPORARY_COLUMN or CK_SCALAR: then they write a CK_COLUMN or CK_TEMPORARY_COLUMN
/// one (one value a row).
typedef enum {
#define STEP(NAME, name, inputs, expression) CK_##NAME,
#include "../step_list.h"
#undef STEP
  // d[r, c] = c == a[r] ? 1 : 0; a is CK_COLUMN: class numbers held as elements
  CK_ONE_HOT,
  /// d = the adjoint of pooling 2x2 windows, stride 2: rows are the pixels of `height` x `width`
  /// images, columns their channels; a (values) and b (which of its window each is, as `pool` has
  /// it) are CK_POOLED. A last row or column of an odd size gets 0.
  CK_UNPOOL,
  // Reductions, of a or of a * b where b >= 0.
  CK_SUM_ROWS,     ///< d is CK_ROW: d[c] = sum over r; complete after the loop only
  CK_SUM_ALL,      ///< d is CK_SCALAR: the sum over the whole space; complete after the loop only
  CK_SUM_COLUMNS,  ///< d is CK_COLUMN or CK_TEMPORARY_COLUMN: d[r] = sum over c; usable by later steps
  CK_MAX_COLUMNS,  ///< likewise the largest a[r, c], at least the lowest finite number; NaN if one is
} ck_step_kind;

typedef struct {
  int32_t kind;        ///< a `ck_step_kind`
  int32_t a, b, c, e, d;  ///< operand numbers, d the result's; -1 where there is none
  int32_t height, width;  ///< CK_UNPOOL's images
  double x;
  /// Filled in by the loop's plan: a `ck_course`, how many of a, b, c, e there are, and where these are
  /// found; the result last.
  int32_t course, inputs;
  ck_stream streams[5];
} ck_step;

/// The most steps of a loop.
enum { CK_MOST_STEPS = 64 };

/// A fused loop: for each tile of the rows x columns space, all steps in turn, so that what passes
/// between steps stays in the nearest cache. A space in which every operand's elements follow each
/// other and nothing is reduced along one axis is run as one row and cut anywhere; any other is cut
/// along its rows. An element-wise step may write the operand that it reads; other steps may not.
typedef struct {
  int64_t rows, columns;
  ck_operand *operands;
  ck_step *steps;
  int32_t operand_count, step_count;
  int32_t temporaries;  ///< how many temporary tiles the operands name: numbers 0 ..< temporaries
  /// Filled in by its plan, from rows, columns, temporaries and the steps alone.
  int32_t flat;  ///< nonzero: run as one row of rows * columns elements
  int32_t fetches;  ///< nonzero: tiles are fetched ahead
  int64_t tile;  ///< rows of a tile, or elements where flat
  int64_t workspace;  ///< elements of scratch memory that `loop` needs
} ck_loop;

// ------------------------------------------------------------------------------------ passes

/// A pass over the rows of a long A: values = A B (plus a bias), a loop over the rows of the values,
/// result = A' terms, where the loop writes the terms; the same bits as three calls, but A is read
/// from memory once.
///
/// The products are planned, forward as CK_DOTS with a bias or from zero, backward as CK_LANES from
/// zero, both without `relu`. The loop has A's rows, or is flat with as many elements for each; it
/// reads the values and writes the terms at the row that it is at, and writes neither B nor bias.
typedef struct {
  const ck_product *forward, *backward;
  const ck_loop *loop;
  int64_t a, b, bias, values, terms, result;
  /// Filled in by its plan, once the products and the loop are planned.
  int64_t turn;       ///< rows that are multiplied before the loop and the sums catch up
  int64_t workspace;  ///< elements of scratch memory that `pass` needs
} ck_pass;

// ------------------------------------------------------------------------------------ images

/// A 3x3 convolution with padding 1 and stride 1 or 2: [images, height, width, in] to [images,
/// out_height, out_width, out], out_height = (height + stride - 1) / stride, likewise the width.
/// What the operands are says each kernel.
typedef struct {
  int64_t images, height, width, in, out, stride;
  int32_t initial;  ///< CK_ZERO or CK_ACCUMULATE
  int64_t a, b, c, result;  ///< places
} ck_convolution;

/// The most input channels of a convolution that is computed from its patches.
enum { CK_PATCH_CHANNELS = 3 };

/// `pool` of a convolution with weights w; where there is a factor, of factor * convolution.
typedef struct {
  ck_convolution convolution;  ///< without places
  int64_t padded_x, w, factor, y, index;  ///< places; the factor, and y or the index, may be left out
} ck_convolved_pooling;

/// Where zeros are put around each image.
typedef struct {
  int64_t images, height, width, channels;
  int64_t top, left, bottom, right;
  int64_t x, padded;  ///< places
} ck_padding;

/// Pooling of 2x2 windows, stride 2: the last row or column of an odd size is left out. The index says which of a
/// window's four values (0 top left, 1 top right, 2 bottom left, 3 bottom right) is the largest, the first of equals, NaN
/// first of all; held as elements. y is that value. Where there is a scale, the largest of (x - centre) scale + shift is
/// meant, each a value a channel; y is x there.
typedef struct {
  int64_t images, height, width, channels;
  int64_t x, centre, scale, shift, y, index;  ///< places; the three rows, and y or the index, may be left out
} ck_pooling;

/// Windows over padded images [images, padded_height, padded_width, in], for convolutions to [images, out_height,
/// out_width, out]. Each of the groups of input channels has its own output channels; weights are
/// [kernel_height][kernel_width][in / groups][out].
typedef struct {
  int64_t images, in, out, groups;
  int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int64_t padded_height, padded_width, out_height, out_width;
  int32_t initial;  ///< CK_ZERO or CK_ACCUMULATE
  int64_t a, b, result;  ///< places
} ck_windows;

/// Windows over images that are not padded, for pooling: what lies beyond an image does not count.
typedef struct {
  int64_t images, height, width, channels;
  int64_t kernel_height, kernel_width, stride_height, stride_width, dilation_height, dilation_width;
  int64_t top, left, out_height, out_width;
  int64_t x, index, result;  ///< places
} ck_window_pooling;

// ------------------------------------------------------------------------------------ rows and axes

/// Along the middle axis of [outer][middle][inner].
typedef struct {
  int64_t outer, middle, inner;
  int64_t source, target;
} ck_middle_axis;

/// An axis of a rearrangement: elements from one to the next, in the source and in the target.
typedef struct {
  int64_t size, source_step, target_step;
} ck_axis;

/// Elements of the source, from one on, to places of the target, from one on; before, so many elements of the target
/// from its beginning are set to 0.
typedef struct {
  int64_t rank;
  const ck_axis *axes;
  int64_t source_start, target_start, cleared;
  int64_t source, target;
} ck_rearrangement;

/// Running sums along the middle axis, from its end where reversed; without an element's own value where exclusive.
typedef struct {
  ck_middle_axis axis;
  int32_t reversed, exclusive;
} ck_running_sum;

/// The largest (or least) along the middle axis, to `axis.target`, and its number, the first of equals, not-a-number
/// before all; either may be left out.
typedef struct {
  ck_middle_axis axis;
  int32_t least;
  int64_t index;
} ck_extremes;

/// y[i] = the number of edges, in ascending order, that are not above x[i]; of what is not a number all of them.
typedef struct {
  int64_t count, edge_count;
  int64_t source, edges, target;
} ck_buckets;

/// Each column's sum, and then each column's sum of squared deviations from its mean: 2 * columns elements. x is read
/// from afar once.
typedef struct {
  int64_t rows, columns;
  int64_t x, result;
} ck_column_moments;

/// `count` rows of `columns` elements that an index (held as elements, checked by the caller) chooses from `rows` rows.
typedef struct {
  int64_t count, rows, columns;
  int64_t source, index, target;
} ck_row_choice;

/// Elements that follow each other.
typedef struct {
  int64_t count;
  int64_t source, target;
} ck_copying;

// ------------------------------------------------------------------------------------ sparse and small matrices

/// A sparse matrix of rows x columns in compressed rows: entries starts[r] ..< starts[r + 1] belong to row r, in the
/// columns that `entries` says (both held as elements, checked by the caller); dense matrices have `width` columns.
typedef struct {
  int64_t rows, columns, width;
  int64_t starts, entries, a, b, result;  ///< places
} ck_sparse;

/// So many n x n matrices `a`, and as many of n x columns, `b`.
typedef struct {
  int64_t count, n, columns;
  int32_t upper, transposed, unit;  ///< of a triangle; the second also of whole matrices
  int64_t a, b, result;  ///< places
} ck_triangle;

// ------------------------------------------------------------------------------------ the table

typedef struct {
  ck_instruction_set instruction_set;
  ck_element element;

  ck_kernel product;    ///< of a ck_product
  ck_kernel quarter;    ///< of a ck_quartering
  ck_kernel transpose;  ///< of a ck_transposition
  ck_kernel loop;       ///< of a ck_loop
  ck_kernel pass;       ///< of a ck_pass

  ck_kernel moments;        ///< of a ck_column_moments
  ck_kernel sum_middle;     ///< of a ck_middle_axis
  ck_kernel repeat_middle;  ///< of a ck_middle_axis
  /// target[i] = source[index[i]].
  ck_kernel gather_rows;    ///< of a ck_row_choice
  /// Its adjoint: target (`rows` rows) = 0, then target[index[i]] += source[i] in order of i.
  ck_kernel scatter_rows;   ///< of a ck_row_choice
  ck_kernel copy;           ///< of a ck_copying

  /// x to a copy with a border of zeros (border written each time).
  ck_kernel pad;  ///< of a ck_padding

  // All that follow up to pooling are of a ck_convolution.

  /// result (+)= convolution of a, padded by 1 on every side, with the weights b.
  ck_kernel convolve;
  /// result = the weights a as `convolve_input_gradient` wants them: 9 * in * out elements. Stride 1: both image
  /// axes reversed, in and out swapped. Stride 2: the four parity classes of input pixels, packed one after another.
  ck_kernel flip_weights;
  /// result (+)= adjoint in x of a, which is dy padded (stride 1 by 1 on every side; stride 2 by 1 at the bottom and the
  /// right), with flipped weights b.
  ck_kernel convolve_input_gradient;
  /// result (+)= adjoint in w: of a, x padded by 1 on every side, with b, dy.
  ck_kernel convolve_weight_gradient;

  // Stride 1 in transformed space (Winograd's F(4x4, 3x3)): 36 multiplications a tile where the taps
  // take 144. Rounding errors are about five times those of the direct sums. Images are not padded.

  /// result = transformed weights: a, [3][3][in][out], to [36][in][out].
  ck_kernel winograd_weights;
  /// result (+)= adjoint of `winograd_weights` of a.
  ck_kernel winograd_weights_adjoint;
  /// result (+)= convolution of a with transformed weights b; the adjoint in x where b is the transform of flipped
  /// weights, and in and out are swapped.
  ck_kernel winograd_convolve;
  /// result (+)= adjoint in the transformed weights: of a, x, with b, dy.
  ck_kernel winograd_weight_gradient;

  // Convolutions of images of up to CK_PATCH_CHANNELS channels, stride 1, from their patches: the 3x3 pixels that an
  // output pixel is made from, 9 * in values (taps), ordered as the weights are.

  /// What sums over all output pixels come to, but for the weights, of padded images a: the patches' mean m, then R,
  /// [taps][taps], upper triangular, with R'R the sum of the products of deviations from m. With the weights as a matrix
  /// W, [taps][out], the outputs' means are m W, and the sums of products of two outputs' deviations are those of (R W1)
  /// and (R W2). Summed in double precision; a tap that depends on those before it up to 1e-13 of its sum has a row of
  /// zeros.
  ck_kernel patch_factor;
  /// result = `pool_gather` of the convolution of padded images a with w = b, at the index c, with the same bits.
  ck_kernel convolve_pool_gather;
  /// result (+)= its adjoint in w: of padded images a, with dy = b at the index c.
  ck_kernel convolve_pool_weight_gradient;

  /// `pool` of the convolution, with the same bits.
  ck_kernel convolve_pool;  ///< of a ck_convolved_pooling
  ck_kernel pool;           ///< of a ck_pooling
  /// y = the values of x that an index chooses.
  ck_kernel pool_gather;    ///< of a ck_pooling

  // Convolutions with windows of any kind, of a ck_windows: as the 3x3 ones above. The adjoint in the images is a
  // convolution of stride 1 with flipped weights, of what its windows receive, set apart by the stride.

  ck_kernel window_convolve;         ///< result (+)= convolution of padded a with weights b
  ck_kernel window_weight_gradient;  ///< result (+)= adjoint in the weights: of padded a with b, dy
  /// The same where groups, in and out are one number: a channel, a filter.
  ck_kernel depthwise_convolve;
  ck_kernel depthwise_weight_gradient;
  /// result = which of its window's pixels, row by row, is largest: the first of equals, not-a-number before all.
  ck_kernel window_index;    ///< of a ck_window_pooling
  ck_kernel window_gather;   ///< of a ck_window_pooling: result = the values of x that an index chooses
  ck_kernel window_scatter;  ///< of a ck_window_pooling: its adjoint, of x

  ck_kernel batched_product;  ///< of a ck_batched_product
  ck_kernel rearrange;        ///< of a ck_rearrangement
  ck_kernel cumulate;         ///< of a ck_running_sum
  ck_kernel extremes;         ///< of a ck_extremes
  ck_kernel buckets;          ///< of a ck_buckets

  // Of a ck_sparse: with values a and a dense b, their product, [rows][width]; with a transposed matrix, [columns][width];
  // with dense a, [rows][width], and b, [columns][width], at each entry the inner product of its row and its column.
  ck_kernel sparse_product;
  ck_kernel sparse_transposed;
  ck_kernel sparse_sampled;
  /// Of a ck_sparse without a and b, whose `width` is the number of entries: these in the order of columns. Where columns
  /// start, [columns + 1]; each entry's row, [entries]; its number in the order of rows, [entries].
  ck_kernel sparse_order;

  // Of a ck_triangle.
  ck_kernel cholesky;          ///< result = L with L L' = a, of its lower triangle
  ck_kernel solve_triangle;    ///< a result = b
  ck_kernel solve_matrix;      ///< the same for any a, by elimination with pivots
  ck_kernel log_determinants;  ///< result = log |det a|

  /// Vectors of n elements. The dot product is summed in lanes over blocks and in double over
  /// these.
  /// target = `count` rows of the matrix `source`.
  void (*take_rows)(
    int64_t count, int64_t columns, const int64_t *rows, const void *source, void *target);

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
