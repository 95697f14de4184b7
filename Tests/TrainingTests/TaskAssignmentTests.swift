import Testing
import Training

@Suite struct TaskAssignmentTests {
  @Test(arguments: 0..<40) func neighbouringRangesCoverAllTasks(_ tasks: Int) {
    for size in [1, 2, 3, 4, 5, 7, 8, 16, 39, 41, 100] {
      var end = 0
      for rank in 0..<size {
        let own = TaskAssignment.tasks(tasks, ofRank: rank, of: size)
        #expect(own.lowerBound == end)
        end = own.upperBound
      }
      #expect(end == tasks)
    }
  }

  @Test func sharesDifferByAtMostOne() {
    for (tasks, size) in [(0, 3), (1, 1), (5, 2), (25, 8), (1_000_000, 7), (999_999, 1024)] {
      let counts = (0..<size).map { TaskAssignment.tasks(tasks, ofRank: $0, of: size).count }
      #expect(counts.max()! - counts.min()! <= 1)
      #expect(counts == counts.sorted(by: >), "the first ranks have the one task more")
    }
  }

  @Test func row30_moreRanksThanTasksLeavesTheLastRanksIdle() {
    let own = (0..<5).map { TaskAssignment.tasks(3, ofRank: $0, of: 5) }
    #expect(own == [0..<1, 1..<2, 2..<3, 3..<3, 3..<3])
  }
}
