import Foundation
import TestSupport
import Tensors
import Testing

/// Losses of classes, also where some are left out by logits of minus infinity.
@Suite struct LossesTests {
  private let infinity = Double.infinity

  private func near(_ x: [Double], _ y: [Double]) -> Bool {
    x.count == y.count && zip(x, y).allSatisfy { abs($0 - $1) < 1e-14 }
  }

  /// Logits (0, 0, -inf), label 0: the third class is not there.
  @Test func aMaskedClassHasNoPart() throws {
    let masked = try DataArray([1, 3], [0.0, 0, -infinity])
    for set in KernelSet.available {
      let found = try Derivatives(
        w: [0, 0, 0], along: [1, 3, 5], u: [2], data: [masked, DataArray(indices: [0])], set
      ) { w, u, data in
        u.sum() * crossEntropy(w.reshaped([1, 3]) + data[0], data[1])
      }
      #expect(near([found.value], [2 * log(2)]))
      #expect(near(found.gradient, [-1, 1, 0]))
      // H = [[1/4, -1/4], [-1/4, 1/4]] on the two classes, twice; C is the gradient for u = 1.
      #expect(near(found.product, [-1, 1, 0]))
      #expect(near(found.mixed, [(3.0 - 1) / 2]))
    }
  }

  @Test func logitsThatAreParametersMayBeMinusInfinity() throws {
    for set in KernelSet.available {
      for precision in Precision.allCases {
        let found = try Derivatives(
          w: [0, 0, -infinity], along: [1, 3, 5], data: [DataArray(indices: [0])], set, precision
        ) { w, _, data in crossEntropy(w.reshaped([1, 3]), data[0]) }
        #expect(abs(found.value - log(2)) < 1e-6)
        #expect(found.gradient == [-0.5, 0.5, 0] && found.product == [-0.5, 0.5, 0])
      }
    }
  }

  private enum Loss: CaseIterable {
    case labels, softLabels, entropy, entropyOfLogarithms, divergence, xlogy, named
  }

  private func value(
    _ loss: Loss, _ logits: Tensor, _ labels: Tensor, _ soft: Tensor, weights: Tensor
  ) -> Tensor {
    let p = logits.softmax()
    let logarithms = logits - logits.logSumExp().asColumn
    let rows =
      switch loss {
      case .labels: crossEntropies(logits, labels)
      case .softLabels: crossEntropies(logits, soft)
      case .entropy: -(p * log(p)).sum(axes: 1..<2)
      case .entropyOfLogarithms: (logarithms * (-0.5 * p)).sum(axes: 1..<2)
      case .divergence: (p * (log(p) - log((2 * logits).softmax()))).sum(axes: 1..<2)
      case .xlogy: xlogy(p, p).sum(axes: 1..<2)
      case .named: xlogy(soft, p).sum(axes: 1..<2)
      }
    return (weights * rows).sum()
  }

  /// With classes masked, value and derivatives are those of the classes that are left, to second order, also in the
  /// weights of the examples: sizes on both sides of a vector, and of where products leave a class out.
  @Test(arguments: [2, 3, 8, 16, 17, 40])
  func maskedClassesAreAsIfTheyWereNot(classes: Int) throws {
    for (seed, loss) in Loss.allCases.enumerated() {
      var numbers = Numbers(100 * classes + seed)
      let n = [1, 5, 16, 70][numbers.below(4)]
      let kept = (0..<classes).filter { $0 == 0 || numbers.below(3) > 0 }
      let labels = DataArray(indices: (0..<n).map { _ in kept[numbers.below(kept.count)] })
      let fewer = DataArray(indices: labels.values.map { kept.firstIndex(of: Int($0)) ?? 0 })
      let mask = (0..<classes).map { kept.contains($0) ? 0 : -infinity }
      let soft = (0..<n * classes).map {
        kept.contains($0 % classes) ? 1 + numbers.value() : 0
      }
      let (w, v) = (numbers.values(n * classes), numbers.values(n * classes))
      let u = numbers.values(n)
      func left(_ values: [Double]) -> [Double] {
        values.indices.filter { kept.contains($0 % classes) }.map { values[$0] }
      }
      for set in KernelSet.available {
        let masked = try Derivatives(
          w: w, along: v, u: u,
          data: [labels, try DataArray([n, classes], soft), DataArray(mask)], set
        ) { w, u, data in
          value(loss, w.reshaped([n, classes]) + data[2], data[0], data[1], weights: u)
        }
        let without = try Derivatives(
          w: left(w), along: left(v), u: u,
          data: [fewer, try DataArray([n, kept.count], left(soft))], set
        ) { w, u, data in
          value(loss, w.reshaped([n, kept.count]), data[0], data[1], weights: u)
        }
        let all = [masked.value] + left(masked.gradient) + left(masked.product) + masked.mixed
        #expect(
          relativeDistance(all, without.all) < 1e-12 || norm(without.all) < 1e-12,
          "\(loss), \(n) of \(kept.count) from \(classes), \(set)")
        #expect(norm(masked.gradient) < 1.0001 * norm(left(masked.gradient)) + 1e-12)
        #expect(norm(masked.product) < 1.0001 * norm(left(masked.product)) + 1e-12)
      }
    }
  }

  /// Rows without a class: the sum of no exponentials is 0, whose logarithm is minus infinity; probabilities have no limit.
  @Test(arguments: [1, 3, 16, 33]) func rowsWithoutAClass(classes: Int) throws {
    let rows = 20
    for set in KernelSet.available {
      for precision in Precision.allCases {
        let graph = Graph()
        let x = graph.data([rows, classes])
        let program = try Program(
          graph, [ListRequest("task", .task, [x.logSumExp(), x.softmax()])], precision, set)
        var values = (0..<rows * classes).map { Double($0 % 5) }
        for place in 2 * classes..<3 * classes { values[place] = -infinity }
        try program.set(x, DataArray([rows, classes], values), named: "x")
        program.run(0)
        let (sums, p) = (program.root(0, of: 0).values, program.root(1, of: 0).values)
        #expect(sums[2] == -infinity && sums.filter(\.isFinite).count == rows - 1)
        #expect(p[2 * classes].isNaN && p.filter(\.isNaN).count == classes)
      }
    }
  }

  /// A label and its one-hot row are the same; general rows t give -sum(t log p).
  @Test func softLabels() throws {
    var numbers = Numbers(4)
    let (w, v) = (numbers.values(12), numbers.values(12))
    let targets = numbers.values(12)
    let labels = DataArray(indices: [1, 0, 3])
    for set in KernelSet.available {
      let soft = try Derivatives(w: w, along: v, data: [labels], set) { w, _, data in
        crossEntropies(w.reshaped([3, 4]), data[0].oneHot(classes: 4)).sum()
      }
      let hard = try Derivatives(w: w, along: v, data: [labels], set) { w, _, data in
        crossEntropies(w.reshaped([3, 4]), data[0]).sum()
      }
      #expect(relativeDistance(soft.all, hard.all) < 1e-14)
      // As upper parameters: labels to be learnt.
      let learnt = try Derivatives(w: w, along: v, u: targets, set) { w, u, _ in
        crossEntropy(w.reshaped([3, 4]), u.reshaped([3, 4]))
      }
      let plain = try Derivatives(w: w, along: v, u: targets, set) { w, u, _ in
        let logarithms = w.reshaped([3, 4]) - w.reshaped([3, 4]).logSumExp().asColumn
        return -(u.reshaped([3, 4]) * logarithms).sum() / 3
      }
      #expect(relativeDistance(learnt.all, plain.all) < 1e-13)
    }
  }

  /// Class numbers that come through rows are those of the rows, and are checked as plain ones are.
  @Test func rowsOfLabels() throws {
    let all = DataArray(indices: [3, 1, 0, 2, 1])
    let index = DataArray(indices: [4, 0, 0])
    var numbers = Numbers(5)
    let (w, v) = (numbers.values(12), numbers.values(12))
    for set in KernelSet.available {
      func derivatives(
        _ data: [DataArray], _ labels: ([Tensor]) -> Tensor
      ) throws -> Derivatives {
        try Derivatives(w: w, along: v, data: data, set) { w, _, data in
          crossEntropy(w.reshaped([3, 4]), labels(data))
        }
      }
      let chosen = try derivatives([all, index]) { $0[0].rows($0[1]) }
      #expect(chosen.all == (try derivatives([DataArray(indices: [1, 3, 3])]) { $0[0] }).all)
      let order = DataArray(indices: [2, 1, 0, 2, 1])
      let twice = try derivatives([all, order, index]) { $0[0].rows($0[1].rows($0[2])) }
      #expect(twice.all == (try derivatives([DataArray(indices: [1, 0, 0])]) { $0[0] }).all)
      for (data, word) in [
        ([DataArray([3, 1, 4, 2, 1]), index], "data[2] is 4.0: a class"),
        ([DataArray([3, 1, 0.5, 2, 1]), index], "data[2] is 0.5: a class"),
        ([all, DataArray(indices: [4, 5, 0])], "data[1] is 5.0: a row"),
      ] {
        let error = #expect(throws: TensorError.self) {
          try derivatives(data) { $0[0].rows($0[1]) }
        }
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
      }
    }
  }

  /// x log y is 0 at x = 0, written either way.
  @Test func productsWithLogarithms() throws {
    for set in KernelSet.available {
      func derivatives(_ w: [Double]) throws -> Derivatives {
        try Derivatives(w: w, along: [0, 1], u: [0, 2], set) { w, u, _ in
          (u * log(w) + xlogy(u, w)).sum()
        }
      }
      #expect(near([try derivatives([0, 0.5]).value], [4 * log(0.5)]))
      #expect(near(try derivatives([0.25, 0.5]).all, [4 * log(0.5), 0, 8, 0, -16, 0, 4]))
    }
  }
}
