import MessagePassing
import Problems
import Testing
import Training

/// Training of the quadratic problem that comes with the package, with its answer known.
@Suite struct QuadraticTrainingTests {
  /// ||grad h||^2 in closed form after training.
  private func squaredGradient(
    _ assignments: [(key: String, value: String)]
  ) throws -> Double {
    let run = try ProblemRun<Problems.Quadratic>(RunRequest(assignments))
    let table = try #require(try run.train(SoloCommunicator()) { _, _ in }.results.first)
    let row = try #require(table.rows.first { $0[0] == "||grad h||^2" })
    return try #require(Double(row[2]))
  }

  @Test func conjugateGradientsReachTheSolution() throws {
    #expect(try squaredGradient([]) < 1e-20)
  }

  /// The Neumann series ends where its hypergradient is 0: its own error is left of the gradient,
  /// which shrinks by (1 - a mu)^20 with 20 more terms, and its square by (1 - a mu)^40.
  @Test func neumannsSeriesReachItsOwnError() throws {
    let squares = try [60, 80].map { k in
      try squaredGradient([
        ("method", "NS"), ("k", "\(k)"), ("lower-size", "10"), ("upper-size", "10"),
        ("tasks", "20"), ("steps", "200"),
      ])
    }
    var factor = 1.0
    for _ in 0..<40 { factor *= 0.9 }
    #expect(abs(squares[1] / squares[0] / factor - 1) < 0.02)
  }
}
