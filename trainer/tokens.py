"""Conversations as token ids: which of them the model must learn, and what follows one of its messages in a live episode.

Every tokenizer gets toolscale's chat template, so that a conversation has the same bytes for supervised training, rollouts
and evaluation, whatever the model. Tokenizers without the template's markers get them as special tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformers import AutoTokenizer, PreTrainedModel, PreTrainedTokenizerBase

from toolscale.chat import TEMPLATE
from toolscale.errors import TrainingError
from toolscale.task import Message
from toolscale.trainer.prompts import Rendering, rendered_prompt

TURN_STARTS = "<|im_start|>"
TURN_ENDS = "<|im_end|>"


@dataclass(frozen=True, slots=True)
class EncodedConversation:
    """A conversation's token ids; `learned` tells which of them the loss counts: what the assistant writes."""

    ids: list[int]
    learned: list[bool]

    @property
    def labels(self) -> list[int]:
        """The ids where the model must learn, -100 elsewhere."""
        return [token if learn else -100 for token, learn in zip(self.ids, self.learned, strict=True)]


class ConversationTokenizer:
    """A model's tokenizer with toolscale's chat template."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, rendering: Rendering) -> None:
        missing = [mark for mark in (TURN_STARTS, TURN_ENDS) if mark not in tokenizer.get_vocab()]
        if missing:
            tokenizer.add_special_tokens({"additional_special_tokens": missing})
        tokenizer.chat_template = TEMPLATE
        tokenizer.eos_token = TURN_ENDS
        if tokenizer.pad_token is None:
            tokenizer.pad_token = TURN_ENDS
        tokenizer.padding_side = "left"
        self.tokenizer = tokenizer
        self.rendering: Rendering = rendering
        self.turn_ends: int = tokenizer.convert_tokens_to_ids(TURN_ENDS)
        self.pad: int = tokenizer.pad_token_id

    @classmethod
    def load(cls, model: str, rendering: Rendering) -> ConversationTokenizer:
        """Return the tokenizer of a model's folder or name. Raises TrainingError if there is none."""
        try:
            return cls(AutoTokenizer.from_pretrained(model), rendering)
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"the tokenizer of '{model}' can't be loaded: {_first_line(error)}",
                remedy="Give the folder of a model (`toolscale train tiny` makes one) or its name on the Hub.",
            ) from None

    def fit(self, model: PreTrainedModel) -> None:
        """Give the model rows for tokens that the tokenizer got here, and the tokens that end and pad its texts."""
        if model.get_input_embeddings().weight.shape[0] < len(self.tokenizer):
            model.resize_token_embeddings(len(self.tokenizer))
        for place in (model.config, model.generation_config):
            if place is not None:
                place.eos_token_id, place.pad_token_id = self.turn_ends, self.pad

    def conversation(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> EncodedConversation:
        """Return a whole conversation; only what the assistant writes is learned, its end of turn included."""
        given, offered = rendered_prompt(messages, tools, self.rendering)
        encoded = self.tokenizer.apply_chat_template(
            given, tools=offered or None, return_dict=True, return_assistant_tokens_mask=True
        )
        return EncodedConversation(list(encoded["input_ids"]), [bool(mark) for mark in encoded["assistant_masks"]])

    def prompt(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> list[int]:
        """Return the ids after which the assistant writes its next message."""
        given, offered = rendered_prompt(messages, tools, self.rendering)
        encoded = self.tokenizer.apply_chat_template(
            given, tools=offered or None, return_dict=True, add_generation_prompt=True
        )
        return list(encoded["input_ids"])

    def reply(self, messages: Sequence[Message]) -> list[int]:
        """Return the ids that come between the assistant's end of turn and its next message: what it was answered."""
        spoken = {"role": "assistant", "content": ""}
        text = self.tokenizer.apply_chat_template([spoken, *messages], tokenize=False, add_generation_prompt=True)
        assert isinstance(text, str)
        _, _, answer = text.partition(TURN_ENDS)
        return list(self.tokenizer.encode(answer, add_special_tokens=False))

    def text(self, ids: Sequence[int]) -> str:
        """Return the text of a message, without its end of turn."""
        if ids and ids[-1] == self.turn_ends:
            ids = ids[:-1]
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False))


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]
