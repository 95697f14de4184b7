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
  /// Filled by the table's `plan_product`, from the fields above alone; the form and the depth are
  /// the same for every instruction set.
  int32_t form;       ///< a `ck_product_form`
  int32_t direct;     ///< nonzero: in tiles where the operands are, all terms at once
  int64_t columns;    ///< narrow: how many columns are computed as sums; the rest follows from `rows`
  int64_t depth;      ///< k is cut into pieces of this length
  int32_t tile_rows, tile_vectors, pack_a, pack_b;
  int64_t workspace;  ///< elements of scratch memory that `product` needs
  int64_t tail;       ///< direct: columns of the last vector of the last panel
  void (*tiles[2][2])(void);  ///< direct: of panels and the last one, for whole tiles and the last rows
} ck_product;

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

/// An operand of a loop. Offsets count elements from the base pointer given to `loop`.
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

/// How a step runs through a tile; filled by `plan_loop`.
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
  // d = f(a)
  CK_COPY, CK_SCALE /* x a */, CK_OFFSET /* a + x */, CK_SQUARE, CK_RECIPROCAL, CK_SQUARE_ROOT,
  CK_RECIPROCAL_SQUARE_ROOT, CK_ABSOLUTE, CK_SIGN /* -1, 0, 1 */, CK_EXP, CK_LOG, CK_TANH, CK_SIGMOID,
  CK_SOFTPLUS, CK_RELU /* a > 0 ? a : 0, NaN stays */, CK_STEP /* a > 0 ? 1 : 0 */,
  // d = f(a, b)
  CK_ADD, CK_SUBTRACT /* a - b */, CK_MULTIPLY, CK_DIVIDE /* a / b */, CK_MAXIMUM, CK_MINIMUM,
  CK_MASK /* b > 0 ? a : 0 */, CK_WEIGH /* a == 0 ? 0 : a b */, CK_ADD_SCALED /* a + x b */,
  CK_TANH_SLOPE /* a (1 - b b) */, CK_SIGMOID_SLOPE /* a b (1 - b) */,
  // d = f(a, b, c), each one fused multiply-add an element
  CK_MULTIPLY_ADD /* a b + c */, CK_MULTIPLY_SUBTRACT /* a b - c */,
  CK_NEGATED_MULTIPLY_ADD /* c - a b */,
  // d = f(a, b, c[, e]), the difference rounded before it is multiplied
  CK_CENTRED_SCALED /* (a - b) c */, CK_CENTRED_SCALED_ADD /* (a - b) c + e */,
  CK_ADD_SCALED_DIFFERENCE /* a + x (b - c) */,
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
  /// Filled by `plan_loop`: a `ck_course`, how many of a, b, c, e there are, and where these are
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
  /// Filled by the table's `plan_loop`, from rows, columns, temporaries and the steps alone.
  int32_t flat;  ///< nonzero: run as one row of rows * columns elements
  int32_t fetches;  ///< nonzero: tiles are fetched ahead
  int64_t tile;  ///< rows of a tile, or elements where flat
  int64_t workspace;  ///< elements of scratch memory that `loop` needs
} ck_loop;

// ------------------------------------------------------------------------------------ passes

/// A pass over the rows of a long A: values = A B (plus a bias), a loop over the rows of the values,
/// result = A' terms, where the loop writes the terms; the same bits as three calls, but A is read
/// from memory once. Places count elements from the base pointer given to `pass`.
///
/// The products are planned, forward as CK_DOTS with a bias or from zero, backward as CK_LANES from
/// zero, both without `relu`. The loop has A's rows, or is flat with as many elements for each; it
/// reads the values and writes the terms at the row that it is at, and writes neither B nor bias.
typedef struct {
  const ck_product *forward, *backward;
  const ck_loop *loop;
  int64_t a, b, bias, values, terms, result;
  /// Filled by the table's `plan_pass`, once the products and the loop are planned.
  int64_t turn;       ///< rows that are multiplied before the loop and the sums catch up
  int64_t workspace;  ///< elements of scratch memory that `pass` needs
} ck_pass;

// ------------------------------------------------------------------------------------ images

/// A 3x3 convolution with padding 1 and stride 1 or 2: [images, height, width, in] to [images,
/// out_height, out_width, out], out_height = (height + stride - 1) / stride, likewise the width.
typedef struct {
  int64_t images, height, width, in, out, stride;
  int32_t initial;  ///< CK_ZERO or CK_ACCUMULATE
} ck_convolution;

/// The most input channels of a convolution that is computed from its patches.
enum { CK_PATCH_CHANNELS = 3 };

/// Where `pad` puts zeros around each image.
typedef struct {
  int64_t images, height, width, channels;
  int64_t top, left, bottom, right;
} ck_padding;

/// Pooling of 2x2 windows, stride 2: the last row or column of an odd size is left out.
typedef struct {
  int64_t images, height, width, channels;
} ck_pooling;

// ------------------------------------------------------------------------------------ the table

typedef struct {
  ck_instruction_set instruction_set;
  ck_element element;

  /// Chooses tiles; `product` may be called with the result any number of times.
  void (*plan_product)(ck_product *p);
  /// `bias` is read for CK_BIAS only; `workspace` holds p->workspace elements, 64-byte aligned. C
  /// must overlap neither A nor B.
  void (*product)(const ck_product *p, const void *a, const void *b, const void *bias, void *c, void *workspace);
  /// Sums of the quarters of a matrix, and of sums of their quarters, row by row, for products with it and with its
  /// transpose: 49 multiplications of blocks in place of 64. Rounding errors are 2 to 3.3 times those of the
  /// direct sums, and a row of the product depends on another one's values in its last bits.
  void (*quarter)(int64_t rows, int64_t columns, const void *a, void *sums);
  /// target[j * target_row + i] = source[i * source_row + j] for i < rows, j < columns.
  void (*transpose)(int64_t rows, int64_t columns, const void *source, int64_t source_row, void *target, int64_t target_row);

  void (*plan_loop)(ck_loop *l);
  void (*loop)(const ck_loop *l, void *base, void *workspace);

  void (*plan_pass)(ck_pass *p);
  /// `workspace` holds p->workspace elements, 64-byte aligned.
  void (*pass)(const ck_pass *p, void *base, void *workspace);

  /// Each column's sum, and then each column's sum of squared deviations from its mean: 2 * columns elements. x is read
  /// from afar once.
  void (*moments)(int64_t rows, int64_t columns, const void *x, void *result);
  /// Sums out, or repeats along, the middle axis of [outer][middle][inner].
  void (*sum_middle)(int64_t outer, int64_t middle, int64_t inner, const void *x, void *y);
  void (*repeat_middle)(int64_t outer, int64_t middle, int64_t inner, const void *y, void *x);

  /// x to a copy with a border of zeros (border written each time).
  void (*pad)(const ck_padding *p, const void *x, void *padded);
  /// y (+)= convolution of x, padded by 1 on every side, with w.
  void (*convolve)(const ck_convolution *c, const void *padded_x, const void *w, void *y);
  /// Weights as `convolve_input_gradient` wants them: 9 * in * out elements. Stride 1: both image
  /// axes reversed, in and out swapped. Stride 2: the four parity classes of input pixels, packed
  /// one after another.
  void (*flip_weights)(const ck_convolution *c, const void *w, void *flipped);
  /// dx (+)= adjoint in x. dy padded: stride 1 by 1 on every side; stride 2 by 1 at the bottom and
  /// the right.
  void (*convolve_input_gradient)(const ck_convolution *c, const void *padded_dy, const void *flipped, void *dx);
  /// dw (+)= adjoint in w.
  void (*convolve_weight_gradient)(const ck_convolution *c, const void *padded_x, const void *dy, void *dw);

  // Stride 1 in transformed space (Winograd's F(4x4, 3x3)): 36 multiplications a tile where the taps
  // take 144. Rounding errors are about five times those of the direct sums. Images are not padded.

  /// u = transformed weights: [3][3][in][out] to [36][in][out].
  void (*winograd_weights)(const ck_convolution *c, const void *w, void *u);
  /// dw (+)= adjoint of `winograd_weights`.
  void (*winograd_weights_adjoint)(const ck_convolution *c, const void *du, void *dw);
  /// Elements of scratch memory of the two that follow.
  int64_t (*winograd_workspace)(const ck_convolution *c);
  /// y (+)= convolution of x; the adjoint in x where u is the transform of flipped weights, and in and
  /// out are swapped.
  void (*winograd_convolve)(
    const ck_convolution *c, const void *x, const void *u, void *y, void *workspace);
  /// du (+)= adjoint in u.
  void (*winograd_weight_gradient)(
    const ck_convolution *c, const void *x, const void *dy, void *du, void *workspace);

  /// index: which of a window's four values (0 top left, 1 top right, 2 bottom left, 3 bottom
  /// right) is the largest, the first of equals, NaN first of all; held as elements. y: that value.
  /// Either may be NULL. Where there is a scale, the largest of (x - centre) scale + shift is meant,
  /// each a value a channel; y is x there.
  void (*pool)(
    const ck_pooling *p, const void *x, const void *centre, const void *scale, const void *shift,
    void *y, void *index);
  void (*pool_gather)(const ck_pooling *p, const void *x, const void *index, void *y);

  // Convolutions of images of up to CK_PATCH_CHANNELS channels, stride 1, from their patches: the 3x3 pixels that an
  // output pixel is made from, 9 * in values (taps), ordered as the weights are.

  /// What sums over all output pixels come to, but for the weights: the patches' mean m, then R, [taps][taps], upper
  /// triangular, with R'R the sum of the products of deviations from m. With the weights as a matrix W, [taps][out],
  /// the outputs' means are m W, and the sums of products of two outputs' deviations are those of (R W1) and (R W2).
  /// Summed in double precision; a tap that depends on those before it up to 1e-13 of its sum has a row of zeros.
  void (*patch_factor)(const ck_convolution *c, const void *padded_x, void *result);
  /// `pool` of the convolution with w, with the same bits; where there is a factor, of factor * convolution.
  void (*convolve_pool)(
    const ck_convolution *c, const void *padded_x, const void *w, const void *factor, void *y,
    void *index);
  /// `pool_gather` of the convolution with w, with the same bits.
  void (*convolve_pool_gather)(
    const ck_convolution *c, const void *padded_x, const void *w, const void *index, void *y);
  /// dw (+)= its adjoint in w.
  void (*convolve_pool_weight_gradient)(
    const ck_convolution *c, const void *padded_x, const void *dy, const void *index, void *dw);

  /// y[i] = x[index[i]], rows of `columns` elements; the caller has checked the index (held as
  /// elements).
  void (*gather_rows)(int64_t count, int64_t columns, const void *x, const void *index, void *y);
  /// Its adjoint: x (`rows` rows) = 0, then x[index[i]] += y[i] in order of i.
  void (*scatter_rows)(int64_t count, int64_t rows, int64_t columns, const void *y, const void *index, void *x);

  /// Vectors of n elements. The dot product is summed in lanes over blocks and in double over
  /// these.
  double (*dot)(int64_t n, const void *x, const void *y);
  void (*add_scaled)(int64_t n, double alpha, const void *x, void *y);   ///< y = y + alpha x
  void (*scale_add)(int64_t n, const void *x, double beta, void *y);     ///< y = x + beta y
  void (*scale)(int64_t n, double alpha, void *x);                       ///< x = alpha x

  /// Runs fused multiply-adds from registers alone, enough at once to hide their latency, and gives
  /// the number of floating-point operations made: the core's peak, for comparison.
  double (*multiply_add_rounds)(int64_t rounds);
} ck_kernels;

/// The fastest instruction set that this processor and this build have.
ck_instruction_set ck_best(void);

/// The table for one instruction set and element type; NULL where the processor or the build lacks
/// it.
const ck_kernels *ck_kernels_for(ck_instruction_set set, ck_element element);

#endif
