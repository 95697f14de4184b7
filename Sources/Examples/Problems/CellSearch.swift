import Foundation
import IGBM

/// Settings of ``CellSearch``.
struct CellSettings: SettingGroup {
  var channels = 4, nodes = 3, images = 600, finalSteps = 120, randomCells = 20

  mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("channels", &channels, 1...256, "channels of the cell's images")
    try keys("nodes", &nodes, 1...10, "nodes of the cell, beside its input")
    try keys("images", &images, 4...1_790, "images of the search; the others test")
    try keys("final-steps", &finalSteps, 1...100_000, "steps of Adam that train a chosen cell")
    try keys("random-cells", &randomCells, 0...10_000, "random cells to compare with")
  }
}

/// Search for the cell of a network on the embedded digits (DARTS; H. Liu, K. Simonyan and Y. Yang, "DARTS: Differentiable
/// Architecture Search", 2019). A cell is a graph: node j is the sum of what its edges make of all nodes before it, and while
/// it is searched for, every edge is a mean of all operations,
///
///     x_j = sum_(i<j) sum_o softmax(alpha_ij)_o o_ij(x_i)
///
/// Lower: the weights of all operations, over training images. Upper: alpha, over others. A task is a split of the images of
/// the search into halves, the same in every step, with weights of its own that go on from step to step; alpha is of all.
/// What is found is the operation of most weight on each edge, trained from its first values on all images of the search.
struct CellSearch: Problem {
  static let name = "cell"
  static let about = "a network's cell, by DARTS, on 8x8 digits; upper: weights of operations"
  static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks, settings.start) = (60, 4, .previous)
    (settings.batch, settings.validationBatch) = (64, 64)
    (settings.lowerRule, settings.lowerRate, settings.lowerSteps) = (.adam, 0.01, 4)
    settings.upperRate = 0.05
    settings.method = .oneStepDifference
    return settings
  }

  let upperModel: Model<Tensor>, lowerModel: Model<CellNetwork>
  let start = AdaptationStart.lowerModel
  let settings: CellSettings, seed: UInt64
  /// Numbers of images, in a drawn order: those of the search first.
  let order: [Int]

  init(_ settings: CellSettings, seed: UInt64) throws {
    (self.settings, self.seed) = (settings, seed)
    var random = RandomStream(seed: seed, purpose: .split)
    order = random.permutation(of: Digits.all.labels.count)
    let edges = settings.nodes * (settings.nodes + 1) / 2
    upperModel = try Model { p in p("alpha", [edges, Operation.allCases.count], .zeros) }
    lowerModel = try Self.model(
      [[Operation]](repeating: Operation.allCases, count: edges), settings, seed: seed)
  }

  /// A network whose edges have the given operations.
  static func model(
    _ operations: [[Operation]], _ settings: CellSettings, seed: UInt64
  ) throws -> Model<CellNetwork> {
    try Model(seed: seed) { CellNetwork($0, settings.channels, settings.nodes, operations) }
  }

  func lowerObjective(_ s: ObjectiveState<Tensor, CellNetwork>) -> Tensor {
    crossEntropy(s.lowerModel.scores(s.data, weights: s.upperModel.softmax()), s.target)
  }

  func upperObjective(_ s: ObjectiveState<Tensor, CellNetwork>) -> Tensor {
    lowerObjective(s)
  }

  /// Images may come in batches.
  static let isOverRows = true

  func task(_ index: Int, step: Int) throws -> TaskExamples {
    var random = RandomStream(seed: seed, purpose: .task, index: index)
    let own = random.permutation(of: settings.images).map { order[$0] }
    return TaskExamples(
      train: try Self.examples(own.prefix(own.count / 2)),
      validate: try Self.examples(own.dropFirst(own.count / 2)))
  }

  static func examples(_ numbers: ArraySlice<Int>) throws -> Examples {
    Examples(
      data: try Digits.all.images(Array(numbers)),
      target: DataArray(indices: numbers.map { Digits.all.labels[$0] }))
  }
}

/// What an edge may do to images `[n, height, width, channels]`, which keep their shape.
enum Operation: String, CaseIterable {
  case none, skip, convolution, separable
  case meanPool = "mean pool"
  case maxPool = "max pool"

  func layer(_ p: Parameters, _ channels: Int) -> any Layer {
    let norm = { BatchNorm(p.part("norm"), channels, keepsStatistics: true) }
    func convolution(_ name: String, kernel: Int = 3, groups: Int = 1) -> any Layer {
      Convolution(
        p.part(name), channels, channels, kernel: kernel, groups: groups, hasBias: false)
    }
    return switch self {
    case .none: Function { 0 * $0 }
    case .skip: Sequential()
    case .convolution: Sequential(Activation.relu, convolution("filters"), norm())
    case .separable:
      Sequential(
        Activation.relu, convolution("depthwise", groups: channels),
        convolution("pointwise", kernel: 1), norm())
    case .meanPool: Sequential(MeanPool(kernel: 3, stride: 1, padding: .same), norm())
    case .maxPool: Sequential(MaxPool(kernel: 3, stride: 1, padding: .same), norm())
    }
  }
}

/// A network of one cell: a convolution that halves the images, the cell, and a dense layer on the means of all its nodes.
struct CellNetwork {
  private let stem: Sequential, head: Dense
  /// The operations of each edge: those to node 1, then those to node 2 ...
  private let edges: [[any Layer]]
  private let nodes: Int

  init(_ p: Parameters, _ channels: Int, _ nodes: Int, _ operations: [[Operation]]) {
    self.nodes = nodes
    stem = Sequential(
      Function { $0.reshaped([$0.shape[0], 8, 8, 1]) },
      Convolution(p.part("stem"), 1, channels, stride: 2, padding: .all(1), hasBias: false),
      BatchNorm(p.part("stem.norm"), channels, keepsStatistics: true))
    edges = operations.enumerated().map { edge, operations in
      operations.map { $0.layer(p.part("edge\(edge).\($0)"), channels) }
    }
    head = Dense(p.part("head"), nodes * channels, 10)
  }

  /// Scores `[n, 10]` of images `[n, 64]`; of several operations of an edge the mean with weights `[edges, operations]`.
  func scores(_ images: Tensor, weights: Tensor? = nil) -> Tensor {
    var (images, edge) = ([stem(images)], 0)
    for _ in 0..<nodes {
      let parts = images.map { image in
        defer { edge += 1 }
        return mixed(edge, image, weights?.at(edge))
      }
      images.append(parts.dropFirst().reduce(parts[0], +))
    }
    return head(GlobalMeanPool()(.concatenated(Array(images.dropFirst()), axis: 3)))
  }

  private func mixed(_ edge: Int, _ x: Tensor, _ weights: Tensor?) -> Tensor {
    let parts = edges[edge].enumerated().map { number, operation in
      weights.map { $0.at(number) * operation(x) } ?? operation(x)
    }
    return parts.dropFirst().reduce(parts[0], +)
  }
}
