import Tensors

/// Which means and variances the batch norms of a layer use.
public enum NormStatistics {
  /// Those of the input itself: in training.
  case ofInput
  /// Those that the same layer has of other examples, such as all that a task trains with: computed with it, so that
  /// derivatives go through them.
  case of(Tensor)
  /// Those that ``Model/storingStatistics(of:at:precision:)`` has put into the parameters: an example's output then depends
  /// on nothing but the example.
  case stored
}

extension Layer {
  /// The layer's output with the batch norms within it using other statistics than the input's.
  ///
  /// - Parameters:
  ///   - x: The input, examples along its first axis: `[n, ...]`.
  ///   - statistics: Where means and variances are from.
  ///   - file: The caller's file, for errors.
  ///   - line: The caller's line, for errors.
  /// - Returns: The output, `[n, ...]`.
  public func callAsFunction(
    _ x: Tensor, statistics: NormStatistics, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    x.inLayer(self, file: file, line: line) { x in
      switch statistics {
      case .ofInput: return x.with(nil, output)
      case .stored: return x.with(NormBook(.stored), output)
      case .of(let examples):
        let book = NormBook(.recorded)
        _ = examples.with(book, output)
        book.use = .repeated
        return x.with(book, output)
      }
    }
  }
}

extension Model {
  /// The parameters with the statistics of their batch norms worked out over examples: those that normalise the examples
  /// themselves at these parameters, variances biased. They go to the parameters `mean` and `variance` of the batch norms
  /// that keep them; where one is used more than once, its last use counts. A function of its arguments alone, and so the
  /// same on every rank.
  ///
  /// - Parameters:
  ///   - data: The examples, all that trained, as one batch.
  ///   - values: The parameters, by default the model's own.
  ///   - precision: The arithmetic.
  ///   - formula: From the model's body and the examples to the output.
  /// - Returns: As many parameters.
  /// - Throws: `TensorError` where shapes do not fit, or no batch norm keeps statistics; what the formula throws.
  public func storingStatistics(
    of data: DataArray, at values: [Double]? = nil, precision: Precision = .double,
    _ formula: (Body, Tensor) throws -> Tensor
  ) throws -> [Double] {
    var values = values ?? self.values
    guard values.count == count else {
      throw TensorError(
        .shape, "the model has \(count) parameters, but \(values.count) values were given")
    }
    let graph = Graph()
    let (vector, input) = (graph.input([count], stage: .point), graph.data(data.shape))
    let book = NormBook(.recorded)
    graph.layerState = book
    _ = try formula(try body(over: vector, in: graph), input)
    try graph.check()
    let kept = book.records.flatMap { record in
      record.names.map { [($0.mean, record.mean), ($0.variance, record.variance)] } ?? []
    }
    guard !kept.isEmpty else {
      throw TensorError(
        .objective, "no batch norm of the model keeps statistics; make one that does")
    }
    let program = try Program(
      graph, [ListRequest("task", .task), ListRequest("statistics", .point, kept.map(\.1))],
      precision, try KernelSet.chosen())
    program.input(vector).set(values)
    try program.set(input, data, named: "data")
    program.run(0)
    program.run(1)
    for (place, (name, _)) in kept.enumerated() {
      guard let parameter = parameters.first(where: { $0.name == name }) else { continue }
      values.replaceSubrange(
        parameter.offset..<parameter.offset + parameter.shape.count,
        with: program.root(place, of: 1).values)
    }
    return values
  }
}

extension Model where Body: Layer {
  /// The same for a model that is a layer.
  ///
  /// - Parameters:
  ///   - data: The examples, all that trained, as one batch.
  ///   - values: The parameters, by default the model's own.
  ///   - precision: The arithmetic.
  /// - Returns: As many parameters.
  /// - Throws: As ``storingStatistics(of:at:precision:_:)``.
  public func storingStatistics(
    of data: DataArray, at values: [Double]? = nil, precision: Precision = .double
  ) throws -> [Double] {
    try storingStatistics(of: data, at: values, precision: precision) { $0($1) }
  }
}

/// What the batch norms of a layer use while it runs, and leave: kept with the trace, for layers are of any type.
final class NormBook {
  enum Use {
    /// The input's own, which are written down.
    case recorded
    /// What was written down, in the same order.
    case repeated
    /// Parameters.
    case stored
  }

  struct Record {
    let mean, variance: Tensor
    /// The parameters that keep them.
    let names: (mean: String, variance: String)?
  }

  var use: Use
  private(set) var records: [Record] = []
  private var next = 0

  init(_ use: Use) { self.use = use }

  func write(_ record: Record) { records.append(record) }

  /// The next record; `nil` where the layer uses more batch norms than when they were written down.
  func read() -> Record? {
    guard next < records.count else { return nil }
    next += 1
    return records[next - 1]
  }
}

extension Tensor {
  /// What batch norms use now; `nil` is the input's own.
  var normBook: NormBook? { trace.layerState as? NormBook }

  fileprivate func with(_ book: NormBook?, _ body: (Tensor) -> Tensor) -> Tensor {
    let before = trace.layerState
    trace.layerState = book
    defer { trace.layerState = before }
    return body(self)
  }
}
