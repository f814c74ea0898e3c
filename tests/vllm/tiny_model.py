"""A model that is its own: random weights, one token a byte, and the chat template of toolscale.

It likes a few signs more than others, so that the texts and lists that it writes end soon, and fields that may be null often are.
"""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from toolscale.chat.rendering import TEMPLATE

LIKED = {'"': 3.75, "n": 3.75, "]": 2.0}
"""How much likelier than others a sign is, in logits."""
SPECIAL = ("<|im_start|>", "<|im_end|>", "<pad>")


def write_tiny_model(folder: Path) -> Path:
    """Write a Llama of 0.1M parameters to the folder, which vLLM can load."""
    pieces = [*SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<pad>",
        additional_special_tokens=["<|im_start|>"],
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    configuration = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=32_768,
        bos_token_id=vocabulary["<|im_start|>"],
        eos_token_id=vocabulary["<|im_end|>"],
        pad_token_id=vocabulary["<pad>"],
    )
    model = LlamaForCausalLM(configuration).to(torch.float32)
    with torch.no_grad():
        model.model.embed_tokens.weight[:, 0] = (
            1  # far more than the layers add: a constant, which the last norm scales
        )
        seen = model.model(torch.tensor([[0]])).last_hidden_state[0, -1, 0]
        for sign, logits in LIKED.items():
            model.lm_head.weight[vocabulary[sign], 0] = logits / seen
    model.save_pretrained(folder)
    return folder
