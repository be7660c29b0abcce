import type { ProsegModel } from '@spatile/coordinator/assign/proseg/model';
import {
  BorderLookup,
  borderTask,
  prosegBorderUnits,
  prosegTask,
  settleTasks,
} from '@spatile/coordinator/assign/proseg-tasks';
import { SettleInputs } from '@spatile/coordinator/assign/settle-inputs';
import { strayTasks } from '@spatile/coordinator/assign/stray-tasks';
import type { RoundTask } from '@spatile/coordinator/run/rounds';
import { growRect } from '@spatile/formats/space';
import type { Frame } from '@spatile/formats/tile/frame';
import type { ScaleSlide } from './slide.ts';

/** What a transcript that a task sees costs and weighs. */
export interface Cost {
  seconds: number;
  inputBytes: number;
  resultBytes: number;
}

/**
 * Measured on a slide of 0.9 M transcripts and 300 genes, on two cores of a server of 2020: processor seconds with tiles of 480 um
 * (as planned), bytes of inputs and results with tiles of 240 um, which are the most: of larger tiles a task holds less of its
 * neighbours, and half as much of what is settled. By transcript that a task sees; settling, strays and outlines by those of the tile.
 */
export const COSTS = {
  assign: { seconds: 33e-6, inputBytes: 35, resultBytes: 34 },
  border: { seconds: 31e-6, inputBytes: 168, resultBytes: 29 },
  settle: { seconds: 0.4e-6, inputBytes: 116, resultBytes: 17 },
  strays: { seconds: 0.25e-6, inputBytes: 11, resultBytes: 1.2 },
  outline: { seconds: 1.5e-6, inputBytes: 18, resultBytes: 3.7 },
} as const satisfies Record<string, Cost>;

/** What a simulated worker does with a task. */
export interface Simulated {
  seconds: number;
  resultBytes: number;
}

export interface ScaleTask extends RoundTask {
  simulated: Simulated;
  inputBytes: number;
}

/** The tasks of one slide: tiles with their borders and their settling, then outlines with strays beside them. */
export interface ScaleTasks {
  assign: ScaleTask[];
  outline: ScaleTask[];
}

const NO_MODEL = null as unknown as ProsegModel;

/**
 * The program's own graph of tasks of a slide, each with the time and the bytes that it would take instead of its work.
 * @param timeScale tiles are faster by this. @param byteScale payloads are smaller by this.
 */
export function scaleTasks(slide: ScaleSlide, timeScale: number, byteScale: number): ScaleTasks {
  const { stage, plan, count } = slide;
  const made = (task: Omit<RoundTask, 'input'>, cost: Cost, seen: number): ScaleTask => {
    const inputBytes = Math.ceil((seen * cost.inputBytes) / byteScale);
    const simulated = {
      seconds: (seen * cost.seconds) / timeScale,
      resultBytes: Math.ceil((seen * cost.resultBytes) / byteScale),
    };
    return { ...task, simulated, inputBytes, input: async () => inputFrame(inputBytes, simulated) };
  };
  const units = prosegBorderUnits(stage);
  const lookup = new BorderLookup(units);
  const settling = new SettleInputs(stage);
  return {
    assign: [
      ...stage.busyTiles.map((tile) =>
        made(
          prosegTask(stage, NO_MODEL, tile),
          COSTS.assign,
          count(growRect(plan.tiles[tile].core, plan.haloUm)),
        ),
      ),
      ...units.map((unit) =>
        made(borderTask(stage, NO_MODEL, settling, unit, lookup), COSTS.border, count(unit.region)),
      ),
      ...settleTasks(stage, settling, units).map((task) => made(task, COSTS.settle, task.weight)),
    ],
    outline: [
      ...plan.tiles.map((tile, i) =>
        made(
          { id: tile.id, kind: 'outline', weight: stage.transcripts[i], transcripts: stage.transcripts[i] },
          COSTS.outline,
          tile.transcripts,
        ),
      ),
      ...strayTasks(stage).map((task) => made(task, COSTS.strays, task.weight)),
    ],
  };
}

/** A payload of about so many bytes that tells a simulated worker what to do. */
function inputFrame(bytes: number, simulated: Simulated): Frame {
  return {
    kind: 'simulated',
    meta: { ...simulated },
    tables: { payload: { byte: new Uint8Array(bytes) } },
  };
}
