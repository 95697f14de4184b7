import Tensors

/// What an objective is given of a task: inputs, targets, and whatever else it needs, by name.
public struct Examples: Sendable, Equatable {
  /// The inputs, one example a row: `[n, ...]`.
  public let data: DataArray
  /// The targets: classes `[n]` or values.
  public let target: DataArray
  /// More arrays, by name; an objective finds them as `state["name"]`.
  public let extras: [Extra]

  /// A named array.
  public struct Extra: Sendable, Equatable {
    /// The name, unique in its examples.
    public let name: String
    /// The numbers.
    public let values: DataArray

    /// A named array.
    public init(_ name: String, _ values: DataArray) {
      self.name = name
      self.values = values
    }
  }

  /// Examples of a task.
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
