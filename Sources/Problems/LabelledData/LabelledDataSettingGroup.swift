/// Settings of a problem over data with classes: they have what ``LabelledDataSettings`` has.
@dynamicMemberLookup
public protocol LabelledDataSettingGroup: SettingGroup {
  /// The examples, and which of them train, validate and test.
  var examples: LabelledDataSettings { get set }
}

extension LabelledDataSettingGroup {
  /// What the examples' settings have.
  public subscript<Value>(
    dynamicMember member: WritableKeyPath<LabelledDataSettings, Value>
  ) -> Value {
    get { examples[keyPath: member] }
    set { examples[keyPath: member] = newValue }
  }
}

extension SettingKeys {
  /// A network that classifies, and the units of its hidden layer.
  mutating func classifier(_ network: inout ClassifierNetwork, hidden: inout Int) throws {
    try self("network", &network, "lower model: " + ClassifierNetwork.words)
    try self("hidden", &hidden, 1...10_000, "units of the hidden layer")
  }
}
