import Foundation
import Tensors

/// Reference values and derivatives of single operations, computed in double precision by another library:
/// `operations.json`, which is not part of the package. Tests that need it are skipped where it is missing, unless `CI` is
/// set.
struct OperationFixtures: Decodable {
  struct Input: Decodable {
    let kind: String
    let shape: [Int]
    let values: [Double]
  }

  struct Output: Decodable {
    let shape: [Int]
    let values: [Double]
  }

  struct Case: Decodable {
    let operation: String
    let inputs: [String: Input]
    let parameters: [String: Parameter]
    let outputs: [Output]
    let gradient: [String: [Double]]?
    let hvp_of_cos_i: [String: [Double]]?
  }

  /// A setting of an operation, of whatever type it is.
  enum Parameter: Decodable {
    case nothing
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([Parameter])

    init(from decoder: Decoder) throws {
      let value = try decoder.singleValueContainer()
      if value.decodeNil() {
        self = .nothing
      } else if let flag = try? value.decode(Bool.self) {
        self = .flag(flag)
      } else if let number = try? value.decode(Double.self) {
        self = .number(number)
      } else if let text = try? value.decode(String.self) {
        self = .text(text)
      } else {
        self = .list(try value.decode([Parameter].self))
      }
    }
  }

  let cases: [String: Case]

  private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("shared/fixtures/operations.json")

  /// Whether the file is there; in CI it must be.
  static let isAvailable: Bool =
    FileManager.default.fileExists(atPath: file.path)
    || ProcessInfo.processInfo.environment["CI"] != nil

  static let all = Result {
    try JSONDecoder().decode(OperationFixtures.self, from: Data(contentsOf: file))
  }
}

extension OperationFixtures.Case {
  func flag(_ name: String) -> Bool {
    if case .flag(let flag) = parameters[name] { flag } else { false }
  }

  func number(_ name: String) -> Double? {
    if case .number(let number) = parameters[name] { number } else { nil }
  }

  func text(_ name: String) -> String? {
    if case .text(let text) = parameters[name] { text } else { nil }
  }

  func integer(_ name: String) -> Int? { number(name).map { Int($0) } }

  /// A list of whole numbers; one number is a list, too.
  func integers(_ name: String) -> [Int]? {
    guard case .list(let list) = parameters[name] else { return integer(name).map { [$0] } }
    return list.compactMap { if case .number(let number) = $0 { Int(number) } else { nil } }
  }

  /// Lists of whole numbers.
  func lists(_ name: String) -> [[Int]] {
    guard case .list(let lists) = parameters[name] else { return [] }
    return lists.map { list in
      guard case .list(let numbers) = list else { return [] }
      return numbers.compactMap { if case .number(let number) = $0 { Int(number) } else { nil } }
    }
  }
}
