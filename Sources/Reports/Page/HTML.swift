/// A piece of a page. Text is escaped unless it is said to be markup.
enum HTML {
  case text(String)
  case raw(String)
  case tag(String, [(String, String)], [HTML])
  case list([HTML])

  static var none: HTML { .list([]) }

  /// An element with attributes and content.
  static func element(
    _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
    @HTMLBuilder _ content: () -> HTML
  ) -> HTML {
    .tag(name, attributes.map { ($0.key, $0.value) }, [content()])
  }

  /// The markup.
  var markup: String {
    switch self {
    case .text(let text): return Self.escaped(text)
    case .raw(let markup): return markup
    case .list(let pieces): return pieces.map(\.markup).joined()
    case .tag(let name, let attributes, let content):
      let words = attributes.map { " \($0.0)=\"\(Self.escaped($0.1))\"" }.joined()
      if Self.void.contains(name) { return "<\(name)\(words)>" }
      return "<\(name)\(words)>\(content.map(\.markup).joined())</\(name)>"
    }
  }

  /// Elements without content.
  private static let void = ["img", "meta", "br"]

  /// Text that means nothing to a browser but itself, in content and in quoted attributes.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// Pieces one after another.
@resultBuilder enum HTMLBuilder {
  static func buildBlock(_ pieces: HTML...) -> HTML { .list(pieces) }
  static func buildArray(_ pieces: [HTML]) -> HTML { .list(pieces) }
  static func buildOptional(_ piece: HTML?) -> HTML { piece ?? .none }
  static func buildEither(first piece: HTML) -> HTML { piece }
  static func buildEither(second piece: HTML) -> HTML { piece }
}
