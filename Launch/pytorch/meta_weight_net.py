"""Meta-Weight-Net (Shu et al., 2019) without its loop: a network of 1-100-1 that learns from a loss how much an example counts.

    PYTHONPATH=Launch python Launch/pytorch/meta_weight_net.py FOLDER [ROWS]     # writes meta-weight-net/
    igbm-dist train meta-weight-net --set batch=100

FOLDER has CIFAR-10 with a long tail in MNIST's form: train-, meta- images and labels. The network is ResNet-32. There: a lower step
of SGD of rate 0.1 that goes on from the last one, back through that step, and Adam of rate 0.001.
"""
import gzip
import os
import sys

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from igbm_export import export


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.stride = stride

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.stride > 1:  # A shortcut without parameters: every other pixel, and channels of 0.
            more = y.shape[1] - x.shape[1]
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, more // 2, more // 2))
        return F.relu(y + x)


def resnet32():
    layers, width = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for o in (16, 32, 64):
        for number in range(5):
            layers.append(Block(width, o, 2 if o > width else 1))
            width = o
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def images(folder, name, rows):
    def read(kind, offset):
        with gzip.open(os.path.join(folder, f"{name}-{kind}-ubyte.gz")) as file:
            return np.frombuffer(file.read(), np.uint8, offset=offset)
    x, y = read("images-idx4", 20).reshape(-1, 3, 32, 32), read("labels-idx1", 8)
    chosen = np.random.default_rng(0).permutation(len(y))[:rows]
    mean, deviation = np.float32([125.3, 123, 113.9]), np.float32([63, 62.1, 66.7])
    x = (x[chosen] - mean[:, None, None]) / deviation[:, None, None]
    return torch.tensor(x), torch.tensor(y[chosen].astype(np.int64))


def upper(state):
    return F.cross_entropy(state.lower_model(state.data), state.target)


def lower(state):
    cost = F.cross_entropy(state.lower_model(state.data), state.target, reduction="none").reshape(-1, 1)
    return (cost * state.upper_model(cost.data)).mean()


if __name__ == "__main__":
    torch.manual_seed(1)
    weigh = nn.Sequential(nn.Linear(1, 100), nn.ReLU(inplace=True), nn.Linear(100, 1), nn.Sigmoid())
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else None
    export("meta-weight-net", upper, weigh, lower, resnet32(), images(sys.argv[1], "train", rows),
           images(sys.argv[1], "meta", rows), settings={
               "steps": 1000, "lower-steps": 1, "lower-rate": 0.1, "start": "previous", "method": "unrolled",
               "upper-rule": "adam", "upper-rate": 0.001})
