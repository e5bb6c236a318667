// The registry of a server's parameters: found by name or pattern, set together or not at all, and noted where they were
// changed, for CONFIG REWRITE. It holds no value itself: those live in LiveSettings and in the parameters.
import { assert } from "../../base/index";
import type { ByteString } from "../../base/index";
import { Glob } from "../glob";
import type { LiveSettings } from "./live-settings";
import type { Parameter } from "./parameter";

/** A value that was changed: by the name it has in the file, at its top level or in the table [redis]. */
export interface ChangedParameter {
  readonly name: string;
  readonly isOption: boolean;
  readonly value: ByteString;
}

/** Writes changed parameters to the configuration file; answers what went wrong. */
export type ConfigRewriter = (changed: readonly ChangedParameter[]) => Promise<string | undefined>;

export interface SetFailure {
  /** undefined: there is no parameter of that name. */
  readonly problem: string | undefined;
  readonly name: ByteString;
}

const GLOB_CHARS = /[*?[]/;

export class ParameterRegistry {
  readonly settings: LiveSettings;
  /** undefined when the server was started without a file. */
  readonly rewriter: ConfigRewriter | undefined;
  private readonly parameters: readonly Parameter[];
  private readonly byName = new Map<string, Parameter>();
  private readonly changedParameters = new Set<Parameter>();

  constructor(settings: LiveSettings, parameters: readonly Parameter[], rewriter?: ConfigRewriter) {
    this.settings = settings;
    this.rewriter = rewriter;
    this.parameters = parameters;
    for (const parameter of parameters) {
      for (const name of [parameter.name, ...parameter.aliases]) {
        assert(!this.byName.has(name), "a parameter has a name of its own");
        this.byName.set(name, parameter);
      }
    }
  }

  find(name: ByteString): Parameter | undefined {
    return this.byName.get(name.toLowerCase());
  }

  get names(): readonly string[] {
    return [...this.byName.keys()];
  }

  /** Names that match, each once; a plain name stands as it was asked for. */
  matching(patterns: readonly ByteString[]): { readonly name: ByteString; readonly value: ByteString }[] {
    const found = new Map<string, { name: ByteString; value: ByteString }>();
    for (const pattern of patterns) {
      if (!GLOB_CHARS.test(pattern)) {
        const name = pattern.toLowerCase();
        const parameter = this.byName.get(name);
        if (parameter !== undefined && !found.has(name)) {
          found.set(name, { name: pattern, value: parameter.get() });
        }
        continue;
      }
      const glob = new Glob(pattern, true);
      for (const [name, parameter] of this.byName) {
        if (!found.has(name) && glob.matches(name)) found.set(name, { name, value: parameter.get() });
      }
    }
    return [...found.values()];
  }

  /** Sets all pairs or none; answers the first failure. */
  set(pairs: readonly (readonly [name: ByteString, value: ByteString])[]): SetFailure | undefined {
    const judged: { parameter: Parameter; apply: () => void }[] = [];
    // As in Redis, all names are looked at before the first value.
    for (const [name] of pairs) {
      const parameter = this.find(name);
      if (parameter === undefined) return { name, problem: undefined };
      if (parameter.access === "immutable" || parameter.access === "protected") {
        return { name, problem: `can't set ${parameter.access} config` };
      }
      if (judged.some((earlier) => earlier.parameter === parameter)) {
        return { name, problem: "duplicate parameter" };
      }
      judged.push({ parameter, apply: () => undefined });
    }
    for (const [at, [name, value]] of pairs.entries()) {
      const answer = judged[at]!.parameter.judge(value);
      if ("problem" in answer) return { name, problem: answer.problem };
      judged[at]!.apply = answer.value;
    }
    for (const { parameter, apply } of judged) {
      apply();
      if (parameter.access === "mutable") this.changedParameters.add(parameter);
    }
    return undefined;
  }

  /** Sets a parameter at start, where also one that never changes afterwards may be set. */
  load(name: ByteString, value: ByteString): SetFailure | undefined {
    const answer = this.find(name)?.judge(value);
    if (answer === undefined) return { name, problem: undefined };
    if ("problem" in answer) return { name, problem: answer.problem };
    answer.value();
    return undefined;
  }

  /** What CONFIG SET has changed since the start. */
  changed(): readonly ChangedParameter[] {
    return this.parameters
      .filter((parameter) => this.changedParameters.has(parameter))
      .map((parameter) => ({
        name: parameter.option ?? parameter.name,
        isOption: parameter.option !== undefined,
        value: parameter.get(),
      }));
  }
}
