/// Which tasks of a step a rank computes: neighbouring tasks, as evenly as it goes. What a rank computes never changes
/// what is computed, only where.
public enum TaskAssignment {
  /// The tasks of a rank.
  ///
  /// - Parameters:
  ///   - tasks: Tasks a step, at least 0.
  ///   - rank: The rank, 0 ..< size.
  ///   - size: The number of ranks, at least 1.
  /// - Returns: A range of 0 ..< tasks, empty where there are more ranks than tasks; the first ranks have the one
  ///   task more.
  public static func tasks(_ tasks: Int, ofRank rank: Int, of size: Int) -> Range<Int> {
    let (share, rest) = tasks.quotientAndRemainder(dividingBy: size)
    let start = rank * share + min(rank, rest)
    return start..<start + share + (rank < rest ? 1 : 0)
  }
}
