import Foundation
import Problems
import Reports
import TestSupport
import Testing
import Training

/// The page in a real browser, where there is one.
@Suite struct SlowBrowserTests {
  private static let browser = ["chromium", "chromium-browser", "google-chrome"]
    .first(where: isOnPath)

  /// No part of the page is wider than a phone, and every picture is one.
  @Test func slow_aPhoneShowsAllOfThePage() throws {
    guard let browser = Self.browser else {
      print("skipped: no browser is installed")
      return
    }
    let folder = ReportPageTests.folder("cleaning")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try ReportPageTests.run(
      "label-cleaning", in: folder,
      [("steps", "4"), ("tasks", "2"), ("train", "60"), ("test", "40"), ("final-steps", "20")])
    let text = ReportPage([try StoredRun(folder, .builtIn)], made: "test").text
    // The page itself has no scripts; this one measures it.
    let probe = """
      <script>document.title = [document.documentElement.scrollWidth, innerWidth,
      [...document.images].filter(i => !i.complete || i.naturalWidth == 0).length,
      document.images.length, document.querySelectorAll('svg.plot').length].join(' ')</script></body>
      """
    let page = "\(folder)/probe.html"
    try text.replacing("</body>", with: probe).write(
      toFile: page, atomically: true, encoding: .utf8)
    let end = try Launcher.command(
      "/usr/bin/env",
      [
        browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--window-size=500,900", "--virtual-time-budget=3000", "--dump-dom", "file://\(page)",
      ]
    ).wait(seconds: 60)
    let title =
      end.output.split(separator: "<title>").dropFirst().first?
      .prefix { $0 != "<" } ?? ""
    let numbers = title.split(separator: " ").compactMap { Int($0) }
    try #require(numbers.count == 5, "\(end.errors.suffix(400))")
    #expect(numbers[0] <= numbers[1], "the page is \(numbers[0]) wide, the window \(numbers[1])")
    #expect(numbers[2] == 0 && numbers[3] > 0 && numbers[4] >= 4)
    #expect(!end.errors.contains("CONSOLE"), "\(end.errors)")
  }
}
