import PlainText
import Problems
import Testing

@Suite struct SettingGroupTests {
  private enum Colour: String, CaseIterable { case red, Blue, darkGreen }

  private struct Group: SettingGroup {
    var whole = 3
    var real = 0.5
    var rate = 0.1
    var colour = Colour.red
    var places = [3, 40]

    mutating func declare(_ keys: inout SettingKeys) throws {
      try keys("whole", &whole, -2...10, "a whole number")
      try keys("real", &real, -1...1e6, "a number")
      try keys.positive("rate", &rate, "a number above 0")
      try keys("colour", &colour, "a word")
      try keys("places", &places, "rising numbers")
    }
  }

  private func value(_ key: String, _ text: String) throws -> String? {
    var group = Group()
    #expect(try group.set(key, to: text))
    return try group.entries().first { $0.key == key }?.value
  }

  private func refusal(_ key: String, _ text: String) -> String? {
    var group = Group()
    let error = #expect(throws: SettingError.self) { _ = try group.set(key, to: text) }
    let isUnchanged = (try? group.entries()) == (try? Group().entries())
    #expect(isUnchanged, "a refused value changes nothing")
    return error?.description
  }

  @Test func listsKeysInOrder() throws {
    let entries = try Group().entries()
    #expect(entries.map(\.key) == ["whole", "real", "rate", "colour", "places"])
    #expect(entries.map(\.value) == ["3", "0.5", "0.1", "red", "3,40"])
    #expect(
      entries.map(\.about)
        == ["a whole number", "a number", "a number above 0", "a word", "rising numbers"])
  }

  @Test func otherKeysAreNotItsOwn() throws {
    var group = Group()
    #expect(try !group.set("Whole", to: "4"))
    #expect(try !group.set("", to: "nonsense"))
    #expect(try group.entries() == Group().entries())
  }

  @Test func wholeNumbers() throws {
    #expect(try value("whole", "-2") == "-2")
    #expect(try value("whole", "10") == "10")
    for text in ["1e1", "10.0", "100e-1", "+10"] { #expect(try value("whole", text) == "10") }
    for text in ["", "3.5", "1e-1", "ten", " 3", "0x3", "1e30", "9223372036854775808", "3\0"] {
      #expect(refusal("whole", text) == "whole=\(text.asShown): not a whole number")
    }
    for text in ["-3", "11"] {
      #expect(refusal("whole", text) == "whole=\(text): must be from -2 to 10")
    }
  }

  @Test func risingNumbers() throws {
    #expect(try value("places", "") == "")
    #expect(try value("places", "7") == "7")
    #expect(try value("places", "1, 2,30") == "1,2,30")
    for text in [",", "1,,2", "1;2", "1.5", "x"] {
      #expect(refusal("places", text) == "places=\(text): not whole numbers separated by commas")
    }
    for text in ["0", "-1", "2,2", "3,1"] {
      #expect(refusal("places", text) == "places=\(text): must be rising numbers above 0")
    }
  }

  @Test func numbers() throws {
    #expect(try value("real", "-1") == "-1.0")
    #expect(try value("real", "1e6") == "1000000.0")
    #expect(try value("real", "2.5e-3") == "0.0025")
    for text in [
      "", "nan", "inf", "-infinity", "1e999", "a", "1,5", "1 ", "0x1p3", "0X1", "1\0", "1_0", "+",
      ".",
      "1e", "\u{661}",
    ] {
      #expect(refusal("real", text) == "real=\(text.asShown): not a finite number")
    }
    for (text, number) in [("+.5", "0.5"), ("5.", "5.0"), ("-1E-3", "-0.001")] {
      #expect(try value("real", text) == number)
    }
    // A value of any length is no message of any length.
    #expect(refusal("real", String(repeating: "7", count: 1_000_000))?.count ?? 999 < 140)
    #expect(refusal("real", "-1.5") == "real=-1.5: must be from -1.0 to 1000000.0")
  }

  @Test func positiveNumbers() throws {
    #expect(try value("rate", "1e-300") == "1e-300")
    #expect(try value("rate", "1e12") == "1000000000000.0")
    for text in ["0", "-0.1", "1e13", "-0.0"] {
      #expect(refusal("rate", text)?.hasPrefix("rate=") == true)
    }
  }

  @Test func wordsWhateverTheirCase() throws {
    #expect(try value("colour", "RED") == "red")
    #expect(try value("colour", "blue") == "Blue")
    #expect(try value("colour", "DarkGREEN") == "darkGreen")
    for text in ["", "green", "red "] {
      #expect(refusal("colour", text) == "colour=\(text): must be one of red, Blue, darkGreen")
    }
  }

  @Test func valuesThatCodeSetsAreCheckedToo() {
    var group = Group()
    group.whole = 11
    #expect(throws: SettingError("whole=11: must be from -2 to 10")) { try group.check() }
    #expect(throws: SettingError.self) { _ = try group.set("real", to: "0") }
    group.whole = 10
    #expect(throws: Never.self) { try group.check() }
    group.rate = .nan
    #expect(throws: SettingError.self) { try group.check() }
    group.rate = .infinity
    #expect(throws: SettingError.self) { _ = try group.entries() }
  }
}
