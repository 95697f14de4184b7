import IGBM

/// `example-problems`: the command line for problems that show what the library is used for, a file each.
@main enum Program {
  static func main() {
    IGBM.main(problems: [
      CellSearch.self, Characters.self, Denoising.self, Physics.self, Poisoning.self,
    ])
  }
}
