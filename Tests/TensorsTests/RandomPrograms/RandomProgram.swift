import Tensors

/// An objective as data: statements over earlier statements, and the terms whose sum it is. It can be traced, evaluated
/// apart from the engine, printed as Swift, and made smaller.
struct RandomProgram: Equatable {
  /// Where the numbers of a leaf come from.
  enum Source: String { case data, lower, upper }

  enum Function: String, CaseIterable {
    case exp, log, tanh, sigmoid, softplus, relu, sqrt, abs, squared
  }

  enum Combination: String, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
  }

  /// What a statement does to the statements that it names by number.
  enum Statement: Equatable {
    case leaf(Source, Shape)
    case function(Function, Int)
    case combine(Combination, Int, Int)
    case scale(Double, Int)
    case offset(Double, Int)
    case sum(Range<Int>, Int)
    case mean(Range<Int>, Int)
    case reshape(Shape, Int)
    case transpose(Int)
    case centre(Int)
    case product(Int, Int)
    case convolve(Int, Int, stride: Int)
    case pool(Int)
    case rows(Int, [Int])
    case softmax(Int)
    case logSumExp(Int)
    case crossEntropies(Int, [Int])
    case made(MadeOperation)
  }

  /// How a statement becomes a number of the objective.
  enum Reduction: String, CaseIterable { case sum, mean, squares, squaredMean }

  struct Term: Equatable {
    var statement: Int
    var reduction: Reduction
  }

  var statements: [Statement] = []
  var terms: [Term] = []

  mutating func append(_ statement: Statement) -> Int {
    statements.append(statement)
    return statements.count - 1
  }
}

extension RandomProgram.Statement {
  /// The statements that it reads.
  var operands: [Int] {
    switch self {
    case .leaf: []
    case .function(_, let x), .scale(_, let x), .offset(_, let x), .sum(_, let x), .mean(_, let x),
      .reshape(_, let x), .transpose(let x), .centre(let x), .pool(let x), .rows(let x, _),
      .softmax(let x), .logSumExp(let x), .crossEntropies(let x, _):
      [x]
    case .combine(_, let a, let b), .product(let a, let b), .convolve(let a, let b, _): [a, b]
    case .made(let operation): operation.operands
    }
  }

  /// The same of other statements.
  func renumbered(_ number: (Int) -> Int) -> Self {
    if case .made(var operation) = self {
      operation.operands = operation.operands.map(number)
      return .made(operation)
    }
    return renumberedOwn(number)
  }

  private func renumberedOwn(_ number: (Int) -> Int) -> Self {
    switch self {
    case .leaf: self
    case .function(let function, let x): .function(function, number(x))
    case .combine(let combination, let a, let b): .combine(combination, number(a), number(b))
    case .scale(let factor, let x): .scale(factor, number(x))
    case .offset(let amount, let x): .offset(amount, number(x))
    case .sum(let axes, let x): .sum(axes, number(x))
    case .mean(let axes, let x): .mean(axes, number(x))
    case .reshape(let shape, let x): .reshape(shape, number(x))
    case .transpose(let x): .transpose(number(x))
    case .centre(let x): .centre(number(x))
    case .product(let a, let b): .product(number(a), number(b))
    case .convolve(let x, let w, let stride): .convolve(number(x), number(w), stride: stride)
    case .pool(let x): .pool(number(x))
    case .rows(let x, let index): .rows(number(x), index)
    case .softmax(let x): .softmax(number(x))
    case .logSumExp(let x): .logSumExp(number(x))
    case .crossEntropies(let x, let labels): .crossEntropies(number(x), labels)
    case .made: self
    }
  }
}

/// The program as one would write it, for reports of failures.
extension RandomProgram: CustomStringConvertible {
  var description: String {
    let lines = statements.indices.map { "let x\($0) = \(source(statements[$0]))" }
    let sum = terms.map { "x\($0.statement)\(source($0.reduction))" }.joined(separator: " + ")
    return (lines + ["return \(sum)"]).joined(separator: "\n")
  }

  private func source(_ reduction: Reduction) -> String {
    switch reduction {
    case .sum: ".sum()"
    case .mean: ".mean()"
    case .squares: ".squared.sum()"
    case .squaredMean: ".squared.mean()"
    }
  }

  private func source(_ statement: Statement) -> String {
    switch statement {
    case .leaf(let source, let shape): "\(source.rawValue)(\(shape))"
    case .function(.squared, let x): "x\(x).squared"
    case .function(let function, let x): "\(function.rawValue)(x\(x))"
    case .combine(let combination, let a, let b): "x\(a) \(combination.rawValue) x\(b)"
    case .scale(let factor, let x): "\(factor) * x\(x)"
    case .offset(let amount, let x): "x\(x) + \(amount)"
    case .sum(let axes, let x): "x\(x).sum(axes: \(axes))"
    case .mean(let axes, let x): "x\(x).mean(axes: \(axes))"
    case .reshape(let shape, let x): "x\(x).reshaped(\(shape))"
    case .transpose(let x): "x\(x).transposed()"
    case .centre(let x): "x\(x).centred"
    case .product(let a, let b): "matmul(x\(a), x\(b))"
    case .convolve(let x, let w, let stride): "x\(x).convolved(with: x\(w), stride: \(stride))"
    case .pool(let x): "x\(x).maxPooled()"
    case .rows(let x, let index): "x\(x).rows(data(\(index)))"
    case .softmax(let x): "x\(x).softmax()"
    case .logSumExp(let x): "x\(x).logSumExp()"
    case .crossEntropies(let x, let labels): "crossEntropies(x\(x), data(\(labels)))"
    case .made(let operation): operation.source
    }
  }
}
