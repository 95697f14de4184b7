import BilevelOptimization
import Problems
import Testing

@Suite struct RatePatternsTests {
  private func factors(_ patterns: String) throws -> [Double] {
    var settings = Sinusoid.defaults
    settings.upperRate = 0.01
    #expect(try settings.set("upper-rates", to: patterns))
    var own = SinusoidSettings()
    own.hidden = 2
    return try Sinusoid(own, seed: 1).upperRegulation(settings).factors
  }

  @Test func namesChooseRates() throws {
    #expect(try factors("") == [])
    let problem = try Sinusoid(SinusoidSettings(), seed: 1)
    let names = problem.upperModel.parameters.map(\.name)
    let last = try #require(names.last)
    let rates = try factors("*=0.02,\(last)=0")
    #expect(rates.first == 2 && rates.last == 0)
    let some = try factors("*.bias=0.001")
    #expect(some.contains(0.1) && some.contains(1))
  }

  @Test func whatFitsNothingIsRefused() {
    let error = #expect(throws: SettingError.self) { try factors("convolution*=1") }
    #expect(error?.message.contains("convolution* fits none of the upper parameters") == true)
    for text in ["x", "x=", "=1", "x=-1", "x=nan", "x=1=2"] {
      var settings = TrainingSettings()
      #expect(throws: SettingError.self) { _ = try settings.set("upper-rates", to: text) }
    }
  }
}
