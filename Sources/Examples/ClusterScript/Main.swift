// Tunes the L2 strengths of a table's linear classifier from a cluster script: no command line of the trainer's, only
// the library. Every rank reads the CSV file; the run is resumed where its folder holds a state.
//
//   mpirun -np 4 cluster-script TABLE.csv FOLDER STEPS

import IGBM

/// What the script is called with.
struct Arguments {
  let table: String
  let folder: String
  let steps: String

  init(_ words: [String] = Array(CommandLine.arguments.dropFirst())) throws {
    guard words.count == 3 else {
      throw SettingError("expected TABLE.csv FOLDER STEPS; got \(words.count) words")
    }
    (table, folder, steps) = (words[0], words[1], words[2])
  }
}

/// The newest state of a folder, if there is one. Rank 0 alone reads it, so that it need not be on every machine.
func stored(
  in folder: RunFolder?, _ ranks: any Communicator
) throws -> (file: TensorFile, path: String)? {
  var bytes: [UInt8] = []
  var path: [UInt8] = []
  try ranks.agreeing {
    guard let folder else { return }
    let (newest, ignored) = folder.newestState()
    if let newest { (bytes, path) = (newest.bytes, Array(newest.path.utf8)) }
    // Never start anew over a state that cannot be read.
    if newest == nil, let error = ignored.first { throw error }
  }
  try ranks.broadcast(resizing: &bytes)
  try ranks.broadcast(resizing: &path)
  guard !bytes.isEmpty else { return nil }
  let name = String(decoding: path, as: UTF8.self)
  return try ranks.agreeing { (try TensorFile(decoding: bytes, named: name), name) }
}

@main enum ClusterScript {
  static func main() {
    Launch.run { ranks in
      let arguments = try ranks.agreeing { try Arguments() }
      let run = try ranks.agreeing {
        try ProblemRun<Regularisation>(
          RunRequest([
            ("data", arguments.table), ("train", "0"), ("grouping", "layer"),
            ("steps", arguments.steps),
          ]))
      }
      let folder = try ranks.agreeing {
        ranks.isRoot ? try RunFolder(locking: arguments.folder) : nil
      }
      let state = try stored(in: folder, ranks)
      if let state, ranks.isRoot { print("going on from \(state.path)") }
      let continuation = Continuation(from: state, every: 10) { state, step in
        try folder?.storeCheckpoint(state, step: step)
      }
      let outcome = try run.train(ranks, continuation) { step, _ in
        if ranks.isRoot { print("step \(step.step + 1): upper loss \(step.upperLoss)") }
      }
      try ranks.agreeing {
        guard let folder, let state = outcome.state else { return }
        try folder.storeLast(state)
        for table in outcome.results { print("\n" + table.text) }
        print("\nsha256 of the upper parameters: \(outcome.digest)")
      }
      return .success
    }
  }
}
