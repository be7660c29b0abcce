import type { InferenceSession } from 'onnxruntime-node';
import type { ModelManifest } from './manifest.ts';
import { invalid } from './read.ts';

type Described = Pick<InferenceSession, 'inputNames' | 'outputNames' | 'inputMetadata' | 'outputMetadata'>;

/** Refuses a graph that is not what its manifest says. @param path for messages. */
export type GraphCheck = (path: string, session: Described) => void;

/** Errors: `MODEL_INVALID` when a graph's inputs and outputs are not those of its manifest. */
export function networkFits(path: string, manifest: ModelManifest, session: Described): void {
  const { name, axes, channels } = manifest.input;
  if (session.inputNames.length !== 1 || session.inputNames[0] !== name) {
    throw invalid(path, 'the network has other inputs', session.inputNames.join(', '), `one, ${name}`);
  }
  const [input] = session.inputMetadata;
  if (!input.isTensor || input.type !== 'float32') {
    throw invalid(path, 'the input has another type', input.isTensor ? input.type : 'no tensor', 'float32');
  }
  if (input.shape.length !== axes.length) {
    throw invalid(path, 'the input has another shape', shown(input.shape), `${axes.length} axes, ${axes}`);
  }
  const at = axes.indexOf('C');
  const fixed = at < 0 ? 1 : input.shape[at];
  if (typeof fixed === 'number' && fixed > 0 && fixed !== channels.length) {
    throw invalid(
      path,
      'the input has other channels',
      shown(input.shape),
      `${channels.length} (${channels})`,
    );
  }
  if (at < 0 && channels.length !== 1) {
    throw invalid(
      path,
      'the input has no axis of channels',
      axes,
      `axes with C for ${channels.length} channels`,
    );
  }
  sidesFit(path, manifest, input.shape);
  outputsFit(path, outputsOf(manifest), session);
}

/** Errors: `MODEL_INVALID` when the second graph of a `cellsam` network has other inputs or outputs than it must. */
export function masksFit(path: string, session: Described): void {
  for (const name of MASK_INPUTS)
    if (!session.inputNames.includes(name))
      throw invalid(path, 'an input is missing', session.inputNames.join(', '), name);
  outputsFit(path, MASK_OUTPUTS, session);
}

/** Names of the tensors of the graph that makes a mask of a box. */
const MASK_INPUTS = ['embedding', 'box'];
export const MASK_OUTPUTS = ['mask', 'overlap'];

function outputsFit(path: string, outputs: readonly string[], session: Described): void {
  for (const output of outputs) {
    const index = session.outputNames.indexOf(output);
    if (index < 0) throw invalid(path, 'an output is missing', session.outputNames.join(', '), output);
    const found = session.outputMetadata[index];
    if (!found.isTensor || found.type !== 'float32') {
      throw invalid(
        path,
        `the output ${output} has another type`,
        found.isTensor ? found.type : 'no tensor',
        'float32',
      );
    }
  }
}

/** Networks that run on tiles of any size need free sides; those that run on patches need their own. */
function sidesFit(path: string, manifest: ModelManifest, shape: readonly (number | string)[]): void {
  const wanted = 'patchPx' in manifest.decode ? manifest.decode.patchPx : null;
  for (const side of ['H', 'W']) {
    const size = shape[manifest.input.axes.indexOf(side)];
    if (typeof size !== 'number' || size <= 0 || size === wanted) continue;
    const expected = wanted === null ? 'sides that are free' : `sides of ${wanted}`;
    throw invalid(path, 'the sides of the input are fixed', shown(shape), expected);
  }
}

/** Names of the outputs that a method reads. */
export function outputsOf(manifest: ModelManifest): string[] {
  if (manifest.method === 'cellsam')
    return [manifest.decode.scores, manifest.decode.boxes, manifest.decode.embedding];
  if (manifest.method !== 'stardist') return [manifest.decode.output];
  const { outputs } = manifest.decode;
  return outputs.layout === 'native' ? [outputs.prob, outputs.dist] : [outputs.maps];
}

const shown = (shape: readonly (number | string)[]): string => shape.join(' x ');
