// A parsed template → text, as Jinja renders it in transformers' sandbox. Names set in a loop's turn, a macro or a `with`
// are gone after it; an `if` has no names of its own.
// Source: pallets/jinja 3.1, `src/jinja2/{compiler,runtime,environment}.py`.
import { filtered, isFilter } from './filters.ts';
import { arithmetic, attributeOf, isSo, itemOf, sliceOf } from './operators.ts';
import type { Arguments, Expression, Parameter, Statement, Target } from './syntax.ts';
import { isTest, passes } from './tests.ts';
import {
  type Callable,
  Float,
  isDict,
  isTrue,
  iterate,
  JinjaError,
  type Named,
  numberOf,
  PyObject,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
} from './values.ts';

class Scope {
  constructor(
    readonly outer: Scope | undefined,
    readonly names = new Map<string, Value>(),
  ) {}

  find(name: string): Value {
    const own = this.names.get(name);
    if (own !== undefined) return own;
    return this.outer ? this.outer.find(name) : new Undefined(`'${name}' is undefined`);
  }
}

/** How a body ended: at its end, or by {% break %} or {% continue %}. */
type End = 'end' | 'break' | 'continue';

/** More loop turns and calls than a chat template takes: what goes on without end is refused. */
const MOST_STEPS = 2_000_000;
const MOST_DEPTH = 200;

/** Throws JinjaError. */
export function render(template: readonly Statement[], globals: Map<string, Value>): string {
  const renderer = new Renderer();
  renderer.run(template, new Scope(new Scope(undefined, globals)));
  return renderer.out.join('');
}

class Renderer {
  out: string[] = [];
  #steps = 0;
  #depth = 0;

  run(body: readonly Statement[], scope: Scope): End {
    for (const statement of body) {
      this.#step();
      const end = this.#statement(statement, scope);
      if (end !== 'end') return end;
    }
    return 'end';
  }

  #step(): void {
    if (++this.#steps > MOST_STEPS) throw new JinjaError('the template does not end');
  }

  #statement(s: Statement, scope: Scope): End {
    switch (s.kind) {
      case 'data':
        this.out.push(s.text);
        return 'end';
      case 'output':
        this.out.push(textOf(this.#value(s.value, scope)));
        return 'end';
      case 'break':
      case 'continue':
        return s.kind;
      case 'body':
        return this.run(s.body, scope);
      case 'if':
        return this.run(isTrue(this.#value(s.test, scope)) ? s.body : s.otherwise, scope);
      case 'for':
        return this.#loop(s, scope);
      case 'set':
        this.#assign(s.target, this.#value(s.value, scope), scope);
        return 'end';
      case 'setBlock': {
        const text = this.#captured(s.body, new Scope(scope));
        this.#assign(s.target, s.filter ? this.#value(s.filter, scope, text) : text, scope);
        return 'end';
      }
      case 'filterBlock':
        this.out.push(textOf(this.#value(s.filter, scope, this.#captured(s.body, new Scope(scope)))));
        return 'end';
      case 'macro':
        scope.names.set(s.name, this.#macro(s.name, s.parameters, s.body, scope));
        return 'end';
      case 'callBlock': {
        const caller = this.#macro('caller', s.parameters, s.body, scope);
        this.out.push(textOf(this.#call(s.call, scope, caller)));
        return 'end';
      }
      case 'with': {
        const inner = new Scope(scope);
        for (const { target, value } of s.assigned) this.#assign(target, this.#value(value, scope), inner);
        return this.run(s.body, inner);
      }
    }
  }

  #captured(body: readonly Statement[], scope: Scope): string {
    const before = this.out;
    this.out = [];
    try {
      this.run(body, scope);
      return this.out.join('');
    } finally {
      this.out = before;
    }
  }

  #assign(target: Target, value: Value, scope: Scope): void {
    if (target.kind === 'name') {
      scope.names.set(target.name, value);
    } else if (target.kind === 'attribute') {
      const object = scope.find(target.name);
      if (!(object instanceof PyObject && object.isNamespace)) {
        throw new JinjaError('cannot assign attribute on non-namespace object');
      }
      object.attributes.set(target.attribute, value);
    } else {
      const items = iterate(value);
      if (items.length !== target.items.length) {
        throw new JinjaError(`expected ${target.items.length} values to unpack, got ${items.length}`);
      }
      target.items.forEach((one, i) => {
        this.#assign(one, items[i] ?? null, scope);
      });
    }
  }

  #loop(s: Statement & { kind: 'for' }, scope: Scope): End {
    const all = iterate(this.#value(s.items, scope));
    const items = s.test
      ? all.filter((item) => {
          const inner = new Scope(scope);
          this.#assign(s.target, item, inner);
          return s.test === undefined || isTrue(this.#value(s.test, inner));
        })
      : all;
    if (items.length === 0) return this.run(s.otherwise, new Scope(scope));
    let last: Value | undefined;
    const changed: Callable = (args) => {
      const isSame = last !== undefined && isSo('==', last, args);
      last = args;
      return !isSame;
    };
    for (const [i, item] of items.entries()) {
      this.#step();
      const turn = new Scope(scope);
      turn.names.set('loop', loopObject(items, i, changed));
      this.#assign(s.target, item, turn);
      if (this.run(s.body, turn) === 'break') break;
    }
    return 'end';
  }

  #macro(name: string, parameters: readonly Parameter[], body: readonly Statement[], scope: Scope): PyObject {
    const call: Callable = (args, named) => {
      if (this.#depth >= MOST_DEPTH) throw new JinjaError(`${name} calls itself too often`);
      const inner = new Scope(scope);
      const known = new Set(parameters.map((parameter) => parameter.name));
      for (const [i, parameter] of parameters.entries()) {
        const given = args[i] ?? named.get(parameter.name);
        const missing = () => new Undefined(`parameter '${parameter.name}' was not provided`);
        inner.names.set(
          parameter.name,
          given ?? (parameter.initial ? this.#value(parameter.initial, inner) : missing()),
        );
      }
      const rest = [...named].filter(([key]) => !known.has(key) && key !== 'caller');
      inner.names.set('varargs', new Tuple(args.slice(parameters.length)));
      inner.names.set('kwargs', new Map<Value, Value>(rest));
      inner.names.set('caller', named.get('caller') ?? new Undefined("'caller' is undefined"));
      this.#depth++;
      try {
        return this.#captured(body, inner);
      } finally {
        this.#depth--;
      }
    };
    return new PyObject(new Map([['name', name]]), call);
  }

  /** `piped`: the text of a block, for the filter that has no operand. */
  #value(e: Expression, scope: Scope, piped?: string): Value {
    switch (e.kind) {
      case 'text':
      case 'integer':
      case 'constant':
        return e.value;
      case 'float':
        return new Float(e.value);
      case 'name':
        return scope.find(e.name);
      case 'list':
        return e.items.map((item) => this.#value(item, scope));
      case 'tuple':
        return new Tuple(e.items.map((item) => this.#value(item, scope)));
      case 'dict':
        return new Map(e.entries.map(([key, value]) => [this.#value(key, scope), this.#value(value, scope)]));
      case 'attribute':
        return attributeOf(this.#value(e.object, scope), e.name);
      case 'item':
        return itemOf(this.#value(e.object, scope), this.#value(e.index, scope));
      case 'slice': {
        const bound = (one: Expression | undefined) => (one ? this.#value(one, scope) : null);
        return sliceOf(this.#value(e.object, scope), [bound(e.bounds[0]), bound(e.bounds[1]), bound(e.bounds[2])]);
      }
      case 'call':
        return this.#call(e, scope);
      case 'filter': {
        const value = e.operand ? this.#value(e.operand, scope, piped) : (piped ?? '');
        const { positional, named } = this.#arguments(e.args, scope);
        return filtered(e.name, value, positional, named);
      }
      case 'test':
        return this.#test(e, scope);
      case 'not':
        return !isTrue(this.#value(e.operand, scope));
      case 'negative':
        return arithmetic('-', 0, this.#value(e.operand, scope));
      case 'positive':
        return arithmetic('+', 0, this.#value(e.operand, scope));
      case 'and': {
        const left = this.#value(e.left, scope);
        return isTrue(left) ? this.#value(e.right, scope) : left;
      }
      case 'or': {
        const left = this.#value(e.left, scope);
        return isTrue(left) ? left : this.#value(e.right, scope);
      }
      case 'arithmetic':
        return arithmetic(e.operator, this.#value(e.left, scope), this.#value(e.right, scope));
      case 'comparison': {
        let left = this.#value(e.first, scope);
        return e.rest.every(({ operator, right: expression }) => {
          const right = this.#value(expression, scope);
          const holds = isSo(operator, left, right);
          left = right;
          return holds;
        });
      }
      case 'choice':
        if (isTrue(this.#value(e.test, scope))) return this.#value(e.yes, scope);
        return e.no ? this.#value(e.no, scope) : new Undefined('the inline if-expression has no else');
    }
  }

  #test(e: Expression & { kind: 'test' }, scope: Scope): boolean {
    const value = this.#value(e.operand, scope);
    if (e.name === 'filter') return isFilter(textOf(value));
    if (e.name === 'test') return isTest(textOf(value));
    return passes(e.name, value, this.#arguments(e.args, scope).positional);
  }

  #call(e: Expression & { kind: 'call' }, scope: Scope, caller?: PyObject): Value {
    const callee = this.#value(e.callee, scope);
    if (callee instanceof Undefined) callee.fail();
    const call = callee instanceof PyObject ? callee.call : callee;
    if (typeof call !== 'function') throw new JinjaError(`'${typeName(callee)}' object is not callable`);
    this.#step();
    const { positional, named } = this.#arguments(e.args, scope);
    if (caller) named.set('caller', caller);
    return call(positional, named);
  }

  #arguments(args: Arguments, scope: Scope): { positional: Value[]; named: Map<string, Value> } {
    const positional = args.positional.map((value) => this.#value(value, scope));
    const named = new Map(args.named.map(({ name, value }) => [name, this.#value(value, scope)]));
    if (args.spread) positional.push(...iterate(this.#value(args.spread, scope)));
    const more = args.namedSpread ? this.#value(args.namedSpread, scope) : undefined;
    if (more !== undefined && isDict(more)) for (const [key, value] of more) named.set(textOf(key), value);
    return { positional, named };
  }
}

function loopObject(items: readonly Value[], i: number, changed: Callable): PyObject {
  const outside = (what: string) => new Undefined(`there is no ${what} item`);
  const attributes = new Map<string, Value>()
    .set('index', i + 1)
    .set('index0', i)
    .set('revindex', items.length - i)
    .set('revindex0', items.length - i - 1)
    .set('first', i === 0)
    .set('last', i === items.length - 1)
    .set('length', items.length)
    .set('depth', 1)
    .set('depth0', 0)
    .set('previtem', items[i - 1] ?? outside('previous'))
    .set('nextitem', items[i + 1] ?? outside('next'))
    .set('cycle', (args: readonly Value[]) => args[i % args.length] ?? null)
    .set('changed', changed);
  return new PyObject(attributes);
}

/** What every template may call. */
export const GLOBALS: Readonly<Record<string, Callable>> = {
  range(args) {
    const numbers = args.map((value) => numberOf(value) ?? Number.NaN);
    const [start = 0, stop = 0, step = 1] = numbers.length === 1 ? [0, ...numbers] : numbers;
    const count = Math.max(0, Math.ceil((stop - start) / step));
    if (!(count <= 100_000))
      throw new JinjaError('Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).');
    return Array.from({ length: count }, (_, i) => start + i * step);
  },
  dict: ([base], named) => merged(base, named),
  namespace: ([base], named) => {
    const attributes = [...merged(base, named)].map(([key, value]): [string, Value] => [textOf(key), value]);
    return new PyObject(new Map(attributes), undefined, true);
  },
  joiner([separator = ', ']) {
    let isUsed = false;
    const call: Callable = () => {
      const text = isUsed ? separator : '';
      isUsed = true;
      return text;
    };
    return new PyObject(new Map(), call);
  },
  cycler(items) {
    let at = 0;
    const current = () => items[at] ?? null;
    const next: Callable = () => {
      const value = current();
      at = (at + 1) % items.length;
      return value;
    };
    return new PyObject(new Map<string, Value>([['next', next]]));
  },
};

function merged(base: Value | undefined, named: Named): Map<Value, Value> {
  if (base === undefined) return new Map<Value, Value>(named);
  const pairs = isDict(base)
    ? [...base]
    : iterate(base).map((pair): [Value, Value] => [itemOf(pair, 0), itemOf(pair, 1)]);
  return new Map<Value, Value>([...pairs, ...named]);
}
