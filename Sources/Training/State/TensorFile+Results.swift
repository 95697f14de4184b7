import Problems

extension TensorFile {
  /// The file of arrays that a run leaves for other programs.
  init(of results: ResultArrays) {
    self.init(
      metadata: [],
      tensors: results.arrays.map { array in
        switch array.type {
        case .double: NamedTensor(array.name, shape: array.shape, array.values)
        case .single:
          NamedTensor(array.name, shape: array.shape, elements: array.values.map { Float($0) })
        case .whole:
          NamedTensor(
            array.name, shape: array.shape,
            elements: array.values.map { Int64(exactly: $0.rounded()) ?? 0 })
        }
      })
  }
}
