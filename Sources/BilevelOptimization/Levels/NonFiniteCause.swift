import Models
import Tensors

/// Why a number of an objective or its derivatives is not finite, in words.
package struct NonFiniteCause {
  private enum Kind {
    case data(String), lowerParameters, upperParameters, direction, operation
  }

  private let kind: Kind
  /// What happened, and where.
  private(set) var account: String

  private init(_ kind: Kind, _ account: String) { (self.kind, self.account) = (kind, account) }

  /// One that another rank of a task's team has found.
  static func elsewhere(isOperation: Bool) -> NonFiniteCause {
    NonFiniteCause(
      isOperation ? .operation : .data("train"), "it came up in rows that another rank has")
  }

  /// - Parameters:
  ///   - origin: What was found in a trace.
  ///   - trace: The trace.
  ///   - direction: The trace's input for the vector of Hessian products.
  ///   - examples: What its data are called: "train".
  init(_ origin: NonFiniteOrigin, _ trace: Trace, direction: Tensor?, _ examples: String) {
    guard case .input(let number, let element) = origin.source else {
      (kind, account) = (.operation, origin.account)
      return
    }
    let input: String
    func isInput(_ tensor: Tensor?) -> Bool {
      tensor.flatMap(trace.graph.inputNumber) == number
    }
    if isInput(trace.lower) {
      (kind, input) = (.lowerParameters, "lower parameter " + trace.parameters.lower.name(element))
    } else if isInput(trace.upper) {
      (kind, input) = (.upperParameters, "upper parameter " + trace.parameters.upper.name(element))
    } else if isInput(direction) {
      (kind, input) = (.direction, "the solve's direction")
    } else {
      let name = trace.inputs.first { isInput($0.tensor) }?.name ?? "data"
      (kind, input) = (.data(examples), "\(examples) \(name)[\(element)]")
    }
    account = "\(input) is \(origin.value)"
    if !origin.account.isEmpty { account += ", and \(origin.account)" }
  }

  /// Whether it is an operation's doing, on numbers that are finite.
  var isOperation: Bool { if case .operation = kind { true } else { false } }

  /// Whether the vector of a Hessian product was not finite before.
  var isDirection: Bool { if case .direction = kind { true } else { false } }

  /// What to do.
  var remedy: String {
    switch kind {
    case .data(let examples):
      "check the \(examples == "train" ? "training" : "validation") data"
    case .lowerParameters:
      "lower the learning rate of the adaptation, or check the training data"
    case .upperParameters:
      "lower the upper learning rate, or check what the upper model starts from"
    case .direction: "raise the damping, or lower the learning rate of the Neumann series"
    case .operation:
      "keep what it is given away from there, or, where numbers have grown, lower the learning rate"
    }
  }

  /// The same, found at another place than where it was noticed.
  func at(_ place: String) -> NonFiniteCause {
    var copy = self
    copy.account = "\(place), \(account)"
    return copy
  }
}

extension [Parameter] {
  /// An element of the flat vector by its parameter's name: "dense.weight[3]".
  fileprivate func name(_ element: Int) -> String {
    guard let parameter = last(where: { $0.offset <= element }) else { return "[\(element)]" }
    return "\(parameter.name)[\(element - parameter.offset)]"
  }
}

extension HypergradientError {
  /// Throws unless a number is finite.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - what: What it is.
  ///   - remedy: What to do where no cause is found.
  ///   - cause: Looks for the cause.
  /// - Throws: ``HypergradientError`` of code `notFinite`; what looking for the cause throws.
  static func requireFinite(
    _ value: Double, _ what: @autoclosure () -> String, _ remedy: String,
    _ cause: () throws -> NonFiniteCause?
  ) throws {
    if value.isFinite { return }
    let value = value.isNaN ? .nan : value
    guard let cause = try cause() else {
      throw HypergradientError(.notFinite, "\(value) in \(what()); \(remedy)")
    }
    throw HypergradientError(
      .notFinite, "\(value) in \(what()): \(cause.account); \(cause.remedy)")
  }
}
