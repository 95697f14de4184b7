import BilevelOptimization
import Problems
import Randomness
import Tensors
import Testing

/// Images as lower steps see them.
@Suite struct ImageAugmentationTests {
  private func augmentation(
    _ change: (inout AugmentationSettings) -> Void
  ) throws -> any Augmentation {
    var settings = WeightNetSettings()
    change(&settings.augmentation)
    return try #require(try WeightNet(settings, seed: 1).augmentation)
  }

  /// What becomes of images whose pixels all differ, and of labels.
  private func changed(
    _ augmentation: any Augmentation, count: Int = 200, seed: UInt64 = 3
  ) throws -> [[[Double]]] {
    let pixels = (0..<count).flatMap { _ in (0..<64).map { Double($0 + 1) } }
    let examples = Examples(
      data: try DataArray([count, 64], pixels), target: DataArray(indices: (0..<count).map { $0 }))
    var stream = RandomStream(seed: seed, purpose: .augmentation)
    let result = try augmentation(examples, &stream)
    #expect(result.target == examples.target && result.data.shape == [count, 64])
    let values = result.data.values
    return (0..<count).map { image in
      (0..<8).map { row in Array(values[image * 64 + row * 8..<image * 64 + row * 8 + 8]) }
    }
  }

  private let plain = (0..<8).map { row in (0..<8).map { Double(row * 8 + $0 + 1) } }

  @Test func halfOfThemAreTurned() throws {
    let images = try changed(augmentation { $0.flip = true })
    let turned = images.count { $0 == plain.map { $0.reversed() } }
    #expect(images.count { $0 == plain } == 200 - turned)
    // Five standard deviations are 35.
    #expect(abs(turned - 100) < 36)
  }

  /// As cropped from an image with zeros around it.
  @Test func imagesAreMoved() throws {
    let images = try changed(augmentation { $0.shift = 2 })
    var seen: Set<[Int]> = []
    for image in images {
      let place = (0..<25).first { place in
        let (down, right) = (place / 5 - 2, place % 5 - 2)
        return image.indices.allSatisfy { row in
          image[row].indices.allSatisfy { column in
            let (from, other) = (row - down, column - right)
            let isThere = 0..<8 ~= from && 0..<8 ~= other
            return image[row][column] == (isThere ? plain[from][other] : 0)
          }
        }
      }
      let found = try #require(place)
      seen.insert([found / 5 - 2, found % 5 - 2])
    }
    #expect(seen.count == 25)
  }

  @Test(arguments: [1, 2, 3, 8]) func aSquareIsCutOut(_ size: Int) throws {
    for image in try changed(augmentation { $0.cutOut = size }) {
      let gone = (0..<64).filter { image[$0 / 8][$0 % 8] == 0 }
      let (rows, columns) = (Set(gone.map { $0 / 8 }), Set(gone.map { $0 % 8 }))
      #expect(gone.count == rows.count * columns.count, "a rectangle, what is within the image")
      #expect((1...size).contains(rows.count) && (1...size).contains(columns.count))
      #expect((0..<64).allSatisfy { gone.contains($0) || image[$0 / 8][$0 % 8] == Double($0 + 1) })
    }
  }

  /// By the stream alone, image after image.
  @Test func equalStreamsChangeEqually() throws {
    let all = try augmentation { ($0.flip, $0.shift, $0.cutOut) = (true, 3, 3) }
    #expect(try changed(all) == changed(all))
    #expect(try changed(all) != changed(all, seed: 4))
    #expect(try Array(changed(all).prefix(20)) == changed(all, count: 20))
  }

  @Test func rowsOfATableAreNoImages() throws {
    #expect(try WeightNet(WeightNetSettings(), seed: 1).augmentation == nil)
    var settings = RegularisationSettings()
    #expect(try !settings.set("flip", to: "true"))
  }
}
