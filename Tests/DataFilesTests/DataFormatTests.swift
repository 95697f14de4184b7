import DataFiles
import Testing

/// Formats are found by what is in a file.
@Suite struct DataFormatTests {
  private func format(_ text: String, _ name: String = "file") throws -> DataFormat {
    DataFormat(of: try FileBytes(name, Array(text.utf8)))
  }

  @Test func textsAreTablesOrLIBSVM() throws {
    for text in ["1 1:2\n", "-1 \n+1 3:4 7:1\n", "# words\n2.5 1:0\n", "3 qid:1 2:5\n"] {
      #expect(try format(text) == .libsvm, "\(text)")
    }
    for text in ["1,2\n3,4\n", "a b:c\n", "12:30\n", "1\n2\n", "", "time\n1 2:3\n", "1 2:x\n"] {
      #expect(try format(text) == .table, "\(text)")
    }
  }

  @Test func binaryFilesAreKnownByTheirBeginning() throws {
    func format(_ bytes: [UInt8], _ name: String = "file") throws -> DataFormat {
      DataFormat(of: try FileBytes(name, bytes))
    }
    #expect(try format([0x93] + Array("NUMPY".utf8)) == .npy)
    #expect(try format([0x50, 0x4b, 3, 4, 0]) == .npz)
    #expect(try format([0, 0, 8, 1]) == .idx)
    #expect(try format([2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)) == .safetensors)
    #expect(try format([3, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)) == .table)
    #expect(try format([1, 2], "x.safetensors") == .safetensors)
  }
}
