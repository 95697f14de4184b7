import CKernels
import Testing

@Suite struct DispatchTests {
  @Test func portableKernelsAreAlwaysThere() {
    #expect(ck_kernels_for(CK_PORTABLE, CK_FLOAT) != nil)
    #expect(ck_kernels_for(CK_PORTABLE, CK_DOUBLE) != nil)
  }

  @Test func bestIsTheLastThatThereIs() {
    for element in [CK_FLOAT, CK_DOUBLE] {
      let best = ck_best()
      #expect(ck_kernels_for(best, element) != nil)
      for set in [CK_AVX2, CK_AVX512] where set.rawValue > best.rawValue {
        #expect(ck_kernels_for(set, element) == nil)
      }
    }
  }

  @Test func tablesSayWhatTheyAre() {
    for set in [CK_PORTABLE, CK_AVX2, CK_AVX512] {
      for element in [CK_FLOAT, CK_DOUBLE] {
        guard let table = ck_kernels_for(set, element) else { continue }
        #expect(table.pointee.instruction_set == set)
        #expect(table.pointee.element == element)
      }
    }
  }
}
