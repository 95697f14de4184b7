/// The operand as it is, and a constant to every derivative.
package struct StopGradient: ConstantOperation, View {
  package var start: Int { 0 }

  package func values(_ operands: [Values], _ shape: Shape) -> [Double] { operands[0].numbers }
}
