"""The directory of metrics: loads `content/` into models and renders it."""
