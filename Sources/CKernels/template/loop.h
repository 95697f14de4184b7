// The interpreter of fused loops: for each tile all steps in turn.

static void (*const elementwise_steps[])(const strip *) = {
#define STEP(NAME, name, inputs, expression) [CK_##NAME] = step_##name,
#include "../step_list.h"
#undef STEP
  [CK_ONE_HOT] = step_one_hot, [CK_UNPOOL] = step_unpool,
  [CK_SUM_COLUMNS] = step_sum_columns, [CK_MAX_COLUMNS] = step_max_columns,
};

static void plan_loop(ck_loop *l) { ck_plan_loop(l, lanes * 64); }

/// Long operands are fetched a tile ahead: a tile's steps read and write them in turns, which the
/// processor's own fetching does not follow.
static void fetch_tile(const ck_loop *l, const E *base, int64_t start, int64_t size) {
  enum { line = 64 / sizeof(E) };
  for (int32_t i = 0; i < l->operand_count; i++) {
    const ck_operand *o = &l->operands[i];
    if (o->addressing != CK_FULL) continue;
    const int64_t step = l->flat ? 1 : o->row;
    const E *from = base + o->offset + start * step;
    for (int64_t e = 0; e < size * step; e += line) __builtin_prefetch(from + e, 0, 2);
  }
}

/// What a loop is cut along: its rows, or its elements where it is flat.
INLINE int64_t length_of(const ck_loop *l) { return l->flat ? l->columns * l->rows : l->rows; }

/// Runs tiles from `first`, which one starts at, up to `last`, which one ends at. `totals`:
/// CK_MOST_STEPS sums, kept from one part to the next.
static void loop_part(
  const ck_loop *l, void *base, void *workspace, int64_t first, int64_t last, double *totals) {
  E *const memory[2] = {base, workspace};
  const int64_t tile = l->tile, length = length_of(l);
  for (int64_t start = first; start < last; start += tile) {
    const int64_t size = smaller(tile, length - start);
    if (l->fetches && start + size < length)
      fetch_tile(l, base, start + size, smaller(tile, length - start - size));
    for (int32_t i = 0; i < l->step_count; i++) {
      const ck_step *step = &l->steps[i];
      strip s;
      // Within a tile whose operands all follow each other there is one long row.
      const int is_long = step->course != CK_BY_ROW;
      s.rows = is_long ? 1 : size;
      s.count = l->flat || step->course == CK_OF_ROWS ? size : is_long ? size * l->columns : l->columns;
      s.x = (E)step->x;
      s.first_row = start;
      s.height = step->height;
      s.width = step->width;
      s.in[1] = NULL;
      for (int32_t k = 0; k < step->inputs; k++) {
        const ck_stream *in = &step->streams[k];
        s.in[k] = memory[in->in_workspace] + in->start + start * in->tile_step;
        s.in_row[k] = in->row_step;
        s.lane[k] = in->lane;
      }
      const ck_stream *out = &step->streams[4];
      s.out = memory[out->in_workspace] + out->start + start * out->tile_step;
      s.out_row = out->row_step;
      switch (step->kind) {
        case CK_SUM_ROWS: step_sum_rows(&s, start == 0); break;
        case CK_SUM_ALL: {
          totals[i] = (start == 0 ? 0 : totals[i]) + step_sum_all(&s);
          *s.out = (E)totals[i];
          break;
        }
        default: elementwise_steps[step->kind](&s);
      }
    }
  }
}

static void loop(const ck_loop *l, void *base, void *workspace) {
  double totals[CK_MOST_STEPS];
  loop_part(l, base, workspace, 0, length_of(l), totals);
}

PLANNED(plan_loop, ck_loop, plan_loop(d); return d->workspace)
CALLED(loop, ck_loop, loop(d, base, workspace))
