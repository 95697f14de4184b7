import BilevelOptimization
import IGBM
import TestProblems

let trainingScenarios: [String: Scenario] = [
  // Ridge regression whose tasks differ in size, the upper objective times 2 to the power in the argument and the upper
  // rate divided by it: every rank says what it ended with.
  "power-of-two": { communicator, arguments in
    let exponent = arguments.first.flatMap { Int($0) } ?? 0
    for method in ImplicitMethod.allCases {
      let run = try ProblemRun<Scaled<Ridge>>(
        RunRequest([
          ("exponent", "\(exponent)"), ("spread", "17"), ("method", method.rawValue),
          ("upper-rate", "\(Double(sign: .plus, exponent: -exponent, significand: 0.25))"),
          ("schedule", exponent % 2 == 0 ? "static" : "dynamic"),
        ]))
      let outcome = try run.train(communicator) { _, _ in }
      say("\(method.rawValue) \(outcome.digest)")
    }
    return .success
  }
]
