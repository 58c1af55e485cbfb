// Jinja's expressions, each level of precedence a method, the loosest first.
// Source: pallets/jinja 3.1, `src/jinja2/parser.py`.
import type { Token } from './lexer.ts';
import type { Arguments, Expression } from './syntax.ts';
import { JinjaError } from './values.ts';

const CONSTANTS: Readonly<Record<string, boolean | null>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
const NO_ARGUMENTS: Arguments = { positional: [], named: [], spread: undefined, namedSpread: undefined };

export class ExpressionParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  protected get current(): Token {
    return this.#tokens[this.#at] ?? { type: 'end', value: '' };
  }

  protected advance(): void {
    this.#at++;
  }

  protected unexpected(expected?: string): JinjaError {
    const { type, value } = this.current;
    const got = type === 'end' ? 'the end' : type === 'text' ? JSON.stringify(value) : value;
    return new JinjaError(expected === undefined ? `unexpected ${got}` : `expected ${expected}, got ${got}`);
  }

  protected isOperator(...operators: string[]): boolean {
    return this.current.type === 'operator' && operators.includes(this.current.value);
  }

  protected skipOperator(operator: string): boolean {
    const isThere = this.isOperator(operator);
    if (isThere) this.advance();
    return isThere;
  }

  protected operator(operator: string): void {
    if (!this.skipOperator(operator)) throw this.unexpected(`'${operator}'`);
  }

  protected isKeyword(...keywords: string[]): boolean {
    return this.current.type === 'name' && keywords.includes(this.current.value);
  }

  protected skipKeyword(keyword: string): boolean {
    const isThere = this.isKeyword(keyword);
    if (isThere) this.advance();
    return isThere;
  }

  protected keyword(keyword: string): void {
    if (!this.skipKeyword(keyword)) throw this.unexpected(keyword);
  }

  protected name(): string {
    const { type, value } = this.current;
    if (type !== 'name') throw this.unexpected('a name');
    this.advance();
    return value;
  }

  /** One expression, or several with commas as a tuple. `ends`: names that end it. */
  protected tuple(
    options: { hasChoice?: boolean; ends?: readonly string[]; isInParentheses?: boolean } = {},
  ): Expression {
    const { hasChoice = true, ends = [], isInParentheses = false } = options;
    const items: Expression[] = [];
    let isTuple = false;
    for (;;) {
      if (items.length > 0 && !this.skipOperator(',')) break;
      if (items.length > 0) isTuple = true;
      if (this.current.type === 'close' || this.isOperator(')') || this.isKeyword(...ends)) break;
      items.push(hasChoice ? this.expression() : this.#or());
    }
    const [first] = items;
    if (!isTuple && first) return first;
    if (!first && !isInParentheses) throw this.unexpected('an expression');
    return { kind: 'tuple', items };
  }

  protected expression(): Expression {
    let value = this.#or();
    while (this.skipKeyword('if')) {
      const test = this.#or();
      const no = this.skipKeyword('else') ? this.expression() : undefined;
      value = { kind: 'choice', test, yes: value, no };
    }
    return value;
  }

  #or(): Expression {
    let left = this.#and();
    while (this.skipKeyword('or')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.skipKeyword('and')) left = { kind: 'and', left, right: this.#not() };
    return left;
  }

  #not(): Expression {
    return this.skipKeyword('not') ? { kind: 'not', operand: this.#not() } : this.#comparison();
  }

  #comparison(): Expression {
    const first = this.#sum();
    const rest: { operator: string; right: Expression }[] = [];
    for (;;) {
      const { value } = this.current;
      if (this.isOperator(...COMPARISONS)) {
        this.advance();
        rest.push({ operator: value, right: this.#sum() });
      } else if (this.skipKeyword('in')) {
        rest.push({ operator: 'in', right: this.#sum() });
      } else if (this.isKeyword('not') && this.#tokens[this.#at + 1]?.value === 'in') {
        this.#at += 2;
        rest.push({ operator: 'not in', right: this.#sum() });
      } else break;
    }
    return rest.length === 0 ? first : { kind: 'comparison', first, rest };
  }

  #chain(operators: readonly string[], next: () => Expression): Expression {
    let left = next();
    while (this.isOperator(...operators)) {
      const operator = this.current.value;
      this.advance();
      left = { kind: 'arithmetic', operator, left, right: next() };
    }
    return left;
  }

  #sum(): Expression {
    return this.#chain(['+', '-'], () => this.#joined());
  }

  #joined(): Expression {
    return this.#chain(['~'], () => this.#product());
  }

  #product(): Expression {
    return this.#chain(['*', '/', '//', '%'], () => this.#power());
  }

  #power(): Expression {
    return this.#chain(['**'], () => this.#unary(true));
  }

  #unary(hasFilter: boolean): Expression {
    let value: Expression;
    if (this.skipOperator('-')) value = { kind: 'negative', operand: this.#unary(false) };
    else if (this.skipOperator('+')) value = { kind: 'positive', operand: this.#unary(false) };
    else value = this.#primary();
    value = this.#postfix(value);
    return hasFilter ? this.#filtered(value) : value;
  }

  #primary(): Expression {
    const { type, value } = this.current;
    this.advance();
    switch (type) {
      case 'name': {
        const constant = Object.hasOwn(CONSTANTS, value) ? CONSTANTS[value] : undefined;
        return constant === undefined ? { kind: 'name', name: value } : { kind: 'constant', value: constant };
      }
      case 'text': {
        let text = value;
        for (; this.current.type === 'text'; this.advance()) text += this.current.value;
        return { kind: 'text', value: text };
      }
      case 'integer':
      case 'float':
        return { kind: type, value: Number(value) };
      case 'operator':
        if (value === '(') {
          const tuple = this.tuple({ isInParentheses: true });
          this.operator(')');
          return tuple;
        }
        if (value === '[') return { kind: 'list', items: this.#listItems() };
        if (value === '{') return { kind: 'dict', entries: this.#dictEntries() };
    }
    this.#at--;
    throw this.unexpected('an expression');
  }

  #listItems(): Expression[] {
    const items: Expression[] = [];
    while (!this.isOperator(']')) {
      if (items.length > 0) this.operator(',');
      if (this.isOperator(']')) break;
      items.push(this.expression());
    }
    this.operator(']');
    return items;
  }

  #dictEntries(): [Expression, Expression][] {
    const entries: [Expression, Expression][] = [];
    while (!this.isOperator('}')) {
      if (entries.length > 0) this.operator(',');
      if (this.isOperator('}')) break;
      const key = this.expression();
      this.operator(':');
      entries.push([key, this.expression()]);
    }
    this.operator('}');
    return entries;
  }

  #postfix(value: Expression): Expression {
    let result = value;
    for (;;) {
      if (this.skipOperator('.')) result = this.#attribute(result);
      else if (this.skipOperator('[')) result = this.#subscript(result);
      else if (this.isOperator('(')) result = { kind: 'call', callee: result, args: this.#callArguments() };
      else return result;
    }
  }

  #attribute(object: Expression): Expression {
    const { type, value } = this.current;
    if (type !== 'integer') return { kind: 'attribute', object, name: this.name() };
    this.advance();
    return { kind: 'item', object, index: { kind: 'integer', value: Number(value) } };
  }

  #subscript(object: Expression): Expression {
    const bounds: (Expression | undefined)[] = [undefined];
    let isSlice = false;
    while (!this.isOperator(']')) {
      if (this.skipOperator(':')) {
        isSlice = true;
        bounds.push(undefined);
      } else if (bounds.at(-1) === undefined) bounds[bounds.length - 1] = this.expression();
      else throw this.unexpected("']'");
    }
    this.operator(']');
    const [first] = bounds;
    if (isSlice) return { kind: 'slice', object, bounds: [first, bounds[1], bounds[2]] };
    if (!first) throw this.unexpected('an expression');
    return { kind: 'item', object, index: first };
  }

  /** Filters, tests and calls after a value. */
  #filtered(value: Expression): Expression {
    let result = value;
    for (;;) {
      if (this.isOperator('|')) result = this.filters(result, false) ?? result;
      else if (this.skipKeyword('is')) result = this.#test(result);
      else if (this.isOperator('(')) result = { kind: 'call', callee: result, args: this.#callArguments() };
      else return result;
    }
  }

  /** `| name(…) | …`; the first without its bar where `isInline`. */
  protected filters(operand: Expression | undefined, isInline: boolean): Expression | undefined {
    let result = operand;
    for (let isFirst = isInline; isFirst || this.skipOperator('|'); isFirst = false) {
      const name = this.#dottedName();
      const args = this.isOperator('(') ? this.#callArguments() : NO_ARGUMENTS;
      result = { kind: 'filter', operand: result, name, args };
    }
    return result;
  }

  #dottedName(): string {
    let name = this.name();
    while (this.skipOperator('.')) name += `.${this.name()}`;
    return name;
  }

  #test(operand: Expression): Expression {
    const isNegated = this.skipKeyword('not');
    const name = this.#dottedName();
    let args = NO_ARGUMENTS;
    const { type } = this.current;
    const isValue = type === 'name' || type === 'text' || type === 'integer' || type === 'float';
    if (this.isOperator('(')) args = this.#callArguments();
    else if ((isValue || this.isOperator('[', '{')) && !this.isKeyword('else', 'or', 'and')) {
      if (this.isKeyword('is')) throw this.unexpected();
      args = { ...NO_ARGUMENTS, positional: [this.#postfix(this.#primary())] };
    }
    const test: Expression = { kind: 'test', operand, name, args };
    return isNegated ? { kind: 'not', operand: test } : test;
  }

  #callArguments(): Arguments {
    const positional: Expression[] = [];
    const named: { name: string; value: Expression }[] = [];
    let spread: Expression | undefined;
    let namedSpread: Expression | undefined;
    this.operator('(');
    for (let isFirst = true; !this.isOperator(')'); isFirst = false) {
      if (!isFirst) this.operator(',');
      if (this.isOperator(')')) break;
      if (this.skipOperator('*')) spread = this.expression();
      else if (this.skipOperator('**')) namedSpread = this.expression();
      else if (this.current.type === 'name' && this.#tokens[this.#at + 1]?.value === '=') {
        const name = this.name();
        this.operator('=');
        named.push({ name, value: this.expression() });
      } else positional.push(this.expression());
    }
    this.operator(')');
    return { positional, named, spread, namedSpread };
  }
}
