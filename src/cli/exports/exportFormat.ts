// What `export` knows of a format: its flags, and the function that turns a model with adapters into files. A format is one
// file beside this one and one line in commands/export.ts.
import type { ZipEntry } from '../../formats/zipWriter.ts';
import type { LocalAdapter } from '../adapterFolder.ts';
import type { FlagKind, Flags } from '../flags.ts';
import type { LocalModel } from '../modelFolder.ts';

export const EXPORT_DTYPES = ['f32', 'f16', 'q8', 'q4'] as const;
export type ExportDtype = (typeof EXPORT_DTYPES)[number];

export interface NamedAdapter extends LocalAdapter {
  /** As it was given. */
  readonly path: string;
}

export interface ExportJob {
  readonly flags: Flags;
  readonly model: LocalModel;
  /** In the order given; as many as the format takes. */
  readonly adapters: readonly NamedAdapter[];
  /** As given, else the format's first; undefined where the format takes none. */
  readonly dtype: ExportDtype | undefined;
}

export interface Exported {
  /** Names may hold forward slashes. */
  readonly files: readonly ZipEntry[];
  /** What a person should know beside the number of files: what was widened or left out. */
  readonly notes?: readonly string[];
}

export interface ExportFormat {
  /** The types that --dtype may name, the default first; none: the format takes no --dtype. */
  readonly dtypes: readonly ExportDtype[];
  readonly adapters: { readonly least: number; readonly most: number };
  /** Flags of this format alone; with another one they are refused. */
  readonly flags?: Readonly<Record<string, FlagKind>>;
  /** What needs no model's files; undefined where --model is to be opened. */
  readonly withoutModel?: (flags: Flags) => Promise<Exported | undefined>;
  /** Where the format's own flags say which model it is, when --model does not. */
  readonly modelPath?: (flags: Flags) => Promise<string | undefined>;
  /** One file with this ending: --out may name it, else it is a folder. */
  readonly fileEnding?: string;
  readonly files: (job: ExportJob) => Promise<Exported>;
}
