import Problems
import Testing

@Suite struct DigitsTests {
  private let digits = Digits.all

  @Test func thereAreAsManyAsPublished() {
    #expect(digits.labels.count == 1797 && digits.classCount == 10)
    #expect(digits.pixelCount == 64 && digits.image(1796).count == 64)
    let counts = (0..<digits.classCount).map { label in digits.labels.count { $0 == label } }
    #expect(counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
  }

  @Test func inkIsInSixteenthsFromNoneToFull() {
    let values = Set((0..<1797).flatMap(digits.image))
    #expect(values == Set((0...16).map { Float($0) / 16 }))
  }

  /// The first two rows as the original publishes them.
  @Test func theFirstRowsAreTheOriginals() {
    let zero = [
      [0, 0, 5, 13, 9, 1, 0, 0], [0, 0, 13, 15, 10, 15, 5, 0], [0, 3, 15, 2, 0, 11, 8, 0],
      [0, 4, 12, 0, 0, 8, 8, 0], [0, 5, 8, 0, 0, 9, 8, 0], [0, 4, 11, 0, 1, 12, 7, 0],
      [0, 2, 14, 5, 10, 12, 0, 0], [0, 0, 6, 13, 10, 0, 0, 0],
    ]
    let one = [
      [0, 0, 0, 12, 13, 5, 0, 0], [0, 0, 0, 11, 16, 9, 0, 0], [0, 0, 3, 15, 16, 6, 0, 0],
      [0, 7, 15, 16, 16, 2, 0, 0], [0, 0, 1, 16, 16, 3, 0, 0], [0, 0, 1, 16, 16, 6, 0, 0],
      [0, 0, 1, 16, 16, 6, 0, 0], [0, 0, 0, 11, 16, 10, 0, 0],
    ]
    for (row, image) in [zero, one].enumerated() {
      #expect(digits.image(row) == image.joined().map { Float($0) / 16 })
    }
    #expect(Array(digits.labels.prefix(10)) == Array(0..<10))
  }

  @Test func chosenImagesKeepTheirOrder() throws {
    let array = try digits.images([5, 0, 5])
    #expect(array.shape.sizes == [3, 64])
    let rows = [5, 0, 5].flatMap { digits.image($0).map(Double.init) }
    #expect(array.values == rows)
    #expect(try digits.images([]).shape.sizes == [0, 64])
  }
}
