"""Copying drills: a model from nothing learns to repeat what it read before it sees its first whole conversation.

Small models learn the procedure of a task early and copy identifiers late: on trajectories alone nothing is copied for
millions of tokens, then suddenly most is (docs/training.md). A drill is nothing but that skill: codes, each repeated several
times at places and in an order drawn at random, first close together, then with text between them and further apart. Codes
are random digits, and pieces cut from the build's conversations: who practises digits alone copies no words. Only tokens that
can be known count: those that go on with a code which has begun.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import torch
from transformers import PreTrainedModel

from toolscale.randomness import KeyedRandom
from toolscale.trainer.tokens import ConversationTokenizer

CODES = (2, 6)
CODE_TOKENS = (3, 6)
_FROM_TEXT = 0.6  # the share of the codes that are cut from conversations
_LEARNING_RATE = 1e-3
_BETAS = (0.9, 0.99)
_RISING_STEPS = 30
_ROW_STEPS = 25
_LARGEST_GRADIENT = 1.0


@dataclass(frozen=True, slots=True)
class Distance:
    """How far apart the codes of a drill are: the most tokens of text before each, and the tokens of the whole."""

    most_between: int
    length: int


DISTANCES = (Distance(0, 64), Distance(4, 128), Distance(12, 384))
"""From close together to what lies between a tool's result and a call that uses it."""
PASSED = 0.85
"""The share of right tokens at which the next distance comes. A code may begin as another does, so that 1 can't be reached."""


@dataclass(frozen=True, slots=True)
class Source:
    """What drills are made of: tokens that are digits, and texts as tokens, without the template's markers."""

    digits: Sequence[int]
    texts: Sequence[Sequence[int]]

    def code(self, random: Random) -> Sequence[int]:
        """Return a code: random digits or a piece of a text."""
        length = random.randint(*CODE_TOKENS)
        if random.random() < _FROM_TEXT:
            return self.piece(random, length)
        return [random.choice(self.digits) for _ in range(length)]

    def piece(self, random: Random, length: int) -> Sequence[int]:
        """Return a piece of a text, at most `length` tokens."""
        text = random.choice(self.texts)
        start = random.randrange(max(1, len(text) - length + 1))
        return text[start : start + length]


@dataclass(frozen=True, slots=True)
class Drill:
    """Token ids, and which of them can be known from what stands before."""

    ids: list[int]
    known: list[bool]


@dataclass(frozen=True, slots=True)
class Practice:
    """What `_ROW_STEPS` steps of drills came to: tokens seen so far, the distance, loss and share of right tokens."""

    step: int
    tokens: int
    length: int
    loss: float
    copied: float


def drill(random: Random, distance: Distance, source: Source) -> Drill:
    """Return one drill: each code once, then one after the other again, with pieces of text between them."""
    codes = [source.code(random) for _ in range(random.randint(*CODES))]
    ids: list[int] = []
    known: list[bool] = []
    said = 0
    while len(ids) < distance.length:
        between = random.randint(min(1, distance.most_between), distance.most_between)
        text = source.piece(random, between)
        code = codes[said] if said < len(codes) else random.choice(codes)
        ids += [*text, *code]
        known += [False] * (len(text) + 1) + [said >= len(codes)] * (len(code) - 1)
        said += 1
    return Drill(ids[: distance.length], known[: distance.length])


def practise(
    model: PreTrainedModel,
    source: Source,
    *,
    tokens: int,
    batch_tokens: int,
    seed: int,
    tell: Callable[[Practice], None],
) -> None:
    """Train the model on drills of growing distance until it copies, at most on `tokens` tokens.

    The same seed gives the same weights.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=_LEARNING_RATE, betas=_BETAS, weight_decay=0.01)
    random = KeyedRandom.of("drills", seed)
    model.train()
    step = seen = 0
    for distance in DISTANCES:
        right = counted = 0
        losses = 0.0
        for batch in _batches(random, distance, batch_tokens, source):
            if seen >= tokens:
                return
            ids, known = (one.to(model.device) for one in batch)
            step += 1
            for group in optimizer.param_groups:
                group["lr"] = _LEARNING_RATE * min(1, step / _RISING_STEPS)
            hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
            logits = model.get_output_embeddings()(hidden[:, :-1][known[:, 1:]])
            wanted = ids[:, 1:][known[:, 1:]]
            loss = torch.nn.functional.cross_entropy(logits, wanted)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), _LARGEST_GRADIENT)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            right += int((logits.argmax(-1) == wanted).sum())
            counted += len(wanted)
            losses += loss.item()
            seen += ids.numel()
            if step % _ROW_STEPS == 0:
                copied = right / counted
                tell(Practice(step, seen, distance.length, losses / _ROW_STEPS, copied))
                right = counted = 0
                losses = 0.0
                if copied >= PASSED:
                    break


def note_practice(path: Path) -> Callable[[Practice], None]:
    """Return what adds a row of JSON to a new file for each practice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="utf-8")

    def note(practice: Practice) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(practice)) + "\n")

    return note


def source_of(tokenizer: ConversationTokenizer, conversations: Iterable[Sequence[int]]) -> Source:
    """Return the digits of a tokenizer, and conversations, as token ids, cut at the template's markers.

    What is shorter than a code is left out.
    """
    markers = set(tokenizer.tokenizer.all_special_ids)
    tokens = [token for token in range(len(tokenizer.tokenizer)) if token not in markers]
    spelt = tokenizer.tokenizer.batch_decode([[token] for token in tokens])
    digits = [token for token, text in zip(tokens, spelt, strict=True) if text.isdigit()]
    texts = []
    for conversation in conversations:
        for marker, between in itertools.groupby(conversation, key=markers.__contains__):
            text = list(between)
            if not marker and len(text) >= CODE_TOKENS[1]:
                texts.append(text)
    return Source(digits, texts)


def _batches(
    random: Random, distance: Distance, batch_tokens: int, source: Source
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    while True:
        drills = [drill(random, distance, source) for _ in range(max(1, batch_tokens // distance.length))]
        yield torch.tensor([one.ids for one in drills]), torch.tensor([one.known for one in drills])
