/// Guesses at what was meant.
package enum Spelling {
  /// "; did you mean X?" where a word is near, else the list of all.
  package static func suggestion(for word: String, among known: [String]) -> String {
    if let near = near(word, among: known) { return "; did you mean \(near)?" }
    return "; there are \(known.joined(separator: ", "))"
  }

  /// The nearest word, where it is near.
  package static func near(_ word: String, among known: [String]) -> String? {
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
