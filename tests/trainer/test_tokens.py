"""What a model reads and what it learns: the mask token by token, and the same bytes in training and in live episodes."""

from __future__ import annotations

import pytest
from tokenizers import Tokenizer
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from toolscale.chat import render
from toolscale.errors import TrainingError
from toolscale.live import LiveEpisode
from toolscale.shards.build import Build
from toolscale.synthesis.user import UserTurn
from toolscale.trainer.asking import with_questions
from toolscale.trainer.prompts import Rendering, rendered_prompt, tools_of
from toolscale.trainer.tokens import ConversationTokenizer


def shown(tokenizer: ConversationTokenizer, ids: list[int], learned: list[bool]) -> str:
    """Return the conversation with what is learned between brackets."""
    text, inside = "", False
    for token, learn in zip(ids, learned, strict=True):
        if learn != inside:
            text += "⟦" if learn else "⟧"
            inside = learn
        text += tokenizer.tokenizer.decode([token])
    return text + ("⟧" if inside else "")


def test_only_what_the_assistant_writes_is_learned_token_by_token(
    built: Build, tokenizer: ConversationTokenizer
) -> None:
    row = next(built.rows("trajectories", "train"))
    encoded = tokenizer.conversation(row["messages"], tools_of(row["tools"]))
    text = shown(tokenizer, encoded.ids, encoded.learned)
    print(text)
    expected = ""
    for message in rendered_prompt(row["messages"], tools_of(row["tools"]), "compact")[0]:
        if message["role"] != "assistant":
            expected += f"<|im_start|>{message['role']}\n{message['content']}<|im_end|>\n"
            continue
        calls = [
            f'<tool_call>\n{{"name": "{call["function"]["name"]}", "arguments": {call["function"]["arguments"]}}}\n</tool_call>'
            for call in message["tool_calls"] or ()
        ]
        written = "\n".join([*([message["content"]] if message["content"] else []), *calls])
        expected += f"<|im_start|>assistant\n⟦{written}<|im_end|>⟧\n"
    assert text == expected


def test_the_end_of_every_turn_of_the_assistant_is_learned_and_of_nobody_else(
    built: Build, tokenizer: ConversationTokenizer
) -> None:
    for row in built.rows("trajectories", "validation"):
        encoded = tokenizer.conversation(row["messages"], tools_of(row["tools"]))
        ends = [
            learn for token, learn in zip(encoded.ids, encoded.learned, strict=True) if token == tokenizer.turn_ends
        ]
        roles = [message["role"] for message in row["messages"]]
        assert ends == [role == "assistant" for role in roles]


@pytest.mark.parametrize("rendering", ["full", "compact"])
def test_a_live_episode_is_rendered_byte_for_byte_as_the_example_of_supervised_training(
    built: Build, model_folder: str, rendering: Rendering
) -> None:
    tokenizer = ConversationTokenizer.load(str(model_folder), rendering)
    tools = {row["task_id"]: row["tools"] for row in built.rows("trajectories", "train")}
    for task in list(built.tasks("train"))[:8]:
        environment = built.environment_for(task)
        messages = with_questions(task, environment, built.trajectory(task.id), share=0.5, key="parity")
        with LiveEpisode(task, environment, most_turns=len(messages)) as live:
            live.hear(UserTurn(messages[1]["content"]))
            assert live.tools == tools_of(tools[task.id])
            ids = tokenizer.prompt(live.messages, live.tools)
            place = 2
            while place < len(messages):
                alone = tokenizer.conversation([*messages[:place], messages[place]], live.tools)
                start = max(at for at, learn in enumerate(alone.learned) if learn and not alone.learned[at - 1])
                written = [
                    token for token, learn in zip(alone.ids[start:], alone.learned[start:], strict=True) if learn
                ]
                answers = []
                while (place := place + 1) < len(messages) and messages[place]["role"] != "assistant":
                    answers.append(messages[place])
                ids += written + tokenizer.reply(answers)
        whole = tokenizer.conversation(messages, tools_of(tools[task.id]))
        opened = tokenizer.tokenizer.encode("<|im_start|>assistant\n", add_special_tokens=False)
        assert ids == whole.ids + opened
        text = render(*rendered_prompt(messages, tools_of(tools[task.id]), rendering), add_generation_prompt=True)
        assert tokenizer.tokenizer.decode(ids) == text


def test_tools_are_rendered_in_the_rows_order_with_the_rows_schemas(built: Build) -> None:
    row = next(built.rows("trajectories", "train"))
    task = built.task(row["task_id"])
    names = [tool["function"]["name"] for tool in tools_of(row["tools"])]
    assert names == list(task.tools)
    system = rendered_prompt(row["messages"], tools_of(row["tools"]), "compact")[0][0]["content"]
    places = [system.index(name) for name in names]
    assert places == sorted(places)


def test_a_tokenizer_without_the_markers_gets_them_and_its_model_rows_for_them() -> None:
    letters = Tokenizer(BPE({chr(code): code - 32 for code in range(32, 127)}, []))
    plain = PreTrainedTokenizerFast(tokenizer_object=letters)
    tokenizer = ConversationTokenizer(plain, "compact")
    assert tokenizer.turn_ends >= 95
    assert tokenizer.text([*plain.encode("Hello."), tokenizer.turn_ends]).replace(" ", "") == "Hello."
    model = Qwen3ForCausalLM(
        Qwen3Config(vocab_size=95, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1)
    )
    tokenizer.fit(model)
    assert model.get_input_embeddings().weight.shape[0] == 97
    assert model.generation_config.eos_token_id == tokenizer.turn_ends


def test_a_model_that_is_nowhere_is_an_error_with_a_remedy(tmp_path: object) -> None:
    with pytest.raises(TrainingError, match="train tiny"):
        ConversationTokenizer.load(f"{tmp_path}/nothing", "full")
