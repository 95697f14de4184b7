import Problems
import Testing

@Suite struct CorruptedLabelsTests {
  private func corrupted(
    train: Int, corruption: Double, seed: UInt64,
    kind: CorruptionSettings.Kind = .wrong
  ) throws -> CorruptedLabels {
    var settings = LabelCleaningSettings()
    settings.train = train
    settings.corruption.part = corruption
    settings.corruption.kind = kind
    return try LabelCleaning(settings, seed: seed).corrupted
  }

  @Test func labelsOfAnyClassAreRightByChance() throws {
    let data = try corrupted(train: 1000, corruption: 0.5, seed: 3, kind: .anyClass)
    #expect(data.isReplaced.count { $0 } == 500)
    let wrong = zip(data.givenLabels, data.rightLabels).map { $0 != $1 }
    #expect(zip(wrong, data.isReplaced).allSatisfy { $1 || !$0 }, "others are untouched")
    // Nine in ten of those replaced; five standard deviations are 34.
    #expect(abs(wrong.count { $0 } - 450) < 34)
  }

  @Test(arguments: [1000, 999, 137, 20]) func theSplitIsDisjoint(_ train: Int) throws {
    let data = try corrupted(train: train, corruption: 0.4, seed: 3)
    #expect(data.train.count == train && data.validate.count == 297 && data.test.count == 500)
    let all = data.train + data.validate + data.test
    #expect(Set(all).count == all.count)
    #expect(all.allSatisfy { Digits.all.labels.indices.contains($0) })
  }

  @Test func withAllTrainingDigitsTheSplitIsComplete() throws {
    let data = try corrupted(train: 1000, corruption: 0, seed: 1)
    #expect((data.train + data.validate + data.test).sorted() == Array(0..<1797))
  }

  @Test func theRestOfTheSplitDoesNotDependOnTheTrainingDigits() throws {
    let many = try corrupted(train: 1000, corruption: 0.4, seed: 9)
    let few = try corrupted(train: 50, corruption: 0.1, seed: 9)
    #expect(few.test == many.test && few.validate == many.validate)
    #expect(few.train == Array(many.train.prefix(50)))
  }

  @Test(arguments: [
    (1000, 0.4, 400), (1000, 0.0, 0), (1000, 1.0, 1000), (25, 0.5, 13), (33, 0.1, 3),
  ])
  func exactlySoManyLabelsAreTrulyWrong(_ train: Int, _ corruption: Double, _ wrong: Int) throws {
    for seed in 1...5 as ClosedRange<UInt64> {
      let data = try corrupted(train: train, corruption: corruption, seed: seed)
      #expect(data.rightLabels == data.train.map { Digits.all.labels[$0] })
      #expect(zip(data.givenLabels, data.rightLabels).count { $0 != $1 } == wrong)
      #expect(data.givenLabels.allSatisfy { (0..<10).contains($0) })
    }
  }

  @Test func wrongLabelsAreOfAllOtherClasses() throws {
    let data = try corrupted(train: 1000, corruption: 1, seed: 2)
    let shifts = zip(data.givenLabels, data.rightLabels).map { ($0 - $1 + 10) % 10 }
    let counts = (0..<10).map { shift in shifts.count { $0 == shift } }
    #expect(counts[0] == 0)
    // 1000 / 9 each; five standard deviations are 50.
    #expect(counts.dropFirst().allSatisfy { abs($0 - 111) < 50 })
  }

  @Test func seedsAloneDecide() throws {
    func data(_ seed: UInt64) throws -> [[Int]] {
      let data = try corrupted(train: 100, corruption: 0.4, seed: seed)
      return [data.train, data.validate, data.test, data.givenLabels]
    }
    #expect(try data(4) == data(4))
    for (own, other) in zip(try data(4), try data(5)) { #expect(own != other) }
  }
}
