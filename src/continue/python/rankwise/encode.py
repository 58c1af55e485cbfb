"""Rankwise's token rule, for data that left the studio as text.

A pair is encode(prompt) with the leading special tokens, encode(target) without special tokens, then the end token; loss
on target and end token. Too long: tokens are cut from the left of the context, never from the target. Plain text is all
target, and goes on in the next row. A conversation is rendered by the model's chat template, every assistant turn a
target.
"""

from dataclasses import dataclass

from jinja2.exceptions import TemplateError


@dataclass
class Span:
    ids: list[int]
    is_target: bool


class Encoder:
    def __init__(self, tokenizer, max_length: int, stops: int | list[int] | None):
        """stops: what ends an assistant's turn beside the end token, as generation_config.json names it."""
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.eos = tokenizer.eos_token_id
        if self.eos is None:
            raise SystemExit("the tokenizer has no end-of-sequence token")
        self.stops = {self.eos, *(stops if isinstance(stops, list) else [] if stops is None else [stops])}
        bare, full = self.plain("a"), tokenizer("a")["input_ids"]
        start = next((i for i in range(len(full)) if full[i : i + len(bare)] == bare), 0)
        self.leading = full[:start]

    def plain(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"] if text else []

    def rows(self, example: dict) -> list[dict]:
        """The rows of {"prompt", "target"}, {"text"} or {"messages"}; none where its target does not fit."""
        if "messages" in example:
            answers = [m["content"].strip() for m in example["messages"] if m["role"] == "assistant"]
            if not all(answers):
                return []
            try:
                fitted = [self.fit(spans, keep) for spans, keep in self.chat(example["messages"])]
            except (TemplateError, ValueError):  # the template refuses the conversation, or leaves a message out
                return []
        elif "text" in example:
            fitted = self.passage(example["text"])
        else:
            answer = [*self.plain(example["target"]), self.eos]
            spans = [Span(self.leading + self.plain(example["prompt"]), False), Span(answer, True)]
            fitted = [self.fit(spans, len(self.leading))]
        return [{"line": example["line"], **row} for row in fitted if row]

    def passage(self, text: str) -> list[dict | None]:
        ids = [*self.plain(text), self.eos]
        room = self.max_length - max(1, len(self.leading))
        rows = []
        for start in range(0, len(ids), room):
            before = self.leading or ids[max(0, start - 1) : start]
            rows.append(self.fit([Span(before, False), Span(ids[start : start + room], True)], len(before)))
        return rows

    def fit(self, spans: list[Span], keep: int) -> dict | None:
        """Joins spans into one row. A target that the cut goes through is context from there on."""
        last = max(i for i, span in enumerate(spans) if span.is_target)
        spans = spans[: last + 1]
        total = sum(len(span.ids) for span in spans)
        if keep + len(spans[last].ids) > self.max_length:
            return None
        cut = range(keep, keep + max(0, total - self.max_length))
        ids, targets, source = [], [], 0
        for span in spans:
            places = range(source, source + len(span.ids))
            source = places.stop
            kept = [id for place, id in zip(places, span.ids, strict=True) if place not in cut]
            is_cut_through = places.start < cut.stop and len(cut) > 0
            start, end = max(1, len(ids)), len(ids) + len(kept)
            ids += kept
            if span.is_target and not is_cut_through and end > start:
                targets.append([start, end])
        return {"ids": ids, "targets": targets}

    def chat(self, messages: list[dict]) -> list[tuple[list[Span], int]]:
        """One entry where the template renders a longer conversation as a continuation, else one for each turn."""
        groups: list[list[tuple[str, int]]] = []
        for index, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            text, start = self.turn(messages[: index + 1])
            before = groups[-1][-1][0] if groups else None
            if before is not None and start >= len(before) and text.startswith(before):
                groups[-1].append((text, start))
            else:
                groups.append([(text, start)])
        return [self.group(group) for group in groups]

    def turn(self, messages: list[dict]) -> tuple[str, int]:
        """The text as far as its last message, and where that begins."""
        text = self.tokenizer.apply_chat_template(messages, tokenize=False)
        prompt = self.tokenizer.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True)
        start = len(prompt) if text.startswith(prompt) else text.rindex(messages[-1]["content"].strip())
        return text, start

    def group(self, turns: list[tuple[str, int]]) -> tuple[list[Span], int]:
        spans: list[Span] = []
        ids: list[int] = []
        read = 0

        def added(text: str) -> list[int]:
            whole = self.plain(text)
            return whole[len(ids) :] if whole[: len(ids)] == ids else self.plain(text[read:])

        def push(more: list[int], is_target: bool) -> None:
            spans.append(Span(more, is_target))
            ids.extend(more)

        for index, (text, start) in enumerate(turns):
            push(added(text[:start]), False)
            read = start
            answer = added(text)
            end = next((i for i, id in enumerate(answer) if id in self.stops), None)
            if end is None:
                push([*answer, self.eos] if index == len(turns) - 1 else answer, True)
                rest = ""
            else:
                push(answer[: end + 1], True)
                rest = self.tokenizer.decode(answer[end + 1 :], clean_up_tokenization_spaces=False)
            read = len(text) - len(rest) if text.endswith(rest) else len(text)
        bos = self.tokenizer.bos_token_id
        is_beginning = bos is not None and ids[:1] == [bos] and bos not in ids[1:]
        return spans, 1 if is_beginning else 0
