import DataFiles
import Foundation
import Onnx
import Tensors
import Testing

/// What is wrong with files is said by name.
@Suite struct OnnxReadingTests {
  private func graph(
    _ nodes: [OnnxGraph.Node], constants: [String: OnnxArray] = [:]
  ) -> OnnxGraph {
    OnnxGraph(
      path: "a.onnx", version: 20, inputs: [.init(name: "x", kind: .number, sizes: [nil, 2])],
      constants: constants, nodes: nodes, outputs: ["y"])
  }

  private func node(
    _ operation: String, _ inputs: [String] = ["x"],
    _ attributes: [String: OnnxGraph.Attribute] = [:], domain: String = ""
  ) -> OnnxGraph.Node {
    OnnxGraph.Node(
      operation: operation, domain: domain, name: "node_1", source: "net.py:7: return f(x)",
      inputs: inputs, outputs: ["y"], attributes: attributes)
  }

  private func message(_ graph: OnnxGraph, _ shape: Shape = [3, 2]) -> String {
    do {
      let trace = Graph()
      _ = try OnnxFunction(graph)(["x": trace.data(shape)])
      return "nothing"
    } catch { return "\(error)" }
  }

  @Test func anUnknownOperationIsNamedWithItsLine() {
    let text = message(graph([node("Det")]))
    #expect(text.contains("Det (node_1) at net.py:7: return f(x): the operation is not known here"))
  }

  @Test func anOperationOfAnotherDomainIsUnknown() {
    #expect(message(graph([node("Relu", domain: "com.other")])).contains("not known here"))
    #expect(message(graph([node("StopGradient")])).contains("not known here"))
    #expect(message(graph([node("StopGradient", domain: "igbm")])) == "nothing")
  }

  @Test func dropoutInTrainingModeIsRefused() {
    let one = OnnxArray([], .integers([1]))
    let text = message(
      graph([node("Dropout", ["x", "", "on"])], constants: ["on": one]))
    #expect(text.contains("draws a mask anew each step; call .eval() on it"))
  }

  @Test func anInputOfAnotherShapeIsRefused() {
    #expect(
      message(graph([node("Relu")]), [3, 4]).contains(
        "input x is of shape [3, 4], and the graph is for [any, 2]"))
  }

  @Test func constantsThatNoMemoryHoldsAreRefused() {
    let sizes = OnnxArray(list: [1 << 30, 1 << 30])
    #expect(
      message(graph([node("ConstantOfShape", ["s"])], constants: ["s": sizes])).contains(
        "are too large"))
  }

  @Test func bytesOfOtherFilesAreRefused() {
    #expect(throws: DataFileError.self) {
      try OnnxGraph(decoding: Array("no graph at all".utf8), named: "a.onnx")
    }
    #expect(throws: DataFileError.self) { try OnnxGraph(decoding: [], named: "a.onnx") }
  }
}
