import Foundation
import IGBM

/// What the learnt prior does to images that training never saw.
extension Denoising {
  func results(_ training: Adaptation<ImagePrior, Tensor>) throws -> [ResultTable] {
    let images = try testImages()
    let noisy = try mean(images.map { try Self.quality($0.data, $0.target) })
    let learnt = try mean(images.map { try Self.quality(denoised($0, training), $0.target) })
    let plain = try bestTotalVariation(images, training.optimizer)
    return [
      ResultTable(
        "Peak signal-to-noise ratio, the mean of \(images.count) images",
        columns: ["", "dB"],
        rows: [
          ("noisy", noisy),
          ("total variation, the best strength of a grid (e^\(plain.strength))", plain.quality),
          ("learnt", learnt),
        ].map { [$0, String(format: "%.2f", $1)] })
    ]
  }

  /// Clean, noisy and denoised images, and the filters.
  func illustrations(_ training: Adaptation<ImagePrior, Tensor>) throws -> [Illustration] {
    let groups = try testImages().prefix(6).enumerated().map { number, image in
      let pictures = [
        ("clean", image.target), ("noisy", image.data), ("learnt", try denoised(image, training)),
      ]
      return ImageFigure.Group(
        "Image \(number)",
        try pictures.map { name, pixels in
          let quality = try Self.quality(pixels, image.target)
          return .init(
            pixels: pixels.values.map { 1 - Float($0) }, width: settings.size,
            caption: name == "clean" ? name : name + String(format: " %.1f dB", quality))
        })
    }
    let images = ImageFigure(
      "Images that training never saw", caption: "As they were, with noise, and denoised.",
      groups: groups)
    return [.images(images)] + (settings.filters == 0 ? [] : [.images(try filterFigure())])
  }

  private func filterFigure() throws -> ImageFigure {
    let filters = try upperModel.values(of: "experts.filters")
    let strengths = try upperModel.values(of: "experts.strengths")
    let cells = strengths.enumerated().sorted { $0.element > $1.element }.map { k, strength in
      let own = stride(from: k, to: filters.count, by: strengths.count).map { filters[$0] }
      let (mean, size) = (mean(own), own.map(abs).max() ?? 1)
      return ImageFigure.Cell(
        pixels: own.map { 0.5 + Float(($0 - mean) / (2 * size)) }, width: 3,
        caption: String(format: "e^%.1f", strength))
    }
    return ImageFigure(
      "The learnt filters", caption: "Those of the largest strength first.",
      groups: [.init("3x3 pixels, less their means", cells)])
  }

  private func testImages() throws -> [Examples] {
    try (0..<settings.test).compactMap { try heldOut?.task($0).train }
  }

  private func denoised(
    _ image: Examples, _ training: Adaptation<ImagePrior, Tensor>
  ) throws -> DataArray {
    try sum(image.data, try training.adapt(image).values)
  }

  private func sum(_ image: DataArray, _ change: [Double]) throws -> DataArray {
    try DataArray(image.shape, zip(image.values, change).map { $0 + $1 })
  }

  private func mean(_ numbers: [Double]) -> Double {
    numbers.reduce(0, +) / Double(max(numbers.count, 1))
  }

  /// Total variation alone, with the strength of a grid that is best on these very images: the same problem without filters.
  private func bestTotalVariation(
    _ images: [Examples], _ optimizer: any LowerOptimizer
  ) throws -> (strength: Double, quality: Double) {
    var own = settings
    own.filters = 0
    let plain = try Denoising(own, seed: seed)
    let implicit = try plain.implicit(Self.defaults)
    let tried = try stride(from: -4.5, through: -1, by: 0.25).map { strength in
      plain.upperModel.values[0] = strength
      let qualities = try images.map { image in
        let change = try optimizer.adapt(implicit, train: image).values
        return try Self.quality(try sum(image.data, change), image.target)
      }
      return (strength: strength, quality: mean(qualities))
    }
    return tried.max { $0.quality < $1.quality } ?? (0, 0)
  }
}
