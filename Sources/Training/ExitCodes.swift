import BilevelOptimization
import MessagePassing
import Problems
import Tensors

// The modules below know nothing of processes; here their errors get the codes that processes end with.

extension TensorError: ExitCoded {
  public var exitCode: ExitCode {
    switch code {
    case .range: .dataError
    case .shape, .objective, .name, .unsupported: .configuration
    }
  }
}

extension HypergradientError: ExitCoded {
  public var exitCode: ExitCode {
    switch code {
    case .notFinite, .negativeCurvature: .dataError
    case .parameter, .noDependence, .shape: .configuration
    }
  }
}

extension SettingError: ExitCoded {
  public var exitCode: ExitCode { .configuration }
}
