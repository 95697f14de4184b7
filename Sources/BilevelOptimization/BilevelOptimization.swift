// BilevelOptimization
