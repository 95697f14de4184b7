import MessagePassing
import PlainText
import Problems

/// The problems that a command line knows.
public struct ProblemCatalogue: Sendable {
  /// A problem by its name, with the type behind it hidden.
  public struct Entry: Sendable {
    /// The word that the command line knows it by.
    public let name: String
    /// One line about it.
    public let about: String
    /// A file that a folder holds which is a problem of this kind; nil where there are none.
    public let folderMark: String?
    /// Makes a run of it.
    public let run: @Sendable (RunRequest) throws -> any Run

    /// An entry for a problem.
    public init<P: Problem>(_ problem: P.Type) {
      name = P.name
      about = P.about
      folderMark = P.folderMark
      run = { try ProblemRun<P>($0) }
    }
  }

  /// The problems that are written here; those that come from elsewhere, the whole command line has as well.
  public static let builtIn = ProblemCatalogue([
    LabelCleaning.self, FewShot.self, Representation.self, Sinusoid.self, Regularisation.self,
    SparseRegularisation.self, WeightNet.self, Distillation.self, LearntAugmentation.self,
    Quadratic.self,
  ])

  /// All of them, the default first.
  public let entries: [Entry]

  /// A catalogue of problems, the default first.
  public init(_ problems: [any Problem.Type]) {
    entries = problems.map { Entry($0) }
  }

  private init(entries: [Entry]) { self.entries = entries }

  /// This catalogue with more problems at its end.
  public func adding(_ problems: [any Problem.Type]) -> ProblemCatalogue {
    ProblemCatalogue(entries: entries + problems.map { Entry($0) })
  }

  /// Checks that there is a default, and that names tell problems apart.
  ///
  /// - Throws: `SettingError`.
  public func check() throws(SettingError) {
    guard !entries.isEmpty else { throw SettingError("there are no problems; name at least one") }
    for (index, entry) in entries.enumerated()
    where entries[..<index].contains(where: { $0.name == entry.name }) {
      throw SettingError("two problems are named \"\(entry.name)\"; names must differ")
    }
  }

  /// The problem of a name; without a name, the default.
  ///
  /// - Throws: `SettingError` that lists the names there are.
  public func entry(named name: String? = nil) throws(SettingError) -> Entry {
    try entry(named: name, otherWords: [])
  }

  /// The same where other words could stand in a problem's place: what was meant may be one of these.
  package func entry(
    named name: String?, otherWords: [String]
  ) throws(SettingError) -> Entry {
    guard let entry = entries.first(where: { name == nil || $0.name == name }) else {
      let (word, names) = (name ?? "", entries.map(\.name))
      let other = Spelling.near(word, among: names) == nil
      let suggestion =
        (other ? Spelling.near(word, among: otherWords) : nil).map { "; did you mean \($0)?" }
        ?? Spelling.suggestion(for: word, among: names)
      throw SettingError("problem \"\((name ?? "").asShown)\" is unknown\(suggestion)")
    }
    return entry
  }
}
