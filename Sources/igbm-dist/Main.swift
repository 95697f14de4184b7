import IGBM

/// `igbm-dist`: the command line for the problems that come with the package.
@main enum Program {
  static func main() {
    IGBM.main(problems: ProblemCatalogue.complete)
  }
}
