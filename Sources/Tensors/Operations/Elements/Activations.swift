// Activations, as PyTorch defines them, composed of functions that the engine has.

/// x where it is positive, else slope x; the derivative at 0 is the slope.
public func leakyRelu(
  _ x: Tensor, slope: Double = 0.01, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  x.calling("leakyRelu", SourceLine(file, line)) { x.where(x .> 0, else: slope * x) }
}

/// x where it is positive, else slope x, with a slope that can be learnt: one number, or one for each last axis.
public func parametricRelu(
  _ x: Tensor, slope: Tensor, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  x.calling("parametricRelu", SourceLine(file, line), with: [slope]) {
    x.where(x .> 0, else: slope * x)
  }
}

/// x where it is positive, else alpha (exp(x) - 1); at 0 the derivative is alpha, and the second derivative 0.
public func elu(
  _ x: Tensor, alpha: Double = 1, file: StaticString = #fileID, line: UInt = #line
) -> Tensor {
  x.calling("elu", SourceLine(file, line)) { exponentialUnit(x, alpha: alpha) }
}

/// The self-normalising ELU (G. Klambauer et al., 2017).
public func selu(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("selu", SourceLine(file, line)) {
    1.0507009873554805 * exponentialUnit(x, alpha: 1.6732632423543772)
  }
}

/// What is positive never comes to the exponential, which would be infinite; 0 goes the straight way.
private func exponentialUnit(_ x: Tensor, alpha: Double) -> Tensor {
  let nothing = x.filled(0, x.shape)
  let below = expm1(x.where(x .< 0, else: nothing))
  let zero = x.where(x .== 0, else: nothing)
  return x.where(x .> 0, else: nothing) + alpha * (below + zero)
}

/// x Phi(x), by the error function (D. Hendrycks and K. Gimpel, 2016).
public func gelu(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("gelu", SourceLine(file, line)) { 0.5 * x * (1 + erf(x * 0.5.squareRoot())) }
}

/// GELU by a hyperbolic tangent: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
public func geluTanh(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("geluTanh", SourceLine(file, line)) {
    0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x.squared)))
  }
}

/// x sigmoid(x).
public func silu(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("silu", SourceLine(file, line)) { x * sigmoid(x) }
}

/// x tanh(softplus(x)).
public func mish(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("mish", SourceLine(file, line)) { x * tanh(softplus(x)) }
}

/// x / (1 + |x|).
public func softsign(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("softsign", SourceLine(file, line)) { x / (1 + abs(x)) }
}

/// log(sigmoid(x)), without overflow.
public func logSigmoid(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("logSigmoid", SourceLine(file, line)) { -softplus(-x) }
}

/// x from low to high, clamped; the derivative at both is 0.
public func hardTanh(
  _ x: Tensor, from low: Double = -1, to high: Double = 1, file: StaticString = #fileID,
  line: UInt = #line
) -> Tensor {
  x.calling("hardTanh", SourceLine(file, line)) { x.clamped(from: low, to: high) }
}

/// min(max(x, 0), 6); the derivative at both is 0.
public func relu6(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("relu6", SourceLine(file, line)) { hardTanh(x, from: 0, to: 6) }
}

/// min(max(x / 6 + 1/2, 0), 1).
public func hardSigmoid(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("hardSigmoid", SourceLine(file, line)) { hardTanh(x / 6 + 0.5, from: 0, to: 1) }
}

/// x hardSigmoid(x).
public func hardSwish(_ x: Tensor, file: StaticString = #fileID, line: UInt = #line) -> Tensor {
  x.calling("hardSwish", SourceLine(file, line)) { x * hardSigmoid(x) }
}
