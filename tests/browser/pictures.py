"""What a screenshot shows, counted in the browser itself."""

from __future__ import annotations

import base64
from typing import Any

from playwright.sync_api import Page

_PIXELS = """async (pictures) => {
  const read = async (picture) => {
    const image = new Image();
    image.src = `data:image/png;base64,${picture}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.width;
    canvas.height = image.height;
    const pen = canvas.getContext("2d");
    pen.drawImage(image, 0, 0);
    return new Uint32Array(pen.getImageData(0, 0, image.width, image.height).data.buffer);
  };
  const [first, second] = await Promise.all(pictures.map(read));
  let differing = 0;
  if (second) first.forEach((pixel, index) => { if (pixel !== second[index]) differing += 1; });
  return { colours: new Set(first).size, differing: second ? differing / first.length : null };
}"""


def compare(page: Page, *pictures: bytes) -> dict[str, Any]:
    """Number of colours of the first picture and the share of pixels in which a second one differs."""
    found: dict[str, Any] = page.evaluate(_PIXELS, [base64.b64encode(picture).decode() for picture in pictures])
    return found


def map_picture(page: Page) -> bytes:
    page.wait_for_selector("#map[aria-busy=false]")
    return page.locator("#map canvas").screenshot()
