import Foundation
import Problems

extension TensorFile {
  /// Tensors in numbers: names, types, shapes, and what their elements range over.
  ///
  /// - Parameters:
  ///   - title: The table's title.
  ///   - prefix: What names of tensors begin with; it is left out.
  /// - Returns: A row a tensor.
  package func summary(_ title: String, prefix: String = "") -> ResultTable {
    let rows = tensors.filter { $0.name.hasPrefix(prefix) }.map { tensor in
      [
        String(tensor.name.dropFirst(prefix.count)), tensor.type.rawValue,
        "[\(tensor.shape.map(String.init).joined(separator: ", "))]",
      ] + Self.range(tensor)
    }
    let others = unread.filter { $0.name.hasPrefix(prefix) }.map { tensor in
      [String(tensor.name.dropFirst(prefix.count)), "\(tensor.type) (unknown)", "", "", "", ""]
    }
    return ResultTable(
      title, columns: ["name", "type", "shape", "smallest", "mean", "largest"], rows: rows + others)
  }

  /// A tensor's smallest element, the mean and the largest.
  private static func range(_ tensor: NamedTensor) -> [String] {
    guard let (least, sum, most) = tensor.range else { return ["", "", ""] }
    let count = tensor.data.count / tensor.type.byteCount
    return [least, sum / Double(count), most].map { String(format: "%.4g", $0) }
  }
}
