// Plans fused loops: how they are cut into tiles, and how each step runs through one. The same for
// every instruction set.
#include "plan_loop.h"

#include <stdbool.h>

static bool reduces_an_axis(int32_t kind) {
  return kind == CK_SUM_ROWS || kind == CK_SUM_COLUMNS || kind == CK_MAX_COLUMNS || kind == CK_ONE_HOT
    || kind == CK_UNPOOL;
}

static bool is_of_rows(int32_t addressing) {
  return addressing == CK_COLUMN || addressing == CK_TEMPORARY_COLUMN;
}

/// Whether the whole space can be run as one row.
static bool is_flat(const ck_loop *l) {
  for (int32_t i = 0; i < l->step_count; i++)
    if (reduces_an_axis(l->steps[i].kind)) return false;
  for (int32_t i = 0; i < l->operand_count; i++) {
    const ck_operand *o = &l->operands[i];
    if (o->addressing == CK_ROW || is_of_rows(o->addressing)) return false;
    if (o->addressing == CK_FULL && l->rows > 1 && o->row != l->columns) return false;
  }
  return true;
}

/// Operands of more elements come from beyond the second cache.
enum { fetched_elements = 524288 };

/// Tiles of all temporaries together stay within half of the nearest cache.
static int64_t tile_elements(const ck_loop *l, int64_t most) {
  return l->temporaries <= 3 ? most : l->temporaries <= 7 ? most / 2 : most / 4;
}

/// `tile_size`: elements of a temporary tile; `of_rows`: the step has one value a row.
static ck_stream stream(const ck_loop *l, const ck_operand *o, int64_t tile_size, bool of_rows) {
  const int32_t kind = o->addressing;
  ck_stream s;
  s.in_workspace = kind == CK_TEMPORARY || kind == CK_TEMPORARY_COLUMN;
  s.start = s.in_workspace ? o->offset * tile_size : o->offset;
  s.lane = of_rows ? is_of_rows(kind) : kind == CK_FULL || kind == CK_ROW || kind == CK_TEMPORARY;
  s.row_step = kind == CK_FULL ? o->row : kind == CK_TEMPORARY ? l->columns : is_of_rows(kind);
  s.tile_step = s.in_workspace ? 0 : l->flat ? kind == CK_FULL : s.row_step;
  return s;
}

/// Whether an operand's elements follow each other through a whole tile, or are all one.
static bool is_continuous(const ck_loop *l, const ck_operand *o) {
  switch (o->addressing) {
  case CK_FULL: return l->flat || o->row == l->columns;
  case CK_TEMPORARY:
  case CK_SCALAR: return true;
  default: return false;
  }
}

static int32_t course(const ck_loop *l, const ck_step *step) {
  if (reduces_an_axis(step->kind)) return CK_BY_ROW;
  if (is_of_rows(l->operands[step->d].addressing)) return CK_OF_ROWS;
  const int32_t operands[5] = {step->a, step->b, step->c, step->e, step->d};
  for (int i = 0; i < 5; i++)
    if (operands[i] >= 0 && !is_continuous(l, &l->operands[operands[i]])) return CK_BY_ROW;
  return CK_AS_ONE;
}

static void plan_step(const ck_loop *l, ck_step *step, int64_t tile_size) {
  step->course = course(l, step);
  const bool of_rows = step->course == CK_OF_ROWS;
  const int32_t operands[4] = {step->a, step->b, step->c, step->e};
  for (step->inputs = 0; step->inputs < 4 && operands[step->inputs] >= 0; step->inputs++)
    step->streams[step->inputs] =
      stream(l, &l->operands[operands[step->inputs]], tile_size, of_rows);
  step->streams[4] = stream(l, &l->operands[step->d], tile_size, of_rows);
}

void ck_plan_loop(ck_loop *l, int64_t most) {
  const int64_t elements = tile_elements(l, most);
  l->flat = is_flat(l);
  l->fetches = l->rows * l->columns > fetched_elements;
  int64_t tile_size = elements;
  if (l->flat) {
    l->tile = elements;
  } else {
    l->tile = l->columns > 0 && l->columns < elements ? elements / l->columns : 1;
    if (l->tile > l->rows && l->rows > 0) l->tile = l->rows;
    tile_size = (l->tile * l->columns + 15) / 16 * 16;
  }
  l->workspace = tile_size * l->temporaries;
  for (int32_t i = 0; i < l->step_count; i++) plan_step(l, &l->steps[i], tile_size);
}
