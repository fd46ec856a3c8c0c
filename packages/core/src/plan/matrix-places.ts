/** Where in a model the weights are that are no matrices of hidden layers: embeddings, and the output layer. */
import { joinPath, type ModuleView, type ParamView, walkModules } from '../model/model.ts';

export interface MatrixPlaces {
  /** Whether any module is known for a Linear or an embedding. In a file of weights none is. */
  readonly typesAreShown: boolean;
  /** Parameters of embeddings, with the path that each is met under there. */
  readonly embeddings: ReadonlyMap<ParamView, string>;
  /** Parameters of the last Linear that stands in no block; none where a Linear tied to an embedding is the output layer. */
  readonly output: ReadonlySet<ParamView>;
  /** Whether the name of a Linear or a convolution says that it is in a head. */
  readonly hasHead: boolean;
}

const HEAD = /(?:^|_)(?:heads?|classifier)$/;

/** Whether a module is in a head by its path. `heads` inside numbered blocks are those of attention. */
export function isInHead(prefix: string): boolean {
  const names = prefix.split('.');
  const at = names.findIndex((name) => HEAD.test(name));
  return at >= 0 && !names.slice(0, at).some(isNumber);
}

const isNumber = (name: string) => /^\d+$/.test(name);

/** Looks through all modules once. */
export function findMatrixPlaces(root: ModuleView): MatrixPlaces {
  const embeddings = new Map<ParamView, string>();
  const linears: Linear[] = [];
  let hasHead = false;
  for (const { module, prefix } of walkModules(root)) {
    const { type } = module.moduleKind;
    if (type === 'linear' || type === 'conv2d') hasHead ||= isInHead(prefix);
    if (type !== 'embedding' && type !== 'linear') continue;
    const params = [...module.ownParams()];
    if (type === 'linear') linears.push({ prefix, params: params.map(([, param]) => param) });
    else for (const [name, param] of params) if (!embeddings.has(param)) embeddings.set(param, joinPath(prefix, name));
  }
  const isTied = linears.some(({ params }) => params.some((param) => embeddings.has(param)));
  return {
    typesAreShown: embeddings.size > 0 || linears.length > 0,
    embeddings,
    output: new Set(isTied ? [] : lastOutsideBlocks(linears)?.params),
    hasHead,
  };
}

interface Linear {
  readonly prefix: string;
  readonly params: readonly ParamView[];
}

/** The matrices of the last of many equal blocks, and of a single one, are hidden ones: a model without a head ends with them. */
function lastOutsideBlocks(linears: readonly Linear[]): Linear | undefined {
  const counts = new Map<string, number>();
  const ids = linears.map(blockId);
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return linears.filter(({ prefix }, index) => counts.get(ids[index]!) === 1 && !NUMBERED_BLOCK.test(prefix)).at(-1);
}

/** `blocks.0.proj`. The layers of a Sequential are no blocks, nor is what stands in a model that is one: `1.fc`. */
const NUMBERED_BLOCK = /(?:^|\.)[^.\d][^.]*\.\d+\.\D/;

/**
 * What a Linear has in common with those at the same place of other blocks: `blocks.#.mlp.fc1` for `blocks.3.mlp.fc1`, and
 * its shapes. The number of the Linear itself is none of a block: in a Sequential every layer has one.
 */
function blockId({ prefix, params }: Linear): string {
  const parts = prefix.split('.');
  const blocks = parts.slice(0, -1).map((part) => (isNumber(part) ? '#' : part));
  return JSON.stringify([...blocks, parts.at(-1), params.map(({ shape }) => shape)]);
}
