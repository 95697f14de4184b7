// The interval of each element between edges in ascending order, by bisection.
#ifdef CK_DESCRIPTORS

/// y[i] = the number of edges, in ascending order, that are not above x[i]; of what is not a number all of them.
typedef struct {
  int64_t count, edge_count;
  int64_t source, edges, target;
} ck_buckets;

#else

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

#endif
