/**
 * Layer decay: every layer of a backbone is trained at a rate of its own, the lower the nearer it is to the input.
 *
 *     lr(parameter) = base lr × multipliers × decay_rate ** (num_layers + 1 − layer)
 *
 * The embeddings (and the first convolution) are layer 0, the blocks layers 1 … num_layers, and all that follows the last
 * block (final norm, neck, head) is layer num_layers + 1, with factor 1. For ViT-B/16, of 12 blocks, with decay_rate 0.75
 * and lr 0.001: the head 0.001; block 11, layer 12, 0.001 × 0.75 = 0.00075; block 0, layer 1, 0.001 × 0.75 ** 12 = 3.17e-5;
 * the embeddings 0.001 × 0.75 ** 13 = 2.38e-5.
 *
 * What a layer is, by `decay_type` and family:
 *
 * - `layer_wise` ViT and Swin: every block. A down-sampling of Swin belongs to the last block before it.
 * - `layer_wise` ConvNeXt: stages 0, 1 and 3, and every three blocks of stage 2; num_layers is 6 for 9 blocks there, 12
 *   for 27. A down-sampling belongs to the first block after it.
 * - `stage_wise` Swin and ConvNeXt: every stage. A down-sampling belongs to the stage before it in Swin, to layer 0 in
 *   ConvNeXt.
 *
 * Layers follow from names alone: which parameters are frozen changes nothing. Sources: BEiT (Bao et al. 2021);
 * MMDetection 3's `LearningRateDecayOptimizerConstructor` for ConvNeXt, MMPretrain 1's `get_layer_depth` for the others.
 */
import { ConfigError, type Issue } from '../config/errors.ts';
import type { LayerDecayConfig, LayerOf } from '../config/paramwise-config.ts';
import { joinPath, type ModuleView, type ParamView, walkModules } from '../model/model.ts';
import { type Naming, type Place, placeOf, recogniseNaming } from './layer-names.ts';

/** The layers of one model and the rates that they are trained at. */
export interface LayerDecay {
  readonly numLayers: number;
  readonly rate: number;
  readonly layerOf: LayerOf;
}

/** What the rate of a layer is multiplied by. */
export function layerFactor({ rate, numLayers }: LayerDecay, layer: number): number {
  return rate ** (numLayers + 1 - layer);
}

/**
 * Numbers the layers of a model, or of the part of it that stands at `prefix`.
 *
 * @throws ConfigError where the names are of no family that is known and there is no `layer_of`; where `num_layers` is
 * less than the model has; where `stage_wise` is asked of a model without stages; where `layer_of` gives no layer; where
 * the part does not tell how many layers the model has.
 */
export function numberLayers(root: ModuleView, config: LayerDecayConfig, prefix = ''): LayerDecay {
  const { decay_rate: rate, layer_of } = config;
  const params = [...walkModules(root)].flatMap(({ module, prefix: inside }) =>
    [...module.ownParams()].map(([name, param]): Named => [joinPath(prefix, joinPath(inside, name)), param]),
  );
  const part: Part = { params, prefix };
  const numbered = layer_of ? numberByFunction(part, layer_of, config) : numberByNames(part, config);
  return { rate, ...numbered };
}

type Named = readonly [path: string, param: ParamView];

/** The parameters of a module by their paths in the model, and where in it the module stands. */
interface Part {
  readonly params: readonly Named[];
  readonly prefix: string;
}

type Numbered = Omit<LayerDecay, 'rate'>;

function numberByFunction({ params, prefix }: Part, layerOf: LayerOf, { num_layers }: LayerDecayConfig): Numbered {
  const given = num_layers ?? undefined;
  if (prefix !== '' && given === undefined) {
    return refuse({ code: 'missing', path: at('num_layers'), allowed: `the layers of the model: ${onlyPart(prefix)}` });
  }
  let last = 1;
  for (const [path, param] of params) {
    last = Math.max(last, checkedLayer(path, layerOf(path, param), (given ?? Number.POSITIVE_INFINITY) + 1));
  }
  return { numLayers: given ?? last - 1, layerOf };
}

const onlyPart = (prefix: string) => `only "${prefix}" is at hand, which does not tell how many there are`;

function checkedLayer(path: string, layer: unknown, last: number): number {
  if (Number.isInteger(layer) && Number(layer) >= 0 && Number(layer) <= last) return Number(layer);
  const allowed =
    last === Number.POSITIVE_INFINITY
      ? 'a whole number from 0 up'
      : `a whole number from 0 to ${last}, which is num_layers + 1`;
  return refuse({ code: 'invalid_value', path: at('layer_of'), found: `${String(layer)} for ${path}`, allowed });
}

function numberByNames({ params, prefix }: Part, config: LayerDecayConfig): Numbered {
  const paths = params.map(([path]) => path);
  const inBackbone = backboneOf(paths, prefix, config);
  const names = paths.filter((path) => path.startsWith(inBackbone)).map((path) => path.slice(inBackbone.length));
  if (names.length === 0) return afterBackbone(config);
  if (prefix.startsWith(inBackbone) && inBackbone !== '') {
    const allowed = `a function (path, param) => layer: ${onlyPart(prefix)} in ${inBackbone.slice(0, -1)}`;
    return refuse({ code: 'missing', path: at('layer_of'), allowed });
  }
  const naming = recogniseNaming(names);
  if (naming === undefined) {
    const which = inBackbone.slice(0, -1) || 'the model';
    const allowed = `a function (path, param) => layer: the parameters of ${which} are not named as those of a ViT, Swin or ConvNeXt${prefix === '' ? '' : '; where it only follows the backbone, give backbone, the path of that'}`;
    return refuse({ code: 'missing', path: at('layer_of'), allowed });
  }
  const { count, layerAt } = numberingOf(naming, names, config);
  const numLayers = numLayersOf(count, config);
  const layerOf = (path: string): number => {
    const place = path.startsWith(inBackbone) ? placeOf(naming, path.slice(inBackbone.length)) : undefined;
    return place === undefined ? numLayers + 1 : layerAt(place, numLayers);
  };
  return { numLayers, layerOf };
}

/** A part of the model outside the backbone: all of it is trained at the full rate. */
function afterBackbone({ num_layers }: LayerDecayConfig): Numbered {
  const numLayers = num_layers ?? 0;
  return { numLayers, layerOf: () => numLayers + 1 };
}

/** The prefix of the backbone's parameters, its dot included. */
function backboneOf(paths: readonly string[], prefix: string, { backbone }: LayerDecayConfig): string {
  const has = (start: string) => paths.some((path) => path.startsWith(start));
  if (backbone === undefined || backbone === null) {
    const inside = prefix === '' ? '' : `${prefix}.`;
    return ['backbone.', `${inside}backbone.`].find(has) ?? inside;
  }
  const start = backbone === '' ? '' : `${backbone}.`;
  // A part of the model may be one that the backbone is not in.
  if (has(start) || prefix !== '') return start;
  const allowed = 'the path of a module with parameters';
  return refuse({ code: 'invalid_value', path: at('backbone'), found: JSON.stringify(backbone), allowed });
}

function numLayersOf(count: number, { num_layers }: LayerDecayConfig): number {
  const given = num_layers ?? count;
  if (given >= count) return given;
  const allowed = `${count}, which the model has, or more`;
  return refuse({ code: 'invalid_value', path: at('num_layers'), found: String(given), allowed });
}

interface Numbering {
  /** Layers between the embeddings and what follows the last block. */
  readonly count: number;
  readonly layerAt: (place: Place, numLayers: number) => number;
}

function numberingOf(naming: Naming, names: readonly string[], { decay_type }: LayerDecayConfig): Numbering {
  const places = names.flatMap((name) => placeOf(naming, name) ?? []);
  const depths = depthsOf(places);
  // Where the first stage has a down-sampling of its own, each stands after the stage that it is named for.
  const shift = places.some((place) => place.part === 'downsample' && place.stage === 0) ? 1 : 0;
  const shifted = ({ layerAt, count }: Numbering): Numbering => ({
    count,
    layerAt: (place, numLayers) =>
      layerAt(place.part === 'downsample' ? { ...place, stage: place.stage + shift } : place, numLayers),
  });
  const isConvNeXt = naming.family === 'ConvNeXt';
  if (decay_type !== 'stage_wise') return shifted(isConvNeXt ? byThreeBlocks(depths) : byBlock(depths));
  if (naming.family !== 'ViT') return shifted(byStage(depths, isConvNeXt));
  const allowed = '"layer_wise" for a ViT, which has no stages';
  return refuse({ code: 'invalid_value', path: at('decay_type'), found: '"stage_wise"', allowed });
}

/** Blocks of each stage. */
function depthsOf(places: readonly Place[]): number[] {
  const depths: number[] = [];
  for (const place of places) {
    if (place.part === 'block') depths[place.stage] = Math.max(depths[place.stage] ?? 0, place.block + 1);
  }
  return Array.from(depths, (depth = 0) => depth);
}

function byBlock(depths: readonly number[]): Numbering {
  const before = (stage: number) => depths.slice(0, stage).reduce((sum, depth) => sum + depth, 0);
  const layerAt = (place: Place): number => {
    if (place.part === 'stem') return 0;
    return place.part === 'block' ? before(place.stage) + place.block + 1 : before(place.stage);
  };
  return { count: before(depths.length), layerAt };
}

/** ConvNeXt: its stage 2 is deep, and every three of its blocks are a layer. */
function byThreeBlocks(depths: readonly number[]): Numbering {
  const layerAt = (place: Place, numLayers: number): number => {
    if (place.part === 'stem') return 0;
    if (place.stage >= 3) return numLayers;
    const block = place.part === 'block' && place.stage === 2 ? place.block : 0;
    return place.stage + 1 + Math.floor(block / 3);
  };
  return { count: 3 + Math.ceil((depths[2] ?? 0) / 3), layerAt };
}

function byStage(depths: readonly number[], downsampleIsStem: boolean): Numbering {
  const layerAt = (place: Place): number => {
    if (place.part === 'stem') return 0;
    if (place.part === 'block') return place.stage + 1;
    return downsampleIsStem ? 0 : place.stage;
  };
  return { count: depths.length, layerAt };
}

const at = (field: string) => ['paramwise_cfg', field];

function refuse(issue: Issue): never {
  throw new ConfigError([issue]);
}
