import Foundation
import MessagePassing
import TestSupport
import Testing
import Training

@Suite struct StepTimingTests {
  @Test func whatIsLeftOfAStepIsWaitingAndCommunicating() {
    let timing = StepTiming(
      step: 4, seconds: 10, tasks: [2, 1], adapting: [3, 2], solving: [4, 1])
    #expect(timing.working == [7, 3])
    #expect(timing.waiting == [0, 4])
    #expect(timing.communicating == [3, 3])
  }

  @Test func everyRankKnowsEveryRanksTasks() throws {
    for size in [1, 3] {
      let timings = try ThreadCommunicator.values(size: size) { communicator in
        let problem = try Quadratic(.init(), seed: 1)
        let trainer = try Trainer(problem, Quadratic.defaults, communicator)
        _ = try trainer.makeStep()
        return trainer.timing
      }
      for timing in timings {
        let timing = try #require(timing)
        #expect(timing.step == 0 && timing.tasks == (size == 1 ? [5] : [2, 2, 1]))
        #expect(timing.adapting.count == size && timing.working.allSatisfy { $0 > 0 })
      }
    }
  }

  @Test func linesAreJSON() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    for isNew in [true, true, false] {
      try TimingsFile(path, isNew: isNew).append(
        StepTiming(step: 4, seconds: 10, tasks: [2, 1], adapting: [3, 2], solving: [4, 1]))
    }
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 2, "the second file is new, the third goes on")
    let object = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? NSDictionary
    #expect(
      object == [
        "step": 5, "seconds": 10, "tasks": [2, 1], "adapting": [3, 2], "solving": [4, 1],
        "waiting": [0, 4], "communicating": [3, 3],
      ])
  }
}
