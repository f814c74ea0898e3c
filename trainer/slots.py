"""Key-value caches of conversations that grow at their own pace: one slot each, kept across turns, reused when one ends.

The model sees the slots as one batch. Each has its own length; what lies behind it (left from an earlier conversation, or
written for padding) is hidden by the attention mask and overwritten as the conversation grows.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import Cache, PreTrainedModel
from transformers.cache_utils import DynamicLayer

_GROWS_BY = 256
_ANY = (0,)


class _Layer(DynamicLayer):
    """The keys and values of one layer, (slots, heads, room, width)."""

    def __init__(self, slots: int) -> None:
        super().__init__()
        self._slots = slots
        self.rows: torch.Tensor
        self.positions: torch.Tensor
        self.seen = 0
        self.is_initialized: bool = False

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            shape = (self._slots, key_states.shape[1], 0, key_states.shape[3])
            self.keys, self.values = key_states.new_zeros(shape), value_states.new_zeros(shape)
            self.is_initialized = True
        assert self.keys is not None
        assert self.values is not None
        short = self.seen - self.keys.shape[2]
        if short > 0:
            room = -(-short // _GROWS_BY) * _GROWS_BY
            self.keys = torch.nn.functional.pad(self.keys, (0, 0, 0, room))
            self.values = torch.nn.functional.pad(self.values, (0, 0, 0, room))
        rows = self.rows[:, None]
        self.keys[rows, :, self.positions] = key_states.transpose(1, 2)
        self.values[rows, :, self.positions] = value_states.transpose(1, 2)
        if len(self.rows) == self._slots:
            return self.keys[:, :, : self.seen], self.values[:, :, : self.seen]
        return self.keys[self.rows, :, : self.seen], self.values[self.rows, :, : self.seen]


class Slots:
    """A model and the caches of a fixed number of conversations."""

    def __init__(self, model: PreTrainedModel, count: int) -> None:
        self.model = model
        self.count = count
        self.lengths = [0] * count
        self._layers = [_Layer(count) for _ in range(model.config.get_text_config().num_hidden_layers)]
        self._cache = Cache(layers=self._layers)
        parameters = inspect.signature(model.base_model.forward).parameters
        self._cache_name = "cache" if "cache" in parameters else "past_key_values"  # its name in older transformers
        self._head = model.get_output_embeddings()

    def clear(self, slot: int) -> None:
        """Begin a new conversation in a slot."""
        self.lengths[slot] = 0

    def copy(self, source: int, target: int) -> None:
        """Let a slot go on from where another is."""
        length = self.lengths[target] = self.lengths[source]
        for layer in self._layers:
            assert layer.keys is not None
            assert layer.values is not None
            layer.keys[target, :, :length] = layer.keys[source, :, :length]
            layer.values[target, :, :length] = layer.values[source, :, :length]

    @torch.no_grad()
    def feed(self, tokens: Mapping[int, Sequence[int]]) -> torch.Tensor:
        """Add tokens to some slots; return the logits after the last of each, (slots fed, vocabulary), in their order.

        Each slot gets at least one token; shorter texts are padded behind, where nothing sees it.
        """
        device = self.model.device
        fed = self._with_idle(tokens)
        longest = max(len(one) for one in fed.values())
        ids = torch.tensor([[*one, *[one[-1]] * (longest - len(one))] for one in fed.values()], device=device)
        starts = torch.tensor([self.lengths[slot] for slot in fed], device=device)
        positions = starts[:, None] + torch.arange(longest, device=device)
        seen = max(self.lengths[slot] for slot in fed) + longest
        rows = torch.tensor(list(fed), device=device)
        for layer in self._layers:
            layer.rows, layer.positions, layer.seen = rows, positions, seen
        visible = torch.arange(seen, device=device)[None, None, None, :] <= positions[:, None, :, None]
        hidden = self.model.base_model(
            input_ids=ids,
            position_ids=positions,
            attention_mask=visible,
            use_cache=True,
            **{self._cache_name: self._cache},
        ).last_hidden_state
        places = list(fed)
        wanted = torch.tensor([places.index(slot) for slot in tokens], device=device)
        last = torch.tensor([len(one) - 1 for one in tokens.values()], device=device)
        for slot, one in tokens.items():
            self.lengths[slot] += len(one)
        logits: torch.Tensor = self._head(hidden[wanted, last])
        return logits.float()

    def _with_idle(self, tokens: Mapping[int, Sequence[int]]) -> dict[int, Sequence[int]]:
        """Return the slots in ascending order, with all others if most get one token.

        The caches of all slots are seen as they lie in memory, those of some must be copied. What an idle slot is given
        stands behind its end.
        """
        if 2 * len(tokens) > self.count and all(len(one) == 1 for one in tokens.values()):
            return {slot: tokens.get(slot, _ANY) for slot in range(self.count)}
        return dict(sorted(tokens.items()))
