import BilevelOptimization
import DataFiles
import MessagePassing
import Models
import Problems
import Tensors
import Testing
import Training

@Suite struct ExitCodesTests {
  @Test(arguments: [
    (TensorError.Code.range, ExitCode.dataError), (.shape, .configuration),
    (.objective, .configuration), (.name, .configuration), (.unsupported, .configuration),
    (.memory, .configuration),
  ]) func tensorErrors(_ code: TensorError.Code, _ exit: ExitCode) {
    #expect(ExitCode(for: TensorError(code, "")) == exit)
  }

  @Test(arguments: [
    (StateError.Code.missing, ExitCode.noInput), (.malformed, .dataError),
    (.notWritten, .inputOutput),
  ]) func stateErrors(_ code: StateError.Code, _ exit: ExitCode) {
    let error = StateError(code, "folder/file", "what happened")
    #expect(ExitCode(for: error) == exit)
    #expect("\(error)" == "folder/file: what happened")
  }

  /// A file that is not there is another mistake than one that is wrong.
  @Test func dataFileErrors() throws {
    let missing = #expect(throws: DataFileError.self) { try FileBytes(reading: "/nowhere/x.csv") }
    #expect(ExitCode(for: try #require(missing)) == .noInput)
    #expect(
      ExitCode(for: DataFileError("x", at: .byte(3), "is odd", remedy: "mend it")) == .dataError)
  }

  @Test func settingErrors() {
    #expect(ExitCode(for: SettingError("no")) == .configuration)
  }

  @Test func exactSumErrors() {
    var sum = ExactSum(count: 1, terms: 1)
    let error = #expect(throws: ExactSumError.self) {
      try [Double.nan].withUnsafeBufferPointer { try sum.add($0) }
    }
    #expect(error?.exitCode == .dataError)
  }

  @Test func parametersOutsideTheirRange() {
    expect(.parameter, .configuration) { _ = try GradientDescent(learningRate: 0, steps: 1) }
    expect(.parameter, .configuration) { _ = try Adam(learningRate: .nan) }
  }

  @Test func numbersThatAreNotFinite() {
    expect(.notFinite, .dataError) { try Self.compute(at: [.nan, 0]) }
    expect(.notFinite, .dataError) { try Self.compute(at: [1e200, 0]) }
  }

  @Test func auxiliaryModelsOfAnotherLength() {
    expect(.shape, .configuration) { try Self.compute(at: [1, 2, 3]) }
  }

  @Test func negativeCurvatureWhereThePolicyIsToStop() {
    expect(.negativeCurvature, .dataError) { try Self.compute(sign: -1, at: [1, 2]) }
  }

  @Test func objectivesWithoutTheUpperModel() {
    expect(.noDependence, .configuration) { try Self.compute(dependence: 0, at: [1, 2]) }
  }

  private func expect(
    _ code: HypergradientError.Code, _ exit: ExitCode, _ body: () throws -> Void
  ) {
    let error = #expect(throws: HypergradientError.self, performing: body)
    #expect(error?.code == code)
    #expect(error?.exitCode == exit)
  }

  /// A hypergradient of f = sign/2 ||w - u||^2, F = 1/2 ||w||^2; without dependence f knows no u.
  private static func compute(
    sign: Double = 1, dependence: Double = 1, at point: [Double]
  ) throws {
    let implicit = try Implicit(
      upperObjective: { 0.5 * squaredNorm($0.lowerModel) },
      upperModel: try Model { $0("u", [2]) },
      lowerObjective: { state in
        dependence == 0
          ? 0.5 * squaredNorm(state.lowerModel)
          : 0.5 * sign * squaredDistance(state.lowerModel, state.upperModel)
      },
      lowerModel: try Model { $0("w", [2]) }, lowerLearningRate: 0.1, method: .linearSystem,
      negativeCurvature: .stop, precision: .double)
    let none = Examples(data: .empty, target: .empty)
    try implicit.computeGradients(
      validate: none, auxiliaryModel: AuxiliaryModel(values: point), train: none)
  }

  @Test func anUnknownErrorIsTheProgramsOwn() {
    struct Other: Error {}
    #expect(ExitCode(for: Other()) == .software)
  }
}
