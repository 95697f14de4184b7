import Configurations
import Randomness
import Testing
import Training

@Suite struct ConfigurationFuzzTests {
  private static let seeds = [
    "# A run.\n---\nproblem: sinusoid\nsteps: 20  # few\nlower-rate: 1e-2\noutput: \"runs/a b\"\n",
    "a: 'it''s'\r\nb: \"\\u00e9\\n\"\r\nc: ~\r\n",
    "a: &x [1, {b: *x}]\nb: |\n  text\n- c\n? d\n: e\n",
    "%YAML 1.2\n--- !!map\n<<: *a\n\"k\": !t v\n...\n",
  ].map { Array($0.utf8) }

  /// Pieces that mean something in YAML or in text.
  private static let pieces = [
    "[", "]", "{", "}", "- ", "? ", ": ", "&a ", "*a", "!!str ", "|\n", ">-\n", "\"", "'", "\\",
    "#",
    " #", "\n", "\r\n", "\r", "\t", "---", "\n---\n", "\n...\n", "%TAG ! x\n", "<<: ", "a: ",
    "\u{0}",
    "\u{85}", "\u{2028}", "\u{FEFF}", "\u{301}", "\\u12", "\\UFFFFFFFF", ",", "@", "`", "~",
  ].map { Array($0.utf8) }

  private func mutated(_ stream: inout RandomStream) -> [UInt8] {
    var bytes = Self.seeds[stream.integer(below: Self.seeds.count)]
    for _ in 0...stream.integer(below: 6) {
      let place = stream.integer(below: bytes.count + 1)
      let end = min(place + stream.integer(below: 8), bytes.count)
      switch stream.integer(below: 5) {
      case 0: bytes.insert(UInt8(stream.integer(below: 256)), at: place)
      case 1: bytes.removeSubrange(place..<end)
      case 2: bytes.insert(contentsOf: bytes[place..<end], at: stream.integer(below: place + 1))
      case 3 where place < bytes.count: bytes[place] ^= 1 << UInt8(stream.integer(below: 8))
      default:
        bytes.insert(contentsOf: Self.pieces[stream.integer(below: Self.pieces.count)], at: place)
      }
    }
    return bytes
  }

  /// 100,000 damaged files: each is refused in one line, or is settings that are written and read
  /// alike.
  @Test func slowDamagedFilesAreRefusedOrRead() throws {
    var stream = RandomStream(seed: 11, purpose: .evaluation)
    var readable = 0
    for _ in 0..<100_000 {
      let bytes = mutated(&stream)
      do throws(ConfigurationError) {
        let settings = try ConfigurationFile.assignments(in: bytes, named: "fuzz")
        readable += 1
        guard readable % 10 == 0 else { continue }
        let text = ConfigurationFile.text(of: Configuration(settings))
        let again = try ConfigurationFile.assignments(in: Array(text.utf8), named: "fuzz")
        #expect(again.map { [$0.key, $0.value] } == settings.map { [$0.key, $0.value] })
      } catch {
        if error.description.contains(where: \.isNewline) { Issue.record("\(error) has lines") }
      }
    }
    #expect((1000..<99_000).contains(readable), "\(readable) of 100,000 were read")
  }
}
