import BilevelOptimization
import DataFiles
import MessagePassing
import Problems
import Tensors

// The modules below know nothing of processes; here their errors get the codes that processes end with.

extension TensorError: ExitCoded {
  /// The code to exit with.
  public var exitCode: ExitCode {
    switch code {
    case .range: .dataError
    case .shape, .objective, .name, .memory, .unsupported: .configuration
    }
  }
}

extension HypergradientError: ExitCoded {
  /// The code to exit with.
  public var exitCode: ExitCode {
    switch code {
    case .notFinite, .negativeCurvature, .noCurvature: .dataError
    case .parameter, .noDependence, .shape: .configuration
    }
  }
}

extension DataFileError: ExitCoded {
  /// The code to exit with.
  public var exitCode: ExitCode { isMissing ? .noInput : .dataError }
}

extension SettingError: ExitCoded {
  /// The code to exit with.
  public var exitCode: ExitCode { .configuration }
}
