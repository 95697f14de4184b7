import CKernels

/// One kernel call: which, with which descriptor, at which places of the arena (in bytes).
struct Instruction {
  enum Kind: UInt8 {
    case product, quarters, loop, pass, transpose, convolution, convolutionInput,
      convolutionWeights, pad
    case flipWeights, pool, poolGather, gatherRows, scatterRows, moments, sumMiddle
    case repeatMiddle, copy, patchFactor, patchPool, patchPoolGather, patchPoolWeights
    case transformWeights, transformWeightsAdjoint, transformedConvolution
    case transformedGradient
  }

  let kind: Kind
  /// The number of the descriptor among those of its kind.
  let descriptor: Int
  var a = 0, b = 0, c = 0, result = 0
  /// The rows of an affine function that pooling looks through; -1 where there is none.
  var centre = -1, scale = -1, shift = -1

  /// Whether it computes in transformed space, which takes scratch memory.
  var isTransformed: Bool { kind == .transformedConvolution || kind == .transformedGradient }
}

/// Sizes that a kernel call without a descriptor of its own needs.
struct Extents {
  var first = 0, second = 0, third = 0
}

/// The instructions of a program's lists and what they refer to, while it is being put together.
struct Code {
  struct Loop {
    var operands: [ck_operand]
    var steps: [ck_step]
    var rows: Int
    var columns: Int
    var temporaries: Int
  }

  var lists: [[Instruction]] = []
  /// What each instruction may read and write, where it is audited.
  var footprints: [[Footprint]] = []
  var products: [ck_product] = []
  var loops: [Loop] = []
  var convolutions: [ck_convolution] = []
  var paddings: [ck_padding] = []
  var poolings: [ck_pooling] = []
  var extents: [Extents] = []
}

extension Array {
  /// Appends an element and gives its number.
  mutating func number(_ element: Element) -> Int {
    append(element)
    return count - 1
  }
}
