"""Exports the eleven networks of the reference fixtures as a user would write them, into `networks` beside it.

    PYTHONPATH=../../../Launch python networks.py NETWORKS.JSON [NAME ...]

NETWORKS.JSON, beside the package, has values, data and what PyTorch makes of them; its `about` of each case says what it is.
expected.safetensors: LS/k/NAME and NS/k/NAME, hypergradients at the lower parameters, and five/NAME, the lower parameters after
five steps of gradient descent from the start.
"""
import json
import math
import os
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

from igbm_export import _write_tensors, export

torch.set_default_dtype(torch.float64)
CASES = {}


class Named(nn.Module):
    """Parameters by their full names, in parts by the dots."""

    def __init__(self, values):
        super().__init__()
        for name, value in values.items():
            part, names = self, name.split(".")
            for word in names[:-1]:
                if not hasattr(part, word):
                    part.add_module(word, Named({}))
                part = getattr(part, word)
            part.register_parameter(names[-1], nn.Parameter(value))


def case(function):
    CASES[function.__name__.replace("_", "-")] = function
    return function


def square(s):
    return sum((p ** 2).sum() for p in s.lower_model.parameters())


def dense(layer, x):
    return x @ layer.weight + layer.bias


def norm(x, layer=None):
    gain, shift = (layer.gain, layer.shift) if layer is not None else (None, None)
    return F.batch_norm(x, None, None, gain, shift, training=True, eps=1e-5)


@case
def lenet5(d):
    def net(w, x):
        x = F.avg_pool2d(torch.tanh(F.conv2d(x, w.conv1.weight, w.conv1.bias, padding=2)), 2)
        x = F.avg_pool2d(torch.tanh(F.conv2d(x, w.conv2.weight, w.conv2.bias, padding=1)), 2).flatten(1)
        return dense(w.dense3, torch.tanh(dense(w.dense2, torch.tanh(dense(w.dense1, x)))))
    def upper(s):
        return F.cross_entropy(net(s.lower_model, s.data), s.target)
    def lower(s):
        strengths = s.upper_model.log_l2.exp()
        return upper(s) + sum(strengths[k] * (p ** 2).sum() for k, p in enumerate(s.lower_model.parameters()))
    return upper, lower


@case
def resnet_pair(d):
    leaky = lambda x: F.leaky_relu(x, 0.1)
    conv = lambda x, layer, stride, pad: norm(F.conv2d(x, layer.weight, stride=stride, padding=pad), layer)
    def net(w, x):
        x = F.conv2d(x, w.stem.weight, padding=1)
        x = leaky(conv(leaky(conv(x, w.block1.conv1, 1, 1)), w.block1.conv2, 1, 1) + x)
        y = conv(leaky(conv(x, w.block2.conv1, 2, 1)), w.block2.conv2, 1, 1)
        return dense(w.dense, leaky(y + conv(x, w.block2.shortcut, 2, 0)).mean((2, 3)))
    def upper(s):
        return F.cross_entropy(net(s.lower_model, s.data), s.target)
    def lower(s):
        pairs = zip(s.lower_model.parameters(), s.upper_model.parameters())
        return upper(s) + 0.5 * 2.0 * sum(((p - q) ** 2).sum() for p, q in pairs)
    return upper, lower


@case
def darts(d):
    def mixed(x, edge, alpha):
        p, r = alpha.softmax(0), F.relu(x)
        pools = norm(F.max_pool2d(x, 3, 1, 1)), norm(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False))
        separable, dilated = edge.separable, edge.dilated
        a = norm(F.conv2d(F.conv2d(r, separable.depthwise, padding=1, groups=x.shape[1]), separable.pointwise))
        b = norm(F.conv2d(F.conv2d(r, dilated.depthwise, padding=2, dilation=2, groups=x.shape[1]), dilated.pointwise))
        return p[0] * torch.zeros_like(x) + p[1] * x + p[2] * pools[0] + p[3] * pools[1] + p[4] * a + p[5] * b
    def upper(s):
        w, alpha = s.lower_model, s.upper_model.alpha
        x0 = norm(F.conv2d(s.data, w.stem.weight, padding=1))
        x1 = mixed(x0, w.edge0, alpha[0])
        x2 = mixed(x0, w.edge1, alpha[1]) + mixed(x1, w.edge2, alpha[2])
        last = torch.cat([w.dense.weight, w.dense.weight.flip(0)])
        return F.cross_entropy(torch.cat([x1, x2], 1).mean((2, 3)) @ last + w.dense.bias, s.target)
    return upper, lambda s: upper(s) + 0.01 * square(s)


@case
def lstm(d):
    def upper(s):
        w, u, x = s.lower_model, s.upper_model, s.data
        hidden = cell = torch.zeros(x.shape[0], w.hidden.weight.shape[0])
        for t in range(x.shape[1]):
            gates = (x[:, t] * torch.sigmoid(u.gate[t])) @ w.input.weight + hidden @ w.hidden.weight + w.bias
            i, f, g, o = gates.chunk(4, 1)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            hidden = torch.sigmoid(o) * torch.tanh(cell)
        return F.cross_entropy(dense(w.dense, hidden), s.target)
    def lower(s):
        w, strengths = s.lower_model, s.upper_model.log_l2.exp()
        parts = w.input.weight, w.hidden.weight, w.bias, w.dense.weight, w.dense.bias
        return upper(s) + sum(strengths[k] * (p ** 2).sum() for k, p in enumerate(parts))
    return upper, lower


@case
def transformer(d):
    def net(w, ids):
        x = w.token[ids] + w.position
        n, length, width = x.shape
        heads = lambda layer, x: dense(layer, x).reshape(n, length, 2, width // 2).transpose(1, 2)
        y = F.layer_norm(x, (width,), w.norm1.gain, w.norm1.shift)
        q, k, v = heads(w.query, y), heads(w.key, y), heads(w.value, y)
        mixed = (q @ k.mT / math.sqrt(width // 2)).softmax(-1) @ v
        x = x + dense(w.out, mixed.transpose(1, 2).reshape(n, length, width))
        x = x + dense(w.feed2, F.gelu(dense(w.feed1, F.layer_norm(x, (width,), w.norm2.gain, w.norm2.shift))))
        return dense(w.dense, x.mean(1))
    def lower(s):
        return F.cross_entropy(net(s.lower_model, s.data), s.upper_model.label_logits.softmax(1)) + 0.02 * square(s)
    return lambda s: F.cross_entropy(net(s.lower_model, s.data), s.target), lower


@case
def gcn(d):
    d["train_data"] = d["validate_data"] = d["features"]
    d["train_target"] = d["validate_target"] = d["target"]
    d["extras"] = {"nodes": (d["train_nodes"], d["validate_nodes"])}
    def upper(s):
        u, w = s.upper_model.edges, s.lower_model
        one = torch.eye(u.shape[0])
        a = torch.sigmoid((u + u.T) / 2) * (1 - one) + one
        r = a.sum(1).rsqrt()
        a = r[:, None] * a * r[None]
        scores = a @ torch.tanh(a @ s.data @ w.dense1.weight) @ w.dense2.weight
        return F.cross_entropy(scores[s["nodes"]], s.target[s["nodes"]])
    return upper, lambda s: upper(s) + 0.05 * square(s)


@case
def meta_weight_net(d):
    def net(w, x):
        return dense(w.dense2, torch.tanh(dense(w.dense1, x)))
    def lower(s):
        losses = F.cross_entropy(net(s.lower_model, s.data), s.target, reduction="none")
        u = s.upper_model
        weights = torch.sigmoid(dense(u.dense2, F.relu(dense(u.dense1, losses.detach()[:, None]))))[:, 0]
        return (weights * losses).sum() / weights.sum() + 0.05 * square(s)
    return lambda s: F.cross_entropy(net(s.lower_model, s.data), s.target), lower


@case
def distillation(d):
    d["train_data"], d["train_target"] = torch.zeros(1), d["synthetic_target"]
    def loss(w, x, y):
        x = F.instance_norm(F.conv2d(x, w.conv.weight, w.conv.bias, padding=1), eps=1e-5)
        return F.cross_entropy(dense(w.dense, F.avg_pool2d(F.softplus(x), 2).flatten(1)), y)
    return (lambda s: loss(s.lower_model, s.data, s.target),
            lambda s: loss(s.lower_model, s.upper_model.images, s.target) + 0.02 * square(s))


@case
def hyper_representation(d):
    def upper(s):
        u = s.upper_model
        features = torch.tanh(dense(u.dense2, torch.tanh(dense(u.dense1, s.data))))
        return ((features @ s.lower_model.heads - s.target) ** 2).mean((1, 2)).sum()
    return upper, lambda s: upper(s) + 0.1 * square(s)


@case
def denoising(d):
    d["train_data"], d["validate_data"] = d["noisy"], d["clean"]
    def lower(s):
        w, u = s.lower_model.image, s.upper_model
        z = F.conv2d(w, u.filters)
        return 0.5 * ((w - s.data) ** 2).sum() + (u.log_lambda.exp() * (z ** 2 + 0.1 ** 2).sqrt().sum((0, 2, 3))).sum()
    return lambda s: 0.5 * ((s.lower_model.image - s.data) ** 2).sum(), lower


@case
def physics_informed(d):
    """Its derivatives by x are written out: an objective that calls autograd itself cannot be exported."""
    d["train_data"], d["validate_data"], d["validate_target"] = d["points"], d["observed_at"], d["observed"]
    def upper(s):
        w = s.lower_model
        return ((dense(w.dense2, torch.sin(dense(w.dense1, s.data))) - s.target) ** 2).mean()
    def lower(s):
        w, stiffness = s.lower_model, s.upper_model.stiffness
        angle, rate = dense(w.dense1, s.data), w.dense1.weight
        y = dense(w.dense2, torch.sin(angle))
        slope, bend = (torch.cos(angle) * rate) @ w.dense2.weight, -(torch.sin(angle) * rate ** 2) @ w.dense2.weight
        return ((bend + stiffness * y) ** 2).mean() + (y[0, 0] - 1) ** 2 + slope[0, 0] ** 2 + 0.01 * square(s)
    return upper, lower


def tensor(named):
    whole = all(isinstance(value, int) for value in named["values"])
    return torch.tensor(named["values"], dtype=torch.int64 if whole else torch.float64).reshape(named["shape"])


def write(name, content):
    data = {key: tensor(value) for key, value in content["data"].items()}
    w, u = ({key: tensor(value) for key, value in content[side].items()} for side in "wu")
    upper, lower = CASES[name](data)
    pair = lambda side: (data[side + "_data"], data.get(side + "_target"))
    folder = os.path.join("networks", name)
    export(folder, upper, Named(u), lower, Named(w), pair("train"), pair("validate"), data.get("extras"),
           start="upper" if content["start_of_five_steps"] == "u" else "lower",
           settings={"lower-rate": content["lower_learning_rate"], "precision": "double"})
    expected, found = content["expected"], {}
    for method, ks in (("LS", ("1", "2", "5")), ("NS", ("0", "1", "5", "20"))):
        for k in ks:
            for key, values in zip(u, expected[method][k]["hypergradient"]):
                found[f"{method}/{k}/{key}"] = torch.tensor(values)
    for key, values in zip(w, expected["five_lower_steps"]["w"]):
        found["five/" + key] = torch.tensor(values)
    _write_tensors(os.path.join(folder, "expected.safetensors"), found)


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        contents = json.load(file)["cases"]
    for name in sys.argv[2:] or CASES:
        write(name, contents[name])
        print(name, flush=True)
