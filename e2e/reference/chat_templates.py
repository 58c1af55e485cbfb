"""Chat templates rendered by transformers, for src/data/chatTemplate.test.ts.

The templates are written here, each in the manner of a model family and with the Jinja features that family's own
template uses. Run: PYTHON e2e/reference/chat_templates.py (needs transformers; reads e2e/fixtures/tokenizers).
"""

import datetime
import json
from pathlib import Path

from transformers import PreTrainedTokenizerFast
from transformers.utils import chat_template_utils

FIXTURES = Path(__file__).parent.parent / "fixtures"
NOW = datetime.datetime(2026, 3, 5, 14, 7, 9)

CHATML = """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system
You answer in one line.<|im_end|>
' }}{% endif %}{{'<|im_start|>' + message['role'] + '
' + message['content'] + '<|im_end|>' + '
'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant
' }}{% endif %}"""

QWEN2_5 = """{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- for tool in tools %}{{- tool | tojson }}{%- endfor %}
    {{- '<|im_end|>\\n' }}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>system\\nYou are a plain assistant.<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""

QWEN3 = """{%- if messages[0].role == 'system' %}
    {{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- set ns = namespace(last_user=messages|length - 1, found=false) %}
{%- for message in messages[::-1] %}
    {%- set index = (messages|length - 1) - loop.index0 %}
    {%- if not ns.found and message.role == "user" and message.content is string %}
        {%- set ns.found = true %}
        {%- set ns.last_user = index %}
    {%- endif %}
{%- endfor %}
{%- for message in messages %}
    {%- set content = message.content if message.content is string else '' %}
    {%- if message.role == "user" or (message.role == "system" and not loop.first) %}
        {{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}
    {%- elif message.role == "assistant" %}
        {%- set reasoning = '' %}
        {%- if '</think>' in content %}
            {%- set reasoning = content.split('</think>')[0].rstrip('\\n').split('<think>')[-1].lstrip('\\n') %}
            {%- set content = content.split('</think>')[-1].lstrip('\\n') %}
        {%- endif %}
        {%- if loop.index0 > ns.last_user %}
            {{- '<|im_start|>' + message.role + '\\n<think>\\n' + reasoning.strip('\\n') + '\\n</think>\\n\\n' + content.lstrip('\\n') }}
        {%- else %}
            {{- '<|im_start|>' + message.role + '\\n' + content }}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
    {%- if enable_thinking is defined and enable_thinking is false %}
        {{- '<think>\\n\\n</think>\\n\\n' }}
    {%- endif %}
{%- endif %}"""

LLAMA3 = (
    "{% set loop_messages = messages %}{% for message in loop_messages %}"
    "{% set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}"
    "{% if loop.index0 == 0 %}{% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)

LLAMA3_2 = """{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{#- The system message stands apart from the others. #}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\n" }}
{%- if tools is not none %}
    {{- "Environment: tools\\n" }}
{%- endif %}
{{- "Today Date: " + date_string + "\\n\\n" }}
{{- system_message }}
{{- "<|eot_id|>" }}
{%- for message in messages %}
    {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
"""

ZEPHYR = """{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>
' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>
'  + message['content'] + eos_token }}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}"""

MISTRAL = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}"
    "{% elif message['role'] == 'assistant' %}{{ message['content'] + eos_token}}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}"
)

FEATURES = """{{ messages[0].content.strip('\\n h').rstrip() ~ '|' ~ ' \\n x'.lstrip() }}
   {# a comment #}
{%- macro header(role, end='>') -%}<{{ role|upper }}{{ end }}{%- endmacro %}
    {% for message in messages if message.role in ['user', 'assistant'] %}
    {% if loop.index is odd %}
{{ header(message.role) }} {{ message | tojson }}
    {% else %}
{{ header(message.role, end=']') }} {{ message.content | replace('o', '0') | lower }} {{ message | tojson(indent=2) }}
    {% endif %}
    {% endfor %}
{% for i in range(2, 7, 2) %}{{ i }}{{ "," if not loop.last }}{% endfor %}

{{ messages | map(attribute='role') | join('/') }} {{ messages | selectattr('role', 'equalto', 'user') | list | length }}
{%- generation %}kept{% endgeneration %}
{{ strftime_now('%A %a %d %B %b %Y %y %H:%M:%S %I %p %m 100%%') }}
{% if add_generation_prompt %}
go{% endif %}
"""

TURNS = {
    "one turn": [("user", "How many trains leave after 17:45?"), ("assistant", "3 of 28.")],
    "question": [("system", "Be brief."), ("user", " Where is the mill?\n")],
    "three turns": [
        ("user", "Name a place."),
        ("assistant", "The Copper Kettle"),
        ("user", "Déjà vu? 東京 {{ braces }} <b>"),
        ("assistant", " It's \"cheap\"\n"),
        ("user", "And?"),
        ("assistant", "It's by the river."),
    ],
    "system": [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"), ("user", "Bye"), ("assistant", "Bye")],
    "spaces": [("user", " \n Hi \n "), ("assistant", "\n  Hello \n\t"), ("user", "\tBye"), ("assistant", " \n Bye \n")],
    "thinking": [
        ("user", "2 + 2?"),
        ("assistant", "<think>\nadd them\n</think>\n\n4"),
        ("user", "3 + 3?"),
        ("assistant", "<think>\nagain\n</think>\n\n6"),
    ],
}

FAMILIES = {
    "chatml": (CHATML, "smollm2", "<|im_start|>", "<|im_end|>"),
    "qwen2.5": (QWEN2_5, "qwen2", None, "<|im_end|>"),
    "qwen3": (QWEN3, "qwen2", None, "<|im_end|>"),
    "llama3": (LLAMA3, "llama3", "<|begin_of_text|>", "<|eot_id|>"),
    "llama3.2": (LLAMA3_2, "llama3", "<|begin_of_text|>", "<|eot_id|>"),
    "zephyr": (ZEPHYR, "llama2", "<s>", "</s>"),
    "mistral": (MISTRAL, "metaspace", "<s>", "</s>"),
    "features": (FEATURES, "qwen2", None, "<|im_end|>"),
}


class FixedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def render(tokenizer, messages, **options):
    try:
        return tokenizer.apply_chat_template(messages, **options)
    except Exception as error:
        return {"error": str(error)}


def main():
    chat_template_utils.datetime = FixedClock
    families = []
    for name, (template, folder, bos, eos) in FAMILIES.items():
        file = FIXTURES / "tokenizers" / folder / "tokenizer.json"
        tokens = {"eos_token": eos} | ({"bos_token": bos} if bos else {})
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(file), chat_template=template, **tokens)
        cases = []
        for title, turns in TURNS.items():
            messages = [{"role": role, "content": content} for role, content in turns]
            encoded = render(tokenizer, messages, tokenize=True, return_dict=False)
            cases.append(
                {
                    "title": title,
                    "messages": messages,
                    "text": render(tokenizer, messages, tokenize=False),
                    "prompt": render(tokenizer, messages, tokenize=False, add_generation_prompt=True),
                    "ids": None if isinstance(encoded, dict) else encoded,
                }
            )
        families.append({"name": name, "template": template, "tokenizer": folder, "tokens": tokens, "cases": cases})
    out = FIXTURES / "chat" / "rendered.json"
    out.parent.mkdir(exist_ok=True)
    fixture = {"now": NOW.isoformat(), "families": families}
    out.write_text(json.dumps(fixture, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
