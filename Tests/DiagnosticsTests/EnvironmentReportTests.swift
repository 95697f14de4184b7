import Diagnostics
import MessagePassing
import Testing

struct EnvironmentReportTests {
  private func rank(_ rank: Int, _ host: String, _ facts: [(String, String)]) -> RankEnvironment {
    RankEnvironment(
      rank: rank, hostName: host, facts: facts.map { RankEnvironment.Fact($0.0, $0.1) })
  }

  @Test func ranksThatDifferAreNamed() {
    let report = EnvironmentReport([
      rank(0, "n1", [("processor", "A"), ("IGBM_K", "3")]),
      rank(1, "n1", [("processor", "A"), ("IGBM_K", "3")]),
      rank(2, "n2", [("processor", "B"), ("IGBM_K", "3")]),
      rank(3, "n2", [("processor", "B"), ("IGBM_SEED", "1")]),
    ])
    #expect(report.hosts.map(\.ranks) == [[0, 1], [2, 3]])
    #expect(report.differences.count == 4)
    for line in [
      "n1  2 ranks  0-1", "rank 2-3 on n2  processor  B, not A",
      "rank 3 on n2    IGBM_K     not set, not 3", "rank 3 on n2    IGBM_SEED  1, not unset",
    ] {
      #expect(report.text.contains(line), "\(report.text)")
    }
  }

  @Test func ranksThatDoNotAreAlike() {
    let report = EnvironmentReport([rank(0, "n1", [("a", "1")]), rank(1, "n2", [("a", "1")])])
    #expect(report.text.hasSuffix("All ranks are alike."))
  }

  @Test func thisProcessIsDescribed() {
    let own = RankEnvironment(
      of: SoloCommunicator(), version: "program 1",
      variables: ["IGBM_KERNELS": "mmx", "OTHER": "1", "IGBM_A": "x"])
    #expect(own["version"] == "program 1" && own["launcher"] == "none")
    #expect(own["compute kernels"]?.contains("IGBM_KERNELS=mmx: unknown") == true)
    #expect(own.facts.suffix(2).map(\.name) == ["IGBM_A", "IGBM_KERNELS"])
    #expect(own["OTHER"] == nil)
    #expect(own["kernels available"]?.contains("portable") == true)
    #if MPI
      #expect(own["mpirun refuses"]?.contains("--oversubscribe") == true)
    #endif
  }
}
