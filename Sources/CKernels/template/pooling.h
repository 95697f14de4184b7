// 2x2 pooling, stride 2, and zero padding. The inner loops run over channels and are left to the
// compiler: they are element-wise, so their bits do not depend on its choices.

/// Window row i, column j of image n: where its four values start.
#define WINDOW(x, p, n, i, j) ((x) + ((((n) * (p)->height + 2 * (i)) * (p)->width) + 2 * (j)) * (p)->channels)
#define EACH_WINDOW(p)                                                                             \
  for (int64_t n = 0, at = 0; n < (p)->images; n++)                                                \
    for (int64_t i = 0; i < (p)->height / 2; i++)                                                  \
      for (int64_t j = 0; j < (p)->width / 2; j++, at += (p)->channels)

INLINE void pool_window(
  int64_t channels, int64_t row, const E *restrict x, E *restrict y, E *restrict index) {
  for (int64_t c = 0; c < channels; c++) {
    E best = x[c], which = 0;
    const E others[3] = {x[channels + c], x[row + c], x[row + channels + c]};
    for (int k = 0; k < 3; k++) {
      // A value that is not a number wins over one that is.
      const bool wins = others[k] > best || (others[k] != others[k] && best == best);
      best = wins ? others[k] : best;
      which = wins ? (E)(k + 1) : which;
    }
    y[c] = best;
    index[c] = which;
  }
}

static void pool(const ck_pooling *p, const void *x, void *y, void *index) {
  E unwanted[256];
  const int64_t row = p->width * p->channels;
  EACH_WINDOW(p) {
    const E *from = WINDOW((const E *)x, p, n, i, j);
    for (int64_t c = 0; c < p->channels; c += 256) {
      const int64_t here = smaller(256, p->channels - c);
      // The window's neighbours are `channels` apart, whatever part of the channels this is.
      if (here == p->channels) {
        pool_window(here, row, from, y ? (E *)y + at : unwanted, index ? (E *)index + at : unwanted);
      } else {
        for (int64_t d = c; d < c + here; d++) {
          const E values[4] = {from[d], from[p->channels + d], from[row + d], from[row + p->channels + d]};
          E best[1], which[1];
          pool_window(1, 2, values, best, which);
          if (y) ((E *)y)[at + d] = best[0];
          if (index) ((E *)index)[at + d] = which[0];
        }
      }
    }
  }
}

static void pool_gather(const ck_pooling *p, const void *x, const void *index, void *y) {
  const int64_t row = p->width * p->channels, channels = p->channels;
  EACH_WINDOW(p) {
    const E *restrict from = WINDOW((const E *)x, p, n, i, j), *restrict which = (const E *)index + at;
    E *restrict to = (E *)y + at;
    for (int64_t c = 0; c < channels; c++) {
      const E top = which[c] == 1 ? from[channels + c] : from[c];
      const E bottom = which[c] == 3 ? from[row + channels + c] : from[row + c];
      to[c] = which[c] >= 2 ? bottom : top;
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
