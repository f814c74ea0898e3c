"""Conversations as text: one chat template for validation, training and evaluation alike."""

from toolscale.chat.rendering import MARKERS, TEMPLATE, render

__all__ = ["MARKERS", "TEMPLATE", "render"]
