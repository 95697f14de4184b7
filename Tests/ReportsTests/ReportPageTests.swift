import Foundation
import MessagePassing
import Problems
import Reports
import Testing
import Training

@Suite struct ReportPageTests {
  /// Trains a few steps and stores what a run stores.
  static func run(
    _ problem: String, in folder: String, _ settings: [(key: String, value: String)],
    isTimed: Bool = true
  ) throws {
    let run = try ProblemCatalogue.builtIn.entry(named: problem).run(RunRequest(settings))
    let storage = try RunFolder(locking: folder)
    let metrics = try MetricsFile(storage.metricsPath, figures: run.method.figures, after: 0)
    let timings = isTimed ? try TimingsFile(storage.timingsPath, isNew: true) : nil
    let heldOut = try HeldOutFile("\(folder)/\(HeldOutFile.name)", after: 0)
    let continuation = Continuation(
      from: nil, requests: { _ in StepRequests() }, store: { _, _, _ in },
      score: { scores, step in
        if case .success(let evaluation) = scores { heldOut.append(evaluation, after: step) }
      })
    let outcome = try run.train(SoloCommunicator(), continuation) { summary, timing in
      metrics.append(summary)
      if let timing { timings?.append(timing) }
    }
    try DurableFile.publish(#require(outcome.state).encoded(), at: storage.statePath)
  }

  static func folder(_ name: String) -> String {
    FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
      .appendingPathComponent(name).path
  }

  private func page(_ folders: [String]) throws -> String {
    ReportPage(try folders.map { try StoredRun($0, .builtIn) }, made: "test 1").text
  }

  /// Every element is closed in order, and nothing comes from elsewhere.
  private func expectWhole(_ page: String) {
    var open: [Substring] = []
    for piece in page.split(separator: "<").dropFirst() {
      let name = piece.prefix { !" >/".contains($0) }
      if piece.hasPrefix("!") || ["meta", "img"].contains(name) || piece.contains("/>") {
        continue
      }
      if piece.hasPrefix("/") {
        #expect(open.popLast() == piece.dropFirst().prefix { $0 != ">" })
      } else {
        open.append(name)
      }
    }
    #expect(open.isEmpty)
    for foreign in ["http:", "https:", "<script", "<link", "url(", "@import", "src=\"/"] {
      #expect(!page.contains(foreign), "\(foreign)")
    }
    #expect(!page.contains("nan") && page.utf8.count < 2_000_000)
  }

  private static let sinusoid = [
    ("steps", "6"), ("tasks", "3"), ("hidden", "5"), ("evaluation-tasks", "3"),
    ("evaluation-every", "2"),
  ]

  /// A pair of digits is twice as wide as high, and marked as what it was taken for.
  @Test func picturesKeepTheirShape() throws {
    let folder = Self.folder("features")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let settings = [
      ("steps", "1"), ("tasks", "1"), ("network", "dense"), ("hidden", "8"), ("ways", "2"),
      ("evaluation-tasks", "2"), ("evaluation-every", "0"),
    ]
    try Self.run("representation", in: folder, settings)
    let page = try page([folder])
    expectWhole(page)
    // Two ways of one support image and five query images.
    #expect(page.ranges(of: #"width="56" height="28""#).count == 12, "\(page.count)")
    #expect(page.contains("learnt features") && page.contains("A held-out task"))
  }

  @Test func aRunHasCurvesResultsTimesAndSettings() throws {
    let folder = Self.folder("waves")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.run("sinusoid", in: folder, Self.sinusoid)
    let page = try page([folder])
    expectWhole(page)
    #expect(page.contains("How solves ended") || page.contains("all alike, "))
    for text in [
      "<title>waves - igbm-dist report</title>", "sinusoid, 6 upper steps of 3 tasks",
      "before adaptation", "Four held-out waves", "Upper loss, mean of a step&#39;s tasks",
      "<h2>Upper parameters</h2>", "upper: the network&#39;s initialisation",
      "<th scope=\"row\">dense1.weight</th><td>F64</td><td>[1, 5]</td>", "6 steps on 1 rank took",
      "<th scope=\"row\">hidden</th><td>5</td>",
      "SHA-256 of the upper parameters", "<h3>On held-out tasks</h3>", "Held-out squared error",
    ] {
      #expect(page.contains(text), "\(text)")
    }
  }

  /// A page of a run that collapsed is not green.
  @Test func whatWentWrongComesFirst() throws {
    let folder = Self.folder("collapsed")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.run("sinusoid", in: folder, Self.sinusoid)
    #expect(!(try page([folder])).contains("<h2>Warnings</h2>"))
    func write(_ losses: [Double]) throws {
      let lines = losses.enumerated().map { step, loss in
        "{\"step\":\(step + 1),\"tasks\":3,\"upper_loss\":\(loss),\"growing\":\(step > 20 ? 2 : 1),"
          + "\"diverging\":\(step > 30 ? 3 : 0),\"solves\":{\"stepLimit\":2,\"inconsistent\":1}}\n"
      }
      try lines.joined().write(
        toFile: "\(folder)/metrics.jsonl", atomically: true, encoding: .utf8)
    }
    let well = (0..<40).map { 2 / Double($0 + 1) }
    try write(well + [5.8, 3.3e7])
    let page = try page([folder])
    expectWhole(page)
    for text in [
      "The run ended with an upper loss of 3.3e+07, far above", "33 Neumann series grew",
      "The first was in step 32.", "42 adaptations, most of their steps&#39;, went the wrong way",
      "step 22.",
      "42 linear systems had no solution", "no solution",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    let (warnings, results) = (page.range(of: "Warnings")!, page.range(of: "Results")!)
    #expect(warnings.lowerBound < results.lowerBound)
    try write(well + [3.3e7] + well)
    #expect(try self.page([folder]).contains("On its way the upper loss rose to"))
  }

  /// Files may hold any number: what no run can have made is refused, and sums have room.
  @Test func damagedCountsAreNoCrash() throws {
    let folder = Self.folder("crafted")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.run("sinusoid", in: folder, Self.sinusoid)
    func write(_ name: String, _ lines: [String]) throws {
      try lines.map { $0 + "\n" }.joined().write(
        toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }
    let most = 1_000_000_000_000
    for key in ["tasks", "growing", "products", "diverging", "negative_curvature", "skipped"] {
      for count in [Int.max, Int.min, most + 1, -1] {
        try write("metrics.jsonl", ["{\"step\":1,\"\(key)\":\(count)}"])
        let error = #expect(throws: StateError.self) { try page([folder]) }
        #expect(error?.message.hasPrefix("line 1 is not what a run writes") == true)
      }
      let lines = (1...20).map { "{\"step\":\($0),\"\(key)\":\(most)}" }
      try write("metrics.jsonl", lines)
      expectWhole(try page([folder]))
    }
    for line in [
      "{\"step\":\(Int.min)}", "{\"step\":0}", "{\"step\":1,\"solves\":{\"breakdown\":\(Int.max)}}",
    ] {
      try write("metrics.jsonl", [line])
      #expect(throws: StateError.self) { try page([folder]) }
    }
    try write(
      "metrics.jsonl",
      [
        "{\"step\":1,\"upper_loss\":1e308}", "{\"step\":2,\"upper_loss\":-1e308}",
        "{\"step\":3,\"upper_loss\":\"nan\",\"residual\":\"inf\"}",
      ])
    expectWhole(try page([folder]))
    let times = "\"adapting\":[1],\"solving\":[1],\"waiting\":[1],\"communicating\""
    for line in [
      "{\"step\":1,\"seconds\":1e308,\(times):[1]}",
      "{\"step\":1,\"seconds\":1,\(times):[\"nan\"]}",
      "{\"step\":\(Int.max),\"seconds\":1,\(times):[1]}",
    ] {
      try write("timings.jsonl", [line])
      #expect(throws: StateError.self) { try page([folder]) }
    }
    try write("timings.jsonl", [])
    for (step, mean) in [("0", "1"), ("\(Int.max)", "1"), ("1", "1e999"), ("1", "\"nan\"")] {
      let score = "\"before\":1,\"before_half_width\":1,\"after\":\(mean),\"after_half_width\":1"
      try write(
        HeldOutFile.name, ["{\"step\":\(step),\"tasks\":3,\"measure\":\"<b>\",\(score)}"])
      let error = #expect(throws: StateError.self) { try page([folder]) }
      #expect(error?.description.contains("held-out.jsonl: line 1 is not what") == true)
    }
  }

  /// Held-out tasks by the million, as a state may ask for, are not what a page is to wait for.
  @Test func aPageAsksForNoMoreTasksThanItNeeds() throws {
    let folder = Self.folder("many")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.run("sinusoid", in: folder, Self.sinusoid)
    let storage = RunFolder(reading: folder)
    let state = try RunState.read(storage.statePath)
    let words = state.metadata.filter { !$0.key.hasPrefix("sha256") }.map { word in
      word.key == "setting/evaluation-tasks" ? TensorFile.Word(word.key, "10000000") : word
    }
    let asking = RunState.sealed(TensorFile(metadata: words, tensors: state.tensors))
    try DurableFile.publish(asking.encoded(), at: storage.statePath)
    let page = try page([folder])
    #expect(page.contains("Held-out tasks, 1000 of them"))
  }

  @Test func digitsAndTheirLabelsAreDrawn() throws {
    let folder = Self.folder("cleaning")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.run(
      "label-cleaning", in: folder,
      [
        ("steps", "4"), ("tasks", "2"), ("train", "40"), ("test", "40"), ("final-steps", "20"),
        ("network", "linear"), ("lower-steps", "20"),
      ])
    let page = try page([folder])
    expectWhole(page)
    #expect(page.contains("Labels that it calls wrong"))
    #expect(page.contains("data:image/png;base64,") && page.contains("noisy labels"))
  }

  /// A run that ended before its first checkpoint has what there is of it, and says how it ended.
  @Test func aRunWithoutStateIsShown() throws {
    let folder = Self.folder("diverged")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.run("sinusoid", in: folder, Self.sinusoid)
    try FileManager.default.removeItem(atPath: "\(folder)/state.safetensors")
    try Data("problem: sinusoid\nsteps: 60\n".utf8)
      .write(to: URL(fileURLWithPath: "\(folder)/configuration.yaml"))
    let history = RunHistory(in: folder, now: { Date(timeIntervalSince1970: 1_777_777_777) })
    history.begin(.init(host: "node7", ranks: 2, command: "igbm-dist train <x>"), isNew: true)
    history.warn("step 3: something & more")
    history.end(code: 65, error: "step 6, task 1: inf")
    let page = try page([folder])
    expectWhole(page)
    for text in [
      "sinusoid, after 6 of 60 upper steps", "no state is stored", "Upper loss, mean of a step",
      "<th scope=\"row\">2026-05-03T03:09:37Z</th><td>node7</td><td>2</td>",
      "exit code 65: step 6, task 1: inf", "igbm-dist train &lt;x&gt;",
      "step 3: something &amp; more",
    ] {
      #expect(page.contains(text), "\(text)")
    }
  }

  @Test func severalSeedsHaveAMeanAndASpread() throws {
    let folders = ["one", "two"].map(Self.folder)
    defer { for path in folders { try? FileManager.default.removeItem(atPath: path) } }
    for (seed, folder) in folders.enumerated() {
      try Self.run("sinusoid", in: folder, Self.sinusoid + [("seed", "\(seed + 1)")])
    }
    let page = try page(folders)
    expectWhole(page)
    #expect(page.contains("mean and standard deviation over the seeds"))
    #expect(
      page.contains("<th scope=\"row\">steps made</th><td>6</td><td>0</td><td>6</td><td>6</td>"))
    try Self.run("sinusoid", in: folders[1], Self.sinusoid + [("seed", "2"), ("shots", "9")])
    #expect(!(try self.page(folders)).contains("over the seeds"))
  }

  @Test func runsAreSideBySide() throws {
    let (one, two) = (Self.folder("one"), Self.folder("two"))
    defer { for path in [one, two] { try? FileManager.default.removeItem(atPath: path) } }
    try Self.run("sinusoid", in: one, Self.sinusoid)
    try Self.run("sinusoid", in: two, Self.sinusoid + [("seed", "2")], isTimed: false)
    let page = try page([one, two])
    expectWhole(page)
    #expect(page.contains("<title>2 runs - igbm-dist report</title>"))
    #expect(page.contains("<th scope=\"row\">seed</th><td>1</td><td>2</td>"))
    #expect(!page.contains("<th scope=\"row\">hidden</th><td>5</td><td>5</td>"))
    #expect(page.contains("The run&#39;s folder has no timings.jsonl."))
    #expect(page.contains("squared error, after adaptation"))
  }

  @Test func hostileNamesAreOnlyText() throws {
    let folder = Self.folder("<script>alert('x')&\"")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Self.run("sinusoid", in: folder, Self.sinusoid)
    try Data("# <img src=x onerror=y>\nproblem: sinusoid\noutput: \"</td><b>\"\n".utf8)
      .write(to: URL(fileURLWithPath: "\(folder)/configuration.yaml"))
    let page = try page([folder])
    expectWhole(page)
    #expect(!page.contains("<script") && !page.contains("<b>") && !page.contains("<img src=x"))
    #expect(page.contains("&lt;script&gt;alert(&#39;x&#39;)&amp;&quot;"))
  }

  @Test func whatIsMissingOrDamagedIsNamed() throws {
    let folder = Self.folder("run")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(throws: StateError.self) { try page([folder]) }
    try Self.run("sinusoid", in: folder, Self.sinusoid)
    let metrics = URL(fileURLWithPath: "\(folder)/metrics.jsonl")
    let whole = try String(contentsOf: metrics, encoding: .utf8)
    // A line that is being written is no mistake.
    try (whole + "{\"step\":7,\"ta").write(to: metrics, atomically: true, encoding: .utf8)
    expectWhole(try page([folder]))
    try ("oops\n" + whole).write(to: metrics, atomically: true, encoding: .utf8)
    let error = #expect(throws: StateError.self) { try page([folder]) }
    #expect(error?.description.contains("metrics.jsonl: line 1 is not what a run writes") == true)
    // Older runs knew fewer numbers.
    try "{\"step\":1,\"upper_loss\":2}\n{\"step\":2,\"upper_loss\":1}\n".write(
      to: metrics, atomically: true, encoding: .utf8)
    expectWhole(try page([folder]))
  }

  /// Data that are not there any more cost the results, not the page.
  @Test func resultsThatCannotBeWorkedOutAreANote() throws {
    let folder = Self.folder("run")
    let table = Self.folder("table.csv")
    defer { for path in [folder, table] { try? FileManager.default.removeItem(atPath: path) } }
    try FileManager.default.createDirectory(
      atPath: (table as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try (0..<80).map { "\($0 % 9),\($0 % 7),\($0 % 5)" }.joined(separator: "\n")
      .write(toFile: table, atomically: true, encoding: .utf8)
    try Self.run(
      "regularisation", in: folder,
      [("steps", "2"), ("data", table), ("kind", "regression"), ("train", "40")])
    try FileManager.default.removeItem(atPath: table)
    let page = try page([folder])
    expectWhole(page)
    #expect(page.contains("cannot be worked out again here") && page.contains("table.csv"))
  }
}
