extension VectorAlgebra {
  /// Changes a vector element by element, in double precision, and rounds what comes out: for optimisers of one's own.
  ///
  /// - Parameters:
  ///   - x: The vector that is changed.
  ///   - gradient: A vector that is read.
  ///   - body: Given an element of each, in order.
  @inlinable
  public func update(
    _ x: Elements, along gradient: Elements, by body: (inout Double, Double) -> Void
  ) {
    switch precision {
    case .single:
      let (x, g, count) = (x.pointer(to: Float.self), gradient.pointer(to: Float.self), x.count)
      for index in 0..<count {
        var value = Double(x[index])
        body(&value, Double(g[index]))
        x[index] = Float(value)
      }
    case .double:
      let (x, g, count) = (x.pointer(to: Double.self), gradient.pointer(to: Double.self), x.count)
      for index in 0..<count { body(&x[index], g[index]) }
    }
  }

  /// The same with two further vectors that are changed: an optimiser's state.
  @inlinable
  public func update(
    _ x: Elements, _ y: Elements, _ z: Elements, along gradient: Elements,
    by body: (inout Double, inout Double, inout Double, Double) -> Void
  ) {
    switch precision {
    case .single:
      let (g, count) = (gradient.pointer(to: Float.self), x.count)
      let (x, y, z) = (
        x.pointer(to: Float.self), y.pointer(to: Float.self), z.pointer(to: Float.self)
      )
      for index in 0..<count {
        var (a, b, c) = (Double(x[index]), Double(y[index]), Double(z[index]))
        body(&a, &b, &c, Double(g[index]))
        (x[index], y[index], z[index]) = (Float(a), Float(b), Float(c))
      }
    case .double:
      let (g, count) = (gradient.pointer(to: Double.self), x.count)
      let (x, y, z) = (
        x.pointer(to: Double.self), y.pointer(to: Double.self), z.pointer(to: Double.self)
      )
      for index in 0..<count { body(&x[index], &y[index], &z[index], g[index]) }
    }
  }
}

extension Elements {
  @usableFromInline
  func pointer<Number>(to _: Number.Type) -> UnsafeMutablePointer<Number> {
    base.assumingMemoryBound(to: Number.self)
  }
}
