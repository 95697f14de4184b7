// Matrix products: cut into register tiles, with operands copied into reading order where that pays.

/// What is done about A (`pack_a`).
enum {
  A_AS_IS = 0,
  A_PACKED = 1,    ///< copied into panels of tile_rows rows
  A_IN_LANES = 2,  ///< the columns of A are contiguous and B is narrow: C is computed transposed
};

enum {
  /// Terms of one piece of k, and the sizes of the blocks packed at once: a few hundred kilobytes.
  most_depth = CK_DOUBLE_ELEMENT ? 256 : 384,
  packed_a_size = CK_DOUBLE_ELEMENT ? 32768 : 65536,
  packed_b_columns = 1024,
};

/// Rows of A that are packed at once.
INLINE int64_t rows_of_block(const ck_product *p) {
  if (p->pack_a != A_PACKED) return larger(p->m, 1);
  return p->tile_rows * larger(1, packed_a_size / (p->depth * p->tile_rows));
}

/// Columns of B that are worked on at once: a multiple of the panel's width.
INLINE int64_t columns_of_block(const ck_product *p) {
  const int64_t panel = p->tile_vectors * vector_length;
  return p->pack_b ? larger(1, packed_b_columns / panel) * panel : pieces_of(larger(p->n, 1), panel) * panel;
}

static void plan_product(ck_product *p) {
  const int64_t pieces = larger(1, pieces_of(p->k, most_depth));
  p->depth = larger(1, pieces_of(p->k, pieces));
  p->pack_a = A_AS_IS;
  p->pack_b = 0;
  p->workspace = 0;

  tile_choice choice = choose_tile(p->m, p->n);
  if (p->a_row == 1 && p->n <= MAX_TILE_ROWS) {
    const tile_choice swapped = choose_tile(p->n, p->m);
    if (swapped.cost < 0.75 * choice.cost) {
      p->pack_a = A_IN_LANES;
      p->tile_rows = swapped.rows;
      p->tile_vectors = swapped.vectors;
      return;
    }
  }
  p->tile_rows = choice.rows;
  p->tile_vectors = choice.vectors;

  const int64_t panel = choice.vectors * vector_length, panels = pieces_of(p->n, panel);
  const int64_t blocks = pieces_of(p->m, choice.rows);
  // Packing A costs about as much as two panels' reading it where rows are far apart.
  if (panels > 2 && blocks > 2 && p->k > 16) p->pack_a = A_PACKED;
  // Rows of B a multiple of some 1024 bytes apart fall into few sets of the cache.
  const bool clashing = (p->b_row * (int64_t)sizeof(E)) % 1024 == 0 && p->k > 8;
  if (blocks > 2 && (panels > 4 || clashing)) p->pack_b = 1;
  if (VECTOR_BYTES == 16 && p->n % vector_length != 0 && blocks > 1) p->pack_b = 1;

  if (p->pack_a) p->workspace += pieces_of(rows_of_block(p) * p->depth, lanes) * lanes;
  if (p->pack_b) {
    const int64_t columns = pieces_of(p->n, panel) * panel;
    p->workspace += smaller(columns_of_block(p), columns) * p->depth;
  }
}

/// Panels of tile_rows rows, term by term.
static void pack_a_rows(
  int64_t rows, int64_t tile_rows, int64_t depth, const E *a, int64_t a_row, int64_t a_column, E *packed) {
  if (a_row == 1) {
    for (int64_t l = 0; l < depth; l++) {
      const E *from = a + l * a_column;
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
  for (int64_t i = 0; i < rows; i += tile_rows, a += tile_rows * a_row, packed += tile_rows * depth) {
    const int64_t here = smaller(tile_rows, rows - i);
    if (a_column == 1) {
      transpose_elements(here, depth, a, a_row, packed, here);
    } else {
      for (int64_t l = 0; l < depth; l++)
        for (int64_t e = 0; e < here; e++) packed[l * here + e] = a[e * a_row + l * a_column];
    }
  }
}

/// Panels of tile_vectors vectors, term by term; a last vector is filled up with zeros.
static void pack_b_columns(
  int64_t columns, int64_t tile_vectors, int64_t depth, const E *b, int64_t b_row, E *packed) {
  const int64_t panel = tile_vectors * vector_length;
  for (int64_t j = 0; j < columns; j += panel) {
    const int64_t width = smaller(panel, columns - j), vectors = pieces_of(width, vector_length);
    const int64_t tail = width - (vectors - 1) * vector_length;
    const Part part = part_of(tail);
    const E *from = b + j;
    for (int64_t l = 0; l < depth; l++, from += b_row) {
      for (int64_t v = 0; v < vectors - 1; v++, packed += vector_length)
        store(packed, load(from + v * vector_length));
      store(packed, load_part(part, from + (vectors - 1) * vector_length));
      packed += vector_length;
    }
  }
}

/// One piece of k with C transposed in registers: rows of the tiles are B's columns, lanes A's rows.
static void product_in_lanes(
  const ck_product *p, int64_t depth, const E *a, const E *b, const E *initial, int64_t initial_row, E *c) {
  E block[MAX_TILE_ROWS * MAX_TILE_VECTORS * (VECTOR_BYTES / sizeof(E))];
  const int64_t panel = p->tile_vectors * vector_length;
  walk w = {
    .depth = depth, .pieces = 1, .blocks = 1, .a_row = 1, .a_column = p->b_row,
    .b_row = p->a_column, .c_row = panel,
  };
  for (int64_t i = 0; i < p->m; i += panel) {
    const int64_t width = smaller(panel, p->m - i), vectors = pieces_of(width, vector_length);
    w.tail = width - (vectors - 1) * vector_length;
    const last_kind kind = kind_of_last(w.tail, false);
    for (int64_t j = 0; j < p->n; j += p->tile_rows) {
      const int64_t here = smaller(p->tile_rows, p->n - j);
      tiles[kind][vectors - 1][here - 1](&w, b + j, a + i, NULL, block);
      for (int64_t r = 0; r < width; r++)
        for (int64_t q = 0; q < here; q++) {
          E *to = c + (i + r) * p->c_row + j + q;
          const E sum = block[q * panel + r];
          *to = initial ? initial[(i + r) * initial_row + j + q] + sum : sum;
        }
    }
  }
}

static void product(
  const ck_product *p, const void *a_start, const void *b_start, const void *bias, void *c_start,
  void *workspace) {
  const E *a = a_start, *b = b_start;
  E *c = c_start, *packed_a = workspace, *packed_b = workspace;
  const int64_t block_rows = rows_of_block(p), block_columns = columns_of_block(p);
  const int64_t panel = p->tile_vectors * vector_length, tile_rows = p->tile_rows;
  const E *initial = p->initial == CK_BIAS ? bias : p->initial == CK_ACCUMULATE ? c : NULL;
  walk w = {
    .pieces = 1, .blocks = 1, .c_row = p->c_row, .initial_row = p->initial == CK_BIAS ? 0 : p->c_row,
  };
  if (p->pack_a == A_PACKED) packed_b += pieces_of(block_rows * p->depth, lanes) * lanes;

  int64_t l = 0;
  do {
    w.depth = smaller(p->depth, p->k - l);
    const E *al = a + l * p->a_column, *bl = b + l * p->b_row;
    if (p->pack_a == A_IN_LANES) {
      product_in_lanes(p, w.depth, al, bl, initial, w.initial_row, c);
    } else {
      for (int64_t j0 = 0; j0 < p->n; j0 += block_columns) {
        const int64_t columns = smaller(block_columns, p->n - j0);
        if (p->pack_b) pack_b_columns(columns, p->tile_vectors, w.depth, bl + j0, p->b_row, packed_b);
        for (int64_t i0 = 0; i0 < p->m; i0 += block_rows) {
          const int64_t rows = smaller(block_rows, p->m - i0);
          const E *ai = al + i0 * p->a_row;
          if (p->pack_a) pack_a_rows(rows, tile_rows, w.depth, ai, p->a_row, p->a_column, packed_a);
          w.a_row = p->a_row;
          w.a_column = p->a_column;
          for (int64_t j = 0; j < columns; j += panel) {
            const int64_t width = smaller(panel, columns - j);
            const int64_t vectors = pieces_of(width, vector_length);
            w.tail = width - (vectors - 1) * vector_length;
            w.b_row = p->pack_b ? vectors * vector_length : p->b_row;
            const E *bj = p->pack_b ? packed_b + j * w.depth : bl + j0 + j;
            const tile_function *of_rows = tiles[kind_of_last(w.tail, p->pack_b)][vectors - 1];
            for (int64_t i = 0; i < rows; i += tile_rows) {
              const int64_t here = smaller(tile_rows, rows - i), row = i0 + i, column = j0 + j;
              const E *at = ai + i * p->a_row;
              if (p->pack_a) at = packed_a + i * w.depth, w.a_row = 1, w.a_column = here;
              of_rows[here - 1](
                &w, at, bj, initial ? initial + row * w.initial_row + column : NULL,
                c + row * p->c_row + column);
            }
          }
        }
      }
    }
    initial = c;
    w.initial_row = p->c_row;
    l += p->depth;
  } while (l < p->k);
}
