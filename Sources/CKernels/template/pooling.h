// 2x2 pooling, stride 2, and zero padding. The inner loops run over channels and are left to the
// compiler: they are element-wise, so their bits do not depend on its choices.
#ifdef CK_DESCRIPTORS

/// Where zeros are put around each image.
typedef struct {
  int64_t images, height, width, channels;
  int64_t top, left, bottom, right;
  int64_t x, padded;  ///< places
} ck_padding;

/// Pooling of 2x2 windows, stride 2: the last row or column of an odd size is left out. The index says which of a
/// window's four values (0 top left, 1 top right, 2 bottom left, 3 bottom right) is the largest, the first of equals, NaN
/// first of all; held as elements. y is that value. Where there is a scale, the largest of (x - centre) scale + shift is
/// meant, each a value a channel; y is x there.
typedef struct {
  int64_t images, height, width, channels;
  int64_t x, centre, scale, shift, y, index;  ///< places; the three rows, and y or the index, may be left out
} ck_pooling;

#else

/// Window row i, column j of image n: where its four values start.
#define WINDOW(x, p, n, i, j) ((x) + ((((n) * (p)->height + 2 * (i)) * (p)->width) + 2 * (j)) * (p)->channels)
#define EACH_WINDOW(p)                                                                             \
  for (int64_t n = 0, at = 0; n < (p)->images; n++)                                                \
    for (int64_t i = 0; i < (p)->height / 2; i++)                                                  \
      for (int64_t j = 0; j < (p)->width / 2; j++, at += (p)->channels)

/// Whether x is larger; a value that is not a number wins over one that is.
INLINE VWhole wins_over(V x, V best) { return ~(x <= best) & (best == best); }

/// One vector of channels: the four values of a window, transformed where there is a scale.
INLINE void pool_vector(
  Part part, const E *const from[4], const E *centre, const E *scale, const E *shift, int64_t c,
  E *y, E *index) {
  V x[4], v[4];
  UNROLL for (int k = 0; k < 4; k++) x[k] = load_part(part, from[k] + c);
  UNROLL for (int k = 0; k < 4; k++)
    v[k] = !scale ? x[k]
                  : fused(
                      x[k] - load_part(part, centre + c), load_part(part, scale + c),
                      load_part(part, shift + c));
  V best = v[0], which = splat(0), value = x[0];
  UNROLL for (int k = 1; k < 4; k++) {
    const VWhole wins = wins_over(v[k], best);
    best = choose(wins, v[k], best);
    which = choose(wins, splat((E)k), which);
    value = choose(wins, x[k], value);
  }
  if (y) store_part(part, y + c, value);
  if (index) store_part(part, index + c, which);
}

static void pool(
  const ck_pooling *p, const void *x, const void *centre, const void *scale, const void *shift,
  void *y, void *index) {
  const int64_t row = p->width * p->channels, channels = p->channels;
  EACH_WINDOW(p) {
    const E *corner = WINDOW((const E *)x, p, n, i, j);
    const E *const from[4] = {corner, corner + channels, corner + row, corner + row + channels};
    for (int64_t c = 0; c < channels; c += vector_length)
      pool_vector(
        part_of(smaller(vector_length, channels - c)), from, centre, scale, shift, c,
        y ? (E *)y + at : NULL, index ? (E *)index + at : NULL);
  }
}

static void pool_gather(const ck_pooling *p, const void *x, const void *index, void *y) {
  const int64_t row = p->width * p->channels, channels = p->channels;
  EACH_WINDOW(p) {
    const E *from = WINDOW((const E *)x, p, n, i, j), *which = (const E *)index + at;
    for (int64_t c = 0; c < channels; c += vector_length) {
      const Part part = part_of(smaller(vector_length, channels - c));
      const V place = load_part(part, which + c);
      V value = load_part(part, from + c);
      value = choose(place == splat(1), load_part(part, from + channels + c), value);
      value = choose(place == splat(2), load_part(part, from + row + c), value);
      value = choose(place == splat(3), load_part(part, from + row + channels + c), value);
      store_part(part, (E *)y + at + c, value);
    }
  }
}

static void pad(const ck_padding *p, const void *x, void *padded) {
  const int64_t width = (p->left + p->width + p->right) * p->channels, inner = p->width * p->channels;
  const E *from = x;
  E *to = padded;
  for (int64_t n = 0; n < p->images; n++) {
    memset(to, 0, (size_t)(p->top * width) * sizeof(E));
    to += p->top * width;
    for (int64_t i = 0; i < p->height; i++, from += inner, to += width) {
      memset(to, 0, (size_t)(p->left * p->channels) * sizeof(E));
      memcpy(to + p->left * p->channels, from, (size_t)inner * sizeof(E));
      memset(to + p->left * p->channels + inner, 0, (size_t)(p->right * p->channels) * sizeof(E));
    }
    memset(to, 0, (size_t)(p->bottom * width) * sizeof(E));
    to += p->bottom * width;
  }
}

CALLED(
  pool, ck_pooling,
  pool(
    d, AT(x), AT_OR_NULL(centre), AT_OR_NULL(scale), AT_OR_NULL(shift), AT_OR_NULL(y),
    AT_OR_NULL(index)))
CALLED(pool_gather, ck_pooling, pool_gather(d, AT(x), AT(index), AT(y)))
CALLED(pad, ck_padding, pad(d, AT(x), AT(padded)))

#endif
