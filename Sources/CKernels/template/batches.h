// Products of many matrices of one size.
#ifdef CK_DESCRIPTORS

/// Products of many matrices of one size: of the places of `product` and on, so far apart each.
typedef struct {
  ck_product product;  ///< without bias
  int64_t count, a_step, b_step, c_step;
} ck_batched_product;

#else

static int64_t plan_batch(ck_batched_product *d) {
  plan_product(&d->product);
  return d->product.workspace;
}

static void batched_product(const ck_batched_product *d, E *base, void *workspace) {
  const ck_product *p = &d->product;
  for (int64_t i = 0; i < d->count; i++)
    product(
      p, base + p->a + i * d->a_step, base + p->b + i * d->b_step, NULL, base + p->c + i * d->c_step,
      workspace);
}

PLANNED(plan_batch, ck_batched_product, return plan_batch(d))
CALLED(batched_product, ck_batched_product, batched_product(d, base, workspace))

#endif
