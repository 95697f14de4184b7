import Models

/// A SHA-256 of parameters: what two runs compare to know that they found the same.
public enum ParameterDigest {
  /// Hashes, for each parameter in order: the name's UTF-8 bytes behind their count; the number of axes and their
  /// sizes; the values as IEEE doubles. Counts and sizes are 64 bits; everything is little-endian.
  ///
  /// - Returns: 64 hexadecimal digits.
  public static func sha256(_ parameters: [(name: String, shape: [Int], values: [Double])])
    -> String
  {
    var hash = SHA256()
    for parameter in parameters {
      let name = Array(parameter.name.utf8)
      hash.update(UInt64(name.count))
      hash.update(name)
      hash.update(UInt64(parameter.shape.count))
      for size in parameter.shape { hash.update(UInt64(size)) }
      for value in parameter.values { hash.update(value.bitPattern) }
    }
    return hash.hexadecimal()
  }

  /// The digest of a model's parameters.
  public static func sha256<Body>(of model: Model<Body>) -> String {
    sha256(
      model.parameters.map { parameter in
        let range = parameter.offset..<parameter.offset + parameter.shape.count
        return (parameter.name, parameter.shape.sizes, Array(model.values[range]))
      })
  }

  /// The digest of the upper parameters that a run's state holds.
  public static func sha256(of file: TensorFile) -> String {
    sha256(
      file.tensors.filter { $0.name.hasPrefix(RunState.upperPrefix) }.map { tensor in
        (String(tensor.name.dropFirst(RunState.upperPrefix.count)), tensor.shape, tensor.values)
      })
  }
}
