import Foundation
import Models
import Tensors
import TestSupport
import Testing
import Training

private let python = ProcessInfo.processInfo.environment["IGBM_PYTORCH"]

/// State dictionaries of PyTorch itself, there and back: the same outputs. `IGBM_PYTORCH` names a Python that has torch.
@Suite(.enabled(if: python != nil, "IGBM_PYTORCH names no Python with torch"))
struct SlowPyTorchTests {
  /// A module there and a model here.
  struct Case: Sendable, CustomStringConvertible {
    let name: String
    var map = PyTorchMap()
    let build: @Sendable (Parameters) -> any Layer
    var isStored = false
    var description: String { name }
  }

  private static let resNetParts = PyTorchMap(
    [.init(ours: "conv", theirs: "conv1"), .init(ours: "norm", theirs: "bn1")]
      + (1...3).flatMap { stage in
        (1...3).flatMap { block in
          [
            ("", ""), (".norm1", ".bn1"), (".norm2", ".bn2"),
          ].map { ours, theirs in
            PyTorchMap.Part(
              ours: "stage\(stage).block\(block)\(ours)",
              theirs: "layer\(stage).\(block - 1)\(theirs)")
          }
        }
      })

  static let cases = [
    Case(
      name: "lenet",
      map: PyTorchMap([
        .init(ours: "dense1", theirs: "fc1", flattened: [16, 5, 5]),
        .init(ours: "dense2", theirs: "fc2"), .init(ours: "dense3", theirs: "fc3"),
      ]), build: { Networks.leNet5($0) }),
    Case(
      name: "resnet20-train", map: resNetParts,
      build: { Networks.resNet($0, keepsStatistics: true) }),
    Case(
      name: "resnet20-eval", map: resNetParts,
      build: { Networks.resNet($0, keepsStatistics: true) }, isStored: true),
    Case(name: "lstm", build: { LSTM($0.part("lstm"), 5, 7) }),
    Case(name: "gru", build: { GRU($0.part("gru"), 5, 7) }),
    Case(name: "encoder", build: { TransformerBlock($0.part("block"), 12, heads: 3, hidden: 20) }),
    Case(
      name: "attention", build: { MultiHeadAttention($0.part("attention"), 12, heads: 3) }),
    Case(
      name: "upsampling",
      build: {
        TransposedConvolution(
          $0.part("up"), 4, 6, stride: 2, padding: .all(1), outputPadding: 1, groups: 2)
      }),
    Case(name: "ported-block", build: { Block($0, 3, 4, stride: 2) }),
    Case(name: "ported-lstm", build: { Classifier($0, 5, 7, classes: 4) }),
    Case(name: "ported-attention", build: { Attention($0, 12, heads: 3) }),
  ]

  private static let script = #"""
    import sys, numpy as np, torch, torch.nn as nn, torch.nn.functional as F
    torch.manual_seed(4)
    torch.set_default_dtype(torch.float64)

    class LeNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5)
            self.fc1, self.fc2, self.fc3 = nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
        def forward(self, x):
            for conv in (self.conv1, self.conv2):
                x = F.relu(F.max_pool2d(conv(x), 2))
            return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x.flatten(1))))))

    class Pair(nn.Module):
        def __init__(self, i, o):
            super().__init__()
            self.stride = 1 if i == o else 2
            self.conv1, self.bn1 = nn.Conv2d(i, o, 3, self.stride, 1, bias=False), nn.BatchNorm2d(o)
            self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
            self.more = (o - i) // 2
        def forward(self, x):
            y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
            if self.stride == 2:
                x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more, self.more))
            return F.relu(x + y)

    class ResNet20(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
            stage = lambda i, o: nn.Sequential(Pair(i, o), Pair(o, o), Pair(o, o))
            self.layer1, self.layer2, self.layer3 = stage(16, 16), stage(16, 32), stage(32, 64)
            self.dense = nn.Linear(64, 10)
        def forward(self, x):
            x = F.relu(self.bn1(self.conv1(x)))
            return self.dense(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))

    class Only(nn.Module):
        def __init__(self, name, module, call):
            super().__init__()
            setattr(self, name, module)
            self.name, self.call = name, call
        def forward(self, x):
            return self.call(getattr(self, self.name), x)

    name, folder, step = sys.argv[1:4]
    exec(open(folder + "/article.py").read())
    images = lambda c, s: (torch.randn(4, c, s, s), True)
    sequence = lambda w: (torch.randn(3, 6, w), False)
    module, (x, is_image) = {
        "lenet": lambda: (LeNet(), images(1, 28)),
        "resnet20-train": lambda: (ResNet20(), images(3, 16)),
        "resnet20-eval": lambda: (ResNet20(), images(3, 16)),
        "lstm": lambda: (Only("lstm", nn.LSTM(5, 7, batch_first=True), lambda m, x: m(x)[0]), sequence(5)),
        "gru": lambda: (Only("gru", nn.GRU(5, 7, batch_first=True), lambda m, x: m(x)[0]), sequence(5)),
        "encoder": lambda: (Only("block", nn.TransformerEncoderLayer(
            12, 3, 20, dropout=0.0, activation="gelu", batch_first=True), lambda m, x: m(x)), sequence(12)),
        "attention": lambda: (Only("attention", nn.MultiheadAttention(12, 3, batch_first=True),
            lambda m, x: m(x, x, x, need_weights=False)[0]), sequence(12)),
        "upsampling": lambda: (Only("up", nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2),
            lambda m, x: m(x)), images(4, 5)),
        "ported-block": lambda: (Block(3, 4, 2), images(3, 8)),
        "ported-lstm": lambda: (Classifier(5, 7, 4), sequence(5)),
        "ported-attention": lambda: (Attention(12, 3), sequence(12)),
    }[name]()
    last = lambda a: a.movedim(1, -1) if is_image and a.dim() == 4 else a
    numpy = lambda a: last(a).detach().contiguous().numpy()
    if step == "make":
        for p in module.parameters():
            p.data += 0.1 * torch.randn_like(p)
        if "resnet" in name:
            module.train()
            module(x + 1)
        module.train("eval" not in name)
        state = {k: v.numpy().copy() for k, v in module.state_dict().items()}
        np.savez(folder + "/theirs.npz", **state)
        np.savez(folder + "/theirs-io.npz", x=numpy(x), y=numpy(module(x)))
        print(sum(p.numel() for p in module.parameters()))
    else:
        found = np.load(folder + "/ours.npz")
        module.load_state_dict({k: torch.tensor(found[k]) for k in found.files}, strict=True)
        module.train("eval" not in name)
        io = np.load(folder + "/ours-io.npz")
        x = torch.tensor(io["x"])
        x = x.movedim(-1, 1) if is_image else x
        y, wanted = numpy(module(x)), io["y"]
        print(np.abs(y - wanted).max() / np.abs(y).max())
    """#

  private func torch(_ name: String, _ folder: String, _ step: String) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: try #require(python))
    process.arguments = ["\(folder)/script.py", name, folder, step]
    process.standardOutput = output
    try process.run()
    let text = String(
      decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func array(_ tensor: NamedTensor) throws -> DataArray {
    try DataArray(Shape(tensor.shape), tensor.values)
  }

  @Test(arguments: cases) func outputsAreTheSame(_ one: Case) throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    let folder = url.path
    try Data(Self.script.utf8).write(to: url.appendingPathComponent("script.py"))
    let article = try FromAModuleTests.blocks("python").joined(separator: "\n")
    try Data(article.utf8).write(to: url.appendingPathComponent("article.py"))
    let count = try torch(one.name, folder, "make")

    let model = try Model(seed: 8) { Sequential(one.build($0)) }
    func output(_ x: DataArray, _ values: [Double]) throws -> [Double] {
      try model.evaluate(x, at: values, precision: .double) {
        $0($1, statistics: one.isStored ? .stored : .ofInput)
      }
      .values
    }
    // Theirs here.
    let path = "\(folder)/theirs.npz"
    let ours = try one.map.ours(from: .readAny(path), at: path).file
    let values = try model.parameters.flatMap { parameter in
      let tensor = try #require(ours.tensors.first { $0.name == "upper/\(parameter.name)" })
      #expect(tensor.shape == parameter.shape.sizes, "\(parameter.name)")
      return tensor.values
    }
    let theirs = try TensorFile.readAny("\(folder)/theirs-io.npz").tensors
    let x = try #require(theirs.first { $0.name == "x" })
    let y = try #require(theirs.first { $0.name == "y" })
    let there = relativeDistance(try output(try array(x), values), y.values)
    #expect(there < 1e-12, "\(one.name)")

    // Ours there.
    let file = TensorFile(
      metadata: [],
      tensors: model.parameters.map { parameter in
        NamedTensor(
          "upper/\(parameter.name)", shape: parameter.shape.sizes,
          Array(model.values[parameter.offset..<parameter.offset + parameter.shape.count]))
      })
    let state = try one.map.theirs(from: file, at: "ours").file
    let result = try output(try array(x), model.values)
    let io = TensorFile(
      metadata: [], tensors: [x, NamedTensor("y", shape: y.shape, result)])
    for (name, file) in [("ours", state), ("ours-io", io)] {
      try Data(try file.npz(named: name)).write(to: url.appendingPathComponent("\(name).npz"))
    }
    let back = try #require(Double(try torch(one.name, folder, "check")))
    #expect(back < 1e-12, "\(one.name)")
    let learnt = model.parameters.filter {
      !$0.name.hasSuffix(".mean") && !$0.name.hasSuffix(".variance")
    }.reduce(0) { $0 + $1.shape.count }
    print("\(one.name): \(learnt) parameters, there \(count); here \(there), back \(back)")
  }
}
