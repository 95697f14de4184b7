import DataFiles
import Tensors

extension OnnxOperation {
  /// Matrix products.
  static let products: [OnnxOperation] = [
    OnnxOperation("Gemm", .products) { call in
      func matrix(_ index: Int, _ isTransposed: Bool) throws -> Tensor {
        let x = try call.traced(index)
        guard x.rank == 2 else { throw call.wrong("shape \(x.sizes) is no matrix") }
        return isTransposed ? x.permuted([1, 0]).plain : x.plain
      }
      let a = try matrix(0, try call.flag("transA"))
      let b = try matrix(1, try call.flag("transB"))
      guard a.shape[1] == b.shape[0] else {
        throw call.wrong("matrices \(a.shape) and \(b.shape) do not fit")
      }
      var result = matmul(a, b)
      let (alpha, beta) = (try call.number("alpha", 1), try call.number("beta", 1))
      if alpha != 1 { result = result * alpha }
      if let c = call.optionalTensor(2), beta != 0 {
        guard Strides.broadcast(c.shape.sizes, result.shape.sizes) == result.shape.sizes else {
          throw call.wrong("shape \(c.shape) does not repeat to \(result.shape)")
        }
        result = result + (beta == 1 ? c : c * beta)
      }
      return [.traced(Traced(result))]
    },
    OnnxOperation("MatMul", .products) { call in
      let (a, b) = (try call.tensor(0), try call.tensor(1))
      guard a.shape.rank > 0, b.shape.rank > 0,
        Strides.broadcast(
          Array(a.shape.sizes.dropLast(2)), Array(b.shape.sizes.dropLast(2))) != nil,
        a.shape[a.shape.rank - 1] == b.shape[max(b.shape.rank - 2, 0)]
      else { throw call.wrong("shapes \(a.shape) and \(b.shape) do not fit") }
      return [.traced(Traced(matmul(a, b)))]
    },
    OnnxOperation(
      "Einsum", .products, "of up to four tensors, without `...`, no letter twice in one"
    ) { call in
      let equation = try call.text("equation", "")
      let tensors = try call.all().map { call.traced($0).plain }
      guard tensors.count <= 4, equation.contains("->"), equation.utf8.count < 200 else {
        throw call.wrong("equation \(equation.debugDescription) of \(tensors.count) tensors")
      }
      let (a, rest) = (tensors[0], tensors.dropFirst())
      let result =
        switch rest.count {
        case 0: einsum(equation, a)
        case 1: einsum(equation, a, rest[1])
        case 2: einsum(equation, a, rest[1], rest[2])
        default: einsum(equation, a, rest[1], rest[2], rest[3])
        }
      return [.traced(Traced(result))]
    },
  ]
}
