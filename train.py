"""Trains the agent: `python train.py --config configs/quickstart.yaml`, `--help` lists every setting."""

import sys

from worldmodel.cli import train

if __name__ == "__main__":
    sys.exit(train())
