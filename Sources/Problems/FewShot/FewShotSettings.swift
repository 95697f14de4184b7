/// Settings of ``FewShot``.
public struct FewShotSettings: SettingGroup, Equatable {
  /// What tasks are drawn from.
  public var tasks = ImageTaskSettings()
  /// The network.
  public var network = ImageNetworkSettings()
  /// Strength of the pull towards the initialisation.
  public var proximal = 0.1
  /// Learnt factors of lower rates: none, one for all lower steps, or one for each.
  public var rates = 0
  /// Whether each layer has such factors of its own.
  public var layerRates = false

  /// The defaults.
  public init() {}

  /// Declares every key.
  ///
  /// - Throws: ``SettingError`` for a value outside its range.
  public mutating func declare(_ keys: inout SettingKeys) throws {
    try tasks.declare(&keys)
    try network.declare(&keys)
    try keys("proximal", &proximal, 0...1e6, "strength of the pull towards the initialisation")
    try keys(
      "rates", &rates, 0...1000,
      "learnt factors of lower rates, one a step (method=unrolled, learned-rates=rates); 0: none")
    try keys("layer-rates", &layerRates, "whether each layer has such factors of its own")
  }
}
