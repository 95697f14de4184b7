import Testing
import Training

struct AmountTests {
  @Test(arguments: [
    (0, "0 bytes"), (999, "999 bytes"), (1000, "1.00 kB"), (12_345, "12.3 kB"),
    (999_400, "999 kB"), (999_600, "1.00 MB"), (5_000_000_000_000, "5.00 TB"),
  ])
  func bytes(count: Int, text: String) { #expect(Amount.bytes(count) == text) }

  @Test(arguments: [
    (0.000_012_34, "12.3 us"), (0.0123, "12.3 ms"), (0.9999, "1.00 s"), (59.99, "1 min 0 s"),
    (3_725, "1 h 2 min"), (100_000, "1 d 3 h"), (.infinity, "more than 30,000 years"),
  ])
  func time(seconds: Double, text: String) { #expect(Amount.time(seconds) == text) }
}
