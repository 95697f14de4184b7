import Tensors

/// What an objective is given of a task: inputs, targets, and whatever else it needs, by name.
public struct Examples: Sendable, Equatable {
  /// The inputs, one example a row: `[n, ...]`, such as `[n, features]` or `[n, height, width, channels]`.
  public let data: DataArray
  /// The targets: classes 0, 1, ... `[n]`, or values `[n, ...]`.
  public let target: DataArray
  /// More arrays, by name; an objective finds them as `state["name"]`.
  public let extras: [Extra]

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

  /// Examples of a task. Objectives are traced and planned once for each form (shapes, and names of extras), so that
  /// tasks of one form cost least.
  ///
  /// - Parameters:
  ///   - data: The inputs, `[n, ...]`; `DataArray.empty` where there are none.
  ///   - target: The targets, `[n]` or `[n, ...]`; `DataArray.empty` where there are none.
  ///   - extras: More arrays, whose names differ.
  public init(data: DataArray, target: DataArray, extras: [Extra] = []) {
    self.data = data
    self.target = target
    self.extras = extras
  }

  /// What a trace depends on: names and shapes.
  var form: Form {
    Form(
      data: data.shape, target: target.shape, names: extras.map(\.name),
      shapes: extras.map(\.values.shape))
  }

  struct Form: Hashable {
    let data: Shape
    let target: Shape
    let names: [String]
    let shapes: [Shape]
  }
}
