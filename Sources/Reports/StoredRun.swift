import BilevelOptimization
import Configurations
import Foundation
import Problems
import Training

/// What a run's folder holds.
public struct StoredRun: Sendable {
  /// The folder's last part: what the run is called.
  let name: String
  let folder: String
  let problem: String
  /// Settings, in the order of the configuration file.
  let settings: [(key: String, value: String)]
  /// The comments of the configuration file: versions and kernels.
  let remarks: [String]
  let steps: [StepRecord]
  let timings: [TimingRecord]
  /// Held-out scores on the way.
  let heldOut: [HeldOutFile.Line]
  /// The step of the state that findings are about.
  let step: Int
  /// What the problem is.
  let about: String?
  /// The upper parameters in numbers.
  let upper: ResultTable
  /// Who ran it when, where and how.
  let history: [RunHistory.Entry]
  /// Digests and how the state came about.
  let facts: [(key: String, value: String)]
  /// What the stored parameters achieve; nil where they cannot be put to the test, with the reason.
  let findings: Result<RunFindings, Reason>

  /// Why there are no findings.
  struct Reason: Error {
    let text: String
  }

  /// Reads a run's folder, and has its problem work out results and pictures.
  ///
  /// - Throws: `StateError` for a folder that is no run's or is damaged.
  public init(_ folder: String, _ problems: ProblemCatalogue) throws {
    self.folder = folder
    name = folder.split(separator: "/").last.map(String.init) ?? folder
    history = RunHistory.entries(in: folder)
    let stored = try Self.newestState(folder)
    (settings, remarks) = try Self.configuration(
      "\(folder)/\(ConfigurationFile.name)", stored?.state)
    steps = Self.last(
      try LineFile.read("\(folder)/metrics.jsonl", as: StepRecord.self), by: \.step)
    let named = settings.first { $0.key == Configuration.problemKey }?.value
    guard let problem = stored?.state["problem"] ?? named else {
      throw StateError(.malformed, folder, "does not say which problem's run it is")
    }
    self.problem = problem
    about = try? problems.entry(named: problem).about
    let timingsPath = "\(folder)/timings.jsonl"
    let isTimed = FileManager.default.fileExists(atPath: timingsPath)
    timings =
      isTimed
      ? Self.last(try LineFile.read(timingsPath, as: TimingRecord.self), by: \.step) : []
    let heldOutPath = "\(folder)/\(HeldOutFile.name)"
    heldOut =
      FileManager.default.fileExists(atPath: heldOutPath)
      ? try LineFile.read(heldOutPath, as: HeldOutFile.Line.self) : []
    guard let (path, state) = stored else {
      step = steps.last?.step ?? 0
      upper = ResultTable("", columns: [], rows: [])
      facts = [("state", "none")]
      findings = .failure(
        Reason(text: "no state is stored: it ended before its first checkpoint, or is on its way"))
      return
    }
    step = try RunState.step(of: state, at: path)
    upper = state.summary("In numbers", prefix: RunState.upperPrefix)
    facts =
      [
        ("state", path), ("after step", String(step)),
        ("SHA-256 of the upper parameters", ParameterDigest.sha256(of: state)),
      ]
      + state.metadata.filter { $0.key == "lineage" || $0.key.hasPrefix("data/") }
      .map { ($0.key, $0.value) }
    do {
      findings = .success(
        try problems.entry(named: problem).run(RunRequest(of: state)).findings(state, at: path))
    } catch {
      findings = .failure(Reason(text: "\(error)"))
    }
  }

  /// A setting's value.
  func setting(_ key: String) -> String? { settings.first { $0.key == key }?.value }

  /// How its hypergradients were computed; nil where this program does not know the method.
  var method: MethodName? { setting("method").flatMap(MethodName.init) }

  /// What the method tells.
  var figures: [Figure] { method?.figures ?? [] }

  /// The newest state that is whole; the folder may belong to a run that is under way. Nil where there are metrics, and no
  /// state yet.
  private static func newestState(
    _ folder: String
  ) throws -> (path: String, state: TensorFile)? {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder),
      isFolder.boolValue
    else { throw StateError(.missing, folder, "is no folder; give a run's, such as runs/sinusoid") }
    let (newest, ignored) = RunFolder(reading: folder).newestState()
    guard let newest else {
      let files = ["metrics.jsonl", ConfigurationFile.name]
      if ignored.isEmpty,
        files.allSatisfy({ FileManager.default.fileExists(atPath: "\(folder)/\($0)") })
      {
        return nil
      }
      throw ignored.first
        ?? StateError(
          .missing, folder, "has neither a run's state nor its metrics; give a run's folder")
    }
    return (newest.path, try RunState.read(newest.path))
  }

  private static func configuration(
    _ path: String, _ state: TensorFile?
  ) throws -> ([(key: String, value: String)], [String]) {
    guard FileManager.default.fileExists(atPath: path) else {
      return (state.map { RunRequest(of: $0).assignments.map { ($0.key, $0.value) } } ?? [], [])
    }
    let text = String(decoding: try DurableFile.read(path), as: UTF8.self)
    let remarks = text.split(separator: "\n").filter { $0.hasPrefix("# ") }
      .map { String($0.dropFirst(2)) }
    return (try ConfigurationFile.read(path).map { ($0.key, $0.value) }, remarks)
  }

  /// Steps that were made again after a crash count once, the last time.
  private static func last<Record>(_ records: [Record], by step: (Record) -> Int) -> [Record] {
    var kept: [Record] = []
    for record in records {
      while let before = kept.last, step(before) >= step(record) { kept.removeLast() }
      kept.append(record)
    }
    return kept
  }
}
