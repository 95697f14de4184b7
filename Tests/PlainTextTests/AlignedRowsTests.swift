import PlainText
import Testing

@Suite struct AlignedRowsTests {
  @Test func columnsAreAsWideAsTheirWidestCell() {
    let rows = [["name", "size"], ["a\n", "1"], ["", "20"], ["alone"]]
    #expect(
      AlignedRows(rows, isRight: { $0 == 1 }).lines == [
        "  name    size", "  a\\u{a}     1", "            20", "  alone",
      ])
  }

  @Test func nothingIsNoLine() {
    #expect(AlignedRows([], isRight: { _ in true }).lines == [])
    #expect(AlignedRows([["", ""]], isRight: { _ in true }).lines == ["  "])
  }
}
