// swift-tools-version: 6.1
import PackageDescription

// Modules in the order of their dependencies: each knows only those above it.
let package = Package(
  name: "igbm-dist",
  products: [
    .executable(name: "igbm-dist", targets: ["igbm-dist"]),
    .library(name: "IGBM", targets: ["IGBM"]),
  ],
  traits: [
    .default(enabledTraits: ["MPI", "ONNX"]),
    .trait(name: "MPI", description: "Distribute over ranks with Open MPI (libopenmpi-dev)."),
    .trait(name: "ONNX", description: "Read objectives that PyTorch exported."),
    .trait(
      name: "Pictures", description: "Read PNG and JPEG pictures (libpng-dev, libjpeg-dev)."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
  ],
  targets: [
    // Numerics.
    .target(name: "CKernels"),
    .target(name: "Randomness", dependencies: ["CKernels"]),
    .target(name: "Tensors", dependencies: ["CKernels"]),
    .target(name: "Models", dependencies: ["Tensors", "Randomness"]),
    .target(name: "BilevelOptimization", dependencies: ["Models", "Randomness", "Tensors"]),

    // Text that people read.
    .target(name: "PlainText"),

    // Message passing.
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .target(
      name: "MessagePassing",
      dependencies: ["PlainText", .target(name: "CMPI", condition: .when(traits: ["MPI"]))]),

    // The machine that a process runs on, its limits, and what it was started with.
    .target(name: "CEntry"),
    .target(name: "Machine", dependencies: ["CEntry"]),

    // Data files.
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CJPEG", pkgConfig: "libjpeg", providers: [.apt(["libjpeg-dev"])]),
    .target(
      name: "DataFiles",
      dependencies: [
        "CZlib", "PlainText", .target(name: "CPNG", condition: .when(traits: ["Pictures"])),
        .target(name: "CJPEG", condition: .when(traits: ["Pictures"])),
      ]),

    // Objectives from PyTorch.
    .target(
      name: "Onnx",
      dependencies: [
        "DataFiles", "PlainText", "Tensors",
        .product(
          name: "SwiftProtobuf", package: "swift-protobuf", condition: .when(traits: ["ONNX"])),
      ],
      exclude: ["Schema/onnx.proto"]),

    // Checksums.
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    // What users run.
    .target(
      name: "Problems",
      dependencies: ["BilevelOptimization", "DataFiles", "PlainText", "Randomness"]),
    .target(
      name: "Training",
      dependencies: [
        "CCrypto", "Problems", "Machine", "MessagePassing", "PlainText",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(name: "OnnxProblems", dependencies: ["Onnx", "Randomness", "Training"]),
    .target(name: "Diagnostics", dependencies: ["Machine", "PlainText", "Training"]),
    .target(name: "Benchmarks", dependencies: ["BilevelOptimization", "Randomness"]),
    .target(
      name: "Configurations",
      dependencies: ["PlainText", "Training", .product(name: "Yams", package: "Yams")]),
    .target(name: "Reports", dependencies: ["Configurations", "CZlib", "Training"]),
    .target(
      name: "CommandLineInterface",
      dependencies: [
        "Benchmarks", "Configurations", "Diagnostics", "Machine", "PlainText", "Reports",
        "Training",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "IGBM", dependencies: ["CommandLineInterface", "Onnx", "OnnxProblems"]),
    .executableTarget(name: "igbm-dist", dependencies: ["IGBM"]),

    // Examples of the library's use, built and run by the tests.
    .executableTarget(
      name: "own-problem", dependencies: ["IGBM"], path: "Sources/Examples/OwnProblem"),
    .executableTarget(name: "own-data", dependencies: ["IGBM"], path: "Sources/Examples/OwnData"),
    .executableTarget(
      name: "cluster-script", dependencies: ["IGBM"], path: "Sources/Examples/ClusterScript"),
    .executableTarget(
      name: "hyperparameter-tuning", dependencies: ["IGBM"],
      path: "Sources/Examples/HyperparameterTuning"),
    .executableTarget(
      name: "example-problems", dependencies: ["IGBM"], path: "Sources/Examples/Problems"),

    // Tests, one target a module; `ranktest` is the program that launched tests start under mpirun.
    .target(name: "TestSupport", dependencies: ["MessagePassing"], path: "Tests/TestSupport"),
    .target(name: "TestProblems", dependencies: ["Problems"], path: "Tests/TestProblems"),
    .executableTarget(
      name: "ranktest", dependencies: ["IGBM", "TestProblems", "TestSupport"],
      path: "Tests/ranktest"),
    // The command line with problems that fail on purpose.
    .executableTarget(
      name: "faulttest", dependencies: ["CommandLineInterface", "IGBM", "TestProblems"],
      path: "Tests/faulttest"),
    // A program of its own, because it replaces malloc. No test target may depend on it: its objects would be linked
    // into the test runner.
    .executableTarget(
      name: "allocations", dependencies: ["BilevelOptimization", "CAllocations"],
      path: "Tests/allocations"),
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    .testTarget(name: "KernelTests", dependencies: ["CKernels", "TestSupport"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "TestSupport"]),
    .testTarget(name: "ModelsTests", dependencies: ["Models", "TestSupport"]),
    .testTarget(
      name: "BilevelOptimizationTests", dependencies: ["BilevelOptimization", "TestSupport"]),
    .testTarget(name: "PlainTextTests", dependencies: ["PlainText"]),
    .testTarget(name: "MachineTests", dependencies: ["Machine"]),
    .testTarget(name: "MessagePassingTests", dependencies: ["MessagePassing", "TestSupport"]),
    .testTarget(name: "DataFilesTests", dependencies: ["DataFiles", "TestSupport"]),
    .testTarget(name: "ProblemsTests", dependencies: ["PlainText", "Problems", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: ["DataFiles", "Machine", "Training", "TestProblems", "TestSupport"]),
    .testTarget(name: "ConfigurationsTests", dependencies: ["Configurations", "TestSupport"]),
    .testTarget(
      name: "OnnxTests", dependencies: ["Onnx", "Randomness", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(
      name: "OnnxProblemsTests", dependencies: ["OnnxProblems", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "ReportsTests", dependencies: ["Reports", "TestSupport"]),
    .testTarget(
      name: "DiagnosticsTests", dependencies: ["Diagnostics", "TestProblems", "TestSupport"]),
    .testTarget(
      name: "LaunchedTests",
      dependencies: [
        "cluster-script", "example-problems", "faulttest", "hyperparameter-tuning", "igbm-dist",
        "own-data", "own-problem", "ranktest", "TestSupport",
      ], exclude: ["Help"]),
  ],
  swiftLanguageModes: [.v6]
)
