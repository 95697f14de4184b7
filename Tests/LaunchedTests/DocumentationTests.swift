import Foundation
import TestSupport
import Testing

/// What people read about the library.
@Suite struct DocumentationTests {
  /// The site is made without a warning: every link in a comment or an article leads somewhere.
  @Test(.enabled(if: isOnPath("docc") && isOnPath("pkg-config")))
  func slow_theSiteIsMade() throws {
    let site = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: site) }
    let script = Launcher.root.appendingPathComponent("Launch/documentation").path
    let end = try Launcher.command(script, ["--built", site.path]).wait(seconds: 90)
    #expect(end.exitCode == 0, "\(end.errors)\(end.output)")
    for page in ["igbm", "bileveloptimization/implicit", "problems/problem"] {
      let file = site.appendingPathComponent("documentation/\(page)/index.html")
      #expect(FileManager.default.fileExists(atPath: file.path), "\(page)")
    }
    // The root leads to the landing page, which has all modules.
    let root = try String(contentsOf: site.appendingPathComponent("index.html"), encoding: .utf8)
    #expect(root.contains("url=documentation/igbm/"))
    let landing = try String(
      contentsOf: site.appendingPathComponent("data/documentation/igbm.json"), encoding: .utf8)
    let library = try String(
      contentsOf: Launcher.root.appendingPathComponent("Sources/IGBM/IGBM.swift"), encoding: .utf8)
    let modules = library.matches(of: /(?m)^@_exported import (\w+)/).map(\.output.1)
    #expect(modules.count > 8)
    for module in modules {
      #expect(landing.contains("doc://igbm/documentation/\(module)\""), "\(module)")
    }
  }

  /// The public declarations of a source that no doc comment precedes, and how many there are in all.
  private func undocumented(in text: String) -> (missing: [String], all: Int) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let declared = lines.indices.filter { index in
      let words = lines[index].split(separator: " ").drop { $0.hasPrefix("@") }
      guard words.first?.hasPrefix("public") == true else { return false }
      return !words.dropFirst().starts(with: ["extension"])
    }
    let missing = declared.filter { index in
      let before = lines[..<index].last { !$0.hasPrefix("@") }
      return before?.hasPrefix("///") != true
    }
    return (missing.map { "line \($0 + 1): \(lines[$0])" }, declared.count)
  }

  @Test func aDeclarationWithoutACommentIsFound() {
    let source = """
      /// Has one.
      @inlinable
      public func a() {}

      @frozen public struct B {}
      public extension C {}
      """
    #expect(undocumented(in: source).missing == ["line 5: @frozen public struct B {}"])
  }

  @Test func everyPublicDeclarationHasADocComment() throws {
    let root = Launcher.root.appendingPathComponent("Sources")
    let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path)
      .filter { $0.hasSuffix(".swift") }.sorted()
    var all = 0
    for path in paths {
      let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
      let found = undocumented(in: text)
      #expect(found.missing == [], "\(path)")
      all += found.all
    }
    #expect(all > 500)
  }
}
