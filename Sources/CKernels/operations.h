// All operations. Twice the headers: descriptors, then code for one instruction set and element. And a row for each kernel,
// KERNEL(name, plan), its code being call_name: fields of the table's type, and a table.
#ifndef KERNEL
#include "template/transpose.h"
#include "template/product.h"
#include "template/loop.h"
#include "template/pass.h"
#include "template/batches.h"
#include "template/axes.h"
#include "template/buckets.h"
#include "template/sorting.h"
#include "template/convolution.h"
#include "template/winograd.h"
#include "template/pooling.h"
#include "template/patches.h"
#include "template/windows.h"
#include "template/rows.h"
#include "template/sparse.h"
#include "template/factors.h"
#else

KERNEL(product, call_plan_product)  ///< of a ck_product
KERNEL(quarter, NULL)  ///< of a ck_quartering
KERNEL(transpose, NULL)  ///< of a ck_transposition
KERNEL(loop, call_plan_loop)  ///< of a ck_loop
KERNEL(pass, call_plan_pass)  ///< of a ck_pass

KERNEL(moments, NULL)  ///< of a ck_column_moments
KERNEL(sum_middle, NULL)  ///< of a ck_middle_axis
KERNEL(repeat_middle, NULL)  ///< of a ck_middle_axis
/// target[i] = source[index[i]].
KERNEL(gather_rows, NULL)  ///< of a ck_row_choice
/// Its adjoint: target (`rows` rows) = 0, then target[index[i]] += source[i] in order of i.
KERNEL(scatter_rows, NULL)  ///< of a ck_row_choice
KERNEL(copy, NULL)  ///< of a ck_copying

/// x to a copy with a border of zeros (border written each time).
KERNEL(pad, NULL)  ///< of a ck_padding

// All that follow up to pooling are of a ck_convolution.

/// result (+)= convolution of a, padded by 1 on every side, with the weights b.
KERNEL(convolve, NULL)
/// result = the weights a as `convolve_input_gradient` wants them: 9 * in * out elements. Stride 1: both image
/// axes reversed, in and out swapped. Stride 2: the four parity classes of input pixels, packed one after another.
KERNEL(flip_weights, NULL)
/// result (+)= adjoint in x of a, which is dy padded (stride 1 by 1 on every side; stride 2 by 1 at the bottom and the
/// right), with flipped weights b.
KERNEL(convolve_input_gradient, NULL)
/// result (+)= adjoint in w: of a, x padded by 1 on every side, with b, dy.
KERNEL(convolve_weight_gradient, NULL)

// Stride 1 in transformed space (Winograd's F(4x4, 3x3)): 36 multiplications a tile where the taps
// take 144. Rounding errors are about five times those of the direct sums. Images are not padded.

/// result = transformed weights: a, [3][3][in][out], to [36][in][out].
KERNEL(winograd_weights, NULL)
/// result (+)= adjoint of `winograd_weights` of a.
KERNEL(winograd_weights_adjoint, NULL)
/// result (+)= convolution of a with transformed weights b; the adjoint in x where b is the transform of flipped
/// weights, and in and out are swapped.
KERNEL(winograd_convolve, call_winograd_workspace)
/// result (+)= adjoint in the transformed weights: of a, x, with b, dy.
KERNEL(winograd_weight_gradient, call_winograd_workspace)

// Convolutions of images of up to CK_PATCH_CHANNELS channels, stride 1, from their patches: the 3x3 pixels that an
// output pixel is made from, 9 * in values (taps), ordered as the weights are.

/// What sums over all output pixels come to, but for the weights, of padded images a: the patches' mean m, then R,
/// [taps][taps], upper triangular, with R'R the sum of the products of deviations from m. With the weights as a matrix
/// W, [taps][out], the outputs' means are m W, and the sums of products of two outputs' deviations are those of (R W1)
/// and (R W2). Summed in double precision; a tap that depends on those before it up to 1e-13 of its sum has a row of
/// zeros.
KERNEL(patch_factor, NULL)
/// result = `pool_gather` of the convolution of padded images a with w = b, at the index c, with the same bits.
KERNEL(convolve_pool_gather, NULL)
/// result (+)= its adjoint in w: of padded images a, with dy = b at the index c.
KERNEL(convolve_pool_weight_gradient, NULL)

/// `pool` of the convolution, with the same bits.
KERNEL(convolve_pool, NULL)  ///< of a ck_convolved_pooling
KERNEL(pool, NULL)  ///< of a ck_pooling
/// y = the values of x that an index chooses.
KERNEL(pool_gather, NULL)  ///< of a ck_pooling

// Convolutions with windows of any kind, of a ck_windows: as the 3x3 ones above. The adjoint in the images is a
// convolution of stride 1 with flipped weights, of what its windows receive, set apart by the stride.

KERNEL(window_convolve, call_plan_window_convolve)  ///< result (+)= convolution of padded a with weights b
KERNEL(window_weight_gradient, NULL)  ///< result (+)= adjoint in the weights: of padded a with b, dy
/// The same where groups, in and out are one number: a channel, a filter.
KERNEL(depthwise_convolve, NULL)
KERNEL(depthwise_weight_gradient, NULL)
/// result = which of its window's pixels, row by row, is largest: the first of equals, not-a-number before all.
KERNEL(window_index, NULL)  ///< of a ck_window_pooling
KERNEL(window_gather, NULL)  ///< of a ck_window_pooling: result = the values of x that an index chooses
KERNEL(window_scatter, NULL)  ///< of a ck_window_pooling: its adjoint, of x

KERNEL(batched_product, call_plan_batch)  ///< of a ck_batched_product
KERNEL(rearrange, NULL)  ///< of a ck_rearrangement
KERNEL(cumulate, NULL)  ///< of a ck_running_sum
KERNEL(extremes, NULL)  ///< of a ck_extremes
KERNEL(buckets, NULL)  ///< of a ck_buckets
KERNEL(order, call_plan_order)  ///< of a ck_order

// Of a ck_sparse: with values a and a dense b, their product, [rows][width]; with a transposed matrix, [columns][width];
// with dense a, [rows][width], and b, [columns][width], at each entry the inner product of its row and its column.
KERNEL(sparse_product, NULL)
KERNEL(sparse_transposed, NULL)
KERNEL(sparse_sampled, NULL)
/// Of a ck_sparse without a and b, whose `width` is the number of entries: these in the order of columns. Where columns
/// start, [columns + 1]; each entry's row, [entries]; its number in the order of rows, [entries].
KERNEL(sparse_order, NULL)

// Of a ck_triangle.
KERNEL(cholesky, NULL)  ///< result = L with L L' = a, of its lower triangle
KERNEL(solve_triangle, NULL)  ///< a result = b
KERNEL(solve_matrix, call_plan_elimination)  ///< the same for any a, by elimination with pivots
KERNEL(log_determinants, call_plan_elimination)  ///< result = log |det a|

#endif
