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
#include "../operations.h"
#include "vectors.h"
#pragma clang attribute pop

extern const ck_kernels CK_TABLE;
const ck_kernels CK_TABLE = {
  .instruction_set = CK_TABLE_SET,
  .element = CK_TABLE_ELEMENT,
#define KERNEL(name, plan) .name = {plan, call_##name},
#include "../operations.h"
#undef KERNEL
  .take_rows = take_rows,
  .dot = dot,
  .dots = dots,
  .add_scaled = add_scaled,
  .add_scaled_dot = add_scaled_dot,
  .scale_add = scale_add,
  .scale = scale,
  .multiply_add_rounds = multiply_add_rounds,
};
