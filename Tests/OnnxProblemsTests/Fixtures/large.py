"""Exports a network of a usual size, and writes what PyTorch makes of it in double precision.

    PYTHONPATH=Launch python large.py resnet32|transformer FOLDER

expected.safetensors in FOLDER: LS/k/NAME and NS/k/NAME, hypergradients at the first lower parameters; the same after `single/`
as PyTorch finds them in single precision.
"""
import os
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call

from igbm_export import _Level, _without_running_statistics, _write_tensors, export

RATE = 0.01


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.short = nn.Identity() if i == o else nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + self.short(x))


def resnet32():
    layers, width = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for o in (16, 32, 64):
        for number in range(5):
            layers.append(Block(width, o, 2 if o > width else 1))
            width = o
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))
    return net, lambda n: (torch.randn(n, 3, 32, 32), torch.arange(n) * 3 % 10)


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.token, self.place = nn.Embedding(50, 32), nn.Parameter(torch.randn(16, 32) * 0.1)
        layer = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True)
        self.encoder, self.head = nn.TransformerEncoder(layer, 2), nn.Linear(32, 10)

    def forward(self, x):
        return self.head(self.encoder(self.token(x) + self.place).mean(1))


def transformer():
    return Encoder(), lambda n: (torch.randint(0, 50, (n, 16)), torch.arange(n) * 3 % 10)


class Weights(nn.Module):
    """A weight for every example, and a strength of decay."""

    def __init__(self, count):
        super().__init__()
        self.weights, self.decay = nn.Parameter(torch.linspace(-1, 1, count)), nn.Parameter(torch.tensor(-3.0))


def upper(s):
    return F.cross_entropy(s.lower_model(s.data), s.target)


def lower(s):
    losses = F.cross_entropy(s.lower_model(s.data), s.target, reduction="none")
    decay = s.upper_model.decay.exp() * (s.lower_parameters ** 2).sum()
    return (torch.sigmoid(s.upper_model.weights[s["row"]]) * losses).mean() + decay


def hypergradients(up, low, train, validate, precision=torch.float64):
    """Of both methods, by PyTorch."""
    level = _Level(None, _without_running_statistics(up), _without_running_statistics(low)).to(precision)
    u, w = ({n: p.detach().requires_grad_(True) for n, p in level.named_parameters() if n.startswith(side)}
            for side in ("upper.", "lower."))

    def value(objective, given):
        level.objective = objective
        given = {n: t.to(precision) if t.is_floating_point() else t for n, t in given.items()}
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            return functional_call(level, {**u, **w}, (given,))

    grad = lambda y, xs, v=None: torch.autograd.grad(y, xs, v, retain_graph=True, allow_unused=True, materialize_grads=True)
    us, ws = list(u.values()), list(w.values())
    g = grad(value(upper, validate), ws)
    first = torch.autograd.grad(value(lower, train), ws, create_graph=True)
    dot = lambda a, b: sum((x * y).sum() for x, y in zip(a, b))
    found = {}

    def keep(method, k, v):
        for name, slope in zip(u, grad(first, us, v)):
            found[f"{method}/{k}/{name.removeprefix('upper.')}"] = -slope

    v, r, p = [torch.zeros_like(x) for x in g], g, g
    for k in range(1, 4):
        h = grad(first, ws, p)
        step = dot(r, r) / dot(p, h)
        v, new = [x + step * y for x, y in zip(v, p)], [x - step * y for x, y in zip(r, h)]
        p, r = [x + dot(new, new) / dot(r, r) * y for x, y in zip(new, p)], new
        keep("LS", k, v)
    term = total = [RATE * x for x in g]
    for k in range(1, 6):
        term = [x - RATE * y for x, y in zip(term, grad(first, ws, term))]
        total = [x + y for x, y in zip(total, term)]
        keep("NS", k, total)
    return found


if __name__ == "__main__":
    torch.manual_seed(1)
    net, draw = {"resnet32": resnet32, "transformer": transformer}[sys.argv[1]]()
    (x, y), validate, row = draw(8), draw(6), torch.arange(8) * 3 % 20
    weights, folder = Weights(20), sys.argv[2]
    export(folder, upper, weights, lower, net, (x, y), validate, {"row": (row, row[:6])}, settings={"lower-rate": RATE})
    train = {"data": x, "target": y, "extra/row": row}
    test = {"data": validate[0], "target": validate[1]}
    found = hypergradients(weights, net, train, test)
    single = hypergradients(weights, net, train, test, torch.float32)
    found.update({"single/" + name: value.double() for name, value in single.items()})
    _write_tensors(os.path.join(folder, "expected.safetensors"), found)
