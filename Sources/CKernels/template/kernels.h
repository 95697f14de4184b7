// All kernels of one instruction set and element type: included once by each of the files
// `<instruction set>_<element>.c`, after the instruction set's own header.
#include <string.h>

#include "../plan_loop.h"
#include "../plan_product.h"
#include "lanes.h"
#include "elementary.h"
#include "transpose.h"
#include "tile.h"
#include "narrow.h"
#include "strassen_sums.h"
#include "strassen.h"
#include "product.h"
#include "steps.h"
#include "loop.h"
#include "pass.h"
#include "convolution.h"
#include "winograd.h"
#include "pooling.h"
#include "patches.h"
#include "rows.h"
#include "vectors.h"

extern const ck_kernels CK_TABLE;
const ck_kernels CK_TABLE = {
  .instruction_set = CK_TABLE_SET,
  .element = CK_TABLE_ELEMENT,
  .plan_product = plan_product,
  .product = product,
  .quarter = quarter,
  .transpose = transpose,
  .plan_loop = plan_loop,
  .loop = loop,
  .plan_pass = plan_pass,
  .pass = pass,
  .moments = moments,
  .sum_middle = sum_middle,
  .repeat_middle = repeat_middle,
  .pad = pad,
  .convolve = convolve,
  .flip_weights = flip_weights,
  .convolve_input_gradient = convolve_input_gradient,
  .convolve_weight_gradient = convolve_weight_gradient,
  .winograd_weights = winograd_weights,
  .winograd_weights_adjoint = winograd_weights_adjoint,
  .winograd_workspace = winograd_workspace,
  .winograd_convolve = winograd_convolve,
  .winograd_weight_gradient = winograd_weight_gradient,
  .pool = pool,
  .pool_gather = pool_gather,
  .patch_factor = patch_factor,
  .convolve_pool = convolve_pool,
  .convolve_pool_gather = convolve_pool_gather,
  .convolve_pool_weight_gradient = convolve_pool_weight_gradient,
  .gather_rows = gather_rows,
  .scatter_rows = scatter_rows,
  .dot = dot,
  .add_scaled = add_scaled,
  .scale_add = scale_add,
  .scale = scale,
  .multiply_add_rounds = multiply_add_rounds,
};
