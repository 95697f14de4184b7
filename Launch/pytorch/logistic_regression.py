"""hypertorch's logistic regression (examples/logistic_regression.ipynb) without its loop: an L2 strength for every input.

    PYTHONPATH=Launch python Launch/pytorch/logistic_regression.py     # writes logistic-regression/
    igbm-dist train logistic-regression

There: 100 lower steps of rate 0.1 from 0, back through the last ten of them, upper steps of SGD with rate 1 and momentum 0.9, and
strengths that stay above 1e-8.
"""
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from igbm_export import export


def data(n=1000, d=20):
    np.random.seed(1)
    truth, x = np.random.randn(d), np.random.randn(n, d)
    y = (x @ truth + 0.1 * np.random.randn(n) > 0).astype(np.float32)
    order = np.random.permutation(n)  # As scikit-learn's train_test_split draws it.
    pick = lambda rows: (torch.tensor(x[rows], dtype=torch.float32), torch.tensor(y[rows]))
    return pick(order[n // 2:]), pick(order[:n // 2])


class Linear(nn.Module):
    def __init__(self, d=20):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(d))

    def forward(self, x):
        return x @ self.w


def upper(state):
    return F.binary_cross_entropy_with_logits(state.lower_model(state.data), state.target)


def lower(state):
    return upper(state) + 0.5 * (state.upper_model.values * state.lower_model.w ** 2).sum()


if __name__ == "__main__":
    train, validate = data()
    export("logistic-regression", upper, torch.ones(20), lower, Linear(), train, validate, settings={
        "steps": 1000, "lower-steps": 100, "lower-rate": 0.1, "method": "unrolled", "truncate": 10,
        "upper-rule": "momentum", "upper-rate": 1, "upper-set": "box:1e-8:1e9"})
