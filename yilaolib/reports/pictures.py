"""A matplotlib figure as a small PNG for a page."""

from __future__ import annotations

import base64
import html
import io

import numpy as np

DPI = 144
CSS_PIXELS_PER_INCH = 96


def picture(figure, alt: str) -> str:
    """Return a figure as an `img` element that holds its own pixels, and close the figure.

    Parameters
    ----------
    figure : Figure, Axes, array of Axes or seaborn grid
        What to draw, at its own size [inches].
    alt : str
        What it shows, for those who do not see it.

    Returns
    -------
    str
        The element, with the size in CSS pixels, so that the page does not jump when it appears.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> ax = plt.figure(figsize=(2, 1)).add_subplot()
    >>> picture(ax, "Beds rise.")[:46]
    '<img alt="Beds rise." width="192" height="96" '
    """
    png, width, height = _png(figure)
    source = base64.b64encode(png).decode()
    size = f'width="{width}" height="{height}"'
    return f'<img alt="{html.escape(alt)}" {size} src="data:image/png;base64,{source}">'


def _png(figure) -> tuple[bytes, int, int]:
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    if isinstance(figure, np.ndarray):
        figure = figure.flat[0]
    while getattr(figure, "figure", figure) is not figure:  # Axes, subfigures and grids know their figure
        figure = figure.figure
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # once; savefig would draw a figure with a layout engine twice, and matplotlib-inline as well
    plt.close(figure)
    # 256 colours are a third of the bytes, and house figures have fewer than that but for smoothed edges.
    image, small = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"), io.BytesIO()
    image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(small, format="png")
    scale = CSS_PIXELS_PER_INCH / DPI
    return small.getvalue(), round(image.width * scale), round(image.height * scale)
