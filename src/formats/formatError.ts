/**
 * The error of every reader and writer in this folder: a file that is not what it claims to be.
 * `fileName` is kept apart from the message so that a panel can put the error beside the file.
 */
export class FormatError extends Error {
  override readonly name = 'FormatError';
  readonly fileName: string;

  constructor(fileName: string, problem: string) {
    super(`${fileName}: ${problem}`);
    this.fileName = fileName;
  }
}
