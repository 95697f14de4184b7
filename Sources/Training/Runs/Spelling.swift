/// Guesses at what was meant.
package enum Spelling {
  /// What other programs call settings, and the last part of their names here.
  private static let otherNames = [
    "lr": "rate", "learning-rate": "rate", "stepsize": "rate", "step-size": "rate",
    "optimizer": "rule", "optimiser": "rule", "epochs": "steps", "iterations": "steps",
    "batch-size": "batch",
  ]

  /// "; did you mean X or Y?" where words end as this one, or as what others call so; where a word is near; else the list
  /// of all.
  package static func suggestion(for word: String, among known: [String]) -> String {
    let name = word.lowercased().replacing("_", with: "-")
    let part = otherNames[name] ?? name
    let kin = known.filter { $0 == part || $0.hasSuffix("-\(part)") }
    if !kin.isEmpty {
      let last = kin.count > 1 ? " or \(kin.last!)" : kin[0]
      return "; did you mean \(kin.dropLast().joined(separator: ", "))\(last)?"
    }
    if let near = near(word, among: known) { return "; did you mean \(near)?" }
    return "; there are \(known.joined(separator: ", "))"
  }

  /// The nearest word, where it is near.
  package static func near(_ word: String, among known: [String]) -> String? {
    // Nothing is near a text that is no word, and to find that out would take long.
    guard word.utf8.count <= 100 else { return nil }
    let nearest = known.min { distance(word, $0) < distance(word, $1) }
    return nearest.flatMap { isNear(word, $0) ? $0 : nil }
  }

  /// Whether few edits lead from one word to the other, and do not replace all of it.
  private static func isNear(_ word: String, _ known: String) -> Bool {
    let edits = distance(word, known)
    return edits <= max(2, known.count / 3) && edits < max(word.count, known.count)
  }

  /// The fewest insertions, deletions and replacements from one word to another (Levenshtein).
  package static func distance(_ a: String, _ b: String) -> Int {
    let b = Array(b)
    var row = Array(0...b.count)
    for (i, character) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let replaced = diagonal + (character == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
