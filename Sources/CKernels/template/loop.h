// The interpreter of fused loops: for each tile all steps in turn.
#ifdef CK_DESCRIPTORS

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

#else

#include "steps.h"

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

#endif
