"""Writes the fixtures beside it: objectives as ONNX, and their values and gradients by PyTorch.

    PYTHONPATH=../../../Launch python fixtures.py [NAME ...]

NAME.onnx is the graph. NAME.json has its inputs: whole numbers, or offset + scale cos(0.9 i + phase), i counting from 0 in
each; the value; and for every parameter p two sums over i, of g_i cos(0.7 i) and of g_i sin(1.1 i + 1), for g the gradient
by p ("gradient"), and the derivative by p of the lower gradient times cos(i) ("product"). All in double precision.
"""
import json
import os
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call

import igbm_export

torch.set_default_dtype(torch.float64)
CASES = {}


def case(function):
    CASES[function.__name__.replace("_", "-")] = function
    return function


def draw(*sizes):
    return torch.randn(*sizes)


def classes(count, n=6):
    return torch.arange(n) * 5 % count


def entropy(s):
    return F.cross_entropy(s.lower_model(s.data), s.target)


def decayed(s):
    return entropy(s) + 0.5 * (s.upper_model().exp() * (s.lower_parameters ** 2)).sum()


STRENGTH = lambda: torch.tensor([-2.0])


@case
def dense():
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))
    return decayed, STRENGTH(), net, {"data": draw(6, 4), "target": classes(3)}


@case
def activations():
    parts = [nn.ReLU(), nn.LeakyReLU(0.1), nn.ELU(), nn.SELU(), nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Mish(), nn.Softplus(),
             nn.Softsign(), nn.Sigmoid(), nn.LogSigmoid(), nn.Hardtanh(), nn.PReLU(), nn.ReLU6()]
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense, self.parts = nn.Linear(4, 3), nn.ModuleList(parts)
        def forward(self, x):
            return sum(part(self.dense(x) + 0.1 * i) for i, part in enumerate(self.parts))
    return decayed, STRENGTH(), Net(), {"data": draw(6, 4), "target": classes(3)}


@case
def functions():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(draw(4, 4) * 0.5)
        def forward(self, x):
            y = x @ self.w
            parts = [y.sin(), y.cos(), y.exp(), (y.abs() + 1).log(), torch.log1p(y.square()), torch.expm1(y), (y * y + 1).sqrt(),
                     torch.rsqrt(y * y + 1), torch.erf(y), torch.sinh(y), torch.cosh(y), torch.atan(y), y.sign() * y, 1 / (y * y + 2), y ** 3,
                     (y.abs() + 0.5) ** self.w[0], torch.maximum(y, x), torch.minimum(y, 0.3 * x), torch.where(y > 0.1, y, x), y.clamp(-0.5, 0.5),
                     y.cumsum(1), y.flip(0), y.roll(1, 1), y.tril(), y.triu(1), y[:, 1::2].repeat(1, 2), y[::2].repeat_interleave(2, 0),
                     torch.cat([y[:, 2:], y[:, :2]], 1), F.pad(y[:, 1:], (1, 0), value=0.5), y.softmax(1), y.log_softmax(0)]
            return sum(parts)
    def objective(s):
        y = s.lower_model(s.data)
        return (y.mean() + y.std() + y.var(0).sum() + y.amax(1).sum() + y.amin(0).sum() + y.norm() + torch.logsumexp(y, 1).sum()
                + y.prod(1).mean() + (s.upper_model() * y).sum())
    return objective, draw(4), Net(), {"data": draw(6, 4)}


@case
def losses():
    net = nn.Linear(4, 3)
    def objective(s):
        y = s.lower_model(s.data)
        t, soft = s.target, F.softmax(s["values"] + s.upper_model(), 1)
        weights = s.upper_model().exp().detach()
        return (F.cross_entropy(y, t, weight=weights) + F.cross_entropy(y, t, reduction="sum") + F.cross_entropy(y, soft)
                + (F.cross_entropy(y, t, reduction="none") * s["values"][:, 0]).mean() + F.cross_entropy(y, t, label_smoothing=0.1)
                + F.nll_loss(F.log_softmax(y, 1), t) + F.mse_loss(y, s["values"]) + F.l1_loss(y, s["values"])
                + F.smooth_l1_loss(y, s["values"]) + F.huber_loss(y, s["values"]) + F.binary_cross_entropy_with_logits(y, soft)
                + F.kl_div(F.log_softmax(y, 1), soft, reduction="batchmean") + F.poisson_nll_loss(y, soft) + F.soft_margin_loss(y, s["values"].sign())
                + F.cosine_similarity(y, s["values"]).sum())
    return objective, draw(3), net, {"data": draw(6, 4), "target": classes(3), "extra/values": draw(6, 3)}


@case
def left_out():
    net = nn.Linear(4, 3)
    def objective(s):
        y = s.lower_model(s.data)
        weights = s.upper_model().exp()
        return (F.cross_entropy(y, s.target, weight=weights.detach()) + F.cross_entropy(y, s.target, reduction="sum")
                + F.nll_loss(F.log_softmax(y * weights, 1), s["other"], ignore_index=1) + F.cross_entropy(y, s["other"], reduction="none", ignore_index=2)[:, None].mean())
    return objective, draw(3), net, {"data": draw(6, 4), "target": torch.tensor([0, -100, 2, 1, -100, 2]), "extra/other": classes(3)}


@case
def distributions():
    net = nn.Linear(4, 2)
    def objective(s):
        mean, raw = s.lower_model(s.data).unbind(1)
        normal = torch.distributions.Normal(mean, F.softplus(raw) + 0.1, validate_args=False)
        prior = torch.distributions.Normal(s.upper_model()[0], s.upper_model()[1].exp(), validate_args=False)
        return -normal.log_prob(s.target).mean() + torch.distributions.kl_divergence(normal, prior).mean()
    return objective, draw(2), net, {"data": draw(6, 4), "target": draw(6)}


@case
def weighted_examples():
    def objective(s):
        losses = F.cross_entropy(s.lower_model(s.data), s.target, reduction="none")
        return (torch.sigmoid(s.upper_model()[s["row"]]) * losses).mean()
    return objective, draw(9), nn.Linear(4, 3), {"data": draw(6, 4), "target": classes(3), "extra/row": torch.tensor([0, 2, 4, 5, 7, 8])}


@case
def meta_weight_net():
    weigh = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())
    def objective(s):
        losses = F.cross_entropy(s.lower_model(s.data), s.target, reduction="none").reshape(-1, 1)
        weights = s.upper_model(losses.detach())
        with torch.no_grad():
            norm = weights.sum()
        return (losses * weights).sum() / norm
    return objective, weigh, nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3)), {"data": draw(6, 4), "target": classes(3)}


@case
def proximal():
    def objective(s):
        start = dict(s.upper_model.named_parameters())
        return entropy(s) + 0.5 * sum(((p - start[n]) ** 2).sum() for n, p in s.lower_model.named_parameters())
    make = lambda: nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))
    return objective, make(), make(), {"data": draw(6, 4), "target": classes(3)}


@case
def convolutions():
    net = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, stride=2, groups=2, bias=False), nn.Tanh(),
                        nn.ConvTranspose2d(4, 2, 3, stride=2, output_padding=1), nn.Tanh(), nn.Conv2d(2, 3, (2, 1), dilation=(2, 1), padding=(1, 0)),
                        nn.AvgPool2d(2, padding=1), nn.Flatten(), nn.Linear(75, 3))
    return decayed, STRENGTH(), net, {"data": draw(6, 2, 7, 7), "target": classes(3)}


@case
def signals():
    net = nn.Sequential(nn.Conv1d(2, 4, 3, padding=1), nn.Tanh(), nn.MaxPool1d(2), nn.Conv1d(4, 3, 3, stride=2), nn.AdaptiveAvgPool1d(1), nn.Flatten())
    return decayed, STRENGTH(), net, {"data": draw(6, 2, 9), "target": classes(3)}


@case
def lenet():
    net = nn.Sequential(nn.Conv2d(1, 3, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(3, 4, 3), nn.Tanh(), nn.MaxPool2d(2),
                        nn.Flatten(), nn.Linear(16, 8), nn.Tanh(), nn.Linear(8, 3))
    return decayed, STRENGTH(), net, {"data": draw(6, 1, 12, 12), "target": classes(3)}


@case
def conv_four():
    def block(i, o):
        return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2))
    net = nn.Sequential(block(1, 4), block(4, 4), block(4, 4), block(4, 4), nn.Flatten(), nn.Linear(4, 3))
    return decayed, STRENGTH(), net, {"data": draw(6, 1, 16, 16), "target": classes(3)}


@case
def resnet():
    class Block(nn.Module):
        def __init__(self, i, o, stride):
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
            self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
            self.short = nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o)) if stride > 1 or i != o else nn.Identity()
        def forward(self, x):
            y = F.relu(self.bn1(self.conv1(x)))
            return F.relu(self.bn2(self.conv2(y)) + self.short(x))
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), Block(4, 4, 1), Block(4, 6, 2), Block(6, 8, 2),
                        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))
    return decayed, STRENGTH(), net, {"data": draw(6, 3, 8, 8), "target": classes(3)}


@case
def batch_norm_in_use():
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(3, 3))
    net[1].running_mean.normal_()
    net[1].running_var.uniform_(0.5, 2)
    return decayed, STRENGTH(), net.eval(), {"data": draw(6, 2, 6, 6), "target": classes(3)}


@case
def normalisations():
    net = nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4), nn.Tanh(), nn.InstanceNorm2d(4, affine=True), nn.Flatten(2), nn.LayerNorm(16), nn.Tanh(),
                        nn.Flatten(), nn.BatchNorm1d(64), nn.Linear(64, 3), nn.RMSNorm(3))
    return decayed, STRENGTH(), net, {"data": draw(6, 2, 6, 6), "target": classes(3)}


class Sequence(nn.Module):
    def __init__(self, layer, width):
        super().__init__()
        self.embedding, self.layer, self.head = nn.Embedding(7, 4), layer, nn.Linear(width, 3)

    def forward(self, x):
        return self.head(self.layer(self.embedding(x))[0][:, -1])


TOKENS = lambda: torch.arange(24).reshape(6, 4) * 5 % 7


@case
def lstm():
    return decayed, STRENGTH(), Sequence(nn.LSTM(4, 3, batch_first=True), 3), {"data": TOKENS(), "target": classes(3)}


@case
def lstm_of_two_layers():
    layer = nn.LSTM(4, 3, num_layers=2, batch_first=True, bidirectional=True)
    return decayed, STRENGTH(), Sequence(layer, 6), {"data": TOKENS(), "target": classes(3)}


@case
def gru():
    return decayed, STRENGTH(), Sequence(nn.GRU(4, 3, batch_first=True), 3), {"data": TOKENS(), "target": classes(3)}


@case
def rnn():
    return decayed, STRENGTH(), Sequence(nn.RNN(4, 3, batch_first=True), 3), {"data": TOKENS(), "target": classes(3)}


@case
def transformer():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.place = nn.Embedding(7, 4), nn.Parameter(draw(4, 4))
            layer = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0, activation="gelu", batch_first=True)
            self.encoder, self.head = nn.TransformerEncoder(layer, 2), nn.Linear(4, 3)
        def forward(self, x):
            return self.head(self.encoder(self.embedding(x) + self.place).mean(1))
    return decayed, STRENGTH(), Net(), {"data": TOKENS(), "target": classes(3)}


@case
def causal_attention():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.parts, self.out = nn.Embedding(7, 4), nn.Linear(4, 12), nn.Linear(4, 7)
        def forward(self, x):
            n, t = x.shape
            q, k, v = (p.view(n, t, 2, 2).transpose(1, 2) for p in self.parts(self.embedding(x)).split(4, 2))
            return self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(n, t, 4))
    def objective(s):
        return F.cross_entropy(s.lower_model(s.data).flatten(0, 1), s.target.flatten()) + (s.upper_model().exp() * s.lower_parameters ** 2).sum()
    return objective, STRENGTH(), Net(), {"data": TOKENS(), "target": TOKENS() * 3 % 7}


@case
def graph_convolution():
    first, second = nn.Linear(4, 5), nn.Linear(5, 3)
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = first, second
        def forward(self, x, adjacency):
            return adjacency @ self.second(torch.relu(adjacency @ self.first(x)))
    def objective(s):
        edges = torch.sigmoid(s.upper_model())
        adjacency = edges + edges.T
        adjacency = adjacency / adjacency.sum(1, keepdim=True)
        return F.cross_entropy(s.lower_model(s.data, adjacency)[:4], s.target)
    return objective, draw(6, 6), Net(), {"data": draw(6, 4), "target": classes(3, 4)}


@case
def sparse_graph():
    def objective(s):
        x = s.lower_model(s.data)
        weights = s.upper_model().exp().reshape(-1, 1)
        sums = torch.zeros(6, 3).index_add(0, s["to"], weights * x[s["from"]])
        return F.cross_entropy(sums, s.target)
    return objective, draw(8), nn.Linear(4, 3), {"data": draw(6, 4), "target": classes(3), "extra/from": torch.arange(8) * 5 % 6, "extra/to": torch.arange(8) * 3 % 6}


@case
def einsum():
    net = nn.Bilinear(4, 4, 3)
    def objective(s):
        y = torch.einsum("ni,oij,nj->no", s.data, s.lower_model.weight, s.data) + s.lower_model.bias
        return F.cross_entropy(y, s.target) + (s.upper_model() * y).sum()
    return objective, draw(3), net, {"data": draw(6, 4), "target": classes(3)}


def wave(shape, offset, scale, phase):
    count = 1
    for size in shape:
        count *= size
    return (offset + scale * torch.cos(0.9 * torch.arange(count) + phase)).reshape(shape)


def described(index, name, value):
    """A tensor by a formula, so that files stay small; whole numbers as they are."""
    if not value.is_floating_point():
        return {"shape": list(value.shape), "values": value.reshape(-1).tolist()}, value
    if "/" not in name or name.startswith("extra/"):
        offset, scale = 0, 1
    elif value.dim() == 1:
        offset, scale = (1, 0.3) if name.endswith("weight") else (0, 0.2)
    else:
        offset, scale = 0, round(1 / value[0].numel() ** 0.5, 3)
    wanted = {"shape": list(value.shape), "offset": offset, "scale": scale, "phase": index + 0.25}
    return wanted, wave(value.shape, offset, scale, index + 0.25)


def projections(value):
    place = torch.arange(value.numel())
    flat = value.detach().reshape(-1)
    return [(flat * torch.cos(0.7 * place)).sum().item(), (flat * torch.sin(1.1 * place + 1)).sum().item()]


def write(name):
    torch.manual_seed(sum(name.encode()))
    objective, upper, lower, given = CASES[name]()
    upper, lower = igbm_export._prepared(upper, "upper_model"), igbm_export._prepared(lower, "lower_model")
    data = {}
    for index, (key, value) in enumerate(given.items()):
        data[key], given[key] = described(index + 20, key, value)
    igbm_export._write_graph(name + ".onnx", objective, upper, lower, [given])
    level = igbm_export._Level(objective, igbm_export._without_running_statistics(upper), igbm_export._without_running_statistics(lower))
    names = [n for n, _ in level.named_parameters()]
    words, values = [], []
    for index, (key, value) in enumerate(level.named_parameters()):
        word, own = described(index, key.replace(".", "/", 1), value)
        words.append(word)
        values.append(own.clone().requires_grad_(True))
    # The fast kernels of attention have no second derivatives.
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        number = functional_call(level, dict(zip(names, values)), (given,))
    gradients = torch.autograd.grad(number, values, create_graph=True, allow_unused=True, materialize_grads=True)
    along = sum((g * torch.cos(torch.arange(v.numel())).reshape(v.shape)).sum()
                for n, g, v in zip(names, gradients, values) if n.startswith("lower."))
    products = torch.autograd.grad(along, values, allow_unused=True, materialize_grads=True) if along.requires_grad else [torch.zeros_like(v) for v in values]
    parameters = {n.replace(".", "/", 1): {**w, "gradient": projections(g), "product": projections(h)}
                  for n, w, g, h in zip(names, words, gradients, products)}
    with open(name + ".json", "w") as file:
        json.dump({"data": data, "parameters": parameters, "value": number.item()}, file)
    print(name, os.path.getsize(name + ".onnx"), os.path.getsize(name + ".json"), flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or CASES:
        try:
            write(name)
        except Exception as error:
            print("FAILED", name, repr(error)[:600], flush=True)
