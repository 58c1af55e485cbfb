import { describe, expect, it } from 'vitest';
import { exampleMaker, type Prompting, rowExcerpt } from './examples.ts';
import { type ColumnMapping, describeMapping, guessMapping, missingColumns, type PairsMapping } from './mapping.ts';
import { compileTemplate, defaultTemplate, templateFor, typedTemplate } from './template.ts';
import { DataError, type Example, type Row } from './types.ts';

const pairs: PairsMapping = { kind: 'pairs', context: 'question', target: 'answer' };

describe('guessMapping', () => {
  it.each([
    [['target', 'Context'], { kind: 'pairs', context: 'Context', target: 'target' }],
    [['id', 'prompt', 'completion'], { kind: 'pairs', context: 'prompt', target: 'completion' }],
    [['output', 'input', 'INSTRUCTION'], { kind: 'pairs', context: 'INSTRUCTION', input: 'input', target: 'output' }],
    [['instruction', 'output'], { kind: 'pairs', context: 'instruction', target: 'output' }],
    [['question', 'answer'], { kind: 'pairs', context: 'question', target: 'answer' }],
    [['answer', 'question', 'context'], { kind: 'pairs', context: 'question', input: 'context', target: 'answer' }],
    [['db_id', 'query', 'question', 'toks'], { kind: 'pairs', context: 'question', target: 'query' }],
    [['input', 'output'], { kind: 'pairs', context: 'input', target: 'output' }],
    [['source', 'target'], { kind: 'pairs', context: 'source', target: 'target' }],
    [['article', 'summary', 'id'], { kind: 'pairs', context: 'article', target: 'summary' }],
    [['messages', 'prompt', 'completion'], { kind: 'chat', column: 'messages' }],
    [['id', 'conversations'], { kind: 'chat', column: 'conversations' }],
    [['Text', 'label', 'id'], { kind: 'text', column: 'Text' }],
    [['de', 'en'], { kind: 'pairs', context: 'de', target: 'en' }],
    [['id', 'query', 'response'], { kind: 'pairs', context: 'query', target: 'response' }],
    [['system', 'user', 'assistant'], { kind: 'pairs', context: 'user', target: 'assistant' }],
    [['prompt', 'chosen', 'rejected'], { kind: 'pairs', context: 'prompt', target: 'chosen' }],
    [['story'], { kind: 'text', column: 'story' }],
    [['a', 'b', 'c'], undefined],
    [[], undefined],
  ])('%j', (columns, expected) => expect(guessMapping(columns)).toEqual(expected));

  it('is told in words, and misses columns by name', () => {
    expect(describeMapping(pairs)).toBe('context from “question”, target from “answer”');
    expect(describeMapping({ ...pairs, input: 'facts' })).toContain('“question” and “facts”');
    expect(missingColumns({ ...pairs, input: 'facts' }, ['question'])).toEqual(['answer', 'facts']);
    expect(missingColumns({ kind: 'chat', column: 'messages' }, ['messages'])).toEqual([]);
  });
});

describe('compileTemplate', () => {
  const columns = ['question', 'answer', 'Table Name'];
  const values = { question: 'How many?', answer: '3', 'Table Name': 'trains' };

  it.each([
    ['{context}\n', 'How many?\n'],
    ['{question}', 'How many?'],
    ['On {Table Name}: { question }', 'On trains: How many?'],
    ['{table_name}', 'trains'],
    ['{{context}} }}{{ {context}', '{context} }{ How many?'],
    ['', ''],
  ])('renders %j', (source, expected) => expect(compileTemplate(source, columns, pairs)(values)).toBe(expected));

  it.each([
    ['{nothing}', 'no column "nothing"; expected one of {context}, {question}, {Table Name}'],
    ['{answer}', '{answer} is the target'],
    ['{target}', '{target} is the target'],
    ['{context', 'character 1 is not closed; write {{'],
    ['a }', 'character 3 closes nothing; write }}'],
  ])('refuses %j', (source, message) => expect(() => compileTemplate(source, columns, pairs)).toThrow(message));

  it('uses Alpaca’s prompt where there is an input', () => {
    const mapping: PairsMapping = { kind: 'pairs', context: 'instruction', input: 'input', target: 'output' };
    const render = compileTemplate(templateFor(mapping), ['instruction', 'input', 'output'], mapping);
    expect(render({ instruction: 'Add', input: '1, 2' })).toMatch(
      /^Below is an instruction that describes a task, paired .*\n\n### Instruction:\nAdd\n\n### Input:\n1, 2\n\n### Response:\n$/,
    );
    expect(render({ instruction: 'Sing', input: '' })).toMatch(
      /^Below.* task\. .*\n\n### Instruction:\nSing\n\n### Response:\n$/,
    );
    expect(templateFor(pairs)).toBe(defaultTemplate);
  });

  it('takes \\n as typed on a command line', () => {
    expect(typedTemplate('Q: {context}\\nA:\\t\\\\n\\x')).toBe('Q: {context}\nA:\t\\n\\x');
  });
});

describe('exampleMaker', () => {
  const rowsOf = (...values: Record<string, unknown>[]): Row[] =>
    values.map((one, i) => ({ line: i + 1, values: one }));
  const makeExamples = (rows: Row[], mapping: ColumnMapping, prompting: Prompting) => {
    const examples: Example[] = [];
    const problems: string[] = [];
    const make = exampleMaker(mapping, prompting);
    for (const row of rows) {
      try {
        examples.push(make(row));
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        problems.push(`${row.line}: ${error.message}`);
      }
    }
    return { examples, problems };
  };
  const asTemplate = {
    kind: 'template',
    template: compileTemplate('Q: {context}', ['question', 'answer'], pairs),
  } as const;

  it('renders pairs and lists rows that are none', () => {
    const parsed = rowsOf(
      { question: 'a', answer: 'b' },
      { question: 'a' },
      { question: 3, answer: true },
      { question: 'a', answer: ' \n' },
      { question: '', answer: 'b' },
      { question: ['a'], answer: 'b' },
      { question: null, answer: 'b' },
      { question: new Date('2020-01-02'), answer: new Date('2020-01-02T03:04:05Z') },
    );
    const { examples, problems } = makeExamples(parsed, pairs, asTemplate);
    expect(examples).toEqual([
      { kind: 'pair', context: 'a', prompt: 'Q: a', target: 'b', line: 1 },
      { kind: 'pair', context: '3', prompt: 'Q: 3', target: 'true', line: 3 },
      { kind: 'pair', context: '', prompt: 'Q: ', target: 'b', line: 5 },
      { kind: 'pair', context: '2020-01-02', prompt: 'Q: 2020-01-02', target: '2020-01-02T03:04:05.000Z', line: 8 },
    ]);
    expect(problems).toEqual([
      '2: column "answer" is missing',
      '4: the target is empty',
      '6: column "question" is not text but a list',
      '7: column "question" is missing',
    ]);
    expect(rowExcerpt(parsed[1]!)).toBe('question: a');
  });

  it('makes a conversation of a pair for a chat model', () => {
    const mapping: PairsMapping = { ...pairs, input: 'facts' };
    const { examples } = makeExamples(rowsOf({ question: 'a', facts: 'f', answer: 'b' }), mapping, { kind: 'chat' });
    expect(examples).toMatchObject([
      {
        kind: 'chat',
        messages: [
          { role: 'user', content: 'a\n\nf' },
          { role: 'assistant', content: 'b' },
        ],
      },
    ]);
  });

  it('joins a prompt and a completion that are messages, and opens with the row’s own system prompt', () => {
    const user = { role: 'user', content: 'a' };
    const assistant = { role: 'assistant', content: 'b' };
    const system = { role: 'system', content: 's' };
    const parsed = rowsOf({ question: [user], answer: [assistant] }, { question: 'a', answer: 'b', system: 's' });
    const { examples } = makeExamples(parsed, pairs, { kind: 'chat' });
    expect(examples).toMatchObject([{ messages: [user, assistant] }, { messages: [system, user, assistant] }]);
    const chat = rowsOf({ chat: [user, assistant], system: 's' }, { chat: [system, user, assistant], system: 'x' });
    for (const example of makeExamples(chat, { kind: 'chat', column: 'chat' }, { kind: 'chat' }).examples)
      expect(example).toMatchObject({ messages: [system, user, assistant] });
  });

  it('reads OpenAI’s and ShareGPT’s conversations, as lists or as JSON text', () => {
    const openAi = [
      { role: 'system', content: 's' },
      { role: 'user', content: [{ type: 'text', text: 'u' }] },
      { role: 'assistant', content: 'a' },
    ];
    const shareGpt = [
      { from: 'system', value: 's' },
      { from: 'human', value: 'u' },
      { from: 'gpt', value: 'a' },
    ];
    const messages = ['system', 'user', 'assistant'].map((role) => ({ role, content: role[0] }));
    const parsed = rowsOf({ chat: openAi }, { chat: shareGpt }, { chat: JSON.stringify(shareGpt) });
    const { examples, problems } = makeExamples(parsed, { kind: 'chat', column: 'chat' }, { kind: 'chat' });
    expect(problems).toEqual([]);
    expect(examples).toMatchObject([{ messages }, { messages }, { messages }]);
    expect(examples[0]?.context).toBe('system: s\nuser: u');
  });

  it('says what is wrong with a conversation', () => {
    const bad = [
      undefined,
      'hello',
      '7',
      [],
      ['hi'],
      [{ content: 'a' }],
      [{ role: 'user', content: 5 }],
      [{ role: 'user', content: 'a' }],
      [{ role: 'assistant', content: null, tool_calls: [{ function: { name: 'f' } }] }],
      [{ role: 'assistant', content: 'so', function_call: { name: 'f' }, tool_calls: [] }],
    ];
    const parsed = rowsOf(...bad.map((chat) => ({ chat })));
    const { problems } = makeExamples(parsed, { kind: 'chat', column: 'chat' }, { kind: 'chat' });
    expect(problems.map((problem) => problem.replace(/^\d+: /, ''))).toEqual([
      'column "chat" is missing',
      'column "chat" is text, but not a JSON list of messages',
      'column "chat" is not a list of messages',
      'column "chat" has no messages',
      'message 1 is not an object with role and content',
      'message 1 has no role',
      'message 1 (user) is not text',
      'no assistant message, so there is no target',
      'message 1 (assistant) calls a tool, which is not supported',
      'message 1 (assistant) calls a tool, which is not supported',
    ]);
  });
});
