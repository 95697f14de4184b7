import BilevelOptimization
import Foundation
import Models
import Randomness
import Tensors

/// Strengths of changes, and images changed by them. The strengths' logarithms are the parameters.
public struct ChangeStrengths {
  private let strengths: [ImageChange: Tensor]

  init(_ p: Parameters, _ first: [(change: ImageChange, strength: Double)]) {
    var strengths: [ImageChange: Tensor] = [:]
    for (change, strength) in first {
      strengths[change] = exp(p("log-\(change.rawValue)", [1], .constant(log(strength))))
    }
    self.strengths = strengths
  }

  /// A strength of `[1]`; nil where there is no such change.
  subscript(change: ImageChange) -> Tensor? { strengths[change] }
}

/// Images of one shape, and what becomes of them by random numbers times strengths. All of it is differentiable in the strengths:
/// images are moved by linear interpolation between neighbouring pixels, with weights that depend on the strengths (Jaderberg et al.,
/// 2015), squares cover parts of pixels.
package struct ChangedImages {
  /// Rows, columns and channels of an image.
  let height, width, channels: Int

  /// Where random numbers come from: of a law, in a shape, for tensors of one trace.
  package typealias Draw = (NoiseLaw, Shape) -> Tensor

  /// The images `[n, numbers]`, changed.
  ///
  /// - Parameters:
  ///   - images: Rows of pixels, one after another, an image a row.
  ///   - strengths: How strongly.
  ///   - draw: Makes random numbers of the images' trace.
  /// - Returns: As many images, `[n, numbers]`.
  package func callAsFunction(
    _ images: Tensor, _ strengths: ChangeStrengths, _ draw: Draw
  ) -> Tensor {
    let n = images.shape[0]
    var x = warped(images, strengths, draw)
    if let contrast = strengths[.contrast] {
      let mean = x.mean(axes: [1], keepingAxes: true)
      x = mean + exp(contrast * draw(.uniform, [n, 1])) * (x - mean)
    }
    if let brightness = strengths[.brightness] { x = x + brightness * draw(.uniform, [n, 1]) }
    if let noise = strengths[.noise] { x = x + noise * draw(.normal, x.shape) }
    if let side = strengths[.cutOut] { x = x * (1 - covered(side, draw(.uniform, [n, 2]))) }
    return x
  }

  /// Moved, turned, scaled and sheared: the pixel at (y, x), from the middle, is what was at z R (y, x + k y) - t.
  private func warped(_ images: Tensor, _ strengths: ChangeStrengths, _ draw: Draw) -> Tensor {
    let n = images.shape[0]
    func drawn(_ change: ImageChange) -> Tensor? {
      strengths[change].map { $0 * draw(.uniform, [n, 1]) }
    }
    let (angle, zoom, lean) = (drawn(.rotation), drawn(.scale), drawn(.shear))
    let moves = [drawn(.shift), drawn(.shift)]
    guard [angle, zoom, lean, moves[0]].contains(where: { $0 != nil }) else { return images }
    let places = (0..<height * width).map { ($0 / width, $0 % width) }
    func fromMiddle(_ place: Int, _ size: Int) -> Double { Double(place) - Double(size - 1) / 2 }
    let pixels: Shape = [1, places.count]
    var y = images.constant(places.map { fromMiddle($0.0, height) }, pixels)
    var x = images.constant(places.map { fromMiddle($0.1, width) }, pixels)
    if let lean { x = x + lean * y }
    if let angle {
      let radians = angle * (Double.pi / 180)
      (y, x) = (cos(radians) * y - sin(radians) * x, sin(radians) * y + cos(radians) * x)
    }
    if let zoom { (y, x) = (exp(zoom) * y, exp(zoom) * x) }
    if let down = moves[0], let right = moves[1] { (y, x) = (y - down, x - right) }
    return interpolated(images, weights(y, height, n), weights(x, width, n))
  }

  /// What each of so many neighbours along an axis counts at places from its middle `[n, pixels]`: `[n, pixels, size]`.
  private func weights(_ places: Tensor, _ size: Int, _ n: Int) -> Tensor {
    let count = height * width
    let own = (places + Double(size - 1) / 2).broadcast(to: [n, count])
    let neighbours = places.constant((0..<size).map(Double.init), [size])
    return relu(1 - abs(own.reshaped([n, count, 1]) - neighbours))
  }

  /// Sums over neighbours in rows and columns, of each channel.
  private func interpolated(_ images: Tensor, _ rows: Tensor, _ columns: Tensor) -> Tensor {
    let (n, count) = (images.shape[0], height * width)
    let shaped = images.reshaped([n, height, width, channels])
    let results = (0..<channels).map { channel in
      let own = shaped.at(channel, axis: 3).transposed(1, 2)
      return (rows * matmul(columns, own)).sum(axes: [2]).reshaped([n, count, 1])
    }
    let whole = channels == 1 ? results[0] : Tensor.concatenated(results, axis: 2)
    return whole.reshaped([n, count * channels])
  }

  /// The part of each pixel that a square covers, whose middle is anywhere in the image: `[n, numbers]`.
  private func covered(_ side: Tensor, _ middles: Tensor) -> Tensor {
    let n = middles.shape[0]
    func part(_ axis: Int, _ size: Int) -> Tensor {
      let middle = (middles.sliced(1, axis..<axis + 1) + 1) * (Double(size) / 2) - 0.5
      let pixels = middles.constant((0..<size).map(Double.init), [size])
      return relu(
        minimum(middle + side / 2, pixels + 0.5) - maximum(middle - side / 2, pixels - 0.5))
    }
    let (rows, columns) = (
      part(0, height).reshaped([n, height, 1, 1]), part(1, width).reshaped([n, 1, width, 1])
    )
    return (rows * columns).broadcast(to: [n, height, width, channels])
      .reshaped([n, height * width * channels])
  }
}

extension ChangedImages {
  /// Examples to look at, drawn by themselves: images `[n, numbers]` under strengths of given values.
  ///
  /// - Throws: `TensorError` for images of another shape.
  func changed(
    _ images: DataArray, _ model: Model<ChangeStrengths>, at values: [Double], seed: UInt64
  ) throws -> DataArray {
    try model.evaluate(images, at: values) { strengths, images in
      var place = 0
      return self(images, strengths) { law, shape in
        var stream = RandomStream(seed: seed, purpose: .evaluation, step: 1, index: place)
        place += 1
        return images.constant((0..<shape.count).map { _ in stream.noise(law) }, shape)
      }
    }
  }
}
