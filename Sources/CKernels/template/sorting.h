// The order of elements along an axis, by merging: equal ones stay in their order, and what is not a number counts as
// larger than all others.

#ifdef CK_DESCRIPTORS

/// The elements along the middle axis from the least on, or from the largest: their numbers along it, or among all
/// elements.
typedef struct {
  ck_middle_axis axis;
  int32_t descending, among_all;
} ck_order;

#else

/// Whether b, which follows a, has to come before it.
INLINE bool overtakes(bool descending, E a, E b) {
  return descending ? b > a || (b != b && a == a) : b < a || (a != a && b == b);
}

/// Merges ordered runs of a length, two by two.
static void merge_runs(
  bool descending, int64_t count, int64_t run, const E *x, int64_t step, const E *from, E *to) {
  for (int64_t start = 0; start < count; start += 2 * run) {
    const int64_t second = smaller(start + run, count), end = smaller(start + 2 * run, count);
    int64_t a = start, b = second;
    for (int64_t i = start; i < end; i++) {
      const bool takes_b =
        a == second
        || (b < end && overtakes(descending, x[(int64_t)from[a] * step], x[(int64_t)from[b] * step]));
      to[i] = takes_b ? from[b++] : from[a++];
    }
  }
}

static void order(const ck_order *d, const E *x, E *y, E *workspace) {
  const int64_t middle = d->axis.middle, inner = d->axis.inner;
  for (int64_t line = 0; line < d->axis.outer * inner; line++) {
    const int64_t start = line / inner * middle * inner + line % inner;
    E *from = workspace, *to = workspace + middle;
    for (int64_t i = 0; i < middle; i++) from[i] = (E)i;
    for (int64_t run = 1; run < middle; run *= 2) {
      merge_runs(d->descending, middle, run, x + start, inner, from, to);
      E *merged = to;
      to = from, from = merged;
    }
    for (int64_t i = 0; i < middle; i++)
      y[start + i * inner] = d->among_all ? (E)(start + (int64_t)from[i] * inner) : from[i];
  }
}

PLANNED(plan_order, ck_order, return 2 * d->axis.middle)
CALLED(order, ck_order, order(d, AT(axis.source), AT(axis.target), workspace))

#endif
