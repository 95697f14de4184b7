import Configurations
import Testing
import Training

struct NameMapFileTests {
  private func map(_ text: String) throws -> NameMap {
    try NameMapFile.map(in: Array(text.utf8), named: "map.yaml")
  }

  @Test func namesAndChangesAreRead() throws {
    let found = try map(
      """
      # a comment
      upper/conv1.weight: 0.conv.weight permute 2 3 1 0
      "upper/quoted": x   # only plain keys are keys
      """.replacing("\"upper/quoted\"", with: "upper/plain")
        + "\nupper/dense.weight: 'fc.weight split 1 64 2 2 permute 2 3 1 0 join 0 2 2 64'\n"
        + "upper/t: t transpose\n")
    #expect(
      found
        == NameMap([
          .init(ours: "upper/conv1.weight", theirs: "0.conv.weight", [.permute([2, 3, 1, 0])]),
          .init(ours: "upper/plain", theirs: "x"),
          .init(
            ours: "upper/dense.weight", theirs: "fc.weight",
            [
              .split(axis: 1, sizes: [64, 2, 2]), .permute([2, 3, 1, 0]),
              .join(axis: 0, sizes: [2, 2, 64]),
            ]),
          .init(ours: "upper/t", theirs: "t", [.transpose]),
        ]))
  }

  @Test(arguments: [
    ("", "the map names no tensors"),
    ("a: b\nc: b\n", "map.yaml, line 2: b is a already; remove one"),
    ("a: b\na: c\n", "line 2: a comes again"),
    ("a: b permute\n", "\"permute\" is none of transpose"),
    ("a: b permute 1\n", "\"permute 1\" is none of"),
    ("a: b permute 0 0\n", "\"permute 0 0\" is none of"),
    ("a: b transpose 1\n", "\"transpose 1\" is none of"),
    ("__metadata__: b\n", "__metadata__ is no tensor"), ("a: __metadata__\n", "is no tensor"),
    ("a: b split 1\n", "\"split 1\" is none of"), ("a: b join -1 2\n", "\"join -1 2\" is none of"),
    ("a: b rotate\n", "\"rotate\" is none of"), ("a: [b]\n", "a has a list or map"),
    ("a\n", "is not KEY: VALUE"),
  ])
  func mistakesAreNamed(text: String, message: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try map(text) }
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }
}
