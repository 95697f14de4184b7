@_exported import BilevelOptimization
@_exported import DataFiles
@_exported import MessagePassing
@_exported import Models
@_exported import Problems
@_exported import Randomness
@_exported import Tensors
@_exported import Training

/// The version of this library and its command.
public let version = "0.1.0"
