// Which matrices of a model a PEFT configuration names: the rules of PEFT's `check_target_module_exists` and
// `_maybe_include_all_linear_layers` (peft/tuners/tuners_utils.py).
import { FormatError } from '../formats/formatError.ts';
import { type AdapterConfig, pythonRegExp } from '../formats/peft.ts';
import type { Architecture } from '../model/architecture.ts';
import { blockPath, type TargetPlace, targetPlaces } from '../model/linears.ts';

/** A linear layer that PEFT can adapt. */
export interface PeftModule {
  readonly layer: number;
  readonly place: TargetPlace;
  /** Path from the model's root: what PEFT's keys carry. */
  readonly path: string;
}

/** Every adaptable module of a model by its path. GPT-2's fused projection is one module, `qkv`. */
export function peftModules(a: Architecture): Map<string, PeftModule> {
  const places = targetPlaces(a);
  const whole = places.filter(({ target }) => !(a.isConv1D && (target === 'q' || target === 'k' || target === 'v')));
  const modules = new Map<string, PeftModule>();
  for (let layer = 0; layer < a.layers; layer++) {
    for (const place of whole) {
      const path = `${blockPath(a, layer)}.${place.moduleName}`;
      modules.set(path, { layer, place, path });
    }
  }
  return modules;
}

/** What `target_modules` holds for a matrix: the shortest suffix that names no other. */
export function peftTargetName(a: Architecture, { moduleName }: TargetPlace): string {
  const isUnique = !a.isConv1D || moduleName === 'attn.c_attn';
  return isUnique ? moduleName.slice(moduleName.lastIndexOf('.') + 1) : moduleName;
}

/** A predicate over module paths. Throws a FormatError where a pattern is not a regular expression. */
export function targetedBy(config: AdapterConfig, fileName: string): (path: string) => boolean {
  const { targetModules, excludeModules, layersToTransform, layersPattern } = config;
  const isExcluded = excludeModules === undefined ? () => false : namedBy(excludeModules, 'exclude_modules', fileName);
  if (typeof targetModules === 'string' && targetModules.toLowerCase() === 'all-linear') {
    return (path) => !isExcluded(path);
  }
  const isNamed = namedBy(targetModules, 'target_modules', fileName);
  // PEFT looks at layers only where target_modules is a list, and there not at a module that is named by its whole path.
  const isWholePath = (path: string) => typeof targetModules !== 'string' && targetModules.includes(path);
  const layers = typeof targetModules === 'string' || !layersToTransform?.length ? undefined : layersToTransform;
  const patterns = [layersPattern ?? []].flat().filter((pattern) => pattern !== '');
  const before = patterns.length === 0 ? '.*?\\.[^.]*' : `(?:.*?\\.)?(?:${patterns.join('|')})`;
  const layerOf = compile(`^${before}\\.(\\d+)\\.`, 'layers_pattern', fileName);
  return (path) =>
    !isExcluded(path) &&
    isNamed(path) &&
    (layers === undefined || isWholePath(path) || layers.includes(Number(layerOf.exec(path)?.[1] ?? Number.NaN)));
}

function namedBy(names: string[] | string, field: string, fileName: string): (path: string) => boolean {
  if (typeof names !== 'string') return (path) => names.some((name) => path === name || path.endsWith(`.${name}`));
  const whole = compile(`^(?:${names})$`, field, fileName);
  return (path) => whole.test(path);
}

function compile(source: string, field: string, fileName: string): RegExp {
  try {
    return pythonRegExp(source);
  } catch {
    throw new FormatError(fileName, `${field}: not a regular expression that is understood here`);
  }
}
