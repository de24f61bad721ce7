"""Places and regions of the Earth as servers keep them: cells of the S2 grid, and coverings by them."""
