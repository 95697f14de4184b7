// The interval of each element between edges in ascending order, by bisection.

static void buckets(const ck_buckets *d, const E *x, const E *edges, E *y) {
  for (int64_t i = 0; i < d->count; i++) {
    int64_t low = 0, high = d->edge_count;
    while (low < high) {
      const int64_t middle = low + (high - low) / 2;
      if (x[i] < edges[middle])
        high = middle;
      else
        low = middle + 1;
    }
    y[i] = (E)low;
  }
}

CALLED(buckets, ck_buckets, buckets(d, AT(source), AT(edges), AT(target)))
