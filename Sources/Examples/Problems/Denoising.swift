import Foundation
import IGBM

/// Settings of ``Denoising``.
struct DenoisingSettings: SettingGroup {
  var size = 32, filters = 8, noise = 0.1, test = 16

  mutating func declare(_ keys: inout SettingKeys) throws {
    try keys("size", &size, 8...512, "height and width of images")
    try keys("filters", &filters, 0...256, "learnt filters of 3x3; 0: total variation alone")
    try keys("noise", &noise, 0...1, "standard deviation of the noise on images from 0 to 1")
    try keys("test", &test, 1...10_000, "images of the table of results")
  }
}

/// Learning to take noise out of images. The lower variable is an image: of a noisy one, y, the denoised one minimises
///
///     f(w) = ||w - y||^2 / 2 + e^a TV_g(w) + sum_k e^(b_k) sum log(1 + (h_k * w)^2)
///
/// with the total variation (L. Rudin, S. Osher and E. Fatemi, 1992) smoothed as sqrt(|grad w|^2 + g^2), and a field of experts
/// (S. Roth and M. Black, 2005): filters h_k of mean 0. The upper parameters are its strength a and smoothing log g, and all
/// filters and their strengths; F is the mean squared distance to the clean image (K. Kunisch and T. Pock, "A bilevel
/// optimization approach for parameter learning in variational models", 2013). A task is one image, drawn anew: discs,
/// rectangles over a shade, some with upright stripes. The lower parameters are w - y, so that adaptation starts at the noisy image.
struct Denoising: Problem {
  static let name = "denoising"
  static let about = "takes noise out of images; upper: strengths, smoothing and filters"
  static var defaults: TrainingSettings {
    var settings = TrainingSettings()
    (settings.steps, settings.tasks) = (200, 8)
    (settings.lowerRule, settings.lowerRate, settings.lowerSteps) = (.lbfgs, 0.5, 40)
    (settings.method, settings.k, settings.negativeCurvature) = (.linearSystem, 30, .truncate)
    (settings.upperRate, settings.evaluationTasks) = (0.1, 16)
    return settings
  }

  let upperModel: Model<ImagePrior>, lowerModel: Model<Tensor>
  let start = AdaptationStart.lowerModel
  let settings: DenoisingSettings, seed: UInt64

  init(_ settings: DenoisingSettings, seed: UInt64) throws {
    (self.settings, self.seed) = (settings, seed)
    upperModel = try Model(seed: seed) { ImagePrior($0, filters: settings.filters) }
    lowerModel = try Model { p in p("change", [settings.size, settings.size]) }
  }

  func lowerObjective(_ s: ObjectiveState<ImagePrior, Tensor>) -> Tensor {
    0.5 * squaredNorm(s.lowerModel) + s.upperModel.energy(s.data + s.lowerModel)
  }

  func upperObjective(_ s: ObjectiveState<ImagePrior, Tensor>) -> Tensor {
    squaredError(s.data + s.lowerModel, s.target)
  }

  func task(_ index: Int, step: Int) throws -> TaskExamples {
    var random = RandomStream(seed: seed, purpose: .task, step: step, index: index)
    return try task(&random)
  }

  private func task(_ random: inout RandomStream) throws -> TaskExamples {
    let clean = Scene(settings.size, &random).pixels
    let noisy = clean.map { $0 + settings.noise * random.normal() }
    let shape: Shape = [settings.size, settings.size]
    let examples = Examples(
      data: try DataArray(shape, noisy), target: try DataArray(shape, clean))
    return TaskExamples(train: examples, validate: examples)
  }

  /// The peak signal-to-noise ratio of images that training never sees.
  var heldOut: HeldOut<Tensor>? {
    HeldOut(
      [Measure("PSNR (dB)", .number)],
      task: { index in
        var random = RandomStream(seed: seed, purpose: .evaluation, index: index)
        return try task(&random)
      },
      predict: { change, noisy in noisy + change },
      scores: { [try Self.quality($0, $1)] })
  }

  /// The peak signal-to-noise ratio, in decibels, of an image whose pixels go from 0 to 1.
  static func quality(_ image: DataArray, _ clean: DataArray) throws -> Double {
    -10 * log10(try Scores.regression(image, clean)[0])
  }
}

/// What is known of clean images.
struct ImagePrior {
  /// The logarithms of total variation's strength and smoothing, `[1]` each.
  let strength, smoothing: Tensor
  /// Filters `[3, 3, 1, filters]`, and the logarithms of their strengths `[filters]`; nil where there are none.
  let experts: (filters: Tensor, strengths: Tensor)?

  init(_ p: Parameters, filters: Int) {
    strength = p("total-variation.strength", [1], .constant(-3))
    smoothing = p("total-variation.smoothing", [1], .constant(-4))
    experts =
      filters == 0
      ? nil
      : (
        p("experts.filters", [3, 3, 1, filters], .normal(deviation: 1)),
        p("experts.strengths", [filters], .constant(-4))
      )
  }

  /// The energy of an image `[height, width]`, small for likely ones.
  func energy(_ image: Tensor) -> Tensor {
    let (height, width) = (image.shape[0], image.shape[1])
    let corner = image.sliced(0, 0..<height - 1).sliced(1, 0..<width - 1)
    let down = image.sliced(0, 1..<height).sliced(1, 0..<width - 1) - corner
    let right = image.sliced(0, 0..<height - 1).sliced(1, 1..<width) - corner
    let variation = exp(strength) * sqrt(down.squared + right.squared + exp(2 * smoothing)).sum()
    guard let experts else { return variation.sum() }
    let responses = image.reshaped([1, height, width, 1])
      .convolved(with: experts.filters.centred, padding: .none)
    return variation.sum() + (exp(experts.strengths) * log1p(responses.squared)).sum()
  }
}

/// A made image: a shade, and on it discs and rectangles, of one tone or striped.
private struct Scene {
  private(set) var pixels: [Double]

  init(_ size: Int, _ random: inout RandomStream) {
    let slope = (random.uniform(in: -0.3..<0.3), random.uniform(in: -0.3..<0.3))
    let tone = random.uniform(in: 0.3..<0.7)
    func places(_ tone: (Double, Double) -> Double) -> [Double] {
      (0..<size * size).map { place in
        tone(Double(place / size) / Double(size), Double(place % size) / Double(size))
      }
    }
    pixels = places { y, x in tone + slope.0 * (y - 0.5) + slope.1 * (x - 0.5) }
    for shape in 0..<6 {
      let (cy, cx) = (random.uniform(), random.uniform())
      let (ry, rx) = (random.uniform(in: 0.1..<0.35), random.uniform(in: 0.1..<0.35))
      let tone = random.uniform(in: 0.15..<0.85)
      let depth = shape % 3 == 2 ? 0 : 0.15
      let drawn = places { _, x in tone + depth * sin(0.5 * .pi * x * Double(size)) }
      let inside = places { y, x in
        let (v, h) = (abs(y - cy) / ry, abs(x - cx) / rx)
        return (shape % 2 == 0 ? max(v, h) : v * v + h * h) < 1 ? 1 : 0
      }
      for place in pixels.indices where inside[place] == 1 { pixels[place] = drawn[place] }
    }
  }
}
