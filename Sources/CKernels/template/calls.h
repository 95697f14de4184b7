// The form in which all kernels are called (`ck_kernel`).

/// The element at a place of the descriptor d; NULL where it is left out.
#define AT(place) ((E *)base + d->place)
#define AT_OR_NULL(place) (d->place == CK_NOWHERE ? NULL : AT(place))

/// A kernel in this form: `statement` over its descriptor d.
#define CALLED(name, type, statement)                                                              \
  static void call_##name(const void *descriptor, void *base, void *workspace) {                   \
    const type *d = descriptor;                                                                    \
    (void)base, (void)workspace;                                                                   \
    statement;                                                                                     \
  }

/// What is worked out before the first run.
#define PLANNED(name, type, statement)                                                             \
  static int64_t call_##name(void *descriptor) {                                                   \
    type *d = descriptor;                                                                          \
    statement;                                                                                     \
  }
