/// What the lower parameters that belong to upper ones are.
public enum LowerLevel: Sendable, Hashable {
  /// A minimum: the lower objective gives f(w, u), one number, and its gradient is to vanish.
  case minimum
  /// A fixed point w = phi(w, u): the lower objective gives phi, as many numbers as there are lower parameters, and
  /// w - phi(w, u) is to vanish. It takes the gradient's place everywhere: a step of descent at rate 1 is one application of
  /// phi. The linear system is (I - dphi/dw)' v = g, whose matrix need not be symmetric.
  case fixedPoint
}
