// All kernels of one instruction set and element type: included once by each of the files
// `<instruction set>_<element>.c`, after the instruction set's own header.
#include <math.h>
#include <string.h>

#include "../plan_loop.h"
#include "../plan_product.h"
// Debuggers are told nothing of kernels: what variables of unrolled tiles live in took a seventh of their compilation.
#pragma clang attribute push(__attribute__((nodebug)), apply_to = hasType(functionType))
#include "lanes.h"
#include "calls.h"
#include "elementary.h"
#include "special.h"
#include "transpose.h"
#include "tile.h"
#include "narrow.h"
#include "strassen_sums.h"
#include "strassen.h"
#include "product.h"
#include "steps.h"
#include "loop.h"
#include "pass.h"
#include "batches.h"
#include "axes.h"
#include "buckets.h"
#include "convolution.h"
#include "winograd.h"
#include "pooling.h"
#include "patches.h"
#include "windows.h"
#include "rows.h"
#include "sparse.h"
#include "factors.h"
#include "vectors.h"
#pragma clang attribute pop

extern const ck_kernels CK_TABLE;
const ck_kernels CK_TABLE = {
  .instruction_set = CK_TABLE_SET,
  .element = CK_TABLE_ELEMENT,
  .product = {call_plan_product, call_product},
  .quarter = {NULL, call_quarter},
  .transpose = {NULL, call_transpose},
  .loop = {call_plan_loop, call_loop},
  .pass = {call_plan_pass, call_pass},
  .moments = {NULL, call_moments},
  .sum_middle = {NULL, call_sum_middle},
  .repeat_middle = {NULL, call_repeat_middle},
  .gather_rows = {NULL, call_gather_rows},
  .scatter_rows = {NULL, call_scatter_rows},
  .copy = {NULL, call_copy},
  .pad = {NULL, call_pad},
  .convolve = {NULL, call_convolve},
  .flip_weights = {NULL, call_flip_weights},
  .convolve_input_gradient = {NULL, call_convolve_input_gradient},
  .convolve_weight_gradient = {NULL, call_convolve_weight_gradient},
  .winograd_weights = {NULL, call_winograd_weights},
  .winograd_weights_adjoint = {NULL, call_winograd_weights_adjoint},
  .winograd_convolve = {call_winograd_workspace, call_winograd_convolve},
  .winograd_weight_gradient = {call_winograd_workspace, call_winograd_weight_gradient},
  .patch_factor = {NULL, call_patch_factor},
  .convolve_pool_gather = {NULL, call_convolve_pool_gather},
  .convolve_pool_weight_gradient = {NULL, call_convolve_pool_weight_gradient},
  .convolve_pool = {NULL, call_convolve_pool},
  .pool = {NULL, call_pool},
  .pool_gather = {NULL, call_pool_gather},
  .window_convolve = {call_plan_window_convolve, call_window_convolve},
  .window_weight_gradient = {NULL, call_window_weight_gradient},
  .depthwise_convolve = {NULL, call_depthwise_convolve},
  .depthwise_weight_gradient = {NULL, call_depthwise_weight_gradient},
  .window_index = {NULL, call_window_index},
  .window_gather = {NULL, call_window_gather},
  .window_scatter = {NULL, call_window_scatter},
  .batched_product = {call_plan_batch, call_batched_product},
  .rearrange = {NULL, call_rearrange},
  .cumulate = {NULL, call_cumulate},
  .extremes = {NULL, call_extremes},
  .buckets = {NULL, call_buckets},
  .sparse_product = {NULL, call_sparse_product},
  .sparse_transposed = {NULL, call_sparse_transposed},
  .sparse_sampled = {NULL, call_sparse_sampled},
  .sparse_order = {NULL, call_sparse_order},
  .cholesky = {NULL, call_cholesky},
  .solve_triangle = {NULL, call_solve_triangle},
  .solve_matrix = {call_plan_elimination, call_solve_matrix},
  .log_determinants = {call_plan_elimination, call_log_determinants},
  .take_rows = take_rows,
  .dot = dot,
  .dots = dots,
  .add_scaled = add_scaled,
  .add_scaled_dot = add_scaled_dot,
  .scale_add = scale_add,
  .scale = scale,
  .multiply_add_rounds = multiply_add_rounds,
};
