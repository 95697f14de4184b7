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

  /// In training mode it asks for masks where lower objectives are traced; elsewhere, and otherwise, everything stays.
  @Test func dropoutAsksForMasks() throws {
    let (on, off) = (OnnxArray([], .integers([1])), OnnxArray([], .integers([0])))
    let rate = OnnxArray([], .numbers([0.25]))
    func rates(_ inputs: [String], trains: Bool = true) throws -> [Double] {
      let trace = Graph()
      if trains { trace.drawnInputs = [] }
      let x = trace.data([3, 2])
      let function = OnnxFunction(
        graph([node("Dropout", inputs)], constants: ["on": on, "off": off, "rate": rate]))
      let y = try function(["x": x])[0]
      let masks = trace.drawnInputs ?? []
      #expect(masks.allSatisfy { $0.tensor.shape == [3, 2] && y.depends(on: $0.tensor) })
      return masks.map { if case .mask(let rate) = $0.law { rate } else { .nan } }
    }
    #expect(try rates(["x", "rate", "on"]) == [0.25])
    #expect(try rates(["x", "", "on"]) == [0.5])
    #expect(try rates(["x", "rate", "off"]).isEmpty && rates(["x", "rate"]).isEmpty)
    #expect(try rates(["x", "rate", "on"], trains: false).isEmpty)
    let text = message(graph([node("Dropout", ["x", "on", "on"])], constants: ["on": on]))
    #expect(text.contains("Dropout (node_1)") && text.contains("it is from 0 to below 1"))
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
