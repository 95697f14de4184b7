/// Which examples validate or test: some of the data's own, drawn by the seed, each fold of them in turn, or all of
/// another file or folder.
public enum DataPart: Sendable, Hashable, RawRepresentable, ExpressibleByIntegerLiteral {
  /// So many of the data's own.
  case count(Int)
  /// Such a part of the data's own, above 0 and below 1.
  case fraction(Double)
  /// Each fold of those that train, in turn.
  case folds
  /// All of another file or folder, as `data` has them.
  case place(String)

  /// What a setting's text stands for: a whole number, a number below 1, `folds`, or else a file or folder; nil for other
  /// numbers, and for no text at all.
  public init?(rawValue text: String) {
    if let count = SettingNumber.whole(text) {
      guard 0...10_000_000 ~= count else { return nil }
      self = .count(count)
    } else if let part = SettingNumber.decimal(text) {
      guard part > 0, part < 1 else { return nil }
      self = .fraction(part)
    } else if text == "folds" {
      self = .folds
    } else if text.isEmpty {
      return nil
    } else {
      self = .place(text)
    }
  }

  /// So many of the data's own.
  public init(integerLiteral count: Int) { self = .count(count) }

  /// As settings write it.
  public var rawValue: String {
    switch self {
    case .count(let count): "\(count)"
    case .fraction(let part): "\(part)"
    case .folds: "folds"
    case .place(let path): path
    }
  }

  /// Where they are, if that is another file or folder.
  var path: String? { if case .place(let path) = self { path } else { nil } }

  /// How many of so many examples of the data's own; of a part, at least one.
  func count(of total: Int) -> Int {
    switch self {
    case .count(let count): count
    case .fraction(let part): max(1, Int((part * Double(total)).rounded()))
    case .folds, .place: 0
    }
  }
}
