"""The star-convex U-Net of StarDist (Schmidt et al., MICCAI 2018): plain 3x3 convolutions, no normalisation layers."""

import torch
from torch import nn
from torch.nn import functional as F


def convolution(inputs: int, outputs: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, 3, padding=1)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class StarNet(nn.Module):
    """Image N x C x H x W to probability N x 1 x H/g x W/g and ray lengths N x rays x H/g x W/g (pixels of the input)."""

    def __init__(self, channels=1, base=16, depth=3, features=64, grid=2, rays=32):
        super().__init__()
        self.reduce = nn.ModuleList()
        width = channels
        while grid > 1:
            self.reduce.append(nn.ModuleList([convolution(width, base), convolution(base, base)]))
            width, grid = base, grid // 2
        self.down = nn.ModuleList()
        for level in range(depth):
            self.down.append(
                nn.ModuleList([convolution(width, base << level), convolution(base << level, base << level)])
            )
            width = base << level
        self.middle = nn.ModuleList([convolution(width, base << depth), convolution(base << depth, width)])
        self.up = nn.ModuleList()
        for level in reversed(range(depth)):
            narrow = base << max(0, level - 1)
            self.up.append(
                nn.ModuleList([convolution(width + (base << level), base << level), convolution(base << level, narrow)])
            )
            width = narrow
        self.features = convolution(width, features)
        self.prob = nn.Conv2d(features, 1, 1)
        self.dist = nn.Conv2d(features, rays, 1)

    def maps(self, image: torch.Tensor):
        x = image
        for pair in self.reduce:
            x = F.max_pool2d(_twice(pair, x), 2)
        skips = []
        for pair in self.down:
            x = _twice(pair, x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = _twice(self.middle, x)
        for pair in self.up:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = _twice(pair, torch.cat([x, skips.pop()], dim=1))
        x = torch.relu(self.features(x))
        return self.prob(x), self.dist(x)

    def forward(self, image: torch.Tensor):
        logit, dist = self.maps(image)
        return torch.sigmoid(logit), dist


def _twice(pair: nn.ModuleList, x: torch.Tensor) -> torch.Tensor:
    return torch.relu(pair[1](torch.relu(pair[0](x))))
