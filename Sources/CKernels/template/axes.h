// Elements moved along axes, running sums, and the largest along one.
#ifdef CK_DESCRIPTORS

/// Along the middle axis of [outer][middle][inner].
typedef struct {
  int64_t outer, middle, inner;
  int64_t source, target;
} ck_middle_axis;

/// An axis of a rearrangement: elements from one to the next, in the source and in the target.
typedef struct {
  int64_t size, source_step, target_step;
} ck_axis;

/// Elements of the source, from one on, to places of the target, from one on; before, so many elements of the target
/// from its beginning are set to 0.
typedef struct {
  int64_t rank;
  const ck_axis *axes;
  int64_t source_start, target_start, cleared;
  int64_t source, target;
} ck_rearrangement;

/// Running sums along the middle axis, from its end where reversed; without an element's own value where exclusive.
typedef struct {
  ck_middle_axis axis;
  int32_t reversed, exclusive;
} ck_running_sum;

/// The largest (or least) along the middle axis, to `axis.target`, and its number, the first of equals, not-a-number
/// before all; either may be left out.
typedef struct {
  ck_middle_axis axis;
  int32_t least;
  int64_t index;
} ck_extremes;

#else

/// Axes from the outermost on; the last two may exchange rows and columns.
static void rearrange_axes(const ck_axis *axes, int64_t rank, const E *from, E *to) {
  if (rank == 0) {
    *to = *from;
    return;
  }
  const ck_axis outer = axes[0], inner = axes[rank - 1];
  if (rank == 1) {
    if (outer.source_step == 1 && outer.target_step == 1)
      memcpy(to, from, (size_t)outer.size * sizeof(E));
    else
      for (int64_t i = 0; i < outer.size; i++) to[i * outer.target_step] = from[i * outer.source_step];
  } else if (
    rank == 2 && outer.source_step == 1 && inner.target_step == 1 && inner.source_step > 0
    && outer.target_step > 0) {
    transpose_elements(inner.size, outer.size, from, inner.source_step, to, outer.target_step);
  } else {
    for (int64_t i = 0; i < outer.size; i++)
      rearrange_axes(axes + 1, rank - 1, from + i * outer.source_step, to + i * outer.target_step);
  }
}

static void rearrange(const ck_rearrangement *d, const E *from, E *to) {
  memset(to, 0, (size_t)d->cleared * sizeof(E));
  rearrange_axes(d->axes, d->rank, from + d->source_start, to + d->target_start);
}

static void cumulate(const ck_running_sum *d, const E *x, E *y) {
  const int64_t middle = d->axis.middle, inner = d->axis.inner;
  for (int64_t o = 0; o < d->axis.outer; o++) {
    const int64_t last = d->reversed ? 0 : middle - 1, step = d->reversed ? -inner : inner;
    const E *from = x + (o * middle + middle - 1 - last) * inner;
    E *to = y + (o * middle + middle - 1 - last) * inner;
    for (int64_t k = 0; k < inner; k++) to[k] = d->exclusive ? 0 : from[k];
    for (int64_t m = 1; m < middle; m++, from += step, to += step) {
      const E *term = d->exclusive ? from : from + step;
      for (int64_t k = 0; k < inner; k++) to[step + k] = to[k] + term[k];
    }
  }
}

/// Of each column of rows: one value or its number, not-a-number before all, the first of equals.
static void extremes(const ck_extremes *d, const E *x, E *values, E *index) {
  const int64_t middle = d->axis.middle, inner = d->axis.inner;
  for (int64_t o = 0; o < d->axis.outer; o++, x += middle * inner)
    for (int64_t k = 0; k < inner; k++) {
      E best = x[k];
      int64_t place = 0;
      for (int64_t m = 1; m < middle && best == best; m++) {
        const E value = x[m * inner + k];
        if ((d->least ? value < best : value > best) || value != value) best = value, place = m;
      }
      if (values) values[o * inner + k] = best;
      if (index) index[o * inner + k] = (E)place;
    }
}

CALLED(rearrange, ck_rearrangement, rearrange(d, AT(source), AT(target)))
CALLED(cumulate, ck_running_sum, cumulate(d, AT(axis.source), AT(axis.target)))
CALLED(
  extremes, ck_extremes, extremes(d, AT(axis.source), AT_OR_NULL(axis.target), AT_OR_NULL(index)))

#endif
