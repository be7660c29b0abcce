/// <reference lib="dom" />
import type { BoardNews, BoardTask } from '../../task-board.ts';
import { byId } from './elements.ts';

const SVG = 'http://www.w3.org/2000/svg';
const STATES = ['waiting', 'running', 'retried', 'done', 'failed'];

/** The tasks of one step: those with a place on the slide as a map, the others as a row of squares. */
export class TileMap {
  readonly #tasks = new Map<string, Map<string, BoardTask>>();
  readonly #shown = new Map<string, Element>();
  readonly #ofElement = new Map<Element, BoardTask>();
  #step = '';
  /** Chosen by hand; follows what goes on when empty. */
  #wanted = '';

  constructor() {
    for (const state of STATES) {
      const item = document.createElement('li');
      item.append(Object.assign(document.createElement('i'), { className: state }), state);
      byId('legend').append(item);
    }
    byId('step').addEventListener('change', ({ target }) => {
      this.#wanted = (target as HTMLSelectElement).value;
      this.#draw();
    });
    for (const id of ['map', 'chips']) {
      byId(id).addEventListener('mouseover', ({ target }) => {
        const task = this.#ofElement.get(target as Element);
        if (task !== undefined) byId('tile').textContent = describe(task);
      });
    }
  }

  /** Forgets everything, before another run or the same anew. */
  clear(): void {
    this.#tasks.clear();
    this.#wanted = '';
    this.#draw();
  }

  hear({ steps, tasks }: BoardNews): void {
    const known = [...this.#tasks.keys()].join();
    for (const step of this.#tasks.keys()) if (!steps.includes(step)) this.#tasks.delete(step);
    const fresh: BoardTask[] = [];
    for (const task of tasks) {
      const step = this.#tasks.get(task.step) ?? new Map<string, BoardTask>();
      if (!step.has(task.task)) fresh.push(task);
      this.#tasks.set(task.step, step.set(task.task, task));
    }
    if (known !== [...this.#tasks.keys()].join() || fresh.some(({ step }) => step === this.#step))
      this.#draw();
    else for (const task of tasks) if (task.step === this.#step) this.#paint(task);
  }

  #draw(): void {
    const steps = [...this.#tasks.keys()];
    this.#step = steps.includes(this.#wanted) ? this.#wanted : (steps.at(-1) ?? '');
    const select = byId<HTMLSelectElement>('step');
    select.replaceChildren(...steps.map((step) => new Option(step, step, false, step === this.#step)));
    this.#shown.clear();
    this.#ofElement.clear();
    const all = [...(this.#tasks.get(this.#step)?.values() ?? [])];
    const placed = all.filter(({ areaUm }) => areaUm !== null);
    const map = byId<SVGSVGElement>('map');
    map.replaceChildren(...placed.map((task) => this.#element(task, rect(task.areaUm!))));
    map.style.display = placed.length === 0 ? 'none' : '';
    if (placed.length > 0) map.setAttribute('viewBox', viewBox(placed.map(({ areaUm }) => areaUm!)));
    const others = all.filter(({ areaUm }) => areaUm === null);
    byId('chips').replaceChildren(...others.map((task) => this.#element(task, document.createElement('i'))));
  }

  #element(task: BoardTask, element: Element): Element {
    this.#shown.set(task.task, element);
    this.#paint(task);
    return element;
  }

  #paint(task: BoardTask): void {
    const element = this.#shown.get(task.task);
    if (element === undefined) return;
    this.#ofElement.set(element, task);
    const classes: string[] = [task.state];
    if (task.tries > 1) classes.push('again');
    // Border units lie on the tiles of their step.
    if (task.round !== task.step) classes.push('over');
    element.setAttribute('class', classes.join(' '));
    element.setAttribute('data-tile', task.tile);
  }
}

type Area = readonly [number, number, number, number];

function rect([x0, y0, x1, y1]: Area): Element {
  const element = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ x: x0, y: y0, width: x1 - x0, height: y1 - y0 }))
    element.setAttribute(name, String(value));
  return element;
}

function viewBox(areas: readonly Area[]): string {
  let [x0, y0, x1, y1] = areas[0];
  for (const area of areas) {
    x0 = Math.min(x0, area[0]);
    y0 = Math.min(y0, area[1]);
    x1 = Math.max(x1, area[2]);
    y1 = Math.max(y1, area[3]);
  }
  return `${x0} ${y0} ${x1 - x0} ${y1 - y0}`;
}

/** `t0003 (assign): done by worker 2 in 1.3 s`, and how often it was tried. */
function describe({ tile, round, state, worker, seconds, tries, error }: BoardTask): string {
  const by = worker === '' ? '' : ` by ${worker}`;
  const time = seconds === null ? '' : ` in ${seconds.toFixed(1)} s`;
  const often = tries > 1 ? `, taken ${tries} times` : '';
  return `${tile} (${round}): ${state}${by}${time}${often}${error === '' ? '' : `: ${error}`}`;
}
