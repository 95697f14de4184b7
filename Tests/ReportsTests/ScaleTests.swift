import Foundation
import Reports
import Testing

@Suite struct ScaleTests {
  @Test func ticksAreRoundAndWithinTheAxis() {
    for (low, high) in [(0.0, 1.0), (-3, 17), (0.0021, 0.0094), (1e7, 3e7), (-1e-9, 1e-9)] {
      let scale = Scale([low, high])
      let ticks = scale.ticks(5)
      #expect((2...11).contains(ticks.count), "\(low) to \(high): \(ticks)")
      #expect(ticks.allSatisfy { scale.low <= $0 && $0 <= scale.high * (1 + 1e-12) })
      let steps = zip(ticks, ticks.dropFirst()).map { $1 - $0 }
      #expect(steps.allSatisfy { abs($0 - steps[0]) < 1e-9 * abs(high - low) })
    }
  }

  @Test func logarithmsAreForNumbersThatDifferMuch() {
    #expect(Scale.wantsLogarithm([1, 31]) && !Scale.wantsLogarithm([1, 29]))
    #expect(!Scale.wantsLogarithm([0, 1000]) && !Scale.wantsLogarithm([-1, 1000]))
    let scale = Scale([1e-6, 1e3], isLogarithmic: true)
    #expect(scale.isLogarithmic && (2...7).contains(scale.ticks(5).count))
    #expect(abs(scale.place((1e-6 * 1e3).squareRoot()) - 0.5) < 1e-9)
    #expect(!Scale([0, 1], isLogarithmic: true).isLogarithmic)
  }

  @Test func oddNumbersDoNotTrap() {
    for numbers in [[], [5], [5, 5], [.nan], [.infinity, 1], [-0.0, 0], [1e300, 1e-300]] {
      for isLogarithmic in [false, true] {
        let scale = Scale(numbers, isLogarithmic: isLogarithmic)
        #expect(scale.high > scale.low)
        _ = scale.ticks(5).map(Scale.text)
        #expect((0...1).contains(scale.place(5)))
      }
    }
  }

  @Test(arguments: [
    (0.0, "0"), (0.25, "0.25"), (1000.0, "1000"), (1e5, "1e5"), (2e-7, "2e-7"), (-0.5, "-0.5"),
    (123456.0, "1.23e5"), (0.1 + 0.2, "0.3"),
  ]) func numbersAreShort(_ number: Double, _ text: String) {
    #expect(Scale.text(number) == text)
  }
}
