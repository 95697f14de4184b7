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

  /// No part of the page is wider than a phone, no caption is cut, and every picture is one.
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
    // The page itself has no scripts; this one measures it, in frames, because windows have a least width.
    let probe = """
      <script>onload = () => parent.postMessage([document.documentElement.scrollWidth, innerWidth,
      [...document.images].filter(i => !i.complete || i.naturalWidth == 0).length,
      document.images.length, document.querySelectorAll('svg.plot').length,
      [...document.querySelectorAll('h1, h2, h3, p, caption, figcaption')]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.scrollWidth > e.clientWidth + 1)
        .length].join(' '), '*')</script></body>
      """
    try text.replacing("</body>", with: probe).write(
      toFile: "\(folder)/probe.html", atomically: true, encoding: .utf8)
    let page = "\(folder)/frame.html"
    try """
    <!doctype html><title></title><script>onmessage = e => { document.title += e.data + ',' }</script>
    <iframe src="probe.html" style="width: 375px; height: 900px; border: 0"></iframe>
    <iframe src="probe.html" style="width: 500px; height: 900px; border: 0"></iframe>
    """.write(toFile: page, atomically: true, encoding: .utf8)
    let end = try Launcher.command(
      "/usr/bin/env",
      [
        browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        "--window-size=1000,950", "--virtual-time-budget=3000", "--dump-dom", "file://\(page)",
      ]
    ).wait(seconds: 60)
    let title =
      end.output.split(separator: "<title>").dropFirst().first?
      .prefix { $0 != "<" } ?? ""
    let frames = title.split(separator: ",").map { $0.split(separator: " ").compactMap { Int($0) } }
    try #require(
      frames.allSatisfy { $0.count == 6 } && Set(frames.map { $0[1] }) == [375, 500],
      "\(title) \(end.errors.suffix(400))")
    for numbers in frames {
      let width = numbers[1]
      #expect(numbers[0] <= width, "the page is \(numbers[0]) wide, the window \(width)")
      #expect(numbers[2] == 0 && numbers[3] > 0 && numbers[4] >= 4)
      #expect(numbers[5] == 0, "\(numbers[5]) texts are cut at \(width)")
    }
    #expect(!end.errors.contains("CONSOLE"), "\(end.errors)")
  }
}
