import Foundation
import Tensors
import TestSupport
import Testing

/// The generator makes all that there is: an operation, a function of elements or a public function that no random program
/// has is one that the law says nothing of.
@Suite struct ProgramCoverageTests {
  /// Functions that are no statements, and where they are tested.
  private static let others: [String: String] = [
    "gradient": "DerivativeTests", "gradients": "DerivativeTests",
    "droppingOut": "DropoutTests", "noise": "NoiseTests",
  ]

  private static func sources(_ folders: String...) throws -> String {
    try folders.map { folder in
      let root = Launcher.root.appendingPathComponent("Sources/Tensors/\(folder)")
      return try FileManager.default.subpathsOfDirectory(atPath: root.path)
        .filter { $0.hasSuffix(".swift") }.sorted()
        .map { try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8) }
        .joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// Many programs: the kinds of nodes that they and their derivatives have, and the words that they are written with.
  private static func found() throws -> (kinds: Set<String>, words: Set<String>) {
    var kinds: Set<String> = []
    var words: Set<String> = []
    for seed in 0..<3000 {
      let program = ProgramGenerator.program(seed: seed)
      words.formUnion(
        program.description.split { !$0.isLetter && !$0.isNumber }.map(String.init))
      // Graphs of the largest ones show nothing new.
      guard seed % 2 == 0 else { continue }
      let trace = try ProgramTrace(program, seed: seed)
      for node in trace.graph.nodes {
        switch node.operation {
        case let unary as Unary: kinds.insert("function \(unary.function.name)")
        case let binary as Binary: kinds.insert("function \(binary.function.name)")
        default: break
        }
        kinds.insert("\(type(of: node.operation))")
      }
    }
    return (kinds, words)
  }

  @Test func everyOperationAndFunctionComesUp() throws {
    let (kinds, words) = try Self.found()
    let operations = try Self.sources("Operations", "Losses")
    let declared = operations.matches(of: /struct (\w+): [\w, ]*Operation\b/).map {
      String($0.output.1)
    }
    #expect(declared.count > 40)
    for kind in declared { #expect(kinds.contains(kind), "no program has a \(kind)") }
    let functions = operations.matches(
      of: /static let \w+(?:: \w+)? = (?:UnaryFunction|BinaryFunction|\.init)\(\s*"([^"]+)"/
    ).map { String($0.output.1) }
    #expect(functions.count > 25)
    for function in functions {
      #expect(kinds.contains("function \(function)"), "no program has the function \(function)")
    }
    let named = operations.matches(of: /public (?:static )?(?:func|var) `?([a-z]\w+)/).map {
      String($0.output.1)
    }
    #expect(named.count > 100)
    for name in Set(named).sorted() where Self.others[name] == nil {
      #expect(words.contains(name), "no program calls \(name)")
    }
  }
}
