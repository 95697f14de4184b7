import DataFiles
import Foundation
import Problems
import TestSupport
import Testing

/// The problems on the public data that they are for, where these lie beside the package.
@Suite(.enabled(if: PublicData.isAvailable, "the data are not beside the package"))
struct PublicDataTests {
  private func read(_ path: String) throws -> FileArray {
    try IDX.read(PublicData.path(path))
  }

  @Test func mnistIsAsPublished() throws {
    let images = try read("mnist/train-images-idx3-ubyte.gz")
    #expect(images.shape == [60000, 28, 28])
    let labels = try read("mnist/train-labels-idx1-ubyte.gz").labels(count: 60000, of: "images")
    let counts = (0..<10).map { label in labels.count { $0 == label } }
    #expect(counts == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
  }

  @Test func omniglotIsAsPublished() throws {
    #expect(try read("omniglot/omniglot-28-idx3-ubyte.gz").shape == [32460, 28, 28])
    let labels = try read("omniglot/omniglot-labels-idx1-short.gz")
      .labels(count: 32460, of: "images")
    #expect(labels.indices.allSatisfy { labels[$0] == $0 / 20 })
  }

  /// LIBSVM text of labels and words as it was published, and SciPy's matrix of the same rows.
  @Test func newsgroupsAreTheSameInBothForms() throws {
    let text = try SparseTable.read(PublicData.path("newsgroups/20news-test.svm.gz"))
    let matrix = try SparseTable.read(PublicData.path("newsgroups/20news-test-csr.npz")).matrix
    #expect(
      matrix.rowCount == 7532 && matrix.columnCount == 130107 && matrix.entryCount == 1_107_956)
    #expect(text.matrix.starts == matrix.starts && text.matrix.columns == matrix.columns)
    #expect(text.matrix.values.map { Float($0) } == matrix.values.map { Float($0) })
    let labels = try NPY.read(PublicData.path("newsgroups/20news-test-labels.npy"))
    #expect(text.targets == labels.values)
  }

  @Test(arguments: [ImageTaskSettings.Split.random, .vinyals])
  func omniglotMakesTasks(_ split: ImageTaskSettings.Split) throws {
    var settings = FewShotSettings()
    settings.tasks.data = PublicData.path("omniglot")
    settings.tasks.split = split
    settings.tasks.ways = 20
    settings.tasks.query = 5
    let problem = try FewShot(settings, seed: 1)
    let task = try problem.task(0, step: 0)
    #expect(
      task.train.data.shape == [20, 28, 28, 1] && task.validate.data.shape == [100, 28, 28, 1])
    let ink = task.train.data.values.reduce(0, +) / Double(20 * 784)
    // The whole set's mean is 0.084.
    #expect(ink > 0.04 && ink < 0.16)
  }

  #if Pictures
    /// Photographs of 84x84 in colour, in a folder for each of five classes.
    @Test func photographsMakeTasks() throws {
      var settings = FewShotSettings()
      (settings.tasks.data, settings.tasks.ways) = (PublicData.path("images/clothing-84"), 2)
      (settings.network.network, settings.network.filters) = (.resNet12, 2)
      let problem = try FewShot(settings, seed: 1)
      let task = try problem.task(0, step: 0)
      #expect(task.train.data.shape == [2, 84, 84, 3])
      #expect(task.validate.data.shape == [10, 84, 84, 3])
      #expect(problem.data.map(\.name) == ["pictures"])
    }
  #endif
}
