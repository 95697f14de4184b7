// Matrix products: cut into register tiles, with operands copied into reading order where that
// pays.
#ifdef CK_DESCRIPTORS

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
  int64_t a, b, bias, c;  ///< places; the bias is read for CK_BIAS only; C must overlap neither A nor B
  /// Filled in by its plan, from the sizes alone; the form and the depth are the same for every instruction set.
  int32_t form;       ///< a `ck_product_form`
  int32_t direct;     ///< nonzero: in tiles where the operands are, all terms at once
  int64_t columns;    ///< narrow: how many columns are computed as sums; the rest follows from `rows`
  int64_t depth;      ///< k is cut into pieces of this length
  int32_t tile_rows, tile_vectors, pack_a, pack_b;
  int64_t workspace;  ///< elements of scratch memory that `product` needs
  int64_t tail;       ///< direct: columns of the last vector of the last panel
  void (*tiles[2][2])(void);  ///< direct: of panels and the last one, for whole tiles and the last rows
} ck_product;

/// Sums of the quarters of a matrix `a`, and of sums of their quarters, row by row, for products with it and with its
/// transpose: 49 multiplications of blocks in place of 64. Rounding errors are 2 to 3.3 times those of the
/// direct sums, and a row of the product depends on another one's values in its last bits.
typedef struct {
  int64_t rows, columns;
  int64_t a, sums;
} ck_quartering;

#else

#include "tile.h"
#include "narrow.h"
#include "strassen_sums.h"
#include "strassen.h"

enum {
  /// The sizes of the blocks packed at once: a few hundred kilobytes.
  packed_a_size = CK_DOUBLE_ELEMENT ? 32768 : 65536,
  packed_b_columns = 1024,
  small_operand = CK_DOUBLE_ELEMENT ? 3072 : 6144,
  large_operand = CK_DOUBLE_ELEMENT ? 32768 : 65536,
};

/// Rows of A that are packed at once.
INLINE int64_t rows_of_block(const ck_product *p) {
  if (!p->pack_a) return larger(p->m, 1);
  return p->tile_rows * larger(1, packed_a_size / (p->depth * p->tile_rows));
}

/// Workspace for packed rows of A, a multiple of a vector.
INLINE int64_t packed_a_length(const ck_product *p) {
  const int64_t rows = smaller(rows_of_block(p), pieces_of(p->m, p->tile_rows) * p->tile_rows);
  return pieces_of(rows * p->depth, lanes) * lanes;
}

/// Columns of B that are worked on at once: a multiple of the panel's width.
INLINE int64_t columns_of_block(const ck_product *p) {
  const int64_t width = p->tile_vectors * vector_length;
  return p->pack_b ? larger(1, packed_b_columns / width) * width : larger(p->n, 1);
}

/// How many columns of a narrow product are sums; the last one follows where it may.
static int64_t columns_of_narrow(const ck_product *p) {
  const bool may = p->form == CK_DOTS ? p->rows == CK_ROWS_SHIFTED && p->initial != CK_ACCUMULATE
                                      : p->rows == CK_ROWS_BALANCED && p->initial == CK_ZERO;
  return may && p->n > 1 && p->n <= most_shifted_columns ? p->n - 1 : p->n;
}

static void plan_narrow(ck_product *p) {
  p->columns = columns_of_narrow(p);
  if (p->form == CK_DOTS) {
    p->workspace = p->n * pieces_of(p->k, lanes) * lanes;
    return;
  }
  const tile_choice choice = choose_tile(p->columns, p->m, MAX_TILE_VECTORS);
  p->tile_rows = choice.rows;
  p->tile_vectors = choice.vectors;
  p->workspace = p->n * pieces_of(p->m, lanes) * lanes;
}

/// What `direct_product` runs without working it out anew.
static void plan_direct(ck_product *p) {
  p->direct = p->m > 0 && p->n > 0 && !p->pack_a && !p->pack_b && p->k <= p->depth;
  if (!p->direct) return;
  const int64_t width = p->tile_vectors * vector_length;
  const int64_t rest = p->m % p->tile_rows ? p->m % p->tile_rows : p->tile_rows;
  const panel first = panel_at(0, p->n, p->tile_vectors, false);
  const panel last = panel_at((p->n - 1) / width * width, p->n, p->tile_vectors, false);
  p->tail = last.tail;
  const panel *panels[2] = {&first, &last};
  for (int i = 0; i < 2; i++) {
    p->tiles[i][0] = (void (*)(void))panels[i]->of_rows[p->tile_rows - 1];
    p->tiles[i][1] = (void (*)(void))panels[i]->of_rows[rest - 1];
  }
}

static void plan_product(ck_product *p) {
  p->pack_a = 0;
  p->pack_b = 0;
  p->workspace = 0;
  p->direct = 0;
  if (p->quartered) {
    plan_quartered(p);
    return;
  }
  ck_plan_product(p, lanes);
  if (p->form != CK_TILES) {
    plan_narrow(p);
    return;
  }
  // Large operands: panels of few columns stay near, and A is copied in longer pieces.
  const bool is_large = p->m * p->k > large_operand && p->k * p->n > large_operand;
  const tile_choice choice = choose_tile(p->m, p->n, is_large ? 2 : MAX_TILE_VECTORS);
  p->tile_rows = choice.rows;
  p->tile_vectors = choice.vectors;

  const int64_t width = choice.vectors * vector_length, panels = pieces_of(p->n, width);
  const int64_t blocks = pieces_of(p->m, choice.rows);
  // Copies pay where much is read more than a few times; what is small stays in the nearest cache.
  if (panels > 2 && blocks > 2 && p->k > 16 && p->m * p->k > small_operand) p->pack_a = 1;
  // Rows of B a multiple of 1024 bytes apart fall into few sets of the cache.
  const bool clashing = (p->b_row * (int64_t)sizeof(E)) % 1024 == 0 && p->k > 8;
  if (blocks > 2 && (clashing || (panels > 4 && p->k * p->n > small_operand))) p->pack_b = 1;
  if (VECTOR_BYTES == 16 && p->n % vector_length != 0 && blocks > 1) p->pack_b = 1;

  if (p->pack_a) p->workspace += packed_a_length(p);
  if (p->pack_b) {
    const int64_t columns = pieces_of(p->n, width) * width;
    p->workspace += smaller(columns_of_block(p), columns) * p->depth;
  }
  plan_direct(p);
}

/// Panels of tile_rows rows, term by term.
static void pack_a_rows(
  int64_t rows, int64_t tile_rows, int64_t depth, const E *a, int64_t a_row, int64_t a_column,
  E *packed) {
  if (a_row == 1) {
    for (int64_t l = 0; l < depth; l++) {
      const E *from = a + l * a_column;
      for (int64_t i = 0; i < rows; i += 64 / sizeof(E))
        __builtin_prefetch(from + 8 * a_column + i);
      for (int64_t i = 0; i < rows; i += tile_rows) {
        const int64_t here = smaller(tile_rows, rows - i);
        E *to = packed + i * depth + l * here;
        for (int64_t e = 0; e < here; e += vector_length) {
          const Part part = part_of(smaller(vector_length, here - e));
          store_part(part, to + e, load_part(part, from + i + e));
        }
      }
    }
    return;
  }
  for (int64_t i = 0; i < rows; i += tile_rows) {
    const int64_t here = smaller(tile_rows, rows - i);
    if (a_column == 1) {
      transpose_elements(here, depth, a, a_row, packed, here);
    } else {
      for (int64_t l = 0; l < depth; l++)
        for (int64_t e = 0; e < here; e++) packed[l * here + e] = a[e * a_row + l * a_column];
    }
    a += tile_rows * a_row;
    packed += tile_rows * depth;
  }
}

/// Panels of columns, term by term; a last vector is filled up with zeros.
static void pack_b_columns(
  int64_t columns, int64_t tile_vectors, int64_t depth, const E *b, int64_t b_row, E *packed) {
  for (int64_t j = 0; j < columns;) {
    const panel q = panel_at(j, columns, tile_vectors, true);
    const Part part = part_of(q.tail);
    const E *from = b + j;
    for (int64_t l = 0; l < depth; l++, from += b_row) {
      for (int64_t v = 0; v < q.vectors - 1; v++, packed += vector_length)
        store(packed, load(from + v * vector_length));
      store(packed, load_part(part, from + (q.vectors - 1) * vector_length));
      packed += vector_length;
    }
    j += q.width;
  }
}

/// Small products, where what goes before the first tile counts.
INLINE void direct_product(
  const ck_product *p, const E *a, const E *b, const E *initial, E *c) {
  walk w = {
    .depth = p->k, .pieces = 1, .blocks = 1, .a_column = p->a_column, .b_row = p->b_row,
    .c_row = p->c_row, .initial_row = p->initial == CK_BIAS ? 0 : p->c_row,
    .fetches = p->k >= 64, .relu = p->relu,
  };
  set_rows(&w, p->a_row);
  const int64_t rows = p->tile_rows, width = p->tile_vectors * vector_length;
  for (int64_t j = 0; j < p->n; j += width) {
    const bool is_last = j + width >= p->n;
    const tile_function whole = (tile_function)p->tiles[is_last][0];
    const tile_function rest = (tile_function)p->tiles[is_last][1];
    w.tail = is_last ? p->tail : vector_length;
    for (int64_t i = 0; i < p->m; i += rows)
      (i + rows < p->m ? whole : rest)(
        &w, a + i * p->a_row, b + j, initial ? initial + i * w.initial_row + j : NULL,
        c + i * p->c_row + j);
  }
}

static void rectify_rows(const ck_product *p, E *c) {
  for (int64_t i = 0; i < p->m; i++)
    for (int64_t j = 0; j < p->n; j += vector_length) {
      E *to = c + i * p->c_row + j;
      const Part part = part_of(smaller(vector_length, p->n - j));
      store_part(part, to, rectified(load_part(part, to)));
    }
}

static void product(
  const ck_product *p, const void *a_start, const void *b_start, const void *bias, void *c_start,
  void *workspace) {
  if (p->direct) {
    const void *from = p->initial == CK_BIAS ? bias : p->initial == CK_ACCUMULATE ? c_start : NULL;
    direct_product(p, a_start, b_start, from, c_start);
    return;
  }
  if (p->form == CK_QUARTERED) {
    quartered_product(p, a_start, b_start, bias, c_start, workspace);
    return;
  }
  if (p->form != CK_TILES) {
    narrow_product(p, a_start, b_start, bias, c_start, workspace);
    if (p->relu) rectify_rows(p, c_start);
    return;
  }
  const E *a = a_start, *b = b_start;
  E *c = c_start, *packed_a = workspace, *packed_b = workspace;
  const int64_t block_rows = rows_of_block(p), block_columns = columns_of_block(p);
  const int64_t tile_rows = p->tile_rows;
  const E *initial = p->initial == CK_BIAS ? bias : p->initial == CK_ACCUMULATE ? c : NULL;
  walk w = {
    .pieces = 1, .blocks = 1, .c_row = p->c_row,
    .initial_row = p->initial == CK_BIAS ? 0 : p->c_row,
  };
  if (p->pack_a) packed_b += packed_a_length(p);

  int64_t l = 0;
  do {
    w.depth = smaller(p->depth, p->k - l);
    w.fetches = w.depth >= 64;
    w.relu = p->relu && l + p->depth >= p->k;
    const E *al = a + l * p->a_column, *bl = b + l * p->b_row;
    for (int64_t j0 = 0; j0 < p->n; j0 += block_columns) {
      const int64_t columns = smaller(block_columns, p->n - j0);
      if (p->pack_b)
        pack_b_columns(columns, p->tile_vectors, w.depth, bl + j0, p->b_row, packed_b);
      for (int64_t i0 = 0; i0 < p->m; i0 += block_rows) {
        const int64_t rows = smaller(block_rows, p->m - i0);
        const E *ai = al + i0 * p->a_row;
        if (p->pack_a)
          pack_a_rows(rows, tile_rows, w.depth, ai, p->a_row, p->a_column, packed_a);
        set_rows(&w, p->pack_a ? 1 : p->a_row);
        w.a_column = p->a_column;
        for (int64_t j = 0; j < columns;) {
          const panel q = panel_at(j, columns, p->tile_vectors, p->pack_b);
          const E *bj = p->pack_b ? packed_b + j * w.depth : bl + j0 + j;
          w.tail = q.tail;
          w.b_row = p->pack_b ? q.vectors * vector_length : p->b_row;
          for (int64_t i = 0; i < rows; i += tile_rows) {
            const int64_t here = smaller(tile_rows, rows - i), row = i0 + i, column = j0 + j;
            const E *at = p->pack_a ? packed_a + i * w.depth : ai + i * p->a_row;
            if (p->pack_a) w.a_column = here;
            q.of_rows[here - 1](
              &w, at, bj, initial ? initial + row * w.initial_row + column : NULL,
              c + row * p->c_row + column);
          }
          j += q.width;
        }
      }
    }
    initial = c;
    w.initial_row = p->c_row;
    l += p->depth;
  } while (l < p->k);
}

PLANNED(plan_product, ck_product, plan_product(d); return d->workspace)
CALLED(product, ck_product, product(d, AT(a), AT(b), AT(bias), AT(c), workspace))

#endif
