/// When a value changes: a value is computed anew only when the inputs of its own stage, or an
/// earlier one, have changed. A node's stage is the latest of its operands' stages.
package enum Stage: Int, Comparable, Sendable {
  /// Never: numbers written in the objective.
  case constant
  /// With the task: its data and the upper parameters.
  case task
  /// With the point: the lower parameters.
  case point
  /// With the vector of a Hessian-vector or mixed product.
  case vector

  package static func < (a: Stage, b: Stage) -> Bool { a.rawValue < b.rawValue }
}

/// Functions of one element.
package enum UnaryFunction: Hashable {
  case exp, log, tanh, sigmoid, softplus, relu, square, squareRoot, reciprocalSquareRoot
  case reciprocal, absolute
  /// -1, 0 or 1, and 1 where positive, else 0: both are constants to a derivative.
  case sign, step
}

/// Functions of two elements.
package enum BinaryFunction: Hashable {
  case add, subtract, multiply, divide
  /// The first where the second is positive, else 0; the second is a constant to a derivative.
  case mask
  /// The product; 0 where the first is 0, whatever the second is: what has no weight does not count.
  case weigh
}

/// What a node of a graph computes from its operands. Tangents and cotangents of every operation
/// are expressed in operations, so that derivatives of any order are graphs again.
package enum Operation: Hashable {
  /// Given from outside, by number.
  case input(Int)
  /// One number; its shape is `[]`.
  case constant(Double)

  // Element by element; operands and result have one shape.
  case unary(UnaryFunction)
  case binary(BinaryFunction)
  case scale(Double)
  case offset(Double)

  // Axes. `sum` leaves out the axes that `spread` puts in, repeating the operand along them.
  case sum(Range<Int>)
  case spread(Range<Int>)
  case reshape
  case transpose
  /// x minus its mean over all axes but the last: a symmetric projection, its own derivative.
  case centre

  // Pieces of a flat vector: a view of one piece, and a vector put together from pieces (0 elsewhere).
  case slice(offset: Int)
  case assemble(offsets: [Int])

  /// The matrix product of two matrices, each transposed or not.
  case product(transposeA: Bool, transposeB: Bool)

  // Rows of `[n, classes]`.
  case softmax
  case logSumExp
  case oneHot

  // Rows chosen by an index, and the adjoint.
  case gatherRows
  case scatterRows

  // 3x3 convolutions with padding 1: y = convolution(x, w) and its two adjoints,
  // dx = convolutionInput(dy, w) and dw = convolutionWeights(x, dy).
  case convolution(stride: Int)
  case convolutionInput(stride: Int)
  case convolutionWeights(stride: Int)

  // 2x2 pooling, stride 2: which of a window's values is largest, those values, and the adjoint.
  case poolIndex
  case poolGather
  case poolScatter

  // Made by the planner only (`Lowering`): what kernels want prepared or can do at once.
  /// The largest of each row of `[n, classes]`.
  case rowMaximum
  /// A product as its kernel has it: of A (transposed or not) with B, perhaps onto a third operand.
  case kernelProduct(KernelProduct)
  /// Sums of the quarters of a matrix's quarters, for products with it: [sums, slabs, columns of a block, rows of a
  /// slab].
  case quarters
  /// Sums over all axes but the last, and then sums of squared deviations from the mean: [2 channels].
  case moments
  /// A convolution or an adjoint onto a third operand.
  case convolutionOnto(stride: Int)
  case convolutionInputOnto(stride: Int)
  case convolutionWeightsOnto(stride: Int)
  /// `poolIndex` of (x - centre) scale + shift, with one value a channel of each but x.
  case poolIndexOfAffine
  /// Of padded images: the means of their 3x3 patches, and the triangular factor of the patches' deviations from
  /// these: [1 + taps, taps].
  case patchFactor
  /// `poolIndex` of a convolution of padded images with weights, times a factor a channel where there is a third operand.
  case patchPoolIndex
  /// `poolGather` of a convolution of padded images with weights, and its adjoint in the weights.
  case patchPoolGather
  case patchPoolWeights
  /// An image with zeros around it.
  case pad(top: Int, left: Int, bottom: Int, right: Int)
  /// Weights as the adjoint in the input wants them.
  case flipWeights(stride: Int)

  /// Weights of a convolution of stride 1 in transformed space, `[36, in, out]`, and their adjoint.
  case transformWeights
  case transformWeightsAdjoint
  /// A convolution of stride 1 with transformed weights; its adjoint in the input, where these were flipped before.
  case transformedConvolution
  case transformedConvolutionOnto
  /// The adjoint in the transformed weights.
  case transformedGradient
  case transformedGradientOnto

  /// A product as its kernel has it.
  package struct KernelProduct: Hashable {
    let transposeA: Bool
    /// Whether A is given as sums of its quarters; then the last operand is A itself.
    let isQuartered: Bool
    let rows: Rows
    private(set) var onto: Onto?

    init(transposeA: Bool, isQuartered: Bool, rows: Rows) {
      (self.transposeA, self.isQuartered, self.rows) = (transposeA, isQuartered, rows)
    }

    func added(_ onto: Onto) -> KernelProduct {
      var copy = self
      copy.onto = onto
      return copy
    }
  }

  /// What is known of a product's rows.
  package enum Rows: Hashable {
    case any
    /// A number may be added to each.
    case shifted
    /// Each adds up to 0.
    case balanced
  }

  /// What a product is added onto.
  package enum Onto: Hashable {
    case matrix
    /// A row of biases.
    case bias
    /// A row of biases; where the sum is negative, the result is 0.
    case rectifiedBias
  }
}
