@_exported import BilevelOptimization
