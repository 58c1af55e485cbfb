// Tokens → a Jinja template's statements. Source: pallets/jinja 3.1, `src/jinja2/parser.py`; transformers adds break,
// continue and generation.
import { ExpressionParser } from './expressionParser.ts';
import { tokens } from './lexer.ts';
import type { Expression, Parameter, Statement, Target } from './syntax.ts';
import { JinjaError } from './values.ts';

/** Throws JinjaError, saying what was expected. */
export function parse(template: string): Statement[] {
  return new Parser(tokens(template)).template();
}

class Parser extends ExpressionParser {
  template(): Statement[] {
    const body = this.body([]);
    if (this.current.type !== 'end') throw this.unexpected();
    return body;
  }

  /** Statements up to a tag that begins with one of `ends`, which is left to be read, its `{%` not. */
  private body(ends: readonly string[]): Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      const token = this.current;
      if (token.type === 'end') {
        if (ends.length > 0) throw new JinjaError(`expected {% ${ends.join(' %} or {% ')} %}, got the template’s end`);
        return statements;
      }
      this.advance();
      if (token.type === 'data') statements.push({ kind: 'data', text: token.value });
      else if (token.value === '{{') {
        statements.push({ kind: 'output', value: this.tuple() });
        this.close('}}');
      } else {
        if (this.current.type === 'name' && ends.includes(this.current.value)) return statements;
        statements.push(this.statement());
      }
    }
  }

  /** The body up to {% end %}, that tag too. */
  private bodyTo(end: string): Statement[] {
    const body = this.body([end]);
    this.advance();
    this.close('%}');
    return body;
  }

  private close(value: '%}' | '}}'): void {
    if (this.current.type !== 'close' || this.current.value !== value) throw this.unexpected(value);
    this.advance();
  }

  /** After `{%`. */
  private statement(): Statement {
    const keyword = this.name();
    switch (keyword) {
      case 'if':
        return this.ifStatement();
      case 'for':
        return this.forStatement();
      case 'set':
        return this.setStatement();
      case 'macro': {
        const name = this.name();
        const parameters = this.parameters();
        this.close('%}');
        return { kind: 'macro', name, parameters, body: this.bodyTo('endmacro') };
      }
      case 'call': {
        const parameters = this.isOperator('(') ? this.parameters() : [];
        const call = this.expression();
        if (call.kind !== 'call') throw new JinjaError('expected a call after {% call');
        this.close('%}');
        return { kind: 'callBlock', call, parameters, body: this.bodyTo('endcall') };
      }
      case 'filter': {
        const filter = this.filters(undefined, true);
        if (!filter) throw this.unexpected('a filter');
        this.close('%}');
        return { kind: 'filterBlock', filter, body: this.bodyTo('endfilter') };
      }
      case 'with':
        return this.withStatement();
      case 'generation':
        this.close('%}');
        return { kind: 'body', body: this.bodyTo('endgeneration') };
      case 'break':
      case 'continue':
        this.close('%}');
        return { kind: keyword };
      default:
        throw new JinjaError(`{% ${keyword} %} is not known here`);
    }
  }

  private ifStatement(): Statement {
    const test = this.tuple({ hasChoice: false });
    this.close('%}');
    const body = this.body(['elif', 'else', 'endif']);
    const next = this.name();
    if (next === 'elif') return { kind: 'if', test, body, otherwise: [this.ifStatement()] };
    this.close('%}');
    return { kind: 'if', test, body, otherwise: next === 'else' ? this.bodyTo('endif') : [] };
  }

  private forStatement(): Statement {
    const target = this.target(['in']);
    this.keyword('in');
    const items = this.tuple({ hasChoice: false, ends: ['recursive'] });
    const test = this.skipKeyword('if') ? this.expression() : undefined;
    const isRecursive = this.skipKeyword('recursive');
    this.close('%}');
    if (isRecursive) throw new JinjaError('recursive loops are not supported');
    const body = this.body(['else', 'endfor']);
    const next = this.name();
    this.close('%}');
    return { kind: 'for', target, items, test, body, otherwise: next === 'else' ? this.bodyTo('endfor') : [] };
  }

  private setStatement(): Statement {
    const target = this.target([]);
    if (this.skipOperator('=')) {
      const value = this.tuple();
      this.close('%}');
      return { kind: 'set', target, value };
    }
    const filter = this.filters(undefined, false);
    this.close('%}');
    return { kind: 'setBlock', target, filter, body: this.bodyTo('endset') };
  }

  private withStatement(): Statement {
    const assigned: { target: Target; value: Expression }[] = [];
    while (this.current.type !== 'close') {
      if (assigned.length > 0) this.operator(',');
      const target = this.target([]);
      this.operator('=');
      assigned.push({ target, value: this.expression() });
    }
    this.close('%}');
    return { kind: 'with', assigned, body: this.bodyTo('endwith') };
  }

  private target(ends: readonly string[]): Target {
    const items = [this.oneTarget()];
    let isTuple = false;
    while (this.skipOperator(',')) {
      isTuple = true;
      const isEnd = this.current.type !== 'name' && !this.isOperator('(');
      if (isEnd || ends.includes(this.current.value)) break;
      items.push(this.oneTarget());
    }
    const [first] = items;
    return isTuple || !first ? { kind: 'tuple', items } : first;
  }

  private oneTarget(): Target {
    if (this.skipOperator('(')) {
      const target = this.target([]);
      this.operator(')');
      return target;
    }
    const name = this.name();
    return this.skipOperator('.') ? { kind: 'attribute', name, attribute: this.name() } : { kind: 'name', name };
  }

  private parameters(): Parameter[] {
    const parameters: Parameter[] = [];
    this.operator('(');
    while (!this.isOperator(')')) {
      if (parameters.length > 0) this.operator(',');
      const name = this.name();
      parameters.push({ name, initial: this.skipOperator('=') ? this.expression() : undefined });
    }
    this.operator(')');
    return parameters;
  }
}
