#include "plan_product.h"

static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t pieces_of(int64_t n, int64_t size) { return (n + size - 1) / size; }

/// Terms of one visit where lanes run along A's columns: their rows stay in the second cache
/// between the two products of a pass over the data.
static int64_t terms_of_visit(int64_t columns, int64_t lanes) {
  const int64_t elements = 4096 * lanes;
  const int64_t terms = elements / larger(1, columns);
  return terms < 20 ? 20 : terms > 260 ? 260 : terms / 20 * 20;
}

void ck_plan_product(ck_product *p, int64_t lanes) {
  // Multiplications of whole vectors, and a few more instructions for each folded sum.
  const double in_tiles = (double)p->m * (double)pieces_of(p->n, lanes) * (double)p->k;
  const double in_dots = (double)p->m * (double)p->n * (double)(pieces_of(p->k, lanes) + 4);
  const double in_lanes = (double)pieces_of(p->m, lanes) * (double)p->n * (double)p->k;
  // Tiles read a long transposed A in pieces that must be copied first.
  const double most_in_lanes = p->m * p->k > 65536 ? 1.01 : 0.75;
  const int64_t most_depth = 64 * lanes;
  p->form = CK_TILES;
  p->depth = larger(1, pieces_of(p->k, larger(1, pieces_of(p->k, most_depth))));
  if (p->a_column == 1 && in_dots < 0.85 * in_tiles) {
    p->form = CK_DOTS;
  } else if (p->a_row == 1 && p->n <= lanes && in_lanes < most_in_lanes * in_tiles) {
    p->form = CK_LANES;
    p->depth = terms_of_visit(p->m, lanes);
  }
}
