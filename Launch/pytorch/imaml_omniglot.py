"""hypertorch's iMAML (examples/iMAML.py) without its loop: 5-way 1-shot Omniglot.

    PYTHONPATH=Launch python Launch/pytorch/imaml_omniglot.py FOLDER [TASKS]     # writes imaml/
    mpirun -np 16 igbm-dist train imaml

FOLDER has omniglot-28-idx3-ubyte.gz, all drawings as 28 x 28 bytes, those of one character in 20 rows; tasks are of the first 1,200
characters. There: 16 tasks an upper step, each with 16 lower steps of rate 0.1, five steps of conjugate gradients, and Adam.
"""
import gzip
import math
import os
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from igbm_export import export

WAYS, SHOTS, QUERIES, PULL = 5, 1, 15, 2.0


def network(width=64):
    layers, channels = [], 1
    for _ in range(4):
        conv = nn.Conv2d(channels, width, 3, padding=1)
        nn.init.normal_(conv.weight, 0, math.sqrt(2 / (9 * width)))
        nn.init.zeros_(conv.bias)
        layers += [conv, nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.BatchNorm2d(width)]
        channels = width
    head = nn.Linear(width, WAYS)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    return nn.Sequential(*layers, nn.Flatten(), head)


def tasks(folder, count):
    with gzip.open(os.path.join(folder, "omniglot-28-idx3-ubyte.gz")) as file:
        drawings = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 20, 1, 28, 28)
    random = np.random.default_rng(0)
    for _ in range(count):
        characters = random.choice(1200, WAYS, replace=False)
        chosen = np.stack([drawings[c, random.choice(20, SHOTS + QUERIES, replace=False)] for c in characters])
        pair = lambda x: (torch.tensor(x.reshape(-1, 1, 28, 28) / np.float32(255)), torch.arange(WAYS).repeat_interleave(x.shape[1]))
        yield pair(chosen[:, :SHOTS]), pair(chosen[:, SHOTS:])


def upper(state):
    return F.cross_entropy(state.lower_model(state.data), state.target)


def lower(state):
    pairs = zip(state.lower_model.parameters(), state.upper_model.parameters())
    return upper(state) + 0.5 * PULL * sum(((p - q) ** 2).sum() for p, q in pairs)


if __name__ == "__main__":
    torch.manual_seed(0)
    net, count = network(), int(sys.argv[2]) if len(sys.argv) > 2 else 2000
    export("imaml", upper, net, lower, net, tasks=tasks(sys.argv[1], count), start="upper", settings={
        "steps": 1000, "tasks": 16, "lower-steps": 16, "lower-rate": 0.1, "method": "LS", "k": 5,
        "upper-rule": "adam", "upper-rate": 0.001})
