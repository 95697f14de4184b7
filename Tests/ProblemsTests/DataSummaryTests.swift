import DataFiles
import Foundation
import Problems
import TestSupport
import Testing

/// What `data` says of files.
@Suite struct DataSummaryTests {
  private func text(
    _ file: String, _ change: (inout TableSettings) -> Void = { _ in }
  ) throws -> String {
    var settings = TableSettings()
    change(&settings)
    return try DataSummary(file, settings).sections.map(\.text).joined(separator: "\n")
  }

  private func withFile(
    _ name: String, _ bytes: [UInt8], _ body: (String) throws -> Void
  ) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent(name)
    try Data(bytes).write(to: file)
    try body(file.path)
  }

  private func array(_ type: String, _ shape: String, _ bytes: [UInt8]) -> [UInt8] {
    let header = Array("{'descr': '\(type)', 'fortran_order': False, 'shape': \(shape), }\n".utf8)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header + bytes
  }

  private static let people =
    "id,sex,age,name,kind\n"
    + (0..<12).map {
      "\($0),\($0 % 2 == 0 ? "f" : "m"),\($0 == 3 ? "" : "\($0).5"),n\($0),\($0 % 3)\n"
    }
    .joined()

  @Test func aTableIsDescribed() throws {
    try withFile("people.csv", Array(Self.people.utf8)) { path in
      let text = try text(path)
      for line in [
        "  rows           12\n", "  columns        5, named by the first line\n",
        "  missing cells  1, in 1 columns\n",
        "  age           1       0.5  6.227     11.5  numbers\n",
        "2 words: f, m\n", "12 words: n0, n1, n10, n11, ...\n", "Classes, by kind\n",
        "      2     4\n",
        "train regularisation --set data=\(path) --set categorical=sex --set ignore=name\n",
        "train label-cleaning --set data=\(path) --set categorical=sex --set ignore=name "
          + "--set validation=CLEAN\n",
      ] {
        #expect(text.contains(line), "\(line)\n\(text)")
      }
      let unclear = try self.text(path) { $0.target = "age" }
      #expect(unclear.contains("none yet") && unclear.contains("kind=regression"), "\(unclear)")
      let other = try self.text(path) { ($0.target, $0.kind) = ("age", .regression) }
      #expect(
        other.contains("--set kind=regression --set target=age --set categorical=sex"), "\(other)")
      #expect(!other.contains("label-cleaning"))
    }
  }

  /// What it says to type works.
  @Test func whatIsSuggestedTrains() throws {
    try withFile("people.csv", Array(Self.people.utf8)) { path in
      var settings = RegularisationSettings()
      settings.table.data = path
      (settings.table.categorical, settings.table.ignore, settings.folds) = ("sex", "name", 2)
      let problem = try Regularisation(settings, seed: 1)
      // Id, age, two of sex, and the bias, for three classes.
      #expect(problem.lowerModel.count == 15)
    }
  }

  @Test func whatIsInTheWayIsSaid() throws {
    try withFile("one.csv", Array("x,y\n1,a\n2,a\n".utf8)) { path in
      let text = try text(path)
      #expect(text.contains("none yet") && text.contains("one class"), "\(text)")
    }
  }

  @Test func arraysAreDescribed() throws {
    try withFile("x.npy", array("<i2", "(2, 2)", [1, 0, 255, 255, 3, 0, 7, 0])) { path in
      let text = try text(path)
      #expect(text.contains("int16  [2, 2]        0        -1   2.5        7"), "\(text)")
      #expect(text.contains("columns        2, without names"))
    }
    try withFile("y.npy", array("|u1", "(6,)", [2, 0, 2, 0, 2, 2])) { path in
      let text = try text(path)
      #expect(text.contains("As classes\n  class  rows\n      0     2\n      2     4\n"), "\(text)")
      #expect(text.contains("data=INPUTS,\(path)"))
    }
    try withFile("images", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 3, 9, 8, 7]) { path in
      let text = try text(path)
      #expect(text.contains("uint8  [1, 1, 3]") && text.contains("  0  9 8 7\n"), "\(text)")
      #expect(text.contains("few-shot"))
    }
  }

  @Test func rowsOfLIBSVMAreDescribed() throws {
    try withFile("s.svm", Array("1 1:2\n-1 3:5\n1 2:1\n-1 1:1\n".utf8)) { path in
      let text = try text(path)
      #expect(text.contains("LIBSVM text") && text.contains("columns        4"), "\(text)")
      #expect(text.contains("     -1     2\n      1     2\n"), "\(text)")
    }
  }

  @Test func foldersAreLookedThrough() throws {
    let folder = try ImageFolder(classes: 2, drawings: 2)
    let text = try text(folder.path)
    #expect(text.contains("uint8 [4, 16, 16]") && text.contains("few-shot"), "\(text)")
  }

  @Test func wordsForAShellAreQuoted() throws {
    try withFile("my table's.csv", Array(Self.people.utf8)) { path in
      let quoted = path.replacingOccurrences(of: "'", with: "'\\''")
      let text = try text(path)
      #expect(text.contains("--set 'data=\(quoted)'"))
    }
  }

  @Test func damageIsOneLine() throws {
    for (name, bytes) in [
      ("x.npy", [0x93] + Array("NUMPY".utf8) + [1, 0]), ("x.npz", [0x50, 0x4b, 3, 4]),
      ("x", [0, 0, 8, 1, 0, 0, 0, 9, 1]), ("x.svm", Array("1 1:2\n1 3:x\n".utf8)),
      ("x.csv", Array("a,b\n1,2,3\n1,2\n".utf8)), ("x.gz", [0x1f, 0x8b, 8]), ("empty.csv", []),
    ] as [(String, [UInt8])] {
      try withFile(name, bytes) { path in
        let error = #expect(throws: DataFileError.self, "\(name)") { try text(path) }
        #expect(error?.description.contains("\n") == false && error?.remedy.isEmpty == false)
      }
    }
    #expect(throws: DataFileError.self) { try text("none/there") }
  }
}
