import CKernels
import Foundation

/// One step of a loop over its whole space, in plain double precision.
struct LoopReference {
  let rows: Int
  let columns: Int
  let step: ck_step
  let read: (Int32, Int, Int) -> Double
  let write: (Int32, Int, Int, Double) -> Void

  private func term(_ r: Int, _ c: Int) -> Double {
    read(step.a, r, c) * (step.b >= 0 ? read(step.b, r, c) : 1)
  }

  func run() {
    switch ck_step_kind(UInt32(step.kind)) {
    case CK_SUM_ROWS:
      for c in 0..<columns { write(step.d, 0, c, (0..<rows).reduce(0) { $0 + term($1, c) }) }
    case CK_SUM_COLUMNS:
      for r in 0..<rows { write(step.d, r, 0, (0..<columns).reduce(0) { $0 + term(r, $1) }) }
    case CK_SUM_ALL:
      let total = (0..<rows).reduce(0.0) { sum, r in
        (0..<columns).reduce(sum) { $0 + term(r, $1) }
      }
      write(step.d, 0, 0, total)
    case CK_MAX_COLUMNS:
      for r in 0..<rows {
        write(step.d, r, 0, (0..<columns).map { read(step.a, r, $0) }.max() ?? 0)
      }
    case CK_ONE_HOT:
      each { r, c in read(step.a, r, c) == Double(c) ? 1 : 0 }
    default:
      each { r, c in
        value(
          read(step.a, r, c), read(step.b, r, c), read(step.c, r, c), read(step.e, r, c))
      }
    }
  }

  private func each(_ value: (Int, Int) -> Double) {
    let results = (0..<rows).map { r in (0..<columns).map { value(r, $0) } }
    for r in 0..<rows { for c in 0..<columns { write(step.d, r, c, results[r][c]) } }
  }

  private func value(_ a: Double, _ b: Double, _ c: Double, _ e: Double) -> Double {
    switch ck_step_kind(UInt32(step.kind)) {
    case CK_COPY: a
    case CK_SCALE: step.x * a
    case CK_OFFSET: a + step.x
    case CK_SQUARE: a * a
    case CK_RECIPROCAL: 1 / a
    case CK_SQUARE_ROOT: a.squareRoot()
    case CK_RECIPROCAL_SQUARE_ROOT: 1 / a.squareRoot()
    case CK_ABSOLUTE: abs(a)
    case CK_SIGN: a > 0 ? 1 : a < 0 ? -1 : 0
    case CK_EXP: exp(a)
    case CK_LOG: log(a)
    case CK_TANH: tanh(a)
    case CK_SIGMOID: 1 / (1 + exp(-a))
    case CK_SOFTPLUS: max(a, 0) + log1p(exp(-abs(a)))
    case CK_RELU: max(a, 0)
    case CK_SINE: sin(a)
    case CK_COSINE: cos(a)
    case CK_ARCTANGENT: atan(a)
    case CK_LOG_OF_ONE_PLUS: log1p(a)
    case CK_EXP_MINUS_ONE: expm1(a)
    case CK_ERROR_FUNCTION: erf(a)
    case CK_ROUND: a.rounded(.toNearestOrEven)
    case CK_RAISE: pow(a, step.x)
    case CK_ADD: a + b
    case CK_SUBTRACT: a - b
    case CK_MULTIPLY: a * b
    case CK_DIVIDE: a / b
    case CK_MAXIMUM: max(a, b)
    case CK_MINIMUM: min(a, b)
    case CK_GREATER: a > b ? 1 : 0
    case CK_EQUAL: a == b ? 1 : 0
    case CK_PREFER: a > b ? 1 : a == b ? 0.5 : 0
    case CK_MASK: b > 0 ? a : 0
    case CK_WEIGH: a == 0 ? 0 : a * b
    case CK_ADD_SCALED_DIFFERENCE: a + step.x * (b - c)
    case CK_ADD_SCALED: a + step.x * b
    case CK_MULTIPLY_ADD: a * b + c
    case CK_MULTIPLY_SUBTRACT: a * b - c
    case CK_NEGATED_MULTIPLY_ADD: c - a * b
    case CK_CENTRED_SCALED: (a - b) * c
    case CK_CENTRED_SCALED_ADD: (a - b) * c + e
    default: .nan
    }
  }
}
