"""Writes e2e/fixtures/chat/features.json: Jinja's features one by one, as transformers renders them, for
src/data/jinja/features.test.ts. Lines whose template fails there have the error instead.

Run: python e2e/reference/jinja_features.py
"""

import copy
import json

from chat_templates import FIXTURES, TURNS, FixedClock
from transformers.utils import chat_template_utils

TEMPLATES = r"""
{{ messages[0]['content'] | length }}
{{ messages[-1].role }}
{{ messages[1:] | length }}{{ messages[:-1] | length }}{{ messages[::-1][0].role }}
{{ messages[0].get('role') }}{{ messages[0].get('tool_calls') }}{{ messages[0].get('x','d') }}
{{ messages[0].tool_calls is defined }}{{ messages[0]['tool_calls'] is none }}
{{ 'role' in messages[0] }}{{ 'zz' not in messages[0] }}
{% for k, v in messages[0].items() %}{{ k }}={{ v }};{% endfor %}
{% for k in messages[0] %}{{ k }};{% endfor %}
{{ messages[0].keys() | list }}
{{ messages[0].values() | list }}
{{ messages[0] }}
{{ messages }}
{{ messages | tojson }}
{{ messages | tojson(indent=4) }}
{{ messages[0] | tojson(indent=2, ensure_ascii=False) }}
{{ {'b': 1, 'a': [1, 2.0, none, true, 'é"\n<&>']} | tojson }}
{{ {'b': 1, 'a': []} | tojson(sort_keys=true) }}
{{ {'b': 1, 'a': {}} | tojson(indent=2) }}
{{ {'a':1}|tojson(separators=(',',':')) }}
{{ [] | tojson(indent=2) }}{{ 'a\u2028' | tojson }}
{{ 1.0 }} {{ 2.50 }} {{ 1e3 }} {{ 3 / 2 }} {{ 4 / 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 2 ** 10 }} {{ 1 + 1.0 }}
{{ true }} {{ false }} {{ none }} {{ True }} {{ None }}
{{ not true }} {{ true and 'a' }} {{ '' or 'b' }} {{ none or 0 }}
{{ 'a' ~ 1 ~ none ~ true ~ 1.0 }}
{{ 'abc'[0] }}{{ 'abc'[-1] }}{{ 'abc'[1:] }}{{ 'abc'[::-1] }}
{{ 'a,b,c'.split(',') }}
{{ 'a b  c'.split() }}
{{ 'a,b,c'.split(',', 1) }}
{{ 'a,b,c'.rsplit(',', 1) }}
{{ ' x '.strip() }}|{{ 'xxhixx'.strip('x') }}|{{ 'xxhixx'.lstrip('x') }}|{{ 'xxhixx'.rstrip('x') }}
{{ 'hello'.startswith('he') }}{{ 'hello'.endswith('lo') }}{{ 'hello'.startswith(('x','he')) }}
{{ 'hello'.upper() }}{{ 'HELLO'.lower() }}{{ 'hello world'.title() }}{{ 'hello world'.capitalize() }}
{{ 'hello'.replace('l','L') }}{{ 'hello'.replace('l','L',1) }}
{{ 'hello'.find('l') }}{{ 'hello'.index('l') }}{{ 'hello'.count('l') }}
{{ ','.join(['a','b']) }}
{{ 'x%s y%d' % ('a', 3) }}
{{ 'x{} {}'.format('a', 3) }}
{{ 'a' * 3 }}{{ [1] * 2 }}
{{ 'a' < 'b' }}{{ 1 < 2 < 3 }}{{ [1,2] == [1,2] }}{{ {'a':1} == {'a':1} }}
{{ 'b' in 'abc' }}{{ 2 in [1,2] }}
{{ [3,1,2] | sort }}{{ [3,1,2] | sort(reverse=true) }}{{ ['b','A'] | sort }}
{{ [3,1,2] | reverse | list }}{{ 'abc' | reverse }}
{{ [1,2,3] | first }}{{ [1,2,3] | last }}{{ [1,2,3] | sum }}{{ [1,2,3] | max }}{{ [1,2,3] | min }}
{{ ['a','b'] | join }}{{ ['a','b'] | join(', ') }}{{ [1,2] | join('-') }}
{{ 'a b' | replace(' ', '_') }}{{ 'hello' | upper }}{{ 'HELLO' | lower }}{{ 'hello' | capitalize }}{{ 'hello world' | title }}
{{ '  x ' | trim }}|{{ 'xxhixx' | trim('x') }}
{{ none | default('d') }}{{ undefinedvar | default('d') }}{{ '' | default('d', true) }}{{ undefinedvar | default }}
{{ [1,2,3] | length }}{{ 'abc' | count }}{{ {'a':1} | length }}
{{ '3' | int + 1 }}{{ '3.5' | float }}{{ 'x' | int }}{{ 'x' | int(7) }}{{ 3.7 | int }}{{ 3.7 | round }}{{ 3.14159 | round(2) }}
{{ 5 | string + 'a' }}{{ [1,2] | string }}
{{ 'a\nb' | indent(2) }}
{{ 'a\nb' | indent(2, true) }}
{{ 'a\n\nb' | indent(width=4, first=True, blank=true) }}
{{ [1,2,3,4] | select('odd') | list }}{{ [1,2,3,4] | reject('odd') | list }}
{{ messages | selectattr('role','equalto','user') | map(attribute='content') | list | length }}
{{ messages | rejectattr('role','equalto','user') | list | length }}
{{ messages | selectattr('role','in',['user']) | list | length }}
{{ messages | selectattr('tool_calls','defined') | list | length }}
{{ messages | map(attribute='role') | unique | list }}
{{ ['a','b'] | map('upper') | join }}
{{ {'b':1,'a':2} | dictsort }}{{ {'b':1,'a':2} | items | list }}
{{ [[1,2],[3]] | sum(start=[]) }}
{{ [1,2,3,4,5] | batch(2) | list }}{{ [1,2,3,4,5] | slice(2) | list }}
{{ 'a' | e }}{{ '<' | escape }}{{ '<' | safe }}
{{ 'hello' | wordcount }}{{ 'a b c' | truncate(3) }}{{ [1,[2]] | pprint }}
{{ 1 is number }}{{ 'a' is string }}{{ [] is iterable }}{{ {} is mapping }}{{ [] is sequence }}{{ none is none }}{{ 2 is even }}{{ 1 is odd }}{{ true is boolean }}{{ 1 is integer }}{{ 1.0 is float }}{{ 4 is divisibleby 2 }}{{ true is true }}{{ 'a' is eq 'a' }}{{ 1 is ne 2 }}{{ 1 is lt 2 }}{{ 'a' is in 'abc' }}{{ 'a' is lower }}{{ 'A' is upper }}
{{ true is number }}{{ 'abc' is iterable }}{{ 'abc' is sequence }}{{ 'abc' is mapping }}{{ x is undefined }}{{ raise_exception is callable }}
{% set x = 1 %}{% if x == 1 %}one{% elif x == 2 %}two{% else %}other{% endif %}
{% set a, b = 1, 2 %}{{ a }}{{ b }}
{% set x %}block {{ 1 }}{% endset %}{{ x }}
{% set ns = namespace(a=1, b=[]) %}{% for i in range(3) %}{% set ns.a = ns.a + i %}{% set ns.b = ns.b + [i] %}{% endfor %}{{ ns.a }}{{ ns.b }}
{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for i in [] %}x{% else %}empty{% endfor %}
{% for i in [1,2] %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.cycle('a','b') }}{{ loop.previtem }}{{ loop.nextitem }}{% endfor %}
{% for a, b in [(1,2),(3,4)] %}{{ a }}{{ b }}{% endfor %}
{% for m in messages %}{% set y = loop.index %}{% endfor %}{{ y }}
{% macro f(a, b=2) %}[{{ a }},{{ b }}]{% endmacro %}{{ f(1) }}{{ f(1, b=3) }}{{ f(a=1) }}
{% macro f() %}{{ caller() }}{% endmacro %}{% call f() %}x{% endcall %}
{% filter upper %}hello{% endfilter %}
{% raw %}{{ x }}{% endraw %}
{% with a=1 %}{{ a }}{% endwith %}
{{ 'yes' if messages else 'no' }}{{ 'x' if false }}
{{ range(3) | list }}{{ range(1,4) | list }}{{ range(5,0,-2) | list }}
{{ (1,2) }}{{ (1,) }}{{ [1,'a',none,true,1.5,{'k':'v'}] }}
{{ 'it\'s' }}{{ ["it's", 'a"b', "b\n"] }}
{{ dict(a=1) }}{{ dict(a=1).a }}
{{ "a" "b" }}
{{ raise_exception('no: ' + messages[0].role) }}
{{ undefinedvar }}|{{ undefinedvar.x is defined }}
{{ undefinedvar.x }}
{{ messages[0].nope.deeper }}
{{ messages[99] }}
{{ messages[0]['content'][0:3] }}
{{ messages[0].content.splitlines() }}
{{ 'Ünïcödé ß'.upper() }}{{ 'İ'.lower() }}{{ 'ß' | length }}{{ '😀' | length }}{{ '😀a'[0] }}{{ '😀ab'[1:] }}
{{ 'a'.isdigit() }}{{ '1'.isdigit() }}{{ 'a'.isalpha() }}{{ ' '.isspace() }}{{ 'A'.isupper() }}
{{ 'abc'.removeprefix('a') }}{{ 'abc'.removesuffix('c') }}{{ 'a-b'.partition('-') }}{{ 'a'.zfill(3) }}{{ 'a'.ljust(3) }}|
{%- set _ = messages.append({'role':'x','content':'y'}) %}{{ messages | length }}
{% set l = [1] %}{% set _ = l.append(2) %}{{ l }}{{ l.pop() }}{{ l }}{{ l.index(1) }}
{% set d = {'a':1} %}{% set _ = d.update({'b':2}) %}{{ d }}
{% do messages %}
   {%- if true -%}   x   {%- endif -%}   y
  {% if true %}
line
  {% endif %}
end
{#- comment -#}  z
{% if true %}
a
{% endif %}
b {# c #}
{{ 'trailing newline' }}
{{- '\n' -}}  x
{{ "\\n" }}{{ '\t' }}{{ "\x41" }}{{ '\u00e9' }}
{{ 5 | abs }}{{ -5 | abs }}{{ -3 + 2 }}{{ 10 - 2 - 3 }}{{ 2 * 3 + 4 }}{{ 2 + 3 * 4 }}{{ -2 ** 2 }}{{ (1 + 2) * 3 }}
{{ 1 == 1.0 }}{{ '1' == 1 }}{{ 1 == true }}{{ none == false }}
{{ 'a' in {'a':1} }}{{ 1 not in [2] }}{{ not 1 in [1] }}
{{ strftime_now('%Y-%m-%d') }}{{ strftime_now('%-d %b, %j %e %k %-I') }}
{% if tools %}t{% else %}n{% endif %}{% if tools is not none and tools | length > 0 %}x{% endif %}{{ documents is none }}{{ tools is defined }}
{{ bos_token }}{{ eos_token }}{{ pad_token is defined }}{{ unk_token }}|
{{ add_generation_prompt }}{{ enable_thinking is defined }}{{ enable_thinking | default(true) }}
{{ messages[0].content is string }}{{ messages[0].content is iterable and messages[0].content is not string }}{{ messages[0].content is mapping }}
{%- for message in messages if message.role == 'user' -%}{{ loop.index }}{{ message.content }}{%- endfor -%}
{{ messages | map('attr','role') | list }}
{{ messages[0] | attr('role') }}
{{ messages | groupby('role') | list | length }}
{{ 'a' if 1 else 'b' if 2 else 'c' }}
{{ [x for x in [1,2]] }}
{{ 'abc' | list }}{{ 'a' | format }}{{ '%s!' | format('x') }}
{{ 'A' ~ ('b' | upper) ~ "c" | upper }}
{{ 1 if messages[0]['role'] == 'user' else 2 }}{{ (messages | length) - 1 }}{{ messages|length - 1 }}
{{ messages[0]['content'].split('</think>')[-1].lstrip('\n') }}
{{ messages[0].content | trim | truncate(5, true, '') }}
{{ messages[0].role.split('s')[0] }}{{ 'abc'.split('') }}
{{ {'a': 'b', 'c': none, 'd': true, 'e': "it's"} }}
{{ none | string }}{{ true | string }}{{ 1.0 | string }}{{ none | tojson }}{{ true | tojson }}{{ 1.0 | tojson }}{{ 'é' | tojson }}
{{ 'x' | list | tojson }}{{ (1,2) | tojson }}{{ {1:2} | tojson }}{{ {'a':{'b':[1,{'c':2}]}} | tojson(indent=1) }}
{% set content %}  a {{ 'b' }}
{% endset %}[{{ content }}]
{% set message = messages[0] %}{% set message = dict(message, content='z') %}{{ message.content }}
{% set x = {'role': 'a'} %}{{ x.role }}{{ x['role'] }}{{ x.items() | list }}{{ x.get('a', {}).get('b') }}
{{ ('a','b') | join }}{{ 'ab' | map('upper') | list }}
{{ messages[0].content[:1] | upper + messages[0].content[1:] }}
{{ 'a' | replace('a', 'b') | upper | lower | trim | length }}
{{ 7 is divisibleby(3) }}{{ 'a' is sameas 'a' }}{{ 'x' is filter }}{{ 'upper' is filter }}{{ 'odd' is test }}
{{ [1,2,3][1:2] }}{{ [1,2,3][-2:] }}{{ [1,2,3][::2] }}{{ (1,2,3)[0] }}
{{ "%.2f" | format(3.14159) }}{{ "%05d" % 42 }}
{{ '{:,}'.format(1234567) }}{{ '{0} {1} {0}'.format('a','b') }}{{ '{x}'.format(x=1) }}
{{ messages | length > 1 and messages[1].role == 'assistant' }}
{%- set system_message = messages[0]['content'] if messages[0]['role'] == 'system' else '' -%}[{{ system_message }}]
{{ ["a", "b"] + ["c"] }}{{ {'a': 1}.a }}{{ {"x": {"y": 1}}["x"]["y"] }}
{{ "a\
b" }}
{{ 'x' and '' }}|{{ [] or 'e' }}|{{ 0 or none }}
{% if messages[0].role == "user" %}u{% endif -%}
   tail
{%+ if true %}plus{% endif %}
  {{- 'minus' }}
{{ 'caf\u00e9' | length }}{{ 'a' | ord }}
{{ namespace(x=1) }}
{% set ns = namespace() %}{% set ns.x = 1 %}{{ ns.x }}{{ ns.y is defined }}
{% generation %}a{% endgeneration %}b
{% set x = none %}{% if x is not none and x.y %}a{% else %}b{% endif %}
{{ messages|first|attr('content') }}{{ (messages|last).role }}
{% for c in 'abc' %}{{ c }}-{% endfor %}
{% for i in range(3) -%}
  {{ i }}
{%- endfor %}
{% for i in range(2) %}{% for j in range(2) %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
{% set a = 1 %}{% for i in range(2) %}{% set a = a + 1 %}{{ a }}{% endfor %}{{ a }}
{% set a = 1 %}{% if true %}{% set a = 2 %}{% endif %}{{ a }}
{% macro m(x) %}{% if x > 0 %}{{ x }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(3) }}
{% macro m(x) %}{{ x.role }}{{ kwargs }}{{ varargs }}{% endmacro %}{{ m(messages[0], 2, z=3) }}
{% set f = 'x' | upper %}{{ f }}{{ f is string }}
{{ 'a,b' | split(',') }}
{{ 'Multi
line' }}
{{ {'a': 1, 'b': 2}.items() | map('first') | list }}
{{ messages | selectattr('content') | list | length }}{{ [0,1,'',none] | select | list }}
{{ 'a' != 'b' }}{{ 1 >= 1 }}{{ not (1 > 2) }}{{ not 'a' == 'b' }}
{{ 1 | tojson }}{{ -0.5 | tojson }}{{ 1e100 | tojson }}{{ 100000000000000000000 | tojson }}
{{ 42 | round }} {{ 42.5|round }} {{ 42|round(1) }} {{ 42|round(0,'ceil') }} {{ 2.675|round(2) }} {{ 1234|round(-2) }} {{ "%.0f %.0f %.0f" % (0.5, 1.5, 2.5) }}
{{ "%(a)s-%(b)d" | format(a='x', b=3) }}
{{ "abc".replace("", "-") }} {{ "abc"|replace("", "-") }} {{ "aXbX".replace("X", "", 1) }}
{{ "a\nb\r\nc".splitlines(keepends=True) }}
{{ "hello".find("l", 3) }} {{ "hello".find("l", 3, 3) }} {{ "hello".rfind("l", 0, 3) }} {{ "hello".count("l", 3) }} {{ "hello".index("l", -2) }}
{{ "hello".startswith("l", 2) }} {{ "hello".endswith("l", 0, 4) }} {{ "hello".rindex("l") }}
{% for x in [] %}{% else %}{% set y = 1 %}{% endfor %}[{{ y }}]
{{ (1e308 * 10) | tojson }} {{ [1e308*10, -1e308*10] | tojson }}
{{ strftime_now("%F %T %D %R %h %u %w %c %x %X %l %I %e %k %-e %-I %P %r %y") }}
{% for g in [{'a':1,'b':2},{'a':1,'b':1}] | groupby('a') %}{{ g.grouper }}{{ g.list }}{% endfor %}
{{ true is sameas 1 }} {{ true is sameas true }} {{ none is sameas none }} {{ (1,) * 3 }} {{ [[1,2]].0.1 }}
{{ "1_000"|int }} {{ "0x10"|int }} {{ "1e3"|int }} {{ "inf"|float }} {{ "0x1F" | int(0, 16) }} {{ "12abc"|int(5) }}
""".strip().splitlines()

LINES = [
    '  {% if true %}\nline\n  {% endif %}\nend',
    '{% if true %}\na\n{% endif %}\nb {# c #}\n',
    "{{ 'trailing newline' }}\n",
    "{{- '\\n' -}}  x\n\n\ny",
    "{% set content %}  a {{ 'b' }}\n{% endset %}[{{ content }}]",
    "{{ 'Multi\nline' }}",
    '{% for i in range(3) -%}\n  {{ i }}\n{%- endfor %}\n',
    '{% if messages[0].role == "user" %}u{% endif -%}\n   tail',
    "a\n{%+ if true %}plus{% endif %}\n  {{- 'minus' }}",
    '{% for m in messages %}\n    {% set x = 1 %}\n  {{ m.role }}\n{% endfor %}\n\n',
    'x\n   {#- c -#}\n\n  y   {# d #}   \nz',
    '{{ 1 }}\n{{ 2 }}\n\n{% set x=1 %}\n\n{{ x }}',
    '{%- if true %}\n\n  a\n{%- endif %}\n b',
    '\r\n{% if true %}\r\na\r\n{% endif %}\r\nb',
    '\t{% if 1 %}a{% endif %}\t\n\tb',
]
"""Templates of several lines."""

CONVERSATIONS = [
    [{"role": role, "content": content} for role, content in TURNS["question"]],
    [
        {"role": "user", "content": "<think>\na</think>\nline1\r\nl2\x0bl3"},
        {"role": "assistant", "content": "it's \"q\" 😀"},
    ],
]
NAMES = dict(tools=None, documents=None, add_generation_prompt=True, bos_token="<s>", eos_token="</s>")


def render(template: str, messages: list) -> dict:
    try:
        compiled = chat_template_utils._compile_jinja_template(template)
        return {"text": compiled.render(messages=copy.deepcopy(messages), **NAMES)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    chat_template_utils.datetime = FixedClock
    cases = [
        {"template": template, "rendered": [render(template, messages) for messages in CONVERSATIONS]}
        for template in [*TEMPLATES, *LINES]
    ]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    out = FIXTURES / "chat" / "features.json"
    head = json.dumps(CONVERSATIONS, ensure_ascii=False)
    out.write_text(f'{{"conversations":{head},\n"cases":[\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{len(cases)} templates, {out.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
