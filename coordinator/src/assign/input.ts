import { growRect, type RectUm } from '@spatile/formats/space';
import { type AssignTile, OUTLINE_CELL, OUTLINE_NUCLEUS } from '@spatile/formats/tile/assign';
import type { CellIndex } from '../cells/region.ts';
import type { RegionReader, RegionRows } from '../partition/regions.ts';
import type { SlideContext } from '../run/slide.ts';

/** Makes the input of one tile (or of any rectangle that is treated like one: a pilot window, a border strip). */
export class TileInputs {
  private readonly slide: SlideContext;
  private readonly regions: RegionReader;
  private readonly index: CellIndex;

  constructor(slide: SlideContext, regions: RegionReader, index: CellIndex) {
    this.slide = slide;
    this.regions = regions;
    this.index = index;
  }

  async assignTile(
    id: string,
    core: RectUm,
    haloUm: number,
  ): Promise<{ tile: AssignTile; rows: RegionRows }> {
    const region = growRect(core, haloUm);
    const rows = await this.regions.rows(region);
    const { features, config, scan } = this.slide;
    return {
      rows,
      tile: {
        meta: {
          tile: id,
          core,
          region,
          gridOriginUm: this.slide.plan.gridOriginUm,
          seed: config.seed,
          genes: features.modelGenes,
          hasZ: scan.hasZ,
        },
        transcripts: transcriptColumns(rows, features.modelGene),
        ...this.cellTables(core, region),
      },
    };
  }

  private cellTables(core: RectUm, region: RectUm): Pick<AssignTile, 'cells' | 'rings' | 'vertices'> {
    const { cells } = this.slide;
    const touching = this.index.touching(region);
    const owned = Uint8Array.from(touching, (cell) => {
      const x = cells.seedX[cell - 1];
      const y = cells.seedY[cell - 1];
      return x >= core.x0 && x < core.x1 && y >= core.y0 && y < core.y1
        ? 1
        : this.ownedBeyondExtent(core, x, y);
    });
    const rings: { cell: number; kind: number; ring: Float64Array }[] = [];
    for (const cell of touching) {
      for (const ring of cells.nucleus[cell - 1]) rings.push({ cell, kind: OUTLINE_NUCLEUS, ring });
      for (const ring of cells.outline[cell - 1]) rings.push({ cell, kind: OUTLINE_CELL, ring });
    }
    const starts: number[] = [];
    let vertices = 0;
    for (const { ring } of rings) {
      starts.push(vertices);
      vertices += ring.length / 2;
    }
    const x = new Float64Array(vertices);
    const y = new Float64Array(vertices);
    rings.forEach(({ ring }, r) => {
      for (let v = 0; v < ring.length; v += 2) {
        x[starts[r] + v / 2] = ring[v];
        y[starts[r] + v / 2] = ring[v + 1];
      }
    });
    return {
      cells: {
        cell: touching,
        seedX: Float64Array.from(touching, (cell) => cells.seedX[cell - 1]),
        seedY: Float64Array.from(touching, (cell) => cells.seedY[cell - 1]),
        owned,
      },
      rings: {
        cell: Uint32Array.from(rings, ({ cell }) => cell),
        kind: Uint8Array.from(rings, ({ kind }) => kind),
        start: Uint32Array.from(starts),
        count: Uint32Array.from(rings, ({ ring }) => ring.length / 2),
      },
      vertices: { x, y },
    };
  }

  /** A seed beyond the extent of the transcripts belongs to the border tile next to it (see `OwnerGrid`). */
  private ownedBeyondExtent(core: RectUm, x: number, y: number): 0 | 1 {
    const { extent } = this.slide.plan;
    if (x >= extent.x0 && x < extent.x1 && y >= extent.y0 && y < extent.y1) return 0;
    const tile = this.slide.plan.tiles[this.slide.owner.ownerOf(x, y)].core;
    return tile.x0 === core.x0 && tile.y0 === core.y0 && tile.x1 === core.x1 && tile.y1 === core.y1 ? 1 : 0;
  }
}

function transcriptColumns(rows: RegionRows, modelGene: Uint32Array): AssignTile['transcripts'] {
  const n = rows.at.length;
  const out: AssignTile['transcripts'] = {
    row: new Uint32Array(n),
    x: new Float32Array(n),
    y: new Float32Array(n),
    z: new Float32Array(n),
    gene: new Uint32Array(n),
    prior: new Uint32Array(n),
    nuclear: new Uint8Array(n),
  };
  let tile = -1;
  let from = rows.partitions.values().next().value;
  for (let i = 0; i < n; i++) {
    if (rows.tile[i] !== tile) {
      tile = rows.tile[i];
      from = rows.partitions.get(tile)!;
    }
    const at = rows.at[i];
    out.row[i] = from!.row[at];
    out.x[i] = from!.x[at];
    out.y[i] = from!.y[at];
    out.z[i] = from!.z[at];
    out.gene[i] = modelGene[from!.feature[at]];
    out.prior[i] = from!.prior[at];
    out.nuclear[i] = from!.nuclear[at];
  }
  return out;
}
