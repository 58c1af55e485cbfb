// The column names that data sets commonly use for a context and its target, in the order they are looked for.

/** A name as it is compared: case, spaces, hyphens and underscores do not count. */
export const normaliseName = (name: string) => name.toLowerCase().replace(/[\s_-]/g, '');

/** Context, target and, for layouts like Alpaca's, the optional input: what the question is about. */
export const pairColumns: readonly { context: string; target: string; input?: string }[] = [
  { context: 'context', target: 'target' },
  { context: 'prompt', target: 'completion' },
  { context: 'prompt', target: 'response' },
  { context: 'instruction', input: 'input', target: 'output' },
  { context: 'instruction', input: 'context', target: 'response' },
  { context: 'question', input: 'context', target: 'answer' },
  { context: 'question', input: 'context', target: 'sql' },
  { context: 'question', target: 'query' },
  { context: 'input', target: 'output' },
  { context: 'input', target: 'target' },
  { context: 'source', target: 'target' },
  { context: 'article', target: 'summary' },
  { context: 'article', target: 'highlights' },
  { context: 'document', target: 'summary' },
  { context: 'dialogue', target: 'summary' },
];

/** Other names in use for a context and for its target, best first: any of the ones with any of the others. */
export const contextColumns: readonly string[] = [
  'prompt',
  'instruction',
  'question',
  'query',
  'problem',
  'user',
  'human',
  'input',
  'inputs',
  'inputtext',
  'source',
  'sourcetext',
  'article',
  'document',
  'dialogue',
  'passage',
  'context',
];
export const targetColumns: readonly string[] = [
  'completion',
  'response',
  'chosen',
  'assistant',
  'solution',
  'answer',
  'output',
  'outputs',
  'outputtext',
  'target',
  'targets',
  'targettext',
  'reply',
  'summary',
  'highlights',
];

export const chatColumns: readonly string[] = ['messages', 'conversations', 'conversation'];
/** Chat columns hold an array of messages; any other array at the top of a JSON file is a table or a column. */
export const isChatColumn = (name: string) => chatColumns.includes(normaliseName(name));

export const textColumns: readonly string[] = ['text', 'content'];

export const knownColumnNames: ReadonlySet<string> = new Set([
  ...pairColumns.flatMap(({ context, target, input }) => [context, target, ...(input ? [input] : [])]),
  ...contextColumns,
  ...targetColumns,
  ...chatColumns,
  ...textColumns,
]);
