// Passes over the rows of a long matrix: C = A' f(A B), the products narrow ones, f a fused loop.
// Each of the three goes as far as the one before it has come, in whole steps of its own - a tile
// of the loop, a visit of terms - so that A comes from memory once and every sum is the one that
// three calls in turn would make.
#ifdef CK_DESCRIPTORS

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

#else

/// Elements of A in a turn: they stay in the second cache until they are added up.
enum { pass_elements = CK_DOUBLE_ELEMENT ? 32768 : 65536 };

static void plan_pass(ck_pass *p) {
  const ck_product *in = p->forward;
  const int64_t rows = larger(1, pass_elements / larger(1, in->k));
  p->turn = pieces_of(rows, MAX_DOT_ROWS) * MAX_DOT_ROWS;
  p->workspace = pieces_of(in->workspace, lanes) * lanes
    + pieces_of(p->backward->workspace, lanes) * lanes + p->loop->workspace;
}

static void pass(const ck_pass *p, void *base, void *workspace) {
  const ck_product *in = p->forward, *back = p->backward;
  const ck_loop *l = p->loop;
  E *const start = base, *const packed = workspace;
  E *const gathered = packed + pieces_of(in->workspace, lanes) * lanes;
  E *const tiles = gathered + pieces_of(back->workspace, lanes) * lanes;
  const E *const a = start + p->a;
  const E *const bias = in->initial == CK_BIAS ? start + p->bias : NULL;
  const int64_t rows = in->m, length = length_of(l), elements_of_row = length / larger(1, rows);
  double totals[CK_MOST_STEPS];
  pack_dot_columns(in, start + p->b, packed);
  for (int64_t multiplied = 0, looped = 0, added = 0; multiplied < rows;) {
    const int64_t row = smaller(rows, multiplied + p->turn);
    dot_rows(in, a, packed, bias, 0, start + p->values, multiplied, row);
    const bool is_last = row == rows;
    const int64_t place = is_last ? length : row * elements_of_row / l->tile * l->tile;
    loop_part(l, base, tiles, looped, place, totals);
    const int64_t term = is_last ? rows : place / elements_of_row / back->depth * back->depth;
    gather_terms(back, a, start + p->terms, added == 0, true, gathered, added, term);
    multiplied = row, looped = place, added = term;
  }
  scatter_gathered(back, gathered, NULL, 0, start + p->result);
}

PLANNED(plan_pass, ck_pass, plan_pass(d); return d->workspace)
CALLED(pass, ck_pass, pass(d, base, workspace))

#endif
