"""Writes the problem beside it, and what comes of it by PyTorch.

    PYTHONPATH=../../../Launch python problem.py

expected.json: the lower parameters after five steps of gradient descent of rate 0.1, and the hypergradient there by three steps of
conjugate gradients, each by the names of PyTorch.
"""
import json

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call

import igbm_export

torch.set_default_dtype(torch.float64)
torch.manual_seed(3)
RATE, STEPS, K = 0.1, 5, 3


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.Linear(3 * 2 * 3, 3)

    def forward(self, x):
        return self.head(F.max_pool2d(F.relu(self.norm(self.conv(x))), 2).flatten(1))


class Strengths(nn.Module):
    def __init__(self):
        super().__init__()
        self.filters, self.rest = nn.Parameter(torch.full((3, 2, 3, 3), -3.0)), nn.Parameter(torch.tensor(-2.0))


def upper(s):
    return F.cross_entropy(s.lower_model(s.data), s.target)


def lower(s):
    net, u = s.lower_model, s.upper_model
    decay = (u.filters.exp() * net.conv.weight ** 2).sum() + u.rest.exp() * (net.head.weight ** 2).sum()
    weights = s["weight"]
    losses = F.cross_entropy(net(s.data), s.target, reduction="none")
    return (weights * losses).mean() + 0.5 * decay


net, strengths = Net(), Strengths()
train = (torch.randn(8, 2, 4, 6), torch.arange(8) % 3)
validate = (torch.randn(6, 2, 4, 6), torch.arange(6) % 3)
extras = {"weight": (torch.rand(8), torch.ones(6))}
igbm_export.export("problem", upper, strengths, lower, net, train, validate, extras,
                   settings={"steps": 3, "lower-steps": STEPS, "lower-rate": RATE, "k": K, "precision": "double"})

names = [n for n, _ in net.named_parameters()] + []
level = igbm_export._Level(None, igbm_export._without_running_statistics(strengths), igbm_export._without_running_statistics(net))


def value(objective, w, u, side):
    level.objective = objective
    given = {"data": side[0], "target": side[1], "extra/weight": extras["weight"][0 if side is train else 1]}
    parameters = {**{"lower." + n: v for n, v in w.items()}, **{"upper." + n: v for n, v in u.items()}}
    return functional_call(level, parameters, (given,))


fresh = lambda ts: {n: t.detach().clone().requires_grad_(True) for n, t in ts.items()}
u = fresh(dict(strengths.named_parameters()))
w = fresh(dict(net.named_parameters()))
for _ in range(STEPS):
    g = torch.autograd.grad(value(lower, w, u, train), list(w.values()))
    w = fresh({n: t - RATE * s for (n, t), s in zip(w.items(), g)})
direct = torch.autograd.grad(value(upper, w, u, validate), list(w.values()) + list(u.values()), allow_unused=True, materialize_grads=True)
g = list(direct[:len(w)])
first = torch.autograd.grad(value(lower, w, u, train), list(w.values()), create_graph=True)
dot = lambda a, b: sum((x * y).sum() for x, y in zip(a, b))
v, r, p = [torch.zeros_like(x) for x in g], g, g
for _ in range(K):
    h = torch.autograd.grad(first, list(w.values()), p, retain_graph=True)
    step = dot(r, r) / dot(p, h)
    v = [x + step * y for x, y in zip(v, p)]
    new = [x - step * y for x, y in zip(r, h)]
    p = [x + dot(new, new) / dot(r, r) * y for x, y in zip(new, p)]
    r = new
mixed = torch.autograd.grad(first, list(u.values()), v, allow_unused=True, materialize_grads=True)
hyper = {n: (d - c).reshape(-1).tolist() for n, d, c in zip(u, direct[len(w):], mixed)}
with open("expected.json", "w") as file:
    json.dump({"lower": {n: t.detach().reshape(-1).tolist() for n, t in w.items()}, "hypergradient": hyper}, file)
