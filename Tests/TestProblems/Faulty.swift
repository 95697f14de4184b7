import BilevelOptimization
import Models
import Problems
import Tensors

/// Settings of ``Faulty``.
package struct FaultySettings: SettingGroup {
  /// What is wrong.
  package enum Fault: String, CaseIterable, Sendable {
    case none
    /// The lower objective reads the upper model's numbers: its derivatives do not know of them.
    case frozenUpper = "frozen-upper"
    /// The lower objective reads the lower model's numbers.
    case frozenLower = "frozen-lower"
    /// The upper objective reads the upper model's numbers.
    case frozenDirect = "frozen-direct"
    /// The lower objective changes from one trace to the next.
    case drifting
    /// A task's data are others when it is asked for again.
    case restlessData = "restless-data"
    /// The upper objective has a derivative that is no number at the first upper parameters.
    case noNumber = "no-number"
    /// No fault: the upper objective has a kink at the first upper parameters.
    case kink
    /// No fault: both objectives hold something constant to their derivatives.
    case stopped
  }

  package var fault = Fault.none

  package init() {}

  package mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("fault", &fault, "what is wrong")
  }
}

/// A small problem with a fault in its objectives or data that no compiler finds.
package struct Faulty: Problem {
  package static let name = "faulty"
  package static let about = "three weights, with a fault"
  package static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks, settings.lowerSteps) = (2, 2, 50)
    (settings.lowerRate, settings.precision) = (0.2, .double)
    return settings
  }

  package let upperModel: Model<Tensor>, lowerModel: Model<Tensor>
  package let start = AdaptationStart.lowerModel
  private let fault: FaultySettings.Fault
  private let calls = Calls()

  /// Counts over a problem's life.
  private final class Calls {
    private var count = 0

    /// How many there were before.
    func next() -> Double {
      count += 1
      return Double(count - 1)
    }
  }

  package init(_ settings: FaultySettings, seed: UInt64) throws {
    fault = settings.fault
    upperModel = try Model { p in p("u", [3]) }
    lowerModel = try Model { p in p("w", [3]) }
    lowerModel.values = [0.5, -0.25, 1]
  }

  package func lowerObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor {
    let (w, u) = (s.lowerModel, s.upperModel)
    let f =
      0.5 * squaredDistance(w, s.data) + 0.25 * w.squared.squared.sum()
      + (exp(u) * w.squared).sum()
    return switch fault {
    case .frozenUpper: f + 0.7 * upperModel.values[1] * w.squared.sum()
    case .frozenLower: f + 0.7 * lowerModel.values[1] * w.squared.sum()
    // Both traces of one first use are alike, if that is looked at.
    case .stopped: f + (w.stoppingGradient() * w).sum() + (u.stoppingGradient() * w).sum()
    case .drifting: f + 0.1 * (calls.next() / 2).rounded(.down) * w.squared.sum()
    default: f
    }
  }

  package func upperObjective(_ s: ObjectiveState<Tensor, Tensor>) -> Tensor {
    let loss = 0.5 * squaredDistance(s.lowerModel, s.data) + 0.1 * s.upperModel.squared.sum()
    return switch fault {
    case .frozenDirect: loss + 0.7 * upperModel.values[2]
    case .noNumber: loss + sqrt(s.upperModel.squared).sum()
    case .stopped: loss + (s.upperModel.stoppingGradient() * s.lowerModel.squared).sum()
    case .kink: loss + relu(s.upperModel).sum()
    default: loss
    }
  }

  package func task(_ index: Int, step: Int) throws -> TaskExamples {
    let shift = fault == .restlessData ? calls.next() : 0
    func examples(_ values: [Double]) -> Examples {
      Examples(data: DataArray(values), target: .empty)
    }
    return TaskExamples(
      train: examples([1 + shift, -0.5, Double(index)]), validate: examples([0.5, 0.25, -1]))
  }
}
