import Tensors

/// A level's objective, planned for examples of one form.
protocol FormedProgram: AnyObject {
  /// Whether examples have the form; allocates nothing.
  func isFor(_ examples: Examples) -> Bool
  /// Bytes of memory.
  var byteCount: Int { get }
}

/// A level's programs by the forms of examples.
struct FormedPrograms<Program: FormedProgram> {
  private var plans = PlanCache<Examples.Form, Program> { $0.byteCount }
  /// The one that was used last: that of the next batch, nearly always, which is then found without a form of its own.
  private var last: Program?

  /// The most bytes, the last few programs aside.
  var bound: Int {
    get { plans.bound }
    set { plans.bound = newValue }
  }

  /// How many programs there are.
  var count: Int { plans.count }

  /// The program for examples, made where there is none.
  ///
  /// - Throws: What making it throws.
  mutating func program(
    for examples: Examples, make: (Examples.Form) throws -> Program
  ) throws -> Program {
    if let last, last.isFor(examples) { return last }
    // Where memory is short, it is to be had before the next one is made.
    last = nil
    let form = examples.form
    let program = try plans.plan(form) { try make(form) }
    last = program
    return program
  }
}
