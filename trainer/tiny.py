"""A small model from nothing, for machines without weights: a Qwen3-shaped transformer and a tokenizer made for identifiers.

Small models learn the procedure of a task long before they can copy the identifiers in it. So the tokenizer cuts digits
into groups of three and the letters of new ids into pairs, from the left, and never merges across: any id of a database is
at most four tokens, each of which the model meets often. Tool names, experts' names and what the chat template is made of
are one token each.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from toolscale.chat import MARKERS
from toolscale.orchestration.offer import ASK_EXPERT
from toolscale.registry import load
from toolscale.shards.build import Build
from toolscale.shards.rows import Row
from toolscale.trainer.drills import Practice, note_practice, practise, source_of
from toolscale.trainer.loading import note_rendering
from toolscale.trainer.prompts import Rendering, rendered_prompt, tools_of
from toolscale.trainer.stage import own_device
from toolscale.trainer.tokens import TURN_ENDS, ConversationTokenizer

_PAD = "<|pad|>"
_DRILLED_ROWS = 1000  # trajectories that drills take their pieces from
_ROLES = ("system", "user", "assistant", "tool")
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_PREFIX = re.compile(r"\b([A-Z]{1,5}-)(?=[A-Z0-9]{2})|\b([A-Z]{2,5})(?=\d)")
_ID = f"[{_BASE32}]"


def _pieces(digits: int) -> str:
    """Return the pattern of the pieces that nothing is merged across."""
    new_ids = [
        # the eight letters of a new id (toolscale.canonical.short_id), two at a time
        f"(?<=-{_ID}{{{before}}}){_ID}{{2}}(?={_ID}{{{6 - before}}}(?!{_ID}))"
        if before
        else f"(?<=-){_ID}{{2}}(?={_ID}{{6}}(?!{_ID}))"
        for before in (0, 2, 4, 6)
    ]
    return "|".join(
        [
            *new_ids,
            rf"\d{{1,{digits}}}",
            r" (?=[A-Z]{1,5}-?[A-Z0-9]*\d)",  # so that an id has the same pieces wherever it stands
            r"[A-Z]{1,5}-(?=[A-Z0-9]{2})",
            r"[A-Z]{1,5}(?=\d)",
            r" ?[A-Za-z_]+",
            r"\n",
            r" ?[^\sA-Za-z0-9_]+",
            r"\s+",
        ]
    )


class TinyConfiguration(BaseModel):
    """A model from nothing: the shards whose words its tokenizer learns, and its shape."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    build: str = Field(description="The build whose training split the tokenizer is trained on: a folder or org/name.")
    revision: str | None = Field(default=None, description="The tag or commit of a build on the Hub.")
    out: Path = Field(description="The folder that the model is written to.")
    rendering: Rendering = Field(default="compact", description="How tools and policy are told; keep it in all stages.")
    digits: Literal[2, 3] = Field(default=3, description="Digits in one piece; 2 makes a smaller vocabulary.")
    new_ids: bool = Field(default=True, description="Pieces for the letters of new ids; without, one token a letter.")
    words: int = Field(
        default=1500, ge=0, le=100_000, description="Merges that the tokenizer learns beside its pieces."
    )
    hidden: int = Field(default=192, ge=16, multiple_of=16, description="Width of the model.")
    layers: int = Field(default=6, ge=1)
    heads: int = Field(default=6, ge=1)
    key_value_heads: int = Field(default=2, ge=1)
    head_width: int = Field(default=32, ge=8)
    feed_forward: int = Field(default=512, ge=16)
    context: int = Field(default=4096, ge=128, description="The longest conversation in tokens.")
    drills: int = Field(
        default=0, ge=0, description="Tokens of copying drills, at most, before the first conversation; 0: none."
    )
    drill_batch: int = Field(default=4096, ge=64, description="Tokens of one step of them.")
    seed: int = Field(default=0, ge=0)


def run(configuration: TinyConfiguration, *, tell: Callable[[Practice], None] | None = None) -> int:
    """Make model and tokenizer, write them to `out`, and return the number of parameters. Raises BuildError.

    What drills came to is in `drills.jsonl`, a row each 25 steps; `tell` hears of it too.
    """
    build = load(configuration.build, revision=configuration.revision)
    tokenizer = trained_tokenizer(build, configuration)
    conversations = ConversationTokenizer(tokenizer, configuration.rendering)
    model = untrained_model(configuration, conversations)
    if configuration.drills:
        note = note_practice(configuration.out / "drills.jsonl")

        def heard(practice: Practice) -> None:
            note(practice)
            if tell is not None:
                tell(practice)

        texts = (conversations.conversation(row["messages"], tools_of(row["tools"])) for row in _drilled(build))
        practise(
            model.to(own_device()),
            source_of(conversations, (text.ids for text in texts)),
            tokens=configuration.drills,
            batch_tokens=configuration.drill_batch,
            seed=configuration.seed,
            tell=heard,
        )
    model.save_pretrained(configuration.out)
    tokenizer.save_pretrained(configuration.out)
    note_rendering(configuration.out, configuration.rendering)
    return int(model.num_parameters())


def _drilled(build: Build) -> Iterator[Row]:
    return itertools.islice(build.rows("trajectories", "train"), _DRILLED_ROWS)


def untrained_model(configuration: TinyConfiguration, tokenizer: ConversationTokenizer) -> Qwen3ForCausalLM:
    """Return a Qwen3-shaped model with random weights, the same for the same seed."""
    shape = Qwen3Config(
        vocab_size=-(-len(tokenizer.tokenizer) // 64) * 64,
        hidden_size=configuration.hidden,
        intermediate_size=configuration.feed_forward,
        num_hidden_layers=configuration.layers,
        num_attention_heads=configuration.heads,
        num_key_value_heads=configuration.key_value_heads,
        head_dim=configuration.head_width,
        max_position_embeddings=configuration.context,
        tie_word_embeddings=True,
        use_cache=True,
    )
    with torch.random.fork_rng():
        torch.manual_seed(configuration.seed)
        model = Qwen3ForCausalLM(shape)
    tokenizer.fit(model)
    return model


def trained_tokenizer(build: Build, configuration: TinyConfiguration) -> PreTrainedTokenizerFast:
    """Return a tokenizer trained on the build's training split."""
    names, texts = _words(build, configuration.rendering)
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_pieces(configuration.digits)), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=len(alphabet) + configuration.words, initial_alphabet=alphabet, show_progress=False
        ),
    )
    state = json.loads(learner.to_str())
    state["model"]["vocab"], state["model"]["merges"] = _with_pieces(
        state["model"], alphabet, [*_id_merges(configuration), *_prefix_merges(texts)]
    )
    whole = Tokenizer.from_str(json.dumps(state))
    whole.decoder = decoders.ByteLevel()
    whole.add_special_tokens([*MARKERS, _PAD])
    whole.add_tokens([AddedToken(name, single_word=True, normalized=False) for name in (*_ROLES, *names)])
    return PreTrainedTokenizerFast(
        tokenizer_object=whole,
        pad_token=_PAD,
        eos_token=TURN_ENDS,
        clean_up_tokenization_spaces=False,
    )


def _with_pieces(
    model: dict[str, Any], alphabet: Sequence[str], merges: list[list[str]]
) -> tuple[dict[str, int], list[list[str]]]:
    """Return vocabulary and merges with all pieces of identifiers before what was learned."""
    known = {"".join(merge) for merge in merges}
    merges += [list(merge) for merge in model["merges"] if "".join(merge) not in known]
    tokens = dict.fromkeys([*alphabet, *("".join(merge) for merge in merges)])
    return {token: number for number, token in enumerate(tokens)}, merges


def _id_merges(configuration: TinyConfiguration) -> list[list[str]]:
    digits = "0123456789"
    pairs = [[a, b] for a, b in itertools.product(digits, digits)]
    merges = list(pairs)
    if configuration.digits == 3:
        merges += [[a + b, c] for (a, b), c in itertools.product(pairs, digits)]
        merges += [[a, b + c] for a, (b, c) in itertools.product(digits, pairs)]  # 202 may first be joined as 2, 02
    if configuration.new_ids:
        merges += [[a, b] for a, b in itertools.product(_BASE32, _BASE32) if not (a + b).isdigit()]
    return merges


def _prefix_merges(texts: Sequence[str]) -> list[list[str]]:
    prefixes = sorted({one or other for text in texts for one, other in _PREFIX.findall(text)})
    return [[prefix[:end], prefix[end]] for prefix in prefixes for end in range(1, len(prefix))]


def _words(build: Build, rendering: Rendering) -> tuple[list[str], list[str]]:
    """Return the names of all tools and experts, and the texts of the training split."""
    rows = list(build.rows("trajectories", "train"))
    names = {name for row in rows for tool in tools_of(row["tools"]) for name in _names(tool["function"])}

    prompts = set()
    spoken = []
    for row in rows:
        messages, tools = rendered_prompt(row["messages"], tools_of(row["tools"]), rendering)
        prompts |= {str(messages[0]["content"]), *(json.dumps(tool, ensure_ascii=False) for tool in tools)}
        for message in messages[1:]:
            spoken.append(str(message["content"] or ""))
            for call in message.get("tool_calls") or ():
                spoken.append(f'{{"name": "", "arguments": {call["function"]["arguments"]}}}')
    return sorted(names), [*sorted(prompts), *spoken]


def _names(function: dict[str, Any]) -> list[str]:
    experts = function["parameters"]["properties"].get("expert", {}) if function["name"] == ASK_EXPERT else {}
    return [function["name"], *experts.get("enum", ())]
