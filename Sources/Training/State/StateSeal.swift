import PlainText

/// Checksums in a state's metadata: a SHA-256 for each tensor, and one for all the rest. A flipped bit anywhere is noticed
/// before anything is believed.
enum StateSeal {
  private static let tensorPrefix = "sha256/"
  private static let headerKey = "sha256"

  /// A file with its checksums.
  static func sealed(_ file: TensorFile) -> TensorFile {
    var sealed = file
    sealed.metadata.removeAll(where: isSeal)
    sealed.metadata += file.tensors.map { tensor in
      TensorFile.Word(tensorPrefix + tensor.name, SHA256.hexadecimal(of: tensor.data))
    }
    sealed.metadata.append(TensorFile.Word(headerKey, headerDigest(sealed)))
    return sealed
  }

  static func isSealed(_ file: TensorFile) -> Bool { file[headerKey] != nil }

  /// Checks a file's checksums.
  ///
  /// - Throws: ``StateError`` that names what is damaged, or a file without checksums.
  static func check(_ file: TensorFile, at path: String) throws(StateError) {
    guard let header = file[headerKey] else {
      throw StateError(.malformed, path, "has no checksums; give the state of a run")
    }
    for tensor in file.tensors
    where file[tensorPrefix + tensor.name] != SHA256.hexadecimal(of: tensor.data) {
      throw StateError(
        .malformed, path,
        "tensor \(tensor.name.asShown) is damaged: its checksum differs; "
          + "use another copy", tensor: tensor.name.asShown)
    }
    guard header == headerDigest(file) else {
      throw StateError(
        .malformed, path, "the header is damaged: its checksum differs; use another copy")
    }
  }

  private static func isSeal(_ word: TensorFile.Word) -> Bool {
    word.key == headerKey || word.key.hasPrefix(tensorPrefix)
  }

  /// All words but itself, and what the tensors are called and shaped like, each behind its length.
  private static func headerDigest(_ file: TensorFile) -> String {
    var hash = SHA256()
    func add(_ text: String) {
      let bytes = Array(text.utf8)
      hash.update(UInt64(bytes.count))
      hash.update(bytes)
    }
    for word in file.metadata where word.key != headerKey {
      add(word.key)
      add(word.value)
    }
    for tensor in file.tensors {
      add(tensor.name)
      add("\(tensor.type.rawValue) \(tensor.shape)")
    }
    return hash.hexadecimal()
  }
}
