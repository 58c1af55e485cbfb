import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openFile, parseFile } from './parseFile.ts';
import type { DataFile, ParsedFile } from './types.ts';

const file = (name: string, content: string | Uint8Array): DataFile => ({
  name,
  bytes: async () => (typeof content === 'string' ? new TextEncoder().encode(content) : content),
});
const parse = (name: string, content: string | Uint8Array) => parseFile(file(name, content));
const lines = (parsed: ParsedFile) => parsed.rows.map((row) => row.line);
const cells = (parsed: ParsedFile) => parsed.rows.map((row) => Object.values(row.values));
const reasons = (parsed: ParsedFile) => parsed.problems.map(({ line, reason }) => `${line}: ${reason}`);

describe('recognition by content', () => {
  const table = 'context,target\na,b\n';
  it.each([
    ['pairs.txt', 'a||b\nc||d\n', 'pairs'],
    ['pairs.csv', 'a||b\nc||d\n', 'pairs'],
    ['rows.txt', '{"context":"a","target":"b"}\n{"context":"c","target":"d"}\n', 'jsonl'],
    ['rows.jsonl', '[{"context":"a","target":"b"}]', 'json'],
    ['rows.json', '{"context":"a","target":"b"}\n{"context":"c","target":"d"}\n', 'jsonl'],
    ['one.jsonl', '{"messages":[{"role":"user","content":"a"}]}', 'jsonl'],
    ['table.txt', table, 'csv'],
    ['table.csv', table, 'csv'],
    ['table.csv', 'context;target\na;b\n', 'csv'],
    ['table.dat', 'context\ttarget\na\tb\n', 'tsv'],
    ['table.csv', 'question\tanswer\na, b\tc\n', 'tsv'],
    ['prose.txt', 'Once, there was a mill.\nIt stood by a river.\n', 'text'],
    ['list.txt', '[1] a footnote\nmore prose\n', 'text'],
    ['columns.json', '{"context":["a"],"target":["b"]}', 'json'],
    ['one.csv', 'text\nhello\n', 'csv'],
    ['excel.txt', 'sep=;\nfrage;antwort\na;b\n', 'csv'],
    ['commas.jsonl', '{"a":"b"},\n{"a":"c"},\n', 'jsonl'],
    ['turns.jsonl', '{"chosen":[{"role":"user","content":"a"}]}', 'jsonl'],
    ['broken.json', 'oops {', 'json'],
  ])('%s: %j is %s', async (name, content, layout) => {
    expect((await parse(name, content)).layout).toBe(layout);
  });

  it.each([
    ['empty.csv', new Uint8Array(), 'empty.csv: the file is empty'],
    ['blank.txt', ' \n\n', 'blank.txt: the file is empty'],
    ['rows.jsonl.gz', Uint8Array.of(0x1f, 0x8b, 8), 'gzip archive; unpack it first'],
    ['book.xlsx', Uint8Array.of(0x50, 0x4b, 3, 4), 'export it as .csv'],
    ['model.bin', Uint8Array.of(1, 0, 0, 0), 'binary file; expected .txt'],
    ['page.parquet', '<html>', 'this is not a Parquet file'],
    ['lfs.jsonl', 'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n', 'Git LFS pointer'],
    ['bad.parquet', 'PAR1 and no more', 'the Parquet file cannot be read'],
  ])('refuses %s', async (name, content, message) => {
    await expect(parse(name, content)).rejects.toThrow(message);
  });
});

describe('what is read', () => {
  it('may be a File, with or without bytes(), or any wrapper', async () => {
    const blob = new File(['a||b\n'], 'a.txt');
    const older = { name: 'a.txt', arrayBuffer: () => blob.arrayBuffer() };
    for (const one of [blob, older]) expect(cells(await parseFile(one))).toEqual([['a', 'b']]);
  });

  it('is named when it cannot be read', async () => {
    const gone = { name: 'gone.txt', bytes: () => Promise.reject(new Error('no such file')) };
    await expect(parseFile(gone)).rejects.toThrow('gone.txt: cannot be read (no such file)');
  });
});

describe('text', () => {
  it('divides at the first || and trims nothing', async () => {
    const parsed = await parse('e2e.txt', 'name : A || B ||  c || d \r\n\r\nno divider\r\nx||y');
    expect(cells(parsed)).toEqual([
      ['name : A ', ' B ||  c || d '],
      ['x', 'y'],
    ]);
    expect(lines(parsed)).toEqual([1, 4]);
    expect(reasons(parsed)).toEqual(['3: no || between context and target']);
  });

  it('reads plain text by paragraphs where there are any, else by lines', async () => {
    const paragraphs = await parse('a.txt', 'one\ntwo\n\nthree\n \n\nfour\n');
    expect(cells(paragraphs)).toEqual([['one\ntwo'], ['three'], ['four']]);
    expect(lines(paragraphs)).toEqual([1, 4, 7]);
    expect(cells(await parse('b.txt', 'one\ntwo\n'))).toEqual([['one'], ['two']]);
  });

  it('reads UTF-8 and UTF-16 with a byte-order mark', async () => {
    const text = 'context,target\né,東\n';
    const utf16 = Uint8Array.from(`\uFEFF${text}`, () => 0);
    const wide = new Uint8Array(utf16.length * 2);
    Array.from(`\uFEFF${text}`).forEach((character, i) => {
      new DataView(wide.buffer).setUint16(i * 2, character.charCodeAt(0), true);
    });
    const plain = Uint8Array.from('context,target\né,t\n', (character) => character.charCodeAt(0));
    const unmarked = Uint8Array.from({ length: 2 * plain.length }, (_, i) => (i % 2 ? 0 : plain[i / 2]!));
    expect(cells(await parse('b.csv', unmarked))).toEqual([['é', 't']]);
    for (const bytes of [new TextEncoder().encode(`\uFEFF${text}`), wide]) {
      const parsed = await parse('a.csv', bytes);
      expect(parsed.columns).toEqual(['context', 'target']);
      expect(cells(parsed)).toEqual([['é', '東']]);
    }
  });

  it('leaves out rows that are not UTF-8, by line, and keeps the rest', async () => {
    const bytes = Uint8Array.from(
      [...'a||b\nc||'].map((c) => c.charCodeAt(0)).concat(0xe9, 0x0a, 0x65, 0x7c, 0x7c, 0x66),
    );
    const parsed = await parse('latin.txt', bytes);
    expect(lines(parsed)).toEqual([1, 3]);
    expect(reasons(parsed)).toEqual(['2: not valid UTF-8; save the file as UTF-8']);
    expect(await parse('fine.txt', 'a||\uFFFD\n')).toMatchObject({ problems: [] });
  });

  it('leaves out a huge row', async () => {
    const parsed = await parse('huge.jsonl', `{"text":"${'x'.repeat(1_200_000)}"}\n{"text":"y"}\n`);
    expect(cells(parsed)).toEqual([['y']]);
    expect(reasons(parsed)).toEqual(['1: 1.2 million characters; a row may have 1.0 million']);
    expect(parsed.problems[0]?.excerpt.length).toBeLessThan(100);
  });
});

describe('tables', () => {
  it('reads quotes, line breaks in cells, CRLF and empty lines, with the line each row starts on', async () => {
    const parsed = await parse('a.csv', 'context,target\r\n"a, ""b""\r\nc",d\r\n\r\ne,f\r\n');
    expect(cells(parsed)).toEqual([
      ['a, "b"\r\nc', 'd'],
      ['e', 'f'],
    ]);
    expect(lines(parsed)).toEqual([2, 5]);
    expect(parsed.problems).toEqual([]);
  });

  it('lists ragged rows and broken quotes, and keeps the rest', async () => {
    const parsed = await parse('a.csv', 'context,target\na\nb,c,d\ne,f,\n"g,h\ni,"j"k\nl,m\n');
    expect(cells(parsed)).toEqual([
      ['e', 'f'],
      ['l', 'm'],
    ]);
    expect(lines(parsed)).toEqual([4, 7]);
    expect(reasons(parsed)).toEqual([
      '2: 1 cell, expected 2',
      '3: 3 cells, expected 2',
      '5: a quoted cell is not closed properly',
      '6: a quoted cell is not closed properly',
    ]);
  });

  it('takes quotes as text in a .tsv that does not quote', async () => {
    const parsed = await parse('a.tsv', 'source\ttarget\n"Halt\tStop\n5" long\t5" lang\n');
    expect(cells(parsed)).toEqual([
      ['"Halt', 'Stop'],
      ['5" long', '5" lang'],
    ]);
    expect(lines(parsed)).toEqual([2, 3]);
  });

  it('takes the delimiter that Excel names, and pandas’ column without a name', async () => {
    const excel = await parse('a.csv', 'sep=;\r\nfrage;antwort\r\na,b;c\r\n');
    expect(excel.rows).toEqual([{ line: 3, values: { frage: 'a,b', antwort: 'c' } }]);
    expect((await parse('b.csv', ',prompt,completion\n0,a,b\n')).columns).toEqual(['column 1', 'prompt', 'completion']);
    expect((await parse('c.csv', ',de,en\n0,a,b\n')).columns).toEqual(['column 1', 'de', 'en']);
    expect((await parse('d.csv', 'prompt,completion,\na,b,\n')).columns).toEqual(['prompt', 'completion', 'column 3']);
    expect((await parse('e.csv', '"a, b, c";answer\nx;y\n')).columns).toEqual(['a, b, c', 'answer']);
  });

  it('reads lines that end in a carriage return alone', async () => {
    expect(cells(await parse('a.txt', 'a||b\rc||d\r'))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(lines(await parse('a.csv', 'context,target\ra,b\rc,d\r'))).toEqual([2, 3]);
  });

  it.each([
    ['sentences above sentences', 'Where is the mill?,By the river.\nWho runs it?,Nobody does.\n', 'data'],
    ['a number above numbers', 'a,12\nb,7.5\n', 'data'],
    ['a label that comes again', 'so good\tpositive\nnot so\tnegative\nbad\tpositive\n', 'data'],
    ['long texts', `${'x '.repeat(40)};y\n${'z '.repeat(50)};w\n`, 'data'],
    ['one row alone', 'Where is the mill?,By the river.\n', 'data'],
    ['names that are not known', 'frage,antwort\nWo ist die Mühle?,Am Fluss.\n', 'names'],
    ['names that are known, above what they say', 'prompt,target\nprompt,target\n', 'names'],
    ['questions of a form above short answers', 'Zeit,How do you like the mill?\n9:30,well\n9:45,so so\n', 'names'],
    ['a question above notes', 'de,Was? Wann?\nja,"a b c d e f"\nnein,"g h i j k l"\n', 'names'],
    ['numbers as pandas numbers columns', '0,1\na,b\n', 'names'],
    ['numbers as pandas numbers columns and rows', ',0,1\n0,a,b\n', 'names'],
    ['a header that stands in the file twice', 'de,en\nja,yes\nde,en\nnein,no\n', 'names'],
  ])('sees whether the first row names the columns: %s', async (_, text, firstRow) => {
    const opened = await openFile(file('a.csv', text));
    expect(opened.firstRow).toBe(firstRow);
    const count = text.trim().split('\n').length;
    for (const asked of ['names', 'data'] as const) {
      const parsed = await parseFile(file('a.csv', text), { firstRow: asked });
      expect(parsed.rows.length).toBe(asked === 'data' ? count : count - 1);
      expect(parsed.columns[1]).toBe(asked === 'data' ? 'column 2' : text.split('\n')[0]!.split(/[,;\t]/)[1]);
    }
  });

  it('numbers the columns where the first row cannot name them', async () => {
    const parsed = await parse('a.tsv', 'same\tsame\na\tb\n');
    expect(parsed.columns).toEqual(['column 1', 'column 2']);
    expect(parsed.rows.length).toBe(2);
  });

  it('reads back what a table writer wrote, whatever is in the cells', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r\n', ' ', 'é', '|', ';', '\t', "'") });
    const row = fc.tuple(cell, cell).filter((pair) => pair.some((text) => text !== ''));
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(',', '\t'),
        async (rows, delimiter) => {
          const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
          const written = [['context', 'target'], ...rows].map((one) => one.map(quoted).join(delimiter));
          const parsed = await parse(delimiter === ',' ? 'a.csv' : 'a.tsv', written.join('\r\n'));
          expect(cells(parsed)).toEqual(rows);
          expect(parsed.problems).toEqual([]);
          const lineAfter = (count: number) => written.slice(0, count).join('\n').split('\n').length + 1;
          expect(lines(parsed)).toEqual(rows.map((_, i) => lineAfter(i + 1)));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('JSON', () => {
  it('reads an array over several lines, and says on which line a broken row stands', async () => {
    const parsed = await parse(
      'a.json',
      '[\n {"context": "a",\n  "target": "b"},\n {"context": "c" "target": "d"},\n 7,\n {"context": "e"}\n]',
    );
    expect(lines(parsed)).toEqual([2, 6]);
    expect(parsed.columns).toEqual(['context', 'target']);
    expect(reasons(parsed)[0]).toMatch(/^4: wrong JSON: /);
    expect(reasons(parsed)[1]).toBe('5: expected a JSON object with named columns, got a number');
  });

  it.each([
    ['a missing quote', '[\n{"a": "x"},\n{"a": "y},\n{"a": "z"}\n]'],
    ['a missing bracket', '[\n{"a": "x"},\n{"a": "y",\n{"a": "z"}\n]'],
    ['a missing nested bracket', '[\n  {"a": "x"},\n  {"a": ["y", "b": {\n    "c": 1}\n  },\n  {"a": "z"}\n]'],
    ['a file cut short', '[\n{"a": "x"},\n{"a": "z"},\n{"a": "y'],
  ])('loses only one row to %s', async (_, text) => {
    const parsed = await parse('a.json', text);
    expect(cells(parsed)).toEqual([['x'], ['z']]);
    expect(parsed.problems.length).toBe(1);
  });

  it('finds the table within an object', async () => {
    const wrapped = await parse(
      'a.json',
      '{\n"version": 1, "meta": {"x": [1]},\n"data": [\n{"q": "a"},\n{"q": "]}"}]}',
    );
    expect(cells(wrapped)).toEqual([['a'], [']}']]);
    expect(lines(wrapped)).toEqual([4, 5]);
    const viewer = await parse('b.json', '{"rows":[{"row_idx":0,"row":{"q":"a"},"truncated_cells":[]}]}');
    expect(cells(viewer)).toEqual([['a']]);
  });

  it('reads an object of columns, pandas’ too, and lists values that have no partner', async () => {
    const parsed = await parse('a.json', '{"context":["a","b"],"target":["c"]}');
    expect(cells(parsed)).toEqual([['a', 'c']]);
    expect(reasons(parsed)).toEqual(['2: column "target" has 1 values, another has 2']);
    expect(cells(await parse('b.json', '{"q":{"0":"a","1":"b"},"r":{"0":"c","1":"d"}}'))).toEqual([
      ['a', 'c'],
      ['b', 'd'],
    ]);
  });

  it('reads JSONL, skipping blank lines, listing bad ones', async () => {
    const parsed = await parse('a.jsonl', '{"a":"x"}\n\n{"a":\n["y"]\n{"b":"z"}\n');
    expect(lines(parsed)).toEqual([1, 5]);
    expect(parsed.columns).toEqual(['a', 'b']);
    expect(reasons(parsed)[0]).toMatch(/^3: wrong JSON/);
    expect(reasons(parsed)[1]).toBe('4: expected a JSON object with named columns, got an array');
  });

  it('reads what Python and jq write: NaN, objects one after the other, lists of strings', async () => {
    const nan = await parse('a.jsonl', '{"a":"x NaN \\" ","b":NaN}\n{"a":"y","b":-Infinity}\n');
    expect(cells(nan)).toEqual([
      ['x NaN " ', null],
      ['y', null],
    ]);
    const stream = await parse('b.json', '\n{\n "a": "x",\n "b": [{}]\n}\n{\n "a": "y"\n}\n');
    expect(stream.rows.map(({ line, values }) => [line, values.a])).toEqual([
      [2, 'x'],
      [6, 'y'],
    ]);
    expect(cells(await parse('c.json', '["a",\n"b"]'))).toEqual([['a'], ['b']]);
  });

  it('says which of several tables it leaves', async () => {
    const parsed = await parse('a.json', '{"test":[{"a":"x"}],\n"train":[{"a":"y"}]}');
    expect(cells(parsed)).toEqual([['y']]);
    expect(reasons(parsed)).toEqual([
      '1: only the rows under "train" are read; give those under "test" a file of their own',
    ]);
  });

  it('spreads objects into columns where nothing else can be used', async () => {
    const parsed = await parse(
      'a.jsonl',
      '{"id":1,"translation":{"en":"a","fr":"b"}}\n{"id":2,"translation":{"en":"c"}}\n',
    );
    expect(parsed.columns).toEqual(['id', 'translation.en', 'translation.fr']);
    expect(parsed.rows[1]?.values).toEqual({ id: 2, 'translation.en': 'c' });
    expect((await parse('b.jsonl', '{"prompt":"a","completion":"b","meta":{"x":1}}\n{}')).columns).toContain('meta');
  });

  it('reads back any rows, written in any of the ways', async () => {
    const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.jsonValue()), fc.constant(null));
    const row = fc.record({ context: fc.string({ unit: 'binary' }), target: cell });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 0, max: 3 }),
        async (rows, indent) => {
          const expected: unknown[] = JSON.parse(JSON.stringify(rows));
          const texts = {
            'a.json': JSON.stringify(rows, null, indent),
            'b.json': JSON.stringify({ data: rows }, null, indent),
            'c.jsonl': rows.map((one) => JSON.stringify(one)).join('\n'),
          };
          for (const [name, text] of Object.entries(texts)) {
            const parsed = await parse(name, text);
            expect(parsed.problems, name).toEqual([]);
            expect(
              parsed.rows.map((one) => one.values),
              name,
            ).toEqual(expected);
            for (const { line } of parsed.rows) expect(text.split('\n')[line - 1], name).toContain('{');
          }
        },
      ),
    );
  });
});

it('never throws anything but a DataError, whatever the bytes', async () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\n',
    '\\',
    '||',
    '\t',
    'a',
    'PAR1',
    '\r',
    '{"a":"b"}',
    ';',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 40 }),
      fc.constantFrom('a.csv', 'a.json', 'a.txt', 'a.tsv'),
      async (pieces, name) => {
        const text = pieces.join('');
        const parsed = await parse(name, text).catch((error: unknown) => error);
        if (parsed instanceof Error) expect(parsed.name).toBe('DataError');
      },
    ),
    { numRuns: 1000 },
  );
});

describe('Parquet', () => {
  const fixture = (name: string) =>
    new Uint8Array(readFileSync(new URL(`../../e2e/fixtures/data/${name}`, import.meta.url)));

  it.each(['none', 'snappy', 'zstd', 'gzip', 'brotli', 'lz4'])('reads %s compression', async (codec) => {
    const parsed = await parse('a.bin', fixture(`pairs.${codec}.parquet`));
    expect(parsed.layout).toBe('parquet');
    expect(parsed.columns).toEqual(['prompt', 'completion', 'score']);
    expect(lines(parsed)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    expect(parsed.rows[24]?.values).toMatchObject({
      prompt: 'Where is mill 24? ½ é 東',
      completion: 'Mill 24 is by the river.',
    });
    expect(parsed.rows[7]?.values.completion ?? null).toBeNull();
  });

  it('reads what Node’s readFile gives: a stretch of a larger buffer', async () => {
    const read = fixture('pairs.snappy.parquet');
    const larger = Buffer.alloc(read.length + 24);
    larger.set(read, 16);
    const { rows, problems } = await parse('a.parquet', larger.subarray(16, 16 + read.length));
    expect([rows.length, problems]).toEqual([25, []]);
  });

  it('reads lists of messages', async () => {
    const parsed = await parse('a.parquet', fixture('chat.snappy.parquet'));
    expect(parsed.columns).toEqual(['messages', 'source']);
    expect(parsed.rows[1]?.values.messages).toEqual([
      { role: 'user', content: 'Hello 1' },
      { role: 'assistant', content: 'Good day 1' },
    ]);
  });

  it('loses only the rows of a damaged group', async () => {
    const bytes = fixture('pairs.zstd.parquet');
    bytes.fill(0xff, 30, 60);
    const parsed = await parse('a.parquet', bytes);
    expect(reasons(parsed)[0]).toMatch(/^1: rows 1 to 10 cannot be read/);
    expect(lines(parsed)).toEqual(Array.from({ length: 15 }, (_, i) => i + 11));
  });
});
