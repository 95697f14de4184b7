"""Problems whose modules are odd, and what they must be after training.

    PYTHONPATH=Launch python odd.py export FOLDER     # writes FOLDER/NAME
    PYTHONPATH=Launch python odd.py load FOLDER       # loads FOLDER/NAME/results/lower.safetensors, as a user would
"""
import json
import os
import struct
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

from igbm_export import export

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def entropy(s):
    return F.cross_entropy(s.lower_model(s.data), s.target)


def decayed(s):
    return entropy(s) + s.upper_model.values.exp().sum() * (s.lower_parameters ** 2).sum()


def rows(n):
    return torch.randn(n, 4), torch.arange(n) % 3


def check(net, first):
    assert any((p != q).any() for p, q in zip(net.parameters(), first.parameters())), "nothing was trained"


@case
def tied():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.inner, self.head = nn.Embedding(3, 8), nn.Linear(8, 8), nn.Linear(8, 3, bias=False)
            self.head.weight = self.token.weight

        def forward(self, x):
            return self.head(torch.tanh(self.inner(self.token(x))))
    pair = lambda n: (torch.arange(n) % 3, torch.arange(n) * 2 % 3)
    return Net(), pair, decayed, check


@case
def frozen():
    net = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 3))
    for parameter in net[0].parameters():
        parameter.requires_grad_(False)

    def check(net, first):
        assert (net[0].weight == first[0].weight).all() and (net[2].weight != first[2].weight).any()
    return net, rows, decayed, check


@case
def buffers():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense, self.norm = nn.Linear(4, 3), nn.BatchNorm1d(3)
            self.register_buffer("mask", torch.tensor([True, False, True, True]))
            self.register_buffer("counts", torch.tensor([7, 9], dtype=torch.int32))

        def forward(self, x):
            return self.norm(self.dense(x.masked_fill(~self.mask, 0.0)))

    def check(net, first):
        assert (net.mask == first.mask).all() and (net.counts == first.counts).all()
        assert (net.dense.weight[:, 0] != first.dense.weight[:, 0]).any()
    return Net(), rows, decayed, check


@case
def bytes_and_flags():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(1, 4, 3), nn.Linear(16, 3)

        def forward(self, x):
            return self.head(F.adaptive_avg_pool2d(F.relu(self.conv(x.float() / 255)), 2).flatten(1))

    def objective(s):
        losses = F.cross_entropy(s.lower_model(s.data), s.target, reduction="none")
        return (losses * s["used"]).mean() + s.upper_model.values.exp().sum() * (s.lower_parameters ** 2).sum()
    pair = lambda n: (torch.randint(0, 256, (n, 1, 6, 6), dtype=torch.uint8), torch.arange(n, dtype=torch.int32).long() % 3)
    return Net(), pair, objective, check, {"used": (torch.arange(8) > 1, torch.arange(6) > 1)}


@case
def attention_in_use():
    net = nn.Sequential(nn.Embedding(5, 8), nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.Flatten(), nn.Linear(32, 3)).eval()
    return net, lambda n: (torch.arange(4 * n).reshape(n, 4) % 5, torch.arange(n) % 3), decayed, check


def read(path):
    with open(path, "rb") as file:
        content = file.read()
    length, = struct.unpack("<Q", content[:8])
    types = {"F32": torch.float32, "F64": torch.float64, "I64": torch.int64, "U8": torch.uint8}
    found = {}
    for name, entry in json.loads(content[8:8 + length]).items():
        if name != "__metadata__":
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            found[name] = torch.frombuffer(bytearray(content[begin:end]), dtype=types[entry["dtype"]]).reshape(entry["shape"])
    return found


if __name__ == "__main__":
    for name, make in CASES.items():
        torch.manual_seed(0)
        net, pair, lower, check_case, *extras = make()
        folder = os.path.join(sys.argv[2], name)
        train, validate = pair(8), pair(6)
        if sys.argv[1] == "export":
            export(folder, lower if extras else entropy, torch.tensor([-4.0]), lower, net, train, validate, *extras,
                   settings={"steps": 2, "lower-steps": 5, "lower-rate": 0.1})
        else:
            torch.manual_seed(0)
            first = make()[0]
            net.load_state_dict(read(os.path.join(folder, "results", "lower.safetensors")))
            check_case(net, first)
