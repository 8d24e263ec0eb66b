"""The directory as data: models of what is promised, documents made of rows, and the answers that carry them."""
