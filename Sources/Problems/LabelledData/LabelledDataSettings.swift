/// Which examples with classes a problem has, and which of them train, validate and test.
public struct LabelledDataSettings: SettingGroup, Equatable {
  /// The data: a folder of images, or a table, read as the settings say; the embedded digits where `table.data` is empty.
  public var table: TableSettings = {
    var table = TableSettings()
    table.kind = .classification
    return table
  }()
  /// The folder or the table.
  public var data: String {
    get { table.data }
    set { table.data = newValue }
  }
  /// The IDX file of the images, in that folder; `.gz` may be left out.
  public var images = "train-images-idx3-ubyte"
  /// The IDX file of their classes.
  public var labels = "train-labels-idx1-ubyte"
  /// Training examples; 0: all that neither validate nor test.
  public var train = 1000
  /// Examples that validate; their labels are taken to be right. Where they are of another file or folder, all of the data
  /// train, with the labels that they have.
  public var validation: DataPart = 297
  /// Test examples; where others validate than the data's own, none unless they are of another place, too.
  public var test: DataPart = 500
  /// Whether the parts that validate and test have their share of each class.
  public var stratified = false

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try declareParts(&keys)
    try declareReading(&keys)
  }

  /// Those of the data and their parts.
  mutating func declareParts(_ keys: inout SettingKeys) throws {
    try keys("data", &data, "folder, table, or INPUTS,TARGETS; empty: the embedded digits")
    try keys("images", &images, "IDX file of the images, in that folder; .gz may be left out")
    try keys("labels", &labels, "IDX file of their classes")
    try keys("train", &train, 0...10_000_000, "training images; 0: all the rest")
    let expected = "a number of examples, a part such as 0.2, or a folder or file"
    try keys(
      "validation", &validation, expecting: expected,
      "validation examples, a part of all, or a folder or file of such; then all of data train")
    guard validation != .count(0), validation != .folds else {
      throw SettingError("validation=\(validation.rawValue): must be \(expected)")
    }
    try keys("test", &test, expecting: expected, "test examples, likewise")
    guard test != .folds else { throw SettingError("test=folds: must be \(expected)") }
    try keys("stratified", &stratified, "whether both have their share of each class")
  }

  /// Those of reading a table.
  mutating func declareReading(_ keys: inout SettingKeys) throws {
    try table.declareTarget(&keys)
    try table.declareReading(&keys)
  }
}
