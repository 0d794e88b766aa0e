"""Draws docs/images/console-*.png.

usage: make images
"""

import tempfile
from pathlib import Path

from scripts.images.pictures import draw

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="headcount-images-") as folder:
        draw(f"sqlite:///{Path(folder) / 'headcount.db'}", FOLDER)
