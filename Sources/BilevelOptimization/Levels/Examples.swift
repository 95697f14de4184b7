import Tensors

/// What an objective is given of a task: inputs, targets, and whatever else it needs, by name.
public struct Examples: Sendable, Equatable {
  /// All of the arrays, and which of their rows these examples are; nil for all.
  let whole: Whole
  let chosen: RowNumbers?

  /// The inputs, one example a row: `[n, ...]`, such as `[n, features]` or `[n, height, width, channels]`.
  public var data: DataArray { chosen.map(whole.data.rows) ?? whole.data }
  /// The targets: classes 0, 1, ... `[n]`, or values `[n, ...]`.
  public var target: DataArray { chosen.map(whole.target.rows) ?? whole.target }
  /// More arrays, by name; an objective finds them as `state["name"]`.
  public var extras: [Extra] {
    guard let chosen else { return whole.extras }
    return whole.extras.map { extra in
      extra.byRow ? Extra(extra.name, extra.values.rows(chosen), byRow: true) : extra
    }
  }

  /// A named array.
  public struct Extra: Sendable, Equatable {
    /// The name, unique in its examples: a trace throws a `TensorError` otherwise.
    public let name: String
    /// The numbers, of any shape.
    public let values: DataArray
    /// Whether its rows belong to the examples: a batch then has some of them.
    public let byRow: Bool

    /// An array of any shape, by its name.
    ///
    /// - Parameters:
    ///   - name: The name, unique in its examples.
    ///   - values: The numbers.
    ///   - byRow: Whether its rows belong to the examples, as those of inputs and targets do.
    public init(_ name: String, _ values: DataArray, byRow: Bool = false) {
      self.name = name
      self.values = values
      self.byRow = byRow
    }
  }

  /// Arrays that batches share.
  final class Whole: Sendable {
    let data, target: DataArray
    let extras: [Extra]

    init(_ data: DataArray, _ target: DataArray, _ extras: [Extra]) {
      (self.data, self.target, self.extras) = (data, target, extras)
    }

    /// The least rows of an array that has some and goes by row: batches are of these.
    var leastRows: Int {
      var least = Int.max
      func count(_ array: DataArray) {
        if array.rowCount > 0 { least = min(least, array.rowCount) }
      }
      count(data)
      count(target)
      for extra in extras where extra.byRow { count(extra.values) }
      return least
    }
  }

  /// Examples of a task. Objectives are traced and planned once for each form (shapes, and names of extras), so that
  /// tasks of one form cost least.
  ///
  /// - Parameters:
  ///   - data: The inputs, `[n, ...]`; `DataArray.empty` where there are none.
  ///   - target: The targets, `[n]` or `[n, ...]`; `DataArray.empty` where there are none.
  ///   - extras: More arrays, whose names differ.
  public init(data: DataArray, target: DataArray, extras: [Extra] = []) {
    whole = Whole(data, target, extras)
    chosen = nil
  }

  init(_ whole: Whole, _ chosen: RowNumbers) {
    (self.whole, self.chosen) = (whole, chosen)
  }

  /// Whether the arrays and names are the same.
  public static func == (a: Examples, b: Examples) -> Bool {
    a.whole === b.whole && a.chosen == b.chosen
      || a.data == b.data && a.target == b.target && a.extras == b.extras
  }

  /// What a trace and its plan depend on: names and shapes, and whether they are a batch.
  var form: Form {
    func shape(_ array: DataArray, byRow: Bool = true) -> Shape {
      guard let chosen, byRow, array.rowCount > 0 else { return array.shape }
      return array.shape.withRows(chosen.count)
    }
    return Form(
      data: shape(whole.data), target: shape(whole.target), names: whole.extras.map(\.name),
      shapes: whole.extras.map { shape($0.values, byRow: $0.byRow) }, isBatch: chosen != nil)
  }

  /// Whether a form is theirs; allocates nothing.
  func have(_ form: Form) -> Bool {
    func fits(_ array: DataArray, _ shape: Shape, byRow: Bool = true) -> Bool {
      array.shape.fits(shape, rows: byRow && array.rowCount > 0 ? chosen?.count : nil)
    }
    guard form.isBatch == (chosen != nil), fits(whole.data, form.data),
      fits(whole.target, form.target), whole.extras.count == form.names.count
    else { return false }
    for (place, extra) in whole.extras.enumerated() {
      guard extra.name == form.names[place],
        fits(extra.values, form.shapes[place], byRow: extra.byRow)
      else { return false }
    }
    return true
  }

  struct Form: Hashable {
    let data: Shape
    let target: Shape
    let names: [String]
    let shapes: [Shape]
    /// Whether they are some rows, which other rows soon follow: what is made of the data once pays less.
    let isBatch: Bool

    /// What lower programs are planned with: sums of a matrix's quarters are for data that many products are with.
    func optimisations(_ convolutions: ConvolutionRule) -> Optimisations {
      isBatch ? convolutions.optimisations.subtracting(.quarters) : convolutions.optimisations
    }
  }
}
