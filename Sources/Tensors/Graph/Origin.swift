/// A call of a public function, an operator or a layer, as errors name it.
package struct Call {
  let name: String
  /// Where it is called; operators and properties cannot know.
  let line: SourceLine?
  /// The layer, which calls functions in turn that errors name as well; `nil` for other functions.
  let layer: Any?
  /// Which of its neighbours a layer is, for those without parameters: "layer 2".
  let place: String?

  init(_ name: String, _ line: SourceLine?, layer: Any? = nil, place: String? = nil) {
    (self.name, self.line, self.layer, self.place) = (name, line, layer, place)
  }

  var isLayer: Bool { layer != nil }
}

/// A line of the user's source, to be named in errors.
package struct SourceLine: Sendable, Equatable, CustomStringConvertible {
  private let file: StaticString
  private let line: UInt

  package init(_ file: StaticString, _ line: UInt) {
    (self.file, self.line) = (file, line)
  }

  /// Whether it is the package's own: of no use to whoever calls a layer.
  var isOfLayers: Bool { "\(file)".hasPrefix("Models/") }

  package static func == (a: SourceLine, b: SourceLine) -> Bool { a.description == b.description }

  package var description: String { "\(file):\(line)" }
}

/// Where a node comes from: the calls in which the objective made it, or the node whose derivative it belongs to.
struct Origin {
  /// The outermost first; none for what belongs to no call.
  let calls: [Call]
  /// How often that was differentiated.
  let order: Int
  /// When in the trace it was called.
  let moment: Int

  var differentiated: Origin { Origin(calls: calls, order: order + 1, moment: moment) }

  /// The operation as the user knows it: "sqrt", "the second derivative of sqrt".
  var name: String {
    let function = calls.last { !$0.isLayer }?.name ?? calls.last?.name ?? "the objective"
    return switch order {
    case 0: function
    case 1: "the derivative of \(function)"
    case 2: "the second derivative of \(function)"
    default: "a derivative of order \(order) of \(function)"
    }
  }
}

/// What is wrong with a trace, its place to be named when the trace is over.
struct Mistake {
  let code: TensorError.Code
  let what: String
  let remedy: String
  let origin: Origin

  /// What is wrong, and in which function the user knows it: "*: shapes [5] and [4] do not fit in huberLosses".
  var within: String {
    guard let function = origin.calls.last(where: { !$0.isLayer }),
      !what.hasPrefix("\(function.name):")
    else { return what }
    return "\(what) in \(function.name)"
  }
}

extension Graph {
  /// An origin as errors name it: "sqrt in Dense block2.dense1 in Sequential at Main.swift:12".
  func account(of origin: Origin) -> String { placing(origin.name, origin) }

  /// Words with the layers and lines of an origin. Of what has no line of its own, such as an operator, those are the
  /// lines that the trace came by before and after, if any.
  func placing(_ words: String, _ origin: Origin) -> String {
    ([words] + places(of: origin)).joined(separator: " ")
  }

  private func places(of origin: Origin) -> [String] {
    var words: [String] = []
    var hasPath = false
    for call in origin.calls.reversed() {
      if let layer = call.layer {
        // The innermost path says where: the others are its beginnings.
        let path = hasPath ? nil : self.path(of: layer)
        hasPath = hasPath || path != nil
        let place = path.map { " \($0)" } ?? call.place.map { " (\($0))" } ?? ""
        words.append("in \(call.name)\(place)")
      }
      if let line = call.line, !line.isOfLayers { words.append("at \(line)") }
    }
    if origin.calls.first?.line == nil { words += between(origin) }
    return words
  }

  private func between(_ origin: Origin) -> [String] {
    let before = lines.last { $0.moment < origin.moment }?.line
    let after = lines.first { $0.moment > origin.moment }?.line
    return switch (before, after) {
    case (let before?, let after?) where before == after: ["at \(before)"]
    case (let before?, let after?): ["between \(before) and \(after)"]
    case (let before?, nil): ["after \(before)"]
    case (nil, let after?): ["before \(after)"]
    case (nil, nil): []
    }
  }
}
