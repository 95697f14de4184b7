import Foundation

/// Where a run's time went, by rank.
struct TimesSection {
  private let run: StoredRun
  private let name: String?
  private static let mostRanks = 16

  init(_ run: StoredRun, _ name: String?) {
    self.run = run
    self.name = name
  }

  var html: HTML {
    .element("section") {
      HTML.element("h2") { HTML.text("Where the time went" + (name.map { ": \($0)" } ?? "")) }
      if let ranks = run.timings.last?.adapting.count, ranks > 0 {
        HTML.element("p") { HTML.text(summary(ranks)) }
        chart(ranks)
      } else {
        HTML.element("p") { HTML.text("The run's folder has no timings.jsonl.") }
      }
    }
  }

  /// The steps made on as many ranks as the last one.
  private func steps(_ ranks: Int) -> [TimingRecord] {
    run.timings.filter { record in
      [record.adapting, record.solving, record.waiting, record.communicating].allSatisfy {
        $0.count == ranks
      }
    }
  }

  private func totals(_ ranks: Int) -> [[Double]] {
    let steps = steps(ranks)
    return (0..<ranks).map { rank in
      [\TimingRecord.adapting, \.solving, \.waiting, \.communicating].map { kind in
        steps.reduce(0) { $0 + $1[keyPath: kind][rank] }
      }
    }
  }

  private func summary(_ ranks: Int) -> String {
    let totals = totals(ranks)
    let all = steps(ranks).reduce(0) { $0 + $1.seconds }
    let working = totals.map { $0[0] + $0[1] }
    let slowest = working.indices.max { working[$0] < working[$1] } ?? 0
    let fastest = working.indices.min { working[$0] < working[$1] } ?? 0
    let text =
      "\(steps(ranks).count) steps on \(ranks) \(ranks == 1 ? "rank" : "ranks") took "
      + "\(duration(all)), communicating \(percent(totals[0][3], of: all)) of it."
    guard ranks > 1 else { return text }
    return text
      + " Rank \(slowest) worked longest, \(duration(working[slowest])); rank \(fastest) least, "
      + "\(duration(working[fastest])), and waited \(percent(totals[fastest][2], of: all)) of the time."
  }

  private func chart(_ ranks: Int) -> HTML {
    let totals = totals(ranks)
    let working = totals.map { $0[0] + $0[1] }
    let order = totals.indices.sorted { (-working[$0], $0) < (-working[$1], $1) }
    // Of many ranks the extremes: those that keep others waiting, and those that wait.
    let shown =
      ranks <= Self.mostRanks
      ? Array(totals.indices)
      : Array(order.prefix(Self.mostRanks / 2) + order.suffix(Self.mostRanks / 2))
    return ShareChart(
      title: ranks <= Self.mostRanks
        ? "Seconds of each rank" : "Seconds of the \(Self.mostRanks) most and least busy ranks",
      kinds: ["adapting", "solving", "waiting", "communicating"],
      bars: shown.map { rank in
        .init(
          name: "rank \(rank)", shares: totals[rank],
          remark: duration(working[rank]) + " of work")
      }, text: duration
    ).html
  }

  private func percent(_ part: Double, of all: Double) -> String {
    String(format: "%.1f %%", all > 0 ? 100 * part / all : 0)
  }

  private func duration(_ seconds: Double) -> String { TimeText.words(seconds) }
}
