import BilevelOptimization
import CAllocations
import Models
import Tensors

/// Counts the allocations of whole tasks (adaptation and hypergradient) with few and many lower steps, and few and many
/// Hessian-vector products: once planned, none may cost an allocation.
@main struct Allocations {
  static func main() throws {
    // The size is not known before, so that the array is one.
    let size = CommandLine.arguments.count * 100
    var kept: [Int] = []
    print("allocations: an array: \(countAllocations { kept = Array(0..<size) })")
    precondition(kept.count == size)
    for method in ImplicitMethod.allCases {
      for precision in Precision.allCases {
        try compare(method, precision, "descent") {
          try GradientDescent(learningRate: 0.1, steps: $0)
        }
        try compare(method, precision, "momentum") { try Momentum(learningRate: 0.01, steps: $0) }
        try compare(method, precision, "adam") { try LowerAdam(learningRate: 0.01, steps: $0) }
        try compare(method, precision, "dropout", rate: 0.3) {
          try GradientDescent(learningRate: 0.1, steps: $0)
        }
      }
    }
  }

  /// Prints how many more allocations 160 lower steps cost than 16, and 50 products than 5.
  static func compare(
    _ method: ImplicitMethod, _ precision: Precision, _ name: String, rate: Double = 0,
    _ optimizer: (Int) throws -> some LowerOptimizer
  ) throws {
    let few = try Task(method, k: 5, precision, rate)
    let many = try Task(method, k: 50, precision, rate)
    let short = try few.allocations(try optimizer(16))
    let long = try few.allocations(try optimizer(160))
    let products = try many.allocations(try optimizer(16))
    print(
      "allocations: \(method.rawValue) \(precision.rawValue) \(name), "
        + "\(products.products - short.products) products more: \(products.count - short.count), "
        + "144 steps more: \(long.count - short.count)")
  }
}

/// What a closure allocates.
func countAllocations(_ body: () throws -> Void) rethrows -> Int {
  let before = allocation_count()
  try body()
  return allocation_count() - before
}

/// A small network with a proximal term, some of whose units may drop, and data that are made already.
struct Task {
  private let implicit: Implicit<Sequential, Sequential>
  private let train = Task.examples(1)
  private let validate = Task.examples(2)

  init(_ method: ImplicitMethod, k: Int, _ precision: Precision, _ rate: Double) throws {
    func network() throws -> Model<Sequential> {
      try Model { p in
        Sequential(
          Dense(p.part("dense1"), 6, 8), Activation.tanh, Dropout(rate),
          Dense(p.part("dense2"), 8, 4))
      }
    }
    implicit = try Implicit(
      upperObjective: { crossEntropy($0.lowerModel($0.data), $0.target) },
      upperModel: try network(),
      lowerObjective: {
        crossEntropy($0.lowerModel($0.data), $0.target)
          + squaredDistance($0.lowerParameters, $0.upperParameters)
      }, lowerModel: try network(), lowerLearningRate: 0.01, k: k, method: method, tolerance: 0,
      damping: 0.1, precision: precision)
  }

  private static func examples(_ factor: Int) -> Examples {
    let values = (0..<60).map { Double($0 * $0 * factor % 17) / 17 }
    return Examples(
      data: try! DataArray([10, 6], values), target: DataArray(indices: (0..<10).map { $0 % 4 }))
  }

  /// The allocations and Hessian-vector products of the third task of three: at the second and fourth use of a plan its
  /// objective is traced again.
  func allocations(_ optimizer: some LowerOptimizer) throws -> (count: Int, products: Int) {
    let start = implicit.lowerModel.values
    var products = 0
    func run() throws {
      let (report, _) = try implicit.adaptAndSolve(
        train: train, validate: validate, from: start, optimizer)
      products = report.solve.steps
    }
    try run()
    try run()
    let count = try countAllocations { try run() }
    return (count, products)
  }
}
