// A prompt in one short line: its last, which is the question, without its label.
const LENGTH = 64;

export function promptTitle(prompt: string): string {
  const lines = prompt.split('\n').filter((line) => line.trim() !== '');
  const line = (lines.at(-1) ?? '').trim().replace(/^question: /, '');
  return line.length <= LENGTH ? line : `${line.slice(0, LENGTH - 1).trimEnd()}…`;
}
